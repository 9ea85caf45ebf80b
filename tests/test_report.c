/* Reports: the shape of a series against plain sums, long data thinned, and what cannot be written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "report/distribution.h"
#include "support/panel.h"

static void test_distribution(void **state)
{
    (void)state;
    double x[501];
    double scratch[501];
    fct_distribution d;
    for (int i = 0; i <= 500; i++) /* 0 to 500 in a mixed order */
        x[i] = i == 250 ? (double)NAN : (double)((i * 7) % 501);
    fct_distribution_make(x, 501, scratch, &d);
    assert_int_equal(d.n, 500);
    assert_true(d.low == 0 && d.high == 500);
    int64_t total = 0;
    for (int i = 0; i < FCT_BINS; i++)
        total += d.counts[i];
    assert_int_equal(total, 500);
    for (int i = 0; i < FCT_SAMPLE; i++)
        assert_true(fabs(d.sample[i] - (i + 0.5) / FCT_SAMPLE * 500) < 2);
    /* From the 1st to the 99th percentile a density sums to a little less than 1. */
    assert_true(fabs(d.density_low - 5) < 2 && fabs(d.density_high - 495) < 2);
    double area = 0;
    for (int i = 1; i < FCT_DENSITY; i++)
        area += (d.density[i] + d.density[i - 1]) / 2 * (d.density_high - d.density_low) /
                (FCT_DENSITY - 1);
    assert_true(area > 0.9 && area < 1);
    /* It is flat in the middle: 1 / 500. */
    assert_true(fabs(d.density[FCT_DENSITY / 2] - 1 / 500.0) < 4e-5);
    fct_distribution_make(x, 0, scratch, &d);
    assert_int_equal(d.n, 0);
    const double same[] = {3, 3, 3};
    fct_distribution_make(same, 3, scratch, &d);
    assert_true(d.low == 3 && d.high == 3 && d.median == 3 && d.n_density == 0);
    assert_int_equal(d.counts[0], 3);
}

static const char *const columns[] = {"close", "x"};

/* 100,000 times: below 3 MB. */
static void test_long_data(void **state)
{
    (void)state;
    char path[64] = "/tmp/factorium-test-XXXXXX";
    fct_panel *panel = test_panel_make(columns, 2, 5, NULL, 100000);
    fct_evaluation *e;
    fct_error err = {0};
    fct_file_info info;
    close(mkstemp(path));
    const fct_evaluate_request request = {.with_series = true, .n_quantiles = 2};
    assert_int_equal(fct_evaluate(panel, panel, &request, NULL, &e, &err), FCT_OK);
    assert_int_equal(fct_report_write(e, NULL, path, NULL, &err), FCT_OK);
    assert_int_equal(fct_file_stat(path, &info, NULL), FCT_OK);
    assert_true(info.size_bytes < 3000000);
    fct_evaluation_free(e);
    assert_int_equal(fct_evaluate(panel, panel, NULL, NULL, &e, &err), FCT_OK);
    assert_int_equal(fct_report_write(e, NULL, path, NULL, &err), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "with_series"));
    fct_evaluation_free(e);
    fct_panel_free(panel);
    unlink(path);
}

/* Twenty factors with everything that a report asks for, of long names: below 3 MB, too. */
static void test_many_factors(void **state)
{
    (void)state;
    enum { N = 20 };
    static char names[N + 1][120];
    const char *list[N + 1];
    char path[64] = "/tmp/factorium-test-XXXXXX";
    fct_error err = {0};
    fct_file_info info;
    fct_evaluation *e;
    fct_backtest *b;
    for (int i = 0; i <= N; i++) {
        snprintf(names[i], sizeof names[i], i ? "%0100d" : "close", i);
        list[i] = names[i];
    }
    fct_panel *panel = test_panel_make(list, N + 1, 12, NULL, 8000);
    fct_panel *factors;
    const fct_panel_selection selection = {.columns = list + 1, .n_columns = N};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &factors, NULL), FCT_OK);
    close(mkstemp(path));
    const fct_evaluate_request request = {.with_series = true,
                                          .with_symbols = true,
                                          .with_correlation = true,
                                          .n_decay = 12,
                                          .events_before = 10,
                                          .events_after = 20};
    assert_int_equal(fct_evaluate(panel, factors, &request, NULL, &e, &err), FCT_OK);
    assert_int_equal(fct_backtest_run(panel, factors, NULL, NULL, &b, &err), FCT_OK);
    assert_int_equal(fct_report_write(e, &(fct_report_request){.backtest = b}, path, NULL, &err),
                     FCT_OK);
    assert_int_equal(fct_file_stat(path, &info, NULL), FCT_OK);
    assert_true(info.size_bytes < 3000000);
    fct_backtest_free(b);
    /* One of other factors cannot lie beside it. */
    assert_int_equal(fct_backtest_run(panel, panel, NULL, NULL, &b, &err), FCT_OK);
    assert_int_equal(fct_report_write(e, &(fct_report_request){.backtest = b}, path, NULL, &err),
                     FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "the same factors"));
    fct_backtest_free(b);
    fct_evaluation_free(e);
    fct_panel_free(factors);
    fct_panel_free(panel);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_long_data),
        cmocka_unit_test(test_many_factors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
