/* Evaluation when memory runs out at any allocation: said so, nothing leaked, no half-made result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/oom.h"
#include "support/panel.h"

static char path[64];

static const char *const columns[] = {"close", "x", "y"};

static fct_status evaluate(const fct_panel *bars, const fct_panel *factors,
                           const fct_evaluate_request *request, fct_error *err)
{
    fct_evaluation *evaluation;
    fct_status status =
        fct_evaluate(bars, factors, request, &(fct_run){.n_threads = 1}, &evaluation, err);
    if (status != FCT_OK) {
        assert_null(evaluation);
        return status;
    }
    for (size_t i = 0; status == FCT_OK && fct_evaluation_table_name(i); i++) {
        struct ArrowArrayStream stream;
        status = fct_evaluation_table(evaluation, fct_evaluation_table_name(i), &stream, err);
        if (status == FCT_OK)
            stream.release(&stream);
    }
    if (status == FCT_OK)
        status = fct_report_write(evaluation, NULL, path, NULL, err);
    fct_evaluation_free(evaluation);
    return status;
}

static void test_evaluation(void **state)
{
    (void)state;
    /* Another grid, so that rows are matched, too. */
    fct_panel *bars = test_panel_make(columns, 3, 9, NULL, 26);
    fct_panel *factors = test_panel_make(columns + 1, 2, 9, NULL, 25);
    const fct_evaluate_request request = {
        .universe = factors,
        .group = "y",
        .with_series = true,
        .with_symbols = true,
        .with_correlation = true,
        .n_decay = 2,
        .events_before = 1,
        .events_after = 1,
    };
    strcpy(path, "/tmp/factorium-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    long n = 0;
    for (;; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = evaluate(bars, factors, &request, &err);
        if (!test_allocation_failed()) {
            if (status != FCT_OK)
                fail_msg("%s", err.message);
            break;
        }
        if (status != FCT_ERROR_MEMORY)
            fail_msg("allocation %ld: %s: %s", n, fct_status_name(status), err.message);
        assert_non_null(strstr(err.message, "memory"));
    }
    assert_true(n > 100);
    unlink(path);
    fct_panel_free(factors);
    fct_panel_free(bars);
}

static fct_status backtest(const fct_panel *bars, const fct_panel *factors,
                           const fct_backtest_request *request, fct_error *err)
{
    fct_backtest *result;
    fct_status status =
        fct_backtest_run(bars, factors, request, &(fct_run){.n_threads = 1}, &result, err);
    if (status != FCT_OK) {
        assert_null(result);
        return status;
    }
    for (size_t i = 0; status == FCT_OK && fct_backtest_table_name(i); i++) {
        struct ArrowArrayStream stream;
        status = fct_backtest_table(result, fct_backtest_table_name(i), &stream, err);
        if (status == FCT_OK)
            stream.release(&stream);
    }
    fct_backtest_free(result);
    return status;
}

static void test_backtest(void **state)
{
    (void)state;
    fct_panel *bars = test_panel_make(columns, 3, 9, NULL, 20);
    fct_panel *factors = test_panel_make(columns + 1, 2, 9, NULL, 19);
    const fct_backtest_request request = {
        .universe = factors,
        .group = "y",
        .volume = "y",
        .with_trades = true,
        .with_positions = true,
    };
    long n = 0;
    for (;; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = backtest(bars, factors, &request, &err);
        if (!test_allocation_failed()) {
            if (status != FCT_OK)
                fail_msg("%s", err.message);
            break;
        }
        if (status != FCT_ERROR_MEMORY)
            fail_msg("allocation %ld: %s: %s", n, fct_status_name(status), err.message);
    }
    assert_true(n > 50);
    fct_panel_free(factors);
    fct_panel_free(bars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_evaluation),
                                       cmocka_unit_test(test_backtest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
