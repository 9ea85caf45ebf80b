#include "bars/bar.h"

#include <assert.h>

#include "base/vector.h"

/* ---- Plain loops: the truth, and what short runs take ------------------------------------------ */

static void add_rows(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        double price = trades->price[i];
        double quantity = trades->quantity[i];
        bar->high = price > bar->high ? price : bar->high;
        bar->low = price < bar->low ? price : bar->low;
        fct_sum_add(&bar->volume, quantity);
        fct_sum_add(&bar->notional, price * quantity);
    }
}

/* Without a branch: sides are random, and a branch on them would be mispredicted half of the time. */
static void add_sides(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        double is_seller = trades->is_buyer_maker[i];
        fct_sum_add(&bar->seller_volume, trades->quantity[i] * is_seller);
        fct_sum_add(&bar->buyer_volume, trades->quantity[i] * (1 - is_seller));
        bar->n_buyer += !trades->is_buyer_maker[i];
    }
}

/* ---- The same, 8 trades at a time --------------------------------------------------------------- */

enum { LANES = 8, SHORT_RUN = 4 * LANES };

/* 8 compensated sums; see fct_sum. */
typedef struct lane_sums {
    fct_f64x8 high, low;
} lane_sums;

static inline __attribute__((always_inline)) void lanes_add(lane_sums *sums,
                                                            const fct_f64x8 *addend)
{
    fct_f64x8 x = *addend;
    fct_f64x8 total = sums->high + x;
    fct_f64x8 part = total - sums->high;
    sums->low += (sums->high - (total - part)) + (x - part);
    sums->high = total;
}

static inline __attribute__((always_inline)) void lanes_fold(fct_sum *sum, const lane_sums *lanes)
{
    for (int i = 0; i < LANES; i++)
        fct_sum_add_sum(sum, (fct_sum){lanes->high[i], lanes->low[i]});
}

FCT_CLONES static void add_rows_in_lanes(fct_bar *bar, const double *price, const double *quantity,
                                         int64_t n_blocks)
{
    fct_f64x8 high = *(const fct_f64x8_unaligned *)price;
    fct_f64x8 low = high;
    lane_sums volume = {0};
    lane_sums notional = {0};
    for (int64_t i = 0; i < n_blocks; i++) {
        fct_f64x8 p = *(const fct_f64x8_unaligned *)(price + i * LANES);
        fct_f64x8 q = *(const fct_f64x8_unaligned *)(quantity + i * LANES);
        fct_f64x8_keep_larger(&high, &p);
        fct_f64x8_keep_smaller(&low, &p);
        fct_f64x8 product = p * q;
        lanes_add(&volume, &q);
        lanes_add(&notional, &product);
    }
    for (int i = 0; i < LANES; i++) {
        bar->high = high[i] > bar->high ? high[i] : bar->high;
        bar->low = low[i] < bar->low ? low[i] : bar->low;
    }
    lanes_fold(&bar->volume, &volume);
    lanes_fold(&bar->notional, &notional);
}

typedef uint8_t u8x8 __attribute__((vector_size(8), aligned(1)));

FCT_CLONES static void add_sides_in_lanes(fct_bar *bar, const uint8_t *is_buyer_maker,
                                          const double *quantity, int64_t n_blocks)
{
    lane_sums buyer = {0};
    lane_sums seller = {0};
    fct_i64x8 n_seller = {0};
    for (int64_t i = 0; i < n_blocks; i++) {
        u8x8 flags = *(const u8x8 *)(is_buyer_maker + i * LANES);
        fct_i64x8 is_seller = __builtin_convertvector(flags, fct_i64x8);
        fct_i64x8 mask = -is_seller;
        fct_i64x8 q = (fct_i64x8) * (const fct_f64x8_unaligned *)(quantity + i * LANES);
        fct_f64x8 sold = (fct_f64x8)(q & mask);
        fct_f64x8 bought = (fct_f64x8)(q & ~mask);
        lanes_add(&seller, &sold);
        lanes_add(&buyer, &bought);
        n_seller += is_seller;
    }
    lanes_fold(&bar->buyer_volume, &buyer);
    lanes_fold(&bar->seller_volume, &seller);
    bar->n_buyer += n_blocks * LANES;
    for (int i = 0; i < LANES; i++)
        bar->n_buyer -= n_seller[i];
}

static void add_run(fct_bar *bar, const fct_trades *trades, int64_t begin, int64_t end)
{
    int64_t n_blocks = end - begin < SHORT_RUN ? 0 : (end - begin) / LANES;
    int64_t rest = begin + n_blocks * LANES;
    if (n_blocks)
        add_rows_in_lanes(bar, trades->price + begin, trades->quantity + begin, n_blocks);
    add_rows(bar, trades, rest, end);
    if (!trades->is_buyer_maker)
        return;
    if (n_blocks)
        add_sides_in_lanes(bar, trades->is_buyer_maker + begin, trades->quantity + begin, n_blocks);
    add_sides(bar, trades, rest, end);
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
    add_run(bar, trades, begin, end);
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
