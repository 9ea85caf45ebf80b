/* A sync when memory runs out at any allocation: said so, nothing leaked, and the next sync does the work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/listing.h"
#include "base/file.h"
#include "support/oom.h"
#include "support/root.h"

static char store[80], base_url[96];

static int make_mirror(void **state)
{
    const fct_simulate_options options = {.n_symbols = 1, .n_days = 2, .n_trades_per_day = 50};
    char mirror[80];
    if (test_root_make(state) != 0)
        return -1;
    snprintf(store, sizeof store, "%s/store", test_root);
    snprintf(mirror, sizeof mirror, "%s/data", test_root);
    snprintf(base_url, sizeof base_url, "file://%s", mirror);
    return fct_simulate(mirror, &options, NULL, NULL) == FCT_OK ? 0 : -1;
}

static fct_status sync_all(bool dry_run, fct_sync_report *report, fct_error *err)
{
    static const char *const symbols[] = {"*USDT"};
    const fct_run run = {.n_threads = 1};
    const fct_sync_request request = {.store = store,
                                      .dataset = {NULL, "futures_um", "aggTrades", NULL},
                                      .symbols = symbols,
                                      .n_symbols = 1,
                                      .from_day = 19943,
                                      .to_day = 19945,
                                      .listed_before_day = 19945,
                                      .base_url = base_url,
                                      .dry_run = dry_run};
    struct ArrowArrayStream stream;
    fct_status status = fct_sync(&request, &run, report, &stream, err);
    if (status == FCT_OK)
        stream.release(&stream);
    return status;
}

static void fail_each(bool dry_run, long at_least)
{
    for (long n = 0;; n++) {
        fct_error err = {0};
        fct_sync_report report;
        assert_int_equal(fct_tree_remove(store, NULL), FCT_OK);
        test_fail_allocation(n);
        fct_status status = sync_all(dry_run, &report, &err);
        if (!test_allocation_failed()) {
            assert_int_equal(status, FCT_OK);
            assert_int_equal(report.n_fetched, 2); /* with one journal */
            assert_true(n >= at_least);
            return;
        }
        /* What went without it may have come to its end: validators, or a hint that is not needed. */
        if (status != FCT_ERROR_MEMORY && status != FCT_OK)
            fail_msg("allocation %ld: %d: %s", n, (int)status, err.message);
    }
}

static void test_sync(void **state)
{
    (void)state;
    fail_each(false, 200);
}

static void test_dry_run(void **state)
{
    (void)state;
    fail_each(true, 50);
}

static void test_listing(void **state)
{
    (void)state;
    static const char xml[] =
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>b/</NextMarker>"
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>b/</Prefix>"
        "</CommonPrefixes></ListBucketResult>";
    fct_status status = FCT_ERROR_MEMORY;
    for (long n = 0; status != FCT_OK; n++) {
        fct_listing listing = {0};
        test_fail_allocation(n);
        status = fct_listing_add(&listing, xml, sizeof xml - 1, NULL);
        bool failed = test_allocation_failed();
        fct_listing_free(&listing);
        assert_int_equal(status, failed ? FCT_ERROR_MEMORY : FCT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_listing),
    };
    return cmocka_run_group_tests(tests, make_mirror, test_root_remove);
}
