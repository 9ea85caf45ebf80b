/* A cross pass: the symbols of a time side by side, some times at once, gathered from their tiles and put back. */
#include <math.h>
#include <string.h>

#include "expr/execute.h"

/* One thread at some times. Arrays have max_cross cells for each of n_together times. */
typedef struct cross {
    const fct_execution *e;
    const fct_pass *pass;
    double *arrays;       /* the pass's numbers, then its locals */
    size_t *cell_indices; /* without a shared grid: where the rows lie in a column */
    void *scratch;
    int64_t time; /* the first */
    size_t n_times;
    size_t n[FCT_OP_LANES], n_most; /* rows of each cross-section */
} cross;

static double *array(const cross *c, size_t index)
{
    return c->arrays + index * c->e->layout.max_cross * c->e->layout.n_together;
}

static double *find(const cross *c, fct_place place)
{
    return array(c,
                 place.kind == FCT_PLACE_NUMBER ? place.index : c->pass->n_numbers + place.index);
}

/* ---- Between tiles and cross-sections ---------------------------------------------------------- */

/* The cells of a stored value or a column; *tile_cells is from one tile to the next. */
static double *first_tile(const cross *c, fct_place place, int64_t *origin, size_t *tile_cells)
{
    const fct_execution *e = c->e;
    bool is_block = false;
    double *cells;
    *origin = 0;
    if (place.kind == FCT_PLACE_COLUMN) {
        cells = (double *)e->columns[place.index];
    } else {
        is_block = e->layout.has_blocks && e->program->stored[place.index].factor == FCT_NONE;
        cells = fct_execution_stored(e, place.index, 0, origin);
    }
    *tile_cells = (size_t)(is_block ? e->layout.block_rows : e->panel->n_rows) * FCT_LANES;
    return cells;
}

static void gather(const cross *c, fct_place from, double *out)
{
    int64_t origin;
    size_t tile_cells;
    size_t stride = c->e->layout.max_cross;
    const double *cells = first_tile(c, from, &origin, &tile_cells);
    if (!c->e->panel->shared_grid) {
        for (size_t t = 0; t < c->n_times; t++)
            for (size_t i = 0; i < c->n[t]; i++)
                out[t * stride + i] = cells[c->cell_indices[t * stride + i]];
        return;
    }
    cells += (c->time - origin) * FCT_LANES;
    for (size_t tile = 0; tile < c->e->panel->n_tiles; tile++) {
        const double *from_tile = cells + tile * tile_cells;
        for (size_t t = 0; t < c->n_times; t++) {
            __builtin_prefetch(from_tile + (t + 2 * c->n_times) * FCT_LANES, 0, 2);
            memcpy(out + t * stride + tile * FCT_LANES, from_tile + t * FCT_LANES,
                   FCT_LANES * sizeof *out);
        }
    }
}

static void scatter(const cross *c, const double *values, uint32_t stored)
{
    int64_t origin;
    size_t tile_cells;
    size_t stride = c->e->layout.max_cross;
    double *cells = first_tile(c, (fct_place){FCT_PLACE_STORED, stored}, &origin, &tile_cells);
    if (!c->e->panel->shared_grid) {
        for (size_t t = 0; t < c->n_times; t++)
            for (size_t i = 0; i < c->n[t]; i++)
                cells[c->cell_indices[t * stride + i]] = values[t * stride + i];
        return;
    }
    cells += (c->time - origin) * FCT_LANES;
    for (size_t tile = 0; tile < c->e->panel->n_tiles; tile++) {
        double *to_tile = cells + tile * tile_cells;
        for (size_t t = 0; t < c->n_times; t++) {
            __builtin_prefetch(to_tile + (t + c->n_times) * FCT_LANES, 1, 2);
            memcpy(to_tile + t * FCT_LANES, values + t * stride + tile * FCT_LANES,
                   FCT_LANES * sizeof *values);
        }
    }
}

