/* Errors, text, files, threads, jobs. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sum.h"
#include "base/threads.h"
#include "support/root.h"

/* ---- Errors and text -------------------------------------------------------------------------- */

static void test_error_messages(void **state)
{
    (void)state;
    fct_error err;
    assert_int_equal(fct_error_set(&err, FCT_ERROR_DATA, "row %d", 7), FCT_ERROR_DATA);
    assert_int_equal(err.status, FCT_ERROR_DATA);
    assert_int_equal(err.position, -1);
    fct_error_prefix(&err, "file %s", "a.csv");
    assert_string_equal(err.message, "file a.csv: row 7");
    fct_error_set_errno(&err, FCT_ERROR_IO, 2, "cannot open x");
    assert_string_equal(err.message, "cannot open x: No such file or directory");
    assert_int_equal(fct_error_set(NULL, FCT_ERROR_LIMIT, "nobody listens"), FCT_ERROR_LIMIT);
    fct_error_prefix(NULL, "nobody");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    char *longer = malloc(5000);
    memset(longer, 'x', 4999);
    longer[4999] = '\0';
    fct_error err;
    fct_error_set(&err, FCT_ERROR_DATA, "%s", longer);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    fct_error_prefix(&err, "file");
    assert_true(strlen(err.message) < sizeof err.message);
    assert_memory_equal(err.message, "file: xxx", 9);
    fct_error_prefix(&err, "%s", longer);
    assert_memory_equal(err.message, "file: xxx", 9);
    free(longer);
}

static void test_status_names(void **state)
{
    (void)state;
    for (int i = FCT_OK; i <= FCT_ERROR_INTERNAL; i++)
        assert_string_not_equal(fct_status_name((fct_status)i), "unknown");
    assert_string_equal(fct_status_name((fct_status)99), "unknown");
    assert_string_equal(fct_status_name((fct_status)-1), "unknown");
}

static void test_text_grows(void **state)
{
    (void)state;
    fct_text text = {0};
    assert_string_equal(fct_text_get(&text), "");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(fct_text_append_format(&text, NULL, "%d,", i), FCT_OK);
    assert_int_equal(strlen(text.data), text.length);
    assert_memory_equal(text.data, "0,1,2,3,", 8);
    assert_string_equal(text.data + text.length - 8, "998,999,");
    fct_text_free(&text);
    assert_null(text.data);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"BTCUSDT", "a", "A-b_c.9", "...", "1000SHIBUSDT"};
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "../../etc",
        "a/b",
        "a b",
        "a'b",
        "a\"b",
        "a;b",
        "\xc3\xa4",
        "a\nb",
        "a%b",
        "a\\b",
        ("0123456789012345678901234567890123456789012345678901234567890"
         "12345")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(fct_name_check(good[i], "symbol", NULL), FCT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fct_error err;
        if (fct_name_check(bad[i], "symbol", &err) != FCT_ERROR_ARGUMENT)
            fail_msg("\"%s\" passed for a name", bad[i]);
        assert_non_null(strstr(err.message, "symbol"));
        assert_null(strchr(err.message, '\n'));
    }
    assert_int_equal(fct_name_check(NULL, "symbol", NULL), FCT_ERROR_ARGUMENT);
}

static void test_quote_and_distance(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(fct_text_quote("a\nb\"c", 5, out, sizeof out), "a?b?c");
    assert_string_equal(fct_text_quote("abcdefghij", 10, out, sizeof out), "abcd...");
    assert_int_equal(fct_text_distance("trades", "tardes"), 2);
    assert_int_equal(fct_text_distance("aggTrades", "aggtrades"), 0);
    assert_int_equal(fct_text_distance("", "abc"), 3);
}

static void test_sum_is_exact_enough(void **state)
{
    (void)state;
    /* A plain sum of a million tenths is off by 1.3e-11 of its value. */
    fct_sum sum = {0};
    for (int i = 0; i < 1000000; i++)
        fct_sum_add(&sum, 0.1);
    assert_true(fct_sum_value(sum) == 100000.0);
    fct_sum twice = sum;
    fct_sum_add_sum(&twice, sum);
    assert_true(fct_sum_value(twice) == 200000.0);
}

/* ---- Files ------------------------------------------------------------------------------------ */

static const char *below(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", test_root, name);
    return path;
}

static fct_status note_name(const char *path, const fct_file_info *info, void *context,
                            fct_error *err)
{
    (void)info;
    return fct_text_append_format(context, err, "%s ", fct_path_name(path));
}

