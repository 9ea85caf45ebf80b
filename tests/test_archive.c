/*
 * Rows of archive files: layouts, units, spellings, bad rows, users' own files, recorded files of
 * the exchange.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/archive.h"

#define HEADER "id,price,qty,quote_qty,time,is_buyer_maker\n"
#define ROW_1 "5266583935,61800.30,0.006,370.8018,1723161256322,false\n"
#define ROW_2 "5266583936,61800.20,0.010,618.002,1723161256400,true\n"

static const fct_ingest_options um_trades = {
    .dataset = {.market = "futures_um", .data_type = "trades"}, .symbol = "BTCUSDT"};
static const fct_ingest_options spot_trades = {.dataset = {.market = "spot", .data_type = "trades"},
                                               .symbol = "BTCUSDT"};
static const fct_ingest_options um_trades_skip = {
    .dataset = {.market = "futures_um", .data_type = "trades"},
    .symbol = "BTCUSDT",
    .on_bad_row = FCT_BAD_ROW_SKIP};

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove();
    return 0;
}

static test_archive *read_good(const char *text, const fct_ingest_options *options)
{
    test_archive *archive = test_archive_read_text("t.csv", text, options);
    if (archive->status != FCT_OK)
        fail_msg("%s", archive->err.message);
    return archive;
}

static void expect_error(const char *text, const fct_ingest_options *options, fct_status status,
                         const char *words)
{
    test_archive *archive = test_archive_read_text("t.csv", text, options);
    if (archive->status != status)
        fail_msg("%s: %s (%s)", text, fct_status_name(archive->status), archive->err.message);
    test_assert_has(archive->err.message, words);
    test_archive_free(archive);
}

/*
 * ---- The exchange's own layouts -----------------------------------------------------------------
 */

static void assert_two_rows(const test_archive *archive)
{
    assert_int_equal(archive->n_rows, 2);
    const int64_t *id = test_column(archive, "id"), *time = test_column(archive, "time");
    const double *price = test_column(archive, "price"), *qty = test_column(archive, "qty");
    const double *quote_qty = test_column(archive, "quote_qty");
    const uint8_t *is_buyer_maker = test_column(archive, "is_buyer_maker");
    assert_true(id[0] == 5266583935 && id[1] == 5266583936);
    assert_true(price[0] == 61800.30 && price[1] == 61800.20);
    assert_true(qty[0] == 0.006 && qty[1] == 0.010);
    assert_true(quote_qty[0] == 370.8018 && quote_qty[1] == 618.002);
    assert_true(time[0] == 1723161256322 && time[1] == 1723161256400);
    assert_true(archive->time_us[0] == 1723161256322000 && archive->time_us[1] == 1723161256400000);
    assert_true(is_buyer_maker[0] == 0 && is_buyer_maker[1] == 1);
}

static void every_way_to_write_two_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t first_row;
    } cases[] = {
        {HEADER ROW_1 ROW_2, 2},
        {ROW_1 ROW_2, 1},
        {"\xef\xbb\xbf" HEADER ROW_1 ROW_2, 2},
        {"\xef\xbb\xbf" ROW_1 ROW_2, 1},
        {HEADER "5266583935,61800.30,0.006,370.8018,1723161256322,False\r\n"
                "5266583936,61800.20,0.010,618.002,1723161256400,True\r\n",
         2},
        {"id,price,qty,quote_qty,time,is_buyer_maker\r\n"
         "5266583935,61800.30,0.006,370.8018,1723161256322,FALSE\r\n\r\n"
         "5266583936,61800.20,0.010,618.002,1723161256400,TRUE",
         2},
        {"5266583935,61800.30,0.006,370.8018,1723161256322,0\n"
         "5266583936,61800.20,0.010,618.002,1723161256400,1\n\n\n",
         1},
        {"\n\n" HEADER "\n" ROW_1 "\n\n" ROW_2, 5},
        /* By name, in another order, with other case of letters. */
        {"time,Is_Buyer_Maker,PRICE,qty,quote_qty,id\n"
         "1723161256322,false,61800.30,0.006,370.8018,5266583935\n"
         "1723161256400,true,61800.20,0.010,618.002,5266583936\n",
         2},
        {"\"id\",\"price\",\"qty\",\"quote_qty\",\"time\",\"is_buyer_maker\"\n"
         "\"5266583935\",\"61800.30\",\"0.006\",\"370.8018\",\"1723161256322\",\"false\"\n"
         "5266583936,\"61800.20\",0.010,618.002,1723161256400,\"true\"\r\n",
         2},
        {"id, price, qty, quote_qty, time, is_buyer_maker\n"
         "5266583935, 61800.30,0.006 ,370.8018,\t1723161256322,false\n"
         " 5266583936,6.180020e4,1.0E-2,618.002, \"1723161256400\" ,true \r\n",
         2},
        {"5266583935,61800.30,0.006,370.8018,1723161256322,false\n"
         "5266583936,61800.20000000000000000000000,0.010,618.002,1723161256400,true",
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_archive *archive = read_good(cases[i].text, &um_trades);
        assert_two_rows(archive);
        assert_true(archive->row_number[0] == cases[i].first_row);
        assert_int_equal(archive->n_messages, 0);
        assert_int_equal(archive->schema.n_columns, 6);
        assert_int_equal(archive->schema.id, 0);
        assert_int_equal(archive->schema.price, 1);
        assert_int_equal(archive->schema.quantity, 2);
        assert_int_equal(archive->schema.time, 4);
        test_archive_free(archive);
    }
}

