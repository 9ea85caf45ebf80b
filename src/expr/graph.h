/* What expressions compute, as a graph: each distinct value once, arguments before what uses them. */
#ifndef FCT_EXPR_GRAPH_H
#define FCT_EXPR_GRAPH_H

#include <string.h>

#include "base/text_set.h"
#include "ops/ops.h"

#define FCT_GRAPH_MAX_NODES 100000

typedef enum fct_node_kind { FCT_NODE_NUMBER, FCT_NODE_COLUMN, FCT_NODE_CALL } fct_node_kind;

typedef struct fct_node {
    fct_node_kind kind;
    double number;                      /* FCT_NODE_NUMBER */
    uint32_t column;                    /* FCT_NODE_COLUMN: an index of graph.columns */
    fct_op_call call;                   /* FCT_NODE_CALL */
    uint32_t series[FCT_OP_MAX_SERIES]; /* nodes, each before this one */
} fct_node;

/* The parameters of a call as bits, which are what makes two calls the same: by them -0 is not 0, and NaN is NaN. */
static inline void fct_parameter_bits(const double *parameters, uint64_t *bits)
{
    memcpy(bits, parameters, FCT_OP_MAX_PARAMETERS * sizeof *bits);
}

/* What the text says of a column that it reads. */
typedef struct fct_graph_column {
    size_t position;        /* where it first stands */
    size_t number_position; /* where it first is more than a group key; SIZE_MAX: nowhere */
} fct_graph_column;

/* Starts as {0}; freed by fct_graph_free. */
typedef struct fct_graph {
    fct_node *nodes;
    size_t n_nodes, capacity;
    uint32_t *slots; /* open addressing over nodes: 0 is empty, else a node + 1 */
    size_t n_slots;
    fct_text_set columns;
    fct_graph_column *column_info;
    size_t column_capacity;
} fct_graph;

void fct_graph_free(fct_graph *graph);

/*
 * Each gives the node of a value, an old one where there is one. FCT_ERROR_LIMIT beyond FCT_GRAPH_MAX_NODES. A call of an
 * element-wise operator on numbers alone is computed at once. The call must have passed fct_op_call_check.
 */
fct_status fct_graph_number(fct_graph *graph, double number, uint32_t *node, fct_error *err);
fct_status fct_graph_column_named(fct_graph *graph, const char *name, size_t n_name,
                                  size_t position, uint32_t *node, fct_error *err);
fct_status fct_graph_call(fct_graph *graph, const fct_op_call *call, const uint32_t *series,
                          uint32_t *node, fct_error *err);

/* How many earlier rows of its symbol each node depends on, itself not counted; SIZE_MAX: all. `rows` has n_nodes. */
void fct_graph_look_back(const fct_graph *graph, size_t *rows);

/*
 * In which pass over a panel each node can be had first; -1: numbers and columns, which are there. Even passes go along
 * symbols, odd ones along times: a rolling operator needs the one, a cross-sectional one the other, and an element-wise one
 * joins either. `pass` has n_nodes.
 */
void fct_graph_passes(const fct_graph *graph, int *pass);

/* A copy, into `out` that starts as {0}, of what the roots are made of; roots[i] becomes its node there. */
fct_status fct_graph_prune(const fct_graph *graph, uint32_t *roots, size_t n_roots, fct_graph *out,
                           fct_error *err);

/* Marks in `needed` (n_nodes) the nodes that the roots are made of. */
void fct_graph_reach(const fct_graph *graph, const uint32_t *roots, size_t n_roots, bool *needed);

#endif
