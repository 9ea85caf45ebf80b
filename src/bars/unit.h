/* A piece of work: the bars of some days of one symbol, from the cache or from their trades. */
#ifndef FCT_BARS_UNIT_H
#define FCT_BARS_UNIT_H

#include "bars/build.h"
#include "bars/join.h"
#include "store/scan.h"

typedef struct fct_bar_unit {
    size_t symbol; /* its index in the selection */
    const fct_store_day *days;
    size_t n_days;   /* 1 for time bars */
    int64_t n_bytes; /* of its files */
    bool done, has_side;
    fct_bar_array bars; /* of time bars, until they are joined */
} fct_bar_unit;

/*
 * Sums of bars that are whole minutes are taken minute by minute, then added up in time order, so that the same bars
 * from cached minutes have the same bits.
 */
int64_t fct_bar_base_interval_us(const fct_bar_spec *bar);

/* Fills unit->bars with time bars; bars of the other kinds go to `list` as they close. */
fct_status fct_bar_unit_read(fct_bar_unit *unit, const fct_bars_plan *plan,
                             fct_trade_reading *reading, fct_bar_list *list, fct_error *err);

#endif
