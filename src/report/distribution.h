/* The shape of a series for figures: a histogram, quantiles, a density. NaN are left out. */
#ifndef FCT_REPORT_DISTRIBUTION_H
#define FCT_REPORT_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

enum { FCT_BINS = 40, FCT_SAMPLE = 101, FCT_DENSITY = 41 };

typedef struct fct_distribution {
    size_t n; /* values */
    double low, high, median;
    int64_t counts[FCT_BINS];  /* equal bins from low to high */
    double sample[FCT_SAMPLE]; /* quantiles (i + 1/2) / FCT_SAMPLE, linear between values */
    /* Gaussian kernels of Silverman's width at equal steps from the 1st to the 99th percentile; none where these are alike. */
    size_t n_density;
    double density_low, density_high, density[FCT_DENSITY];
} fct_distribution;

/* `scratch` has room for n values. */
void fct_distribution_make(const double *x, size_t n, double *scratch, fct_distribution *out);

#endif
