/* Less work for the same bits. */
#include <stdlib.h>
#include <string.h>

#include "expr/plan.h"

/*
 * Statistics that are arithmetic on the mean and the standard deviation of the same window. Their kernels round in this very
 * order, so that a value has the same bits whichever way it was made.
 */
typedef enum derived {
    DERIVED_NONE,
    DERIVED_ZSCORE,
    DERIVED_CV,
    DERIVED_IR,
    DERIVED_AV_DIFF
} derived;

static derived derived_of(const fct_node *node)
{
    static const struct {
        const char *name;
        derived kind;
    } kinds[] = {
        {"ts_zscore", DERIVED_ZSCORE},
        {"ts_cv", DERIVED_CV},
        {"ts_ir", DERIVED_IR},
        {"ts_av_diff", DERIVED_AV_DIFF},
    };
    for (size_t i = 0; node->kind == FCT_NODE_CALL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(node->call.op->name, kinds[i].name) == 0)
            return kinds[i].kind;
    return DERIVED_NONE;
}

typedef struct rewrite {
    const fct_graph *from;
    fct_graph *to;
    uint32_t *node_of;  /* of each node of `from` in `to` */
    const bool *needed; /* of each node of `from` */
} rewrite;

/* The operator of that name on the window of another call. */
static fct_op_call same_window(const fct_node *node, const char *name)
{
    fct_op_call call = node->call;
    call.op = fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM);
    return call;
}

/* Whether the needed nodes have a call of that operator on the same window of the same series. */
static bool is_computed(const rewrite *r, const fct_node *node, const char *name)
{
    fct_op_call call = same_window(node, name);
    uint32_t found;
    return fct_graph_find_call(r->from, &call, node->series, &found) && r->needed[found];
}

static fct_status binary(rewrite *r, const char *name, uint32_t a, uint32_t b, uint32_t *node,
                         fct_error *err)
{
    const fct_op_call call = {.op = fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM),
                              .n_series = 2};
    const uint32_t series[] = {a, b};
    return fct_graph_call(r->to, &call, series, node, err);
}

static fct_status derive(rewrite *r, const fct_node *node, derived kind, uint32_t *out,
                         fct_error *err)
{
    const fct_op_call mean_call = same_window(node, "ts_mean");
    const fct_op_call std_call = same_window(node, "ts_std");
    const fct_op_call abs_call = {.op = fct_op_find("abs", 3, FCT_DIALECT_FACTORIUM),
                                  .n_series = 1};
    uint32_t x = r->node_of[node->series[0]];
    uint32_t mean;
    uint32_t std;
    uint32_t difference;
    FCT_TRY(fct_graph_call(r->to, &mean_call, &x, &mean, err));
    if (kind == DERIVED_AV_DIFF)
        return binary(r, "subtract", x, mean, out, err);
    FCT_TRY(fct_graph_call(r->to, &std_call, &x, &std, err));
    switch (kind) {
    case DERIVED_ZSCORE:
        FCT_TRY(binary(r, "subtract", x, mean, &difference, err));
        return binary(r, "divide", difference, std, out, err);
    case DERIVED_CV:
        FCT_TRY(fct_graph_call(r->to, &abs_call, &mean, &difference, err));
        return binary(r, "divide", std, difference, out, err);
    default:
        return binary(r, "divide", mean, std, out, err);
    }
}

static fct_status copy_node(rewrite *r, uint32_t i, fct_error *err)
{
    const fct_node *node = &r->from->nodes[i];
    uint32_t series[FCT_OP_MAX_SERIES];
    if (node->kind == FCT_NODE_NUMBER)
        return fct_graph_number(r->to, node->number, &r->node_of[i], err);
    if (node->kind == FCT_NODE_COLUMN) {
        const char *name = r->from->columns.texts[node->column];
        const fct_graph_column *info = &r->from->column_info[node->column];
        FCT_TRY(
            fct_graph_column_named(r->to, name, strlen(name), info->position, &r->node_of[i], err));
        r->to->column_info[r->to->nodes[r->node_of[i]].column] = *info;
        return FCT_OK;
    }
    derived kind = derived_of(node);
    if (kind != DERIVED_NONE && is_computed(r, node, "ts_mean") &&
        (kind == DERIVED_AV_DIFF || is_computed(r, node, "ts_std")))
        return derive(r, node, kind, &r->node_of[i], err);
    for (size_t k = 0; k < node->call.n_series; k++)
        series[k] = r->node_of[node->series[k]];
    return fct_graph_call(r->to, &node->call, series, &r->node_of[i], err);
}

fct_status fct_graph_optimise(const fct_graph *graph, const uint32_t *roots, size_t n_roots,
                              fct_graph *out, uint32_t *planned, fct_error *err)
{
    fct_status status = FCT_OK;
    bool *needed = calloc(graph->n_nodes + 1, sizeof *needed);
    rewrite r = {.from = graph, .to = out, .needed = needed};
    r.node_of = calloc(graph->n_nodes + 1, sizeof *r.node_of);
    if (!needed || !r.node_of) {
        status = fct_error_memory(err, graph->n_nodes * sizeof *r.node_of);
        goto out;
    }
    fct_graph_reach(graph, roots, n_roots, needed);
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        if (needed[i])
            FCT_TRY_OUT(copy_node(&r, i, err));
    for (size_t i = 0; i < n_roots; i++)
        planned[i] = r.node_of[roots[i]];
out:
    free(needed);
    free(r.node_of);
    return status;
}