static void more_columns_than_the_market_has(void **state)
{
    (void)state;
    /* Spot's own trailing column is known, may lack, and may be followed by an unknown one. */
    test_archive *archive = read_good("1,2,3,6,1723161256322,True,False\n", &spot_trades);
    assert_int_equal(archive->schema.n_columns, 7);
    assert_int_equal(((const uint8_t *)test_column(archive, "is_best_match"))[0], 0);
    assert_int_equal(archive->n_messages, 0);
    test_archive_free(archive);
    archive = read_good("1,2,3,6,1723161256322,True\n", &spot_trades);
    assert_int_equal(archive->schema.n_columns, 6);
    assert_int_equal(archive->n_messages, 0);
    test_archive_free(archive);
    archive = read_good("1,2,3,6,1723161256322,True,False,x\n2,2,3,6,1723161256322,True,False,y\n",
                        &spot_trades);
    assert_int_equal(archive->n_rows, 2);
    assert_int_equal(archive->n_messages, 1);
    assert_int_equal(archive->levels[0], FCT_MESSAGE_WARNING);
    test_assert_has(archive->messages[0],
                    "spot trades have no such columns, which are left out: 8");
    test_archive_free(archive);
    archive = read_good("id,price,venue,qty,quote_qty,time,is_buyer_maker,note\n"
                        "1,2,\"a,b\",3,6,1723161256322,true,\"say \"\"x\"\"\"\n",
                        &um_trades);
    assert_int_equal(archive->n_rows, 1);
    test_assert_has(archive->messages[0], "left out: venue, note");
    test_archive_free(archive);
}

static void other_data_types(void **state)
{
    (void)state;
    fct_ingest_options options = um_trades;
    options.dataset.data_type = "aggTrades";
    test_archive *archive =
        read_good("26129,0.01633102,4.70443515,27781,27781,1498793709153,True\n", &options);
    assert_int_equal(archive->schema.n_columns, 7);
    assert_int_equal(archive->schema.time, 5);
    assert_true(((const int64_t *)test_column(archive, "last_trade_id"))[0] == 27781);
    test_archive_free(archive);
    options.dataset.market = "futures_cm";
    options.dataset.data_type = "trades";
    archive = read_good("805376266,2682.18,1,0.00372831,1723161258762,false\n", &options);
    assert_true(((const double *)test_column(archive, "base_qty"))[0] == 0.00372831);
    test_archive_free(archive);
}

static void klines(void **state)
{
    (void)state;
    fct_ingest_options options = {
        .dataset = {.market = "spot", .data_type = "klines", .interval = "1m"},
        .symbol = "BTCUSDT"};
    /* µs klines close at ...999999. */
    const char *good =
        "1735689600000000,93576.00,93610.93,93537.50,93610.93,8.21827,1735689659999999,"
        "768978.21,2631,3.95157,369757.30,0\n";
    test_archive *archive = read_good(good, &options);
    assert_string_equal(archive->identity.data_type, "klines_1m");
    assert_int_equal(archive->schema.n_columns, 12);
    assert_int_equal(archive->schema.time, 0);
    assert_true(archive->schema.price == SIZE_MAX && archive->schema.quantity == SIZE_MAX);
    assert_true(archive->schema.id == SIZE_MAX);
    assert_true(archive->time_us[0] == 1735689600000000);
    assert_true(((const int64_t *)test_column(archive, "close_time"))[0] == 1735689659999999);
    assert_true(((const int64_t *)test_column(archive, "count"))[0] == 2631);
    assert_int_equal(archive->n_messages, 0);
    test_archive_free(archive);

    archive = read_good("1735689600000,10,9,11,10,1,1735689659999,1,1,1,1,0\n"
                        "1735689660000,10,9,11,10,1,1735689719999,1,1,1,1,0\n",
                        &options);
    assert_int_equal(archive->n_rows, 2);
    assert_int_equal(archive->n_messages, 1);
    test_assert_has(archive->messages[0],
                    "row 1: open 10 and close 10 are not between low 11 and high 9");
    test_archive_free(archive);
    expect_error("1735689600000,0,9,0,1,1,1735689659999,1,1,1,1,0\n", &options, FCT_ERROR_DATA,
                 "column 2 (open): \"0\" is zero");
    expect_error("1735689600000,1,9,1,1,-1,1735689659999,1,1,1,1,0\n", &options, FCT_ERROR_DATA,
                 "column 6 (volume): \"-1\" is negative");
}

