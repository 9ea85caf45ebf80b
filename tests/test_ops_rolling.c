/*
 * Rolling operators against a naive two-pass reference in long double: every window anew from its rows alone. On hostile
 * series, in random cuts, and in every copy of the kernels that this processor can run, bit for bit.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arch.h"
#include "support/ops.h"

enum { N_ROWS = 400, N_CELLS = N_ROWS * FCT_OP_LANES, LONGEST = 500 };

/* The valid rows of a window, the oldest first; and what the reference says of them. */
typedef struct window {
    const fct_op_call *call;
    double d;
    size_t n_rows; /* that exist, valid or not */
    size_t n;
    double a[LONGEST],
        b[LONGEST]; /* of the first and second series; b is lagged where the operator says so */
    double age[LONGEST];
    double now, now_b; /* NaN where missing */
    long double scale; /* what rounding is relative to, where the value itself may cancel */
    bool is_root; /* the square is held against that: of a perfect fit half the digits are left */
} window;

/* ---- Two passes ----------------------------------------------------------------------------------- */

/* About a row of the window first: a level of 1e9 would cost even long double its digits. */
static long double mean_less(const double *x, size_t n, double origin)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (long double)x[i] - origin;
    return sum / n;
}

static long double mean(const double *x, size_t n)
{
    return mean_less(x, n, x[0]) + x[0];
}

static long double products(const double *x, const double *y, size_t n)
{
    long double mean_x = mean_less(x, n, x[0]);
    long double mean_y = mean_less(y, n, y[0]);
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((long double)x[i] - x[0] - mean_x) * ((long double)y[i] - y[0] - mean_y);
    return sum;
}

static long double deviation(const double *x, size_t n)
{
    return sqrtl(products(x, x, n) / (n - 1));
}

static long double largest(const double *x, size_t n)
{
    long double best = x[0];
    for (size_t i = 1; i < n; i++)
        best = x[i] > best ? x[i] : best;
    return best;
}

static long double smallest(const double *x, size_t n)
{
    long double best = x[0];
    for (size_t i = 1; i < n; i++)
        best = x[i] < best ? x[i] : best;
    return best;
}

static long double range(const double *x, size_t n)
{
    return largest(x, n) - smallest(x, n);
}

static long double size_of(const double *x, size_t n)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabsl(x[i]);
    return sum;
}

/* ---- References ----------------------------------------------------------------------------------- */

static long double ref_sum(window *w)
{
    w->scale = size_of(w->a, w->n);
    long double sum = 0;
    for (size_t i = 0; i < w->n; i++)
        sum += w->a[i];
    return sum;
}

static long double ref_mean(window *w)
{
    return ref_sum(w) / w->n;
}

static long double ref_product(window *w)
{
    long double product = 1;
    w->scale = 1e-306L; /* below it a double has fewer digits */
    for (size_t i = 0; i < w->n; i++)
        product *= w->a[i];
    return fabsl(product) > 1.7e308L ? (long double)NAN : product;
}

static long double ref_var(window *w)
{
    return products(w->a, w->a, w->n) / (w->n - 1);
}

static long double ref_std(window *w)
{
    return deviation(w->a, w->n);
}

static long double ref_zscore(window *w)
{
    w->scale = 1;
    return ((long double)w->now - w->a[0] - mean_less(w->a, w->n, w->a[0])) / deviation(w->a, w->n);
}

static long double ref_cv(window *w)
{
    long double m = mean(w->a, w->n);
    long double s = deviation(w->a, w->n);
    w->scale = s / fabsl(m) * (size_of(w->a, w->n) / w->n / fabsl(m));
    return s / fabsl(m);
}

static long double ref_ir(window *w)
{
    long double s = deviation(w->a, w->n);
    w->scale = size_of(w->a, w->n) / w->n / s;
    return mean(w->a, w->n) / s;
}

static long double ref_av_diff(window *w)
{
    w->scale = range(w->a, w->n);
    return (long double)w->now - w->a[0] - mean_less(w->a, w->n, w->a[0]);
}

static long double ref_max(window *w)
{
    return largest(w->a, w->n);
}

static long double ref_min(window *w)
{
    return smallest(w->a, w->n);
}

static long double ref_max_diff(window *w)
{
    return w->now - largest(w->a, w->n);
}

static long double ref_min_diff(window *w)
{
    return w->now - smallest(w->a, w->n);
}

static long double ref_argmax(window *w)
{
    size_t best = 0;
    for (size_t i = 1; i < w->n; i++)
        if (w->a[i] > w->a[best])
            best = i;
    return w->age[best];
}

