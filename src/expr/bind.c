/* Calls: which operator is meant, and which of its series and parameters each argument is. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "expr/scope.h"

/* A call while its arguments are placed. */
typedef struct binding {
    fct_scope *scope;
    fct_op_call call;
    const char *name; /* as it was written */
    size_t n_name;
    size_t position;
    uint32_t series[FCT_OP_MAX_SERIES];
    bool has_series[FCT_OP_MAX_SERIES];
    size_t parameter_position[FCT_OP_MAX_PARAMETERS]; /* SIZE_MAX: not given */
} binding;

/* The i-th of words with blanks between, or NULL; the last one stands for all that follow. */
static const char *word_at(const char *words, size_t i, size_t *n_bytes)
{
    const char *at = words;
    const char *last = NULL;
    *n_bytes = 0;
    for (size_t k = 0; *at; k++) {
        *n_bytes = strcspn(at, " ");
        last = at;
        if (k == i)
            return at;
        at += *n_bytes;
        at += strspn(at, " ");
    }
    return last;
}

static bool is_word(const char *a, size_t n_a, const char *b, size_t n_b)
{
    return n_a == n_b && strncasecmp(a, b, n_a) == 0;
}

/* "takes 2 series (x, y) and d, min_periods" */
static void describe_arguments(const fct_op *op, char *out, size_t size)
{
    fct_text text = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < op->min_series && status == FCT_OK; i++) {
        size_t n;
        const char *word = word_at(op->series_names, i, &n);
        status = fct_text_append_format(&text, NULL, "%s%.*s", i ? ", " : "", (int)n, word);
    }
    if (op->max_series > op->min_series && status == FCT_OK)
        status = fct_text_append_format(&text, NULL, ", ...");
    for (size_t i = 0; i < op->n_parameters && status == FCT_OK; i++)
        status = fct_text_append_format(&text, NULL, "%s%s%s", text.length ? ", " : "",
                                        op->parameters[i].name,
                                        op->parameters[i].optional ? "=..." : "");
    snprintf(out, size, "%s(%s)", op->name, fct_text_get(&text));
    fct_text_free(&text);
}

static fct_status wrong_count(const binding *b, const char *what, fct_error *err)
{
    char usage[200];
    describe_arguments(b->call.op, usage, sizeof usage);
    return fct_error_at(err, b->scope->text, b->position, "%.*s %s: it is %s", (int)b->n_name,
                        b->name, what, usage);
}

/* ---- Series ----------------------------------------------------------------------------------- */

static fct_status bind_series(binding *b, size_t i, const fct_argument *a, fct_error *err)
{
    size_t n;
    const char *name = word_at(b->call.op->series_names, i, &n);
    if (a->is_string)
        return fct_error_at(err, b->scope->text, a->position,
                            "%.*s: %.*s must be a series or a number, not a text in quotes",
                            (int)b->n_name, b->name, (int)n, name);
    if (b->has_series[i])
        return fct_error_at(err, b->scope->text, a->position, "%.*s: %.*s is given twice",
                            (int)b->n_name, b->name, (int)n, name);
    b->series[i] = a->node;
    if (a->word)
        FCT_TRY(fct_scope_name(b->scope, a->word, a->n_word, a->position, &b->series[i], err));
    b->has_series[i] = true;
    if (i >= b->call.n_series)
        b->call.n_series = i + 1;
    return FCT_OK;
}

/* Columns are noted as more than group keys, unless they are the argument g. */
static void note_use(binding *b)
{
    fct_graph *graph = b->scope->graph;
    for (size_t i = 0; i < b->call.n_series; i++) {
        const fct_node *node = &graph->nodes[b->series[i]];
        size_t n;
        const char *name = word_at(b->call.op->series_names, i, &n);
        bool is_group = b->call.op->section == FCT_SECTION_GROUP && is_word(name, n, "g", 1);
        if (node->kind == FCT_NODE_COLUMN && !is_group &&
            graph->column_info[node->column].number_position == SIZE_MAX)
            graph->column_info[node->column].number_position = b->position;
    }
}

