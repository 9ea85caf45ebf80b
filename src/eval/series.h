/* What a series of one value a time comes to: mean, spread, and whether the mean is told from 0. */
#ifndef FCT_EVAL_SERIES_H
#define FCT_EVAL_SERIES_H

#include <stddef.h>
#include <stdint.h>

/* NaN wherever there are too few values, or no variance. */
typedef struct fct_series_summary {
    int64_t n;         /* values that are not NaN */
    double mean, std;  /* n - 1 below the root */
    double error;      /* std / sqrt(n) */
    double t, p;       /* mean / error; two-sided, Student's t with n - 1 degrees of freedom */
    double t_nw, p_nw; /* the same with Newey and West's error */
    double positive;   /* share of values above 0 */
} fct_series_summary;

/*
 * Values follow each other in time; NaN are skipped. Newey and West (1987) with n_lags lags: variance of the mean =
 * (g0 + 2 sum over l of (1 - l / (n_lags + 1)) gl) / n, gl = sum (x_t - mean)(x_(t-l) - mean) / n.
 * `scratch` has room for n values.
 */
fct_series_summary fct_series_summarise(const double *x, size_t n, size_t n_lags, double *scratch);

/* P(|T| > |t|) of Student's t with `freedom` degrees. */
double fct_student_p(double t, double freedom);

#endif
