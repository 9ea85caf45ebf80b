#include "shard/stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/print.h"

enum { MAX_DEPTH = 40, MAX_PREFIX = 64 };

typedef struct cutting {
    const struct fct_plan *plan;
    const fct_graph *graph;
    fct_stages *out;
    int *pass;                    /* of each node; numbers and columns: -1 */
    char **names;                 /* what a node is called where it is not printed out */
    bool *is_sent, *is_kept;      /* by the stage that makes it */
    size_t *uses, *depth;         /* within its stage */
    char marks[MAX_PREFIX];       /* begin the names of values; of no column */
    char underscores[MAX_PREFIX]; /* ... of definitions */
} cutting;

/* ---- Names ------------------------------------------------------------------------------------ */

/* More of `sign` than any column begins with. */
static fct_status choose_prefix(const fct_graph *graph, char sign, char *prefix, fct_error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < graph->columns.n_texts; i++) {
        size_t n = 0;
        while (graph->columns.texts[i][n] == sign)
            n++;
        most = n > most ? n : most;
    }
    if (most + 2 > MAX_PREFIX)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "a column's name begins with %zu times %c, which plans of shards do "
                             "not take",
                             most, sign);
    memset(prefix, sign, most + 1);
    prefix[most + 1] = '\0';
    return FCT_OK;
}

/* The column that holds a node between stages. */
static char *column_name(const cutting *c, uint32_t node)
{
    char name[MAX_PREFIX + 16];
    if (c->graph->nodes[node].kind == FCT_NODE_COLUMN)
        return fct_text_copy(c->graph->columns.texts[c->graph->nodes[node].column]);
    snprintf(name, sizeof name, "%s%u", c->marks, (unsigned)node);
    return fct_text_copy(name);
}

/* What a node is called in texts: its column, or a definition of its stage. */
static fct_status name_node(cutting *c, uint32_t node, bool is_value, fct_error *err)
{
    char name[MAX_PREFIX + 16];
    if (is_value)
        snprintf(name, sizeof name, "`%s%u`", c->marks, (unsigned)node);
    else
        snprintf(name, sizeof name, "%s%u", c->underscores, (unsigned)node);
    free(c->names[node]);
    c->names[node] = fct_text_copy(name);
    return c->names[node] ? FCT_OK : fct_error_memory(err, sizeof name);
}

/* ---- Where values are wanted ------------------------------------------------------------------ */

static int stage_of(const cutting *c, uint32_t node)
{
    return c->pass[node] < 0 ? 0 : c->pass[node];
}

static void want(cutting *c, uint32_t node, int stage)
{
    int own = stage_of(c, node);
    if (c->graph->nodes[node].kind == FCT_NODE_NUMBER || own == stage)
        return;
    if ((stage - own) % 2)
        c->is_sent[node] = true;
    else
        c->is_kept[node] = true;
}

/* How many stages there are; which values pass from one to another. */
static size_t find_wanted(cutting *c)
{
    const fct_graph *graph = c->graph;
    int last = 0;
    for (size_t i = 0; i < graph->n_nodes; i++)
        last = c->pass[i] > last ? c->pass[i] : last;
    /* A result is gathered along times, as its rows are ordered. */
    last += last > 0 && last % 2 == 0;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].call.n_series; k++)
            want(c, graph->nodes[i].series[k], c->pass[i]);
    for (size_t i = 0; i < c->plan->n_factors; i++)
        want(c, c->plan->factors[i].node, last);
    return (size_t)last + 1;
}

/* ---- Texts ------------------------------------------------------------------------------------ */

static fct_status add_name(char ***names, size_t *n_names, char *name, fct_error *err)
{
    char **grown = name ? realloc(*names, (*n_names + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(name);
        return fct_error_memory(err, (*n_names + 1) * sizeof *grown);
    }
    *names = grown;
    (*names)[(*n_names)++] = name;
    return FCT_OK;
}

static fct_status list_passed(cutting *c, size_t stage, fct_error *err)
{
    fct_stage_cut *cut = &c->out->stages[stage];
    for (uint32_t i = 0; i < c->graph->n_nodes; i++) {
        if (stage_of(c, i) != (int)stage)
            continue;
        if (c->is_sent[i])
            FCT_TRY(add_name(&cut->sends, &cut->n_sends, column_name(c, i), err));
        if (c->is_kept[i])
            FCT_TRY(add_name(&cut->keeps, &cut->n_keeps, column_name(c, i), err));
    }
    return FCT_OK;
}

/* Columns and values of other stages that it reads. */
static size_t count_reads(const cutting *c, int stage)
{
    size_t n = 0;
    for (uint32_t i = 0; i < c->graph->n_nodes; i++)
        n += c->uses[i] &&
             (c->pass[i] < 0 ? c->graph->nodes[i].kind == FCT_NODE_COLUMN : c->pass[i] != stage);
    return n;
}

/* Uses and nesting within the stage. */
static void count_uses(cutting *c, int stage, bool is_last)
{
    const fct_graph *graph = c->graph;
    memset(c->uses, 0, graph->n_nodes * sizeof *c->uses);
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; c->pass[i] == stage && k < graph->nodes[i].call.n_series; k++)
            c->uses[graph->nodes[i].series[k]]++;
    for (size_t i = 0; is_last && i < c->plan->n_factors; i++)
        c->uses[c->plan->factors[i].node]++;
}

