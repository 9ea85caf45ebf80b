/* Two series over a window, of which the second is taken some rows earlier. */
#include "ops/lag.h"
#include "ops/pairs.h"

enum { LAG = 1, RETURNED = 2 }; /* of the parameters */

typedef enum regression_value {
    RESIDUAL,
    INTERCEPT,
    SLOPE,
    FITTED,
    SQUARED_ERRORS,
    SQUARES_OF_Y,
    R_SQUARED,
    MEAN_SQUARED_ERROR,
    ERROR_OF_SLOPE,
    ERROR_OF_INTERCEPT
} regression_value;

FCT_INLINE void squared_errors(const fct_pairs *p, fct_lanes *out)
{
    *out = p->squares_y - p->products / p->squares_x * p->products;
    *out = FCT_SELECT(*out < FCT_ALL(0.0), FCT_ALL(0.0), *out);
}

/* The textbook's formulas, e.g. Draper and Smith, Applied Regression Analysis, chapter 1. */
FCT_VALUE_FUNCTION(regression_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    const fct_lanes mean_x = p.anchor_x + p.mean_x;
    const fct_lanes slope = p.products / p.squares_x;
    switch ((regression_value)w->call->parameters[RETURNED]) {
    case RESIDUAL:
        fct_pairs_residual(&p, &cell[0], &cell[1], out);
        break;
    case INTERCEPT:
        *out = (p.anchor_y + p.mean_y) - slope * mean_x;
        break;
    case SLOPE:
        *out = slope;
        break;
    case FITTED:
        *out = (p.anchor_y + p.mean_y) + slope * ((cell[1] - p.anchor_x) - p.mean_x);
        break;
    case SQUARED_ERRORS:
        squared_errors(&p, out);
        break;
    case SQUARES_OF_Y:
        *out = p.squares_y + (p.products - p.products); /* NaN where an x is missing */
        break;
    case R_SQUARED:
        fct_pairs_r_squared(&p, out);
        break;
    case MEAN_SQUARED_ERROR:
        squared_errors(&p, out);
        *out /= p.n - FCT_ALL(2.0);
        break;
    case ERROR_OF_SLOPE:
        squared_errors(&p, out);
        *out /= (p.n - FCT_ALL(2.0)) * p.squares_x;
        fct_lanes_sqrt(out);
        break;
    case ERROR_OF_INTERCEPT:
    default: /* there is no other */
        squared_errors(&p, out);
        *out *= FCT_ALL(1.0) / p.n + mean_x * mean_x / p.squares_x;
        *out /= p.n - FCT_ALL(2.0);
        fct_lanes_sqrt(out);
        break;
    }
    fct_pairs_finish(w, &p, out);
}

FCT_VALUE_FUNCTION(correlation_of)
{
    fct_pairs p;
    fct_pairs_join(w, older, newer, &p);
    fct_pairs_correlation(&p, out);
    fct_pairs_finish(w, &p, out);
}

FCT_PAIRS_KINDS(regression, FCT_SQUARES_Y + 1, regression_of)
FCT_PAIRS_KINDS(correlation, FCT_SQUARES_Y + 1, correlation_of)

/* The memory: the lagged rows of this call, the ring, the window. */
#define LAGGED_KERNEL(name, kind, y, x)                                                            \
    FCT_ROLLING_KERNEL(name)                                                                       \
    {                                                                                              \
        const size_t lag = (size_t)call->parameters[LAG];                                          \
        double *earlier = state;                                                                   \
        double *ring = earlier + FCT_OP_MAX_ROWS * FCT_OP_LANES;                                   \
        if (lag)                                                                                   \
            fct_lag(ring, lag, row, series[x], earlier, n_rows);                                   \
        const double *const both[] = {series[y], lag ? earlier : series[x]};                       \
        fct_window_run(&strict_##kind, &counting_##kind, call, (char *)ring + fct_lag_bytes(lag),  \
                       row, both, out, n_rows);                                                    \
    }

LAGGED_KERNEL(ts_regression, regression, 0, 1)
LAGGED_KERNEL(ts_autocorr, correlation, 0, 0)
