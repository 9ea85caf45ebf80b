/* From text to a graph. */
#ifndef FCT_EXPR_PARSER_H
#define FCT_EXPR_PARSER_H

#include "expr/scope.h"

#define FCT_EXPR_MAX_DEPTH 256

/* Reads all statements of scope->text into its definitions and its graph. */
fct_status fct_parse(fct_scope *scope, fct_error *err);

#endif
