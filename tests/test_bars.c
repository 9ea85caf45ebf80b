/* fct_bars over stores written by the tests themselves, against plain loops. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/time.h"
#include "support/bars.h"
#include "support/root.h"

#define DAY_8 INT64_C(1723075200000) /* 2024-08-08 */
#define DAY_MS INT64_C(86400000)

enum { N_PER_DAY = 6000 };

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* Trades of one day in order, with ties in time and quiet hours. Freed by free. */
static test_trade *make_day(int64_t day_ms, size_t n, uint64_t seed)
{
    test_trade *trades = malloc(n * sizeof *trades);
    for (size_t i = 0; i < n; i++) {
        int64_t time = (int64_t)((double)i / (double)n * 86399000) / 3 * 3;
        trades[i] = (test_trade){
            .time = day_ms + (i % 7 ? time : time / 10000 * 10000),
            .price = (double)(600000 + random_bits(&seed) % 9000) / 10,
            .quantity = (double)(random_bits(&seed) % 4000) / 1000,
            .is_buyer_maker = random_bits(&seed) & 1,
            .id = (int64_t)(day_ms / 1000) + (int64_t)i,
        };
        if (i && trades[i].time < trades[i - 1].time)
            trades[i].time = trades[i - 1].time;
    }
    return trades;
}

static void shuffle(test_trade *trades, size_t n, uint64_t seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(random_bits(&seed) % i);
        test_trade t = trades[i - 1];
        trades[i - 1] = trades[j];
        trades[j] = t;
    }
}

static fct_bars_request request_for(const char *bar)
{
    static const char *const symbols[] = {"BTCUSDT"};
    fct_bars_request request = {
        .store = test_root,
        .dataset = {.market = "futures_um", .data_type = "trades"},
        .symbols = symbols,
        .n_symbols = 1,
        .with_notional = true,
        .with_num_trades = true,
    };
    assert_int_equal(fct_bar_spec_parse(bar, &request.bar, NULL), FCT_OK);
    return request;
}

/* The bars of a request, which must equal the reference of `trades`. */
static void check_time_bars(const fct_bars_request *request, const test_trade *trades, size_t n)
{
    test_bars actual = test_bars_make(request, NULL);
    test_bars expected = test_bars_reference(trades, n, request->bar.interval_ms,
                                             request->from_ms ? request->from_ms : INT64_MIN,
                                             request->to_ms ? request->to_ms : INT64_MAX);
    test_bars_assert_close(&actual, &expected);
    test_bars_free(&actual);
    test_bars_free(&expected);
}

/* Two days of trades in one array, and in the store, a file a day. */
static test_trade *make_two_days(void)
{
    test_trade *trades = malloc(2 * N_PER_DAY * sizeof *trades);
    for (int i = 0; i < 2; i++) {
        test_trade *day = make_day(DAY_8 + i * DAY_MS, N_PER_DAY, (uint64_t)i + 1);
        memcpy(trades + i * N_PER_DAY, day, N_PER_DAY * sizeof *day);
        free(day);
    }
    test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, N_PER_DAY);
    test_store_write(test_root, &(test_file){.date = "2024-08-09"}, trades + N_PER_DAY, N_PER_DAY);
    return trades;
}

/* ---- Time bars -------------------------------------------------------------------------------- */

static void test_intervals(void **state)
{
    (void)state;
    static const char *const intervals[] = {"100ms", "1s", "1m", "7m", "90s",
                                            "1h",    "7h", "1d", "3d"};
    test_trade *trades = make_two_days();
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        fct_bars_request request = request_for(intervals[i]);
        check_time_bars(&request, trades, 2 * N_PER_DAY);
    }
    free(trades);
}

static void test_threads_give_the_same_bits(void **state)
{
    (void)state;
    static const char *const bars[] = {"1s", "7h", "tick:13", "volume:33", "dollar:1e5"};
    free(make_two_days());
    for (size_t i = 0; i < sizeof bars / sizeof *bars; i++) {
        fct_bars_request request = request_for(bars[i]);
        test_bars one = test_bars_make(&request, &(fct_run){.n_threads = 1});
        test_bars four = test_bars_make(&request, &(fct_run){.n_threads = 4});
        assert_true(one.n_bars > 1);
        test_bars_assert_same(&one, &four);
        test_bars_free(&one);
        test_bars_free(&four);
    }
}

