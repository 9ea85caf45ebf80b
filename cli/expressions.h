/* Expressions of a verb: from operands, a file, or a published set. */
#ifndef FCT_CLI_EXPRESSIONS_H
#define FCT_CLI_EXPRESSIONS_H

#include "session.h"

/* Which of a verb's options say what; SIZE_MAX: it has no such option. */
typedef struct expression_options {
    size_t file, dialect, alpha101, alpha158;
} expression_options;

/* The options of verbs that take published sets, too, by the names EXPRESSIONS ... STRICT of the verb's own enum. */
/* clang-format off */
#define EXPRESSION_OPTIONS                                                                         \
    [EXPRESSIONS] = {"file", 'f', "FILE", "expressions from a file, one a line: name = expression"},\
    [ALPHA101] = {"alpha101", 0, NULL, "the 101 Formulaic Alphas, as expressions"},                \
    [ALPHA158] = {"alpha158", 0, NULL, "qlib's Alpha158, as expressions"},                         \
    [DIALECT] = {"dialect", 0, "factorium|alpha101|qlib", "whose words they are [factorium]"},     \
    [STRICT] = {"strict", 0, NULL, "a cross-section with a missing row is missing whole"}
#define EXPRESSION_PLACES                                                                          \
    {.file = EXPRESSIONS, .dialect = DIALECT, .alpha101 = ALPHA101, .alpha158 = ALPHA158}
/* clang-format on */

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
