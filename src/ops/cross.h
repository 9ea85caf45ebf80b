/*
 * What the cross-sectional kernels share: sums, spreads and extremes of the valid cells, and cells made from them.
 *
 * Sums are compensated to about 32 digits before they are rounded, so that the order of the symbols does not show in them:
 * with values of magnitudes within 1e15 of one another they are the exact sum, rounded once. `out` may be `x` throughout.
 */
#ifndef FCT_OPS_CROSS_H
#define FCT_OPS_CROSS_H

#include "base/sum.h"
#include "ops/kernels.h"

typedef struct fct_cross_total {
    fct_sum sum;
    size_t n; /* valid cells */
} fct_cross_total;

/* Of the absolute values, or not. */
void fct_cross_add_up(const double *x, size_t n, bool absolute, fct_cross_total *total);

static inline fct_cross_total fct_cross_sum(const double *x, size_t n)
{
    fct_cross_total total;
    fct_cross_add_up(x, n, false, &total);
    return total;
}

static inline double fct_cross_sum_absolute(const double *x, size_t n)
{
    fct_cross_total total;
    fct_cross_add_up(x, n, true, &total);
    return total.sum.high;
}

/* The sums of x * y and y * y, each product rounded, over the cells where both are valid. */
typedef struct fct_cross_dots {
    double xy, yy;
} fct_cross_dots;

void fct_cross_add_products(const double *x, const double *y, size_t n, fct_cross_dots *dots);

static inline fct_cross_dots fct_cross_dot(const double *x, const double *y, size_t n)
{
    fct_cross_dots dots;
    fct_cross_add_products(x, y, n, &dots);
    return dots;
}

/* sum / n in two doubles, so that x - mean keeps its digits at a high level. {NaN, 0} of no cells. */
fct_sum fct_cross_mean(const fct_cross_total *total);

/* The standard deviation, ddof 1, around that mean of n_valid cells; exactly 0 of equal cells, NaN of fewer than two. */
double fct_cross_std(const double *x, size_t n, fct_sum mean, size_t n_valid);

/* Of (x - mean) * scale. */
void fct_cross_add_squares(const double *x, size_t n, const fct_sum *mean, double scale,
                           double *squares);

typedef struct fct_cross_extremes {
    double low, high; /* NaN of no cells */
    size_t n;
} fct_cross_extremes;

void fct_cross_find_range(const double *x, size_t n, fct_cross_extremes *range);

static inline fct_cross_extremes fct_cross_range(const double *x, size_t n)
{
    fct_cross_extremes range;
    fct_cross_find_range(x, n, &range);
    return range;
}

/* `value` in each valid cell. */
void fct_cross_fill(const double *x, double *out, size_t n, double value);

/* (x - mean) / divisor */
void fct_cross_centre_by(const double *x, double *out, size_t n, const fct_sum *mean,
                         double divisor);

static inline void fct_cross_centre(const double *x, double *out, size_t n, fct_sum mean,
                                    double divisor)
{
    fct_cross_centre_by(x, out, n, &mean, divisor);
}

/* x * factor / divisor */
void fct_cross_scale(const double *x, double *out, size_t n, double factor, double divisor);

/* x - factor * y */
void fct_cross_subtract(const double *x, const double *y, double *out, size_t n, double factor);

/* x held within [low, high]; missing where one of them is NaN. */
void fct_cross_clamp(const double *x, double *out, size_t n, double low, double high);

#endif
