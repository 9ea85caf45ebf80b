/* A program while it is made: between program.c, which says what goes into which pass, and program_steps.c. */
#ifndef FCT_EXPR_PROGRAM_MAKING_H
#define FCT_EXPR_PROGRAM_MAKING_H

#include "expr/program.h"

/* A program while it is made; the arrays have an item a node. */
typedef struct fct_making {
    fct_program *program;
    const fct_graph *graph;
    bool *needed;
    int *pass;           /* even: a tile pass, odd: a cross pass; NO_PASS: numbers and columns */
    int *last_pass;      /* that reads it */
    uint32_t *order;     /* the nodes that have a pass, by pass, then node */
    size_t *first;       /* of each pass and one more: where its nodes begin in `order` */
    uint32_t *stored;    /* FCT_NONE: it is not */
    uint32_t *local;     /* in the present pass; FCT_NONE */
    uint32_t *n_readers; /* calls of the present pass that have yet to read it */
    uint32_t *number;    /* in the present pass; FCT_NONE */
    uint32_t *sibling;   /* the next one in the present pass with the same window; FCT_NONE */
    bool *is_done;       /* it was computed together with another */
    uint32_t *free_locals, *free_buffers;
    size_t n_free_locals, n_free_buffers;
} fct_making;

/* Makes the steps of a pass: its nodes are order[first[number] .. first[number + 1]). */
fct_status fct_program_steps(fct_making *m, int number, fct_pass *pass, fct_error *err);

#endif