/* ---- Parameters ------------------------------------------------------------------------------- */

static fct_status find_word(const binding *b, const fct_op_parameter *parameter,
                            const fct_argument *a, double *value, fct_error *err)
{
    const char *at = parameter->words;
    for (double i = 0; a->word && *at; i++) {
        size_t n = strcspn(at, " ");
        if (is_word(at, n, a->word, a->n_word)) {
            *value = i;
            return FCT_OK;
        }
        at += n;
        at += strspn(at, " ");
    }
    return fct_error_at(err, b->scope->text, a->position, "%.*s: %s is one of: %s", (int)b->n_name,
                        b->name, parameter->name, parameter->words);
}

static fct_status bind_parameter(binding *b, size_t i, const fct_argument *a, fct_error *err)
{
    const fct_op_parameter *parameter = &b->call.op->parameters[i];
    if (b->parameter_position[i] != SIZE_MAX)
        return fct_error_at(err, b->scope->text, a->position, "%.*s: %s is given twice",
                            (int)b->n_name, b->name, parameter->name);
    b->parameter_position[i] = a->position;
    if (parameter->kind == FCT_PARAMETER_WORD)
        return find_word(b, parameter, a, &b->call.parameters[i], err);
    if (a->is_string)
        return fct_error_at(err, b->scope->text, a->position,
                            "%.*s: %s must be a number, not a text", (int)b->n_name, b->name,
                            parameter->name);
    uint32_t node = a->node;
    if (a->word)
        FCT_TRY(fct_scope_name(b->scope, a->word, a->n_word, a->position, &node, err));
    if (b->scope->graph->nodes[node].kind != FCT_NODE_NUMBER)
        return fct_error_at(err, b->scope->text, a->position,
                            "%.*s: %s must be a number, not a series", (int)b->n_name, b->name,
                            parameter->name);
    b->call.parameters[i] = b->scope->graph->nodes[node].number;
    if (isnan(b->call.parameters[i]))
        return fct_error_at(err, b->scope->text, a->position, "%.*s: %s is not a number",
                            (int)b->n_name, b->name, parameter->name);
    if (parameter->kind == FCT_PARAMETER_WINDOW && b->call.op->look_back == FCT_LOOK_SHIFT &&
        b->call.parameters[i] < 0)
        return fct_error_at(err, b->scope->text, a->position,
                            "%.*s: %s is negative, which looks ahead: a factor cannot know later "
                            "rows",
                            (int)b->n_name, b->name, parameter->name);
    return FCT_OK;
}

static fct_status fill_presets(binding *b, fct_error *err)
{
    const fct_op *op = b->call.op;
    char what[80];
    for (size_t i = 0; i < op->min_series; i++)
        if (!b->has_series[i])
            return wrong_count(b, "takes more arguments", err);
    for (size_t i = op->min_series; i < b->call.n_series; i++)
        if (!b->has_series[i])
            return wrong_count(b, "lacks an argument", err);
    for (size_t i = 0; i < op->n_parameters; i++) {
        if (b->parameter_position[i] != SIZE_MAX)
            continue;
        if (!op->parameters[i].optional) {
            snprintf(what, sizeof what, "lacks %s", op->parameters[i].name);
            return wrong_count(b, what, err);
        }
        b->call.parameters[i] = op->parameters[i].preset;
    }
    return FCT_OK;
}

/* ---- Calls ------------------------------------------------------------------------------------ */

static fct_status bind_named(binding *b, const fct_argument *a, fct_error *err)
{
    const fct_op *op = b->call.op;
    for (size_t i = 0; i < op->max_series; i++) {
        size_t n;
        const char *name = word_at(op->series_names, i, &n);
        if (name && is_word(name, n, a->name, a->n_name) && !b->has_series[i])
            return bind_series(b, i, a, err);
    }
    for (size_t i = 0; i < op->n_parameters; i++)
        if (is_word(op->parameters[i].name, strlen(op->parameters[i].name), a->name, a->n_name))
            return bind_parameter(b, i, a, err);
    char usage[200];
    describe_arguments(op, usage, sizeof usage);
    return fct_error_at(err, b->scope->text, a->position, "%.*s has no argument %.*s: it is %s",
                        (int)b->n_name, b->name, (int)(a->n_name < 40 ? a->n_name : 40), a->name,
                        usage);
}

