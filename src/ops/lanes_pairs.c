/* Covariance, correlation and least-squares lines over a window. */
#include "ops/pairs.h"

FCT_VALUE_FUNCTION(covariance_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    *out = w->is_strict ? p.products * FCT_ALL(w->share_of_degrees)
                        : p.products / (p.n - FCT_ALL(1.0));
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
    *out = p.products / p.squares_x;
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(intercept_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    *out = (p.anchor_y + p.mean_y) - p.products / p.squares_x * (p.anchor_x + p.mean_x);
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
