#include "expr/graph.h"

#include <stdlib.h>
#include <string.h>

void fct_graph_free(fct_graph *graph)
{
    free(graph->nodes);
    free(graph->slots);
    free(graph->column_info);
    fct_text_set_free(&graph->columns);
    *graph = (fct_graph){0};
}

/* ---- Equal nodes ------------------------------------------------------------------------------ */

/* Operators whose two series may change places without a bit of the value changing. */
static bool is_commutative(const fct_op *op)
{
    static const char *const names[] = {"add",       "multiply",    "equal",
                                        "not_equal", "logical_and", "logical_or"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

static void ordered_series(const fct_node *node, uint32_t series[FCT_OP_MAX_SERIES])
{
    memcpy(series, node->series, sizeof node->series);
    if (node->kind == FCT_NODE_CALL && is_commutative(node->call.op) && series[0] > series[1]) {
        series[0] = node->series[1];
        series[1] = node->series[0];
    }
}

static uint64_t hash_node(const fct_node *node)
{
    uint32_t series[FCT_OP_MAX_SERIES];
    uint64_t hash = UINT64_C(14695981039346656037);
    ordered_series(node, series);
    hash = hash_bytes(hash, &node->kind, sizeof node->kind);
    hash = hash_bytes(hash, &node->number, sizeof node->number);
    hash = hash_bytes(hash, &node->column, sizeof node->column);
    hash = hash_bytes(hash, &node->call.op, sizeof node->call.op);
    hash = hash_bytes(hash, node->call.parameters, sizeof node->call.parameters);
    return hash_bytes(hash, series, sizeof series);
}

static bool is_same(const fct_node *a, const fct_node *b)
{
    uint32_t series_a[FCT_OP_MAX_SERIES];
    uint32_t series_b[FCT_OP_MAX_SERIES];
    uint64_t bits_a[FCT_OP_MAX_PARAMETERS + 1];
    uint64_t bits_b[FCT_OP_MAX_PARAMETERS + 1];
    fct_parameter_bits(a->call.parameters, bits_a + 1);
    fct_parameter_bits(b->call.parameters, bits_b + 1);
    memcpy(bits_a, &a->number, sizeof *bits_a);
    memcpy(bits_b, &b->number, sizeof *bits_b);
    if (a->kind != b->kind || a->column != b->column || a->call.op != b->call.op ||
        a->call.n_series != b->call.n_series || memcmp(bits_a, bits_b, sizeof bits_a) != 0)
        return false;
    ordered_series(a, series_a);
    ordered_series(b, series_b);
    return memcmp(series_a, series_b, sizeof series_a) == 0;
}

static size_t find_slot(const fct_graph *graph, const fct_node *node)
{
    size_t slot = hash_node(node) & (graph->n_slots - 1);
    while (graph->slots[slot] && !is_same(&graph->nodes[graph->slots[slot] - 1], node))
        slot = (slot + 1) & (graph->n_slots - 1);
    return slot;
}

/* At most half of the slots are taken. */
static fct_status grow(fct_graph *graph, fct_error *err)
{
    size_t capacity = graph->capacity ? 2 * graph->capacity : 64;
    fct_node *nodes = realloc(graph->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return fct_error_memory(err, capacity * sizeof *nodes);
    graph->nodes = nodes;
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (!slots)
        return fct_error_memory(err, 2 * capacity * sizeof *slots);
    free(graph->slots);
    graph->slots = slots;
    graph->n_slots = 2 * capacity;
    graph->capacity = capacity;
    for (size_t i = 0; i < graph->n_nodes; i++)
        graph->slots[find_slot(graph, &graph->nodes[i])] = (uint32_t)i + 1;
    return FCT_OK;
}

static fct_status add(fct_graph *graph, const fct_node *node, uint32_t *out, fct_error *err)
{
    if (graph->n_nodes == graph->capacity)
        FCT_TRY(grow(graph, err));
    size_t slot = find_slot(graph, node);
    if (!graph->slots[slot]) {
        if (graph->n_nodes == FCT_GRAPH_MAX_NODES)
            return fct_error_set(err, FCT_ERROR_LIMIT,
                                 "the expressions have more than %d different parts: compile them "
                                 "in several plans",
                                 FCT_GRAPH_MAX_NODES);
        graph->nodes[graph->n_nodes++] = *node;
        graph->slots[slot] = (uint32_t)graph->n_nodes;
    }
    *out = graph->slots[slot] - 1;
    return FCT_OK;
}

/* ---- Nodes ------------------------------------------------------------------------------------ */

fct_status fct_graph_number(fct_graph *graph, double number, uint32_t *node, fct_error *err)
{
    const fct_node it = {.kind = FCT_NODE_NUMBER, .number = number};
    return add(graph, &it, node, err);
}

fct_status fct_graph_column_named(fct_graph *graph, const char *name, size_t n_name,
                                  size_t position, uint32_t *node, fct_error *err)
{
    fct_node it = {.kind = FCT_NODE_COLUMN};
    FCT_TRY(fct_text_set_add(&graph->columns, name, n_name, &it.column, err));
    if (graph->columns.n_texts > graph->column_capacity) {
        size_t capacity = 2 * graph->columns.n_texts;
        fct_graph_column *info = realloc(graph->column_info, capacity * sizeof *info);
        if (!info)
            return fct_error_memory(err, capacity * sizeof *info);
        for (size_t i = graph->column_capacity; i < capacity; i++)
            info[i] = (fct_graph_column){SIZE_MAX, SIZE_MAX};
        graph->column_info = info;
        graph->column_capacity = capacity;
    }
    if (graph->column_info[it.column].position == SIZE_MAX)
        graph->column_info[it.column].position = position;
    return add(graph, &it, node, err);
}

/* The value of an element-wise operator on numbers. */
static double fold(const fct_graph *graph, const fct_op_call *call, const uint32_t *series)
{
    _Alignas(64) double cells[FCT_OP_MAX_SERIES][FCT_OP_LANES];
    _Alignas(64) double out[FCT_OP_LANES];
    const double *arguments[FCT_OP_MAX_SERIES];
    for (size_t i = 0; i < call->n_series; i++) {
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
            cells[i][lane] = graph->nodes[series[i]].number;
        arguments[i] = cells[i];
    }
    call->op->element(call, arguments, out, FCT_OP_LANES);
    return out[0];
}

fct_status fct_graph_call(fct_graph *graph, const fct_op_call *call, const uint32_t *series,
                          uint32_t *node, fct_error *err)
{
    bool is_constant = call->op->class == FCT_OP_ELEMENT && call->n_series;
    for (size_t i = 0; i < call->n_series; i++)
        is_constant = is_constant && graph->nodes[series[i]].kind == FCT_NODE_NUMBER;
    if (is_constant)
        return fct_graph_number(graph, fold(graph, call, series), node, err);
    fct_node it = {.kind = FCT_NODE_CALL, .call = *call};
    for (size_t i = 0; i < call->n_series; i++)
        it.series[i] = series[i];
    return add(graph, &it, node, err);
}

/* ---- Questions -------------------------------------------------------------------------------- */

void fct_graph_look_back(const fct_graph *graph, size_t *rows)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const fct_node *node = &graph->nodes[i];
        rows[i] = 0;
        if (node->kind != FCT_NODE_CALL)
            continue;
        for (size_t k = 0; k < node->call.n_series; k++)
            if (rows[node->series[k]] > rows[i])
                rows[i] = rows[node->series[k]];
        size_t own =
            node->call.op->class == FCT_OP_ROLLING ? fct_op_call_look_back(&node->call) : 0;
        if (__builtin_add_overflow(rows[i], own, &rows[i]))
            rows[i] = SIZE_MAX;
    }
}

void fct_graph_reach(const fct_graph *graph, const uint32_t *roots, size_t n_roots, bool *needed)
{
    memset(needed, 0, graph->n_nodes * sizeof *needed);
    for (size_t i = 0; i < n_roots; i++)
        needed[roots[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0;)
        for (size_t k = 0; needed[i] && k < graph->nodes[i].call.n_series; k++)
            needed[graph->nodes[i].series[k]] = true;
}

void fct_graph_passes(const fct_graph *graph, int *pass)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const fct_node *node = &graph->nodes[i];
        pass[i] = -1;
        if (node->kind != FCT_NODE_CALL)
            continue;
        int first = 0;
        for (size_t k = 0; k < node->call.n_series; k++)
            if (pass[node->series[k]] > first)
                first = pass[node->series[k]];
        if (node->call.op->class == FCT_OP_ROLLING)
            first += first % 2;
        if (node->call.op->class == FCT_OP_CROSS)
            first += 1 - first % 2;
        pass[i] = first;
    }
}

