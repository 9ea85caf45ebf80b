/* Evaluation: kernels against plain loops, threads, calibration of t-values, and input that gives nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/arrow.h"
#include "eval/evaluation.h"
#include "panel/panel.h"
#include "support/panel.h"

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller. */
static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* ---- Kernels ---------------------------------------------------------------------------------- */

/* Doubled average ranks by counting. */
static void count_ranks(const double *x, const bool *used, size_t n, uint32_t *ranks)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t below = 0;
        uint32_t same = 0;
        for (size_t k = 0; k < n; k++) {
            below += used[k] && x[k] < x[i];
            same += used[k] && x[k] == x[i];
        }
        ranks[i] = used[i] ? 2 * below + same + 1 : 0;
    }
}

static void fill_hostile(double *x, size_t n, int kind)
{
    for (size_t i = 0; i < n; i++) {
        double u = uniform();
        x[i] = kind == 0   ? normal()
               : kind == 1 ? floor(u * 5)           /* ties */
               : kind == 2 ? 1 + u * 1e-9           /* equal in the upper half of their bits */
               : kind == 3 ? (u < 0.5 ? -0.0 : 0.0) /* one value */
               : kind == 4 ? (u - 0.5) * pow(10, u * 600 - 300)
                           : (u < 0.3   ? NAN
                              : u < 0.6 ? -u * 1e-310
                                        : u);
        if (kind != 3 && uniform() < 0.1)
            x[i] = NAN;
    }
}

static void test_ranks(void **state)
{
    (void)state;
    enum { MOST = 300 };
    static double x[MOST];
    void *keys = fct_rank_scratch_for(MOST);
    assert_non_null(keys);
    static uint32_t order[MOST], ranks[MOST], expected[MOST], also[MOST];
    static bool used[MOST];
    for (int round = 0; round < 300; round++) {
        size_t n = (size_t)(uniform() * MOST);
        fill_hostile(x, n, round % 6);
        size_t n_valid = fct_rank_order(x, n, keys, order);
        size_t n_expected = 0;
        for (size_t i = 0; i < n; i++) {
            used[i] = !isnan(x[i]);
            also[i] = uniform() < 0.7;
            n_expected += used[i];
        }
        assert_int_equal(n_valid, n_expected);
        for (size_t i = 1; i < n_valid; i++)
            assert_true(x[order[i - 1]] < x[order[i]] ||
                        (x[order[i - 1]] == x[order[i]] && order[i - 1] < order[i]));
        fct_rank_doubled(x, n, order, n_valid, NULL, ranks);
        count_ranks(x, used, n, expected);
        assert_memory_equal(ranks, expected, n * sizeof *ranks);
        for (size_t i = 0; i < n; i++)
            used[i] = used[i] && also[i];
        fct_rank_doubled(x, n, order, n_valid, also, ranks);
        count_ranks(x, used, n, expected);
        assert_memory_equal(ranks, expected, n * sizeof *ranks);
    }
    free(keys);
}

/* The right-closed bin: as many edges lie strictly below the value as the label says, less one. */
static void test_quantiles(void **state)
{
    (void)state;
    enum { MOST = 60 };
    double x[MOST];
    void *keys = fct_rank_scratch_for(MOST);
    assert_non_null(keys);
    uint32_t order[MOST];
    uint8_t labels[MOST];
    for (int round = 0; round < 200; round++) {
        size_t n = 2 + (size_t)(uniform() * (MOST - 2));
        unsigned n_quantiles = 2 + (unsigned)(uniform() * 9);
        fill_hostile(x, n, round % 2);
        size_t n_valid = fct_rank_order(x, n, keys, order);
        fct_rank_quantiles(x, n, order, n_valid, n_quantiles, labels);
        for (size_t i = 0; i < n; i++) {
            if (isnan(x[i])) {
                assert_int_equal(labels[i], 0);
                continue;
            }
            unsigned label = 1;
            for (unsigned k = 1; k < n_quantiles; k++) {
                /* The edge k / n_quantiles: x lies above it when it is above the value at its floor. */
                size_t floor_at = k * (n_valid - 1) / n_quantiles;
                label += x[i] > x[order[floor_at]];
            }
            assert_int_equal(labels[i], label);
        }
    }
    free(keys);
}

