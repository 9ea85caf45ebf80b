#include "expr/execute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/threads.h"
#include "ops/cross_eight.h"

enum {
    LOCAL_BYTES =
        192 << 10, /* of a thread's arrays in a tile pass: they stay in the second-level cache */
    TOGETHER_BYTES = 1 << 20, /* ... and those of cross-sections that are made together */
    BLOCK_BYTES =
        16 << 20, /* of what passes store for each other: it stays in the last-level cache */
    MIN_BLOCK_ROWS = 64,
    MIN_TILE_ROWS = 32,
    ITEMS_PER_THREAD = 4
};

/* ---- Layout ----------------------------------------------------------------------------------- */

static size_t max_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t largest_cross_section(const struct fct_panel *panel)
{
    size_t n = panel->n_symbols;
    for (int64_t t = 0; !panel->shared_grid && t < panel->n_times; t++)
        n = max_of(n, panel->time_first[t + 1] - panel->time_first[t]);
    return (n + FCT_LANES - 1) / FCT_LANES * FCT_LANES;
}

static size_t scratch_bytes(const fct_pass *pass, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < pass->n_steps; i++) {
        const fct_op_call *call = pass->steps[i].calls[0];
        if (call && call->op->class == FCT_OP_CROSS && call->op->scratch_bytes)
            most = max_of(most, call->op->scratch_bytes(call, n));
    }
    return (most + 63) / 64 * 64;
}

/* A thread's arrays for the pass that needs most of them. */
static size_t thread_bytes(const fct_program *program, size_t tile_rows, size_t max_cross,
                           size_t n_together)
{
    size_t most = 0;
    for (size_t i = 0; i < program->n_passes; i++) {
        const fct_pass *pass = &program->passes[i];
        size_t n_arrays = pass->n_locals + pass->n_numbers;
        size_t cells = pass->is_cross ? n_together * max_cross : tile_rows * FCT_LANES;
        size_t bytes = n_arrays * cells * sizeof(double);
        if (pass->is_cross)
            bytes += scratch_bytes(pass, max_cross) + cells * sizeof(size_t);
        most = max_of(most, bytes);
    }
    return (most + 63) / 64 * 64;
}

fct_layout fct_layout_of(const fct_program *program, const struct fct_panel *panel, int n_threads,
                         int64_t block_rows, size_t tile_rows)
{
    fct_layout layout = {.block_rows = block_rows ? block_rows : panel->n_rows,
                         .has_blocks = block_rows,
                         .tile_rows = tile_rows};
    size_t largest_state = 0;
    size_t all_states = 0;
    for (size_t i = 0; i < program->n_passes; i++) {
        largest_state = max_of(largest_state, program->passes[i].state_bytes);
        all_states += program->passes[i].state_bytes;
    }
    layout.max_cross = largest_cross_section(panel);
    layout.buffer_cells = layout.has_blocks ? panel->n_tiles * (size_t)block_rows * FCT_LANES
                                            : fct_panel_n_cells(panel);
    layout.state_bytes =
        layout.has_blocks ? all_states * panel->n_tiles : largest_state * (size_t)n_threads;
    layout.n_together = layout.max_cross <= FCT_EIGHT_MOST ? FCT_OP_LANES : 1;
    layout.thread_bytes = thread_bytes(program, tile_rows, layout.max_cross, layout.n_together);
    if (layout.thread_bytes > TOGETHER_BYTES) {
        layout.n_together = 1;
        layout.thread_bytes = thread_bytes(program, tile_rows, layout.max_cross, 1);
    }
    layout.total_bytes = program->n_buffers * layout.buffer_cells * sizeof(double) +
                         layout.state_bytes + (size_t)n_threads * layout.thread_bytes;
    return layout;
}

fct_layout fct_layout_make(const fct_program *program, const struct fct_panel *panel, int n_threads,
                           bool whole)
{
    enum { ROW_BYTES = FCT_LANES * sizeof(double) };
    size_t n_arrays = 1;
    int64_t block_rows = 0;
    for (size_t i = 0; i < program->n_passes; i++)
        if (!program->passes[i].is_cross)
            n_arrays = max_of(n_arrays, program->passes[i].n_locals + program->passes[i].n_numbers);
    size_t tile_rows = LOCAL_BYTES / (n_arrays * ROW_BYTES);
    tile_rows = tile_rows < MIN_TILE_ROWS     ? MIN_TILE_ROWS
                : tile_rows > FCT_OP_MAX_ROWS ? FCT_OP_MAX_ROWS
                                              : tile_rows;
    if (program->has_cross && panel->shared_grid && !whole) {
        size_t bytes = max_of(program->n_buffers, 1) * max_of(panel->n_tiles, 1) * ROW_BYTES;
        size_t rows = max_of(BLOCK_BYTES / bytes, MIN_BLOCK_ROWS);
        rows = rows < tile_rows ? rows : rows / tile_rows * tile_rows;
        block_rows = rows < (size_t)panel->n_rows ? (int64_t)rows : 0;
    }
    return fct_layout_of(program, panel, n_threads, block_rows, tile_rows);
}

