/*
 * Variances over a window, and what is made of mean and variance.
 *
 * A part keeps the mean, and the sum of squares about it, of x - anchor, by Welford's recurrence (1962,
 * doi:10.1080/00401706.1962.10490022). The anchor is a row that is in every window which uses the part: its newest for an
 * older part, its oldest for the newer. So a level of 1e9 is gone before anything is squared, exactly, and equal rows have a
 * variance of exactly 0. Two parts join by the formula of Chan, Golub and LeVeque (1979, doi:10.1007/978-3-642-51461-6_3),
 * which only adds what is not negative.
 */
#include "ops/sums.h"

enum { MEAN, SQUARES, N };

FCT_PART_FUNCTION(start)
{
    part[MEAN] = part[SQUARES] = part[N] = FCT_ALL(0.0);
    part[FCT_ANCHOR] = w->is_strict ? cell[0] : FCT_ALL(0.0);
}

FCT_PART_FUNCTION(add)
{
    fct_lanes share; /* of the new row in the mean */
    fct_lanes x = cell[0];
    if (w->is_strict) {
        share = FCT_ALL(w->share);
        x -= part[FCT_ANCHOR];
    } else {
        fct_mask is_valid = x == x;
        fct_mask is_first = is_valid & (part[N] == FCT_ALL(0.0));
        part[FCT_ANCHOR] = FCT_SELECT(is_first, x, part[FCT_ANCHOR]);
        part[N] += FCT_ONE_IF(is_valid);
        fct_lanes n = FCT_SELECT(part[N] > FCT_ALL(0.0), part[N], FCT_ALL(1.0));
        share = FCT_ALL(1.0) / n;
        x = FCT_SELECT(is_valid, x - part[FCT_ANCHOR], part[MEAN]);
    }
    fct_lanes step = x - part[MEAN];
    part[MEAN] += step * share;
    part[SQUARES] += step * (x - part[MEAN]);
}

typedef struct moments {
    fct_lanes anchor;
    fct_lanes mean; /* less the anchor */
    fct_lanes squares;
    fct_lanes n;
} moments;

FCT_INLINE void join(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                     moments *out)
{
    out->anchor = newer[FCT_ANCHOR];
    out->mean = newer[MEAN];
    out->squares = newer[SQUARES];
    out->n = w->is_strict ? FCT_ALL(w->d) : FCT_JOINED(N);
    if (!older)
        return;
    fct_lanes share; /* of the older rows */
    fct_lanes n_newer;
    if (w->is_strict) {
        share = FCT_ALL(w->n_older * w->share_of_all);
        n_newer = FCT_ALL(w->n);
    } else {
        share = older[N] / FCT_SELECT(out->n > FCT_ALL(0.0), out->n, FCT_ALL(1.0));
        n_newer = newer[N];
    }
    fct_lanes apart = (older[FCT_ANCHOR] - newer[FCT_ANCHOR]) + (older[MEAN] - newer[MEAN]);
    out->mean += apart * share;
    out->squares += older[SQUARES] + apart * apart * (share * n_newer);
}

FCT_INLINE void finish(const fct_window *w, const moments *m, fct_lanes *out)
{
    fct_lanes_purify(out);
    if (!w->is_strict)
        fct_window_enough(w, &m->n, out);
}

/* ---- The statistics --------------------------------------------------------------------------- */

FCT_INLINE void variance(const fct_window *w, const moments *m, fct_lanes *out)
{
    *out = w->is_strict ? m->squares * FCT_ALL(w->share_of_degrees)
                        : m->squares / (m->n - FCT_ALL(1.0));
}

FCT_INLINE void deviation(const fct_window *w, const moments *m, fct_lanes *out)
{
    variance(w, m, out);
    fct_lanes_sqrt(out);
}

FCT_INLINE void distance(const moments *m, const fct_lanes *cell, fct_lanes *out)
{
    *out = (cell[0] - m->anchor) - m->mean;
}

FCT_INLINE void score(const moments *m, const fct_lanes *cell, const fct_lanes *std, fct_lanes *out)
{
    distance(m, cell, out);
    *out /= *std;
}

FCT_INLINE void variation(const moments *m, const fct_lanes *std, fct_lanes *out)
{
    fct_lanes mean = m->anchor + m->mean;
    *out = *std / FCT_SELECT(mean < FCT_ALL(0.0), -mean, mean);
}

FCT_INLINE void ratio(const moments *m, const fct_lanes *std, fct_lanes *out)
{
    *out = (m->anchor + m->mean) / *std;
}

/* ---- One alone -------------------------------------------------------------------------------- */

FCT_VALUE_FUNCTION(variance_of)
{
    moments m;
    join(w, older, newer, &m);
    variance(w, &m, out);
    finish(w, &m, out);
}

