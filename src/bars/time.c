/* Time bars: [k * interval, (k + 1) * interval) from the Unix epoch. */
#include "base/time.h"
#include "bars/bar.h"

size_t fct_time_bars_add(fct_bar *bars, size_t n_bars, int64_t interval_us,
                         const fct_trades *trades, int64_t begin, int64_t end)
{
    while (begin < end) {
        int64_t time_us = trades->time_us[begin];
        if (!n_bars || time_us >= bars[n_bars - 1].end_us) {
            int64_t start_us = fct_floor_div(time_us, interval_us) * interval_us;
            bars[n_bars++] = (fct_bar){.start_us = start_us, .end_us = start_us + interval_us};
        }
        fct_bar *bar = &bars[n_bars - 1];
        int64_t edge = fct_trades_find(trades, begin, end, bar->end_us);
        fct_bar_add_trades(bar, trades, begin, edge);
        begin = edge;
    }
    return n_bars;
}

void fct_bars_normalise(fct_bar *bars, size_t n_bars)
{
    for (size_t i = 0; i < n_bars; i++) {
        fct_sum_normalise(&bars[i].volume);
        fct_sum_normalise(&bars[i].notional);
        fct_sum_normalise(&bars[i].buyer_volume);
        fct_sum_normalise(&bars[i].seller_volume);
    }
}

size_t fct_time_bars_coarsen(fct_bar *bars, size_t n_bars, int64_t interval_us)
{
    size_t n_left = 0;
    for (size_t i = 0; i < n_bars; i++) {
        fct_bar bar = bars[i];
        if (!n_left || bar.start_us >= bars[n_left - 1].end_us) {
            int64_t start_us = fct_floor_div(bar.start_us, interval_us) * interval_us;
            bars[n_left++] = (fct_bar){.start_us = start_us, .end_us = start_us + interval_us};
        }
        fct_bar_add_bar(&bars[n_left - 1], &bar);
    }
    return n_left;
}
