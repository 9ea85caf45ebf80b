/* Running a program on a panel. */
#ifndef FCT_EXPR_EXECUTE_H
#define FCT_EXPR_EXECUTE_H

#include "base/run.h"
#include "expr/program.h"
#include "panel/panel.h"

/* How much of everything one run of a program takes. */
typedef struct fct_layout {
    int64_t
        block_rows;  /* rows of all tiles that go through all passes before the next block begins */
    bool has_blocks; /* more than one block: the states of all tiles are kept between them */
    size_t tile_rows;  /* rows of one tile that go through the steps of a pass at a time */
    size_t max_cross;  /* rows of the largest cross-section, rounded up to whole lanes */
    size_t n_together; /* cross-sections that go through the steps of a pass at a time */
    size_t buffer_cells;
    size_t state_bytes;  /* of all threads, or of all tiles where there are blocks */
    size_t thread_bytes; /* arrays of one thread: numbers, locals, scratch */
    size_t total_bytes;  /* buffers, states and arrays */
} fct_layout;

/*
 * `n_threads` of the run. A panel without a shared grid goes through each pass as a whole, since its tiles do not reach a time
 * together; others go in blocks of rows, unless `whole`.
 */
fct_layout fct_layout_make(const fct_program *program, const struct fct_panel *panel, int n_threads,
                           bool whole);

/* Like fct_layout_make, but with blocks of `block_rows`, fewer than the panel has (0: whole), and `tile_rows` at a time. */
fct_layout fct_layout_of(const fct_program *program, const struct fct_panel *panel, int n_threads,
                         int64_t block_rows, size_t tile_rows);

/* Where the columns and factors are, and what is being done. */
typedef struct fct_execution {
    const fct_program *program;
    const struct fct_panel *panel;
    fct_layout layout;
    fct_job *job;
    const double *const *columns; /* cells of each column of the graph */
    double *const *factors;       /* cells of each factor of the plan */
    bool strict_cross_sections;

    double **buffers;
    char *state, *thread_memory; /* aligned to 64 */
    size_t *state_first;         /* of each pass: where its states begin within a tile's */
    size_t tile_state_bytes;
    int64_t first_row, end_row; /* the present block */
    size_t pass;
    int64_t times_per_item; /* of a cross pass */
} fct_execution;

/* Runs the program; the memory of `layout` is taken and given back. */
fct_status fct_execute(fct_execution *execution, fct_error *err);

/* One item of a pass: a tile, or some times. fct_work of base/threads.h. */
fct_status fct_execute_tile(size_t tile, int thread, void *context, fct_error *err);
fct_status fct_execute_times(size_t item, int thread, void *context, fct_error *err);

/* Cells of a stored value: row `row` of tile `tile` at the returned address, and *row_origin says which row lies at cell 0. */
static inline double *fct_execution_stored(const fct_execution *e, uint32_t stored, size_t tile,
                                           int64_t *row_origin)
{
    const fct_stored *s = &e->program->stored[stored];
    bool is_block = e->layout.has_blocks && s->factor == FCT_NONE;
    double *cells = s->factor == FCT_NONE ? e->buffers[s->buffer] : e->factors[s->factor];
    *row_origin = is_block ? e->first_row : 0;
    return cells + (is_block ? tile * (size_t)e->layout.block_rows * FCT_LANES
                             : e->panel->tile_first[tile]);
}

#endif