static long double ref_argmin(window *w)
{
    size_t best = 0;
    for (size_t i = 1; i < w->n; i++)
        if (w->a[i] < w->a[best])
            best = i;
    return w->age[best];
}

static long double ref_argmax_pos(window *w)
{
    return w->n_rows - ref_argmax(w);
}

static long double ref_argmin_pos(window *w)
{
    return w->n_rows - ref_argmin(w);
}

static long double ref_scale(window *w)
{
    long double low = smallest(w->a, w->n);
    return (w->now - low) / (largest(w->a, w->n) - low) + w->call->parameters[1];
}

static long double ref_count(window *w)
{
    long double n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->a[i] != 0;
    return n;
}

static long double ref_cov(window *w)
{
    w->scale = deviation(w->a, w->n) * deviation(w->b, w->n);
    return products(w->a, w->b, w->n) / (w->n - 1);
}

static long double ref_corr(window *w)
{
    w->scale = 1;
    return products(w->a, w->b, w->n) /
           sqrtl(products(w->a, w->a, w->n) * products(w->b, w->b, w->n));
}

static long double ref_rsquare(window *w)
{
    long double r = ref_corr(w);
    return r * r;
}

static long double ref_beta(window *w)
{
    w->scale = deviation(w->a, w->n) / deviation(w->b, w->n);
    return products(w->a, w->b, w->n) / products(w->b, w->b, w->n);
}

static long double ref_alpha(window *w)
{
    long double beta = ref_beta(w);
    w->scale = (size_of(w->a, w->n) + w->scale * size_of(w->b, w->n)) / w->n;
    return mean(w->a, w->n) - beta * mean(w->b, w->n);
}

static long double ref_resid(window *w)
{
    long double beta = ref_beta(w);
    long double x = (long double)w->now_b - w->b[0] - mean_less(w->b, w->n, w->b[0]);
    long double y = (long double)w->now - w->a[0] - mean_less(w->a, w->n, w->a[0]);
    w->scale = range(w->a, w->n) + w->scale * range(w->b, w->n);
    return y - beta * x;
}

/* The same of the first series on the number of the row. */
static void make_trend(window *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->b[i] = w->d - 1 - w->age[i];
    w->now_b = w->d - 1;
}

static long double ref_slope(window *w)
{
    make_trend(w);
    return ref_beta(w);
}

static long double ref_trend_rsquare(window *w)
{
    make_trend(w);
    return ref_rsquare(w);
}

static long double ref_trend_resid(window *w)
{
    make_trend(w);
    return ref_resid(w);
}

static long double squared_errors(window *w)
{
    long double beta = ref_beta(w);
    long double mean_x = mean_less(w->b, w->n, w->b[0]);
    long double mean_y = mean_less(w->a, w->n, w->a[0]);
    long double sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        long double e = (long double)w->a[i] - w->a[0] - mean_y -
                        beta * ((long double)w->b[i] - w->b[0] - mean_x);
        sum += e * e;
    }
    return sum;
}

static long double ref_regression(window *w)
{
    long double syy = products(w->a, w->a, w->n);
    long double sxx = products(w->b, w->b, w->n);
    long double mean_x = mean(w->b, w->n);
    long double sse = squared_errors(w);
    switch ((int)w->call->parameters[2]) {
    case 0:
        return ref_resid(w);
    case 1:
        return ref_alpha(w);
    case 2:
        return ref_beta(w);
    case 3: {
        long double beta = ref_beta(w); /* also for a row without y */
        w->scale = size_of(w->a, w->n) / w->n + w->scale * range(w->b, w->n);
        return mean(w->a, w->n) + beta * ((long double)w->now_b - mean_x);
    }
    case 4:
        w->scale = syy;
        return sse;
    case 5:
        w->scale = 0;
        return syy;
    case 6:
        return ref_rsquare(w);
    case 7:
        w->scale = syy / (w->n - 2.0L);
        return sse / (w->n - 2.0L);
    case 8:
        w->is_root = true;
        w->scale = syy / (w->n - 2.0L) / sxx;
        return sqrtl(sse / (w->n - 2.0L) / sxx);
    default:
        w->is_root = true;
        w->scale = syy / (w->n - 2.0L) * (1.0L / w->n + mean_x * mean_x / sxx);
        return sqrtl(sse / (w->n - 2.0L) * (1.0L / w->n + mean_x * mean_x / sxx));
    }
}

static long double ref_decay_linear(window *w)
{
    long double sum = 0;
    long double weights = 0;
    long double size = 0;
    for (size_t i = 0; i < w->n; i++) {
        long double weight = w->d - w->age[i];
        sum += weight * w->a[i];
        size += weight * fabsl(w->a[i]);
        weights += weight;
    }
    w->scale = size / weights;
    return sum / weights;
}

