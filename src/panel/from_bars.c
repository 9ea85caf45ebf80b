#include "panel/from_bars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "panel/axis.h"

typedef enum wanted { ALWAYS, WITH_SIDES, WITH_NOTIONAL, WITH_NUM_TRADES } wanted;

/* The columns, in the order of fct_bars. */
static const struct {
    const char *name;
    size_t offset; /* in fct_finished_bar */
    fct_panel_type type;
    wanted when;
} bar_columns[] = {
    {"open", offsetof(fct_finished_bar, open), FCT_PANEL_DOUBLE, ALWAYS},
    {"high", offsetof(fct_finished_bar, high), FCT_PANEL_DOUBLE, ALWAYS},
    {"low", offsetof(fct_finished_bar, low), FCT_PANEL_DOUBLE, ALWAYS},
    {"close", offsetof(fct_finished_bar, close), FCT_PANEL_DOUBLE, ALWAYS},
    {"volume", offsetof(fct_finished_bar, volume), FCT_PANEL_DOUBLE, ALWAYS},
    {"vwap", offsetof(fct_finished_bar, vwap), FCT_PANEL_DOUBLE, ALWAYS},
    {"num_buyer", offsetof(fct_finished_bar, num_buyer), FCT_PANEL_INT64, WITH_SIDES},
    {"num_seller", offsetof(fct_finished_bar, num_seller), FCT_PANEL_INT64, WITH_SIDES},
    {"num_buyer_volume", offsetof(fct_finished_bar, num_buyer_volume), FCT_PANEL_DOUBLE,
     WITH_SIDES},
    {"num_seller_volume", offsetof(fct_finished_bar, num_seller_volume), FCT_PANEL_DOUBLE,
     WITH_SIDES},
    {"notional", offsetof(fct_finished_bar, notional), FCT_PANEL_DOUBLE, WITH_NOTIONAL},
    {"num_trades", offsetof(fct_finished_bar, num_trades), FCT_PANEL_INT64, WITH_NUM_TRADES},
};

enum { N_BAR_COLUMNS = sizeof bar_columns / sizeof *bar_columns };

typedef struct filling {
    fct_bars_output *output;
    fct_job *job;
    struct fct_panel *panel;
    size_t sources[N_BAR_COLUMNS]; /* of each column, its place in bar_columns */
} filling;

/* ---- Columns ---------------------------------------------------------------------------------- */

static bool is_wanted(const fct_bars_output *output, wanted when)
{
    const bool has[] = {
        [ALWAYS] = true,
        [WITH_SIDES] = output->with_sides,
        [WITH_NOTIONAL] = output->with_notional,
        [WITH_NUM_TRADES] = output->with_num_trades,
    };
    return has[when];
}

static fct_status make_columns(filling *f, fct_error *err)
{
    struct fct_panel *panel = f->panel;
    size_t n_cells = fct_panel_n_cells(panel);
    panel->columns = calloc(N_BAR_COLUMNS, sizeof *panel->columns);
    if (!panel->columns)
        return fct_error_memory(err, N_BAR_COLUMNS * sizeof *panel->columns);
    for (size_t i = 0; i < N_BAR_COLUMNS; i++) {
        if (!is_wanted(f->output, bar_columns[i].when))
            continue;
        fct_panel_column *column = &panel->columns[panel->n_columns];
        FCT_TRY(fct_job_memory_hold(f->job, n_cells * sizeof(double), "the panel", err));
        *column = (fct_panel_column){.name = fct_text_copy(bar_columns[i].name),
                                     .type = bar_columns[i].type,
                                     .cells = fct_panel_cells_new(n_cells)};
        f->sources[panel->n_columns++] = i;
        if (!column->name || !column->cells)
            return fct_error_memory(err, n_cells * sizeof(double));
    }
    return FCT_OK;
}

/* ---- Cells ------------------------------------------------------------------------------------ */

/* A field of a bar as a cell; what klines do not count is missing. */
static double cell_of(const filling *f, const fct_finished_bar *bar, size_t source)
{
    const char *field = (const char *)bar + bar_columns[source].offset;
    double real;
    int64_t whole;
    if (bar_columns[source].type == FCT_PANEL_DOUBLE) {
        memcpy(&real, field, sizeof real);
        return real;
    }
    memcpy(&whole, field, sizeof whole);
    return bar_columns[source].when == WITH_SIDES && f->output->without_counts ? NAN
                                                                               : (double)whole;
}