static void test_range_within_days(void **state)
{
    (void)state;
    test_trade *trades = make_two_days();
    fct_bars_request request = request_for("1h");
    request.from_ms = DAY_8 + 3600000 * 3 + 1234;
    request.to_ms = DAY_8 + DAY_MS + 1800001;
    check_time_bars(&request, trades, 2 * N_PER_DAY);
    free(trades);
}

static void test_order_of_rows(void **state)
{
    (void)state;
    static const char *const symbols[] = {"BBB", "AAA", "BBB"};
    for (int i = 0; i < 2; i++) {
        test_trade *trades = make_day(DAY_8, 500, (uint64_t)i);
        test_store_write(test_root, &(test_file){.symbol = symbols[i], .date = "2024-08-08"},
                         trades, 500);
        free(trades);
    }
    fct_bars_request request = request_for("1h");
    request.symbols = symbols;
    request.n_symbols = 3;
    test_bars by_time = test_bars_make(&request, NULL);
    assert_int_equal(by_time.n_bars, 48);
    for (size_t i = 0; i < by_time.n_bars; i++) {
        assert_string_equal(by_time.bars[i].symbol, i % 2 ? "BBB" : "AAA");
        assert_int_equal(by_time.bars[i].start_ms, DAY_8 + (int64_t)(i / 2) * 3600000);
    }
    request.bar = (fct_bar_spec){.kind = FCT_BAR_TICK, .threshold = 100};
    test_bars by_symbol = test_bars_make(&request, NULL);
    assert_int_equal(by_symbol.n_bars, 10);
    for (size_t i = 0; i < by_symbol.n_bars; i++)
        assert_string_equal(by_symbol.bars[i].symbol, i < 5 ? "AAA" : "BBB");
    test_bars_free(&by_time);
    test_bars_free(&by_symbol);
}

static void test_fill_previous(void **state)
{
    (void)state;
    const test_trade trades[] = {{DAY_8 + 61000, 10, 1, false, 1},
                                 {DAY_8 + 250000, 12, 1, true, 2}};
    test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, 2);
    fct_bars_request request = request_for("1m");
    request.fill_previous = true;
    request.from_ms = DAY_8;
    request.to_ms = DAY_8 + 400000;
    test_bars bars = test_bars_make(&request, NULL);
    assert_int_equal(bars.n_bars, 6);
    for (size_t i = 0; i < 6; i++) {
        const test_bar *bar = &bars.bars[i];
        bool has_trade = i == 0 || i == 3;
        assert_int_equal(bar->start_ms, DAY_8 + 60000 * (int64_t)(i + 1));
        assert_int_equal(bar->end_ms, bar->start_ms + 60000);
        assert_true(bar->open == (i < 3 ? 10 : 12) && bar->close == bar->open);
        assert_true(bar->volume == (has_trade ? 1 : 0) && isnan(bar->vwap) == !has_trade);
        assert_int_equal(bar->num_trades, has_trade);
    }
    test_bars_free(&bars);
}

/* ---- Order of trades -------------------------------------------------------------------------- */

static void test_files_out_of_order(void **state)
{
    (void)state;
    test_trade *trades = make_two_days();
    fct_bars_request time_request = request_for("1m");
    fct_bars_request volume_request = request_for("volume:50");
    test_bars time_bars = test_bars_make(&time_request, NULL);
    test_bars volume_bars = test_bars_make(&volume_request, NULL);
    for (int i = 0; i < 2; i++)
        shuffle(trades + i * N_PER_DAY, N_PER_DAY, 9);
    test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, N_PER_DAY);
    test_store_write(test_root, &(test_file){.date = "2024-08-09"}, trades + N_PER_DAY, N_PER_DAY);
    test_bars shuffled = test_bars_make(&time_request, NULL);
    test_bars_assert_close(&shuffled, &time_bars);
    test_bars_free(&shuffled);
    shuffled = test_bars_make(&volume_request, NULL);
    test_bars_assert_same(&shuffled, &volume_bars);
    test_bars_free(&shuffled);
    test_bars_free(&time_bars);
    test_bars_free(&volume_bars);
    free(trades);
}

