#include "bars/bar.h"

#include <assert.h>

static void add_prices(fct_bar *bar, const double *price, int64_t begin, int64_t end)
{
    double high = bar->high;
    double low = bar->low;
    for (int64_t i = begin; i < end; i++) {
        high = price[i] > high ? price[i] : high;
        low = price[i] < low ? price[i] : low;
    }
    bar->high = high;
    bar->low = low;
}

static void add_quantities(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    fct_sum volume = bar->volume;
    fct_sum notional = bar->notional;
    for (int64_t i = begin; i < end; i++) {
        fct_sum_add(&volume, trades->quantity[i]);
        fct_sum_add(&notional, trades->price[i] * trades->quantity[i]);
    }
    bar->volume = volume;
    bar->notional = notional;
}

/* Indexed by the flag: no branch that a random side would mispredict. */
static void add_sides(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    fct_sum volume[2] = {bar->buyer_volume, bar->seller_volume};
    int64_t n_seller = 0;
    for (int64_t i = begin; i < end; i++) {
        uint8_t is_seller = trades->is_buyer_maker[i];
        n_seller += is_seller;
        fct_sum_add(&volume[is_seller], trades->quantity[i]);
    }
    bar->buyer_volume = volume[0];
    bar->seller_volume = volume[1];
    bar->n_buyer += end - begin - n_seller;
}

void fct_bar_add_trades(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    assert(begin < end);
    if (!bar->n_trades) {
        bar->first_time_us = trades->time_us[begin];
        bar->first_id = trades->id ? trades->id[begin] : 0;
        bar->open = bar->high = bar->low = trades->price[begin];
    }
    bar->last_time_us = trades->time_us[end - 1];
    bar->last_id = trades->id ? trades->id[end - 1] : 0;
    bar->close = trades->price[end - 1];
    bar->n_trades += end - begin;
    add_prices(bar, trades->price, begin, end);
    add_quantities(bar, trades, begin, end);
    if (trades->is_buyer_maker)
        add_sides(bar, trades, begin, end);
}

static bool is_before(int64_t time_a, int64_t id_a, int64_t time_b, int64_t id_b)
{
    return time_a < time_b || (time_a == time_b && id_a < id_b);
}

void fct_bar_add_bar(fct_bar *bar, const fct_bar *other)
{
    if (!other->n_trades)
        return;
    if (!bar->n_trades ||
        is_before(other->first_time_us, other->first_id, bar->first_time_us, bar->first_id)) {
        bar->first_time_us = other->first_time_us;
        bar->first_id = other->first_id;
        bar->open = other->open;
    }
    if (!bar->n_trades ||
        !is_before(other->last_time_us, other->last_id, bar->last_time_us, bar->last_id)) {
        bar->last_time_us = other->last_time_us;
        bar->last_id = other->last_id;
        bar->close = other->close;
    }
    bar->high = !bar->n_trades || other->high > bar->high ? other->high : bar->high;
    bar->low = !bar->n_trades || other->low < bar->low ? other->low : bar->low;
    bar->n_trades += other->n_trades;
    bar->n_buyer += other->n_buyer;
    fct_sum_add_sum(&bar->volume, other->volume);
    fct_sum_add_sum(&bar->notional, other->notional);
    fct_sum_add_sum(&bar->buyer_volume, other->buyer_volume);
    fct_sum_add_sum(&bar->seller_volume, other->seller_volume);
}

int64_t fct_trades_find(const fct_trades *trades, int64_t begin, int64_t end, int64_t time_us)
{
    const int64_t *time = trades->time_us;
    /* Doubling steps first: the edge is mostly near. */
    int64_t step = 1;
    int64_t low = begin;
    while (low + step <= end && time[low + step - 1] < time_us) {
        low += step;
        step *= 2;
    }
    int64_t high = low + step <= end ? low + step - 1 : end;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (time[middle] < time_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
