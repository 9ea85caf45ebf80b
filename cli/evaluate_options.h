/* Options of an evaluation, which `eval` and `report` share. */
#ifndef FCT_CLI_EVALUATE_OPTIONS_H
#define FCT_CLI_EVALUATE_OPTIONS_H

#include "factor_input.h"

/* They follow those of the input. */
enum {
    EVALUATE_PRICE = N_INPUT_OPTIONS,
    EVALUATE_HORIZONS,
    EVALUATE_DELAY,
    EVALUATE_NO_DELAY,
    EVALUATE_QUANTILES,
    EVALUATE_DECAY,
    EVALUATE_GROUP,
    EVALUATE_EVENTS,
    EVALUATE_EVENT_SIZE,
    N_EVALUATE_OPTIONS
};

#define EVALUATE_OPTIONS                                                                           \
    [EVALUATE_PRICE] = {"price", 0, "COLUMN", "the column of the bars one trades at [close]"},     \
    [EVALUATE_HORIZONS] = {"horizons", 'H', "N,M", "rows held [1,5,20]"},                          \
    [EVALUATE_DELAY] = {"delay", 0, "N", "rows between a factor and the trade on it [1]"},         \
    [EVALUATE_NO_DELAY] = {"no-delay", 0, NULL,                                                    \
                           "trade at the very price of the factor's row: it looks ahead"},         \
    [EVALUATE_QUANTILES] = {"quantiles", 0, "N", "2 to 100 [5]"},                                  \
    [EVALUATE_DECAY] = {"decay", 0, "N", "IC with 0 to N-1 rows more delay [12]"},                 \
    [EVALUATE_GROUP] = {"group", 0, "COLUMN", "a column of the bars: IC within each value, too"},  \
    [EVALUATE_EVENTS] = {"events", 0, "B,A",                                                       \
                         "returns from B rows before to A rows behind large values [10,20]"},      \
    [EVALUATE_EVENT_SIZE] = {"event-size", 0, "X",                                                 \
                             "large is X cross-sectional deviations from the mean [2]"}

/* The tables of these names, as long as they are where no option says it. */
void ask_for_decay(fct_evaluate_request *request);
void ask_for_events(fct_evaluate_request *request);

/* Fills the request from the options. *horizons, which it points to, is freed by the caller. */
bool read_evaluate_options(const invocation *in, fct_evaluate_request *request, int64_t **horizons);

#endif