static long double ref_decay_exp(window *w)
{
    long double sum = 0;
    long double weights = 0;
    long double size = 0;
    for (size_t i = 0; i < w->n; i++) {
        long double weight = powl(w->call->parameters[1], w->age[i]);
        sum += weight * w->a[i];
        size += weight * fabsl(w->a[i]);
        weights += weight;
    }
    w->scale = size / weights;
    return sum / weights;
}

/* ---- Operators, and their parameters beside window and min_periods ------------------------------------ */

static const struct {
    const char *name;
    long double (*value)(window *w);
    double extra[2]; /* between the two */
} operators[] = {
    {"ts_sum", ref_sum, {0}},
    {"ts_mean", ref_mean, {0}},
    {"ts_product", ref_product, {0}},
    {"ts_var", ref_var, {0}},
    {"ts_std", ref_std, {0}},
    {"ts_zscore", ref_zscore, {0}},
    {"ts_cv", ref_cv, {0}},
    {"ts_ir", ref_ir, {0}},
    {"ts_av_diff", ref_av_diff, {0}},
    {"ts_max", ref_max, {0}},
    {"ts_min", ref_min, {0}},
    {"ts_max_diff", ref_max_diff, {0}},
    {"ts_min_diff", ref_min_diff, {0}},
    {"ts_argmax", ref_argmax, {0}},
    {"ts_argmin", ref_argmin, {0}},
    {"ts_argmax_pos", ref_argmax_pos, {0}},
    {"ts_argmin_pos", ref_argmin_pos, {0}},
    {"ts_scale", ref_scale, {0}},
    {"ts_scale", ref_scale, {1.5}},
    {"ts_count", ref_count, {0}},
    {"ts_cov", ref_cov, {0}},
    {"ts_corr", ref_corr, {0}},
    {"ts_beta", ref_beta, {0}},
    {"ts_alpha", ref_alpha, {0}},
    {"ts_resid", ref_resid, {0}},
    {"ts_rsquare", ref_rsquare, {0}},
    {"ts_slope", ref_slope, {0}},
    {"ts_trend_rsquare", ref_trend_rsquare, {0}},
    {"ts_trend_resid", ref_trend_resid, {0}},
    {"ts_regression", ref_regression, {0, 0}},
    {"ts_regression", ref_regression, {1, 1}},
    {"ts_regression", ref_regression, {2, 2}},
    {"ts_regression", ref_regression, {3, 3}},
    {"ts_regression", ref_regression, {30, 4}},
    {"ts_regression", ref_regression, {1, 5}},
    {"ts_regression", ref_regression, {0, 6}},
    {"ts_regression", ref_regression, {600, 7}},
    {"ts_regression", ref_regression, {5, 8}},
    {"ts_regression", ref_regression, {0, 9}},
    {"ts_autocorr", ref_corr, {1}},
    {"ts_autocorr", ref_corr, {7}},
    {"ts_autocorr", ref_corr, {0}},
    {"ts_decay_linear", ref_decay_linear, {0}},
    {"ts_decay_exp", ref_decay_exp, {0.9}},
    {"ts_decay_exp", ref_decay_exp, {0}},
    {"ts_decay_exp", ref_decay_exp, {1}},
};

enum { N_OPERATORS = sizeof operators / sizeof *operators };

static fct_op_call call_of(size_t k, double d, double min_periods)
{
    const fct_op *op =
        fct_op_find(operators[k].name, strlen(operators[k].name), FCT_DIALECT_FACTORIUM);
    double parameters[FCT_OP_MAX_PARAMETERS] = {d, operators[k].extra[0], operators[k].extra[1]};
    parameters[op->n_parameters - 1] = min_periods;
    return test_op_call(operators[k].name, parameters, op->n_parameters);
}

static double lag_of(const fct_op_call *call)
{
    return call->op->look_back == FCT_LOOK_WINDOW_LAG ? call->parameters[1] : 0;
}

/* The window of a row; false where it holds an Inf, of which nothing is said but that it does not last. */
static bool gather(window *w, const double *const *series, size_t row, size_t lane)
{
    bool is_finite = true;
    int64_t lag = (int64_t)lag_of(w->call);
    bool has_second = w->call->n_series > 1 || w->call->op->look_back == FCT_LOOK_WINDOW_LAG;
    const double *second = series[w->call->n_series > 1 ? 1 : 0];
    int64_t first = (int64_t)row - (int64_t)w->d + 1;
    w->n = w->n_rows = 0;
    w->scale = 0;
    w->is_root = false;
    for (int64_t r = first < 0 ? 0 : first; r <= (int64_t)row; r++) {
        w->now = series[0][(size_t)r * FCT_OP_LANES + lane];
        w->now_b = !has_second ? 0
                   : r < lag   ? NAN
                               : second[(size_t)(r - lag) * FCT_OP_LANES + lane];
        w->n_rows++;
        is_finite &= !isinf(w->now) && !isinf(w->now_b);
        if (isnan(w->now) || isnan(w->now_b))
            continue;
        w->a[w->n] = w->now;
        w->b[w->n] = w->now_b;
        w->age[w->n++] = (double)((int64_t)row - r);
    }
    return is_finite;
}

