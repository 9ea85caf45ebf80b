/* What verbs that judge factors read: bars, factors as expressions or ready columns, and the universe. */
#ifndef FCT_CLI_FACTOR_INPUT_H
#define FCT_CLI_FACTOR_INPUT_H

#include "expressions.h"
#include "panel_source.h"

/* The options of a verb begin with these. */
enum {
    INPUT_EXPRESSIONS = N_PANEL_OPTIONS,
    INPUT_DIALECT,
    INPUT_FACTOR,
    INPUT_COLUMNS,
    INPUT_COMBINE,
    INPUT_UNIVERSE,
    INPUT_MIN_HISTORY,
    INPUT_MIN_NOTIONAL,
    INPUT_NO_STABLECOINS,
    INPUT_NO_LEVERAGED,
    INPUT_TAG,
    N_INPUT_OPTIONS
};

/* clang-format off */
#define INPUT_OPTIONS                                                                              \
    PANEL_OPTIONS,                                                                                 \
    [INPUT_EXPRESSIONS] = {"file", 'f', "FILE", "expressions from a file, one a line"},            \
    [INPUT_DIALECT] = {"dialect", 0, "factorium|alpha101|qlib", "whose words they are [factorium]"}, \
    [INPUT_FACTOR] = {"factor", 0, "FILE",                                                         \
                      "ready factors instead: symbol, start_time, end_time, a column each"},       \
    [INPUT_COLUMNS] = {"columns", 0, "A,B", "which columns of --factor are factors [all]"},        \
    [INPUT_COMBINE] = {"combine", 0, "equal|ic|W,W,...",                                           \
                       "add the mean of the factors' z-scores, weighted, as a factor"},            \
    [INPUT_UNIVERSE] = {"universe", 0, "EXPRESSION", "rows where it is 0 or missing do not count"}, \
    [INPUT_MIN_HISTORY] = {"min-history", 0, "N", "... nor the first N-1 rows of a symbol"},       \
    [INPUT_MIN_NOTIONAL] = {"min-notional", 0, "X[,N]",                                            \
                            "... nor rows with a mean notional over N rows [20] below X"},         \
    [INPUT_NO_STABLECOINS] = {"no-stablecoins", 0, NULL, "... nor pairs of money, as USDCUSDT"},   \
    [INPUT_NO_LEVERAGED] = {"no-leveraged", 0, NULL, "... nor leveraged tokens, as BTCUPUSDT"},    \
    [INPUT_TAG] = {"tag", 0, "COLUMN=A,B", "... nor rows whose column has another value; may be given again"}
/* clang-format on */

enum { INPUT_MAX_COLUMNS = 4 };

/* Starts as {0}, or with what the verb and --combine ic read of the bars; freed by factor_input_free. */
typedef struct factor_input {
    const char *price;                      /* NULL: close */
    int64_t delay;                          /* 0: 1 */
    const char *columns[INPUT_MAX_COLUMNS]; /* that the verb needs beside it; NULL: none */
    fct_panel *bars;
    fct_panel *factors;
    fct_panel *universe; /* NULL: all */
    fct_plan *plan;      /* of expressions; NULL: ready factors */
    fct_status made; /* FCT_ERROR_PARTIAL: something was not there and is left out, as `err` says */
    fct_error err;
} factor_input;

/* Reads all of it; false, with a message and what to exit with in *code, where that fails. */
bool factor_input_read(session *s, const invocation *in, factor_input *input, int *code);
void factor_input_free(factor_input *input);

/* Reading an option that is a number; without a value `*out` keeps what it was. */
bool option_number(const invocation *in, size_t i, double low, double high, double *out);

#endif
