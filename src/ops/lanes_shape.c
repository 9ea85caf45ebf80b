/*
 * Skewness, kurtosis, variance ratio: central moments of the parts of a window, and of two parts together, by the updates of
 * P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
 * Sandia report SAND2008-6212 (2008).
 *
 * Values are taken relative to one of the part's own, a difference that is exact for prices of one level: a mean of 1e9 could
 * not be held well enough for a spread of 0.01.
 */
#include "ops/changes.h"
#include "ops/lanes.h"

/* Of a part. MEAN is relative to ORIGIN, M2 and so on are sums of powers of the distance to the mean. */
enum { N, MEAN, M2, M3, M4, ORIGIN = FCT_ANCHOR };
enum { TO_2 = M2 + 1, TO_4 = M4 + 1 }; /* numbers of components */

FCT_PART_FUNCTION(start)
{
    part[N] = part[MEAN] = part[M2] = part[M3] = part[M4] = part[ORIGIN] = FCT_ALL(0.0);
}

FCT_INLINE void add(fct_lanes *part, const fct_lanes *cell, bool to_4)
{
    fct_lanes x = *cell, n = part[N];
    fct_mask valid = FCT_IS_FINITE(x);
    part[ORIGIN] = FCT_SELECT(valid & (n == 0), x, part[ORIGIN]);
    /* A missing value lies at the mean and has no weight: it changes nothing but by adding zeros. */
    fct_lanes distance = FCT_SELECT(valid, x - part[ORIGIN] - part[MEAN], FCT_ALL(0.0));
    fct_lanes n_after = n + FCT_ONE_IF(valid);
    fct_lanes step = distance / FCT_SELECT(n_after > 0, n_after, FCT_ALL(1.0));
    fct_lanes square = distance * step * n;
    if (to_4) {
        part[M4] += square * step * step * (n_after * n_after - 3 * n_after + 3) +
                    6 * step * step * part[M2] - 4 * step * part[M3];
        part[M3] += square * step * (n_after - 2) - 3 * step * part[M2];
    }
    part[M2] += square;
    part[MEAN] += step;
    part[N] = n_after;
}

FCT_PART_FUNCTION(add_to_2)
{
    add(part, cell, false);
}

FCT_PART_FUNCTION(add_to_4)
{
    add(part, cell, true);
}

/* N and the moments, no mean, of both parts; `a` may be NULL. */
FCT_INLINE void join(const fct_lanes *a, const fct_lanes *b, fct_lanes *both, bool to_4)
{
    both[N] = b[N], both[M2] = b[M2], both[M3] = b[M3], both[M4] = b[M4];
    if (!a)
        return;
    fct_lanes n = a[N] + b[N];
    fct_lanes distance = b[ORIGIN] - a[ORIGIN] + (b[MEAN] - a[MEAN]);
    distance = FCT_SELECT((a[N] > 0) & (b[N] > 0), distance, FCT_ALL(0.0));
    fct_lanes step = distance / FCT_SELECT(n > 0, n, FCT_ALL(1.0));
    fct_lanes square = distance * step * a[N] * b[N];
    both[N] = n;
    both[M2] += a[M2] + square;
    if (!to_4)
        return;
    both[M3] += a[M3] + square * step * (a[N] - b[N]) + 3 * step * (a[N] * b[M2] - b[N] * a[M2]);
    both[M4] += a[M4] + square * step * step * (a[N] * a[N] - a[N] * b[N] + b[N] * b[N]) +
                6 * step * step * (a[N] * a[N] * b[M2] + b[N] * b[N] * a[M2]) +
                4 * step * (a[N] * b[M3] - b[N] * a[M3]);
}

/* ---- Skewness and kurtosis: G1 and G2 of D. N. Joanes and C. A. Gill, The Statistician 47 (1998) --- */

/* With too few values one of the two divides by 0. */
FCT_VALUE_FUNCTION(skewness)
{
    fct_lanes m[TO_4];
    join(older, newer, m, true);
    fct_lanes root = (m[N] - 1) / m[M2];
    fct_lanes_sqrt(&root);
    *out = m[N] / (m[N] - 2) * root * (m[M3] / m[M2]);
    fct_lanes_purify(out);
    fct_window_enough(w, &m[N], out);
}