static void check_against_reference(size_t k, const fct_op_call *call, const double *const *series,
                                    const double *out)
{
    static window w;
    w.call = call;
    w.d = call->parameters[0];
    size_t min_periods = (size_t)call->parameters[call->op->n_parameters - 1];
    for (size_t row = 0; row < N_ROWS; row++)
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
            double got = out[row * FCT_OP_LANES + lane];
            if (isinf(got))
                fail_msg("%s: row %zu lane %zu is infinite", call->op->name, row, lane);
            if (!gather(&w, series, row, lane))
                continue;
            long double value = NAN;
            if (w.n >= min_periods && w.n > 0)
                value = operators[k].value(&w);
            bool is_missing = !isfinite((double)value);
            long double power = w.is_root ? fabsl(value) : 1;
            long double error =
                w.is_root ? fabsl((long double)got * got - value * value) : fabsl(got - value);
            if (is_missing ? isnan(got) : error <= 1e-10L * fabsl(value) * power + 1e-13L * w.scale)
                continue;
            fail_msg("%s(%g, %g, %g, %g): row %zu lane %zu is %.17g, not %.17Lg", call->op->name,
                     call->parameters[0], call->parameters[1], call->parameters[2],
                     call->parameters[3], row, lane, got, value);
        }
}

static const double windows[] = {1, 2, 3, 5, 20, 250, LONGEST};
enum { N_WINDOWS = sizeof windows / sizeof *windows };

static void values_are_the_two_pass_ones(void **state)
{
    (void)state;
    double *x = test_series(1, N_ROWS);
    double *y = test_series(2, N_ROWS);
    double *out = malloc(N_CELLS * sizeof *out);
    const double *const series[] = {x, y};
    for (size_t k = 0; k < N_OPERATORS; k++)
        for (size_t i = 0; i < N_WINDOWS; i++) {
            const double d = windows[i];
            const double periods[] = {d, 1, floor(d / 2) + 1};
            for (size_t j = 0; j < (d > 64 ? 2 : 3); j++) {
                fct_op_call call = call_of(k, d, periods[j]);
                test_op_roll(&call, series, N_ROWS, 0, out);
                check_against_reference(k, &call, series, out);
            }
        }
    free(x);
    free(y);
    free(out);
}

/* ---- The same bits in every cut and every copy -------------------------------------------------------- */

static void check_bits(const fct_op_call *call, const double *const *series)
{
    double *whole = malloc(N_CELLS * sizeof *whole);
    double *other = malloc(N_CELLS * sizeof *other);
    fct_arch_limit(FCT_ARCH_BASE);
    test_op_roll(call, series, N_ROWS, 0, whole);
    for (fct_arch arch = FCT_ARCH_BASE; arch <= FCT_ARCH_V4; arch++) {
        fct_arch_limit(arch);
        test_op_roll(call, series, N_ROWS, 7 + arch, other);
        test_op_assert_same(call, whole, other, N_CELLS);
        test_op_roll(call, series, N_ROWS, 0, other);
        test_op_assert_same(call, whole, other, N_CELLS);
    }
    free(whole);
    free(other);
}

