/* What tests of bars share: stores written from arrays, streams read into arrays, a plain reference. */
#ifndef FCT_TESTS_SUPPORT_BARS_H
#define FCT_TESTS_SUPPORT_BARS_H

#include "factorium.h"

typedef struct test_trade {
    int64_t time;
    double price, quantity;
    bool is_buyer_maker;
    int64_t id;
} test_trade;

typedef struct test_bar {
    char symbol[65];
    int64_t start_ms, end_ms;
    double open, high, low, close, volume, vwap;          /* vwap NaN where it is null */
    double num_buyer_volume, num_seller_volume, notional; /* NaN where there is no such column */
    int64_t num_buyer, num_seller, num_trades;            /* -1 where there is no such column */
} test_bar;

typedef struct test_bars {
    test_bar *bars;
    size_t n_bars;
    bool has_sides;
} test_bars;

/* What a store's file looks like. NULL names: "id", "price", "qty", "time", "is_buyer_maker". */
typedef struct test_file {
    const char *market, *data_type, *symbol, *date,
        *name;                     /* NULL: futures_um, trades, BTCUSDT, -, data.parquet */
    const fct_column_map *columns; /* a NULL field: no such column */
} test_file;

/* All fail the running test where something goes wrong. */
void test_store_write(const char *root, const test_file *file, const test_trade *trades,
                      size_t n_trades);

/* Reads and releases a stream. Freed by test_bars_free. */
test_bars test_bars_read(struct ArrowArrayStream *stream);

/* fct_bars, which must succeed, or answer FCT_ERROR_PARTIAL where the request leaves out what is missing. */
test_bars test_bars_make(const fct_bars_request *request, const fct_run *run);
void test_bars_free(test_bars *bars);

/* Equal in every bit. */
void test_bars_assert_same(const test_bars *a, const test_bars *b);

/*
 * Time bars of trades in any order by plain loops in long double. Times are ms. One symbol, "BTCUSDT".
 */
test_bars test_bars_reference(const test_trade *trades, size_t n_trades, int64_t interval_ms,
                              int64_t from_ms, int64_t to_ms);

/* Equal prices, times and counts; sums to 1e-12 relative. */
void test_bars_assert_close(const test_bars *actual, const test_bars *expected);

#endif
