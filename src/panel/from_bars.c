/* From lists of finished bars. */
#include "panel/from_bars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "panel/axis.h"

typedef struct filling {
    fct_bar_panel bars;
    fct_bar_list **lists; /* of the panel's symbols */
} filling;

/* ---- Cells ------------------------------------------------------------------------------------ */

/* A field of a bar as a cell; what klines do not count is missing. */
static double cell_of(const filling *f, const fct_finished_bar *bar, const fct_bar_column *source)
{
    const char *field = (const char *)bar + source->offset;
    double real;
    int64_t whole;
    if (source->type == FCT_PANEL_DOUBLE) {
        memcpy(&real, field, sizeof real);
        return real;
    }
    memcpy(&whole, field, sizeof whole);
    return source->is_count_of_side && f->bars.output->without_counts ? NAN : (double)whole;
}

/* Row by row, so that a line of eight lanes is written once. */
static fct_status fill_tile(size_t tile, int thread, void *context, fct_error *err)
{
    (void)thread;
    filling *f = context;
    struct fct_panel *panel = f->bars.panel;
    FCT_TRY(fct_job_check(f->bars.job, err));
    for (int64_t row = 0; row < fct_panel_tile_rows(panel, tile); row++)
        for (size_t lane = 0; lane < FCT_LANES; lane++) {
            size_t symbol = tile * FCT_LANES + lane;
            size_t cell = panel->tile_first[tile] + (size_t)row * FCT_LANES + lane;
            bool has_row = symbol < panel->n_symbols && row < panel->symbol_rows[symbol];
            const fct_finished_bar *bar = has_row ? fct_bar_list_peek(f->lists[symbol]) : NULL;
            for (size_t c = 0; c < panel->n_columns; c++)
                panel->columns[c].cells[cell] = bar ? cell_of(f, bar, f->bars.sources[c]) : NAN;
            if (!panel->shared_grid) {
                panel->start_ms[cell] = bar ? bar->start_ms : 0;
                panel->end_ms[cell] = bar ? bar->end_ms : 0;
            }
            if (bar)
                fct_bar_list_pop(f->lists[symbol]);
        }
    return FCT_OK;
}

/* ---- Times ------------------------------------------------------------------------------------ */

static bool grid_is_shared(const filling *f)
{
    for (size_t s = 1; s < f->bars.panel->n_symbols; s++)
        if (!fct_bar_lists_share_times(f->lists[0], f->lists[s]))
            return false;
    return true;
}

static fct_status make_times(filling *f, fct_error *err)
{
    struct fct_panel *panel = f->bars.panel;
    panel->shared_grid = grid_is_shared(f);
    FCT_TRY(fct_bar_panel_make_times(&f->bars, err));
    if (!panel->shared_grid || !panel->n_symbols)
        return FCT_OK; /* fill_tile does it */
    fct_bar_list_times(f->lists[0], panel->start_ms, panel->end_ms);
    memcpy(panel->time_ms, panel->end_ms, (size_t)panel->n_rows * sizeof *panel->time_ms);
    return FCT_OK;
}

fct_status fct_panel_from_bars(fct_bars_output *output, fct_job *job, struct fct_panel **out,
                               fct_error *err)
{
    filling f = {.bars = {.output = output, .job = job}};
    fct_status status = FCT_OK;
    int64_t *n_rows = calloc(output->n_symbols + 1, sizeof *n_rows);
    size_t *kept = calloc(output->n_symbols + 1, sizeof *kept);
    f.lists = calloc(output->n_symbols + 1, sizeof(fct_bar_list *));
    if (!n_rows || !kept || !f.lists) {
        status = fct_error_memory(err, (output->n_symbols + 1) * sizeof *n_rows);
        goto out;
    }
    for (size_t i = 0; i < output->n_symbols; i++)
        n_rows[i] = (int64_t)output->lists[i].n_bars;
    FCT_TRY_OUT(fct_bar_panel_start(&f.bars, n_rows, kept, err));
    for (size_t i = 0; i < f.bars.panel->n_symbols; i++)
        f.lists[i] = &output->lists[kept[i]];
    FCT_TRY_OUT(make_times(&f, err));
    FCT_TRY_OUT(fct_bar_panel_make_columns(&f.bars, err));
    FCT_TRY_OUT(fct_parallel_for(job->run.n_threads, f.bars.panel->n_tiles, fill_tile, &f, err));
    if (!f.bars.panel->shared_grid)
        FCT_TRY_OUT(fct_panel_make_axis(f.bars.panel, job->run.n_threads, err));
    *out = f.bars.panel;
    f.bars.panel = NULL;
out:
    fct_panel_free(f.bars.panel);
    free(n_rows);
    free(kept);
    free((void *)f.lists);
    return status;
}
