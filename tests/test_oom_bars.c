/* Bars and their output when memory runs out at any allocation: said so, nothing leaked, no file left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/bars.h"
#include "support/oom.h"
#include "support/root.h"

enum { N_TRADES = 300 };

static void make_store(bool in_order)
{
    assert_int_equal(test_root_make(NULL), 0);
    static const char *const dates[] = {"2024-08-08", "2024-08-09"};
    for (int day = 0; day < 2; day++) {
        test_trade trades[N_TRADES];
        for (int i = 0; i < N_TRADES; i++)
            trades[i] = (test_trade){
                .time = INT64_C(1723075200000) + day * INT64_C(86400000) + i * 60000,
                .price = 100 + i % 7,
                .quantity = i % 5,
                .is_buyer_maker = i % 2,
                .id = i,
            };
        /* Not in order, and two files: that is DuckDB's. */
        if (day && !in_order) {
            test_trade first = trades[0];
            trades[0] = trades[100];
            trades[100] = first;
            test_store_write(test_root, &(test_file){.date = dates[day], .name = "more.parquet"},
                             trades, 5);
        }
        test_store_write(test_root, &(test_file){.date = dates[day]}, trades, N_TRADES);
    }
}

static int make_ordered_store(void **state)
{
    (void)state;
    make_store(true);
    return 0;
}

static int make_disordered_store(void **state)
{
    (void)state;
    make_store(false);
    return 0;
}

/* The whole way from a request to a file. */
static fct_status make_file(const char *bar, const char *path, fct_error *err)
{
    static const char *const symbols[] = {"BTCUSDT"};
    fct_bars_request request = {.store = test_root, .symbols = symbols, .n_symbols = 1};
    struct ArrowArrayStream stream;
    FCT_TRY(fct_bar_spec_parse(bar, &request.bar, err));
    FCT_TRY(fct_bars(&request, &(fct_run){.n_threads = 1}, &stream, err));
    return fct_write_file(&stream, path, FCT_FORMAT_AUTO, NULL, NULL, err);
}

static void fail_each(const char *bar, const char *file, long at_least)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", test_root, file);
    for (long n = 0;; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = make_file(bar, path, &err);
        if (!test_allocation_failed()) {
            if (status != FCT_OK)
                fail_msg("%s", err.message);
            assert_true(n >= at_least);
            break;
        }
        if (status != FCT_ERROR_MEMORY)
            fail_msg("%s to %s, allocation %ld: %s: %s", bar, file, n, fct_status_name(status),
                     err.message);
        assert_non_null(strstr(err.message, "memory"));
        assert_false(fct_file_exists(path));
    }
    assert_true(fct_file_exists(path));
}

static void test_time_bars(void **state)
{
    (void)state;
    fail_each("1m", "out.csv", 50);
}

static fct_status remove_index(const char *path, const fct_file_info *info, void *context,
                               fct_error *err)
{
    (void)info;
    (void)context;
    return strcmp(fct_path_name(path), ".index") == 0 ? fct_file_remove(path, err) : FCT_OK;
}

static void remove_indices(void)
{
    assert_int_equal(fct_tree_walk(test_root, remove_index, NULL, NULL), FCT_OK);
}

/* From the cache by its index, by the footers of its files, and from trades, into a panel. */
static void test_panels(void **state)
{
    (void)state;
    fct_bars_request request = {.store = test_root};
    fct_panel *panel;
    assert_int_equal(fct_load_bars(&request, NULL, &panel, NULL), FCT_OK);
    fct_panel_free(panel);
    for (int way = 0; way < 3; way++) {
        request.no_cache = way == 2;
        for (long n = 0;; n++) {
            fct_error err = {0};
            if (way == 1)
                remove_indices();
            test_fail_allocation(n);
            fct_status status = fct_load_bars(&request, &(fct_run){.n_threads = 1}, &panel, &err);
            assert_int_equal(status == FCT_OK, panel != NULL);
            fct_panel_free(panel);
            if (!test_allocation_failed()) {
                assert_int_equal(status, FCT_OK);
                assert_true(n > 50);
                break;
            }
            if (status != FCT_ERROR_MEMORY)
                fail_msg("allocation %ld: %s: %s", n, fct_status_name(status), err.message);
        }
    }
}

/* Bars of a panel's rows taken for trades: start_time is the time, close the price. */
static void test_bars_from_stream(void **state)
{
    (void)state;
    static const fct_column_map map = {
        .time = "start_time", .price = "close", .quantity = "volume"};
    static const char *const bars[] = {"1h", "tick:7"};
    fct_panel *panel;
    assert_int_equal(fct_load_bars(&(fct_bars_request){.store = test_root}, NULL, &panel, NULL),
                     FCT_OK);
    for (size_t i = 0; i < 2; i++) {
        fct_bars_request request = {.map = &map};
        assert_int_equal(fct_bar_spec_parse(bars[i], &request.bar, NULL), FCT_OK);
        for (long n = 0;; n++) {
            fct_error err = {0};
            struct ArrowArrayStream trades;
            struct ArrowArrayStream out = {0};
            test_fail_allocation(n);
            fct_status status = fct_panel_stream(panel, &trades, &err);
            if (status == FCT_OK)
                status =
                    fct_bars_from_stream(&trades, &request, &(fct_run){.n_threads = 1}, &out, &err);
            bool failed = test_allocation_failed();
            assert_int_equal(status == FCT_OK, out.release != NULL);
            if (out.release)
                out.release(&out);
            if (!failed) {
                assert_int_equal(status, FCT_OK);
                assert_true(n > 15);
                break;
            }
            if (status != FCT_ERROR_MEMORY)
                fail_msg("allocation %ld: %s: %s", n, fct_status_name(status), err.message);
        }
    }
    fct_panel_free(panel);
}

static void test_threshold_bars(void **state)
{
    (void)state;
    fail_each("tick:10", "out.json", 50);
}

static void test_formats(void **state)
{
    (void)state;
    fail_each("1h", "out.parquet", 50);
    fail_each("1h", "out.arrow", 50);
    fail_each("1h", "out.txt", 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_time_bars, make_disordered_store, test_root_remove),
        cmocka_unit_test_setup_teardown(test_panels, make_ordered_store, test_root_remove),
        cmocka_unit_test_setup_teardown(test_bars_from_stream, make_ordered_store,
                                        test_root_remove),
        cmocka_unit_test_setup_teardown(test_threshold_bars, make_ordered_store, test_root_remove),
        cmocka_unit_test_setup_teardown(test_formats, make_ordered_store, test_root_remove),
    };
    return cmocka_run_group_tests_name("bars without memory", tests, NULL, NULL);
}
