/*
 * Exponentially weighted moments over all rows so far: pandas' ewm(span, adjust=True, ignore_na=False), std with bias=False.
 *
 * The recurrences are pandas' (pandas/_libs/window/aggregations.pyx, ewm and ewmcov) with three rearrangements: the mean moves by
 * (x - mean) / weight, and is a sum of two numbers, so that a level of 1e9 costs no digits of a spread of 0.01; and what
 * takes the bias away, (sum of weights)^2 - (sum of their squares), is summed as the products it is made of.
 */
#include "ops/windows.h"

typedef struct ewm_state {
    fct_lanes mean, rest; /* mean + rest; NaN before the first row that is valid */
    fct_lanes weight;     /* of the mean, when the next row has 1 */
    fct_lanes covariance; /* biased */
    fct_lanes sum, cross; /* of all weights; of the products of each two, twice */
} ewm_state;

/* The next row. NaN only lets the weights decay. */
FCT_INLINE void advance(ewm_state *s, const fct_lanes *cell, double keep, bool with_covariance)
{
    const fct_lanes x = *cell;
    const fct_mask is_valid = (x - x) == FCT_ALL(0.0); /* an Inf would stay for ever */
    const fct_mask is_first = is_valid & (s->mean != s->mean);
    const fct_lanes one = FCT_ALL(1.0);

    fct_lanes old = s->weight * FCT_ALL(keep);
    fct_lanes weight = old + one;
    fct_lanes step = (x - s->mean) - s->rest;
    fct_lanes moved = s->rest + step / weight;
    fct_lanes mean = s->mean + moved;
    fct_lanes rest = moved - (mean - s->mean);
    /* From the nearer end: a spike that has hardly any weight left costs no digits. */
    const fct_mask is_near = old < one;
    mean = FCT_SELECT(is_near, x, mean);
    rest = FCT_SELECT(is_near, -(step * old / weight), rest);
    mean = FCT_SELECT(is_valid, mean, s->mean);
    rest = FCT_SELECT(is_valid, rest, s->rest);
    s->mean = FCT_SELECT(is_first, x, mean);
    s->rest = FCT_SELECT(is_first, FCT_ALL(0.0), rest);
    s->weight = FCT_SELECT(is_first, one, FCT_SELECT(is_valid, weight, old));
    if (!with_covariance)
        return;
    fct_lanes covariance = old / weight * (s->covariance + step * step / weight);
    covariance = FCT_SELECT(is_valid, covariance, s->covariance);
    s->covariance = FCT_SELECT(is_first, FCT_ALL(0.0), covariance);
    fct_lanes sum = s->sum * FCT_ALL(keep);
    s->cross = s->cross * FCT_ALL(keep * keep) + FCT_ONE_IF(is_valid) * (sum + sum);
    s->sum = sum + FCT_ONE_IF(is_valid);
}

FCT_INLINE void mean_of(const ewm_state *s, fct_lanes *out)
{
    *out = s->mean + s->rest;
}

FCT_INLINE void deviation_of(const ewm_state *s, fct_lanes *out)
{
    *out = s->sum * s->sum / s->cross * s->covariance; /* 0 / 0 with one row */
    fct_lanes_sqrt(out);
}

FCT_INLINE void run(const fct_op_call *call, void *memory, int64_t row, const double *series,
                    double *out, size_t n_rows, bool with_covariance,
                    void (*value)(const ewm_state *s, fct_lanes *out))
{
    const double alpha = 1 / (1 + (call->parameters[0] - 1) / 2);
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES) {
        ewm_state *kept = (ewm_state *)memory + lane / FCT_ARCH_LANES;
        ewm_state s = *kept;
        if (row == 0) {
            s = (ewm_state){0};
            s.mean = FCT_ALL((double)NAN);
        }
        for (size_t i = lane; i < n_rows * FCT_OP_LANES; i += FCT_OP_LANES) {
            const fct_lanes cell = *(const fct_lanes_unaligned *)(series + i);
            fct_lanes result;
            advance(&s, &cell, 1 - alpha, with_covariance);
            value(&s, &result);
            fct_lanes_purify(&result);
            *(fct_lanes_unaligned *)(out + i) = result;
        }
        *kept = s;
    }
}

FCT_ROLLING_KERNEL(ts_ewm_mean)
{
    run(call, state, row, series[0], out, n_rows, false, mean_of);
}

FCT_ROLLING_KERNEL(ts_ewm_std)
{
    run(call, state, row, series[0], out, n_rows, true, deviation_of);
}
