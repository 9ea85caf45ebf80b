#include "expr/program.h"

#include <stdlib.h>
#include <string.h>

enum { NO_PASS = -1 };

/* A program while it is made; the arrays have an item a node. */
typedef struct making {
    fct_program *program;
    const fct_graph *graph;
    bool *needed;
    int *pass;           /* even: a tile pass, odd: a cross pass; NO_PASS: numbers and columns */
    int *last_pass;      /* that reads it */
    uint32_t *order;     /* the nodes that have a pass, by pass, then node */
    size_t *first;       /* of each pass and one more: where its nodes begin in `order` */
    uint32_t *stored;    /* FCT_NONE: it is not */
    uint32_t *local;     /* in the present pass; FCT_NONE */
    uint32_t *last_user; /* node of the present pass; FCT_NONE */
    uint32_t *number;    /* in the present pass; FCT_NONE */
    uint32_t *sibling;   /* the next one in the present pass with the same window; FCT_NONE */
    bool *is_done;       /* it was computed together with another */
    uint32_t *free_locals, *free_buffers;
    size_t n_free_locals, n_free_buffers;
} making;

void fct_program_free(fct_program *program)
{
    for (size_t i = 0; program->passes && i < program->n_passes; i++) {
        free(program->passes[i].steps);
        free(program->passes[i].numbers);
    }
    free(program->passes);
    free(program->stored);
    *program = (fct_program){0};
}

/* ---- Passes ----------------------------------------------------------------------------------- */

/*
 * The first pass in which all of a node's series are there. An element-wise step joins either kind; a rolling one needs a tile
 * pass, a cross-sectional one a cross pass.
 */
static void assign_passes(making *m)
{
    for (size_t i = 0; i < m->graph->n_nodes; i++) {
        const fct_node *node = &m->graph->nodes[i];
        int pass = 0;
        m->pass[i] = NO_PASS;
        if (node->kind != FCT_NODE_CALL || !m->needed[i])
            continue;
        for (size_t k = 0; k < node->call.n_series; k++)
            if (m->pass[node->series[k]] > pass)
                pass = m->pass[node->series[k]];
        if (node->call.op->class == FCT_OP_ROLLING)
            pass += pass % 2;
        if (node->call.op->class == FCT_OP_CROSS)
            pass += 1 - pass % 2;
        m->pass[i] = pass;
    }
}

/*
 * An element-wise step on columns alone whose value is wanted in cross passes only moves there: columns need not be stored, its
 * value would have to be.
 */
static fct_status sink_elements(making *m, const uint32_t *roots, size_t n_roots, fct_error *err)
{
    size_t n = m->graph->n_nodes;
    int *first_user = malloc((n + 1) * sizeof *first_user);
    bool *is_light = calloc(n + 1, sizeof *is_light);
    if (!first_user || !is_light) {
        free(first_user);
        free(is_light);
        return fct_error_memory(err, n * sizeof *first_user);
    }
    for (size_t i = 0; i < n; i++) {
        const fct_node *node = &m->graph->nodes[i];
        first_user[i] = INT32_MAX;
        is_light[i] = node->kind != FCT_NODE_CALL || node->call.op->class == FCT_OP_ELEMENT;
        for (size_t k = 0; k < node->call.n_series; k++)
            is_light[i] = is_light[i] && is_light[node->series[k]];
    }
    for (size_t i = 0; i < n_roots; i++)
        first_user[roots[i]] = NO_PASS;
    for (size_t i = n; i-- > 0;) {
        const fct_node *node = &m->graph->nodes[i];
        if (m->pass[i] == NO_PASS)
            continue;
        if (m->pass[i] == 0 && is_light[i] && first_user[i] % 2 == 1 && first_user[i] != INT32_MAX)
            m->pass[i] = first_user[i];
        for (size_t k = 0; k < node->call.n_series; k++)
            if (m->pass[i] < first_user[node->series[k]])
                first_user[node->series[k]] = m->pass[i];
    }
    free(first_user);
    free(is_light);
    return FCT_OK;
}

/* ---- Stored values ---------------------------------------------------------------------------- */

static fct_status store(making *m, uint32_t node, uint32_t factor, fct_error *err)
{
    fct_program *program = m->program;
    if (m->stored[node] != FCT_NONE)
        return FCT_OK;
    if (program->n_stored % 64 == 0) {
        fct_stored *stored =
            realloc(program->stored, (program->n_stored + 64) * sizeof *program->stored);
        if (!stored)
            return fct_error_memory(err, (program->n_stored + 64) * sizeof *stored);
        program->stored = stored;
    }
    m->stored[node] = (uint32_t)program->n_stored;
    program->stored[program->n_stored++] = (fct_stored){node, factor, FCT_NONE};
    return FCT_OK;
}