static size_t depth_of(const cutting *c, uint32_t node)
{
    size_t depth = 0;
    const fct_node *it = &c->graph->nodes[node];
    for (size_t k = 0; k < it->call.n_series; k++)
        if (!c->names[it->series[k]] && c->depth[it->series[k]] >= depth)
            depth = c->depth[it->series[k]] + 1;
    return depth;
}

static fct_status define(cutting *c, uint32_t node, fct_text *text, fct_error *err)
{
    FCT_TRY(fct_text_append_format(text, err, "%s = ", c->names[node]));
    FCT_TRY(fct_print_node(text, c->graph, node, c->names, err));
    return fct_text_append(text, "\n", 1, err);
}

static fct_status print_results(const cutting *c, fct_text *text, fct_error *err)
{
    for (size_t i = 0; i < c->plan->n_factors; i++) {
        uint32_t node = c->plan->factors[i].node;
        FCT_TRY(fct_text_append_format(text, err, "`%sr%zu` = ", c->marks, i));
        if (c->names[node])
            FCT_TRY(fct_text_append(text, c->names[node], strlen(c->names[node]), err));
        else
            FCT_TRY(fct_print_node(text, c->graph, node, c->names, err));
        FCT_TRY(fct_text_append(text, "\n", 1, err));
    }
    return FCT_OK;
}

static fct_status make_stage(cutting *c, size_t stage, fct_error *err)
{
    fct_text *text = &c->out->stages[stage].text;
    bool is_last = stage + 1 == c->out->n_stages;
    count_uses(c, (int)stage, is_last);
    c->out->stages[stage].n_reads = count_reads(c, (int)stage);
    for (uint32_t i = 0; i < c->graph->n_nodes; i++) {
        if (c->pass[i] != (int)stage)
            continue;
        bool is_value = c->is_sent[i] || c->is_kept[i];
        c->depth[i] = depth_of(c, i);
        if (!is_value && c->uses[i] < 2 && c->depth[i] < MAX_DEPTH)
            continue;
        FCT_TRY(name_node(c, i, is_value, err));
        FCT_TRY(define(c, i, text, err));
    }
    if (is_last)
        FCT_TRY(print_results(c, text, err));
    return list_passed(c, stage, err);
}

/* ---- The whole -------------------------------------------------------------------------------- */

static fct_status make_stages(cutting *c, fct_error *err)
{
    size_t n = c->graph->n_nodes;
    c->pass = malloc((n + 1) * sizeof *c->pass);
    c->names = calloc(n + 1, sizeof *c->names);
    c->is_sent = calloc(n + 1, sizeof *c->is_sent);
    c->is_kept = calloc(n + 1, sizeof *c->is_kept);
    c->uses = calloc(n + 1, sizeof *c->uses);
    c->depth = calloc(n + 1, sizeof *c->depth);
    if (!c->pass || !c->names || !c->is_sent || !c->is_kept || !c->uses || !c->depth)
        return fct_error_memory(err, n * sizeof *c->names);
    FCT_TRY(choose_prefix(c->graph, '@', c->marks, err));
    FCT_TRY(choose_prefix(c->graph, '_', c->underscores, err));
    fct_graph_passes(c->graph, c->pass);
    size_t n_stages = find_wanted(c);
    if (n_stages > FCT_SHARD_MAX_STAGES)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "the expressions go to and fro between symbols and times %zu times; "
                             "plans of shards have at most %d stages",
                             n_stages, FCT_SHARD_MAX_STAGES);
    c->out->stages = calloc(n_stages, sizeof *c->out->stages);
    if (!c->out->stages)
        return fct_error_memory(err, n_stages * sizeof *c->out->stages);
    c->out->n_stages = n_stages;
    for (size_t stage = 0; stage < n_stages; stage++)
        FCT_TRY(make_stage(c, stage, err));
    return FCT_OK;
}

fct_status fct_stages_make(const struct fct_plan *plan, fct_stages *out, fct_error *err)
{
    cutting c = {.plan = plan, .graph = &plan->graph, .out = out};
    *out = (fct_stages){0};
    fct_status status = make_stages(&c, err);
    for (size_t i = 0; c.names && i < plan->graph.n_nodes; i++)
        free(c.names[i]);
    free(c.pass);
    free(c.names);
    free(c.is_sent);
    free(c.is_kept);
    free(c.uses);
    free(c.depth);
    return status;
}

static void free_names(char **names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        free(names[i]);
    free(names);
}

void fct_stages_free(fct_stages *stages)
{
    for (size_t i = 0; i < stages->n_stages; i++) {
        fct_text_free(&stages->stages[i].text);
        free_names(stages->stages[i].sends, stages->stages[i].n_sends);
        free_names(stages->stages[i].keeps, stages->stages[i].n_keeps);
    }
    free(stages->stages);
    *stages = (fct_stages){0};
}
