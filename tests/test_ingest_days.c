/* Rows of neighbouring days, days given by several files: the same store whatever came first. */
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

static const char *const extra_07 = "data-BTCUSDT-trades-2024-08-07.parquet";
static const char *const extra_09 = "data-BTCUSDT-trades-2024-08-09.parquet";
static const char *const extra_month = "data-BTCUSDT-trades-2024-08.parquet";

/*
 * Three days and their month. The 8th has ids 100 to 199; the file of the 7th knows its first three and one
 * that nobody else has, the file of the 9th its last two and one of its own; the month has ids 90 to 210 of the 8th.
 */
static void write_four_files(test_ingest *t)
{
    int64_t midnight = test_midnight_ms("2024-08-08");
    int64_t next = midnight + 86400000;
    fct_text csv = {0};
    test_trade_lines(&csv, 10, 20, midnight - 86400000, 1000);
    test_trade_lines(&csv, 99, 1, midnight, 1);
    test_trade_lines(&csv, 100, 3, midnight + 1000, 1000);
    test_archive_file(t, test_archive_name("2024-08-07"), &csv);
    test_trade_lines(&csv, 100, 100, midnight + 1000, 1000);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    test_trade_lines(&csv, 198, 2, midnight + 99000, 1000);
    test_trade_lines(&csv, 300, 1, next - 1, 1);
    test_trade_lines(&csv, 400, 20, next, 1000);
    test_archive_file(t, test_archive_name("2024-08-09"), &csv);
    test_trade_lines(&csv, 5, 2, midnight - 40 * INT64_C(86400000), 1000); /* June */
    test_trade_lines(&csv, 90, 10, midnight, 1);
    test_trade_lines(&csv, 100, 111, midnight + 1000, 1000);
    test_archive_file(t, test_archive_name("2024-08"), &csv);
}

static void check_day_8(test_ingest *t)
{
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 100);
    /* The month comes before the days by name: id 99 is not in it at that time; ids 90 to 98, 200 to 210 are its own. */
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_month), 21);
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_07), 1);
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_09), 1);
    assert_int_equal(test_stored_count(t, "2024-08-07", "data.parquet"), 20);
    assert_int_equal(test_stored_count(t, "2024-08-09", "data.parquet"), 20);
    assert_int_equal(test_stored_count(t, "2024-06-29", extra_month), 2);
    assert_int_equal(test_stored_count(t, "2024-06-29", "data.parquet"), -1);
}

static void test_all_at_once(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_four_files(t);
    char *one_thread = NULL;
    fct_ingest_report first = {0};
    for (int n_threads = 1; n_threads <= 8; n_threads *= 2) {
        t->n_threads = n_threads;
        assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
        test_ingest_must(t, "");
        check_day_8(t);
        char *all = test_store_listing(t->store, false);
        if (!one_thread) {
            one_thread = all;
            first = t->report;
            continue;
        }
        assert_string_equal(all, one_thread);
        free(all);
        assert_int_equal(t->report.n_rows, first.n_rows);
        assert_int_equal(t->report.n_duplicate_rows, first.n_duplicate_rows);
        assert_int_equal(t->report.n_neighbour_rows, first.n_neighbour_rows);
        assert_int_equal(t->report.n_days, first.n_days);
    }
    assert_int_equal(first.n_files, 4);
    assert_int_equal(first.n_days, 4);
    assert_int_equal(first.n_rows, 20 + 100 + 20 + 21 + 1 + 1 + 2);
    assert_int_equal(first.n_duplicate_rows, 3 + 2 + 100);
    assert_int_equal(first.n_neighbour_rows, 1 + 1 + 2);
    free(one_thread);
    test_ingest_end(t);
}

static void test_every_order_of_arrival(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_four_files(t);
    test_ingest_must(t, "");
    char expected[400];
    snprintf(expected, sizeof expected, "%s/expected", t->folder);
    assert_int_equal(rename(t->store, expected), 0);
    static const char *const dates[] = {"2024-08-07", "2024-08-08", "2024-08-09", "2024-08"};
    for (int order = 0; order < 24; order++) {
        int left[4] = {0, 1, 2, 3};
        int code = order;
        int64_t n_rows = 0;
        int64_t n_duplicates = 0;
        for (int n = 4; n > 0; n--) {
            int chosen = code % n;
            code /= n;
            test_ingest_must(t, test_archive_name(dates[left[chosen]]));
            assert_int_equal(t->report.n_files, 1);
            n_rows += t->report.n_rows;
            n_duplicates += t->report.n_duplicate_rows;
            left[chosen] = left[n - 1];
        }
        test_store_assert_same(t->store, expected);
        assert_int_equal(n_rows, 165);
        assert_int_equal(n_duplicates, 105);
        assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
    }
    test_ingest_end(t);
}

