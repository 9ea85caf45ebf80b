/* Finished bars of one symbol: appended in time order, read once from the front. */
#ifndef FCT_BARS_LIST_H
#define FCT_BARS_LIST_H

#include "bars/bar.h"
#include "base/run.h"

typedef struct fct_finished_bar {
    int64_t start_ms, end_ms;
    double open, high, low, close, volume, vwap, notional;
    double num_buyer_volume, num_seller_volume;
    int64_t num_buyer, num_seller, num_trades;
} fct_finished_bar;

typedef struct fct_bar_block fct_bar_block;

/* Starts as {0}. Blocks are freed as they are read, so that memory shrinks while a result is handed on. */
typedef struct fct_bar_list {
    fct_bar_block *first, *last;
    size_t n_bars;   /* not yet read */
    size_t position; /* in the first block */
} fct_bar_list;

/* Rounds sums, divides, clamps vwap into [low, high]; NaN where there is no volume. */
fct_finished_bar fct_bar_finish(const fct_bar *bar);

/* Memory is held in the job's budget. */
fct_status fct_bar_list_append(fct_bar_list *list, fct_job *job, const fct_finished_bar *bar,
                               fct_error *err);

/* The next bar, or NULL; it stays until fct_bar_list_pop. */
const fct_finished_bar *fct_bar_list_peek(const fct_bar_list *list);
void fct_bar_list_pop(fct_bar_list *list);
void fct_bar_list_free(fct_bar_list *list);

/* Start and end of each bar not yet read. */
void fct_bar_list_times(const fct_bar_list *list, int64_t *start_ms, int64_t *end_ms);

/* Whether two lists that nothing was read of have the same times. */
bool fct_bar_lists_share_times(const fct_bar_list *a, const fct_bar_list *b);

#endif