static fct_status choose_stored(making *m, const uint32_t *roots, size_t n_roots,
                                size_t first_factor, fct_error *err)
{
    for (size_t i = 0; i < n_roots; i++)
        if (m->pass[roots[i]] != NO_PASS)
            FCT_TRY(store(m, roots[i], (uint32_t)(first_factor + i), err));
    for (size_t i = 0; i < m->graph->n_nodes; i++) {
        const fct_node *node = &m->graph->nodes[i];
        for (size_t k = 0; m->pass[i] != NO_PASS && k < node->call.n_series; k++) {
            uint32_t series = node->series[k];
            if (m->pass[series] == NO_PASS)
                continue;
            if (m->pass[series] != m->pass[i])
                FCT_TRY(store(m, series, FCT_NONE, err));
            if (m->pass[i] > m->last_pass[series])
                m->last_pass[series] = m->pass[i];
        }
    }
    return FCT_OK;
}

/* A buffer is free again in the pass behind the last one that reads it. */
static void assign_buffers(making *m, int pass)
{
    fct_program *program = m->program;
    for (size_t i = m->first[pass]; i < m->first[pass + 1]; i++) {
        uint32_t stored = m->stored[m->order[i]];
        if (stored != FCT_NONE && program->stored[stored].factor == FCT_NONE)
            program->stored[stored].buffer = m->n_free_buffers
                                                 ? m->free_buffers[--m->n_free_buffers]
                                                 : (uint32_t)program->n_buffers++;
    }
    for (size_t i = m->first[pass]; i < m->first[pass + 1]; i++) {
        const fct_node *node = &m->graph->nodes[m->order[i]];
        for (size_t k = 0; k < node->call.n_series; k++) {
            uint32_t stored = m->stored[node->series[k]];
            if (stored == FCT_NONE || m->last_pass[node->series[k]] != pass)
                continue;
            m->last_pass[node->series[k]] = NO_PASS;
            if (program->stored[stored].factor == FCT_NONE)
                m->free_buffers[m->n_free_buffers++] = program->stored[stored].buffer;
        }
    }
}

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

static uint32_t take_local(making *m, fct_pass *pass)
{
    return m->n_free_locals ? m->free_locals[--m->n_free_locals] : (uint32_t)pass->n_locals++;
}

/* Gives back what `user` was the last to read. */
static void give_locals(making *m, uint32_t user)
{
    const fct_node *node = &m->graph->nodes[user];
    for (size_t k = 0; k < node->call.n_series; k++) {
        uint32_t series = node->series[k];
        if (m->local[series] != FCT_NONE && m->last_user[series] == user) {
            m->free_locals[m->n_free_locals++] = m->local[series];
            m->local[series] = FCT_NONE;
        }
    }
}