static void units_of_time(void **state)
{
    (void)state;
    test_archive *archive = read_good("1,2,3,6,1735689600000001,true\n", &um_trades);
    assert_true(archive->time_us[0] == 1735689600000001);
    assert_true(((const int64_t *)test_column(archive, "time"))[0] == 1735689600000001);
    test_archive_free(archive);
    expect_error("1,2,3,6,1735689600000,true\n2,2,3,6,1735689600000001,true\n", &um_trades,
                 FCT_ERROR_DATA, "row 2, column 5 (time): \"1735689600000001\" is in another unit");
    expect_error("1,2,3,6,0,true\n", &um_trades, FCT_ERROR_DATA,
                 "row 1, column 5 (time): \"0\" is no time between 1980 and 2200");
    expect_error("1,2,3,6,253402300799000,true\n", &um_trades, FCT_ERROR_DATA, "no time between");
    /* The unit is that of the first row that is good. */
    archive =
        read_good("1,x,3,6,1735689600000001,true\n2,2,3,6,1735689600000,true\n", &um_trades_skip);
    assert_int_equal(archive->n_rows, 1);
    assert_int_equal(archive->n_bad_rows, 1);
    test_archive_free(archive);
}

/*
 * ---- Bad rows -----------------------------------------------------------------------------------
 */

static const struct {
    const char *row, *words;
} bad_rows[] = {
    {"5266583936,61800.20,0.010\n",
     "row 3: \"5266583936,61800.20,0.010\" has 3 columns where the file's first line has 6"},
    {"5266583936,61800.20,0.010,618.002,1723161256400,true,9\n", "has 7 columns where"},
    {"5266583936,618x0.20,0.010,618.002,1723161256400,true\n",
     "row 3, column 2 (price): \"618x0.20\" is not a number"},
    {"5266583936,61800.20,-5,618.002,1723161256400,true\n",
     "row 3, column 3 (qty): \"-5\" is negative"},
    {"5266583936,-1,5,618.002,1723161256400,true\n", "column 2 (price): \"-1\" is negative"},
    {"5266583936,0.00,5,618.002,1723161256400,true\n", "column 2 (price): \"0.00\" is zero"},
    {"5266583936,NaN,5,618.002,1723161256400,true\n", "column 2 (price): \"NaN\" is not a number"},
    {"5266583936,1,nan,618.002,1723161256400,true\n", "column 3 (qty): \"nan\" is not a number"},
    {"5266583936,1,Inf,618.002,1723161256400,true\n", "column 3 (qty): \"Inf\" is not a number"},
    {"5266583936,1,1e999,618.002,1723161256400,true\n", "\"1e999\" is too large for a number"},
    {"5266583936,1,,618.002,1723161256400,true\n", "column 3 (qty): \"\" is empty"},
    {"5266583936,1,5,618.002,0,true\n", "column 5 (time): \"0\" is no time between 1980 and 2200"},
    {"5266583936,1,5,618.002,253402300799000,true\n", "no time between 1980 and 2200"},
    {"5266583936,1,5,618.002,1723161256,true\n", "another unit of time"},
    {"5266583936,1,5,618.002,1723161256400,maybe\n",
     "column 6 (is_buyer_maker): \"maybe\" is neither true nor false"},
    {"99999999999999999999,1,5,618.002,1723161256400,true\n",
     "column 1 (id): \"99999999999999999999\" is too large for 64 bits"},
    {"12.5,1,5,618.002,1723161256400,true\n", "column 1 (id): \"12.5\" is not a whole number"},
    {"5266583936,\"1,5,618.002,1723161256400,true\n", "column 2 (price)"},
    {"5266583936,1\r2,5,618.002,1723161256400,true\n", "column 2 (price)"},
    {"5266583936,1,5\r,618.002,1723161256400,true\n", "column 3 (qty)"},
    {"\r5266583936,1,5,618.002,1723161256400,true\n", "column 1 (id)"},
    {"id,price,qty,quote_qty,time,is_buyer_maker\n", "column 1 (id): \"id\" is not a whole number"},
    {"hello\n", "row 3, column 1 (id): \"hello\" is not a whole number"},
    {",\n", "column 1 (id): \"\" is empty"},
};

static void bad_rows_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s%s%s", HEADER, ROW_1, bad_rows[i].row, ROW_2);
        expect_error(text, &um_trades, FCT_ERROR_DATA, bad_rows[i].words);
        expect_error(text, &um_trades, FCT_ERROR_DATA, "--on-bad-row skip");
        expect_error(text, &um_trades, FCT_ERROR_DATA, "t.csv");
    }
}

static void bad_rows_are_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s%s%s", HEADER, ROW_1, bad_rows[i].row, ROW_2);
        test_archive *archive = read_good(text, &um_trades_skip);
        assert_two_rows(archive);
        assert_int_equal(archive->n_bad_rows, 1);
        assert_int_equal(archive->row_number[1], 4);
        test_assert_has(archive->bad_rows, "row,column,reason,text\n3,");
        test_archive_free(archive);
    }
}