static void test_files_appear_whole(void **state)
{
    (void)state;
    fct_atomic_file file;
    assert_int_equal(fct_atomic_file_open(&file, below("a/b/one"), NULL), FCT_OK);
    assert_int_equal(fct_fd_write(file.fd, "half", 4, "one", NULL), FCT_OK);
    assert_false(fct_file_exists(below("a/b/one")));
    fct_atomic_file_abort(&file);
    fct_atomic_file_abort(&file);
    fct_text names = {0};
    assert_int_equal(fct_tree_walk(test_root, note_name, &names, NULL), FCT_OK);
    assert_string_equal(fct_text_get(&names), "");

    assert_int_equal(fct_file_write_atomic(below("a/b/one"), "whole", 5, NULL), FCT_OK);
    assert_int_equal(fct_file_write_atomic(below("a/b/one"), "newer", 5, NULL), FCT_OK);
    char *data;
    size_t n_bytes;
    assert_int_equal(fct_file_read(below("a/b/one"), 100, &data, &n_bytes, NULL), FCT_OK);
    assert_int_equal(n_bytes, 5);
    assert_string_equal(data, "newer");
    free(data);
    assert_int_equal(fct_file_read(below("a/b/one"), 4, &data, &n_bytes, NULL), FCT_ERROR_LIMIT);
    assert_int_equal(fct_file_read(below("none"), 4, &data, &n_bytes, NULL), FCT_ERROR_NOT_FOUND);
    fct_text_free(&names);
}

static void test_walk_is_sorted_and_follows_no_folder_links(void **state)
{
    (void)state;
    static const char *const files[] = {"z", "B/2", "B/10", "a", "c/d/e"};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(fct_file_write_atomic(below(files[i]), "", 0, NULL), FCT_OK);
    char link_path[300];
    snprintf(link_path, sizeof link_path, "%s/loop", test_root);
    assert_int_equal(symlink(test_root, link_path), 0);
    fct_text names = {0};
    assert_int_equal(fct_tree_walk(test_root, note_name, &names, NULL), FCT_OK);
    assert_string_equal(names.data, "10 2 a e z ");
    fct_text_free(&names);
    assert_int_equal(fct_tree_walk(below("nothing"), note_name, &names, NULL), FCT_ERROR_NOT_FOUND);
}

static void test_tree_remove_leaves_the_target_of_a_link(void **state)
{
    (void)state;
    assert_int_equal(fct_file_write_atomic(below("kept/file"), "", 0, NULL), FCT_OK);
    assert_int_equal(fct_folder_make(below("gone/deep"), NULL), FCT_OK);
    char target[300];
    snprintf(target, sizeof target, "%s/kept", test_root);
    assert_int_equal(symlink(target, below("gone/deep/link")), 0);
    assert_int_equal(fct_tree_remove(below("gone"), NULL), FCT_OK);
    assert_false(fct_file_exists(below("gone")));
    assert_true(fct_file_exists(below("kept/file")));
    assert_int_equal(fct_tree_remove(below("gone"), NULL), FCT_OK);
}

static void test_a_full_disk_is_an_error(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0)
        skip();
    fct_error err;
    assert_int_equal(fct_fd_write(fd, "x", 1, "out.csv", &err), FCT_ERROR_IO);
    assert_non_null(strstr(err.message, "out.csv"));
    assert_non_null(strstr(err.message, "No space"));
    close(fd);
}

static void test_a_file_in_the_way_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(fct_file_write_atomic(below("file"), "", 0, NULL), FCT_OK);
    fct_error err;
    assert_int_equal(fct_folder_make(below("file/sub"), &err), FCT_ERROR_IO);
    assert_non_null(strstr(err.message, "file"));
}

/* ---- Threads and jobs ------------------------------------------------------------------------- */

enum { N_ITEMS = 500 };

static fct_status mark(size_t item, int thread, void *context, fct_error *err)
{
    (void)thread;
    atomic_int *seen = context;
    atomic_fetch_add(&seen[item], 1);
    if (item == 100 || item == 103 || item == 250)
        return fct_error_set(err, FCT_ERROR_DATA, "item %zu", item);
    return FCT_OK;
}

static void test_lowest_failure_is_reported(void **state)
{
    (void)state;
    for (int n_threads = 1; n_threads <= 8; n_threads++) {
        atomic_int seen[N_ITEMS] = {0};
        fct_error err;
        assert_int_equal(fct_parallel_for(n_threads, N_ITEMS, mark, seen, &err), FCT_ERROR_DATA);
        assert_true(strcmp(err.message, "item 100") == 0 || n_threads > 1);
        for (int i = 0; i <= 100; i++)
            assert_int_equal(seen[i], 1);
        for (int i = 0; i < N_ITEMS; i++)
            assert_true(seen[i] <= 1);
    }
    assert_int_equal(fct_parallel_for(4, 0, mark, NULL, NULL), FCT_OK);
}

