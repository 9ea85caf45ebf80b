/* Covariance, correlation and least-squares lines over a window. */
#include "ops/pairs.h"

/* ---- The statistics --------------------------------------------------------------------------- */

FCT_INLINE void covariance(const fct_window *w, const fct_pairs *p, fct_lanes *out)
{
    *out = w->is_strict ? p->products * FCT_ALL(w->share_of_degrees)
                        : p->products / (p->n - FCT_ALL(1.0));
}

FCT_INLINE void slope(const fct_pairs *p, fct_lanes *out)
{
    *out = p->products / p->squares_x;
}

FCT_INLINE void intercept(const fct_pairs *p, fct_lanes *out)
{
    *out = (p->anchor_y + p->mean_y) - p->products / p->squares_x * (p->anchor_x + p->mean_x);
}

/* ---- One alone -------------------------------------------------------------------------------- */

FCT_VALUE_FUNCTION(covariance_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    covariance(w, &p, out);
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(correlation_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    fct_pairs_correlation(&p, out);
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(slope_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    slope(&p, out);
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(intercept_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    intercept(&p, out);
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(residual_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    fct_pairs_residual(&p, &cell[0], &cell[1], out);
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(r_squared_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    fct_pairs_r_squared(&p, out);
    fct_pairs_finish(w, &p, out);
}

#define PAIRS_KERNEL(name, n_kept, value)                                                          \
    FCT_PAIRS_KINDS(name, n_kept, value)                                                           \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

PAIRS_KERNEL(ts_cov, FCT_PRODUCTS + 1, covariance_of)
PAIRS_KERNEL(ts_corr, FCT_SQUARES_Y + 1, correlation_of)
PAIRS_KERNEL(ts_beta, FCT_SQUARES_X + 1, slope_of)
PAIRS_KERNEL(ts_alpha, FCT_SQUARES_X + 1, intercept_of)
PAIRS_KERNEL(ts_resid, FCT_SQUARES_X + 1, residual_of)
PAIRS_KERNEL(ts_rsquare, FCT_SQUARES_Y + 1, r_squared_of)

/* ---- Several ---------------------------------------------------------------------------------- */

enum { COVARIANCE, CORRELATION, SLOPE, INTERCEPT, RESIDUAL, R_SQUARED };

FCT_INLINE uint8_t which_of_pairs(const fct_op *op)
{
    return op->rolling == fct_kernel_ts_cov     ? COVARIANCE
           : op->rolling == fct_kernel_ts_corr  ? CORRELATION
           : op->rolling == fct_kernel_ts_beta  ? SLOPE
           : op->rolling == fct_kernel_ts_alpha ? INTERCEPT
           : op->rolling == fct_kernel_ts_resid ? RESIDUAL
                                                : R_SQUARED;
}

FCT_VALUE_FUNCTION(values_of_pairs)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    for (size_t k = 0; k < w->n_values; k++) {
        switch (w->which[k]) {
        case COVARIANCE:
            covariance(w, &p, &out[k]);
            break;
        case CORRELATION:
            fct_pairs_correlation(&p, &out[k]);
            break;
        case SLOPE:
            slope(&p, &out[k]);
            break;
        case INTERCEPT:
            intercept(&p, &out[k]);
            break;
        case RESIDUAL:
            fct_pairs_residual(&p, &cell[0], &cell[1], &out[k]);
            break;
        default:
            fct_pairs_r_squared(&p, &out[k]);
        }
        fct_pairs_finish(w, &p, &out[k]);
    }
}

FCT_WINDOW_KINDS_TOGETHER(pairs, 2, FCT_N_PAIRS, 2, fct_pairs_start_cell, fct_pairs_add_cell,
                          fct_pairs_add_cell)
FCT_WINDOW_TOGETHER(pairs, strict_pairs, counting_pairs)

/* ---- Trends: x on the number of the row -------------------------------------------------------- */

/* Where x is missing, so is its row's number. */
#define ROW_NUMBER(cell) (FCT_ALL(w->row) + ((cell)[0] - (cell)[0]))

FCT_PART_FUNCTION(start_trend)
{
    fct_lanes row = FCT_ALL(0.0);
    fct_pairs_start(w, part, &cell[0], &row);
}

FCT_PART_FUNCTION(add_to_trend)
{
    fct_lanes row = ROW_NUMBER(cell);
    fct_pairs_add(w, part, &cell[0], &row);
}

FCT_VALUE_FUNCTION(trend_residual_of)
{
    fct_pairs p;
    fct_lanes row = ROW_NUMBER(cell);
    fct_pairs_join(w, older, newer, &p);
    fct_pairs_residual(&p, &cell[0], &row, out);
    fct_pairs_finish(w, &p, out);
}

#define TREND_KERNEL(name, n_kept, value)                                                          \
    static const fct_window_kind strict_##name =                                                   \
        FCT_WINDOW_KIND(1, n_kept, 2, start_trend, add_to_trend, add_to_trend, value);             \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(1, FCT_N_PAIRS + 1, 2, start_trend, add_to_trend, add_to_trend, value);    \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

TREND_KERNEL(ts_slope, FCT_SQUARES_X + 1, slope_of)
TREND_KERNEL(ts_trend_rsquare, FCT_SQUARES_Y + 1, r_squared_of)
TREND_KERNEL(ts_trend_resid, FCT_SQUARES_X + 1, trend_residual_of)

FCT_INLINE uint8_t which_of_trends(const fct_op *op)
{
    return op->rolling == fct_kernel_ts_slope         ? SLOPE
           : op->rolling == fct_kernel_ts_trend_resid ? RESIDUAL
                                                      : R_SQUARED;
}

FCT_VALUE_FUNCTION(values_of_trends)
{
    const fct_lanes both[] = {cell[0], ROW_NUMBER(cell)};
    values_of_pairs(w, older, newer, both, out);
}

FCT_WINDOW_KINDS_TOGETHER(trends, 1, FCT_N_PAIRS, 2, start_trend, add_to_trend, add_to_trend)
FCT_WINDOW_TOGETHER(trends, strict_trends, counting_trends)