FCT_VALUE_FUNCTION(kurtosis)
{
    fct_lanes m[TO_4];
    join(older, newer, m, true);
    *out = (m[N] - 1) / ((m[N] - 2) * (m[N] - 3)) *
           ((m[N] + 1) * m[N] * (m[M4] / m[M2] / m[M2]) - 3 * (m[N] - 1));
    fct_lanes_purify(out);
    fct_window_enough(w, &m[N], out);
}

static const fct_window_kind skewness_kind =
    FCT_WINDOW_KIND(1, TO_4, 1, start, add_to_4, add_to_4, skewness);
static const fct_window_kind kurtosis_kind =
    FCT_WINDOW_KIND(1, TO_4, 1, start, add_to_4, add_to_4, kurtosis);

FCT_WINDOW_KERNEL(ts_skewness, skewness_kind, skewness_kind)
FCT_WINDOW_KERNEL(ts_kurtosis, kurtosis_kind, kurtosis_kind)

/* ---- Variance ratio --------------------------------------------------------------------------- */

FCT_VALUE_FUNCTION(variance)
{
    fct_lanes m[TO_4];
    join(older, newer, m, false);
    *out = m[M2] / (m[N] - 1);
    fct_window_enough(w, &m[N], out);
}

static const fct_window_kind variance_kind =
    FCT_WINDOW_KIND(1, TO_2, 1, start, add_to_2, add_to_2, variance);

/* State: the last d rows in a ring, then the states of the two windows of changes. */
typedef struct ratio_state {
    double n_valid_now[FCT_OP_LANES];
    double n_valid[FCT_OP_MAX_ROWS * FCT_OP_LANES], changes_k[FCT_OP_MAX_ROWS * FCT_OP_LANES];
    double changes_1[FCT_OP_MAX_ROWS * FCT_OP_LANES], variance_1[FCT_OP_MAX_ROWS * FCT_OP_LANES];
    double ring[];
} ratio_state;

/* The changes of some rows, and how many of the window's values are valid. */
FCT_INLINE void take_changes(ratio_state *s, size_t d, size_t k, int64_t row, const double *series,
                             size_t n_rows, size_t lane)
{
    fct_lanes n_valid = *fct_lanes_at(s->n_valid_now + lane, 0);
    double *ring = s->ring + lane;
    for (size_t i = 0, at = (size_t)row % d; i < n_rows; i++, at = at + 1 < d ? at + 1 : 0) {
        fct_lanes x = *fct_lanes_at(series + lane, i), old = *fct_lanes_at(ring, at);
        n_valid += FCT_ONE_IF(FCT_IS_FINITE(x)) - FCT_ONE_IF(FCT_IS_FINITE(old));
        fct_lanes_put(s->n_valid + lane, i, &n_valid);
        fct_lanes_put(ring, at, &x);
        fct_lanes change = x - *fct_lanes_at(ring, at ? at - 1 : d - 1);
        fct_lanes_put(s->changes_1 + lane, i, &change);
        change = FCT_MISSING;
        if (k < d)
            change = x - *fct_lanes_at(ring, at >= k ? at - k : at + d - k);
        fct_lanes_put(s->changes_k + lane, i, &change);
    }
    fct_lanes_put(s->n_valid_now + lane, 0, &n_valid);
}

FCT_ROLLING_KERNEL(ts_vr)
{
    const size_t d = fct_op_window(call), k = (size_t)call->parameters[1];
    const double min_periods = (double)fct_op_min_periods(call);
    const fct_op_call over_k = fct_changes_within(call, k), over_1 = fct_changes_within(call, 1);
    ratio_state *s = state;
    const double *changes_k = s->changes_k, *changes_1 = s->changes_1;
    char *state_k = (char *)(s->ring + d * FCT_OP_LANES);
    char *state_1 = state_k + fct_window_state_bytes(&over_k, TO_2);
    if (!row) {
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
            s->n_valid_now[lane] = 0;
        for (size_t i = 0; i < d * FCT_OP_LANES; i++)
            s->ring[i] = NAN;
    }
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES)
        take_changes(s, d, k, row, series[0], n_rows, lane);
    fct_window_run(&variance_kind, &variance_kind, &over_k, state_k, row, &changes_k, out, n_rows);
    fct_window_run(&variance_kind, &variance_kind, &over_1, state_1, row, &changes_1, s->variance_1,
                   n_rows);
    for (size_t i = 0; i < n_rows * FCT_OP_LANES; i++) {
        double y = out[i] / ((double)k * s->variance_1[i]);
        out[i] = s->n_valid[i] >= min_periods && y - y == 0 ? y : NAN;
    }
}
