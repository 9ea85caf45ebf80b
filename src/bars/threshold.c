/* Tick, volume and dollar bars: a bar closes with the trade that takes its sum to the threshold. */
#include "bars/bar.h"

/*
 * Decimal quantities are rounded to doubles before they get here: 0.7 + 0.1 + 0.2 is a hair below 1. A sum this near
 * below the threshold has reached it. Each addend is off by at most three roundings (two factors and their
 * product, 2^-53 each), the compensated sum adds none.
 */
static const double near_enough = 1 - 0x1p-50;

static size_t close_bar(fct_bar *bars, size_t n_bars, fct_bar *current)
{
    bars[n_bars] = *current;
    *current = (fct_bar){0};
    return n_bars + 1;
}

static void add_run(fct_bar *current, const fct_trades *trades, int64_t begin, int64_t end)
{
    if (begin == end)
        return;
    if (!current->n_trades)
        current->start_us = trades->time_us[begin];
    fct_bar_add_trades(current, trades, begin, end);
    current->end_us = trades->time_us[end - 1];
}

/* The row behind the one that takes `sum` to the threshold; *reached false where none does. */
static int64_t find_close(fct_sum sum, const fct_bar_spec *spec, const fct_trades *trades,
                          int64_t begin, int64_t end, bool *reached)
{
    double threshold = spec->threshold * near_enough;
    bool is_dollar = spec->kind == FCT_BAR_DOLLAR;
    for (int64_t i = begin; i < end; i++) {
        double quantity = trades->quantity[i];
        fct_sum_add(&sum, is_dollar ? trades->price[i] * quantity : quantity);
        if (fct_sum_value(sum) >= threshold) {
            *reached = true;
            return i + 1;
        }
    }
    *reached = false;
    return end;
}

static int64_t find_tick(const fct_bar *current, const fct_bar_spec *spec, int64_t begin,
                         int64_t end, bool *reached)
{
    int64_t n_wanted = (int64_t)spec->threshold - current->n_trades;
    *reached = end - begin >= n_wanted;
    return *reached ? begin + n_wanted : end;
}

size_t fct_threshold_bars_add(fct_bar *bars, size_t n_bars, fct_bar *current,
                              const fct_bar_spec *spec, const fct_trades *trades, int64_t begin,
                              int64_t end)
{
    while (begin < end) {
        bool reached;
        int64_t edge =
            spec->kind == FCT_BAR_TICK
                ? find_tick(current, spec, begin, end, &reached)
                : find_close(spec->kind == FCT_BAR_DOLLAR ? current->notional : current->volume,
                             spec, trades, begin, end, &reached);
        add_run(current, trades, begin, edge);
        if (reached)
            n_bars = close_bar(bars, n_bars, current);
        begin = edge;
    }
    return n_bars;
}