/* Order only breaks in the last block, after bars were built from the others. */
static void test_disorder_late_in_a_file(void **state)
{
    (void)state;
    test_trade *trades = make_two_days();
    fct_bars_request request = request_for("tick:100");
    test_bars expected = test_bars_make(&request, NULL);
    test_trade last = trades[2 * N_PER_DAY - 1];
    trades[2 * N_PER_DAY - 1] = trades[2 * N_PER_DAY - 200];
    trades[2 * N_PER_DAY - 200] = last;
    test_store_write(test_root, &(test_file){.date = "2024-08-09"}, trades + N_PER_DAY, N_PER_DAY);
    test_bars actual = test_bars_make(&request, NULL);
    test_bars_assert_same(&actual, &expected);
    test_bars_free(&actual);
    test_bars_free(&expected);
    free(trades);
}

static void test_ids_break_ties_in_time(void **state)
{
    (void)state;
    const test_trade trades[] = {
        {DAY_8 + 5, 30, 1, false, 3}, {DAY_8 + 5, 10, 1, false, 1}, {DAY_8 + 5, 20, 1, false, 2}};
    test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, 3);
    fct_bars_request request = request_for("1m");
    test_bars bars = test_bars_make(&request, NULL);
    assert_int_equal(bars.n_bars, 1);
    assert_true(bars.bars[0].open == 10 && bars.bars[0].close == 30);
    test_bars_free(&bars);
}

static void test_several_files_of_a_day(void **state)
{
    (void)state;
    test_trade *trades = make_day(DAY_8, N_PER_DAY, 3);
    test_trade *parts[3];
    size_t n_parts[3] = {0};
    for (int k = 0; k < 3; k++) {
        parts[k] = malloc(N_PER_DAY * sizeof *trades);
        for (size_t i = 0; i < N_PER_DAY; i++)
            if ((i < 3000 ? i % 3 : i / 1000 % 3) == (size_t)k)
                parts[k][n_parts[k]++] = trades[i];
    }
    static const char *const names[] = {"data.parquet", "part-0.parquet", "part-1.parquet"};
    for (int k = 0; k < 3; k++)
        test_store_write(test_root, &(test_file){.date = "2024-08-08", .name = names[k]}, parts[k],
                         n_parts[k]);
    /* None of these is data. */
    char path[256];
    snprintf(path, sizeof path,
             "%s/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=08/"
             ".data.parquet.1234.tmp",
             test_root);
    assert_int_equal(fct_file_write_atomic(path, "half", 4, NULL), FCT_OK);
    fct_bars_request request = request_for("1m");
    check_time_bars(&request, trades, N_PER_DAY);
    request = request_for("tick:77");
    test_bars split = test_bars_make(&request, NULL);
    assert_int_equal(split.n_bars, N_PER_DAY / 77 + 1);
    for (size_t i = 0; i < split.n_bars; i++)
        assert_true(split.bars[i].open == trades[i * 77].price);
    test_bars_free(&split);
    for (int k = 0; k < 3; k++)
        free(parts[k]);
    free(trades);
}

/* Published files begin, now and then, with a trade of the evening before. */
static void test_rows_of_the_day_before(void **state)
{
    (void)state;
    static const char *const kinds[] = {"1m", "7h", "tick:7", "dollar:1e6"};
    test_trade *trades = make_two_days();
    test_bars expected[4];
    for (int k = 0; k < 4; k++) {
        fct_bars_request request = request_for(kinds[k]);
        expected[k] = test_bars_make(&request, NULL);
    }
    test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, N_PER_DAY - 3);
    test_store_write(test_root, &(test_file){.date = "2024-08-09"}, trades + N_PER_DAY - 3,
                     N_PER_DAY + 3);
    for (int k = 0; k < 4; k++) {
        fct_bars_request request = request_for(kinds[k]);
        test_bars actual = test_bars_make(&request, NULL);
        test_bars_assert_close(&actual, &expected[k]);
        test_bars_free(&actual);
        test_bars_free(&expected[k]);
    }
    free(trades);
}

