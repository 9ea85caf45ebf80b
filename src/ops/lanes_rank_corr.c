/*
 * Spearman's correlation: Pearson's of the ranks, averaged among equals. Each row of the window has the ranks of its two values
 * among the window's; when one pair leaves and another comes, a pass over the window corrects them all. They are held twice, so
 * they are whole numbers and so are all sums: nothing is rounded in windows of up to 100,000 rows.
 */
#include "ops/lanes.h"

/* A row of the window: NaN and 0 where one of the two values is missing. */
typedef struct ranked_row {
    fct_lanes x, y;
    fct_lanes rank_x, rank_y; /* twice the rank */
} ranked_row;

typedef struct rank_corr_state {
    fct_lanes n_valid;
    ranked_row ring[]; /* d */
} rank_corr_state;

/* Twice what `value` adds to the rank of `x`: 2 where it is below, 1 where they are equal. */
#define TWICE(value, x) (FCT_ONE_IF((value) < (x)) + FCT_ONE_IF((value) <= (x)))

/* Corrects all ranks for a new pair in place of an old one, ranks it, and sums squares and products of ranks. */
FCT_INLINE void rank_all(rank_corr_state *s, size_t d, size_t at, const fct_lanes *x,
                         const fct_lanes *y, fct_lanes *sums)
{
    const ranked_row old = s->ring[at];
    const fct_lanes zero = FCT_ALL(0.0);
    const fct_mask valid = *x == *x;
    fct_lanes rank_x = FCT_SELECT(valid, FCT_ALL(2.0), zero), rank_y = rank_x;
    s->ring[at] = (ranked_row){FCT_MISSING, FCT_MISSING, zero, zero};
    sums[0] = sums[1] = sums[2] = zero;
    for (size_t i = 0; i < d; i++) {
        ranked_row *r = &s->ring[i];
        r->rank_x += TWICE(*x, r->x) - TWICE(old.x, r->x);
        r->rank_y += TWICE(*y, r->y) - TWICE(old.y, r->y);
        rank_x += TWICE(r->x, *x);
        rank_y += TWICE(r->y, *y);
        sums[0] += r->rank_x * r->rank_x;
        sums[1] += r->rank_y * r->rank_y;
        sums[2] += r->rank_x * r->rank_y;
    }
    s->ring[at] = (ranked_row){*x, *y, rank_x, rank_y};
    sums[0] += rank_x * rank_x;
    sums[1] += rank_y * rank_y;
    sums[2] += rank_x * rank_y;
}

FCT_LANES_FUNCTION(ts_rank_corr)
{
    const size_t d = fct_op_window(call);
    const double min_periods = (double)fct_op_min_periods(call);
    rank_corr_state *s = state;
    if (!row) {
        const fct_lanes zero = FCT_ALL(0.0), none = FCT_MISSING;
        s->n_valid = zero;
        for (size_t i = 0; i < d; i++)
            s->ring[i] = (ranked_row){none, none, zero, zero};
    }
    for (size_t i = 0, at = (size_t)row % d; i < n_rows; i++, at = at + 1 < d ? at + 1 : 0) {
        fct_lanes x = *fct_lanes_at(series[0], i), y = *fct_lanes_at(series[1], i), sums[3];
        fct_mask valid = FCT_IS_FINITE(x) & FCT_IS_FINITE(y),
                 leaves = s->ring[at].x == s->ring[at].x;
        x = FCT_SELECT(valid, x, FCT_MISSING);
        y = FCT_SELECT(valid, y, FCT_MISSING);
        s->n_valid += FCT_ONE_IF(valid) - FCT_ONE_IF(leaves);
        rank_all(s, d, at, &x, &y, sums);
        /* The mean of twice the ranks is n + 1. */
        fct_lanes n = s->n_valid, of_means = n * (n + 1) * (n + 1);
        fct_lanes root = (sums[0] - of_means) * (sums[1] - of_means);
        fct_lanes_sqrt(&root);
        fct_lanes value = (sums[2] - of_means) / root;
        fct_lanes_purify(&value);
        value = FCT_SELECT(n >= min_periods, value, FCT_MISSING);
        fct_lanes_put(out, i, &value);
    }
}

FCT_LANES_KERNEL(ts_rank_corr, fct_state_rank_corr(call))