static fct_status bind_arguments(binding *b, const fct_argument *arguments, size_t n_arguments,
                                 fct_error *err)
{
    const fct_op *op = b->call.op;
    size_t n_positional = 0;
    for (size_t i = 0; i < n_arguments; i++) {
        const fct_argument *a = &arguments[i];
        if (a->name) {
            FCT_TRY(bind_named(b, a, err));
            continue;
        }
        if (n_positional != i)
            return fct_error_at(err, b->scope->text, a->position,
                                "an argument without a name follows one with a name");
        size_t place = n_positional++;
        if (place < op->max_series)
            FCT_TRY(bind_series(b, place, a, err));
        else if (place - op->max_series < op->n_parameters)
            FCT_TRY(bind_parameter(b, place - op->max_series, a, err));
        else
            return wrong_count(b, "takes fewer arguments", err);
    }
    return fill_presets(b, err);
}

/* The message of fct_op_call_check, with the place of the parameter it is about. */
static fct_status check_call(binding *b, fct_error *err)
{
    fct_error why = {0};
    size_t wrong;
    fct_status status = fct_op_call_check(&b->call, &wrong, &why);
    if (status == FCT_OK)
        return FCT_OK;
    size_t position = b->parameter_position[wrong];
    if (position == SIZE_MAX) /* a preset that does not go with what was given */
        position = b->position;
    return fct_error_at(err, b->scope->text, position, "%s", why.message);
}

static fct_status unknown(const fct_scope *scope, const char *name, size_t n_name, size_t position,
                          fct_error *err)
{
    char quoted[64];
    const char *nearest = fct_op_nearest(name, n_name, scope->dialect);
    fct_text_quote(name, n_name, quoted, sizeof quoted);
    if (nearest)
        return fct_error_at(err, scope->text, position, "there is no operator %s; did you mean %s?",
                            quoted, nearest);
    return fct_error_at(err, scope->text, position,
                        "there is no operator %s; factorium ops lists those there are", quoted);
}

fct_status fct_scope_call(fct_scope *scope, const char *name, size_t n_name, size_t position,
                          const fct_argument *arguments, size_t n_arguments, uint32_t *node,
                          fct_error *err)
{
    binding b = {.scope = scope, .name = name, .n_name = n_name, .position = position};
    b.call.op = fct_op_find(name, n_name, scope->dialect);
    if (!b.call.op)
        return unknown(scope, name, n_name, position, err);
    for (size_t i = 0; i < FCT_OP_MAX_PARAMETERS; i++)
        b.parameter_position[i] = SIZE_MAX;
    FCT_TRY(bind_arguments(&b, arguments, n_arguments, err));
    FCT_TRY(check_call(&b, err));
    note_use(&b);
    return fct_graph_call(scope->graph, &b.call, b.series, node, err);
}

static const fct_op *find_sign(fct_scope *scope, const char *name)
{
    for (size_t i = 0; i < FCT_SCOPE_SIGNS; i++) {
        if (!scope->signs[i].name) {
            scope->signs[i].name = name;
            scope->signs[i].op = fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM);
        }
        if (scope->signs[i].name == name)
            return scope->signs[i].op;
    }
    return fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM);
}

fct_status fct_scope_operator(fct_scope *scope, const char *name, const uint32_t *series,
                              size_t n_series, size_t position, uint32_t *node, fct_error *err)
{
    fct_argument arguments[FCT_OP_MAX_SERIES];
    for (size_t i = 0; i < n_series; i++)
        arguments[i] = (fct_argument){.node = series[i], .position = position};
    binding b = {.scope = scope, .name = name, .n_name = strlen(name), .position = position};
    b.call.op = find_sign(scope, name);
    FCT_TRY(bind_arguments(&b, arguments, n_series, err));
    note_use(&b);
    return fct_graph_call(scope->graph, &b.call, b.series, node, err);
}
