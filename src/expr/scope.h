/* What the names in a text mean while it is compiled, and how a call finds its operator and its arguments. */
#ifndef FCT_EXPR_SCOPE_H
#define FCT_EXPR_SCOPE_H

#include "expr/graph.h"
#include "expr/lexer.h"

/* A statement that has a name, or a bare expression. */
typedef struct fct_definition {
    char *name; /* of a bare expression its text */
    char *text;
    bool is_helper; /* its name begins with '_': no factor */
    uint32_t node;
} fct_definition;

enum { FCT_SCOPE_SIGNS = 24 };

/* What a name stands for, and whether a factor has it: a definition may become one, once. */
typedef struct fct_known_name {
    uint32_t node;
    bool is_factor;
} fct_known_name;

/* Starts with text and dialect; freed by fct_scope_free, which leaves the graph alone. */
typedef struct fct_scope {
    const char *text;
    fct_dialect dialect;
    fct_graph *graph;
    fct_definition *definitions;
    size_t n_definitions, capacity;
    fct_text_set names; /* of definitions: the index in the set is that in `known` */
    fct_known_name *known;
    size_t known_capacity;
    struct
    { /* operators that signs stand for, found before: long sums ask for one again and again */
        const char *name;
        const fct_op *op;
    } signs[FCT_SCOPE_SIGNS];
} fct_scope;

void fct_scope_free(fct_scope *scope);

/* Adds a definition. A name that there is already is an error at `position`. `text` is copied. */
fct_status fct_scope_define(fct_scope *scope, const char *name, size_t n_name, bool is_bare,
                            const char *text, size_t n_text, uint32_t node, size_t position,
                            fct_error *err);

/* The value of a name: a definition, a word of the dialect (returns, adv20), or a column. */
fct_status fct_scope_name(fct_scope *scope, const char *name, size_t n_name, size_t position,
                          uint32_t *node, fct_error *err);

/* An argument of a call as it was written. */
typedef struct fct_argument {
    const char *name; /* "d" in d=20, or NULL */
    size_t n_name;
    const char *word; /* a string or a name alone, or NULL */
    size_t n_word;
    bool is_string;
    uint32_t node; /* where `word` is NULL */
    size_t position;
} fct_argument;

/* The node of a call of the operator `name`: checks names, number, kinds and ranges of its arguments. */
fct_status fct_scope_call(fct_scope *scope, const char *name, size_t n_name, size_t position,
                          const fct_argument *arguments, size_t n_arguments, uint32_t *node,
                          fct_error *err);

/* The node of an operator of the table by its own name, a static text, with series alone. */
fct_status fct_scope_operator(fct_scope *scope, const char *name, const uint32_t *series,
                              size_t n_series, size_t position, uint32_t *node, fct_error *err);

#endif
