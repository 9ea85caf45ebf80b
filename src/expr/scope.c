/* Names and definitions. */
#include "expr/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void fct_scope_free(fct_scope *scope)
{
    for (size_t i = 0; i < scope->n_definitions; i++) {
        free(scope->definitions[i].name);
        free(scope->definitions[i].text);
    }
    free(scope->definitions);
    free(scope->known);
    fct_text_set_free(&scope->names);
}

/* A copy with every run of blanks as one. */
static char *copy_tidy(const char *text, size_t n_bytes)
{
    char *copy = malloc(n_bytes + 1);
    size_t n = 0;
    for (size_t i = 0; copy && i < n_bytes; i++) {
        bool is_blank = strchr(" \t\r\n", text[i]) != NULL;
        if (!is_blank)
            copy[n++] = text[i];
        else if (n && copy[n - 1] != ' ')
            copy[n++] = ' ';
    }
    while (copy && n && copy[n - 1] == ' ')
        n--;
    if (copy)
        copy[n] = '\0';
    return copy;
}

/* Every result has the key, so a factor of such a name would be a second column of it. */
static bool is_key_column(const char *name)
{
    return strcmp(name, "start_time") == 0 || strcmp(name, "end_time") == 0 ||
           strcmp(name, "symbol") == 0;
}

static fct_status add_name(fct_scope *scope, const fct_definition *d, bool is_bare, size_t position,
                           fct_error *err)
{
    size_t n_before = scope->names.n_texts;
    uint32_t number = fct_text_set_find(&scope->names, d->name);
    /* A bare expression that is a definition's name is the factor of that definition. */
    if (is_bare && number != UINT32_MAX && d->name[0] == '_' && !scope->known[number].is_factor) {
        scope->known[number].is_factor = true;
        return FCT_OK;
    }
    if (number != UINT32_MAX)
        return fct_error_at(err, scope->text, position, "%.100s is defined twice", d->name);
    if (is_key_column(d->name))
        return fct_error_at(err, scope->text, position,
                            "%s is a column of the key, which every result has: a factor needs "
                            "another name",
                            d->name);
    if (n_before == scope->known_capacity) {
        size_t capacity = n_before ? 2 * n_before : 16;
        fct_known_name *known = realloc(scope->known, capacity * sizeof *known);
        if (!known)
            return fct_error_memory(err, capacity * sizeof *known);
        scope->known = known;
        scope->known_capacity = capacity;
    }
    FCT_TRY(fct_text_set_add(&scope->names, d->name, strlen(d->name), &number, err));
    scope->known[number] = (fct_known_name){d->node, !d->is_helper};
    return FCT_OK;
}

fct_status fct_scope_define(fct_scope *scope, const char *name, size_t n_name, bool is_bare,
                            const char *text, size_t n_text, uint32_t node, size_t position,
                            fct_error *err)
{
    if (scope->n_definitions == scope->capacity) {
        size_t capacity = scope->capacity ? 2 * scope->capacity : 16;
        fct_definition *definitions = realloc(scope->definitions, capacity * sizeof *definitions);
        if (!definitions)
            return fct_error_memory(err, capacity * sizeof *definitions);
        scope->definitions = definitions;
        scope->capacity = capacity;
    }
    fct_definition *d = &scope->definitions[scope->n_definitions++];
    *d = (fct_definition){.text = copy_tidy(text, n_text), .node = node};
    d->is_helper = !is_bare && n_name && name[0] == '_' && scope->text[position] != '`';
    d->name = is_bare ? copy_tidy(text, n_text) : strndup(name, n_name);
    if (!d->name || !d->text)
        return fct_error_memory(err, n_name + n_text);
    return add_name(scope, d, is_bare, position, err);
}

/* ---- Names ------------------------------------------------------------------------------------ */

/* adv20 and the like of the alpha101 dialect: the mean of the traded value over so many rows. */
static bool is_average_volume(const char *name, size_t n_name, double *rows)
{
    if (n_name < 4 || n_name > 10 || strncmp(name, "adv", 3) != 0)
        return false;
    *rows = 0;
    for (size_t i = 3; i < n_name; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *rows = *rows * 10 + (name[i] - '0');
    }
    return true;
}

static fct_status average_volume(fct_scope *scope, double rows, size_t position, uint32_t *node,
                                 fct_error *err)
{
    uint32_t value[2];
    uint32_t window;
    FCT_TRY(fct_scope_name(scope, "vwap", 4, position, &value[0], err));
    FCT_TRY(fct_scope_name(scope, "volume", 6, position, &value[1], err));
    FCT_TRY(fct_scope_operator(scope, "multiply", value, 2, position, &value[0], err));
    FCT_TRY(fct_graph_number(scope->graph, rows, &window, err));
    const fct_argument arguments[] = {{.node = value[0], .position = position},
                                      {.node = window, .position = position}};
    return fct_scope_call(scope, "ts_mean", 7, position, arguments, 2, node, err);
}

static fct_status one_row_return(fct_scope *scope, size_t position, uint32_t *node, fct_error *err)
{
    uint32_t close;
    uint32_t window;
    FCT_TRY(fct_scope_name(scope, "close", 5, position, &close, err));
    FCT_TRY(fct_graph_number(scope->graph, 1, &window, err));
    const fct_argument arguments[] = {{.node = close, .position = position},
                                      {.node = window, .position = position}};
    return fct_scope_call(scope, "ts_returns", 10, position, arguments, 2, node, err);
}

/* The number of a definition's name in scope->names; UINT32_MAX where there is none. */
static fct_status find_name(const fct_scope *scope, const char *name, size_t n_name,
                            uint32_t *number, fct_error *err)
{
    char text[256];
    char *copy = text;
    *number = UINT32_MAX;
    if (!scope->names.n_texts)
        return FCT_OK;
    if (n_name >= sizeof text)
        copy = malloc(n_name + 1);
    if (!copy)
        return fct_error_memory(err, n_name + 1);
    memcpy(copy, name, n_name);
    copy[n_name] = '\0';
    *number = fct_text_set_find(&scope->names, copy);
    if (copy != text)
        free(copy);
    return FCT_OK;
}

fct_status fct_scope_name(fct_scope *scope, const char *name, size_t n_name, size_t position,
                          uint32_t *node, fct_error *err)
{
    uint32_t number;
    double rows;
    FCT_TRY(find_name(scope, name, n_name, &number, err));
    if (number != UINT32_MAX) {
        *node = scope->known[number].node;
        return FCT_OK;
    }
    if (scope->dialect == FCT_DIALECT_ALPHA101) {
        if (is_average_volume(name, n_name, &rows))
            return average_volume(scope, rows, position, node, err);
        if (n_name == 7 && memcmp(name, "returns", 7) == 0)
            return one_row_return(scope, position, node, err);
    }
    FCT_TRY(fct_graph_column_named(scope->graph, name, n_name, position, node, err));
    return FCT_OK;
}