static fct_status place_number(making *m, fct_pass *pass, uint32_t node, fct_place *out,
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
static fct_status place_series(making *m, fct_pass *pass, uint32_t series, fct_place *out,
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
static void place_out(making *m, fct_pass *pass, uint32_t node, fct_step *step)
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
static void end_step(making *m, const fct_step *step, bool gave_series)
{
    for (size_t k = 0; k < step->n_calls; k++) {
        uint32_t node = step->nodes[k];
        if (!gave_series)
            give_locals(m, node);
        if (m->local[node] != FCT_NONE && m->last_user[node] == FCT_NONE) {
            m->free_locals[m->n_free_locals++] = m->local[node];
            m->local[node] = FCT_NONE;
        }
    }
}

static fct_status make_step(making *m, fct_pass *pass, uint32_t i, fct_error *err)
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
    return order ? order
                 : memcmp(x->call.parameters, y->call.parameters, sizeof x->call.parameters);
}

static int by_window(const void *a, const void *b)
{
    const shareable *x = a;
    const shareable *y = b;
    int order = compare_windows(x, y);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Links the nodes of a pass that have one window, in their order. */
static fct_status find_siblings(making *m, const uint32_t *nodes, size_t n_nodes, fct_error *err)
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

static fct_status make_pass(making *m, int number, fct_pass *pass, fct_error *err)
{
    const uint32_t *nodes = m->order + m->first[number];
    size_t n_nodes = m->first[number + 1] - m->first[number];
    pass->is_cross = number % 2 == 1;
    m->n_free_locals = 0;
    for (size_t i = 0; i < n_nodes; i++)
        for (size_t k = 0; k < m->graph->nodes[nodes[i]].call.n_series; k++)
            m->last_user[m->graph->nodes[nodes[i]].series[k]] = nodes[i];
    FCT_TRY(find_siblings(m, nodes, n_nodes, err));
    for (size_t i = 0; i < n_nodes; i++)
        if (!m->is_done[nodes[i]])
            FCT_TRY(make_step(m, pass, nodes[i], err));
    for (size_t i = 0; i < n_nodes; i++)
        for (size_t k = 0; k < m->graph->nodes[nodes[i]].call.n_series; k++) {
            uint32_t series = m->graph->nodes[nodes[i]].series[k];
            m->local[series] = m->last_user[series] = m->number[series] = FCT_NONE;
        }
    m->program->has_cross = m->program->has_cross || (pass->is_cross && pass->n_steps);
    return FCT_OK;
}

/* ---- The program ------------------------------------------------------------------------------ */

static fct_status start(making *m, size_t n, fct_error *err)
{
    m->needed = calloc(n + 1, sizeof *m->needed);
    m->pass = calloc(n + 1, sizeof *m->pass);
    m->last_pass = calloc(n + 1, sizeof *m->last_pass);
    m->stored = malloc((n + 1) * sizeof *m->stored);
    m->local = malloc((n + 1) * sizeof *m->local);
    m->last_user = malloc((n + 1) * sizeof *m->last_user);
    m->number = malloc((n + 1) * sizeof *m->number);
    m->free_locals = malloc((n + 1) * sizeof *m->free_locals);
    m->free_buffers = malloc((n + 1) * sizeof *m->free_buffers);
    m->sibling = malloc((n + 1) * sizeof *m->sibling);
    m->is_done = calloc(n + 1, sizeof *m->is_done);
    m->order = malloc((n + 1) * sizeof *m->order);
    m->first = calloc(2 * n + 4, sizeof *m->first);
    if (!m->needed || !m->pass || !m->last_pass || !m->stored || !m->local || !m->last_user ||
        !m->number || !m->free_locals || !m->free_buffers || !m->order || !m->first ||
        !m->sibling || !m->is_done)
        return fct_error_memory(err, n * sizeof *m->pass);
    for (size_t i = 0; i < n; i++) {
        m->stored[i] = m->local[i] = m->last_user[i] = m->number[i] = FCT_NONE;
        m->last_pass[i] = NO_PASS;
    }
    return FCT_OK;
}

static void end(making *m)
{
    free(m->needed);
    free(m->pass);
    free(m->last_pass);
    free(m->stored);
    free(m->local);
    free(m->last_user);
    free(m->number);
    free(m->free_locals);
    free(m->free_buffers);
    free(m->order);
    free(m->sibling);
    free(m->is_done);
    free(m->first);
}

/* Lists the nodes of each pass; returns the number of passes, at most two a node. */
static int order_nodes(making *m)
{
    int n_passes = 0;
    size_t n = m->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        n_passes = m->pass[i] >= n_passes ? m->pass[i] + 1 : n_passes;
        if (m->pass[i] != NO_PASS)
            m->first[m->pass[i] + 2]++;
    }
    for (int pass = 0; pass < n_passes; pass++)
        m->first[pass + 2] += m->first[pass + 1];
    for (uint32_t i = 0; i < n; i++)
        if (m->pass[i] != NO_PASS)
            m->order[m->first[m->pass[i] + 1]++] = i;
    return n_passes;
}

fct_status fct_program_make(fct_program *program, const fct_graph *graph, const uint32_t *roots,
                            size_t n_roots, size_t first_factor, fct_error *err)
{
    making m = {.program = program, .graph = graph};
    fct_status status;
    FCT_TRY_OUT(start(&m, graph->n_nodes, err));
    fct_graph_reach(graph, roots, n_roots, m.needed);
    assign_passes(&m);
    FCT_TRY_OUT(sink_elements(&m, roots, n_roots, err));
    FCT_TRY_OUT(choose_stored(&m, roots, n_roots, first_factor, err));
    int n_passes = order_nodes(&m);
    program->passes = calloc((size_t)n_passes + 1, sizeof *program->passes);
    if (!program->passes) {
        status = fct_error_memory(err, (size_t)n_passes * sizeof *program->passes);
        goto out;
    }
    for (int pass = 0; pass < n_passes; pass++) {
        program->n_passes++;
        assign_buffers(&m, pass);
        FCT_TRY_OUT(make_pass(&m, pass, &program->passes[pass], err));
    }
out:
    end(&m);
    return status;
}