static void bits_are_the_same_in_every_cut_and_copy(void **state)
{
    (void)state;
    double *x = test_series(3, N_ROWS);
    double *y = test_series(4, N_ROWS);
    const double *const series[] = {x, y};
    for (size_t k = 0; k < N_OPERATORS; k++)
        for (size_t i = 0; i < N_WINDOWS; i++) {
            fct_op_call strict = call_of(k, windows[i], windows[i]);
            fct_op_call counting = call_of(k, windows[i], 1);
            check_bits(&strict, series);
            check_bits(&counting, series);
        }
    static const char *const others[] = {"ts_shift",       "ts_delta",      "ts_returns",
                                         "ts_log_returns", "ts_count_nans", "ts_ewm_mean",
                                         "ts_ewm_std"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        for (size_t i = 0; i < N_WINDOWS; i++) {
            fct_op_call call = test_op_call(others[k], &windows[i], 1);
            check_bits(&call, series);
        }
    free(x);
    free(y);
}

/* ---- Long windows: what has left leaves nothing ------------------------------------------------------- */

static void spikes_that_have_left_leave_nothing(void **state)
{
    (void)state;
    enum { N = 30000, D = 9000, FIRST = 20000 };
    double *x = test_series(5, N);
    double *y = test_series(6, N);
    double *out = malloc(N * FCT_OP_LANES * sizeof *out);
    const double *const series[] = {x, y};
    for (size_t i = 0; i < FIRST * FCT_OP_LANES;
         i += 3) { /* all that the checked windows do not see */
        x[i] = i % 2 ? 1e12 : -1e12;
        y[i] = i % 5 ? NAN : (double)INFINITY;
    }
    static const char *const names[] = {"ts_std",  "ts_zscore", "ts_mean",
                                        "ts_corr", "ts_slope",  "ts_decay_linear"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const double d = D;
        fct_op_call call = test_op_call(names[k], &d, 1);
        test_op_roll(&call, series, N, 0, out);
        static const size_t lanes[] = {TEST_LANE_NORMAL, TEST_LANE_LEVEL, TEST_LANE_WALK,
                                       TEST_LANE_SPIKES};
        for (size_t l = 0; l < 4; l++)
            for (size_t row = FIRST + D - 1; row < N; row += 97) {
                static double a[D], b[D];
                for (size_t i = 0; i < D; i++) {
                    a[i] = x[(row - D + 1 + i) * FCT_OP_LANES + lanes[l]];
                    b[i] = y[(row - D + 1 + i) * FCT_OP_LANES + lanes[l]];
                }
                long double s = deviation(a, D);
                long double centred = (long double)a[D - 1] - a[0] - mean_less(a, D, a[0]);
                long double value = 0;
                long double scale = 0;
                switch (k) {
                case 0:
                    value = s;
                    break;
                case 1:
                    value = centred / s;
                    scale = 1;
                    break;
                case 2:
                    value = mean(a, D);
                    scale = size_of(a, D) / D;
                    break;
                case 3:
                    value = products(a, b, D) / sqrtl(products(a, a, D) * products(b, b, D));
                    scale = 1;
                    break;
                case 4:
                    for (size_t i = 0; i < D; i++)
                        b[i] = (double)i;
                    value = products(a, b, D) / products(b, b, D);
                    scale = s / deviation(b, D);
                    break;
                default:
                    for (size_t i = 0; i < D; i++)
                        value += (long double)(i + 1) * a[i] / ((long double)D * (D + 1) / 2);
                    scale = size_of(a, D) / D;
                }
                double got = out[row * FCT_OP_LANES + lanes[l]];
                if (!(fabsl(got - value) <= 1e-10L * fabsl(value) + 1e-12L * scale))
                    fail_msg("%s: row %zu lane %zu is %.17g, not %.17Lg", names[k], row, lanes[l],
                             got, value);
            }
    }
    free(x);
    free(y);
    free(out);
}

/* ---- Flat windows: a variance of exactly 0 --------------------------------------------------------------- */

static void flat_windows_have_no_variance(void **state)
{
    (void)state;
    static const double values[] = {0.1, 1e9 + 0.01, 1e-8, -1.0 / 3, 0, 1e300, 1e12, 5e-324};
    enum { N = 100 };
    double x[N * FCT_OP_LANES];
    double y[N * FCT_OP_LANES];
    double out[N * FCT_OP_LANES];
    uint64_t seed = 1;
    for (size_t i = 0; i < N * FCT_OP_LANES; i++) {
        x[i] = i < 10 * FCT_OP_LANES ? (double)test_random(&seed, 100) : values[i % FCT_OP_LANES];
        y[i] = (double)test_random(&seed, 100);
    }
    const double *const flat_second[] = {y, x};
    const double *const flat_first[] = {x, y};
    for (double periods = 1; periods <= 17; periods += 16) {
        const double parameters[] = {17, periods};
        static const char *const missing[] = {"ts_zscore",  "ts_corr",          "ts_ir",
                                              "ts_rsquare", "ts_trend_rsquare", "ts_beta",
                                              "ts_alpha",   "ts_resid"};
        for (size_t k = 0; k < sizeof missing / sizeof *missing; k++) {
            fct_op_call call = test_op_call(missing[k], parameters, 2);
            test_op_roll(&call, k < 5 ? flat_first : flat_second, N, 0, out);
            for (size_t i = 26 * FCT_OP_LANES; i < N * FCT_OP_LANES; i++)
                if (!isnan(out[i]))
                    fail_msg("%s: cell %zu is %g", missing[k], i, out[i]);
        }
        static const char *const zero[] = {"ts_var", "ts_std", "ts_cov", "ts_slope", "ts_av_diff"};
        for (size_t k = 0; k < sizeof zero / sizeof *zero; k++) {
            fct_op_call call = test_op_call(zero[k], parameters, 2);
            test_op_roll(&call, flat_first, N, 0, out);
            for (size_t i = 26 * FCT_OP_LANES; i < N * FCT_OP_LANES; i++)
                if (!(out[i] == 0))
                    fail_msg("%s: cell %zu is %g", zero[k], i, out[i]);
        }
    }
}

/* ---- The past ---------------------------------------------------------------------------------------------- */

/* Without rounding, so that their ranks are ties. */
static void correlations_of_two_rows_are_one(void **state)
{
    (void)state;
    enum { N = 500 };
    double *x = test_series(61, N);
    double *y = test_series(62, N);
    double *out = calloc(N * FCT_OP_LANES, sizeof *out);
    assert_non_null(out);
    const double *const series[] = {x, y};
    const double d = 2;
    fct_op_call call = test_op_call("ts_corr", &d, 1);
    test_op_roll(&call, series, N, 0, out);
    size_t n_values = 0;
    for (size_t i = 0; i < N * FCT_OP_LANES; i++) {
        assert_true(isnan(out[i]) || fabs(out[i]) == 1);
        n_values += isnan(out[i]) ? 0 : 1;
    }
    assert_true(n_values > N * FCT_OP_LANES / 2);
    free(x);
    free(y);
    free(out);
}

static void the_past_is_d_rows_ago(void **state)
{
    (void)state;
    double *x = test_series(8, N_ROWS);
    double *out = malloc(N_CELLS * sizeof *out);
    const double *const series[] = {x};
    static const char *const names[] = {"ts_shift", "ts_delta", "ts_returns", "ts_log_returns"};
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < N_WINDOWS; i++) {
            fct_op_call call = test_op_call(names[k], &windows[i], 1);
            size_t d = (size_t)windows[i];
            test_op_roll(&call, series, N_ROWS, 9 + i, out);
            for (size_t c = 0; c < N_CELLS; c++) {
                double past = c < d * FCT_OP_LANES ? NAN : x[c - d * FCT_OP_LANES];
                double want = k == 0   ? past
                              : k == 1 ? x[c] - past
                              : k == 2 ? x[c] / past - 1
                                       : log(x[c] / past);
                want = isinf(want) ? NAN : want;
                if (!(out[c] == want || (isnan(out[c]) && isnan(want))))
                    fail_msg("%s(%zu): cell %zu is %g, not %g", names[k], d, c, out[c], want);
            }
        }
    free(x);
    free(out);
}