/* ---- Threshold bars --------------------------------------------------------------------------- */

static void test_threshold_bars_run_on_over_midnight(void **state)
{
    (void)state;
    test_trade *trades = make_two_days();
    fct_bars_request request = request_for("tick:1000");
    test_bars bars = test_bars_make(&request, NULL);
    assert_int_equal(bars.n_bars, 12);
    request = request_for("tick:4001");
    test_bars_free(&bars);
    bars = test_bars_make(&request, NULL);
    assert_int_equal(bars.n_bars, 3);
    assert_int_equal(bars.bars[1].num_trades, 4001);
    assert_int_equal(bars.bars[1].start_ms, trades[4001].time);
    assert_int_equal(bars.bars[1].end_ms, trades[8001].time);
    assert_true(bars.bars[1].open == trades[4001].price);
    assert_true(bars.bars[1].close == trades[8001].price);
    assert_int_equal(bars.bars[2].num_trades, 2 * N_PER_DAY - 8002);
    test_bars_free(&bars);
    request.drop_last = true;
    bars = test_bars_make(&request, NULL);
    assert_int_equal(bars.n_bars, 2);
    test_bars_free(&bars);
    free(trades);
}

/* ---- Columns ---------------------------------------------------------------------------------- */

static void test_columns_of_others(void **state)
{
    (void)state;
    static const fct_column_map theirs = {.time = "ts", .price = "px", .quantity = "a\"b; DROP"};
    test_trade *trades = make_day(DAY_8, 1000, 4);
    test_store_write(test_root, &(test_file){.date = "2024-08-08", .columns = &theirs}, trades,
                     1000);
    fct_bars_request request = request_for("1m");
    request.map = &theirs;
    test_bars bars = test_bars_make(&request, NULL);
    assert_false(bars.has_sides);
    test_bars expected = test_bars_reference(trades, 1000, 60000, INT64_MIN, INT64_MAX);
    test_bars_assert_close(&bars, &expected);
    test_bars_free(&bars);
    test_bars_free(&expected);
    request.map = NULL;
    struct ArrowArrayStream stream;
    fct_error err;
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "data.parquet"));
    assert_non_null(strstr(err.message, "\"time\""));
    assert_non_null(strstr(err.message, "px, a?b; DROP, ts"));
    free(trades);
}

static void test_canonical_names_need_no_map(void **state)
{
    (void)state;
    static const fct_column_map canonical = {"time",           "price", "quantity",
                                             "is_buyer_maker", NULL,    "id"};
    test_trade *trades = make_day(DAY_8, 1000, 4);
    test_store_write(
        test_root,
        &(test_file){
            .market = "comex", .data_type = "ticks", .date = "2024-08-08", .columns = &canonical},
        trades, 1000);
    fct_bars_request request = request_for("1m");
    request.dataset = (fct_dataset){0}; /* the only one there is */
    check_time_bars(&request, trades, 1000);
    request.without_sides = true;
    test_bars bars = test_bars_make(&request, NULL);
    assert_false(bars.has_sides);
    test_bars_free(&bars);
    free(trades);
}

/* From 2025 spot files are in µs, the file of the evening before may still be in ms. */
static void test_units_of_time_per_file(void **state)
{
    (void)state;
    test_trade *trades = make_day(DAY_8, 1000, 4);
    test_trade *late = malloc(1000 * sizeof *late);
    memcpy(late, trades, 1000 * sizeof *late);
    for (size_t i = 0; i < 1000; i++)
        late[i].time = late[i].time * 1000 + 999;
    test_store_write(test_root, &(test_file){.date = "2024-08-08", .name = "a.parquet"}, trades,
                     500);
    test_store_write(test_root, &(test_file){.date = "2024-08-08", .name = "b.parquet"}, late + 500,
                     500);
    fct_bars_request request = request_for("1m");
    check_time_bars(&request, trades, 1000);
    free(trades);
    free(late);
}

/* ---- Refusals --------------------------------------------------------------------------------- */