static double plain_pearson(const double *x, const double *y, size_t n)
{
    long double mx = 0;
    long double my = 0;
    long double xy = 0;
    long double xx = 0;
    long double yy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= (long double)n;
    my /= (long double)n;
    for (size_t i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
    }
    return (double)(xy / sqrtl(xx * yy));
}

static void test_correlations(void **state)
{
    (void)state;
    double x[77];
    double y[77];
    for (size_t n = 3; n <= 77; n++) {
        for (size_t i = 0; i < n; i++) {
            x[i] = 1e6 + normal();
            y[i] = normal() + x[i] - 1e6;
        }
        assert_true(fabs(fct_pearson(x, y, n) - plain_pearson(x, y, n)) < 1e-9);
    }
    assert_true(isnan(fct_pearson(x, y, 2)));
    for (size_t i = 0; i < 77; i++)
        x[i] = 0.1;
    assert_true(isnan(fct_pearson(x, y, 77)));
    const uint32_t up[] = {2, 4, 6, 8, 0};
    const uint32_t down[] = {8, 6, 4, 2, 0};
    const uint32_t flat[] = {5, 5, 5, 5, 0};
    assert_true(fct_rank_correlation(up, up, 5, 4) == 1);
    assert_true(fct_rank_correlation(up, down, 5, 4) == -1);
    assert_true(isnan(fct_rank_correlation(up, flat, 5, 4)));
    assert_true(fct_rank_autocorrelation(up, down, 5) == -1);
    assert_true(isnan(fct_rank_autocorrelation(up, flat, 5)));
}

static void test_student(void **state)
{
    (void)state;
    /* Closed forms: 1 degree is Cauchy's distribution; 2 degrees 1 - t / sqrt(t^2 + 2). */
    for (double t = 0; t < 30; t += 0.37) {
        assert_true(fabs(fct_student_p(t, 1) - (1 - 2 * atan(t) / 3.141592653589793)) < 1e-14);
        assert_true(fabs(fct_student_p(-t, 2) - (1 - t / sqrt(t * t + 2))) < 1e-14);
        assert_true(fabs(fct_student_p(t, 1e9) - erfc(t / sqrt(2))) < 1e-8);
    }
    assert_true(isnan(fct_student_p(NAN, 5)));
    assert_true(isnan(fct_student_p(1, 0)));
    assert_true(fct_student_p(INFINITY, 5) == 0);
}

static void test_series(void **state)
{
    (void)state;
    const double x[] = {1, NAN, 2, 4, -1};
    double scratch[5];
    fct_series_summary s = fct_series_summarise(x, 5, 1, scratch);
    assert_int_equal(s.n, 4);
    assert_true(s.mean == 1.5 && s.positive == 0.75);
    assert_true(fabs(s.std - sqrt(13.0 / 3)) < 1e-15);
    /* Deviations -0.5, 0.5, 2.5, -2.5: (13 + 2 * 0.5 * (-0.25 + 1.25 - 6.25)) / 16. */
    assert_true(fabs(s.t_nw - 1.5 / sqrt((13 - 5.25) / 16)) < 1e-14);
    const double flat[] = {0.1, 0.1, 0.1};
    s = fct_series_summarise(flat, 3, 0, scratch);
    assert_true(s.std == 0 && isnan(s.t) && isnan(s.t_nw));
    s = fct_series_summarise(NULL, 0, 0, scratch);
    assert_true(s.n == 0 && isnan(s.mean));
    const double path[] = {0.1, 9, -0.5, 9, NAN, 9, 1};
    assert_true(fabs(fct_compound(path, 7, 2, NULL) - 0.1) < 1e-15);
}

/* ---- The whole -------------------------------------------------------------------------------- */

