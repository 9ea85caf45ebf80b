/* Klines, the bars that an exchange publishes, as bars of ours. */
#ifndef FCT_BARS_KLINES_H
#define FCT_BARS_KLINES_H

#include "bars/build.h"

/*
 * Like fct_bars_build, of klines of plan->klines_ms, which become longer bars where plan->bar has a longer interval. vwap is quote_volume / volume; num_buyer and
 * num_seller are -1: a kline does not say them.
 */
fct_status fct_klines_build(const fct_bars_plan *plan, fct_job *job, fct_bar_list *lists,
                            fct_error *err);

#endif