static void the_list_of_bad_rows(void **state)
{
    (void)state;
    test_archive *archive = read_good(HEADER ROW_1 "1,2,-5,6,1723161256400,true\n1,2\n" ROW_2
                                                   "1,\"2,3,6,1723161256400,true\n",
                                      &um_trades_skip);
    assert_two_rows(archive);
    assert_int_equal(archive->n_bad_rows, 3);
    assert_string_equal(archive->bad_rows,
                        "row,column,reason,text\n"
                        "3,qty,is negative,-5\n"
                        "4,,has 2 columns where the file's first line has 6,\"1,2\"\n"
                        "6,price,is not a number,\"?2,3,6,1723161256400,true\"\n");
    test_archive_free(archive);
}

/* A first row that fits no layout is left out like any other. */
static void bad_first_rows_are_left_out(void **state)
{
    (void)state;
    test_archive *archive = read_good("1,2,3\n\n" ROW_1 ROW_2, &um_trades_skip);
    assert_two_rows(archive);
    assert_int_equal(archive->n_bad_rows, 1);
    assert_int_equal(archive->row_number[0], 3);
    test_archive_free(archive);
    expect_error("1,2,3\n4,5,6\n", &um_trades_skip, FCT_ERROR_DATA,
                 "none of its 2 rows can be read");
    expect_error("1,2,3\n" ROW_1, &um_trades, FCT_ERROR_DATA,
                 "row 1: it has 3 columns and futures_um trades have 6");
    archive = read_good(HEADER "1,2\n", &um_trades_skip);
    assert_int_equal(archive->n_rows, 0);
    assert_int_equal(archive->n_bad_rows, 1);
    test_archive_free(archive);
}

static void nothing_to_read(void **state)
{
    (void)state;
    expect_error("", &um_trades, FCT_ERROR_DATA, "is empty");
    expect_error("\n\r\n\n", &um_trades, FCT_ERROR_DATA, "holds blank lines only");
    expect_error("\xef\xbb\xbf", &um_trades, FCT_ERROR_DATA, "is empty");
    expect_error(HEADER, &um_trades, FCT_ERROR_DATA, "holds only a header and no row");
    expect_error("id,price,qty,quote_qty,time,is_buyer_maker", &um_trades, FCT_ERROR_DATA,
                 "only a header");
    expect_error(HEADER "\n\n", &um_trades_skip, FCT_ERROR_DATA, "only a header");
}

static void headers_that_do_not_fit(void **state)
{
    (void)state;
    expect_error("id,price,size,quote_qty,time,is_buyer_maker\n" ROW_1, &um_trades, FCT_ERROR_DATA,
                 "row 1: its header has no column \"qty\", only id, price, size, quote_qty, time, "
                 "is_buyer_maker");
    expect_error("id,price,qty,qty,quote_qty,time,is_buyer_maker\n" ROW_1, &um_trades,
                 FCT_ERROR_DATA, "has the column \"qty\" twice");
    expect_error("<html>\n<body>\n", &um_trades, FCT_ERROR_DATA, "it has 1 columns");
    char wide[4096] = "1";
    for (int i = 0; i < 300; i++)
        strcat(wide, ",1");
    strcat(wide, "\n");
    expect_error(wide, &um_trades, FCT_ERROR_DATA, "more than 256 columns");
}

static void nul_bytes(void **state)
{
    (void)state;
    static const char text[] = HEADER ROW_1 "5266583936,61\0800.20,1,1,1723161256400,true\n" ROW_2;
    const char *path = test_path("nul.csv");
    test_write(path, text, sizeof text - 1);
    test_archive *archive = test_archive_read(path, &um_trades);
    assert_int_equal(archive->status, FCT_ERROR_DATA);
    test_assert_has(archive->err.message,
                    "row 3, column 2 (price): \"61?800.20\" holds a NUL byte");
    test_archive_free(archive);
    archive = test_archive_read(path, &um_trades_skip);
    assert_two_rows(archive);
    test_archive_free(archive);
    char *zeros = calloc(1, 1000000);
    assert_non_null(zeros);
    test_write(path, zeros, 1000000);
    free(zeros);
    archive = test_archive_read(path, &um_trades);
    assert_int_equal(archive->status, FCT_ERROR_DATA);
    test_assert_has(archive->err.message, "is longer than 65536 bytes");
    test_archive_free(archive);
}

