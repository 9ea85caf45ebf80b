/*
 * How some factors of a plan are computed: passes down the tiles and across the symbols, in turn.
 *
 * A tile pass walks down the rows of one tile with element-wise and rolling steps, so that a chain of them touches memory once; a
 * cross pass takes all symbols of one time. What one pass makes for another is stored.
 */
#ifndef FCT_EXPR_PROGRAM_H
#define FCT_EXPR_PROGRAM_H

#include "expr/graph.h"

typedef enum fct_place_kind {
    FCT_PLACE_NUMBER, /* an index of the pass's numbers */
    FCT_PLACE_COLUMN, /* of the graph's columns */
    FCT_PLACE_STORED, /* of the program's stored values */
    FCT_PLACE_LOCAL   /* of a thread's arrays, which last one block of rows, or one time */
} fct_place_kind;

typedef struct fct_place {
    fct_place_kind kind;
    uint32_t index;
} fct_place;

/* Not stored, no factor, no call. */
#define FCT_NONE UINT32_MAX

/* One operator's work; or that of several which share a window. */
typedef struct fct_step {
    const fct_op_call *calls[FCT_OP_MAX_TOGETHER];
    size_t n_calls; /* 0: series[0] is gathered from all tiles into outs[0] (cross passes) */
    uint32_t nodes[FCT_OP_MAX_TOGETHER];
    fct_place series[FCT_OP_MAX_SERIES];
    fct_place outs[FCT_OP_MAX_TOGETHER]; /* tile passes: stored or local; cross passes: local */
    uint32_t stored;                     /* cross passes: where outs[0] is put, or FCT_NONE */
    size_t state_offset;                 /* rolling: in the pass's state */
} fct_step;

typedef struct fct_pass {
    bool is_cross;
    fct_step *steps;
    size_t n_steps, capacity;
    double *numbers;
    size_t n_numbers;
    size_t n_locals;
    size_t state_bytes; /* of one tile */
} fct_pass;

/* A value that a later pass reads, or a factor. */
typedef struct fct_stored {
    uint32_t node;
    uint32_t factor; /* whose column it is, or FCT_NONE */
    uint32_t
        buffer; /* else which buffer it is in; one is used again when nobody reads it any more */
} fct_stored;

typedef struct fct_program {
    fct_pass *passes;
    size_t n_passes;
    fct_stored *stored;
    size_t n_stored;
    size_t n_buffers;
    bool has_cross;
} fct_program;

/*
 * A program for the nodes roots[0 .. n_roots) of `graph`; the factor of roots[i] is first_factor + i. Roots that are a number or
 * a column, or stand there before, have no step. Starts as {0}; freed by fct_program_free, also on failure.
 */
fct_status fct_program_make(fct_program *program, const fct_graph *graph, const uint32_t *roots,
                            size_t n_roots, size_t first_factor, fct_error *err);
void fct_program_free(fct_program *program);

#endif
