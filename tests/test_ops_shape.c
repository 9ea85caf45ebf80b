/* Skewness, kurtosis, variance ratio, and what a window's path is like, beside a pass over each window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "support/rolling.h"

enum { MAX_WINDOW = 8192 };

static double values[MAX_WINDOW];

/* The window's values in `values`; 0 where they are fewer than min_periods. */
static size_t window(const fct_op_call *call, const double *series, size_t row)
{
    size_t n = test_window(call, series, row, values);
    return n < call->parameters[call->op->n_parameters - 1] ? 0 : n;
}

/* The sum of the k-th powers of the distances to the mean, in two passes; differences to x[0] are exact. */
static long double moment(const double *x, size_t n, int k)
{
    long double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += ((long double)x[i] - x[0]) / n;
    for (size_t i = 0; i < n; i++) {
        long double distance = (long double)x[i] - x[0] - mean, power = 1;
        for (int j = 0; j < k; j++)
            power *= distance;
        sum += power;
    }
    return sum;
}

static bool is_flat(const double *x, size_t n)
{
    size_t i = 0;
    while (i < n && x[i] == x[0])
        i++;
    return i == n;
}

static double reference_skewness(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n = window(call, series[0], row);
    if (n < 3 || is_flat(values, n))
        return NAN;
    long double m2 = moment(values, n, 2) / n, m3 = moment(values, n, 3) / n;
    return (double)(m3 / (m2 * sqrtl(m2)) * sqrtl((long double)n * (n - 1)) / (n - 2));
}

static double reference_kurtosis(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n = window(call, series[0], row);
    if (n < 4 || is_flat(values, n))
        return NAN;
    long double m2 = moment(values, n, 2) / n, m4 = moment(values, n, 4) / n, k = n;
    return (double)((k - 1) / ((k - 2) * (k - 3)) * ((k + 1) * m4 / (m2 * m2) - 3 * (k - 1)));
}

/* The variance of x - (x lag rows before) over the pairs in the window that are both there. */
static double variance_of_changes(const fct_op_call *call, const double *series, size_t row,
                                  size_t lag)
{
    static double changes[MAX_WINDOW];
    size_t d = (size_t)call->parameters[0], n = 0;
    for (size_t i = (row + 1 > d ? row + 1 - d : 0) + lag; i <= row; i++)
        if (!isnan(series[i] - series[i - lag]))
            changes[n++] = series[i] - series[i - lag];
    if (n < 2)
        return NAN;
    return is_flat(changes, n) ? 0 : (double)moment(changes, n, 2) / ((double)n - 1);
}

static double reference_vr(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t k = (size_t)call->parameters[1];
    if (!window(call, series[0], row))
        return NAN;
    return variance_of_changes(call, series[0], row, k) /
           ((double)k * variance_of_changes(call, series[0], row, 1));
}

static double reference_jumpiness(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n = window(call, series[0], row);
    double low = INFINITY, high = -INFINITY, length = 0;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
        length += i ? fabs(values[i] - values[i - 1]) : 0;
    }
    return n ? length / (high - low) : NAN;
}

static double reference_reversal_count(const fct_op_call *call, const double *const *series,
                                       size_t row)
{
    size_t n = window(call, series[0], row), count = 0;
    for (size_t i = 2; i < n; i++) {
        double one = values[i - 1] - values[i - 2], two = values[i] - values[i - 1];
        count += (one < 0 && two > 0) || (one > 0 && two < 0);
    }
    return n < 3 ? NAN : (double)count / (double)(n - 2);
}

/* Missing where a value is below 0; rows whose peak is 0 have fallen nowhere. */
static double reference_max_drawdown(const fct_op_call *call, const double *const *series,
                                     size_t row)
{
    size_t n = window(call, series[0], row);
    double peak = 0, worst = NAN;
    for (size_t i = 0; i < n; i++) {
        if (values[i] < 0)
            return NAN;
        peak = fmax(peak, values[i]);
        worst = fmin(worst, peak > 0 ? values[i] / peak - 1 : NAN);
    }
    return worst;
}

static const double windows[] = {1, 2, 3, 4, 5, 20, 250, 1000};
enum { N_WINDOWS = sizeof windows / sizeof *windows, N_ROWS = 900 };

/* `extra` is the parameter between d and min_periods, NaN where there is none. */
static void check(const char *name, double extra, test_reference reference, double tolerance)
{
    for (size_t i = 0; i < N_WINDOWS; i++)
        for (int part = 1; part <= 4; part += 3) {
            double d = windows[i], periods = ceil(d / part);
            double parameters[3] = {d, isnan(extra) ? periods : extra, periods};
            fct_op_call call = test_op_call(name, parameters, isnan(extra) ? 2 : 3);
            test_rolling(&call, reference, N_ROWS, tolerance);
        }
}

static void skewness(void **state)
{
    (void)state;
    check("ts_skewness", NAN, reference_skewness, 1e-10);
    test_rolling_vector("ts_skewness", (const double[]){3}, 1,
                        (const char *const[]){"1 2 3 10 5 5 5 5"},
                        "- - 0 1.630059162 1.152069638 1.732050808 - -");
}

static void kurtosis(void **state)
{
    (void)state;
    check("ts_kurtosis", NAN, reference_kurtosis, 1e-10);
    test_rolling_vector("ts_kurtosis", (const double[]){4}, 1,
                        (const char *const[]){"1 2 3 4 4 4 4"}, "- - - -1.2 -1.289256198 4 -");
}

static void variance_ratios(void **state)
{
    (void)state;
    for (double k = 1; k <= 7; k += 3)
        check("ts_vr", k, reference_vr, 1e-10);
    /* One-row changes 1 3 -2 have the variance 19/3, two-row changes 4 1 have 9/2. */
    test_rolling_vector("ts_vr", (const double[]){4, 2}, 2,
                        (const char *const[]){"0 1 4 2 - 2 2 2 2"},
                        "- - - 0.355263157895 - - - - -");
}

static void jumpiness(void **state)
{
    (void)state;
    check("ts_jumpiness", NAN, reference_jumpiness, 1e-12);
    test_rolling_vector("ts_jumpiness", (const double[]){3, 2}, 2,
                        (const char *const[]){"1 3 2 - 2 6 6 6"}, "- 1 1.5 1 - 1 1 -");
}

static void reversals(void **state)
{
    (void)state;
    check("ts_reversal_count", NAN, reference_reversal_count, 0);
    test_rolling_vector("ts_reversal_count", (const double[]){4}, 1,
                        (const char *const[]){"1 2 1 2 2 1 0 5"}, "- - - 1 0.5 0 0 0.5");
}

static void drawdowns(void **state)
{
    (void)state;
    check("ts_max_drawdown", NAN, reference_max_drawdown, 0);
    test_rolling_vector("ts_max_drawdown", (const double[]){3}, 1,
                        (const char *const[]){"10 8 9 4 5 6 -1 0 0 0"},
                        "- - -0.2 -0.555555555556 -0.555555555556 0 - - - -");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skewness),  cmocka_unit_test(kurtosis),  cmocka_unit_test(variance_ratios),
        cmocka_unit_test(jumpiness), cmocka_unit_test(reversals), cmocka_unit_test(drawdowns),
    };
    return cmocka_run_group_tests_name("ops_shape", tests, NULL, NULL);
}
