/* Builds the bars of a request: days and symbols in parallel, results in one order. */
#ifndef FCT_BARS_BUILD_H
#define FCT_BARS_BUILD_H

#include "bars/cache.h"
#include "bars/list.h"
#include "store/select.h"

typedef struct fct_bars_plan {
    const fct_store_selection *selection;
    const fct_column_map *map; /* NULL: the canonical names */
    fct_bar_spec bar;
    int64_t klines_ms;      /* of klines: their interval, of which bar.interval_ms is a multiple */
    int64_t from_us, to_us; /* INT64_MIN, INT64_MAX: no bound */
    bool drop_last;
    fct_engine engine;
    fct_bar_cache *cache; /* of time bars; NULL: none */
} fct_bars_plan;

/*
 * Fills lists[i] with the bars of selection->symbols[i]; the lists start as {0}, and the caller frees them, also after a
 * failure. *has_side: whether the data names the taker's side.
 */
fct_status fct_bars_build(const fct_bars_plan *plan, fct_job *job, fct_bar_list *lists,
                          bool *has_side, fct_error *err);

#endif