static void assert_same_table(const fct_evaluation *a, const fct_evaluation *b, const char *name)
{
    struct ArrowArrayStream streams[2];
    struct ArrowArray batches[2];
    assert_int_equal(fct_evaluation_table(a, name, &streams[0], NULL), FCT_OK);
    assert_int_equal(fct_evaluation_table(b, name, &streams[1], NULL), FCT_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(streams[i].get_next(&streams[i], &batches[i]), 0);
    assert_true(batches[0].length > 0);
    assert_int_equal(batches[0].length, batches[1].length);
    for (int64_t c = 0; c < batches[0].n_children; c++) {
        const struct ArrowArray *x = batches[0].children[c];
        const struct ArrowArray *y = batches[1].children[c];
        size_t n_bytes = x->n_buffers == 3 ? (size_t)(x->length + 1) * 4 : (size_t)x->length * 8;
        if (strcmp(name, "correlation") != 0 || c != 4) /* truth values are bits */
            assert_memory_equal(x->buffers[1], y->buffers[1], n_bytes);
    }
    for (int i = 0; i < 2; i++) {
        batches[i].release(&batches[i]);
        streams[i].release(&streams[i]);
    }
}

static const char *const columns[] = {"close", "x", "y"};

/* Part of a panel: some of its columns. */
static fct_panel *take(const fct_panel *panel, size_t first, size_t n)
{
    fct_panel *part;
    const fct_panel_selection selection = {.columns = columns + first, .n_columns = n};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &part, NULL), FCT_OK);
    return part;
}

static void test_threads(void **state)
{
    (void)state;
    fct_panel *all = test_panel_make(columns, 3, 61, NULL, 300);
    fct_panel *factors = take(all, 1, 2);
    const fct_evaluate_request request = {
        .with_series = true,
        .with_symbols = true,
        .with_correlation = true,
        .n_decay = 4,
        .events_before = 2,
        .events_after = 3,
    };
    fct_evaluation *one;
    assert_int_equal(fct_evaluate(all, factors, &request, &(fct_run){.n_threads = 1}, &one, NULL),
                     FCT_OK);
    for (int n_threads = 2; n_threads < 8; n_threads += 3) {
        fct_evaluation *more;
        assert_int_equal(
            fct_evaluate(all, factors, &request, &(fct_run){.n_threads = n_threads}, &more, NULL),
            FCT_OK);
        for (size_t i = 0; fct_evaluation_table_name(i); i++)
            assert_same_table(one, more, fct_evaluation_table_name(i));
        fct_evaluation_free(more);
    }
    struct ArrowArrayStream stream;
    fct_error err;
    assert_int_equal(fct_evaluation_table(one, "nothing", &stream, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "quantile_returns"));
    fct_evaluation_free(one);
    fct_panel_free(factors);
    fct_panel_free(all);
}

/* ---- Calibration ------------------------------------------------------------------------------ */

/* Prices of a random walk; a factor that says nothing, new at each time or slow. */
static void fill_random(fct_panel *panel, bool slow)
{
    for (size_t s = 0; s < panel->n_symbols; s++) {
        double price = 100;
        double x = normal();
        for (int64_t r = 0; r < panel->n_rows; r++) {
            size_t at = fct_panel_cell_index(panel, s, r);
            price *= exp(0.02 * normal());
            x = slow ? 0.95 * x + sqrt(1 - 0.95 * 0.95) * normal() : normal();
            panel->columns[0].cells[at] = price;
            panel->columns[1].cells[at] = x;
        }
    }
}

enum { N_SEEDS = 1000, N_WALKS = 12, N_WALK_TIMES = 160 };

/* The t-values of factors without information: plain, and Newey and West's. */
typedef struct t_values {
    double plain[N_SEEDS], newey_west[N_SEEDS];
} t_values;

