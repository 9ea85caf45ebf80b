/* Ingest when something goes wrong: bad files, full disks, stops and kills. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/run.h"
#include "support/ingest.h"

static void write_day(test_ingest *t, const char *date, int64_t first_id, int n)
{
    fct_text csv = {0};
    int64_t midnight = test_midnight_ms(date);
    /* Each day knows the last trade of the day before. */
    test_trade_lines(&csv, first_id - 1, 1, midnight - 1000, 1);
    test_trade_lines(&csv, first_id, n - 1, midnight, 1000);
    test_trade_lines(&csv, first_id + 99999, 1, midnight + 86400000 - 1000, 1);
    test_archive_file(t, test_archive_name(date), &csv);
}

static void test_a_bad_file_among_good_ones(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-07", 1000, 20);
    write_day(t, "2024-08-09", 300000, 20);
    test_archive_text(
        t, test_archive_name("2024-08-08"),
        "1,100.0,1.0,100.0,1723075200000,true\n2,1x0.0,1.0,100.0,1723075201000,true\n");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_DATA);
    assert_non_null(strstr(t->error.message, "BTCUSDT-trades-2024-08-08"));
    assert_non_null(strstr(t->error.message, "row 2"));
    assert_non_null(strstr(t->error.message, "price"));
    assert_true(test_has_message(t, "3 "));
    assert_int_equal(t->report.n_files, 2);
    assert_int_equal(t->report.n_files_failed, 1);
    assert_int_equal(test_stored_count(t, "2024-08-07", "data.parquet"), 20);
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), -1);
    assert_int_equal(test_stored_count(t, "2024-08-09", "data.parquet"), 20);

    /* Two bad files: the first one's status, and how many. */
    test_archive_text(t, test_archive_name("2024-08-06"), "");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_DATA);
    assert_non_null(strstr(t->error.message, "2 of 4 files failed; the first: "));
    assert_non_null(strstr(t->error.message, "2024-08-06"));
    assert_int_equal(t->report.n_files_unchanged, 2);
    test_ingest_end(t);
}

static void test_a_file_that_turned_bad_leaves_what_it_gave(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 20);
    test_ingest_must(t, "");
    char *before = test_store_listing(t->store, false);
    test_archive_text(t, test_archive_name("2024-08-08"),
                      "1,100.0,1.0,100.0,1723075200000,true\nx\n");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_DATA);
    char *after = test_store_listing(t->store, false);
    assert_string_equal(after, before);
    free(before);
    free(after);
    test_ingest_end(t);
}

static void test_a_file_that_cannot_be_identified(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 20);
    test_archive_text(t, "aaa/notes.csv", "what is this\n");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(t->error.message, "notes.csv"));
    assert_int_equal(t->report.n_files, 1);
    assert_int_equal(t->report.n_files_failed, 1);
    test_ingest_end(t);
}

static void test_bad_rows_left_out_are_listed(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    const char *good = "1,100.0,1.0,100.0,1723075200000,true\n";
    fct_text csv = {0};
    assert_int_equal(fct_text_append_format(&csv, NULL,
                                            "%s2,-1,1.0,100.0,1723075201000,true\n%s\"\n", good,
                                            "3,100.0,-1.0,100.0,1723075202000,true\n"),
                     FCT_OK);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    t->options.on_bad_row = FCT_BAD_ROW_SKIP;
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_rows, 1);
    assert_int_equal(t->report.n_bad_rows, 3);
    char path[512];
    snprintf(path, sizeof path, "%s/.factorium/bad_rows/futures_um-trades-BTCUSDT-%s.csv", t->store,
             "BTCUSDT-trades-2024-08-08");
    assert_true(test_has_message(t, "3 bad rows left out, listed in "));
    assert_true(test_has_message(t, path));
    char *list;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 10000, &list, &n_bytes, NULL), FCT_OK);
    assert_non_null(strstr(list, "row,column,reason,text"));
    free(list);
    /* The list goes with the rows it was about. */
    test_archive_text(t, test_archive_name("2024-08-08"), good);
    test_ingest_must(t, "");
    assert_false(fct_file_exists(path));
    test_ingest_end(t);
}

static void test_two_files_of_the_same_days(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    const char *row = "1,100.0,1.0,100.0,1723075200000,true\n";
    test_archive_text(t, "a/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip", row);
    test_archive_text(t, "b/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip", row);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    assert_int_equal(t->report.n_files_unchanged, 1);
    test_archive_text(t, "c/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip",
                      "2,100.0,1.0,100.0,1723075200000,true\n");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(t->error.message, "ingest one of them"));
    assert_int_equal(t->report.n_files_failed, 1);
    test_ingest_end(t);
}