static void expect_error(const fct_bars_request *request, const fct_run *run, fct_status status,
                         const char *words[])
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_status actual = fct_bars(request, run, &stream, &err);
    if (actual != status)
        fail_msg("%s instead of %s: %s", fct_status_name(actual), fct_status_name(status),
                 err.message);
    assert_null(stream.release);
    for (; *words; words++)
        if (!strstr(err.message, *words))
            fail_msg("no \"%s\" in: %s", *words, err.message);
}

static void test_what_is_missing_is_listed(void **state)
{
    (void)state;
    static const char *const symbols[] = {"BTCUSDT", "ETHUSD", "XRPUSDT"};
    free(make_two_days());
    test_trade *trades = make_day(DAY_8 + DAY_MS, 100, 1);
    test_store_write(test_root, &(test_file){.symbol = "ETHUSDT", .date = "2024-08-09"}, trades,
                     100);
    free(trades);
    fct_bars_request request = request_for("1h");
    request.symbols = symbols;
    request.n_symbols = 3;
    request.from_ms = DAY_8 - DAY_MS;
    request.to_ms = DAY_8 + 3 * DAY_MS;
    expect_error(
        &request, NULL, FCT_ERROR_NOT_FOUND,
        (const char *[]){"BTCUSDT on 2024-08-07, 2024-08-10 (it has 2024-08-08 to 2024-08-09)",
                         "ETHUSD, did you mean ETHUSDT?", "XRPUSDT", "--missing skip", NULL});
    request.missing = FCT_MISSING_SKIP;
    struct ArrowArrayStream stream;
    fct_error err;
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_ERROR_PARTIAL);
    assert_non_null(strstr(err.message, "10 symbol-days"));
    test_bars bars = test_bars_read(&stream);
    assert_int_equal(bars.n_bars, 48);
    test_bars_free(&bars);
    request.symbols = (const char *const[]){"NOPE"};
    request.n_symbols = 1;
    expect_error(&request, NULL, FCT_ERROR_NOT_FOUND, (const char *[]){"nothing", NULL});
    request = request_for("1h");
    request.dataset.market = "spot";
    expect_error(&request, NULL, FCT_ERROR_NOT_FOUND, (const char *[]){"spot", "futures_um", NULL});
    request.dataset = (fct_dataset){.market = "futures_um", .data_type = "aggTrades"};
    expect_error(&request, NULL, FCT_ERROR_NOT_FOUND,
                 (const char *[]){"aggTrades", "trades", NULL});
    request.store = "/nowhere/at/all";
    expect_error(&request, NULL, FCT_ERROR_NOT_FOUND, (const char *[]){"/nowhere/at/all", NULL});
}

static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const hostile[] = {"../../etc", "a'b", "a\"; DROP TABLE x", "*", "", ".."};
    free(make_two_days());
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        fct_bars_request request = request_for("1m");
        request.symbols = &hostile[i];
        expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"bad symbol", NULL});
        request = request_for("1m");
        request.dataset.market = hostile[i];
        expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"bad market", NULL});
    }
}

static void test_arguments(void **state)
{
    (void)state;
    free(make_two_days());
    fct_bars_request request = request_for("1m");
    request.from_ms = DAY_8 + 5;
    request.to_ms = DAY_8;
    expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"empty", NULL});
    request = request_for("1m");
    request.bar.interval_ms = -1;
    expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"interval", NULL});
    request = request_for("tick:5");
    request.bar.threshold = NAN;
    expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"positive", NULL});
    request = request_for("tick:5");
    request.fill_previous = true;
    expect_error(&request, NULL, FCT_ERROR_ARGUMENT, (const char *[]){"filled", NULL});
    request = request_for("1m");
    request.dataset.exchange = "binanze";
    expect_error(&request, NULL, FCT_ERROR_NOT_FOUND, (const char *[]){"binance", NULL});
}

