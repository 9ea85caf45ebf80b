/* What is made of the sorted values of a window, however they are kept. */
#ifndef FCT_OPS_ORDER_VALUES_H
#define FCT_OPS_ORDER_VALUES_H

#include <math.h>

#include "ops/order.h"

/* The sorted values of one lane, at least one. */
typedef struct fct_sorted_lane {
    const fct_order *o;
    const double *column; /* NULL: in the tiers */
    size_t lane, n;
} fct_sorted_lane;

typedef double (*fct_sorted_value)(const fct_op_call *call, const fct_sorted_lane *s);

FCT_INLINE double fct_sorted_get(const fct_sorted_lane *s, size_t i)
{
    return s->column ? s->column[i * FCT_OP_LANES] : fct_sorted_tiers_get(&s->o->tiers, s->lane, i);
}

FCT_INLINE double fct_sorted_median(const fct_op_call *call, const fct_sorted_lane *s)
{
    (void)call;
    return (fct_sorted_get(s, (s->n - 1) / 2) + fct_sorted_get(s, s->n / 2)) / 2;
}

/* Where the q-quantile of n values lies: above the i-th by a fraction of the way to the j-th. */
FCT_INLINE void fct_quantile_place(const fct_op_call *call, size_t n, size_t *i, size_t *j,
                                   double *fraction)
{
    double place = call->parameters[1] * (double)(n - 1);
    *i = (size_t)place;
    *j = *i + 1 < n ? *i + 1 : *i;
    *fraction = place - (double)*i;
}

FCT_INLINE double fct_sorted_percentile(const fct_op_call *call, const fct_sorted_lane *s)
{
    size_t i, j;
    double fraction;
    fct_quantile_place(call, s->n, &i, &j, &fraction);
    double low = fct_sorted_get(s, i);
    return low + (fct_sorted_get(s, j) - low) * fraction;
}

/*
 * Distances to the median rise from the middle to both sides: the middle ones of the two rising sequences together are found
 * by bisection on how many come from the lower side.
 */
FCT_INLINE double fct_sorted_mad(const fct_op_call *call, const fct_sorted_lane *s)
{
    const double median = fct_sorted_median(call, s);
    const size_t n_low = s->n / 2, n_high = s->n - n_low; /* the lower side is read downwards */
    const size_t n_wanted = (s->n - 1) / 2 + 1;           /* up to the lower middle one */
    size_t least = n_wanted > n_high ? n_wanted - n_high : 0;
    size_t most = n_wanted < n_low ? n_wanted : n_low;
    while (least < most) {
        size_t take = (least + most) / 2, rest = n_wanted - take;
        double low = median - fct_sorted_get(s, n_low - 1 - take);
        if (low < fct_sorted_get(s, n_low + rest - 1) - median)
            least = take + 1;
        else
            most = take;
    }
    const size_t rest = n_wanted - least;
    double middle = 0, next = INFINITY;
    if (least > 0)
        middle = median - fct_sorted_get(s, n_low - least);
    if (rest > 0)
        middle = fmax(middle, fct_sorted_get(s, n_low + rest - 1) - median);
    if (s->n % 2)
        return middle;
    if (least < n_low)
        next = median - fct_sorted_get(s, n_low - 1 - least);
    if (rest < n_high)
        next = fmin(next, fct_sorted_get(s, n_low + rest) - median);
    return (middle + next) / 2;
}

/* What a bin with `count` of the n values adds to the entropy. */
static inline double fct_entropy_part(const fct_order *o, size_t count, size_t n)
{
    const bool has_table = n == o->d && o->table;
    if (count == 0)
        return 0;
    if (has_table && !isnan(o->table[count]))
        return o->table[count];
    double share = (double)count / (double)n, part = -share * log(share);
    if (has_table)
        o->table[count] = part;
    return part;
}

/* Bins are those of NumPy's histogram: edges at low + i * width, the last bin with its upper edge. */
FCT_INLINE double fct_sorted_entropy(const fct_op_call *call, const fct_sorted_lane *s)
{
    const size_t n_bins = (size_t)call->parameters[1];
    const double low = fct_sorted_get(s, 0);
    const double width = (fct_sorted_get(s, s->n - 1) - low) / (double)n_bins;
    double entropy = 0;
    size_t n_below = 0;
    if (width == 0)
        return 0;
    for (size_t bin = 1; bin <= n_bins; bin++) {
        double edge = (double)bin * width + low;
        size_t below = bin < n_bins && s->column ? n_below : s->n;
        if (bin < n_bins && s->column)
            while (below < s->n && fct_sorted_get(s, below) < edge)
                below++;
        else if (bin < n_bins)
            below = fct_sorted_tiers_count_below(&s->o->tiers, s->lane, edge);
        entropy += fct_entropy_part(s->o, below - n_below, s->n);
        n_below = below;
    }
    return entropy;
}

#endif