static void test_a_store_that_may_not_be_written(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 20);
    strcpy(t->store, "/proc/factorium-store");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_IO);
    assert_non_null(strstr(t->error.message, "/proc/factorium-store"));
    snprintf(t->store, sizeof t->store, "%s/%s", t->archive, test_archive_name("2024-08-08"));
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_IO);
    assert_non_null(strstr(t->error.message, "is a file where a folder is needed"));
    test_ingest_end(t);
}

static void test_too_little_memory_is_said(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 20);
    t->memory_limit_bytes = 100000;
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_LIMIT);
    assert_non_null(strstr(t->error.message, "--memory-limit"));
    assert_non_null(strstr(t->error.message, "2024-08-08"));
    test_ingest_end(t);
}

static void test_a_damaged_record_is_named(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-08", 1000, 20);
    test_ingest_must(t, "");
    char path[512];
    snprintf(path, sizeof path,
             "%s/.factorium/sources/futures_um/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.json",
             t->store);
    char *json;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 100000, &json, &n_bytes, NULL), FCT_OK);
    for (size_t cut = 0; cut < n_bytes; cut += 1 + n_bytes / 40) {
        assert_int_equal(fct_file_write_atomic(path, json, cut, NULL), FCT_OK);
        assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_DATA);
        assert_non_null(strstr(t->error.message, path));
    }
    free(json);
    assert_int_equal(unlink(path), 0);
    test_ingest_must(t, "");
    assert_int_equal(t->report.n_files, 1);
    test_ingest_end(t);
}

/* ---- In a process of its own ------------------------------------------------------------------ */

/* Ingests everything in a child; returns what it ended with. */
static int ingest_in_child(test_ingest *t, rlim_t max_file_bytes, int64_t kill_after_us)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (max_file_bytes) {
            signal(SIGXFSZ, SIG_IGN);
            struct rlimit limit = {max_file_bytes, max_file_bytes};
            setrlimit(RLIMIT_FSIZE, &limit);
        }
        fct_run run = {.n_threads = 2};
        const char *const paths[] = {t->archive};
        fct_error err = {0};
        fct_status status = fct_ingest(paths, 1, t->store, &t->options, &run, &t->report, &err);
        _exit(status == FCT_ERROR_IO && !strstr(err.message, t->store) ? 99 : (int)status);
    }
    if (kill_after_us >= 0) {
        struct timespec moment = {.tv_sec = kill_after_us / 1000000,
                                  .tv_nsec = kill_after_us % 1000000 * 1000};
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
    }
    int code;
    assert_int_equal(waitpid(child, &code, 0), child);
    return WIFEXITED(code) ? WEXITSTATUS(code) : -WTERMSIG(code);
}

static void test_a_full_disk(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    for (int day = 0; day < 3; day++) {
        char date[] = "2024-08-07";
        date[9] = (char)('7' + day);
        write_day(t, date, 1000 + day * 100000, 5000);
    }
    char expected[400];
    strcpy(expected, t->store);
    strcat(expected, "-expected");
    assert_int_equal(ingest_in_child(t, 0, -1), FCT_OK);
    assert_int_equal(rename(t->store, expected), 0);
    for (rlim_t limit = 1; limit < 200000; limit = limit * 3 + 1) {
        int status = ingest_in_child(t, limit, -1);
        assert_true(status == FCT_ERROR_IO || status == FCT_OK);
        if (status == FCT_OK)
            break;
        char *days = test_store_listing(t->store, true);
        assert_string_equal(days, "");
        free(days);
    }
    test_ingest_must(t, "");
    test_store_assert_same(t->store, expected);
    test_ingest_end(t);
}