/* A long line of any length, anywhere, at every limit around the buffer's size. */
static void long_lines(void **state)
{
    (void)state;
    static const size_t lengths[] = {100,    65536,  65537,  262143, 262144,
                                     266239, 266240, 266241, 3000000};
    const char *path = test_path("long.csv");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int place = 0; place < 4; place++) {
            size_t n = lengths[i], used = 0;
            char *text = malloc(n + 1024);
            assert_non_null(text);
            if (place != 1)
                used = (size_t)sprintf(text, place == 3 ? ROW_1 ROW_2 : ROW_1);
            memset(text + used, place % 2 ? '7' : 'y', n);
            used += n;
            if (place < 2)
                used += (size_t)sprintf(text + used, place == 1 ? "\n" ROW_1 ROW_2 : "\n" ROW_2);
            else if (place == 2)
                used += (size_t)sprintf(text + used, "\r\n" ROW_2);
            test_write(path, text, used);
            free(text);
            test_archive *archive = test_archive_read(path, &um_trades_skip);
            assert_int_equal(archive->status, FCT_OK);
            assert_two_rows(archive);
            assert_int_equal(archive->n_bad_rows, 1);
            assert_int_equal(archive->row_number[1], place == 3 ? 2 : 3);
            assert_int_equal(n > 65536,
                             strstr(archive->bad_rows, "is longer than 65536 bytes") != NULL);
            test_archive_free(archive);
            archive = test_archive_read(path, &um_trades);
            assert_int_equal(archive->status, FCT_ERROR_DATA);
            test_archive_free(archive);
        }
    }
    fct_ingest_options options = um_trades;
    options.max_line_bytes = 20;
    expect_error(ROW_1, &options, FCT_ERROR_DATA, "is longer than 20 bytes");
    options.max_line_bytes = sizeof ROW_1 - 2;
    test_archive_free(read_good(ROW_1, &options));
}

/* Rows cut by the buffer's end in every place. */
static void rows_across_buffers(void **state)
{
    (void)state;
    enum { N_ROWS = 40000 };
    char *text = malloc(N_ROWS * 64 + 8192);
    assert_non_null(text);
    for (size_t shift = 0; shift < 60; shift += 7) {
        size_t n = shift;
        memset(text, '\n', shift);
        for (int i = 0; i < N_ROWS; i++)
            n += (size_t)sprintf(text + n, "%d,%d.25,%d,1,%lld,true%s\n", i, i + 1, i % 10,
                                 1723161256322LL + i, i % 7 ? "" : "\r");
        test_write(test_path("t.csv"), text, n);
        test_archive *archive = test_archive_read(test_path("t.csv"), &um_trades);
        assert_int_equal(archive->status, FCT_OK);
        assert_int_equal(archive->n_rows, N_ROWS);
        const int64_t *id = test_column(archive, "id");
        const double *price = test_column(archive, "price");
        for (int i = 0; i < N_ROWS; i++)
            assert_true(id[i] == i && price[i] == i + 1.25 &&
                        archive->row_number[i] == (int64_t)shift + i + 1);
        test_archive_free(archive);
    }
    free(text);
}

static void a_hostile_list_of_bad_rows_stays_small(void **state)
{
    (void)state;
    size_t n_rows = 300000, n = 0;
    char *text = malloc(n_rows * 8 + 256);
    assert_non_null(text);
    n += (size_t)sprintf(text, ROW_1);
    for (size_t i = 0; i < n_rows; i++)
        n += (size_t)sprintf(text + n, "x,y\n");
    test_write(test_path("t.csv"), text, n);
    free(text);
    test_archive *archive = test_archive_read(test_path("t.csv"), &um_trades_skip);
    assert_int_equal(archive->status, FCT_OK);
    assert_int_equal(archive->n_bad_rows, n_rows);
    assert_true(strlen(archive->bad_rows) < 1100000);
    test_assert_has(archive->bad_rows, "did not fit this list");
    test_archive_free(archive);
}

/*
 * ---- Users' own files ---------------------------------------------------------------------------
 */