static void find_rows(cross *c)
{
    const struct fct_panel *panel = c->e->panel;
    size_t stride = c->e->layout.max_cross;
    c->n_most = 0;
    for (size_t t = 0; t < c->n_times; t++) {
        c->n[t] = panel->n_symbols;
        if (!panel->shared_grid) {
            const size_t *first = panel->time_first + c->time + t;
            const fct_panel_cell *cells = panel->time_cells + *first;
            c->n[t] = first[1] - first[0];
            for (size_t i = 0; i < c->n[t]; i++)
                c->cell_indices[t * stride + i] =
                    fct_panel_cell_index(panel, cells[i].symbol, cells[i].row);
        }
        c->n_most = c->n[t] > c->n_most ? c->n[t] : c->n_most;
    }
}

/* ---- Steps ------------------------------------------------------------------------------------ */

static bool any_missing(const double *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(cells[i]))
            return true;
    return false;
}

/* Times at which a value is missing have none, if cross-sections are strict. */
static bool is_blank(const cross *c, size_t t, const fct_op_call *call, const double *const *series)
{
    for (size_t k = 0; c->e->strict_cross_sections && k < call->n_series; k++)
        if (any_missing(series[k] + t * c->e->layout.max_cross, c->n[t]))
            return true;
    return false;
}

static void run_cross(const cross *c, const fct_op_call *call, const double *const *series,
                      double *out)
{
    size_t stride = c->e->layout.max_cross;
    bool together = call->op->cross_eight && c->n_times == FCT_OP_LANES;
    if (together)
        call->op->cross_eight(call, series, out, c->n, stride, c->scratch);
    for (size_t t = 0; t < c->n_times; t++) {
        bool blank = is_blank(c, t, call, series);
        const double *own[FCT_OP_MAX_SERIES];
        for (size_t k = 0; k < call->n_series; k++)
            own[k] = series[k] + t * stride;
        if (!blank && !together)
            call->op->cross(call, own, out + t * stride, c->n[t], c->scratch);
        for (size_t i = 0; blank && i < c->n[t]; i++)
            out[t * stride + i] = NAN;
    }
}

static void run_step(const cross *c, const fct_step *step)
{
    const double *series[FCT_OP_MAX_SERIES];
    double *out = find(c, step->outs[0]);
    if (!step->n_calls) {
        gather(c, step->series[0], out);
        return;
    }
    const fct_op_call *call = step->calls[0];
    for (size_t k = 0; k < call->n_series; k++)
        series[k] = find(c, step->series[k]);
    if (call->op->class == FCT_OP_CROSS)
        run_cross(c, call, series, out);
    else
        call->op->element(call, series, out, (c->n_times - 1) * c->e->layout.max_cross + c->n_most);
    if (step->stored != FCT_NONE)
        scatter(c, out, step->stored);
}

fct_status fct_execute_times(size_t item, int thread, void *context, fct_error *err)
{
    const fct_execution *e = context;
    char *memory = e->thread_memory + (size_t)thread * e->layout.thread_bytes;
    cross c = {.e = e, .pass = &e->program->passes[e->pass], .arrays = (double *)memory};
    int64_t first = (e->layout.has_blocks ? e->first_row : 0);
    int64_t end = e->layout.has_blocks ? e->end_row : e->panel->n_times;
    size_t n_arrays = c.pass->n_numbers + c.pass->n_locals;
    size_t n_cells = e->layout.max_cross * e->layout.n_together;
    c.cell_indices = (size_t *)array(&c, n_arrays);
    c.scratch = c.cell_indices + n_cells;
    for (size_t i = 0; i < c.pass->n_numbers; i++)
        for (size_t k = 0; k < n_cells; k++)
            array(&c, i)[k] = c.pass->numbers[i];
    first += (int64_t)item * e->times_per_item;
    if (end > first + e->times_per_item)
        end = first + e->times_per_item;
    FCT_TRY(fct_job_check(e->job, err));
    for (c.time = first; c.time < end; c.time += (int64_t)c.n_times) {
        c.n_times = (size_t)(end - c.time);
        if (c.n_times > e->layout.n_together)
            c.n_times = e->layout.n_together;
        find_rows(&c);
        for (size_t i = 0; i < c.pass->n_steps; i++)
            run_step(&c, &c.pass->steps[i]);
    }
    return FCT_OK;
}
