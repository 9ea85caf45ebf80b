/* The steps of one pass: where each finds its series and leaves its value, and which windows are walked together. */
#include <stdlib.h>
#include <string.h>

#include "expr/program_making.h"

/* ---- Steps ------------------------------------------------------------------------------------ */

static fct_status add_step(fct_pass *pass, fct_step step, fct_error *err)
{
    if (pass->n_steps == pass->capacity) {
        size_t capacity = pass->capacity ? 2 * pass->capacity : 16;
        fct_step *steps = realloc(pass->steps, capacity * sizeof *steps);
        if (!steps)
            return fct_error_memory(err, capacity * sizeof *steps);
        pass->steps = steps;
        pass->capacity = capacity;
    }
    pass->steps[pass->n_steps++] = step;
    return FCT_OK;
}

static uint32_t take_local(fct_making *m, fct_pass *pass)
{
    return m->n_free_locals ? m->free_locals[--m->n_free_locals] : (uint32_t)pass->n_locals++;
}

/* Gives back what a call was the last to read. */
static void give_locals(fct_making *m, uint32_t reader)
{
    const fct_node *node = &m->graph->nodes[reader];
    for (size_t k = 0; k < node->call.n_series; k++) {
        uint32_t series = node->series[k];
        if (--m->n_readers[series] == 0 && m->local[series] != FCT_NONE) {
            m->free_locals[m->n_free_locals++] = m->local[series];
            m->local[series] = FCT_NONE;
        }
    }
}

static fct_status place_number(fct_making *m, fct_pass *pass, uint32_t node, fct_place *out,
                               fct_error *err)
{
    if (m->number[node] == FCT_NONE) {
        double *numbers = realloc(pass->numbers, (pass->n_numbers + 1) * sizeof *numbers);
        if (!numbers)
            return fct_error_memory(err, (pass->n_numbers + 1) * sizeof *numbers);
        pass->numbers = numbers;
        pass->numbers[pass->n_numbers] = m->graph->nodes[node].number;
        m->number[node] = (uint32_t)pass->n_numbers++;
    }
    *out = (fct_place){FCT_PLACE_NUMBER, m->number[node]};
    return FCT_OK;
}

/* Where a step finds a series; in a cross pass what lies in tiles is gathered first. */
static fct_status place_series(fct_making *m, fct_pass *pass, uint32_t series, fct_place *out,
                               fct_error *err)
{
    const fct_node *node = &m->graph->nodes[series];
    if (node->kind == FCT_NODE_NUMBER)
        return place_number(m, pass, series, out, err);
    if (m->local[series] != FCT_NONE) {
        *out = (fct_place){FCT_PLACE_LOCAL, m->local[series]};
        return FCT_OK;
    }
    *out = node->kind == FCT_NODE_COLUMN ? (fct_place){FCT_PLACE_COLUMN, node->column}
                                         : (fct_place){FCT_PLACE_STORED, m->stored[series]};
    if (!pass->is_cross)
        return FCT_OK;
    fct_step gather = {.nodes = {series}, .series = {*out}, .stored = FCT_NONE};
    m->local[series] = take_local(m, pass);
    gather.outs[0] = *out = (fct_place){FCT_PLACE_LOCAL, m->local[series]};
    return add_step(pass, gather, err);
}

/* Where a call leaves its value. */
static void place_out(fct_making *m, fct_pass *pass, uint32_t node, fct_step *step)
{
    size_t k = step->n_calls++;
    step->calls[k] = &m->graph->nodes[node].call;
    step->nodes[k] = node;
    m->is_done[node] = true;
    if (m->stored[node] != FCT_NONE && !pass->is_cross) {
        step->outs[k] = (fct_place){FCT_PLACE_STORED, m->stored[node]};
        return;
    }
    m->local[node] = take_local(m, pass);
    step->outs[k] = (fct_place){FCT_PLACE_LOCAL, m->local[node]};
    step->stored = m->stored[node];
}

/* Gives back what the step's calls were the last to read, and values that nobody reads. */
static void end_step(fct_making *m, const fct_step *step, bool gave_series)
{
    for (size_t k = 0; k < step->n_calls; k++) {
        uint32_t node = step->nodes[k];
        if (!gave_series)
            give_locals(m, node);
        if (m->local[node] != FCT_NONE && m->n_readers[node] == 0) {
            m->free_locals[m->n_free_locals++] = m->local[node];
            m->local[node] = FCT_NONE;
        }
    }
}

