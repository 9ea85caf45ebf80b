/* Rank, median, quantiles and what else is made of a window's order, beside sorting each window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/distribution.h"
#include "ops/sorted_tiers.h"
#include "support/rolling.h"

enum { MAX_WINDOW = 8192 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The window's values in order, in static memory; n < min_periods gives 0. */
static double *sorted(const fct_op_call *call, const double *series, size_t row, size_t *n)
{
    static double values[MAX_WINDOW];
    *n = test_window(call, series, row, values);
    if (*n < call->parameters[call->op->n_parameters - 1])
        *n = 0;
    qsort(values, *n, sizeof *values, by_value);
    return values;
}

static double median(const double *values, size_t n)
{
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double reference_median(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n;
    const double *values = sorted(call, series[0], row, &n);
    return n ? median(values, n) : NAN;
}

/* Twice the share of the window's values below x, those equal counting half. */
static double share(const fct_op_call *call, const double *series, size_t row, size_t *n)
{
    const double *values = sorted(call, series, row, n);
    size_t twice = 0;
    for (size_t i = 0; i < *n; i++)
        twice += (size_t)(values[i] < series[row]) + (size_t)(values[i] <= series[row]);
    return isnan(series[row]) ? NAN : (double)twice;
}

static double reference_rank(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n;
    double twice = share(call, series[0], row, &n);
    return n ? (twice + 1) / 2 / (double)n : NAN;
}

static double reference_quantile(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n;
    double twice = share(call, series[0], row, &n);
    return n ? fct_quantile_function((int)call->parameters[1], twice / 2 / (double)n) : NAN;
}

static double reference_percentile(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n;
    const double *values = sorted(call, series[0], row, &n);
    if (!n)
        return NAN;
    double place = call->parameters[1] * (double)(n - 1), i = floor(place);
    double low = values[(size_t)i], high = values[(size_t)ceil(place)];
    return low + (high - low) * (place - i);
}

static double reference_mad(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n;
    double *values = sorted(call, series[0], row, &n);
    double middle = n ? median(values, n) : NAN;
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - middle);
    qsort(values, n, sizeof *values, by_value);
    return n ? median(values, n) : NAN;
}

static double reference_entropy(const fct_op_call *call, const double *const *series, size_t row)
{
    size_t n, n_bins = (size_t)call->parameters[1];
    const double *values = sorted(call, series[0], row, &n);
    if (!n)
        return NAN;
    double low = values[0], width = (values[n - 1] - low) / (double)n_bins, entropy = 0;
    for (size_t bin = 0; bin < n_bins; bin++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += (bin == 0 || values[i] >= (double)bin * width + low) &&
                     (bin + 1 == n_bins || values[i] < (double)(bin + 1) * width + low);
        double p = (double)count / (double)n;
        entropy -= count && width > 0 ? p * log(p) : 0;
    }
    return entropy;
}

static double reference_rank_corr(const fct_op_call *call, const double *const *series, size_t row)
{
    static double pairs[2][MAX_WINDOW], ranks[2][MAX_WINDOW];
    size_t d = (size_t)call->parameters[0], n = 0;
    for (size_t i = row + 1 > d ? row + 1 - d : 0; i <= row; i++)
        if (!isnan(series[0][i]) && !isnan(series[1][i])) {
            pairs[0][n] = series[0][i];
            pairs[1][n++] = series[1][i];
        }
    if (n < call->parameters[1])
        return NAN;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < n; i++) {
            ranks[k][i] = 0.5;
            for (size_t j = 0; j < n; j++)
                ranks[k][i] += pairs[k][j] < pairs[k][i] ? 1 : pairs[k][j] == pairs[k][i] ? 0.5 : 0;
        }
    double mean = ((double)n + 1) / 2, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (ranks[0][i] - mean) * (ranks[0][i] - mean);
        yy += (ranks[1][i] - mean) * (ranks[1][i] - mean);
        xy += (ranks[0][i] - mean) * (ranks[1][i] - mean);
    }
    return xy / sqrt(xx * yy);
}

/* Windows of all ways to go about it, and one longer than the series. */
static const double windows[] = {1, 2, 5, 20, 250, 251, 321, 1000};
enum { N_WINDOWS = sizeof windows / sizeof *windows, N_ROWS = 500 };

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

static void medians(void **state)
{
    (void)state;
    check("ts_median", NAN, reference_median, 0);
    test_rolling_vector("ts_median", (const double[]){3, 2}, 2,
                        (const char *const[]){"1 5 2 - - 4 4 -1"}, "- 3 2 3.5 - - 4 4");
}

static void ranks(void **state)
{
    (void)state;
    check("ts_rank", NAN, reference_rank, 0);
    test_rolling_vector("ts_rank", (const double[]){4}, 1,
                        (const char *const[]){"1 2 3 4 4 0 9 - 9"}, "- - - 1 0.875 0.25 1 - -");
    test_rolling_vector("ts_rank", (const double[]){2}, 1, (const char *const[]){"7 7 7 8 7"},
                        "- 0.75 0.75 1 0.5");
    /* Of the values that there are, as in pandas, and not of d. */
    test_rolling_vector("ts_rank", (const double[]){4, 2}, 2, (const char *const[]){"1 - 3 1 5"},
                        "- - 1 0.5 1");
}

