/* Sums, means, products and counts over a window. */
#include "ops/sums.h"

/* A part: the sum, or the product, and how many rows it is of. */
enum { SUM, N };

FCT_PART_FUNCTION(start_sum)
{
    part[SUM] = part[N] = FCT_ALL(0.0);
}

FCT_PART_FUNCTION(start_product)
{
    part[SUM] = FCT_ALL(1.0);
    part[N] = FCT_ALL(0.0);
}

/* The cell, or what changes nothing where it is missing; counts it. */
FCT_INLINE void take(const fct_window *w, fct_lanes *part, fct_lanes *x, double neutral)
{
    if (w->is_strict)
        return;
    fct_mask is_valid = *x == *x;
    part[N] += FCT_ONE_IF(is_valid);
    *x = FCT_SELECT(is_valid, *x, FCT_ALL(neutral));
}

FCT_PART_FUNCTION(add)
{
    if (!w->is_strict)
        part[N] += FCT_ONE_IF(cell[0] == cell[0]);
    fct_sum_add(w, &part[SUM], &cell[0]);
}

FCT_PART_FUNCTION(add_missing)
{
    part[SUM] += FCT_ONE_IF(cell[0] != cell[0]);
}

FCT_PART_FUNCTION(add_not_zero)
{
    fct_lanes x = FCT_ONE_IF(cell[0] != FCT_ALL(0.0)) + (cell[0] - cell[0]);
    take(w, part, &x, 0);
    part[SUM] += x;
}

FCT_PART_FUNCTION(multiply)
{
    fct_lanes x = cell[0];
    take(w, part, &x, 1);
    part[SUM] *= x;
}

FCT_INLINE void finish(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                       fct_lanes *out)
{
    fct_lanes_purify(out);
    if (w->is_strict)
        return;
    fct_lanes n = FCT_JOINED(N);
    fct_window_enough(w, &n, out);
}

FCT_VALUE_FUNCTION(sum_of)
{
    *out = FCT_JOINED(SUM);
    finish(w, older, newer, out);
}

FCT_VALUE_FUNCTION(mean_of)
{
    fct_lanes n = w->is_strict ? FCT_ALL(w->d) : FCT_JOINED(N);
    *out = FCT_JOINED(SUM);
    fct_sum_to_mean(w, &n, out);
    finish(w, older, newer, out);
}

FCT_VALUE_FUNCTION(product_of)
{
    *out = older ? older[SUM] * newer[SUM] : newer[SUM];
    finish(w, older, newer, out);
}

#define SUM_KERNEL(name, start, add, value)                                                        \
    static const fct_window_kind strict_##name = FCT_WINDOW_KIND(1, 1, 0, start, add, add, value); \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(1, 2, 0, start, add, add, value);                                          \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

SUM_KERNEL(ts_sum, start_sum, add, sum_of)
SUM_KERNEL(ts_mean, start_sum, add, mean_of)
SUM_KERNEL(ts_product, start_product, multiply, product_of)
SUM_KERNEL(ts_count, start_sum, add_not_zero, sum_of)
SUM_KERNEL(ts_count_nans, start_sum, add_missing, sum_of) /* has no min_periods: d, always strict */
