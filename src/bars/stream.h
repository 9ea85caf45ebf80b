/* Finished bars as an Arrow stream, in the order of the request. */
#ifndef FCT_BARS_STREAM_H
#define FCT_BARS_STREAM_H

#include "bars/cached_days.h"

typedef struct fct_bars_output {
    char **symbols; /* n_symbols names and as many lists */
    fct_bar_list *lists;
    size_t n_symbols;
    bool by_time; /* (start_time, symbol) order; else (symbol, start_time) */
    bool with_sides, with_notional, with_num_trades;
    bool without_counts; /* num_buyer and num_seller are not known: nulls */
    bool fill_previous;
    int64_t interval_ms; /* of time bars */
    int64_t fill_to_ms;  /* intervals that start before are filled; INT64_MIN: up to the last bar */
} fct_bars_output;

/* Frees `symbols` and `lists` with what they hold. */
void fct_bars_output_free(fct_bars_output *output);

/*
 * What fct_bars does before it hands out a stream. FCT_ERROR_PARTIAL comes with an output. Where `cached` is not NULL and the
 * cache has all that is asked for, its files are opened there instead, and the lists stay empty.
 */
fct_status fct_bars_collect(const fct_bars_request *request, fct_job *job, fct_cached_days *cached,
                            fct_bars_output *output, fct_error *err);

/* Takes over `symbols` and `lists` (from malloc, with what they hold), also on failure. */
fct_status fct_bars_stream(const fct_bars_output *output, struct ArrowArrayStream *out,
                           fct_error *err);

#endif
