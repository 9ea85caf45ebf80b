#include "expr/print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/plan.h"
#include "format/number.h"

/* In place of a backquote within backquotes: names of bare expressions may have them. */
#define REVERSED_PRIME "\xe2\x80\xb5"

/* Precedence, from loose to tight; what is printed inside something tighter gets parentheses. */
enum {
    LEVEL_TERNARY,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARISON,
    LEVEL_ADD,
    LEVEL_MULTIPLY,
    LEVEL_UNARY,
    LEVEL_POWER,
    LEVEL_PRIMARY
};

/* How an operator with a sign is written; left and right say how tight its operands must be. */
typedef struct sign {
    const char *operator;
    const char *text;
    int level, left, right;
} sign;

static const sign signs[] = {
    {"logical_or", " || ", LEVEL_OR, LEVEL_OR, LEVEL_AND},
    {"logical_and", " && ", LEVEL_AND, LEVEL_AND, LEVEL_NOT},
    {"less", " < ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"less_equal", " <= ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"greater", " > ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"greater_equal", " >= ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"equal", " == ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"not_equal", " != ", LEVEL_COMPARISON, LEVEL_ADD, LEVEL_ADD},
    {"add", " + ", LEVEL_ADD, LEVEL_ADD, LEVEL_MULTIPLY},
    {"subtract", " - ", LEVEL_ADD, LEVEL_ADD, LEVEL_MULTIPLY},
    {"multiply", " * ", LEVEL_MULTIPLY, LEVEL_MULTIPLY, LEVEL_UNARY},
    {"divide", " / ", LEVEL_MULTIPLY, LEVEL_MULTIPLY, LEVEL_UNARY},
    {"power", " ^ ", LEVEL_POWER, LEVEL_PRIMARY, LEVEL_UNARY},
};

typedef struct printer {
    fct_text *out;
    const fct_graph *graph;
    char *const *names;
    uint32_t root;
} printer;

static fct_status print(const printer *p, uint32_t node, int level, fct_error *err);

static fct_status put(const printer *p, const char *text, fct_error *err)
{
    return fct_text_append(p->out, text, strlen(text), err);
}

fct_status fct_print_number(fct_text *out, double number, fct_error *err)
{
    char text[FCT_NUMBER_SIZE];
    size_t n = fct_format_double(number, text);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0)
        n -= 2;
    return fct_text_append(out, text, n, err);
}

fct_status fct_print_name(fct_text *out, const char *name, bool quoted, fct_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char *const words[] = {"and", "or", "not", "true", "false", "nan"};
    static const char more[] = "0123456789";
    bool is_word = !quoted && *name && strchr(letters, *name);
    for (const char *at = name; *at; at++)
        is_word = is_word && (strchr(letters, *at) || strchr(more, *at));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        is_word = is_word && strcasecmp(name, words[i]) != 0;
    if (is_word)
        return fct_text_append(out, name, strlen(name), err);
    FCT_TRY(fct_text_append(out, "`", 1, err));
    for (const char *at = name; *at; at++)
        FCT_TRY(fct_text_append(out, *at == '`' ? REVERSED_PRIME : at,
                                *at == '`' ? strlen(REVERSED_PRIME) : 1, err));
    return fct_text_append(out, "`", 1, err);
}

/* ---- Calls ------------------------------------------------------------------------------------ */

static fct_status print_parameter(const printer *p, const fct_op_parameter *parameter, double value,
                                  fct_error *err)
{
    if (parameter->kind != FCT_PARAMETER_WORD)
        return fct_print_number(p->out, value, err);
    const char *word = parameter->words;
    for (int i = 0; i < (int)value; i++) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return fct_text_append_format(p->out, err, "\"%.*s\"", (int)strcspn(word, " "), word);
}

static bool is_preset(const fct_op_call *call, size_t i)
{
    const fct_op_parameter *parameter = &call->op->parameters[i];
    double preset = isnan(parameter->preset) ? call->parameters[0] : parameter->preset;
    return parameter->optional && call->parameters[i] == preset;
}