/* ---- Running ---------------------------------------------------------------------------------- */

static fct_status take_memory(fct_execution *e, fct_error *err)
{
    const fct_program *program = e->program;
    size_t n_threads = (size_t)e->job->run.n_threads;
    e->state_first = calloc(program->n_passes + 1, sizeof *e->state_first);
    e->buffers = calloc(program->n_buffers + 1, sizeof *e->buffers);
    e->state = aligned_alloc(64, e->layout.state_bytes + 64);
    e->thread_memory = aligned_alloc(64, n_threads * e->layout.thread_bytes + 64);
    if (!e->state_first || !e->buffers || !e->state || !e->thread_memory)
        return fct_error_memory(err, e->layout.total_bytes);
    for (size_t i = 0; i < program->n_buffers; i++) {
        e->buffers[i] = fct_panel_cells_new(e->layout.buffer_cells);
        if (!e->buffers[i])
            return fct_error_memory(err, e->layout.buffer_cells * sizeof(double));
        /* Cross passes write the rows that are there; tile passes read all. */
        for (size_t k = 0; !e->panel->shared_grid && k < e->layout.buffer_cells; k++)
            e->buffers[i][k] = NAN;
    }
    memset(e->thread_memory, 0, n_threads * e->layout.thread_bytes);
    for (size_t i = 0; i < program->n_passes && e->layout.has_blocks; i++)
        e->state_first[i + 1] = e->state_first[i] + program->passes[i].state_bytes;
    e->tile_state_bytes = e->state_first[program->n_passes];
    return FCT_OK;
}

static void give_memory(fct_execution *e)
{
    for (size_t i = 0; e->buffers && i < e->program->n_buffers; i++)
        fct_block_free(e->buffers[i]);
    free(e->buffers);
    free(e->state_first);
    free(e->state);
    free(e->thread_memory);
}

static fct_status run_pass(fct_execution *e, fct_error *err)
{
    const fct_pass *pass = &e->program->passes[e->pass];
    int n_threads = e->job->run.n_threads;
    if (!pass->n_steps)
        return FCT_OK;
    if (!pass->is_cross)
        return fct_parallel_for(n_threads, e->panel->n_tiles, fct_execute_tile, e, err);
    int64_t n_times = e->layout.has_blocks ? e->end_row - e->first_row : e->panel->n_times;
    int64_t n_items = (int64_t)n_threads * ITEMS_PER_THREAD;
    e->times_per_item = (n_times + n_items - 1) / n_items;
    if (!e->layout.has_blocks && e->times_per_item > FCT_OP_MAX_ROWS)
        e->times_per_item = FCT_OP_MAX_ROWS; /* stops are seen, progress is told */
    if (e->times_per_item < 1)
        return FCT_OK;
    int64_t n_together = (int64_t)e->layout.n_together;
    e->times_per_item = (e->times_per_item + n_together - 1) / n_together * n_together;
    size_t n = (size_t)((n_times + e->times_per_item - 1) / e->times_per_item);
    return fct_parallel_for(n_threads, n, fct_execute_times, e, err);
}

fct_status fct_execute(fct_execution *e, fct_error *err)
{
    fct_status status;
    FCT_TRY_OUT(take_memory(e, err));
    for (e->first_row = 0; e->first_row < e->panel->n_rows; e->first_row = e->end_row) {
        e->end_row = e->first_row + e->layout.block_rows;
        if (e->end_row > e->panel->n_rows)
            e->end_row = e->panel->n_rows;
        for (e->pass = 0; e->pass < e->program->n_passes; e->pass++)
            FCT_TRY_OUT(run_pass(e, err));
        fct_job_advance(e->job, e->end_row - e->first_row, NULL);
    }
out:
    give_memory(e);
    return status;
}
