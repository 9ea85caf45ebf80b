/* Means and spreads of a cross-section. */
#include <math.h>
#include <string.h>

#include "ops/cross.h"

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

/* A sum of squares in range has all its digits. */
static bool is_in_range(double squares)
{
    return squares > 0x1p-900 && squares < 0x1p1000;
}

double fct_cross_std(const double *x, size_t n, fct_sum mean, size_t n_valid)
{
    if (n_valid < 2)
        return NAN;
    double squares, scale = 1;
    fct_cross_add_squares(x, n, &mean, scale, &squares);
    if (!is_in_range(squares)) {
        /* All equal; or so near to or far from one another that squares of the differences are no doubles. */
        fct_cross_extremes range = fct_cross_range(x, n);
        double furthest = fmax(range.high - mean.high, mean.high - range.low);
        if (range.low == range.high || !isfinite(furthest))
            return range.low == range.high ? 0 : NAN;
        int exponent = ilogb(furthest);
        scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
        fct_cross_add_squares(x, n, &mean, scale, &squares);
    }
    return sqrt(squares / (double)(n_valid - 1)) / scale;
}