/* Whatever was the last thing a killed ingest did: each file of a day is whole, and the next ingest sets all right. */
static void test_a_kill_at_any_moment(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    for (int day = 0; day < 6; day++) {
        char date[] = "2024-08-04";
        date[9] = (char)('4' + day);
        write_day(t, date, 1000 + day * 100000, 3000);
    }
    fct_text month = {0};
    test_trade_lines(&month, 1000, 500, test_midnight_ms("2024-08-04"), 1000);
    test_trade_lines(&month, 301000, 500, test_midnight_ms("2024-08-07"), 1000);
    test_archive_file(t, test_archive_name("2024-08"), &month);
    int64_t start_ms = fct_clock_ms();
    assert_int_equal(ingest_in_child(t, 0, -1), FCT_OK);
    int64_t whole_us = (fct_clock_ms() - start_ms) * 1000 + 1000;
    char expected[400];
    strcpy(expected, t->store);
    strcat(expected, "-expected");
    assert_int_equal(rename(t->store, expected), 0);
    enum { KILLS = 30 };
    int n_killed = 0;
    for (int i = 0; i < KILLS; i++) {
        if (i % 5 == 0)
            assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
        int status = ingest_in_child(t, 0, whole_us * (i * 7 % KILLS) / KILLS);
        assert_true(status == -SIGKILL || status == FCT_OK);
        n_killed += status == -SIGKILL;
        /* How long an ingest takes is another thing from one moment to the next. */
        whole_us += status == -SIGKILL ? whole_us / 16 : -whole_us / 4;
        for (int day = 0; day < 6; day++) {
            char date[] = "2024-08-04";
            date[9] = (char)('4' + day);
            int64_t n_rows = test_stored_count(t, date, "data.parquet");
            assert_true(n_rows == -1 || n_rows == 3000 || n_rows == 500 || n_rows == 1);
        }
        if (i % 5 == 4) {
            test_ingest_must(t, "");
            test_store_assert_same(t->store, expected);
            test_ingest_must(t, "");
            assert_int_equal(t->report.n_files_unchanged, 7);
        }
    }
    /* How many were in time depends on the machine; whatever came of each was looked at. */
    print_message("%d of %d were killed at work\n", n_killed, KILLS);
    test_ingest_end(t);
}

/* ---- Stops and locks -------------------------------------------------------------------------- */

static bool stop_after(void *user)
{
    atomic_int *left = user;
    return atomic_fetch_sub(left, 1) <= 0;
}

static void test_a_stop_leaves_whole_days(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-07", 1000, 20);
    write_day(t, "2024-08-08", 200000, 20);
    char expected[400];
    strcpy(expected, t->store);
    strcat(expected, "-expected");
    test_ingest_must(t, "");
    assert_int_equal(rename(t->store, expected), 0);
    const char *const paths[] = {t->archive};
    fct_status status = FCT_ERROR_INTERRUPTED;
    int n_stops = 0;
    for (; status == FCT_ERROR_INTERRUPTED; n_stops++) {
        atomic_int left = n_stops;
        fct_run run = {.n_threads = 1, .should_stop = stop_after, .user = &left};
        fct_error err = {0};
        status = fct_ingest(paths, 1, t->store, NULL, &run, NULL, &err);
        assert_true(status == FCT_OK || status == FCT_ERROR_INTERRUPTED);
        char tmp[400];
        strcpy(tmp, t->store);
        strcat(tmp, "/.factorium/tmp");
        assert_true(rmdir(tmp) == 0 || !fct_file_exists(tmp)); /* nothing left in it */
        if (n_stops % 2)
            assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
    }
    assert_true(n_stops > 4);
    test_ingest_must(t, "");
    test_store_assert_same(t->store, expected);
    test_ingest_end(t);
}

static void test_one_ingest_at_a_time(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    write_day(t, "2024-08-07", 1000, 20);
    test_ingest_must(t, "");
    char path[512];
    strcpy(path, t->store);
    strcat(path, "/.factorium/lock");
    int lock = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    atomic_int left = 3;
    fct_run run = {.should_stop = stop_after, .user = &left};
    const char *const paths[] = {t->archive};
    assert_int_equal(fct_ingest(paths, 1, t->store, NULL, &run, NULL, NULL), FCT_ERROR_INTERRUPTED);
    close(lock);
    /* Two at once both get their turn. */
    pid_t child = fork();
    if (child == 0)
        _exit((int)fct_ingest(paths, 1, t->store, NULL, NULL, NULL, NULL));
    t->options.again = true;
    for (int i = 0; i < 5; i++)
        test_ingest_must(t, "");
    int code;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == FCT_OK);
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_file_among_good_ones),
        cmocka_unit_test(test_a_file_that_turned_bad_leaves_what_it_gave),
        cmocka_unit_test(test_a_file_that_cannot_be_identified),
        cmocka_unit_test(test_bad_rows_left_out_are_listed),
        cmocka_unit_test(test_two_files_of_the_same_days),
        cmocka_unit_test(test_a_store_that_may_not_be_written),
        cmocka_unit_test(test_too_little_memory_is_said),
        cmocka_unit_test(test_a_damaged_record_is_named),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_a_kill_at_any_moment),
        cmocka_unit_test(test_a_stop_leaves_whole_days),
        cmocka_unit_test(test_one_ingest_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