static void users_files(void **state)
{
    (void)state;
    fct_column_map map = {
        .time = "ts", .price = "px", .quantity = "sz", .side = "side", .id = "seq"};
    fct_ingest_options options = {
        .dataset = {.exchange = "generic", .market = "comex"}, .symbol = "GC", .map = &map};
    test_archive *archive = read_good("seq,ts,note,px,sz,side\n"
                                      "1,1784851200.0547,hello,1313.7,1,Buy\n"
                                      "2,1784851200.5,\"x,y\",1313.8,0,SELL\n",
                                      &options);
    assert_string_equal(archive->identity.data_type, "trades");
    assert_true(archive->identity.first_day == INT64_MIN);
    assert_null(archive->identity.table);
    static const char *const names[] = {"time", "price", "quantity", "is_buyer_maker", "id"};
    assert_int_equal(archive->schema.n_columns, 5);
    for (size_t c = 0; c < 5; c++)
        assert_string_equal(archive->schema.columns[c].name, names[c]);
    assert_true(archive->schema.time == 0 && archive->schema.price == 1 &&
                archive->schema.quantity == 2 && archive->schema.id == 4);
    assert_true(archive->time_us[0] == 1784851200054700);
    assert_true(((const int64_t *)test_column(archive, "time"))[1] == 1784851200500000);
    assert_true(((const uint8_t *)test_column(archive, "is_buyer_maker"))[0] == 0);
    assert_true(((const uint8_t *)test_column(archive, "is_buyer_maker"))[1] == 1);
    assert_int_equal(archive->n_messages, 1);
    assert_int_equal(archive->levels[0], FCT_MESSAGE_DETAIL);
    test_assert_has(archive->messages[0], "left out: note");
    test_archive_free(archive);

    expect_error("seq,ts,px,sz,side\nab-12,1784851200,1,1,Buy\n", &options, FCT_ERROR_DATA,
                 "column 1 (id): \"ab-12\" is not a whole number; ids must be whole numbers: leave "
                 "id out of --map");
    expect_error("ts,px,sz,side\n1784851200,1,1,Buy\n", &options, FCT_ERROR_DATA,
                 "no column \"seq\", only ts, px, sz, side");
    expect_error("1,1784851200,1,1,Buy\n", &options, FCT_ERROR_ARGUMENT, "--map time=1,price=2");
    expect_error("seq,ts,px,sz,side\n1,1784851200,1,1,up\n", &options, FCT_ERROR_DATA,
                 "is no side");

    map = (fct_column_map){.time = "3", .price = "1", .quantity = "2"};
    archive = read_good("1313.7,5,1381104000276,x\n1313.8,6,1381104000277,y\n", &options);
    assert_int_equal(archive->schema.n_columns, 3);
    assert_true(archive->schema.id == SIZE_MAX);
    assert_true(((const int64_t *)test_column(archive, "time"))[0] == 1381104000276);
    assert_true(((const double *)test_column(archive, "quantity"))[1] == 6);
    test_archive_free(archive);
    map.time = "9";
    expect_error("1313.7,5,1381104000276\n", &options, FCT_ERROR_DATA,
                 "asks for column 9 and the file has 3");
    map.time = "1";
    expect_error("1313.7,5,1381104000276\n", &options, FCT_ERROR_ARGUMENT,
                 "column 1 of the file for both time and price");
    map.time = "0";
    expect_error("1313.7,5,1381104000276\n", &options, FCT_ERROR_ARGUMENT, "no header");

    /* Without a map the canonical names count, the optional ones where they are. */
    options.map = NULL;
    archive = read_good("side,time,quantity,price\nB,2013-12-01 00:00:00.123,3,1200.5\n"
                        "S,2013-12-01 00:00:01,3,1200.5\n",
                        &options);
    assert_int_equal(archive->schema.n_columns, 4);
    assert_true(archive->time_us[0] == 1385856000123000);
    assert_true(((const uint8_t *)test_column(archive, "is_buyer_maker"))[1] == 1);
    test_archive_free(archive);
    archive = read_good("time,price,quantity\n1381104000,1313.7,1\n", &options);
    assert_true(((const int64_t *)test_column(archive, "time"))[0] == 1381104000000000);
    test_archive_free(archive);
}