static void quantile_functions_of_ranks(void **state)
{
    (void)state;
    for (int driver = 0; driver < 3; driver++)
        check("ts_quantile", driver, reference_quantile, 0);
    test_rolling_vector("ts_quantile", (const double[]){4, FCT_DRIVER_UNIFORM}, 2,
                        (const char *const[]){"1 2 3 4 4 0"}, "- - - 0.875 0.75 0.125");
    test_rolling_vector("ts_quantile", (const double[]){2, FCT_DRIVER_GAUSSIAN}, 2,
                        (const char *const[]){"1 2 2 1"}, "- 0.674489750196 0 -0.674489750196");
    test_rolling_vector("ts_quantile", (const double[]){4, FCT_DRIVER_UNIFORM, 2}, 3,
                        (const char *const[]){"1 - 3 1"}, "- - 0.75 0.333333333333");
}

static void percentiles(void **state)
{
    (void)state;
    const double q[] = {0, 0.3, 1};
    for (size_t i = 0; i < 3; i++)
        check("ts_percentile", q[i], reference_percentile, 0);
    test_rolling_vector("ts_percentile", (const double[]){5, 0.3}, 2,
                        (const char *const[]){"10 20 30 40 50 - 10"}, "- - - - 22 - -");
}

static void median_distances(void **state)
{
    (void)state;
    check("ts_mad", NAN, reference_mad, 0);
    test_rolling_vector("ts_mad", (const double[]){5}, 1,
                        (const char *const[]){"1 2 3 4 100 100 100"}, "- - - - 1 2 0");
}

static void entropies(void **state)
{
    (void)state;
    const double n_bins[] = {1, 10, 64};
    for (size_t i = 0; i < 3; i++)
        check("ts_entropy", n_bins[i], reference_entropy, 1e-13);
    test_rolling_vector("ts_entropy", (const double[]){4, 2}, 2,
                        (const char *const[]){"0 0 1 1 1 1 1"},
                        "- - - 0.693147180560 0.562335144619 0 0");
}

static void rank_correlations(void **state)
{
    (void)state;
    check("ts_rank_corr", NAN, reference_rank_corr, 1e-13);
    test_rolling_vector("ts_rank_corr", (const double[]){4}, 1,
                        (const char *const[]){"1 2 3 4 4 3", "1 3 2 4 9 9"},
                        "- - - 0.8 0.737864787373 0.235702260396");
}

/* ---- Sorted tiers alone ----------------------------------------------------------------------- */

/* Random values, in some rounds with ties and in some mostly missing, in windows of all sizes, beside sorted arrays. */
static void tiers_stay_sorted(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 127, 128, 129, 1000, 5000};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        size_t d = sizes[c], below[FCT_OP_LANES];
        fct_sorted_tiers tiers =
            fct_sorted_tiers_at(aligned_alloc(64, fct_sorted_tiers_bytes(d)), d);
        double *ring = malloc(d * FCT_OP_LANES * sizeof *ring), *plain = malloc(d * sizeof *plain);
        uint64_t random = 5;
        fct_sorted_tiers_clear(&tiers);
        for (size_t i = 0; i < d * FCT_OP_LANES; i++)
            ring[i] = NAN;
        for (size_t step = 0; step < 3 * d + 300; step++) {
            double *old = ring + step % d * FCT_OP_LANES, new[FCT_OP_LANES];
            for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
                bool is_missing = (random >> 60) < (step / 500 % 3 == 2 ? 12 : 1);
                new[lane] = is_missing ? NAN : (double)((random >> 32) % (lane < 4 ? 50 : 100000));
            }
            fct_sorted_tiers_replace(&tiers, old, new, below);
            memcpy(old, new, sizeof new);
            if (step % 97 && step > 20)
                continue;
            size_t lane = step % FCT_OP_LANES, n = 0, n_below = 0, n_equal = 0;
            for (size_t i = 0; i < d; i++)
                if (!isnan(ring[i * FCT_OP_LANES + lane]))
                    plain[n++] = ring[i * FCT_OP_LANES + lane];
            qsort(plain, n, sizeof *plain, by_value);
            for (size_t i = 0; i < n; i++) {
                assert_true(fct_sorted_tiers_get(&tiers, lane, i) == plain[i]);
                n_below += plain[i] < new[lane];
                n_equal += plain[i] == new[lane];
            }
            for (size_t i = n; i < d; i++)
                assert_true(fct_sorted_tiers_get(&tiers, lane, i) == INFINITY);
            if (isnan(new[lane]))
                continue;
            assert_int_equal(below[lane], n_below);
            assert_int_equal(fct_sorted_tiers_count_below(&tiers, lane, new[lane]), n_below);
            assert_int_equal(fct_sorted_tiers_count_up_to(&tiers, lane, new[lane], n_below),
                             n_below + n_equal);
        }
        free(tiers.heads); /* where the memory begins */
        free(ring);
        free(plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(ranks),
        cmocka_unit_test(quantile_functions_of_ranks),
        cmocka_unit_test(percentiles),
        cmocka_unit_test(median_distances),
        cmocka_unit_test(entropies),
        cmocka_unit_test(rank_correlations),
        cmocka_unit_test(tiers_stay_sorted),
    };
    return cmocka_run_group_tests_name("ops_order", tests, NULL, NULL);
}
