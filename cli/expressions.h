/* Expressions of a verb: from operands, a file, or a published set. */
#ifndef FCT_CLI_EXPRESSIONS_H
#define FCT_CLI_EXPRESSIONS_H

#include "session.h"

/* Which of a verb's options say what; SIZE_MAX: it has no such option. */
typedef struct expression_options {
    size_t file, dialect, alpha101, alpha158;
} expression_options;

/* The dialect that is asked for. False, with a message, where there is none of that name. */
bool option_dialect(const invocation *in, const expression_options *where, fct_plan_options *out);

/* How many sources of expressions the user gave. */
int count_expressions(const invocation *in, const expression_options *where);

/* The text to compile, freed with free(). NULL, with a message, where it is not one source, or cannot be read. */
char *read_expressions(const invocation *in, const expression_options *where,
                       fct_plan_options *chosen);

/* Compiles; where that fails, ends the session with the error and its place in the text, and *code is what to exit with. */
fct_plan *compile_expressions(session *s, const char *text, const fct_plan_options *chosen,
                              int *code);

/* The line of the text that an error is about, and a mark below its place. */
void show_place(const session *s, const char *text, const fct_error *err);

#endif
