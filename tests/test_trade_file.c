/* Trades of one file: row groups left out by their statistics, and DuckDB going on where our reader stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "parquet/writer.h"
#include "store/trade_file.h"
#include "support/root.h"

enum { N_ROWS = 10000, GROUP_ROWS = 2500, STEP_MS = 10 };

static const int64_t start_ms = INT64_C(1723075200000);
static char path[128], said[4096];

static int make_folder(void **state)
{
    if (test_root_make(state) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/x.parquet", test_root);
    said[0] = '\0';
    return 0;
}

static double price_of(int64_t row)
{
    return 100 + (double)(row * 7919 % 1000) / 100;
}

/* A file of N_ROWS trades, one each STEP_MS; the price of `bad_row` is 0, `early_row` comes before the row above it. */
static void write_trades(int64_t bad_row, int64_t early_row)
{
    static const fct_parquet_column columns[] = {
        {"id", FCT_PARQUET_INT64, false},
        {"price", FCT_PARQUET_DOUBLE, true},
        {"quantity", FCT_PARQUET_DOUBLE, false},
        {"time", FCT_PARQUET_INT64, false},
        {"is_buyer_maker", FCT_PARQUET_BOOL, false},
    };
    const fct_parquet_options options = {.row_group_rows = GROUP_ROWS};
    static int64_t id[N_ROWS], time[N_ROWS];
    static double price[N_ROWS], quantity[N_ROWS];
    static uint8_t side[N_ROWS];
    for (int64_t i = 0; i < N_ROWS; i++) {
        id[i] = i;
        time[i] = start_ms + i * STEP_MS - (i == early_row ? STEP_MS + 1 : 0);
        price[i] = i == bad_row ? 0 : price_of(i);
        quantity[i] = (double)(i % 13);
        side[i] = i % 3 == 0;
    }
    fct_atomic_file file;
    fct_parquet_writer *writer;
    const fct_parquet_values values[] = {{.values = id},
                                         {.values = price},
                                         {.values = quantity},
                                         {.values = time},
                                         {.values = side}};
    assert_int_equal(fct_atomic_file_open(&file, path, NULL), FCT_OK);
    assert_int_equal(fct_parquet_writer_open(&writer, file.fd, path, columns, 5, &options, NULL),
                     FCT_OK);
    assert_int_equal(fct_parquet_writer_write(writer, values, N_ROWS, NULL), FCT_OK);
    assert_int_equal(fct_parquet_writer_close(writer, NULL, NULL), FCT_OK);
    fct_parquet_writer_free(writer);
    assert_int_equal(fct_atomic_file_commit(&file, NULL), FCT_OK);
}