static void identities(void **state)
{
    (void)state;
    static const fct_column_map map = {.time = "t", .price = "p", .quantity = "q"};
    static const fct_column_map no_time = {.price = "p", .quantity = "q"};
    static const fct_column_map both = {
        .time = "t", .price = "p", .quantity = "q", .side = "s", .is_buyer_maker = "m"};
    static const struct {
        const char *path;
        fct_ingest_options options;
        fct_status status;
        const char *words; /* of the message; or MARKET/TYPE/SYMBOL */
    } cases[] = {
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip",
         {.symbol = NULL},
         FCT_OK,
         "futures_um/trades/BTCUSDT"},
        {"spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08-08.zip",
         {.symbol = NULL},
         FCT_OK,
         "spot/klines_1m/BTCUSDT"},
        {"BTCUSDT-trades-2024-08-08.zip",
         {.dataset.market = "spot"},
         FCT_OK,
         "spot/trades/BTCUSDT"},
        {"BTCUSDT-trades-2024-08-08.zip",
         {.symbol = NULL},
         FCT_ERROR_ARGUMENT,
         "does not say its market: say it with --market"},
        {"x.csv", {.dataset.market = "spot"}, FCT_ERROR_ARGUMENT, "--type"},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "trades"}},
         FCT_ERROR_ARGUMENT,
         "--symbol"},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "trades"}, .symbol = "../../etc"},
         FCT_ERROR_ARGUMENT,
         "bad symbol \"../../etc\""},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "trades"}, .symbol = "A'B"},
         FCT_ERROR_ARGUMENT,
         "bad symbol"},
        {"A'B-trades-2024-08-08.zip",
         {.dataset.market = "spot"},
         FCT_ERROR_ARGUMENT,
         "bad symbol \"A'B\""},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "klines"}, .symbol = "A"},
         FCT_ERROR_ARGUMENT,
         "--interval"},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "klines", .interval = "7m"}, .symbol = "A"},
         FCT_ERROR_NOT_FOUND,
         "1s, 1m, 3m"},
        {"x.csv",
         {.dataset = {.market = "spot", .data_type = "klines", .interval = "1h"}, .symbol = "A"},
         FCT_OK,
         "spot/klines_1h/A"},
        {"BTCUSDT-bookTicker-2024-08-08.zip",
         {.dataset.market = "spot"},
         FCT_ERROR_NOT_FOUND,
         "unknown data type \"bookTicker\""},
        {"futures/um/daily/markPriceKlines/A/1m/A-1m-2024-08-08.zip",
         {.symbol = NULL},
         FCT_OK,
         "futures_um/markPriceKlines_1m/A"},
        {"futures/um/daily/premiumIndexKlines/A/1m/A-1m-2024-08-08.zip",
         {.symbol = NULL},
         FCT_ERROR_NOT_FOUND,
         "premiumIndexKlines"},
        {"futures/um/monthly/fundingRate/A/A-fundingRate-2024-08.zip",
         {.symbol = NULL},
         FCT_OK,
         "futures_um/fundingRate/A"},
        {"spot/daily/trades/A/A-trades-2024-08-08.zip",
         {.dataset.market = "futures_um"},
         FCT_ERROR_ARGUMENT,
         "its path says market \"spot\" and --market says \"futures_um\""},
        {"spot/daily/trades/A/A-trades-2024-08-08.zip",
         {.symbol = "B"},
         FCT_ERROR_ARGUMENT,
         "--symbol says \"B\""},
        {"x.csv", {.dataset.exchange = "kraken"}, FCT_ERROR_NOT_FOUND, "binance, bybit"},
        {"x.csv",
         {.dataset = {.exchange = "binance", .market = "spot", .data_type = "trades"},
          .symbol = "A",
          .map = &map},
         FCT_ERROR_ARGUMENT,
         "--exchange generic"},
        {"x.csv",
         {.dataset = {.market = "comex"}, .symbol = "GC", .map = &map},
         FCT_OK,
         "comex/trades/GC"},
        {"x.csv",
         {.dataset = {.market = "comex", .data_type = "ticks"}, .symbol = "GC", .map = &map},
         FCT_OK,
         "comex/ticks/GC"},
        {"x.csv",
         {.dataset = {.market = "../x"}, .symbol = "GC", .map = &map},
         FCT_ERROR_ARGUMENT,
         "bad market"},
        {"x.csv", {.map = &map}, FCT_ERROR_ARGUMENT, "--market"},
        {"x.csv", {.dataset = {.market = "comex"}, .map = &map}, FCT_ERROR_ARGUMENT, "--symbol"},
        {"x.csv",
         {.dataset = {.market = "comex"}, .symbol = "GC", .map = &no_time},
         FCT_ERROR_ARGUMENT,
         "--map lacks time"},
        {"x.csv",
         {.dataset = {.market = "comex"}, .symbol = "GC", .map = &both},
         FCT_ERROR_ARGUMENT,
         "both is_buyer_maker and side"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_archive_identity identity;
        fct_error err = {0};
        fct_status status = fct_archive_identify(cases[i].path, &cases[i].options, &identity, &err);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].path, err.message);
        char is[256];
        snprintf(is, sizeof is, "%s/%s/%s", identity.market, identity.data_type, identity.symbol);
        test_assert_has(status == FCT_OK ? is : err.message, cases[i].words);
    }
    fct_archive_identity identity;
    assert_int_equal(
        fct_archive_identify("spot/monthly/trades/A/A-trades-2024-02.zip", NULL, &identity, NULL),
        FCT_OK);
    assert_int_equal(identity.first_day, 19754);
    assert_int_equal(identity.n_days, 29);
}

/*
 * ---- Recorded files -----------------------------------------------------------------------------
 */