/* A store that went through other versions of a file is the store that never saw them. */
static void test_replacing_leaves_no_trace(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    static const char *const dates[] = {"2024-08-07", "2024-08-08", "2024-08-09", "2024-08"};
    write_four_files(t);
    test_ingest_must(t, "");
    char expected[400];
    snprintf(expected, sizeof expected, "%s/expected", t->folder);
    assert_int_equal(rename(t->store, expected), 0);
    test_ingest_must(t, "");
    for (int changed = 0; changed < 4; changed++) {
        fct_text csv = {0};
        int64_t midnight = test_midnight_ms("2024-08-08");
        test_trade_lines(&csv, 105, 5, midnight + 6000, 1000);
        test_trade_lines(&csv, 700, 5, midnight + 3 * INT64_C(86400000), 1000);
        test_trade_lines(&csv, 50, 5, midnight - 86400000, 1000);
        test_archive_file(t, test_archive_name(dates[changed]), &csv);
        test_ingest_must(t, "");
        if (strcmp(dates[changed], "2024-08-08") == 0) {
            /* Its owner gone from the rows it had, the day shows what the others know of them. */
            assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 5);
            assert_int_equal(test_stored_count(t, "2024-08-08", extra_month), 116);
        }
        write_four_files(t);
        test_ingest_must(t, "");
        assert_int_equal(t->report.n_files, 1);
        test_store_assert_same(t->store, expected);
    }
    test_ingest_end(t);
}

/* The owner of a day loses its last row of it: the next claimant takes over, and gives the day back later. */
static void test_the_day_changes_its_owner(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_four_files(t);
    test_ingest_must(t, test_archive_name("2024-08"));
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 121);
    test_ingest_must(t, test_archive_name("2024-08-08"));
    assert_int_equal(t->report.n_rows, 0);
    assert_int_equal(t->report.n_duplicate_rows, 100);
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 100);
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_month), 21);
    fct_text csv = {0};
    test_trade_lines(&csv, 400, 3, test_midnight_ms("2024-08-09"), 1000);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    test_ingest_must(t, test_archive_name("2024-08-08"));
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 121);
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_month), -1);
    assert_int_equal(test_stored_count(t, "2024-08-09", "data-BTCUSDT-trades-2024-08-08.parquet"),
                     3);
    write_four_files(t);
    test_ingest_must(t, test_archive_name("2024-08-08"));
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 100);
    assert_int_equal(test_stored_count(t, "2024-08-08", extra_month), 21);
    test_ingest_end(t);
}

static void test_many_files_of_one_day(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    static const fct_column_map map = {"time", "price", "qty", NULL, NULL, "id"};
    t->options = (fct_ingest_options){.dataset = {.exchange = "generic", .market = "futures_um"},
                                      .symbol = "BTCUSDT",
                                      .map = &map};
    /* Each hour's file has the last five trades of the hour before; the whole day's file has them all. */
    int64_t midnight = test_midnight_ms("2024-08-08");
    for (int hour = 0; hour < 24; hour++) {
        fct_text csv = {0};
        assert_int_equal(
            fct_text_append_format(&csv, NULL, "id,price,qty,quote_qty,time,is_buyer_maker\n"),
            FCT_OK);
        int first = hour ? hour * 50 - 5 : 0;
        test_trade_lines(&csv, first, (hour + 1) * 50 - first, midnight + first * 1000, 1000);
        char name[40];
        snprintf(name, sizeof name, "hours/%02d.csv", (hour * 7 + 3) % 24);
        test_archive_file(t, name, &csv);
    }
    t->n_threads = 4;
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 24);
    assert_int_equal(t->report.n_rows, 1200);
    assert_int_equal(t->report.n_duplicate_rows, 23 * 5);
    char *all = test_store_listing(t->store, true);
    int n_files = 0;
    for (const char *c = all; *c; c++)
        n_files += *c == '\n';
    assert_int_equal(n_files, 24);
    free(all);
    fct_text csv = {0};
    assert_int_equal(
        fct_text_append_format(&csv, NULL, "id,price,qty,quote_qty,time,is_buyer_maker\n"), FCT_OK);
    test_trade_lines(&csv, 0, 1201, midnight, 1000);
    test_archive_file(t, "zz/day.csv", &csv);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 1);
    assert_int_equal(t->report.n_duplicate_rows, 1200);
    test_ingest_end(t);
}

/* A file of the store that someone took away is missed when its day is worked on, and restored by its source. */
static void test_a_lost_file_of_another_source(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_four_files(t);
    test_ingest_must(t, "");
    char expected[400];
    snprintf(expected, sizeof expected, "%s/expected", t->folder);
    assert_int_equal(rename(t->store, expected), 0);
    static const char *const lost[] = {
        "/.factorium/spill",
        "/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=08",
        "/.factorium/spill/futures_um/trades/BTCUSDT/2024-08-08/BTCUSDT-trades-2024-08.parquet"};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        test_ingest_must(t, "");
        char path[512];
        snprintf(path, sizeof path, "%s%s", t->store, lost[i]);
        assert_int_equal(fct_tree_remove(path, NULL), FCT_OK);
        t->options.again = true;
        test_ingest_must(t, test_archive_name("2024-08-07"));
        t->options.again = false;
        test_ingest_must(t, "");
        test_store_assert_same(t->store, expected);
        test_ingest_must(t, "");
        assert_int_equal(t->report.n_files_unchanged, 4);
    }
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_every_order_of_arrival),
        cmocka_unit_test(test_replacing_leaves_no_trace),
        cmocka_unit_test(test_the_day_changes_its_owner),
        cmocka_unit_test(test_many_files_of_one_day),
        cmocka_unit_test(test_a_lost_file_of_another_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
