/* What verbs that judge factors read: bars, and factors as expressions or ready columns. */
#ifndef FCT_CLI_FACTOR_INPUT_H
#define FCT_CLI_FACTOR_INPUT_H

#include "selection.h"

/* The options of a verb begin with these. */
enum {
    INPUT_BARS,
    INPUT_STORE,
    INPUT_SYMBOLS,
    INPUT_EXCHANGE,
    INPUT_MARKET,
    INPUT_TYPE,
    INPUT_FROM,
    INPUT_TO,
    INPUT_DAYS,
    INPUT_INTERVAL,
    INPUT_FACTOR,
    INPUT_COLUMNS,
    N_INPUT_OPTIONS
};

#define INPUT_OPTIONS                                                                              \
    [INPUT_BARS] = {"bars", 'b', "FILE", "a panel of bars, Parquet or CSV"},                       \
    [INPUT_STORE] = {"store", 0, "DIR", "... or the store to make them from; s3:// too"},          \
    [INPUT_SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},                          \
    [INPUT_EXCHANGE] = {"exchange", 0, "NAME", "store: whose column names it has [binance]"},      \
    [INPUT_MARKET] = {"market", 'm', "M", "store: which market [the only one there is]"},          \
    [INPUT_TYPE] = {"type", 't', "T", "store: which data type [the only one there is]"},           \
    [INPUT_FROM] = {"from", 0, "DATE", "first day, or first moment [all there is]"},               \
    [INPUT_TO] = {"to", 0, "DATE", "the day, or the moment, that counts no more"},                 \
    [INPUT_DAYS] = {"days", 0, "N",                                                                \
                    "N days from --from on; alone, the N complete UTC days before today"},         \
    [INPUT_INTERVAL] = {"interval", 'i', "I",                                                      \
                        "store: length of the bars [1m, or the klines' own]"},                     \
    [INPUT_FACTOR] = {"factor", 0, "FILE",                                                         \
                      "a panel of ready factors: symbol, start_time, end_time, a column each"},    \
    [INPUT_COLUMNS] = {"columns", 0, "A,B", "which columns of --factor are factors [all]"}

/* Starts as {0}; freed by factor_input_free. */
typedef struct factor_input {
    fct_panel *bars;
    fct_panel *factors;
} factor_input;

/* Reads both. FCT_OK, or the failure, in `err`; an option that is wrong has said so and is FCT_ERROR_ARGUMENT with ""
 * as message. */
fct_status factor_input_read(session *s, const invocation *in, factor_input *input, fct_error *err);
void factor_input_free(factor_input *input);

/* Ends the session with what factor_input_read, or a call behind it, came to. */
int factor_input_end(session *s, fct_status status, const fct_error *err);

/* Reading an option that is a number; without a value `*out` keeps what it was. */
bool option_number(const invocation *in, size_t i, double low, double high, double *out);

#endif
