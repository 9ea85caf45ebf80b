/* A tile pass: the steps of one tile, a few hundred rows at a time, so that what they leave for each other stays in cache. */
#include "expr/execute.h"

/* One thread on one tile. */
typedef struct walk {
    const fct_execution *e;
    const fct_pass *pass;
    size_t tile;
    double *arrays; /* the pass's numbers, then its locals */
    char *state;
    int64_t row;
} walk;

static double *array(const walk *w, size_t index)
{
    return w->arrays + index * w->e->layout.tile_rows * FCT_LANES;
}

static double *find(const walk *w, fct_place place)
{
    int64_t origin = 0;
    double *cells = NULL;
    switch (place.kind) {
    case FCT_PLACE_NUMBER:
        return array(w, place.index);
    case FCT_PLACE_LOCAL:
        return array(w, w->pass->n_numbers + place.index);
    case FCT_PLACE_COLUMN:
        cells = fct_panel_tile(w->e->panel, w->e->columns[place.index], w->tile);
        break;
    case FCT_PLACE_STORED:
        cells = fct_execution_stored(w->e, place.index, w->tile, &origin);
        break;
    }
    return cells + (w->row - origin) * FCT_LANES;
}

static void run_step(const walk *w, const fct_step *step, size_t n_rows)
{
    const fct_op_call *call = step->calls[0];
    const double *series[FCT_OP_MAX_SERIES];
    double *outs[FCT_OP_MAX_TOGETHER] = {find(w, step->outs[0])};
    char *state = w->state + step->state_offset;
    for (size_t k = 0; k < call->n_series; k++)
        series[k] = find(w, step->series[k]);
    for (size_t k = 1; k < step->n_calls; k++)
        outs[k] = find(w, step->outs[k]);
    if (step->n_calls > 1)
        call->op->together(step->calls, step->n_calls, state, w->row, series, outs, n_rows);
    else if (call->op->class == FCT_OP_ROLLING)
        call->op->rolling(call, state, w->row, series, outs[0], n_rows);
    else
        call->op->element(call, series, outs[0], n_rows * FCT_LANES);
}

fct_status fct_execute_tile(size_t tile, int thread, void *context, fct_error *err)
{
    const fct_execution *e = context;
    size_t n_thread = (size_t)thread;
    walk w = {.e = e, .pass = &e->program->passes[e->pass], .tile = tile};
    int64_t end = e->end_row;
    if (end > fct_panel_tile_rows(e->panel, tile))
        end = fct_panel_tile_rows(e->panel, tile);
    w.arrays = (double *)(e->thread_memory + n_thread * e->layout.thread_bytes);
    w.state = e->layout.has_blocks
                  ? e->state + tile * e->tile_state_bytes + e->state_first[e->pass]
                  : e->state + n_thread * (e->layout.state_bytes / (size_t)e->job->run.n_threads);
    for (size_t i = 0; i < w.pass->n_numbers; i++)
        for (size_t cell = 0; cell < e->layout.tile_rows * FCT_LANES; cell++)
            array(&w, i)[cell] = w.pass->numbers[i];
    for (w.row = e->first_row; w.row < end;) {
        size_t n_rows = (size_t)(end - w.row);
        if (n_rows > e->layout.tile_rows)
            n_rows = e->layout.tile_rows;
        FCT_TRY(fct_job_check(e->job, err));
        for (size_t i = 0; i < w.pass->n_steps; i++)
            run_step(&w, &w.pass->steps[i], n_rows);
        w.row += (int64_t)n_rows;
    }
    return FCT_OK;
}