/* Counts and ends of the files by unzip, wc, head and tail. */
static void recorded_files(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int64_t n_rows, first_id, last_id, first_ms, last_ms;
        double first_price, last_price, first_quantity, last_quantity;
        int first_maker, last_maker;
    } files[] = {
        {"futures/cm/daily/trades/ETHUSD_PERP/ETHUSD_PERP-trades-2024-08-08.zip", 1732, 805376266,
         805377997, 1723161258762, 1723161599459, 2682.18, 2682.01, 1, 2, 0, 1},
        {"futures/cm/daily/trades/ETHUSD_PERP/ETHUSD_PERP-trades-2024-08-09.zip", 1863, 805377998,
         805379860, 1723161601309, 1723161904625, 2682.01, 2677.26, 2, 2, 1, 1},
        {"futures/cm/daily/trades/BTCUSD_PERP/BTCUSD_PERP-trades-2024-08-08.zip", 2285, 849714402,
         849716686, 1723161257679, 1723161599242, 61804.8, 61668.6, 4, 7, 0, 1},
        {"futures/cm/daily/trades/BTCUSD_PERP/BTCUSD_PERP-trades-2024-08-09.zip", 2950, 849716687,
         849719636, 1723161600719, 1723161904776, 61668.7, 61600.0, 2, 4, 0, 1},
        {"futures/um/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-09.zip", 25, 4308082574,
         4308082598, 1723161600029, 1723161600029, 2681.59, 2681.38, 6.589, 0.826, 1, 1},
        {"futures/um/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-08.zip", 14051, 4308068523,
         4308082573, 1723161256560, 1723161599733, 2681.62, 2681.59, 1, 0.168, 1, 1},
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip", 21313, 5266583935,
         5266605247, 1723161256322, 1723161599643, 61800.3, 61659.8, 0.006, 0.076, 0, 0},
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-07-18.zip", 974, 5182005737,
         5182006710, 1721347022956, 1721347199877, 63943.9, 63959.9, 0.003, 0.002, 1, 1},
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2023-04-05.zip", 10738, 3535188229,
         3535198966, 1680652804962, 1680653214437, 28155.1, 28140.1, 0.001, 0.001, 1, 1},
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2023-04-04.zip", 2197, 3535186032,
         3535188228, 1680652700452, 1680652799965, 28145.1, 28155.2, 0.002, 0.058, 1, 0},
        {"futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-07-19.zip", 9727, 5182006711,
         5182016437, 1721347202812, 1721347502282, 63960, 63865.4, 0.31, 0.002, 0, 1},
        {"spot/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-09.zip", 8417, 1520545023, 1520553439,
         1723161600181, 1723161905012, 2682.5, 2677.61, 0.0347, 0.002, 1, 1},
        {"spot/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-08.zip", 6098, 1520538925, 1520545022,
         1723161255611, 1723161599939, 2683.8, 2682.5, 0.002, 0.0075, 1, 1},
        {"spot/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip", 9738, 3735683259, 3735692996,
         1723161255342, 1723161599717, 61837.63, 61685.99, 0.02, 0.01801, 1, 1},
        {"spot/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-09.zip", 10166, 3735692997, 3735703162,
         1723161600330, 1723161905800, 61686, 61602.02, 0.00705, 0.00536, 0, 0},
    };
    static const char root[] = "../shared/data/mirror/data/";
    FILE *probe = fopen("../shared/data/README.md", "r");
    if (!probe) {
        print_message("skipped: ../shared/data is not there\n");
        skip();
    }
    fclose(probe);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s%s", root, files[i].path);
        test_archive *a = test_archive_read(path, NULL);
        if (a->status != FCT_OK)
            fail_msg("%s", a->err.message);
        assert_int_equal(a->n_messages, 0);
        assert_true(a->n_rows == files[i].n_rows);
        size_t last = (size_t)a->n_rows - 1;
        const int64_t *id = test_column(a, "id");
        const double *price = test_column(a, "price"), *qty = test_column(a, "qty");
        const uint8_t *maker = test_column(a, "is_buyer_maker");
        assert_true(id[0] == files[i].first_id && id[last] == files[i].last_id);
        assert_true(a->time_us[0] == files[i].first_ms * 1000 &&
                    a->time_us[last] == files[i].last_ms * 1000);
        assert_true(price[0] == files[i].first_price && price[last] == files[i].last_price);
        assert_true(qty[0] == files[i].first_quantity && qty[last] == files[i].last_quantity);
        assert_true(maker[0] == files[i].first_maker && maker[last] == files[i].last_maker);
        assert_int_equal(a->schema.n_columns, a->identity.market[0] == 's' ? 7 : 6);
        test_archive_free(a);
    }
}

static void recorded_ticks_of_gold(void **state)
{
    (void)state;
    FILE *probe = fopen("../shared/data/README.md", "r");
    if (!probe) {
        print_message("skipped: ../shared/data is not there\n");
        skip();
    }
    fclose(probe);
    static const fct_column_map map = {.time = "time", .price = "price", .quantity = "size"};
    fct_ingest_options options = {.dataset = {.market = "comex"}, .symbol = "GC", .map = &map};
    test_archive *a =
        test_archive_read("../shared/data/comex_gc/GCZ3-ticks-20131007.csv", &options);
    assert_int_equal(a->status, FCT_OK);
    assert_int_equal(a->n_rows, 39702);
    assert_true(a->time_us[0] == 1381104000276000);
    assert_true(((const double *)test_column(a, "price"))[0] == 1313.7);
    test_archive_free(a);
}

static void memory_is_bounded_by_what_is_said(void **state)
{
    (void)state;
    fct_ingest_options options = {.max_line_bytes = 1 << 20};
    assert_true(fct_archive_reader_bytes(NULL) < 2 << 20);
    assert_true(fct_archive_reader_bytes(&options) > 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_two_rows),
        cmocka_unit_test(more_columns_than_the_market_has),
        cmocka_unit_test(other_data_types),
        cmocka_unit_test(klines),
        cmocka_unit_test(units_of_time),
        cmocka_unit_test(bad_rows_stop),
        cmocka_unit_test(bad_rows_are_left_out),
        cmocka_unit_test(the_list_of_bad_rows),
        cmocka_unit_test(bad_first_rows_are_left_out),
        cmocka_unit_test(nothing_to_read),
        cmocka_unit_test(headers_that_do_not_fit),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(rows_across_buffers),
        cmocka_unit_test(a_hostile_list_of_bad_rows_stays_small),
        cmocka_unit_test(users_files),
        cmocka_unit_test(identities),
        cmocka_unit_test(recorded_files),
        cmocka_unit_test(recorded_ticks_of_gold),
        cmocka_unit_test(memory_is_bounded_by_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