static fct_status print_call(const printer *p, const fct_node *node, fct_error *err)
{
    const fct_op_call *call = &node->call;
    bool in_order = true; /* parameters after one that is left out get their names */
    const char *comma = "";
    FCT_TRY(put(p, call->op->name, err));
    FCT_TRY(put(p, "(", err));
    for (size_t i = 0; i < call->n_series; i++) {
        FCT_TRY(put(p, comma, err));
        FCT_TRY(print(p, node->series[i], LEVEL_TERNARY, err));
        comma = ", ";
    }
    for (size_t i = 0; i < call->op->n_parameters; i++) {
        if (is_preset(call, i)) {
            in_order = false;
            continue;
        }
        FCT_TRY(put(p, comma, err));
        if (!in_order)
            FCT_TRY(fct_text_append_format(p->out, err, "%s=", call->op->parameters[i].name));
        FCT_TRY(print_parameter(p, &call->op->parameters[i], call->parameters[i], err));
        comma = ", ";
    }
    return put(p, ")", err);
}

/* ---- Levels ----------------------------------------------------------------------------------- */

static int level_of(const printer *p, uint32_t i, const sign **found)
{
    const fct_node *node = &p->graph->nodes[i];
    *found = NULL;
    if (p->names && p->names[i] && i != p->root)
        return LEVEL_PRIMARY;
    if (node->kind == FCT_NODE_NUMBER)
        return signbit(node->number) && !isnan(node->number) ? LEVEL_UNARY : LEVEL_PRIMARY;
    if (node->kind == FCT_NODE_COLUMN)
        return LEVEL_PRIMARY;
    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++)
        if (strcmp(node->call.op->name, signs[k].operator) == 0)
            *found = &signs[k];
    if (*found)
        return (*found)->level;
    return strcmp(node->call.op->name, "if_else") == 0       ? LEVEL_TERNARY
           : strcmp(node->call.op->name, "logical_not") == 0 ? LEVEL_NOT
           : strcmp(node->call.op->name, "negate") == 0      ? LEVEL_UNARY
                                                             : LEVEL_PRIMARY;
}

static fct_status print_bare(const printer *p, uint32_t i, int own, const sign *s, fct_error *err)
{
    const fct_node *node = &p->graph->nodes[i];
    if (p->names && p->names[i] && i != p->root)
        return put(p, p->names[i], err);
    if (node->kind == FCT_NODE_NUMBER)
        return fct_print_number(p->out, node->number, err);
    if (node->kind == FCT_NODE_COLUMN)
        return fct_print_name(p->out, p->graph->columns.texts[node->column], false, err);
    if (s) {
        FCT_TRY(print(p, node->series[0], s->left, err));
        FCT_TRY(put(p, s->text, err));
        return print(p, node->series[1], s->right, err);
    }
    switch (own) {
    case LEVEL_TERNARY:
        FCT_TRY(print(p, node->series[0], LEVEL_OR, err));
        FCT_TRY(put(p, " ? ", err));
        FCT_TRY(print(p, node->series[1], LEVEL_TERNARY, err));
        FCT_TRY(put(p, " : ", err));
        return print(p, node->series[2], LEVEL_TERNARY, err);
    case LEVEL_NOT:
        FCT_TRY(put(p, "!", err));
        return print(p, node->series[0], LEVEL_NOT, err);
    case LEVEL_UNARY:
        FCT_TRY(put(p, "-", err));
        return print(p, node->series[0], LEVEL_UNARY, err);
    default:
        return print_call(p, node, err);
    }
}

static fct_status print(const printer *p, uint32_t node, int level, fct_error *err)
{
    const sign *s;
    int own = level_of(p, node, &s);
    if (own >= level)
        return print_bare(p, node, own, s, err);
    FCT_TRY(put(p, "(", err));
    FCT_TRY(print_bare(p, node, own, s, err));
    return put(p, ")", err);
}