static void missing_rows_are_counted(void **state)
{
    (void)state;
    double *x = test_series(10, N_ROWS);
    double *out = malloc(N_CELLS * sizeof *out);
    const double *const series[] = {x};
    for (size_t i = 0; i < N_WINDOWS; i++) {
        fct_op_call call = test_op_call("ts_count_nans", &windows[i], 1);
        size_t d = (size_t)windows[i];
        test_op_roll(&call, series, N_ROWS, 0, out);
        for (size_t c = 0; c < N_CELLS; c++) {
            double n = 0;
            for (size_t age = 0; age < d && age <= c / FCT_OP_LANES; age++)
                n += isnan(x[c - age * FCT_OP_LANES]) ? 1 : 0;
            if (c / FCT_OP_LANES + 1 < d)
                assert_true(isnan(out[c]));
            else
                assert_true(out[c] == n);
        }
    }
    free(x);
    free(out);
}

/* ---- Exponential weights: the sums that the recurrences stand for ----------------------------------------- */

static void exponential_moments_are_weighted_sums(void **state)
{
    (void)state;
    double *x = test_series(11, N_ROWS);
    double *mean_out = malloc(N_CELLS * sizeof *mean_out);
    double *std_out = malloc(N_CELLS * sizeof *std_out);
    const double *const series[] = {x};
    for (size_t c = 0; c < N_CELLS; c++)
        if (isinf(x[c]))
            x[c] = NAN;
    static const double spans[] = {1, 2, 10, 1000};
    for (size_t i = 0; i < 4; i++) {
        fct_op_call mean_call = test_op_call("ts_ewm_mean", &spans[i], 1);
        fct_op_call std_call = test_op_call("ts_ewm_std", &spans[i], 1);
        test_op_roll(&mean_call, series, N_ROWS, 0, mean_out);
        test_op_roll(&std_call, series, N_ROWS, 0, std_out);
        for (size_t c = 0; c < N_CELLS; c++) {
            size_t lane = c % FCT_OP_LANES;
            long double keep = 1 - 2.0L / (spans[i] + 1);
            long double weight = 1;
            long double weights = 0;
            long double cross = 0; /* (sum of weights)^2 - (sum of their squares) */
            long double sum = 0;
            long double size = 0;
            long double about = 0;
            double origin = NAN; /* the newest that is valid; all weights are relative to its */
            for (size_t row = c / FCT_OP_LANES + 1; row-- > 0; weight *= keep) {
                double value = x[row * FCT_OP_LANES + lane];
                if (isnan(value))
                    continue;
                if (isnan(origin)) {
                    origin = value;
                    weight = 1;
                }
                cross += 2 * weight * weights;
                weights += weight;
                sum += weight * ((long double)value - origin);
                size += weight * fabsl(value);
            }
            if (isnan(origin)) {
                assert_true(isnan(mean_out[c]) && isnan(std_out[c]));
                continue;
            }
            long double centre = sum / weights;
            bool is_newest = true;
            for (size_t row = c / FCT_OP_LANES + 1; row-- > 0; weight *= keep) {
                double value = x[row * FCT_OP_LANES + lane];
                if (isnan(value))
                    continue;
                weight = is_newest ? 1 : weight;
                is_newest = false;
                long double distance = (long double)value - origin - centre;
                about += weight * distance * distance;
            }
            long double want = sqrtl(about * weights / cross);
            if (!(fabsl(mean_out[c] - (origin + centre)) <=
                  1e-10L * fabsl(origin + centre) + 1e-13L * size / weights))
                fail_msg("ts_ewm_mean(%g): cell %zu is %.17g, not %.17Lg", spans[i], c, mean_out[c],
                         origin + centre);
            if (!(cross > 0) ? !isnan(std_out[c]) : !(fabsl(std_out[c] - want) <= 1e-10L * want))
                fail_msg("ts_ewm_std(%g): cell %zu is %.17g, not %.17Lg", spans[i], c, std_out[c],
                         want);
        }
    }
    free(x);
    free(mean_out);
    free(std_out);
}

