/* The days of a request as the cache's files, where it has them all: bars that need no more than to be put somewhere. */
#ifndef FCT_BARS_CACHED_DAYS_H
#define FCT_BARS_CACHED_DAYS_H

#include "bars/build.h"

typedef struct fct_cached_day {
    fct_cache_outline *outline;
    int64_t day;
} fct_cached_day;

/* Starts as {0}; freed by fct_cached_days_free. */
typedef struct fct_cached_days {
    fct_cached_day *days; /* symbol by symbol, in time order */
    size_t *first;        /* n_symbols + 1: where the days of each symbol begin */
    size_t n_symbols;     /* of the selection; 0: the cache does not have all */
    int64_t interval_us;
    bool has_side;
    size_t held_bytes; /* of the job's memory */
} fct_cached_days;

/*
 * Reads the outlines of all days of a plan, which asks for whole days of bars that are cached as they are. Where one is lacking,
 * is broken, or memory does not suffice, `out` stays empty; the bars must then be built.
 */
fct_status fct_cached_days_open(const fct_bars_plan *plan, fct_job *job, fct_cached_days *out,
                                fct_error *err);
void fct_cached_days_free(fct_cached_days *days, fct_job *job);

#endif
