/* Ingest: archive files become days, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/ingest.h"

enum { N = 5000 };

/* One daily file of N trades, and what it is called. */
static void write_day(test_ingest *t, const char *date, int64_t first_id, int n)
{
    fct_text csv = {0};
    test_trade_lines(&csv, first_id, n, test_midnight_ms(date), 86400000 / (n + 1));
    test_archive_file(t, test_archive_name(date), &csv);
}

static void test_a_day(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, N);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    assert_int_equal(t->report.n_days, 1);
    assert_int_equal(t->report.n_rows, N);
    assert_int_equal(t->report.n_neighbour_rows + t->report.n_duplicate_rows +
                         t->report.n_bad_rows + t->report.n_files_failed,
                     0);
    assert_true(t->report.bytes_read > 0 && t->report.bytes_written > 0);
    test_stored *rows;
    assert_int_equal(test_stored_rows(t, "2024-08-08", "data.parquet", &rows), N);
    int64_t midnight = test_midnight_ms("2024-08-08");
    for (int64_t i = 0; i < N; i++) {
        int64_t id = 1000 + i;
        assert_int_equal(rows[i].id, id);
        assert_int_equal(rows[i].time, midnight + i * (86400000 / (N + 1)));
        assert_true(rows[i].price == (double)(10000 + id * 7919 % 1000) / 100);
        assert_true(rows[i].quantity == (double)(id * 104729 % 997 + 1) / 1000);
    }
    free(rows);
    test_ingest_end(t);
}

static void test_the_same_again_does_nothing(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 10);
    write_day(t, "2024-08-09", 2000, 10);
    test_ingest_must(t, "");
    char *before = test_store_listing(t->store, false);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 0);
    assert_int_equal(t->report.n_files_unchanged, 2);
    assert_int_equal(t->report.n_rows + t->report.n_days + t->report.bytes_written, 0);
    t->options.again = true;
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 2);
    assert_int_equal(t->report.n_rows, 20);
    assert_int_equal(t->report.n_days, 2);
    char *after = test_store_listing(t->store, false);
    assert_string_equal(after, before);
    free(before);
    free(after);
    test_ingest_end(t);
}

static void test_a_removed_day_comes_back(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 10);
    test_ingest_must(t, "");
    char *before = test_store_listing(t->store, false);
    char day[400];
    snprintf(day, sizeof day, "%s/market=futures_um", t->store);
    assert_int_equal(fct_tree_remove(day, NULL), FCT_OK);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    char *after = test_store_listing(t->store, false);
    assert_string_equal(after, before);
    free(before);
    free(after);
    test_ingest_end(t);
}

static void test_a_changed_file_replaces_what_it_gave(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    fct_text csv = {0};
    int64_t midnight = test_midnight_ms("2024-08-08");
    test_trade_lines(&csv, 1, 3, midnight - 10, 1);
    test_trade_lines(&csv, 100, 50, midnight, 1000);
    test_trade_lines(&csv, 200, 4, midnight + 86400000, 1);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 57);
    assert_int_equal(t->report.n_neighbour_rows, 7);
    assert_int_equal(t->report.n_days, 3);
    const char *extra = "data-BTCUSDT-trades-2024-08-08.parquet";
    assert_int_equal(test_stored_count(t, "2024-08-07", extra), 3);
    assert_int_equal(test_stored_count(t, "2024-08-09", extra), 4);
    assert_int_equal(test_stored_count(t, "2024-08-09", "data.parquet"), -1);

    write_day(t, "2024-08-08", 500, 20);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 20);
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 20);
    char path[512];
    snprintf(path, sizeof path,
             "%s/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08", t->store);
    assert_true(fct_file_exists(path));
    strcat(path, "/day=07");
    assert_false(fct_file_exists(path)); /* the folder went with its last file */
    char *all = test_store_listing(t->store, false);
    assert_null(strstr(all, "spill"));
    assert_null(strstr(all, "tmp"));
    assert_null(strstr(all, "journal"));
    free(all);
    test_ingest_end(t);
}

static void test_only_archive_files_of_a_tree_count(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 10);
    test_archive_text(t, "README.txt", "text");
    test_archive_text(t, "futures/um/daily/trades/BTCUSDT/.BTCUSDT-trades-2024-08-09.csv",
                      "hidden");
    test_archive_text(t, ".git/BTCUSDT-trades-2024-08-10.csv", "hidden");
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    /* The same file by two paths is one file. */
    char name[512];
    snprintf(name, sizeof name, "%s/%s", t->archive, test_archive_name("2024-08-08"));
    const char *const paths[] = {t->archive, name, t->archive};
    t->options.again = true;
    assert_int_equal(fct_ingest(paths, 3, t->store, &t->options, NULL, &t->report, NULL), FCT_OK);
    assert_int_equal(t->report.n_files, 1);
    test_ingest_end(t);
}