static void keep_message(fct_message_level level, const char *message, void *context)
{
    (void)context, (void)level;
    strncat(said, message, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

/* Reads the file; rows must be those that were written. Returns how many there were, the first one in *first_row. */
static fct_status read_trades(fct_engine engine, const fct_time_range *wanted, int64_t *n_rows,
                              int64_t *first_row, fct_error *err)
{
    fct_job job;
    const fct_run run = {.on_message = keep_message};
    assert_int_equal(fct_job_start(&job, &run, NULL), FCT_OK);
    fct_trade_reading reading = {
        .engine = engine, .job = &job, .wanted = wanted, .temp_dir = test_root};
    fct_trade_file *file = NULL;
    *n_rows = 0;
    fct_status status = fct_trade_file_open(&file, &reading, path, false, err);
    while (status == FCT_OK) {
        fct_trades trades;
        bool in_order;
        status = fct_trade_file_next(file, &trades, &in_order, err);
        if (status != FCT_OK || !trades.n_rows)
            break;
        assert_true(in_order);
        if (!*n_rows)
            *first_row = trades.id[0];
        for (int64_t i = 0; i < trades.n_rows; i++) {
            int64_t row = trades.id[i];
            assert_int_equal(row, i ? trades.id[i - 1] + 1 : *n_rows ? *first_row + *n_rows : row);
            assert_int_equal(trades.time_us[i], (start_ms + row * STEP_MS) * 1000);
            assert_true(trades.price[i] == price_of(row));
            assert_true(trades.quantity[i] == (double)(row % 13));
            assert_int_equal(trades.is_buyer_maker[i], row % 3 == 0);
        }
        *n_rows += trades.n_rows;
    }
    fct_trade_file_free(file);
    fct_sql_close(reading.sql);
    fct_job_end(&job);
    return status;
}

static fct_time_range rows_range(int64_t first, int64_t end)
{
    return (fct_time_range){(start_ms + first * STEP_MS) * 1000, (start_ms + end * STEP_MS) * 1000};
}

static void test_row_groups_outside_are_left_out(void **state)
{
    (void)state;
    static const struct {
        int64_t first, end; /* rows whose times are wanted */
        int64_t first_read, n_read;
    } cases[] = {
        {0, N_ROWS, 0, N_ROWS},
        {6000, 6001, 5000, GROUP_ROWS},
        {2499, 2500, 0, GROUP_ROWS},
        {2500, 5000, 2500, GROUP_ROWS},
        {2499, 5001, 0, 3 * GROUP_ROWS},
        {7500, 90000, 7500, GROUP_ROWS},
        {-500, 0, 0, 0},
        {N_ROWS, 90000, 0, 0},
    };
    write_trades(-1, -1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n_rows, first_row = 0;
        fct_time_range wanted = rows_range(cases[i].first, cases[i].end);
        fct_error err = {0};
        if (read_trades(FCT_ENGINE_NATIVE, &wanted, &n_rows, &first_row, &err) != FCT_OK)
            fail_msg("%s", err.message);
        assert_int_equal(n_rows, cases[i].n_read);
        assert_int_equal(first_row, cases[i].first_read);
    }
    assert_non_null(strstr(said, "native engine, 1 of 4 row groups"));
    assert_non_null(strstr(said, "native engine, 4 of 4 row groups"));
}

static void test_rows_keep_their_numbers(void **state)
{
    (void)state;
    int64_t n_rows, first_row;
    fct_error err = {0};
    write_trades(8123, -1);
    fct_time_range wanted = rows_range(7600, 9000);
    assert_int_equal(read_trades(FCT_ENGINE_NATIVE, &wanted, &n_rows, &first_row, &err),
                     FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "row 8124"));
    assert_int_equal(read_trades(FCT_ENGINE_DUCKDB, NULL, &n_rows, &first_row, &err),
                     FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "row 8124"));
    /* A bad row in a row group that is left out is not met. */
    wanted = rows_range(100, 200);
    assert_int_equal(read_trades(FCT_ENGINE_NATIVE, &wanted, &n_rows, &first_row, &err), FCT_OK);
}

/*
 * The page of the prices in the third row group says that its definition levels are in the old encoding BIT_PACKED. Our
 * reader leaves that to DuckDB, which looks at the levels alone, and finds them in the usual one.
 */
static void break_third_group(void)
{
    static const char levels[] = {0x15, 6, 0x15,
                                  6,    0, 0}; /* both encodings RLE; ends of two structs */
    char *bytes;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 1 << 24, &bytes, &n_bytes, NULL), FCT_OK);
    char *at = bytes;
    /* Five columns a group, of which the price is the second. */
    for (int page = 0; page < 2 * 5 + 2; page++) {
        at = memmem(at, n_bytes - (size_t)(at - bytes), levels, sizeof levels);
        assert_non_null(at);
        at += sizeof levels;
    }
    at[1 - (int)sizeof levels] = 8;
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

static void test_duckdb_goes_on(void **state)
{
    (void)state;
    int64_t n_rows, first_row = -1;
    fct_error err = {0};
    write_trades(-1, -1);
    break_third_group();
    if (read_trades(FCT_ENGINE_AUTO, NULL, &n_rows, &first_row, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(n_rows, N_ROWS);
    assert_int_equal(first_row, 0);
    assert_non_null(strstr(said, "DuckDB engine from row 5001 on, because: "));
    assert_non_null(strstr(said, "row group 3, column \"price\": its nulls are in encoding 4"));
    assert_int_equal(read_trades(FCT_ENGINE_NATIVE, NULL, &n_rows, &first_row, &err),
                     FCT_ERROR_UNSUPPORTED);
    assert_int_equal(n_rows, 2 * GROUP_ROWS);
}

static void test_native_does_not_sort(void **state)
{
    (void)state;
    int64_t n_rows, first_row;
    fct_error err = {0};
    write_trades(-1, 5000);
    assert_int_equal(read_trades(FCT_ENGINE_NATIVE, NULL, &n_rows, &first_row, &err),
                     FCT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "row 5001 comes before the row above it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_row_groups_outside_are_left_out, make_folder,
                                        test_root_remove),
        cmocka_unit_test_setup_teardown(test_rows_keep_their_numbers, make_folder,
                                        test_root_remove),
        cmocka_unit_test_setup_teardown(test_native_does_not_sort, make_folder, test_root_remove),
        cmocka_unit_test_setup_teardown(test_duckdb_goes_on, make_folder, test_root_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
