#include "expr/program_making.h"

#include <stdlib.h>
#include <string.h>

enum { NO_PASS = -1 }; /* numbers and columns */

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

/* Nodes that no root needs are in none. A node's series are needed where it is. */
static void assign_passes(fct_making *m)
{
    fct_graph_passes(m->graph, m->pass);
    for (size_t i = 0; i < m->graph->n_nodes; i++)
        if (!m->needed[i])
            m->pass[i] = NO_PASS;
}

/*
 * An element-wise step on columns alone whose value is wanted in cross passes only moves there: columns need not be stored, its
 * value would have to be.
 */
static fct_status sink_elements(fct_making *m, const uint32_t *roots, size_t n_roots,
                                fct_error *err)
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

static fct_status store(fct_making *m, uint32_t node, uint32_t factor, fct_error *err)
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

static fct_status choose_stored(fct_making *m, const uint32_t *roots, size_t n_roots,
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
static void assign_buffers(fct_making *m, int pass)
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

/* ---- The program ------------------------------------------------------------------------------ */

static fct_status start(fct_making *m, size_t n, fct_error *err)
{
    m->needed = calloc(n + 1, sizeof *m->needed);
    m->pass = calloc(n + 1, sizeof *m->pass);
    m->last_pass = calloc(n + 1, sizeof *m->last_pass);
    m->stored = malloc((n + 1) * sizeof *m->stored);
    m->local = malloc((n + 1) * sizeof *m->local);
    m->n_readers = calloc(n + 1, sizeof *m->n_readers);
    m->number = malloc((n + 1) * sizeof *m->number);
    m->free_locals = malloc((n + 1) * sizeof *m->free_locals);
    m->free_buffers = malloc((n + 1) * sizeof *m->free_buffers);
    m->sibling = malloc((n + 1) * sizeof *m->sibling);
    m->is_done = calloc(n + 1, sizeof *m->is_done);
    m->order = malloc((n + 1) * sizeof *m->order);
    m->first = calloc(2 * n + 4, sizeof *m->first);
    if (!m->needed || !m->pass || !m->last_pass || !m->stored || !m->local || !m->n_readers ||
        !m->number || !m->free_locals || !m->free_buffers || !m->order || !m->first ||
        !m->sibling || !m->is_done)
        return fct_error_memory(err, n * sizeof *m->pass);
    for (size_t i = 0; i < n; i++) {
        m->stored[i] = m->local[i] = m->number[i] = FCT_NONE;
        m->last_pass[i] = NO_PASS;
    }
    return FCT_OK;
}

static void end(fct_making *m)
{
    free(m->needed);
    free(m->pass);
    free(m->last_pass);
    free(m->stored);
    free(m->local);
    free(m->n_readers);
    free(m->number);
    free(m->free_locals);
    free(m->free_buffers);
    free(m->order);
    free(m->sibling);
    free(m->is_done);
    free(m->first);
}

/* Lists the nodes of each pass; returns the number of passes, at most two a node. */
static int order_nodes(fct_making *m)
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
    fct_making m = {.program = program, .graph = graph};
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
        FCT_TRY_OUT(fct_program_steps(&m, pass, &program->passes[pass], err));
    }
out:
    end(&m);
    return status;
}
