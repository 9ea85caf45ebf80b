/*
 * Reading and simulating archives when memory runs out at any allocation: said so, nothing leaked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/archive.h"
#include "support/oom.h"

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove();
    return 0;
}

static fct_status read_file(const char *path, const fct_ingest_options *options, fct_job *job,
                            fct_error *err)
{
    fct_archive_identity identity;
    fct_archive_reader *reader = NULL;
    fct_archive_block block = {0};
    FCT_TRY(fct_archive_identify(path, options, &identity, err));
    FCT_TRY(fct_archive_open(path, &identity, NULL, options, job, &reader, err));
    fct_status status;
    do
        status = fct_archive_next(reader, &block, err);
    while (status == FCT_OK && block.n_rows);
    fct_archive_close(reader);
    return status;
}

/*
 * Fails one allocation after the other until a run meets no failure; that run must give `expected`.
 */
static void fail_each(const char *path, const fct_ingest_options *options, fct_status expected,
                      long at_least)
{
    long n_failed = 0;
    for (long n = 0;; n++) {
        fct_job job;
        fct_error err = {0};
        assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
        test_fail_allocation(n);
        fct_status status = read_file(path, options, &job, &err);
        bool none_failed = !test_allocation_failed();
        fct_job_end(&job);
        if (none_failed) {
            assert_int_equal(status, expected);
            break;
        }
        if (status != FCT_ERROR_MEMORY)
            fail_msg("%s, allocation %ld: %s", path, n, err.message);
        test_assert_has(err.message, "out of memory");
        n_failed++;
    }
    assert_true(n_failed >= at_least);
}

static const char text[] = "id,price,qty,note,quote_qty,time,is_buyer_maker\n"
                           "1,2.5,3,a,7.5,1723161256322,true\n"
                           "2,2.5,-3,b,7.5,1723161256322,true\n"
                           "3,2.5,3,c,7.5,1723161256323,false\n";

static const fct_dataset um_trades = {.market = "futures_um", .data_type = "trades"};

static void reading(void **state)
{
    (void)state;
    fct_ingest_options skip = {.dataset = um_trades, .symbol = "A", .on_bad_row = FCT_BAD_ROW_SKIP};
    fct_ingest_options stop = {.dataset = um_trades, .symbol = "A"};
    const test_member member = {.name = "t.csv", .bytes = text};
    const char *csv = test_path("t.csv"), *zip = test_path("t.zip"), *gzip = test_path("t.csv.gz");
    test_write_text(csv, text);
    test_write_zip(zip, &member, 1);
    test_write_gzip(gzip, text, sizeof text - 1);
    fail_each(csv, &skip, FCT_OK, 6);
    fail_each(csv, &stop, FCT_ERROR_DATA, 5);
    fail_each(zip, &skip, FCT_OK, 8);
    fail_each(gzip, &skip, FCT_OK, 6);
}

static void refusing(void **state)
{
    (void)state;
    fct_ingest_options options = {.dataset = um_trades, .symbol = "A"};
    const test_member two[] = {{.name = "a.csv", .bytes = text}, {.name = "b.csv", .bytes = text}};
    const char *zip = test_path("two.zip"), *header = test_path("header.csv");
    test_write_zip(zip, two, 2);
    fail_each(zip, &options, FCT_ERROR_DATA, 3);
    test_write_text(header, "id,price\n1,2\n");
    fail_each(header, &options, FCT_ERROR_DATA, 4);
}

static void checking(void **state)
{
    (void)state;
    fct_ingest_options options = {
        .dataset = um_trades, .symbol = "A", .on_bad_row = FCT_BAD_ROW_SKIP};
    const char *csv = test_path("sum.csv");
    test_write_text(csv, text);
    test_write_text(test_path("sum.csv.CHECKSUM"),
                    "0000000000000000000000000000000000000000000000000000000000000000  sum.csv\n");
    fail_each(csv, &options, FCT_ERROR_INTEGRITY, 3);
}

static void users_files(void **state)
{
    (void)state;
    static const fct_column_map map = {
        .time = "time", .price = "price", .quantity = "qty", .id = "id"};
    fct_ingest_options options = {
        .dataset = {.market = "x"}, .symbol = "A", .map = &map, .on_bad_row = FCT_BAD_ROW_SKIP};
    const char *csv = test_path("user.csv");
    test_write_text(csv, text);
    fail_each(csv, &options, FCT_OK, 6);
}

static void simulating(void **state)
{
    (void)state;
    const char *folder = test_path("simulated");
    fct_simulate_options options = {.n_symbols = 1, .n_days = 1, .n_trades_per_day = 10};
    fct_run run = {.n_threads = 1};
    long n_failed = 0;
    for (long n = 0;; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = fct_simulate(folder, &options, &run, &err);
        bool none_failed = !test_allocation_failed();
        if (none_failed) {
            assert_int_equal(status, FCT_OK);
            break;
        }
        /* Some are not needed for the result: a folder is not synced then. */
        assert_true(status == FCT_ERROR_MEMORY || status == FCT_OK);
        n_failed += status == FCT_ERROR_MEMORY;
    }
    assert_true(n_failed > 10);
}

static void paths(void **state)
{
    (void)state;
    char path[256];
    for (long n = 0;; n++) {
        test_fail_allocation(n);
        fct_status status =
            fct_exchange_download_url(&um_trades, "BTCUSDT", 0, path, sizeof path, NULL);
        bool none_failed = !test_allocation_failed();
        assert_int_equal(status, none_failed ? FCT_OK : FCT_ERROR_MEMORY);
        if (none_failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),     cmocka_unit_test(refusing),   cmocka_unit_test(checking),
        cmocka_unit_test(users_files), cmocka_unit_test(simulating), cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