fct_status fct_print_node(fct_text *out, const fct_graph *graph, uint32_t node, char *const *names,
                          fct_error *err)
{
    const printer p = {.out = out, .graph = graph, .names = names, .root = node};
    return print(&p, node, LEVEL_TERNARY, err);
}

/* ---- Plans ------------------------------------------------------------------------------------ */

enum { MAX_DEPTH = 40 };

/* A factor has the column's name, so that to factors behind it the name means something else. */
static bool is_hidden(const fct_plan *plan, uint32_t node)
{
    const char *name = plan->graph.columns.texts[plan->graph.nodes[node].column];
    for (size_t i = 0; i + 1 < plan->n_factors; i++)
        if (plan->factors[i].node != node && strcmp(plan->factors[i].name, name) == 0)
            return true;
    return false;
}

/* Which nodes get a name of their own: those used twice, hidden columns, and where the nesting would grow deep. */
static void choose_named(const fct_plan *plan, bool *named, size_t *uses, size_t *depth)
{
    const fct_graph *graph = &plan->graph;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].call.n_series; k++)
            uses[graph->nodes[i].series[k]]++;
    for (size_t i = 0; i < plan->n_factors; i++)
        uses[plan->factors[i].node]++;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const fct_node *node = &graph->nodes[i];
        for (size_t k = 0; k < node->call.n_series; k++)
            if (!named[node->series[k]] && depth[node->series[k]] >= depth[i])
                depth[i] = depth[node->series[k]] + 1;
        named[i] = node->kind == FCT_NODE_CALL     ? uses[i] > 1 || depth[i] >= MAX_DEPTH
                   : node->kind == FCT_NODE_COLUMN ? is_hidden(plan, (uint32_t)i)
                                                   : false;
    }
}

static fct_status name_nodes(const fct_plan *plan, const bool *named, char **names, fct_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->graph.n_nodes; i++) {
        char name[24];
        if (!named[i])
            continue;
        do
            snprintf(name, sizeof name, "_%zu", ++n);
        while (fct_text_set_find(&plan->graph.columns, name) != UINT32_MAX);
        names[i] = fct_text_copy(name);
        if (!names[i])
            return fct_error_memory(err, sizeof name);
    }
    return FCT_OK;
}

static fct_status print_plan(const fct_plan *plan, char *const *names, fct_text *out,
                             fct_error *err)
{
    const fct_graph *graph = &plan->graph;
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        if (!names[i])
            continue;
        FCT_TRY(fct_text_append_format(out, err, "%s = ", names[i]));
        FCT_TRY(fct_print_node(out, graph, i, names, err));
        FCT_TRY(fct_text_append(out, "\n", 1, err));
    }
    for (size_t i = 0; i < plan->n_factors; i++) {
        const fct_factor *factor = &plan->factors[i];
        FCT_TRY(fct_print_name(out, factor->name, factor->name[0] == '_', err));
        FCT_TRY(fct_text_append(out, " = ", 3, err));
        if (names[factor->node])
            FCT_TRY(fct_text_append_format(out, err, "%s", names[factor->node]));
        else
            FCT_TRY(fct_print_node(out, graph, factor->node, names, err));
        FCT_TRY(fct_text_append(out, "\n", 1, err));
    }
    return FCT_OK;
}

fct_status fct_plan_text(const fct_plan *plan, char **text, fct_error *err)
{
    size_t n = plan->graph.n_nodes;
    fct_text out = {0};
    fct_status status = FCT_OK;
    bool *named = calloc(n + 1, sizeof *named);
    size_t *counts = calloc(n + 1, 2 * sizeof *counts);
    char **names = calloc(n + 1, sizeof *names);
    *text = NULL;
    if (!named || !counts || !names) {
        status = fct_error_memory(err, n * sizeof *names);
        goto out;
    }
    choose_named(plan, named, counts, counts + n);
    FCT_TRY_OUT(name_nodes(plan, named, names, err));
    FCT_TRY_OUT(print_plan(plan, names, &out, err));
    *text = out.data;
    out = (fct_text){0};
out:
    for (size_t i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
    free(counts);
    free(named);
    fct_text_free(&out);
    return status;
}
