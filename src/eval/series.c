#include "eval/series.h"

#include <math.h>
#include <stdbool.h>

#include "base/sum.h"

/* The continued fraction of the incomplete beta function (DLMF 8.17.22) by the modified Lentz method. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + even / c;
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + odd / c;
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        if (fabs(d * c - 1) < 1e-16)
            break;
    }
    return value;
}

/* ln G(a + 1/2) - ln G(a): Stirling's series where both are large, as their difference would lose its digits. */
static double log_gamma_step(double a)
{
    if (a > 50)
        return log(a) / 2 - 1 / (8 * a) + 1 / (192 * a * a * a) - 1 / (640 * pow(a, 5));
    /* lgamma keeps a sign in a global; lgamma_r does not. */
    int sign;
    return lgamma_r(a + 0.5, &sign) - lgamma_r(a, &sign);
}

/* I_x(a, 1/2), the regularised incomplete beta function (DLMF 8.17); y is 1 - x, which x near 1 does not hold. */
static double incomplete_beta(double a, double x, double y)
{
    const double log_root_pi = 0.57236494292470008707;
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    double front = exp(log_gamma_step(a) - log_root_pi + a * log1p(-y) + 0.5 * log(y));
    if (x < (a + 1) / (a + 2.5))
        return front * beta_fraction(a, 0.5, x) / a;
    return 1 - front * beta_fraction(0.5, a, y) / 0.5;
}

double fct_student_p(double t, double freedom)
{
    if (isnan(t) || !(freedom > 0))
        return NAN;
    if (isinf(t))
        return 0;
    return incomplete_beta(freedom / 2, freedom / (freedom + t * t), t * t / (freedom + t * t));
}

/* Variance of the mean of n centred values. */
static double newey_west(const double *x, size_t n, size_t n_lags)
{
    fct_sum total = {0};
    for (size_t lag = 0; lag <= n_lags && lag < n; lag++) {
        fct_sum products = {0};
        for (size_t i = lag; i < n; i++)
            fct_sum_add(&products, x[i] * x[i - lag]);
        double weight = lag ? 2 * (1 - (double)lag / (double)(n_lags + 1)) : 1;
        fct_sum_add(&total, weight * fct_sum_value(products));
    }
    return fct_sum_value(total) / (double)n / (double)n;
}

fct_series_summary fct_series_summarise(const double *x, size_t n, size_t n_lags, double *scratch)
{
    fct_series_summary s = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    fct_sum sum = {0};
    size_t n_valid = 0;
    size_t n_positive = 0;
    bool flat = true;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        scratch[n_valid++] = x[i];
        fct_sum_add(&sum, x[i]);
        n_positive += x[i] > 0;
        flat &= x[i] == scratch[0];
    }
    s.n = (int64_t)n_valid;
    if (!n_valid)
        return s;
    double count = (double)n_valid;
    s.mean = fct_sum_value(sum) / count;
    s.positive = (double)n_positive / count;
    if (n_valid < 2)
        return s;
    fct_sum squares = {0};
    for (size_t i = 0; i < n_valid; i++) {
        scratch[i] -= s.mean;
        fct_sum_add(&squares, scratch[i] * scratch[i]);
    }
    s.std = flat ? 0 : sqrt(fct_sum_value(squares) / (count - 1));
    s.error = s.std / sqrt(count);
    if (flat)
        return s;
    s.t = s.mean / s.error;
    s.p = fct_student_p(s.t, count - 1);
    double variance = newey_west(scratch, n_valid, n_lags);
    if (variance > 0) {
        s.t_nw = s.mean / sqrt(variance);
        s.p_nw = fct_student_p(s.t_nw, count - 1);
    }
    return s;
}
