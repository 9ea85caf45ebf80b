#include "expr/schedule.h"

#include <stdlib.h>

/* More factors together share more; more memory is slower, and what a run may use beside input and factors is promised. */
enum { WORK_BYTES = 192 << 20 };

void fct_schedule_free(fct_schedule *schedule)
{
    for (size_t i = 0; i < schedule->n_batches; i++)
        fct_program_free(&schedule->batches[i].program);
    free(schedule->batches);
    *schedule = (fct_schedule){0};
}

/* The smaller one of the two ways to lay out a program, if the one that is faster works in too much. */
static fct_layout choose_layout(const fct_program *program, const struct fct_panel *panel,
                                int n_threads)
{
    fct_layout in_blocks = fct_layout_make(program, panel, n_threads, false);
    if (!in_blocks.has_blocks || in_blocks.total_bytes <= WORK_BYTES)
        return in_blocks;
    fct_layout whole = fct_layout_make(program, panel, n_threads, true);
    return whole.total_bytes < in_blocks.total_bytes ? whole : in_blocks;
}

static fct_status make_batch(fct_batch *batch, const struct fct_plan *plan, const uint32_t *roots,
                             const struct fct_panel *panel, int n_threads, fct_error *err)
{
    FCT_TRY(fct_program_make(&batch->program, &plan->graph, roots + batch->first,
                             batch->end - batch->first, batch->first, err));
    batch->layout = choose_layout(&batch->program, panel, n_threads);
    return FCT_OK;
}

/* The next batch: half as many factors as were tried, until they fit or there is one. */
static fct_status next_batch(fct_schedule *schedule, const struct fct_plan *plan,
                             const uint32_t *roots, const struct fct_panel *panel, int n_threads,
                             size_t first, fct_error *err)
{
    fct_batch *batch = &schedule->batches[schedule->n_batches++];
    *batch = (fct_batch){.first = first, .end = plan->n_factors};
    FCT_TRY(make_batch(batch, plan, roots, panel, n_threads, err));
    while (batch->layout.total_bytes > WORK_BYTES && batch->end - batch->first > 1) {
        batch->end = batch->first + (batch->end - batch->first) / 2;
        fct_program_free(&batch->program);
        FCT_TRY(make_batch(batch, plan, roots, panel, n_threads, err));
    }
    return FCT_OK;
}

fct_status fct_schedule_make(fct_schedule *schedule, const struct fct_plan *plan,
                             const struct fct_panel *panel, int n_threads, fct_error *err)
{
    size_t n = plan->n_factors;
    size_t column_bytes = fct_panel_n_cells(panel) * sizeof(double);
    fct_status status = FCT_OK;
    uint32_t *roots = malloc(n * sizeof *roots);
    schedule->batches = calloc(n, sizeof *schedule->batches);
    if (!roots || !schedule->batches) {
        status = fct_error_memory(err, n * sizeof *schedule->batches);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        roots[i] = plan->factors[i].node;
    for (size_t first = 0; first < n; first = schedule->batches[schedule->n_batches - 1].end) {
        FCT_TRY_OUT(next_batch(schedule, plan, roots, panel, n_threads, first, err));
        size_t bytes = schedule->batches[schedule->n_batches - 1].layout.total_bytes;
        if (bytes > schedule->work_bytes)
            schedule->work_bytes = bytes;
    }
    schedule->input_bytes = fct_panel_bytes(panel);
    schedule->output_bytes = n * column_bytes;
out:
    free(roots);
    return status;
}