/* ---- By hand ---------------------------------------------------------------------------------------------- */

enum { N_HAND = 6 };
static const double hand_x[N_HAND] = {3, 1, 2, 2, NAN, 5};
static const double hand_y[N_HAND] = {1, 2, 4, 3, 1, 0};

static const struct {
    const char *name;
    double parameters[3];
    double want[N_HAND];
} by_hand[] = {
    {"ts_sum", {3, 3}, {NAN, NAN, 6, 5, NAN, NAN}},
    {"ts_sum", {3, 1}, {3, 4, 6, 5, 4, 7}},
    {"ts_mean", {2, 1}, {3, 2, 1.5, 2, 2, 5}},
    {"ts_product", {3, 2}, {NAN, 3, 6, 4, 4, 10}},
    {"ts_var", {3, 2}, {NAN, 2, 1, 1.0 / 3, 0, 4.5}},
    {"ts_std", {3, 3}, {NAN, NAN, 1, 0.5773502691896258, NAN, NAN}},
    {"ts_max", {3, 1}, {3, 3, 3, 2, 2, 5}},
    {"ts_min", {3, 1}, {3, 1, 1, 1, 2, 2}},
    {"ts_argmax", {3, 1}, {0, 1, 2, 1, 2, 0}},
    {"ts_argmin", {3, 1}, {0, 0, 1, 2, 2, 2}},
    {"ts_argmax_pos", {3, 3}, {NAN, NAN, 1, 2, NAN, NAN}},
    {"ts_argmin_pos", {3, 1}, {1, 2, 2, 1, 1, 1}},
    {"ts_scale", {3, 10, 3}, {NAN, NAN, 10.5, 11, NAN, NAN}},
    {"ts_zscore", {3, 3}, {NAN, NAN, 0, 0.5773502691896258, NAN, NAN}},
    {"ts_cv", {3, 3}, {NAN, NAN, 0.5, 0.34641016151377546, NAN, NAN}},
    {"ts_ir", {3, 3}, {NAN, NAN, 2, 2.886751345948129, NAN, NAN}},
    {"ts_av_diff", {3, 1}, {0, -1, 0, 1.0 / 3, NAN, 1.5}},
    {"ts_max_diff", {3, 1}, {0, -2, -1, 0, NAN, 0}},
    {"ts_min_diff", {3, 1}, {0, 0, 1, 1, NAN, 3}},
    {"ts_count", {2, 1}, {1, 2, 2, 2, 1, 1}},
    {"ts_count_nans", {2}, {NAN, 0, 0, 0, 1, 1}},
    {"ts_cov", {3, 3}, {NAN, NAN, -0.5, 0.5, NAN, NAN}},
    {"ts_corr", {3, 3}, {NAN, NAN, -0.3273268353539886, 0.8660254037844387, NAN, NAN}},
    {"ts_beta", {3, 3}, {NAN, NAN, -3.0 / 14, 0.5, NAN, NAN}},
    {"ts_alpha", {3, 3}, {NAN, NAN, 2.5, 1.0 / 6, NAN, NAN}},
    {"ts_resid", {3, 3}, {NAN, NAN, 5.0 / 14, 1.0 / 3, NAN, NAN}},
    {"ts_rsquare", {3, 3}, {NAN, NAN, 3.0 / 28, 0.75, NAN, NAN}},
    {"ts_slope", {3, 3}, {NAN, NAN, -0.5, 0.5, NAN, NAN}},
    {"ts_slope", {3, 2}, {NAN, -2, -0.5, 0.5, 0, 1.5}},
    {"ts_trend_rsquare", {3, 3}, {NAN, NAN, 0.25, 0.75, NAN, NAN}},
    {"ts_trend_resid", {3, 3}, {NAN, NAN, 0.5, -1.0 / 6, NAN, NAN}},
    {"ts_decay_linear", {3, 3}, {NAN, NAN, 11.0 / 6, 11.0 / 6, NAN, NAN}},
    {"ts_decay_linear", {3, 1}, {3, 1.8, 11.0 / 6, 11.0 / 6, 2, 4.25}},
    {"ts_decay_exp", {3, 0.5, 3}, {NAN, NAN, 13.0 / 7, 13.0 / 7, NAN, NAN}},
    {"ts_decay_exp", {2, 0.5, 1}, {3, 5.0 / 3, 5.0 / 3, 2, 2, 5}},
    {"ts_ewm_mean", {3}, {3, 5.0 / 3, 13.0 / 7, 29.0 / 15, 29.0 / 15, 189.0 / 47}},
    {"ts_shift", {2}, {NAN, NAN, 3, 1, 2, 2}},
    {"ts_delta", {1}, {NAN, -2, 1, 0, NAN, NAN}},
    {"ts_returns", {2}, {NAN, NAN, -1.0 / 3, 1, NAN, 1.5}},
    {"ts_log_returns",
     {2},
     {NAN, NAN, -0.4054651081081644, 0.6931471805599453, NAN, 0.9162907318741551}},
    {"ts_regression", {3, 0, 3}, {NAN, NAN, 2.5 - 4 * 3.0 / 14, 5.0 / 3, NAN, NAN}},
    {"ts_autocorr", {2, 1, 2}, {NAN, NAN, -1, NAN, NAN, NAN}},
};