static void test_nothing_to_ingest(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    test_archive_text(t, "README.txt", "text");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(t->error.message, "holds no .zip, .csv or .csv.gz file"));
    assert_int_equal(test_ingest_run(t, "README.txt"), FCT_ERROR_ARGUMENT);
    assert_int_equal(test_ingest_run(t, "absent.zip"), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(t->error.message, "absent.zip"));
    assert_false(fct_file_exists(t->store));
    const char *const paths[] = {""};
    assert_int_equal(fct_ingest(NULL, 0, t->store, NULL, NULL, NULL, NULL), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_ingest(paths, 1, t->store, NULL, NULL, NULL, NULL), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_ingest(paths, 0, "", NULL, NULL, NULL, NULL), FCT_ERROR_ARGUMENT);
    test_ingest_end(t);
}

static void test_rows_in_any_order(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 300);
    test_ingest_must(t, "");
    test_stored *sorted;
    assert_int_equal(test_stored_rows(t, "2024-08-08", "data.parquet", &sorted), 300);

    /* Two ranges of time interleaved row by row, then newest first. */
    for (int way = 0; way < 2; way++) {
        fct_text csv = {0};
        for (int i = 0; i < 300; i++) {
            int from = way ? 299 - i : i / 2 + (i % 2) * 150;
            test_trade_line(&csv, sorted[from].id, sorted[from].price, sorted[from].quantity,
                            sorted[from].time);
        }
        test_archive_file(t, test_archive_name("2024-08-08"), &csv);
        test_ingest_must(t, "");
        assert_int_equal(t->report.n_rows, 300);
        test_stored *rows;
        assert_int_equal(test_stored_rows(t, "2024-08-08", "data.parquet", &rows), 300);
        assert_memory_equal(rows, sorted, 300 * sizeof *rows);
        free(rows);
    }
    assert_true(test_has_message(t, "sorting"));
    free(sorted);
    test_ingest_end(t);
}

static void test_a_row_twice_counts_once(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    int64_t midnight = test_midnight_ms("2024-08-08");
    fct_text csv = {0};
    test_trade_line(&csv, 1, 100, 1, midnight);
    test_trade_line(&csv, 1, 100, 1, midnight); /* the same */
    test_trade_line(&csv, 1, 101, 1, midnight); /* another price */
    test_trade_line(&csv, 1, 101, 2, midnight); /* another quantity */
    test_trade_line(&csv, 1, 100, 1, midnight);
    test_trade_line(&csv, 1, 100, 1, midnight + 1); /* another time */
    test_trade_line(&csv, 2, 100, 1, midnight + 1); /* another id */
    test_trade_line(&csv, 1, 101, 1, midnight);     /* out of order too */
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 5);
    assert_int_equal(t->report.n_duplicate_rows, 3);
    test_stored *rows;
    assert_int_equal(test_stored_rows(t, "2024-08-08", "data.parquet", &rows), 5);
    assert_true(rows[0].price == 100 && rows[1].price == 101 && rows[2].quantity == 2);
    assert_true(rows[3].time == midnight + 1 && rows[4].id == 2);
    free(rows);
    test_ingest_end(t);
}

static const fct_column_map map_without_id = {"time", "price", "size", NULL, NULL, NULL};

static void use_own_columns(test_ingest *t)
{
    t->options = (fct_ingest_options){.dataset = {.exchange = "generic", .market = "comex"},
                                      .symbol = "GC",
                                      .map = &map_without_id};
}

static void test_rows_without_an_id_all_count(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    use_own_columns(t);
    test_archive_text(t, "a/gold.csv",
                      "time,price,size\n1381104000276,1313.7,1\n1381104000276,1313.7,1\n"
                      "1381190400000,1313.8,1\n1381104000275,1313.9,1\n");
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 4);
    assert_int_equal(t->report.n_days, 2); /* it owns whatever days it has */
    assert_int_equal(t->report.n_neighbour_rows, 0);
    /* Another file of the same name is another file; a copy is not. */
    test_archive_text(t, "b/gold.csv", "time,price,size\n1381104000276,1313.7,1\n");
    test_archive_text(t, "c/gold.csv", "time,price,size\n1381104000276,1313.7,1\n");
    t->n_threads = 1;
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    assert_int_equal(t->report.n_files_unchanged, 2);
    assert_int_equal(t->report.n_rows, 1);
    assert_int_equal(t->report.n_duplicate_rows, 0);
    t->options.again = true;
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 5);
    assert_int_equal(t->report.n_files_unchanged, 1);
    /* Other columns make it another reading of the same bytes. */
    static const fct_column_map other_map = {"time", "size", "price", NULL, NULL, NULL};
    t->options.again = false;
    t->options.map = &other_map;
    test_ingest_must(t, "a/gold.csv");
    assert_int_equal(t->report.n_files, 1);
    test_ingest_end(t);
}

