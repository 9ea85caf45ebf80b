/* A compiled plan: the graph of all its expressions, and which of its nodes are factors. */
#ifndef FCT_EXPR_PLAN_H
#define FCT_EXPR_PLAN_H

#include "expr/graph.h"

typedef struct fct_factor {
    char *name;
    char *text;
    uint32_t node;    /* of the graph as it was written */
    uint32_t planned; /* of the optimised one */
} fct_factor;

struct fct_plan {
    bool strict_cross_sections;
    char *text; /* what was compiled, for messages */
    fct_graph graph;
    fct_graph optimised;
    fct_factor *factors;
    size_t n_factors;
    size_t *look_back; /* of each factor; SIZE_MAX: all rows */
};

/*
 * A graph with the same values and less work: statistics of one window that others are made of are computed once, and what
 * no root needs is left out. roots[i] of `graph` becomes planned[i] of `*out`, which starts as {0}.
 */
fct_status fct_graph_optimise(const fct_graph *graph, const uint32_t *roots, size_t n_roots,
                              fct_graph *out, uint32_t *planned, fct_error *err);

#endif