static fct_status make_step(fct_making *m, fct_pass *pass, uint32_t i, fct_error *err)
{
    const fct_node *node = &m->graph->nodes[i];
    const fct_op *op = node->call.op;
    fct_step step = {.stored = FCT_NONE};
    for (size_t k = 0; k < node->call.n_series; k++)
        FCT_TRY(place_series(m, pass, node->series[k], &step.series[k], err));
    /* Element-wise kernels may write over what they read. */
    bool in_place = op->class == FCT_OP_ELEMENT;
    if (in_place)
        give_locals(m, i);
    place_out(m, pass, i, &step);
    for (uint32_t other = m->sibling[i]; other != FCT_NONE && step.n_calls < FCT_OP_MAX_TOGETHER;
         other = m->sibling[other])
        if (!m->is_done[other])
            place_out(m, pass, other, &step);
    if (op->class == FCT_OP_ROLLING) {
        size_t n_bytes =
            step.n_calls > 1 ? op->together_bytes(&node->call) : op->state_bytes(&node->call);
        step.state_offset = pass->state_bytes;
        pass->state_bytes += (n_bytes + 63) / 64 * 64;
    }
    end_step(m, &step, in_place);
    return add_step(pass, step, err);
}

/* ---- Windows that are shared ------------------------------------------------------------------ */

/* A node whose window others may share, for sorting. */
typedef struct shareable {
    const fct_node *node;
    uint32_t index;
} shareable;

static int compare_windows(const shareable *a, const shareable *b)
{
    const fct_node *x = a->node;
    const fct_node *y = b->node;
    if (x->call.op->together != y->call.op->together)
        return (uintptr_t)x->call.op->together < (uintptr_t)y->call.op->together ? -1 : 1;
    int order = memcmp(x->series, y->series, sizeof x->series);
    if (order)
        return order;
    double d[] = {x->call.parameters[0], y->call.parameters[0]};
    double min_periods[] = {x->call.parameters[x->call.op->n_parameters - 1],
                            y->call.parameters[y->call.op->n_parameters - 1]};
    if (d[0] != d[1])
        return d[0] < d[1] ? -1 : 1;
    return (min_periods[0] > min_periods[1]) - (min_periods[0] < min_periods[1]);
}

static int by_window(const void *a, const void *b)
{
    const shareable *x = a;
    const shareable *y = b;
    int order = compare_windows(x, y);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Links the nodes of a pass that have one window, in their order. */
static fct_status find_siblings(fct_making *m, const uint32_t *nodes, size_t n_nodes,
                                fct_error *err)
{
    size_t n = 0;
    shareable *found = malloc((n_nodes + 1) * sizeof *found);
    if (!found)
        return fct_error_memory(err, n_nodes * sizeof *found);
    for (size_t i = 0; i < n_nodes; i++) {
        const fct_node *node = &m->graph->nodes[nodes[i]];
        m->sibling[nodes[i]] = FCT_NONE;
        if (node->call.op->together)
            found[n++] = (shareable){node, nodes[i]};
    }
    qsort(found, n, sizeof *found, by_window);
    for (size_t i = 0; i + 1 < n; i++)
        if (compare_windows(&found[i], &found[i + 1]) == 0)
            m->sibling[found[i].index] = found[i + 1].index;
    free(found);
    return FCT_OK;
}

fct_status fct_program_steps(fct_making *m, int number, fct_pass *pass, fct_error *err)
{
    const uint32_t *nodes = m->order + m->first[number];
    size_t n_nodes = m->first[number + 1] - m->first[number];
    pass->is_cross = number % 2 == 1;
    m->n_free_locals = 0;
    for (size_t i = 0; i < n_nodes; i++)
        for (size_t k = 0; k < m->graph->nodes[nodes[i]].call.n_series; k++)
            m->n_readers[m->graph->nodes[nodes[i]].series[k]]++;
    FCT_TRY(find_siblings(m, nodes, n_nodes, err));
    for (size_t i = 0; i < n_nodes; i++)
        if (!m->is_done[nodes[i]])
            FCT_TRY(make_step(m, pass, nodes[i], err));
    for (size_t i = 0; i < n_nodes; i++)
        for (size_t k = 0; k < m->graph->nodes[nodes[i]].call.n_series; k++) {
            uint32_t series = m->graph->nodes[nodes[i]].series[k];
            m->local[series] = m->number[series] = FCT_NONE;
        }
    m->program->has_cross = m->program->has_cross || (pass->is_cross && pass->n_steps);
    return FCT_OK;
}
