/* Sums, spreads and extremes over a cross-section. */
#include "ops/cross.h"
#include "ops/cross_vector.h"

/* How many cells each lane counted: masks are -1. */
FCT_ALWAYS_INLINE size_t count_lanes(const fct_i64x8 *counts)
{
    int64_t n = 0;
    for (int i = 0; i < 8; i++)
        n -= (*counts)[i];
    return (size_t)n;
}

FCT_CLONES
fct_cross_total fct_cross_sum(const double *x, size_t n)
{
    fct_sum_x8 sum = {0};
    fct_i64x8 counts = {0}, valid;
    fct_f64x8 cells;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        fct_cells_keep(&cells, &valid);
        fct_sum_x8_add(&sum, &cells);
        counts += valid;
    }
    return (fct_cross_total){fct_sum_x8_value(&sum), count_lanes(&counts)};
}

FCT_CLONES
fct_cross_total fct_cross_sum_absolute(const double *x, size_t n)
{
    fct_sum_x8 sum = {0};
    fct_i64x8 counts = {0}, valid;
    fct_f64x8 cells;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        fct_cells_keep(&cells, &valid);
        cells = (fct_f64x8)((fct_i64x8)cells & INT64_MAX);
        fct_sum_x8_add(&sum, &cells);
        counts += valid;
    }
    return (fct_cross_total){fct_sum_x8_value(&sum), count_lanes(&counts)};
}

FCT_CLONES
fct_cross_dots fct_cross_dot(const double *x, const double *y, size_t n)
{
    fct_sum_x8 xy = {0}, yy = {0};
    fct_i64x8 valid, other_valid;
    fct_f64x8 cells, other;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_load(&other, y + i, n - i);
        fct_cells_valid(&valid, &cells);
        fct_cells_valid(&other_valid, &other);
        valid &= other_valid;
        cells *= other;
        other *= other;
        fct_cells_keep(&cells, &valid);
        fct_cells_keep(&other, &valid);
        fct_sum_x8_add(&xy, &cells);
        fct_sum_x8_add(&yy, &other);
    }
    return (fct_cross_dots){fct_sum_x8_value(&xy).high, fct_sum_x8_value(&yy).high};
}

FCT_CLONES
fct_cross_extremes fct_cross_range(const double *x, size_t n)
{
    const fct_f64x8 top = {INFINITY, INFINITY, INFINITY, INFINITY,
                           INFINITY, INFINITY, INFINITY, INFINITY};
    fct_f64x8 low = top, high = -top, cells;
    fct_i64x8 counts = {0}, valid;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        counts += valid;
        cells += 0.0; /* -0.0 is 0.0 */
        fct_f64x8 a = (fct_f64x8)(((fct_i64x8)cells & valid) | ((fct_i64x8)top & ~valid));
        fct_f64x8 b = (fct_f64x8)(((fct_i64x8)cells & valid) | ((fct_i64x8)-top & ~valid));
        fct_f64x8_keep_smaller(&low, &a);
        fct_f64x8_keep_larger(&high, &b);
    }
    fct_cross_extremes range = {low[0], high[0], count_lanes(&counts)};
    for (int i = 1; i < 8; i++) {
        range.low = low[i] < range.low ? low[i] : range.low;
        range.high = high[i] > range.high ? high[i] : range.high;
    }
    return range.n ? range : (fct_cross_extremes){NAN, NAN, 0};
}

/* The top 26 bits of a double; the rest, x - head(x), is exact. */
static double head(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= ~UINT64_C(0) << 27;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

fct_sum fct_cross_mean(const fct_cross_total *total)
{
    double n = (double)total->n;
    double high = total->sum.high / n;
    double top = head(high);
    /* What is left of the sum, exactly: both products have at most 53 bits while n is below 2^26. */
    double left = total->sum.high - top * n - (high - top) * n;
    double low = (left + total->sum.low) / n;
    return isfinite(high) ? (fct_sum){high, low} : (fct_sum){NAN, 0};
}

/* The sum of the squares of (x - mean) * scale. */
FCT_CLONES
static double sum_squares(const double *x, size_t n, const fct_sum *mean, double scale)
{
    fct_sum_x8 sum = {0};
    fct_i64x8 valid;
    fct_f64x8 cells;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        cells = ((cells - mean->high) - mean->low) * scale;
        cells *= cells;
        fct_cells_keep(&cells, &valid);
        fct_sum_x8_add(&sum, &cells);
    }
    return fct_sum_x8_value(&sum).high;
}

bool fct_squares_in_range(double squares)
{
    return squares > 0x1p-900 && squares < 0x1p1000;
}

double fct_cross_std(const double *x, size_t n, fct_sum mean, size_t n_valid)
{
    if (n_valid < 2)
        return NAN;
    double squares = sum_squares(x, n, &mean, 1);
    double scale = 1;
    if (!fct_squares_in_range(squares)) {
        /* All equal; or so near to or far from one another that squares of the differences are no doubles. */
        fct_cross_extremes range = fct_cross_range(x, n);
        double furthest = fmax(range.high - mean.high, mean.high - range.low);
        if (range.low == range.high || !isfinite(furthest))
            return range.low == range.high ? 0 : NAN;
        int exponent = ilogb(furthest);
        scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
        squares = sum_squares(x, n, &mean, scale);
    }
    return sqrt(squares / (double)(n_valid - 1)) / scale;
}