static void collect(bool slow, int64_t horizon, t_values *out)
{
    fct_panel *panel = test_panel_make(columns, 2, N_WALKS, NULL, N_WALK_TIMES);
    for (int i = 0; i < N_SEEDS; i++) {
        fill_random(panel, slow);
        fct_panel *factors = take(panel, 1, 1);
        fct_evaluation *e;
        const fct_evaluate_request request = {.horizons = &horizon, .n_horizons = 1};
        assert_int_equal(
            fct_evaluate(panel, factors, &request, &(fct_run){.n_threads = 1}, &e, NULL), FCT_OK);
        out->plain[i] = e->factors[0].horizons[0].ic.t;
        out->newey_west[i] = e->factors[0].horizons[0].ic.t_nw;
        fct_evaluation_free(e);
        fct_panel_free(factors);
    }
    fct_panel_free(panel);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/*
 * Kolmogorov and Smirnov's largest distance of the values from a normal distribution of deviation `deviation`, times the root of
 * their number: above 1.95 once in 1,000 draws of such values.
 */
static double distance(double t[N_SEEDS], double deviation)
{
    double most = 0;
    qsort(t, N_SEEDS, sizeof *t, by_value);
    for (int i = 0; i < N_SEEDS; i++) {
        double share = erfc(-t[i] / deviation / sqrt(2)) / 2;
        most = fmax(most, fmax((i + 1.0) / N_SEEDS - share, share - (double)i / N_SEEDS));
    }
    return most * sqrt(N_SEEDS);
}

/*
 * What t-values of ICs that depend on each other come to. With autocorrelations r_l below the horizon h, and Newey and West's weights
 * w_l = 1 - l / h, the mean's variance goes with 1 + 2 sum r_l; the plain one has 1, Newey and West's 1 + 2 sum w_l r_l. Here r_l is
 * w_l (overlap of returns) times that of the factor's ranks, which is 6 / pi asin(0.95^l / 2). What h - 1 lags of n values
 * lose to their mean is added.
 */
static void find_deviations(int64_t horizon, double *plain, double *newey_west)
{
    double whole = 1;
    double weighted = 1;
    for (int64_t l = 1; l < horizon; l++) {
        double w = 1 - (double)l / (double)horizon;
        double r = w * 6 / 3.141592653589793 * asin(pow(0.95, (double)l) / 2);
        whole += 2 * r;
        weighted += 2 * w * r;
    }
    double lost = whole * (double)horizon / (N_WALK_TIMES - (double)horizon);
    *plain = sqrt(whole);
    *newey_west = sqrt(whole / (weighted - lost));
}

/* The mean of the squares has a deviation of 0.045; four of them are allowed. */
static void assert_distributed(double t[N_SEEDS], double deviation)
{
    double squares = 0;
    for (int i = 0; i < N_SEEDS; i++)
        squares += t[i] * t[i] / N_SEEDS;
    assert_true(fabs(squares / (deviation * deviation) - 1) < 0.18);
    assert_true(distance(t, deviation) < 1.95);
}

static void test_calibration(void **state)
{
    (void)state;
    t_values *t = malloc(sizeof *t);
    assert_non_null(t);
    double plain;
    double newey_west;
    collect(false, 1, t);
    assert_distributed(t->plain, 1);
    assert_distributed(t->newey_west, 1);
    /* Returns overlap, but a factor that is new each time has ICs that do not depend on each other. */
    collect(false, 5, t);
    assert_distributed(t->plain, 1);
    assert_distributed(t->newey_west, sqrt(1 / (1 - 5.0 / N_WALK_TIMES)));
    /* A slow factor with returns that overlap: the plain t is far too large, Newey and West's somewhat, both by what theory says. */
    collect(true, 5, t);
    find_deviations(5, &plain, &newey_west);
    assert_true(plain > 1.9 && newey_west > 1.1 && newey_west < 1.3);
    assert_distributed(t->plain, plain);
    assert_distributed(t->newey_west, newey_west);
    assert_true(distance(t->plain, 1) > 5);
    free(t);
}

/* ---- Input that gives nothing, or an error ---------------------------------------------------- */

static void set_column(fct_panel *panel, size_t column, double value)
{
    for (size_t i = 0; i < fct_panel_n_cells(panel); i++)
        panel->columns[column].cells[i] = value;
}

static void keep_message(fct_message_level level, const char *text, void *user)
{
    char *kept = user;
    assert_int_equal(level, FCT_MESSAGE_WARNING);
    snprintf(kept, 500, "%s", text);
}

/* The evaluation of column x alone, which succeeds, and its warning. */
static fct_evaluation *evaluate(fct_panel *panel, const fct_evaluate_request *request,
                                char message[500])
{
    fct_evaluation *e;
    fct_error err = {0};
    fct_panel *factors = take(panel, 1, 1);
    const fct_run run = {.on_message = keep_message, .user = message};
    message[0] = '\0';
    if (fct_evaluate(panel, factors, request, &run, &e, &err) != FCT_OK)
        fail_msg("%s", err.message);
    fct_panel_free(factors);
    return e;
}

static void test_empty_answers(void **state)
{
    (void)state;
    char message[500];
    fct_panel *panel = test_panel_make(columns, 2, 10, NULL, 60);
    set_column(panel, 1, 0.1);
    fct_evaluation *e = evaluate(panel, NULL, message);
    assert_non_null(strstr(message, "factor x: no time has 3 rows with values that differ"));
    assert_int_equal(e->factors[0].horizons[0].ic.n, 0);
    assert_true(isnan(e->factors[0].horizons[0].ic.mean));
    assert_true(e->factors[0].horizons[0].n_pairs > 0);
    assert_true(isnan(e->factors[0].horizons[0].long_short.mean));
    fct_evaluation_free(e);

    set_column(panel, 1, NAN);
    e = evaluate(panel, NULL, message);
    assert_string_equal(message, "factor x: it has no value");
    assert_int_equal(e->factors[0].n_values, 0);
    assert_int_equal(e->factors[0].n_times_left_out, 60);
    fct_evaluation_free(e);
    fct_panel_free(panel);

    panel = test_panel_make(columns, 2, 10, NULL, 60);
    set_column(panel, 0, -5);
    e = evaluate(panel, NULL, message);
    assert_non_null(strstr(message, "no value has a price now and later"));
    fct_evaluation_free(e);
    set_column(panel, 0, 7);
    panel->columns[0].cells[3] = 0;
    e = evaluate(panel, NULL, message);
    assert_non_null(strstr(message, "no time has 3 rows"));
    fct_evaluation_free(e);
    fct_panel_free(panel);

    panel = test_panel_make(columns, 2, 1, NULL, 60);
    e = evaluate(panel, &(fct_evaluate_request){.with_symbols = true}, message);
    assert_non_null(strstr(message, "no time has more than 1 symbols"));
    assert_int_equal(e->factors[0].horizons[0].ic.n, 0);
    double ic = e->factors[0].symbol_ic[0];
    assert_true(ic >= -1 && ic <= 1);
    fct_evaluation_free(e);
    fct_panel_free(panel);
}

static void test_a_universe(void **state)
{
    (void)state;
    char message[500];
    fct_panel *panel = test_panel_make(columns, 2, 20, NULL, 60);
    fct_panel *universe = take(panel, 1, 1);
    fct_panel *less = take(panel, 0, 2);
    /* Odd symbols are outside, as if they had no value. */
    for (size_t s = 0; s < 20; s++)
        for (int64_t r = 0; r < 60; r++) {
            size_t at = fct_panel_cell_index(panel, s, r);
            universe->columns[0].cells[at] = s % 2 ? (s % 4 == 1 ? NAN : 0) : 1;
            if (s % 2)
                less->columns[1].cells[at] = NAN;
        }
    const fct_evaluate_request with = {.universe = universe, .with_symbols = true};
    const fct_evaluate_request without = {.with_symbols = true};
    fct_evaluation *a = evaluate(panel, &with, message);
    fct_evaluation *b = evaluate(less, &without, message);
    assert_memory_equal(&a->factors[0].horizons[1].ic, &b->factors[0].horizons[1].ic,
                        sizeof(fct_series_summary));
    assert_true(a->factors[0].coverage > 0.9);
    assert_true(b->factors[0].coverage < 0.6);
    for (size_t s = 0; s < 20; s++)
        assert_int_equal(a->factors[0].symbol_pairs[s], b->factors[0].symbol_pairs[s]);
    fct_evaluation_free(a);
    fct_evaluation_free(b);
    fct_panel_free(universe);
    fct_panel_free(less);
    fct_panel_free(panel);
}

/* Rows that the factors lack are as if they had no value. */
static void test_rows_that_lack(void **state)
{
    (void)state;
    char message[500];
    fct_panel *panel = test_panel_make(columns, 2, 20, NULL, 60);
    fct_panel *factors;
    static const char *const few[] = {"S003", "S004", "S007", "S011", "S012", "S018"};
    const int64_t *times;
    fct_panel_times(panel, &times);
    const fct_panel_selection selection = {.from_ms = times[9],
                                           .to_ms = times[49],
                                           .symbols = few,
                                           .n_symbols = 6,
                                           .columns = columns + 1,
                                           .n_columns = 1};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &factors, NULL), FCT_OK);
    for (size_t s = 0; s < 20; s++)
        for (int64_t r = 0; r < 60; r++) {
            bool there =
                r >= 10 && r < 50 && (s == 3 || s == 4 || s == 7 || s == 11 || s == 12 || s == 18);
            if (!there)
                panel->columns[1].cells[fct_panel_cell_index(panel, s, r)] = NAN;
        }
    fct_evaluation *a;
    assert_int_equal(fct_evaluate(panel, factors, NULL, NULL, &a, NULL), FCT_OK);
    fct_evaluation *b = evaluate(panel, NULL, message);
    assert_int_equal(a->factors[0].n_values, b->factors[0].n_values);
    for (size_t h = 0; h < 3; h++)
        assert_memory_equal(&a->factors[0].horizons[h], &b->factors[0].horizons[h],
                            sizeof a->factors[0].horizons[h]);
    fct_evaluation_free(a);
    fct_evaluation_free(b);
    fct_panel_free(factors);
    fct_panel_free(panel);
}

