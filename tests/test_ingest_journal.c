/* The journal: what was recorded happens, once, wherever it was left off; nothing outside the store. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/journal.h"
#include "support/ingest.h"

/* ---- What the library does to the disk, in order, while `is_watching` -------------------------- */

static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_watching;
static char watched[64][600];
static size_t n_watched;

static void watch(const char *verb, const char *path)
{
    pthread_mutex_lock(&watch_lock);
    if (is_watching && n_watched < 64)
        snprintf(watched[n_watched++], sizeof *watched, "%s %s", verb, path);
    pthread_mutex_unlock(&watch_lock);
}

/* In the place of those of the system's library. */
int fsync(int fd)
{
    char link[64];
    char path[500] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    int result = (int)syscall(SYS_fsync, fd);
    watch("fsync", path);
    return result;
}

int rename(const char *from, const char *to)
{
    watch("rename", to);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    watch("unlink", path);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* The place of what was done to a path that ends so; SIZE_MAX: it was not. */
static size_t when(const char *verb, const char *end)
{
    for (size_t i = 0; i < n_watched; i++) {
        size_t n = strlen(watched[i]);
        if (strncmp(watched[i], verb, strlen(verb)) == 0 && n > strlen(end) &&
            strcmp(watched[i] + n - strlen(end), end) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- Tests ------------------------------------------------------------------------------------ */

static void put(const char *root, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(fct_file_write_atomic(path, text, strlen(text), NULL), FCT_OK);
}

static bool has(const char *root, const char *name, const char *text)
{
    char path[512];
    char *data;
    size_t n_bytes;
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (fct_file_read(path, 1000, &data, &n_bytes, NULL) != FCT_OK)
        return !text;
    bool equal = text && strcmp(data, text) == 0;
    free(data);
    return equal;
}

static void test_recovery_goes_on_where_it_was_left(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    static const char *const names[] = {"a", "b", "c"};
    /* The first `done` of the moves had happened; a journal in the making had not. */
    for (size_t done = 0; done <= 3; done++) {
        assert_int_equal(fct_tree_remove(t->store, NULL), FCT_OK);
        char from[64];
        char to[64];
        put(t->store, "market=m/year=1/day=2/old", "old");
        for (size_t i = 0; i < 3; i++) {
            snprintf(from, sizeof from, ".factorium/tmp/0/%s", names[i]);
            snprintf(to, sizeof to, "market=m/%s", names[i]);
            put(t->store, to, "before");
            put(t->store, i < done ? to : from, names[i]);
        }
        put(t->store, ".factorium/journal/0",
            "move .factorium/tmp/0/a market=m/a\nmove .factorium/tmp/0/b market=m/b\n"
            "remove market=m/year=1/day=2/old\nmove .factorium/tmp/0/c market=m/c\n");
        put(t->store, ".factorium/journal/.1.0123.tmp", "remove market=m/a\n");
        size_t n_finished;
        assert_int_equal(fct_journal_recover(t->store, &n_finished, NULL), FCT_OK);
        assert_int_equal(n_finished, 1);
        for (size_t i = 0; i < 3; i++) {
            snprintf(to, sizeof to, "market=m/%s", names[i]);
            assert_true(has(t->store, to, names[i]));
        }
        assert_true(has(t->store, "market=m/year=1", NULL));
        assert_int_equal(fct_journal_recover(t->store, &n_finished, NULL), FCT_OK);
        assert_int_equal(n_finished, 0);
    }
    test_ingest_end(t);
}

static void test_a_forged_journal_stays_inside(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    static const char *const journals[] = {"move .factorium/tmp/a ../outside\n",
                                           "move ../precious inside\n",
                                           "remove ../precious\n",
                                           "remove market=m/../../precious\n",
                                           "remove /precious\n",
                                           "move a\n",
                                           "move a b c\n",
                                           "remove a b\n",
                                           "delete a\n",
                                           "remove \n",
                                           "remove ..\n",
                                           "nonsense"};
    put(t->folder, "precious", "precious");
    for (size_t i = 0; i < sizeof journals / sizeof *journals; i++) {
        put(t->store, ".factorium/tmp/a", "a");
        put(t->store, ".factorium/journal/0", journals[i]);
        size_t n_finished;
        fct_error err = {0};
        assert_int_equal(fct_journal_recover(t->store, &n_finished, &err), FCT_ERROR_DATA);
        assert_non_null(strstr(err.message, "journal/0"));
        assert_true(has(t->folder, "precious", "precious"));
        assert_true(has(t->folder, "outside", NULL));
    }
    test_ingest_end(t);
}

static void test_names_with_dots_are_no_parents(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    put(t->store, ".factorium/tmp/0/a..b", "text");
    fct_journal journal = {0};
    bool recorded;
    assert_int_equal(fct_journal_move(&journal, ".factorium/tmp/0/a..b", "./x../..y", NULL),
                     FCT_OK);
    assert_int_equal(fct_journal_apply(&journal, t->store, "0", &recorded, NULL), FCT_OK);
    assert_false(recorded);
    assert_true(has(t->store, "x../..y", "text"));
    fct_journal_free(&journal);
    test_ingest_end(t);
}

/*
 * A power cut loses nothing: what moves is on the disk before the journal is, the journal before anything moves, and all
 * that moved before the journal goes.
 */
static void test_order_on_the_disk(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    put(t->store, ".factorium/tmp/0/a", "a");
    put(t->store, ".factorium/tmp/1/b", "b");
    fct_journal journal = {0};
    bool recorded;
    assert_int_equal(fct_journal_move(&journal, ".factorium/tmp/0/a", "market=m/day=1/x", NULL),
                     FCT_OK);
    assert_int_equal(fct_journal_move(&journal, ".factorium/tmp/1/b", "market=m/day=2/x", NULL),
                     FCT_OK);
    n_watched = 0;
    is_watching = true;
    assert_int_equal(fct_journal_apply(&journal, t->store, "0", &recorded, NULL), FCT_OK);
    is_watching = false;
    size_t list = when("rename", "/journal/0");
    size_t list_synced = when("fsync", "/.factorium/journal");
    size_t gone = when("unlink", "/journal/0");
    assert_true(when("fsync", "/tmp/0/a") < list && when("fsync", "/tmp/1/b") < list);
    assert_true(list < list_synced && list_synced != SIZE_MAX);
    assert_true(list_synced < when("rename", "/day=1/x") &&
                list_synced < when("rename", "/day=2/x"));
    assert_true(when("rename", "/day=1/x") < when("fsync", "/day=1"));
    assert_true(when("rename", "/day=2/x") < when("fsync", "/day=2"));
    assert_true(when("fsync", "/day=1") < gone && when("fsync", "/day=2") < gone);
    assert_true(gone != SIZE_MAX);
    fct_journal_free(&journal);
    test_ingest_end(t);
}

/* A staged file that is gone is an error, not a move that was done before. */
static void test_nothing_to_move(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    put(t->store, "market=m/x", "old");
    fct_journal journal = {0};
    bool recorded;
    fct_error err = {0};
    assert_int_equal(fct_journal_move(&journal, ".factorium/tmp/0/a", "market=m/x", NULL), FCT_OK);
    assert_int_equal(fct_journal_apply(&journal, t->store, "0", &recorded, &err), FCT_ERROR_IO);
    assert_false(recorded);
    assert_non_null(strstr(err.message, "tmp/0/a"));
    fct_journal_free(&journal);
    test_ingest_end(t);
}

/* The store cannot take a file at the very moment: the next ingest finishes, whatever it was called for. */
static void test_an_ingest_finishes_another(void **state)
{
    (void)state;
    test_ingest *t = test_ingest_start();
    fct_text csv = {0};
    int64_t midnight = test_midnight_ms("2024-08-08");
    test_trade_lines(&csv, 1, 10, midnight - 5, 1);
    test_archive_file(t, test_archive_name("2024-08-08"), &csv);
    put(t->store, "market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=08",
        "a file where a folder is needed");
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_IO);
    assert_non_null(strstr(t->error.message, "day=08 is a file where a folder is needed"));
    assert_int_equal(test_ingest_run(t, ""), FCT_ERROR_IO);
    assert_non_null(strstr(t->error.message, "cannot finish what"));
    char path[512];
    snprintf(path, sizeof path,
             "%s/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=08",
             t->store);
    assert_int_equal(unlink(path), 0);
    test_ingest_must(t, "");
    assert_true(test_has_message(t, "finished what an interrupted ingest had begun"));
    assert_int_equal(t->report.n_files_unchanged, 1);
    assert_int_equal(test_stored_count(t, "2024-08-08", "data.parquet"), 5);
    assert_int_equal(test_stored_count(t, "2024-08-07", "data-BTCUSDT-trades-2024-08-08.parquet"),
                     5);
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovery_goes_on_where_it_was_left),
        cmocka_unit_test(test_order_on_the_disk),
        cmocka_unit_test(test_nothing_to_move),
        cmocka_unit_test(test_a_forged_journal_stays_inside),
        cmocka_unit_test(test_names_with_dots_are_no_parents),
        cmocka_unit_test(test_an_ingest_finishes_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
