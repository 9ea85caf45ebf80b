/* Ingest when memory runs out at any allocation: said so, nothing half done, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/ingest.h"
#include "support/oom.h"

/* Three files that touch each other's days, one of them not in order. */
static void write_files(test_ingest *t)
{
    fct_text csv = {0};
    int64_t midnight = test_midnight_ms("2024-08-08");
    test_trade_lines(&csv, 100, 20, midnight, 1000);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    test_trade_lines(&csv, 115, 5, midnight + 15000, 1000);
    test_trade_lines(&csv, 200, 5, midnight + 86400000, 1000);
    test_trade_lines(&csv, 90, 1, midnight + 1, 1000);
    test_archive_file(t, test_archive_name("2024-08-09"), &csv);
    test_trade_lines(&csv, 95, 10, midnight - 5000, 1000);
    test_archive_file(t, test_archive_name("2024-08"), &csv);
}

static bool all_succeeded; /* in the last ingest */

static fct_status ingest(test_ingest *t, long n_allocations)
{
    const char *const paths[] = {t->archive};
    fct_run run = {.n_threads = 1};
    fct_error err = {0};
    test_fail_allocation(n_allocations);
    fct_status status = fct_ingest(paths, 1, t->store, NULL, &run, &t->report, &err);
    all_succeeded = !test_allocation_failed();
    assert_int_equal(status, err.status);
    if (status != FCT_OK && status != FCT_ERROR_MEMORY)
        fail_msg("allocation %ld: %s", n_allocations, err.message);
    return status;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_files(t);
    assert_int_equal(ingest(t, -1), FCT_OK);
    char expected[400];
    snprintf(expected, sizeof expected, "%s-expected", t->store);
    assert_int_equal(rename(t->store, expected), 0);

    long n_failed = 0;
    for (long n = 0;; n++) {
        assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
        fct_status status = ingest(t, n);
        bool none_failed = all_succeeded;
        n_failed += status == FCT_ERROR_MEMORY;
        if (n % 16 == 0 || status == FCT_OK) {
            assert_int_equal(ingest(t, -1), FCT_OK);
            test_store_assert_same(t->store, expected);
        }
        if (none_failed)
            break;
    }
    assert_true(n_failed > 200);
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
