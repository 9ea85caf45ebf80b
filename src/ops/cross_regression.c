/*
 * cs_neutralize: what a least-squares regression leaves.
 *
 * The columns, y among them, lose their means, which takes the intercept out, and are made orthogonal one after the
 * other by Gram and Schmidt's method, twice each, which is as good as Householder's (Giraud, Langou, Rozloznik 2005). A
 * regressor of which nothing but rounding is left depends on those before it and is left out; if nothing else is left of
 * y, 0 is.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/cross.h"

/* A column of k series takes its room from a multiple of 64 bytes. */
static size_t column_size(size_t n)
{
    return (n + 7) / 8 * 8;
}

size_t fct_scratch_regression(const fct_op_call *call, size_t n)
{
    return column_size(n) * (call->n_series * sizeof(double) + sizeof(uint32_t));
}

/* Rows in which no series is missing. */
static size_t find_rows(const double *const *series, size_t n_series, size_t n, uint32_t *rows)
{
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_valid = true;
        for (size_t k = 0; k < n_series; k++)
            is_valid &= isfinite(series[k][i]) != 0;
        rows[n_rows] = (uint32_t)i;
        n_rows += is_valid;
    }
    return n_rows;
}

/* A column without its mean, scaled by a power of 2 so that its squares are in range. */
typedef struct regression_column {
    double *x;
    double scale;
    double rounding; /* a norm that is no more than this is rounding */
} regression_column;

static regression_column make_column(double *to, const double *x, const uint32_t *rows, size_t n)
{
    regression_column column = {.x = to};
    for (size_t i = 0; i < n; i++)
        to[i] = x[rows[i]];
    fct_cross_extremes range = fct_cross_range(to, n);
    double largest = fmax(fabs(range.low), fabs(range.high));
    int exponent = largest > 0 ? ilogb(largest) : 0;
    column.scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
    for (size_t i = 0; i < n; i++)
        to[i] *= column.scale;
    column.rounding = 8 * DBL_EPSILON * sqrt(fct_cross_dot(to, to, n).yy);
    fct_cross_total total = fct_cross_sum(to, n);
    fct_cross_centre(to, to, n, fct_cross_mean(&total), 1);
    return column;
}

/* What of the column is orthogonal to those before it. Returns its norm, or 0 where that is rounding. */
static double make_orthogonal(const regression_column *column, double *const *basis, size_t n_basis,
                              size_t n)
{
    for (int time = 0; time < 2; time++)
        for (size_t k = 0; k < n_basis; k++)
            fct_cross_subtract(column->x, basis[k], column->x, n,
                               fct_cross_dot(column->x, basis[k], n).xy);
    double norm = sqrt(fct_cross_dot(column->x, column->x, n).yy);
    return norm > column->rounding ? norm : 0;
}

void fct_kernel_cs_neutralize(const fct_op_call *call, const double *const *series, double *out,
                              size_t n, void *scratch)
{
    size_t n_series = call->n_series, size = column_size(n);
    double *columns = scratch;
    uint32_t *rows = (uint32_t *)(columns + n_series * size);
    size_t n_rows = find_rows(series, n_series, n, rows);
    double *basis[FCT_OP_MAX_SERIES];
    size_t n_basis = 0;
    for (size_t k = 1; k < n_series; k++) {
        regression_column regressor = make_column(columns + k * size, series[k], rows, n_rows);
        double norm = make_orthogonal(&regressor, basis, n_basis, n_rows);
        if (norm > 0) {
            fct_cross_scale(regressor.x, regressor.x, n_rows, 1, norm);
            basis[n_basis++] = regressor.x;
        }
    }
    regression_column y = make_column(columns, series[0], rows, n_rows);
    bool is_left = make_orthogonal(&y, basis, n_basis, n_rows) > 0 && n_basis + 1 < n_rows;
    bool is_defined = n_rows >= n_series; /* as many rows as coefficients */
    for (size_t i = 0; i < n; i++)
        out[i] = NAN;
    for (size_t i = 0; i < n_rows && is_defined; i++)
        out[rows[i]] = is_left ? y.x[i] / y.scale : 0;
}
