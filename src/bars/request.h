/* A request for bars, step by step: for who plans with it before anything is read. */
#ifndef FCT_BARS_REQUEST_H
#define FCT_BARS_REQUEST_H

#include "bars/stream.h"
#include "store/select.h"

/* FCT_ERROR_ARGUMENT says what contradicts itself or is out of range. */
fct_status fct_bars_request_check(const fct_bars_request *request, fct_error *err);

/* What of the store it means. */
fct_store_request fct_bars_store_request(const fct_bars_request *request);

/* What the store says of it. */
typedef struct fct_bars_resolved {
    fct_column_map storage;
    const fct_column_map *map; /* the columns of its files, or NULL: the canonical names */
    const char *klines; /* the exchange's name of the table, where it is one of klines; else NULL */
    int64_t klines_ms;  /* their interval */
    fct_bar_spec bar;   /* with the interval that is meant */
} fct_bars_resolved;

fct_status fct_bars_resolve(const fct_bars_request *request, const fct_store_selection *selection,
                            fct_bars_resolved *out, fct_error *err);

/*
 * Like fct_bars_collect, of days that were selected already: those may be more than request->from_ms and to_ms mean, which
 * say which trades count. Missing days are no matter here.
 */
fct_status fct_bars_collect_selected(const fct_bars_request *request,
                                     const fct_store_selection *selection, fct_job *job,
                                     fct_cached_days *cached, fct_bars_output *output,
                                     fct_error *err);

#endif
