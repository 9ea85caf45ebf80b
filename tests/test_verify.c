/* fct_store_verify: each thing that may be wrong with a store is found, called by its name, and no other is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/bars.h"
#include "support/root.h"

#define START INT64_C(1723075200000) /* 2024-08-08 */
#define DAY_MS INT64_C(86400000)
#define DATA                                                                                       \
    "/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=08/data.parquet"

enum { N = 100 };

static test_trade trades[N];

/* A day without a fault: what each test starts from. */
static int make_store(void **state)
{
    for (int i = 0; i < N; i++)
        trades[i] = (test_trade){
            .time = START + i * 1000 + 7, .price = 100 + i, .quantity = 1, .id = 5000 + i};
    return test_root_make(state);
}

static void write_day(void)
{
    const test_file file = {.date = "2024-08-08"};
    test_store_write(test_root, &file, trades, N);
}

/* Verifies the store, which must have one finding, or none where `says` is NULL. */
static void assert_finding(const char *severity, const char *says)
{
    char path[128];
    char *text;
    size_t n_bytes;
    fct_error err = {0};
    fct_verify_report report;
    struct ArrowArrayStream stream;
    bool is_problem = says && strcmp(severity, "problem") == 0;
    fct_status status =
        fct_store_verify(test_root, NULL, NULL, 0, 0, 0, NULL, &report, &stream, &err);
    assert_int_equal(status, is_problem ? FCT_ERROR_INTEGRITY : FCT_OK);
    assert_int_equal(report.n_days, 1);
    assert_int_equal(report.n_files, 1);
    assert_int_equal(report.n_rows, N);
    assert_int_equal(report.n_problems, is_problem);
    assert_int_equal(report.n_notes, says && !is_problem);
    snprintf(path, sizeof path, "%s/findings.json", test_root);
    assert_int_equal(fct_write_file(&stream, path, FCT_FORMAT_JSON, NULL, NULL, &err), FCT_OK);
    assert_int_equal(fct_file_read(path, 1 << 20, &text, &n_bytes, NULL), FCT_OK);
    if (says && (!strstr(text, says) || !strstr(text, severity)))
        fail_msg("no %s that says \"%s\": %s", severity, says, text);
    free(text);
}

static void test_a_day_without_a_fault(void **state)
{
    (void)state;
    write_day();
    assert_finding("", NULL);
}

static void test_order(void **state)
{
    (void)state;
    test_trade last = trades[N - 1];
    trades[N - 1] = trades[N - 2];
    trades[N - 2] = last;
    write_day();
    assert_finding("note", "rows are not in (time, id) order");
}

static void test_gaps_in_the_ids(void **state)
{
    (void)state;
    for (int i = 40; i < N; i++)
        trades[i].id += i < 70 ? 3 : 8;
    write_day();
    assert_finding("note", "2 gaps in the ids, 8 ids that are not there");
}

static void test_ids_that_fall(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        trades[i].id = 5000 - i;
    write_day();
    assert_finding("note", "99 ids are smaller than that of the row before");
}

static void test_repeated_rows(void **state)
{
    (void)state;
    trades[50] = trades[49];
    for (int i = 51; i < N; i++)
        trades[i].id--;
    write_day();
    assert_finding("problem", "1 rows have the id of the row before them");
}

static void test_rows_of_another_day(void **state)
{
    (void)state;
    trades[N - 1].time = START + DAY_MS;
    trades[0].time = START - 1;
    write_day();
    assert_finding("note", "2 rows are of another day");
}

/* Changes the last place of a file that holds a number of 8 bytes. */
static void replace_bytes(const char *path, const void *number, const void *by)
{
    enum { N_NUMBER = 8 };
    char *bytes;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 1 << 20, &bytes, &n_bytes, NULL), FCT_OK);
    size_t at = n_bytes - N_NUMBER;
    while (at && memcmp(bytes + at, number, N_NUMBER) != 0)
        at--;
    assert_true(at > n_bytes / 2);
    memcpy(bytes + at, by, N_NUMBER);
    assert_int_equal(fct_file_write_atomic(path, bytes, n_bytes, NULL), FCT_OK);
    free(bytes);
}

static void replace_last(const char *path, int64_t number, int64_t by)
{
    replace_bytes(path, &number, &by);
}

static void replace_last_real(const char *path, double number, double by)
{
    replace_bytes(path, &number, &by);
}

/* Rows that a reader would skip, as the footer says that there are none of them. */
static void test_statistics_that_lie(void **state)
{
    (void)state;
    char path[256];
    write_day();
    snprintf(path, sizeof path, "%s" DATA, test_root);
    replace_last(path, trades[0].time, trades[0].time + 1);
    assert_finding("problem", "and the footer says");
    write_day();
    replace_last(path, trades[N - 1].id, trades[N - 1].id - 1);
    assert_finding("problem", "column id of row group 1 holds 5000 to 5099");
    write_day();
    replace_last_real(path, trades[N - 1].price, 150);
    assert_finding("problem",
                   "column price of row group 1 holds 100 to 199, and the footer says 100 to 150");
    write_day();
    replace_last_real(path, trades[0].price, 100.5);
    assert_finding("problem", "and the footer says 100.5 to 199");
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, test_root_remove)
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_a_day_without_a_fault), WITH_STORE(test_order),
        WITH_STORE(test_gaps_in_the_ids),       WITH_STORE(test_ids_that_fall),
        WITH_STORE(test_repeated_rows),         WITH_STORE(test_rows_of_another_day),
        WITH_STORE(test_statistics_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