FCT_VALUE_FUNCTION(deviation_of)
{
    moments m;
    join(w, older, newer, &m);
    deviation(w, &m, out);
    finish(w, &m, out);
}

FCT_VALUE_FUNCTION(score_of)
{
    moments m;
    fct_lanes std;
    join(w, older, newer, &m);
    deviation(w, &m, &std);
    score(&m, cell, &std, out);
    finish(w, &m, out);
}

FCT_VALUE_FUNCTION(variation_of)
{
    moments m;
    fct_lanes std;
    join(w, older, newer, &m);
    deviation(w, &m, &std);
    variation(&m, &std, out);
    finish(w, &m, out);
}

FCT_VALUE_FUNCTION(ratio_of)
{
    moments m;
    fct_lanes std;
    join(w, older, newer, &m);
    deviation(w, &m, &std);
    ratio(&m, &std, out);
    finish(w, &m, out);
}

FCT_VALUE_FUNCTION(distance_of)
{
    moments m;
    join(w, older, newer, &m);
    distance(&m, cell, out);
    finish(w, &m, out);
}

#define MOMENT_KERNEL(name, value)                                                                 \
    static const fct_window_kind strict_##name = FCT_WINDOW_KIND(1, 2, 1, start, add, add, value); \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(1, 3, 1, start, add, add, value);                                          \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

MOMENT_KERNEL(ts_var, variance_of)
MOMENT_KERNEL(ts_std, deviation_of)
MOMENT_KERNEL(ts_zscore, score_of)
MOMENT_KERNEL(ts_cv, variation_of)
MOMENT_KERNEL(ts_ir, ratio_of)
MOMENT_KERNEL(ts_av_diff, distance_of)

/* ---- Several, and the mean, which has a sum of its own ---------------------------------------- */

enum { VARIANCE, DEVIATION, DISTANCE, SCORE, VARIATION, RATIO, PLAIN_MEAN };

FCT_INLINE uint8_t which_of_moments(const fct_op *op)
{
    return op->rolling == fct_kernel_ts_var       ? VARIANCE
           : op->rolling == fct_kernel_ts_std     ? DEVIATION
           : op->rolling == fct_kernel_ts_av_diff ? DISTANCE
           : op->rolling == fct_kernel_ts_zscore  ? SCORE
           : op->rolling == fct_kernel_ts_cv      ? VARIATION
           : op->rolling == fct_kernel_ts_ir      ? RATIO
                                                  : PLAIN_MEAN;
}

/* The component that is the sum; N is kept only where rows are counted. */
#define SUM(w) ((w)->is_strict ? N : N + 1)

FCT_PART_FUNCTION(start_with_sum)
{
    start(w, part, cell);
    part[SUM(w)] = FCT_ALL(0.0);
}

FCT_PART_FUNCTION(add_with_sum)
{
    add(w, part, cell);
    fct_sum_add(w, &part[SUM(w)], &cell[0]);
}

FCT_VALUE_FUNCTION(values_of_moments)
{
    moments m;
    fct_lanes std;
    join(w, older, newer, &m);
    deviation(w, &m, &std);
    for (size_t k = 0; k < w->n_values; k++) {
        switch (w->which[k]) {
        case VARIANCE:
            variance(w, &m, &out[k]);
            break;
        case DEVIATION:
            out[k] = std;
            break;
        case DISTANCE:
            distance(&m, cell, &out[k]);
            break;
        case SCORE:
            score(&m, cell, &std, &out[k]);
            break;
        case VARIATION:
            variation(&m, &std, &out[k]);
            break;
        case RATIO:
            ratio(&m, &std, &out[k]);
            break;
        default:
            out[k] = FCT_JOINED(SUM(w));
            fct_sum_to_mean(w, &m.n, &out[k]);
        }
        finish(w, &m, &out[k]);
    }
}

FCT_WINDOW_KINDS_TOGETHER(moments, 1, 3, 1, start_with_sum, add_with_sum, add_with_sum)

/* Beside one other, the mean gains nothing by measurement with bench_ops, and loses at long windows: each by itself then. */
FCT_TOGETHER_KERNEL(moments)
{
    if (n_calls == 2 && (calls[0]->op->rolling == fct_kernel_ts_mean ||
                         calls[1]->op->rolling == fct_kernel_ts_mean)) {
        void *second = (char *)state + calls[0]->op->state_bytes(calls[0]);
        calls[0]->op->rolling(calls[0], state, row, series, outs[0], n_rows);
        calls[1]->op->rolling(calls[1], second, row, series, outs[1], n_rows);
        return;
    }
    fct_window_run_all(&strict_moments, &counting_moments, calls, n_calls, state, row, series, outs,
                       n_rows);
}