static void test_bad_rows_are_named(void **state)
{
    (void)state;
    static const struct {
        test_trade trade;
        const char *word;
    } cases[] = {
        {{DAY_8 + 9, NAN, 1, false, 9}, "price"},
        {{DAY_8 + 9, 0, 1, false, 9}, "price"},
        {{DAY_8 + 9, -5, 1, false, 9}, "price"},
        {{DAY_8 + 9, INFINITY, 1, false, 9}, "price"},
        {{DAY_8 + 9, 5, -1, false, 9}, "quantity"},
        {{DAY_8 + 9, 5, NAN, false, 9}, "quantity"},
        {{0, 5, 1, false, 9}, "time"},
        {{INT64_C(253370764800000), 5, 1, false, 9}, "time"},
        {{DAY_8 * 1000, 5, 1, false, 9}, "time"},
        {{INT64_MIN, 5, 1, false, 9}, "time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_trade *trades = make_day(DAY_8, 3000, 1);
        trades[2500] = cases[i].trade;
        test_store_write(test_root, &(test_file){.date = "2024-08-08"}, trades, 3000);
        free(trades);
        fct_bars_request request = request_for("1m");
        expect_error(&request, NULL, FCT_ERROR_DATA,
                     (const char *[]){"day=08/data.parquet", "row 2501", cases[i].word, NULL});
    }
}

static void test_damaged_files(void **state)
{
    (void)state;
    free(make_two_days());
    char path[256];
    snprintf(path, sizeof path,
             "%s/market=futures_um/data_type=trades/symbol=BTCUSDT/year=2024/month=08/day=09/"
             "data.parquet",
             test_root);
    char *data;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 1 << 30, &data, &n_bytes, NULL), FCT_OK);
    const size_t lengths[] = {0, 3, 8, n_bytes / 2, n_bytes - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(fct_file_write_atomic(path, data, lengths[i], NULL), FCT_OK);
        fct_bars_request request = request_for("1m");
        expect_error(&request, NULL, FCT_ERROR_DATA, (const char *[]){path, NULL});
    }
    free(data);
}

static void test_paths_with_wildcards(void **state)
{
    (void)state;
    char *plain = strdup(test_root);
    strcat(test_root, "/a*[b]?");
    test_trade *trades = make_two_days();
    fct_bars_request request = request_for("1m");
    check_time_bars(&request, trades, 2 * N_PER_DAY);
    free(trades);
    strcpy(test_root, plain);
    free(plain);
}

static bool stop(void *user)
{
    (void)user;
    return true;
}

static void test_stop_and_limits(void **state)
{
    (void)state;
    free(make_two_days());
    fct_bars_request request = request_for("1m");
    expect_error(&request, &(fct_run){.should_stop = stop}, FCT_ERROR_INTERRUPTED,
                 (const char *[]){"interrupted", NULL});
    expect_error(&request, &(fct_run){.memory_limit_bytes = 1 << 20}, FCT_ERROR_LIMIT,
                 (const char *[]){"memory limit", NULL});
    test_bars limited =
        test_bars_make(&request, &(fct_run){.memory_limit_bytes = (size_t)300 << 20});
    test_bars free_run = test_bars_make(&request, NULL);
    test_bars_assert_same(&limited, &free_run);
    test_bars_free(&limited);
    test_bars_free(&free_run);
}

#define BARS_TEST(name) cmocka_unit_test_setup_teardown(name, test_root_make, test_root_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BARS_TEST(test_intervals),
        BARS_TEST(test_threads_give_the_same_bits),
        BARS_TEST(test_range_within_days),
        BARS_TEST(test_order_of_rows),
        BARS_TEST(test_fill_previous),
        BARS_TEST(test_files_out_of_order),
        BARS_TEST(test_disorder_late_in_a_file),
        BARS_TEST(test_ids_break_ties_in_time),
        BARS_TEST(test_several_files_of_a_day),
        BARS_TEST(test_rows_of_the_day_before),
        BARS_TEST(test_threshold_bars_run_on_over_midnight),
        BARS_TEST(test_columns_of_others),
        BARS_TEST(test_canonical_names_need_no_map),
        BARS_TEST(test_units_of_time_per_file),
        BARS_TEST(test_what_is_missing_is_listed),
        BARS_TEST(test_hostile_names),
        BARS_TEST(test_arguments),
        BARS_TEST(test_bad_rows_are_named),
        BARS_TEST(test_damaged_files),
        BARS_TEST(test_paths_with_wildcards),
        BARS_TEST(test_stop_and_limits),
    };
    return cmocka_run_group_tests_name("bars of a store", tests, NULL, NULL);
}