static void test_errors(void **state)
{
    (void)state;
    static const int64_t twice[] = {5, 5};
    static const int64_t zero[] = {0};
    static const int64_t far[] = {60};
    static const int64_t one[] = {1};
    const struct {
        fct_evaluate_request request;
        fct_status status;
        const char *says;
    } cases[] = {
        {{.price = "vwap"}, FCT_ERROR_NOT_FOUND, "they have: close, x"},
        {{.horizons = twice, .n_horizons = 2}, FCT_ERROR_ARGUMENT, "given twice"},
        {{.horizons = zero, .n_horizons = 1}, FCT_ERROR_ARGUMENT, "1 to 1000000"},
        {{.horizons = one, .n_horizons = 0}, FCT_ERROR_ARGUMENT, "0 horizons"},
        {{.horizons = far, .n_horizons = 1}, FCT_ERROR_ARGUMENT, "the longest has 60"},
        {{.delay = -1}, FCT_ERROR_ARGUMENT, "delay of -1"},
        {{.delay = 2, .no_delay = true}, FCT_ERROR_ARGUMENT, "and none"},
        {{.n_quantiles = 1}, FCT_ERROR_ARGUMENT, "2 to 100"},
        {{.n_decay = -1}, FCT_ERROR_ARGUMENT, "0 to 1000"},
        {{.event_size = -2}, FCT_ERROR_ARGUMENT, "event size"},
        {{.redundant_from = 1.5}, FCT_ERROR_ARGUMENT, "redundant"},
        {{.group = "sector"}, FCT_ERROR_NOT_FOUND, "sector"},
    };
    fct_panel *panel = test_panel_make(columns, 2, 10, NULL, 60);
    fct_panel *factors = take(panel, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        fct_evaluation *e;
        fct_status status = fct_evaluate(panel, factors, &cases[i].request, NULL, &e, &err);
        assert_int_equal(status, cases[i].status);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
        assert_null(e);
    }
    /* Other symbols: nothing meets. */
    static const char *const others[] = {"A", "B", "C"};
    fct_panel *other = test_panel_make(columns + 1, 1, 3, others, 60);
    fct_error err;
    fct_evaluation *e;
    assert_int_equal(fct_evaluate(panel, other, NULL, NULL, &e, &err), FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "no row of the factors"));
    assert_non_null(strstr(err.message, "S000"));
    fct_panel_free(other);
    /* One time. */
    other = test_panel_make(columns, 2, 10, NULL, 1);
    assert_int_equal(fct_evaluate(other, other, NULL, NULL, &e, &err), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "the longest has 1"));
    fct_panel_free(other);
    assert_int_equal(
        fct_evaluate(panel, factors, NULL, &(fct_run){.memory_limit_bytes = 1000}, &e, &err),
        FCT_ERROR_LIMIT);
    fct_panel_free(factors);
    fct_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_correlations), cmocka_unit_test(test_student),
        cmocka_unit_test(test_series),       cmocka_unit_test(test_threads),
        cmocka_unit_test(test_calibration),  cmocka_unit_test(test_empty_answers),
        cmocka_unit_test(test_a_universe),   cmocka_unit_test(test_rows_that_lack),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
