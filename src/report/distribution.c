#include "report/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values that a density is made of; of more, every k-th in their order. */
enum { MAX_KERNELS = 2000 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

/* Silverman (1986), Density Estimation for Statistics and Data Analysis, 3.31: 0.9 min(std, IQR / 1.34) n^(-1/5). */
static double kernel_width(const double *sorted, size_t n)
{
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += sorted[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    double spread = sqrt(squares / (double)(n - 1));
    double middle = (quantile(sorted, n, 0.75) - quantile(sorted, n, 0.25)) / 1.34;
    if (middle > 0 && middle < spread)
        spread = middle;
    return 0.9 * spread * pow((double)n, -0.2);
}

static void fill_density(const double *sorted, size_t n, fct_distribution *d)
{
    double width = kernel_width(sorted, n);
    size_t step = n / MAX_KERNELS + 1;
    size_t n_kernels = (n + step - 1) / step;
    for (size_t k = 0; k < FCT_DENSITY; k++) {
        double at =
            d->density_low + (d->density_high - d->density_low) * (double)k / (FCT_DENSITY - 1);
        double sum = 0;
        for (size_t i = 0; i < n; i += step) {
            double z = (at - sorted[i]) / width;
            sum += exp(-z * z / 2);
        }
        d->density[k] = sum / ((double)n_kernels * width * sqrt(2 * 3.14159265358979323846));
    }
}

void fct_distribution_make(const double *x, size_t n, double *scratch, fct_distribution *d)
{
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            scratch[d->n++] = x[i];
    if (!d->n)
        return;
    qsort(scratch, d->n, sizeof *scratch, by_value);
    d->low = scratch[0];
    d->high = scratch[d->n - 1];
    d->median = quantile(scratch, d->n, 0.5);
    for (size_t i = 0; i < FCT_SAMPLE; i++)
        d->sample[i] = quantile(scratch, d->n, ((double)i + 0.5) / FCT_SAMPLE);
    for (size_t i = 0; i < d->n; i++) {
        double share = d->high > d->low ? (scratch[i] - d->low) / (d->high - d->low) : 0;
        size_t bin = (size_t)(share * FCT_BINS);
        d->counts[bin < FCT_BINS ? bin : FCT_BINS - 1]++;
    }
    d->density_low = quantile(scratch, d->n, 0.01);
    d->density_high = quantile(scratch, d->n, 0.99);
    if (d->density_high > d->density_low) {
        d->n_density = FCT_DENSITY;
        fill_density(scratch, d->n, d);
    }
}
