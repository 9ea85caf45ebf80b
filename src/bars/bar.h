/* Bar kernels: runs of trades become bars. They see arrays, allocate nothing and cannot fail. */
#ifndef FCT_BARS_BAR_H
#define FCT_BARS_BAR_H

#include "base/sum.h"
#include "store/trade_file.h"

/* A bar while trades are added to it. Without trades all of it is zero. */
typedef struct fct_bar {
    int64_t start_us, end_us; /* the interval of a time bar; else the first and last trade's time */
    int64_t first_time_us, first_id; /* which trade gave `open` ... */
    int64_t last_time_us, last_id;   /* ... and which `close` */
    double open, high, low, close;
    fct_sum volume, notional, buyer_volume, seller_volume;
    int64_t n_trades, n_buyer;
} fct_bar;

/* Adds the trades [begin, end), which follow those the bar has; at least one. start_us and end_us stay. */
void fct_bar_add_trades(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end);

/* Adds a bar of the same interval, or of a part of it, in whatever order the trades of both lie. */
void fct_bar_add_bar(fct_bar *bar, const fct_bar *other);

/*
 * Time bars of the trades [begin, end): they go on with the last of the `n_bars` bars where its interval holds them.
 * `bars` has room for end - begin more. Returns the new number of bars.
 */
size_t fct_time_bars_add(fct_bar *bars, size_t n_bars, int64_t interval_us,
                         const fct_trades *trades, int64_t begin, int64_t end);

/* Makes the high parts of all sums their values. */
void fct_bars_normalise(fct_bar *bars, size_t n_bars);

/* Merges neighbours into bars of `interval_us`, a multiple of what they have. Returns how many are left. */
size_t fct_time_bars_coarsen(fct_bar *bars, size_t n_bars, int64_t interval_us);

/*
 * Tick, volume and dollar bars of the trades [begin, end). `current` is the unfinished bar and is carried
 * from call to call; finished ones are put behind `n_bars` others, with room for end - begin more. Returns
 * the new number of bars.
 */
size_t fct_threshold_bars_add(fct_bar *bars, size_t n_bars, fct_bar *current,
                              const fct_bar_spec *spec, const fct_trades *trades, int64_t begin,
                              int64_t end);

/* The first row in [begin, end) with a time of at least `time_us`; `end` where there is none. */
int64_t fct_trades_find(const fct_trades *trades, int64_t begin, int64_t end, int64_t time_us);

#endif
