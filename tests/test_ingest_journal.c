/* The journal: what was recorded happens, once, wherever it was left off; nothing outside the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/journal.h"
#include "support/ingest.h"

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
        cmocka_unit_test(test_a_forged_journal_stays_inside),
        cmocka_unit_test(test_names_with_dots_are_no_parents),
        cmocka_unit_test(test_an_ingest_finishes_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