typedef struct budget {
    fct_job job;
    atomic_long held;
    atomic_bool over;
} budget;

static fct_status take_and_give(size_t item, int thread, void *context, fct_error *err)
{
    (void)thread;
    budget *b = context;
    size_t n = 10 + item % 50;
    FCT_TRY(fct_job_memory_take(&b->job, n, "a test", err));
    if (atomic_fetch_add(&b->held, (long)n) + (long)n > 100)
        atomic_store(&b->over, true);
    usleep(100);
    atomic_fetch_sub(&b->held, (long)n);
    fct_job_memory_give(&b->job, n);
    return FCT_OK;
}

static void test_memory_budget(void **state)
{
    (void)state;
    budget b = {0};
    fct_run run = {.n_threads = 4, .memory_limit_bytes = 100};
    assert_int_equal(fct_job_start(&b.job, &run, NULL), FCT_OK);
    assert_int_equal(fct_parallel_for(4, 200, take_and_give, &b, NULL), FCT_OK);
    assert_false(b.over);
    assert_true(b.job.memory_peak_bytes <= 100);
    assert_int_equal(b.job.memory_used_bytes, 0);
    fct_error err;
    assert_int_equal(fct_job_memory_take(&b.job, 101, "a sort", &err), FCT_ERROR_LIMIT);
    assert_non_null(strstr(err.message, "a sort"));
    assert_int_equal(fct_job_memory_hold(&b.job, 60, "bars", NULL), FCT_OK);
    assert_int_equal(fct_job_memory_hold(&b.job, 60, "bars", &err), FCT_ERROR_LIMIT);
    fct_job_end(&b.job);
}

static bool always_stop(void *user)
{
    (void)user;
    return true;
}

static void test_a_stop_ends_a_wait(void **state)
{
    (void)state;
    fct_job job;
    fct_run run = {.n_threads = 1, .memory_limit_bytes = 10, .should_stop = always_stop};
    assert_int_equal(fct_job_start(&job, &run, NULL), FCT_OK);
    assert_int_equal(fct_job_memory_take(&job, 10, "x", NULL), FCT_OK);
    assert_int_equal(fct_job_memory_take(&job, 1, "x", NULL), FCT_ERROR_INTERRUPTED);
    fct_job_end(&job);
}

static void test_thread_count_is_checked(void **state)
{
    (void)state;
    fct_job job;
    assert_int_equal(fct_job_start(&job, &(fct_run){.n_threads = -1}, NULL), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_job_start(&job, &(fct_run){.n_threads = 1025}, NULL), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    assert_true(job.run.n_threads >= 1);
    fct_job_end(&job);
}

typedef struct seen_progress {
    int n_calls;
    int64_t last_done;
} seen_progress;

static void note_progress(const fct_progress *progress, void *user)
{
    seen_progress *seen = user;
    seen->n_calls++;
    assert_true(progress->done >= seen->last_done);
    seen->last_done = progress->done;
    assert_int_equal(progress->total, 1000);
}

static void test_progress_reaches_its_end(void **state)
{
    (void)state;
    seen_progress seen = {0};
    fct_job job;
    fct_run run = {.on_progress = note_progress, .user = &seen};
    assert_int_equal(fct_job_start(&job, &run, NULL), FCT_OK);
    fct_job_stage(&job, "test", "items", 1000);
    for (int i = 0; i < 1000; i++)
        fct_job_advance(&job, 1, NULL);
    assert_int_equal(seen.last_done, 1000);
    assert_true(seen.n_calls < 500);
    fct_job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_messages),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_status_names),
        cmocka_unit_test(test_text_grows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_quote_and_distance),
        cmocka_unit_test(test_sum_is_exact_enough),
        cmocka_unit_test_setup_teardown(test_files_appear_whole, test_root_make, test_root_remove),
        cmocka_unit_test_setup_teardown(test_walk_is_sorted_and_follows_no_folder_links,
                                        test_root_make, test_root_remove),
        cmocka_unit_test_setup_teardown(test_tree_remove_leaves_the_target_of_a_link,
                                        test_root_make, test_root_remove),
        cmocka_unit_test(test_a_full_disk_is_an_error),
        cmocka_unit_test_setup_teardown(test_a_file_in_the_way_is_an_error, test_root_make,
                                        test_root_remove),
        cmocka_unit_test(test_lowest_failure_is_reported),
        cmocka_unit_test(test_memory_budget),
        cmocka_unit_test(test_a_stop_ends_a_wait),
        cmocka_unit_test(test_thread_count_is_checked),
        cmocka_unit_test(test_progress_reaches_its_end),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