/* Row by row, so that a line of eight lanes is written once. */
static fct_status fill_tile(size_t tile, int thread, void *context, fct_error *err)
{
    (void)thread;
    filling *f = context;
    struct fct_panel *panel = f->panel;
    FCT_TRY(fct_job_check(f->job, err));
    for (int64_t row = 0; row < fct_panel_tile_rows(panel, tile); row++)
        for (size_t lane = 0; lane < FCT_LANES; lane++) {
            size_t symbol = tile * FCT_LANES + lane;
            size_t cell = panel->tile_first[tile] + (size_t)row * FCT_LANES + lane;
            bool has_row = symbol < panel->n_symbols && row < panel->symbol_rows[symbol];
            fct_bar_list *list = has_row ? &f->output->lists[symbol] : NULL;
            const fct_finished_bar *bar = has_row ? fct_bar_list_peek(list) : NULL;
            for (size_t c = 0; c < panel->n_columns; c++)
                panel->columns[c].cells[cell] = bar ? cell_of(f, bar, f->sources[c]) : NAN;
            if (bar && !panel->shared_grid) {
                panel->start_ms[cell] = bar->start_ms;
                panel->end_ms[cell] = bar->end_ms;
            }
            if (bar)
                fct_bar_list_pop(list);
        }
    return FCT_OK;
}

/* ---- Times ------------------------------------------------------------------------------------ */

static bool grid_is_shared(const fct_bars_output *output)
{
    for (size_t s = 1; s < output->n_symbols; s++)
        if (!fct_bar_lists_share_times(&output->lists[0], &output->lists[s]))
            return false;
    return true;
}

static fct_status make_times(filling *f, fct_error *err)
{
    struct fct_panel *panel = f->panel;
    panel->shared_grid = grid_is_shared(f->output);
    size_t n = panel->shared_grid ? (size_t)panel->n_rows : fct_panel_n_cells(panel);
    FCT_TRY(fct_job_memory_hold(f->job, 2 * n * sizeof(int64_t), "the panel", err));
    panel->start_ms = calloc(n + 1, sizeof *panel->start_ms);
    panel->end_ms = calloc(n + 1, sizeof *panel->end_ms);
    if (!panel->start_ms || !panel->end_ms)
        return fct_error_memory(err, n * sizeof *panel->start_ms);
    if (!panel->shared_grid)
        return FCT_OK; /* fill_tile does it */
    panel->time_ms = calloc(n + 1, sizeof *panel->time_ms);
    if (!panel->time_ms)
        return fct_error_memory(err, n * sizeof *panel->time_ms);
    panel->n_times = panel->n_rows;
    if (panel->n_symbols)
        fct_bar_list_times(&f->output->lists[0], panel->start_ms, panel->end_ms);
    memcpy(panel->time_ms, panel->end_ms, n * sizeof *panel->time_ms);
    return FCT_OK;
}

/* Symbols without a bar are none of the panel's, as in a stream they would not be. */
static fct_status take_symbols(filling *f, fct_error *err)
{
    struct fct_panel *panel = f->panel;
    fct_bars_output *output = f->output;
    panel->symbols = calloc(output->n_symbols + 1, sizeof *panel->symbols);
    panel->symbol_rows = calloc(output->n_symbols + 1, sizeof *panel->symbol_rows);
    if (!panel->symbols || !panel->symbol_rows)
        return fct_error_memory(err, (output->n_symbols + 1) * sizeof *panel->symbols);
    size_t n = 0;
    for (size_t i = 0; i < output->n_symbols; i++) {
        int64_t n_rows = (int64_t)output->lists[i].n_bars;
        if (!n_rows) {
            free(output->symbols[i]);
            fct_bar_list_free(&output->lists[i]);
            continue;
        }
        output->lists[n] = output->lists[i];
        output->symbols[n] = output->symbols[i];
        panel->symbol_rows[n++] = n_rows;
    }
    output->n_symbols = panel->n_symbols = n;
    for (size_t i = 0; i < n; i++) {
        panel->symbols[i] = output->symbols[i];
        output->symbols[i] = NULL;
    }
    return fct_panel_lay_tiles(panel, err);
}

fct_status fct_panel_from_bars(fct_bars_output *output, fct_job *job, struct fct_panel **out,
                               fct_error *err)
{
    filling f = {.output = output, .job = job};
    fct_status status;
    f.panel = fct_panel_new();
    if (!f.panel)
        return fct_error_memory(err, sizeof *f.panel);
    FCT_TRY_OUT(take_symbols(&f, err));
    FCT_TRY_OUT(make_times(&f, err));
    FCT_TRY_OUT(make_columns(&f, err));
    FCT_TRY_OUT(fct_parallel_for(job->run.n_threads, f.panel->n_tiles, fill_tile, &f, err));
    if (!f.panel->shared_grid)
        FCT_TRY_OUT(fct_panel_make_axis(f.panel, err));
    *out = f.panel;
    f.panel = NULL;
out:
    fct_panel_free(f.panel);
    return status;
}