/* ---- Copies ----------------------------------------------------------------------------------- */

static fct_status copy_node(const fct_graph *graph, const fct_node *node, const uint32_t *node_of,
                            fct_graph *out, uint32_t *copy, fct_error *err)
{
    uint32_t series[FCT_OP_MAX_SERIES];
    if (node->kind == FCT_NODE_NUMBER)
        return fct_graph_number(out, node->number, copy, err);
    if (node->kind == FCT_NODE_COLUMN) {
        const char *name = graph->columns.texts[node->column];
        const fct_graph_column *info = &graph->column_info[node->column];
        FCT_TRY(fct_graph_column_named(out, name, strlen(name), info->position, copy, err));
        out->column_info[out->nodes[*copy].column] = *info;
        return FCT_OK;
    }
    for (size_t k = 0; k < node->call.n_series; k++)
        series[k] = node_of[node->series[k]];
    return fct_graph_call(out, &node->call, series, copy, err);
}

fct_status fct_graph_prune(const fct_graph *graph, uint32_t *roots, size_t n_roots, fct_graph *out,
                           fct_error *err)
{
    fct_status status = FCT_OK;
    bool *needed = calloc(graph->n_nodes + 1, sizeof *needed);
    uint32_t *node_of = calloc(graph->n_nodes + 1, sizeof *node_of);
    if (!needed || !node_of) {
        status = fct_error_memory(err, graph->n_nodes * sizeof *node_of);
        goto out;
    }
    fct_graph_reach(graph, roots, n_roots, needed);
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (needed[i])
            FCT_TRY_OUT(copy_node(graph, &graph->nodes[i], node_of, out, &node_of[i], err));
    for (size_t i = 0; i < n_roots; i++)
        roots[i] = node_of[roots[i]];
out:
    free(needed);
    free(node_of);
    return status;
}