static void test_hostile_names(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    use_own_columns(t);
    char longest[220];
    memset(longest, 'x', sizeof longest);
    strcpy(longest + sizeof longest - 8, ".csv");
    const char *const names[] = {"a b.csv",      "..;rm -rf.csv",   "x\ny.csv", "quote'\".csv",
                                 "\xff\xfe.csv", "caf\xc3\xa9.csv", longest,    "%s%n.csv",
                                 "-o.csv",       "a..b.csv"};
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < n; i++) {
        char csv[100];
        snprintf(csv, sizeof csv, "time,price,size\n138110400%04zu,1313.7,1\n", i);
        test_archive_text(t, names[i], csv);
    }
    /* A name with a dot in front would be hidden: name it. */
    for (size_t i = 0; i < n; i++)
        test_ingest_must(t, names[i]);
    char *all = test_store_listing(t->store, true);
    for (const char *c = all; *c; c++)
        assert_non_null(
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/= \n", *c));
    free(all);
    for (size_t i = 0; i < n; i++) {
        test_ingest_must(t, names[i]);
        assert_int_equal(t->report.n_files_unchanged, 1);
    }
    t->options.symbol = "../../etc";
    assert_int_equal(test_ingest_run(t, "a b.csv"), FCT_ERROR_ARGUMENT);
    t->options.symbol = "GC'; DROP TABLE x; --";
    assert_int_equal(test_ingest_run(t, "a b.csv"), FCT_ERROR_ARGUMENT);
    test_ingest_end(t);
}

static void note_progress(const fct_progress *progress, void *user)
{
    fct_progress *last = user;
    assert_true(progress->done >= last->done && progress->done <= progress->total);
    *last = *progress;
}

static void test_progress_reaches_its_total(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, N);
    write_day(t, "2024-08-09", 10000, N);
    fct_progress last = {0};
    fct_run run = {.on_progress = note_progress, .user = &last};
    const char *const paths[] = {t->archive};
    for (int i = 0; i < 2; i++) {
        last = (fct_progress){0};
        assert_int_equal(fct_ingest(paths, 1, t->store, NULL, &run, NULL, NULL), FCT_OK);
        assert_true(last.total > 0 && last.done == last.total);
        assert_string_equal(last.stage, "ingest");
        assert_string_equal(last.unit, "bytes");
    }
    test_ingest_end(t);
}

static void test_klines_of_a_day_and_of_a_month(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    const char *line = "1723075200000,1.0,2.0,0.5,1.5,10.0,1723075259999,15.0,4,5.0,7.0,0\n"
                       "1723075260000,1.0,2.0,0.5,1.5,10.0,1723075319999,15.0,4,5.0,7.0,0\n";
    test_archive_text(t, "spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08-08.zip", line);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 2);
    /* The monthly file has the same bars, and one more. */
    fct_text month = {0};
    assert_int_equal(fct_text_append_format(
                         &month, NULL,
                         "%s1723075320000,1.0,2.0,0.5,1.5,10.0,1723075379999,15.0,4,5.0,7.0,0\n",
                         line),
                     FCT_OK);
    test_archive_file(t, "spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08.zip", &month);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 1);
    assert_int_equal(t->report.n_duplicate_rows, 2);
    char *all = test_store_listing(t->store, true);
    assert_non_null(strstr(all, "data_type=klines_1m/symbol=BTCUSDT/year=2024/month=08/day=08/"
                                "data-BTCUSDT-1m-2024-08.parquet"));
    free(all);
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_day),
        cmocka_unit_test(test_the_same_again_does_nothing),
        cmocka_unit_test(test_a_removed_day_comes_back),
        cmocka_unit_test(test_a_changed_file_replaces_what_it_gave),
        cmocka_unit_test(test_only_archive_files_of_a_tree_count),
        cmocka_unit_test(test_nothing_to_ingest),
        cmocka_unit_test(test_rows_in_any_order),
        cmocka_unit_test(test_a_row_twice_counts_once),
        cmocka_unit_test(test_rows_without_an_id_all_count),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_progress_reaches_its_total),
        cmocka_unit_test(test_klines_of_a_day_and_of_a_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
