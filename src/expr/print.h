/* Graphs as text. */
#ifndef FCT_EXPR_PRINT_H
#define FCT_EXPR_PRINT_H

#include "base/text.h"
#include "expr/graph.h"

/* A number as the language reads it; shortest decimals. */
fct_status fct_print_number(fct_text *out, double number, fct_error *err);

/* A name as it is, or between backquotes where it is no word, or `quoted`. */
fct_status fct_print_name(fct_text *out, const char *name, bool quoted, fct_error *err);

/*
 * The expression of a node, with parentheses only where they are needed. Nodes with a text in `names` (n_nodes items, NULL for
 * none) are printed as that; the node itself is not. The nesting of what is printed must be small: names cut it.
 */
fct_status fct_print_node(fct_text *out, const fct_graph *graph, uint32_t node, char *const *names,
                          fct_error *err);

#endif