static void values_are_those_by_hand(void **state)
{
    (void)state;
    double x[N_HAND * FCT_OP_LANES];
    double y[N_HAND * FCT_OP_LANES];
    double out[N_HAND * FCT_OP_LANES];
    const double *const series[] = {x, y};
    for (size_t i = 0; i < N_HAND * FCT_OP_LANES; i++) {
        x[i] = hand_x[i / FCT_OP_LANES];
        y[i] = hand_y[i / FCT_OP_LANES];
    }
    for (size_t k = 0; k < sizeof by_hand / sizeof *by_hand; k++) {
        const fct_op *op =
            fct_op_find(by_hand[k].name, strlen(by_hand[k].name), FCT_DIALECT_FACTORIUM);
        fct_op_call call = test_op_call(by_hand[k].name, by_hand[k].parameters,
                                        op->n_parameters < 3 ? op->n_parameters : 3);
        test_op_roll(&call, series, N_HAND, 0, out);
        for (size_t i = 0; i < N_HAND * FCT_OP_LANES; i++) {
            double want = by_hand[k].want[i / FCT_OP_LANES];
            if (isnan(want) ? !isnan(out[i])
                            : !(fabs(out[i] - want) <= 4e-16 * fmax(1, fabs(want))))
                fail_msg("%s (line %zu): row %zu is %.17g, not %.17g", by_hand[k].name, k,
                         i / FCT_OP_LANES, out[i], want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_by_hand),
        cmocka_unit_test(values_are_the_two_pass_ones),
        cmocka_unit_test(bits_are_the_same_in_every_cut_and_copy),
        cmocka_unit_test(spikes_that_have_left_leave_nothing),
        cmocka_unit_test(flat_windows_have_no_variance),
        cmocka_unit_test(correlations_of_two_rows_are_one),
        cmocka_unit_test(the_past_is_d_rows_ago),
        cmocka_unit_test(missing_rows_are_counted),
        cmocka_unit_test(exponential_moments_are_weighted_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
