/* Bars of trades at hand: any order of rows and batches, against plain loops and the same trades in a store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/arrow.h"
#include "base/file.h"
#include "support/bars.h"

enum { N_TRADES = 2000 };

#define START INT64_C(1723075200000)

/* ---- A stream over an array of trades ------------------------------------------------------------ */

typedef struct source {
    const test_trade *trades;
    size_t n_trades, batch_rows, position;
    bool with_symbol;
} source;

static const fct_arrow_field fields[] = {
    {"time", FCT_ARROW_INT64, false},     {"price", FCT_ARROW_DOUBLE, false},
    {"quantity", FCT_ARROW_DOUBLE, true}, {"is_buyer_maker", FCT_ARROW_INT64, false},
    {"id", FCT_ARROW_INT64, false},       {"symbol", FCT_ARROW_STRING, false},
};

static fct_status next(void *context, struct ArrowArray *out, fct_error *err)
{
    source *s = context;
    *out = (struct ArrowArray){0};
    size_t n = s->n_trades - s->position;
    if (!n)
        return FCT_OK;
    n = n < s->batch_rows ? n : s->batch_rows;
    fct_arrow_column columns[6] = {{0}};
    for (int c = 0; c < 5; c++)
        assert_non_null(columns[c].values = malloc(n * 8));
    assert_non_null(columns[5].values = malloc(n * 8));
    assert_non_null(columns[5].offsets = malloc((n + 1) * sizeof(int32_t)));
    columns[5].offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const test_trade *trade = &s->trades[s->position + i];
        ((int64_t *)columns[0].values)[i] = trade->time;
        ((double *)columns[1].values)[i] = trade->price;
        ((double *)columns[2].values)[i] = trade->quantity;
        ((int64_t *)columns[3].values)[i] = trade->is_buyer_maker;
        ((int64_t *)columns[4].values)[i] = trade->id;
        memcpy((char *)columns[5].values + i * 7, "BTCUSDT", 7);
        columns[5].offsets[i + 1] = (int32_t)(i + 1) * 7;
    }
    s->position += n;
    if (!s->with_symbol) {
        free(columns[5].values);
        free(columns[5].offsets);
    }
    return fct_arrow_batch_make(fields, columns, s->with_symbol ? 6 : 5, (int64_t)n, out, err);
}

static fct_status make_bars(source *s, const fct_bars_request *request, test_bars *bars,
                            fct_error *err)
{
    struct ArrowArrayStream trades;
    struct ArrowArrayStream out;
    s->position = 0;
    assert_int_equal(fct_arrow_stream_make(fields, s->with_symbol ? 6 : 5,
                                           (fct_arrow_source){next, NULL, s}, &trades, NULL),
                     FCT_OK);
    fct_status status = fct_bars_from_stream(&trades, request, NULL, &out, err);
    assert_null(trades.release);
    assert_int_equal(status == FCT_OK || status == FCT_ERROR_PARTIAL, out.release != NULL);
    if (out.release)
        *bars = test_bars_read(&out);
    return status;
}

/* ---- Trades ------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t next_random(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return seed >> 33;
}

static test_trade trades[N_TRADES];

static int make_trades(void **state)
{
    (void)state;
    seed = 3;
    int64_t time = START;
    for (int64_t i = 0; i < N_TRADES; i++) {
        time += (int64_t)(next_random() % 3) * 1500;
        trades[i] = (test_trade){.time = time,
                                 .price = 100 + (double)(next_random() % 1000) / 100,
                                 .quantity = (double)(next_random() % 5000) / 1000,
                                 .is_buyer_maker = next_random() % 2,
                                 .id = i};
    }
    return 0;
}

static void shuffle(test_trade *some)
{
    for (size_t i = N_TRADES - 1; i; i--) {
        size_t j = next_random() % (i + 1);
        test_trade other = some[i];
        some[i] = some[j];
        some[j] = other;
    }
}

/* ---- Tests --------------------------------------------------------------------------------------- */

static void test_time_bars(void **state)
{
    (void)state;
    static const int64_t intervals[] = {700, 60000, 300000};
    for (size_t k = 0; k < 3; k++) {
        test_bars expected = test_bars_reference(trades, N_TRADES, intervals[k], 0, INT64_MAX);
        test_trade shuffled[N_TRADES];
        memcpy(shuffled, trades, sizeof trades);
        for (int round = 0; round < 4; round++) {
            fct_bars_request request = {.bar = {.interval_ms = intervals[k]},
                                        .with_notional = true,
                                        .with_num_trades = true};
            source s = {.trades = shuffled,
                        .n_trades = N_TRADES,
                        .batch_rows = round == 2 ? 1 : 64,
                        .with_symbol = true};
            test_bars bars;
            assert_int_equal(make_bars(&s, &request, &bars, NULL), FCT_OK);
            test_bars_assert_close(&bars, &expected);
            test_bars_free(&bars);
            shuffle(shuffled);
        }
        test_bars_free(&expected);
    }
}

/* The bits of a store's bars, for every kind. */
static void test_as_from_a_store(void **state)
{
    (void)state;
    static const char *const kinds[] = {"1m", "250ms", "5m", "tick:7", "volume:20", "dollar:1e4"};
    char root[] = "/tmp/factorium-test-XXXXXX";
    assert_non_null(mkdtemp(root));
    test_store_write(root, &(test_file){.date = "2024-08-08"}, trades, N_TRADES);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        fct_bars_request request = {
            .from_ms = START + 100000, .to_ms = START + 1500000, .with_notional = true};
        assert_int_equal(fct_bar_spec_parse(kinds[i], &request.bar, NULL), FCT_OK);
        static const char *const symbols[] = {"BTCUSDT"};
        request.symbols = symbols;
        request.n_symbols = 1;
        source s = {.trades = trades, .n_trades = N_TRADES, .batch_rows = 100};
        test_bars bars;
        assert_int_equal(make_bars(&s, &request, &bars, NULL), FCT_OK);
        request.store = root;
        request.no_cache = true;
        test_bars stored = test_bars_make(&request, NULL);
        assert_true(bars.n_bars > 3);
        test_bars_assert_same(&bars, &stored);
        test_bars_free(&stored);
        test_bars_free(&bars);
    }
    assert_int_equal(fct_tree_remove(root, NULL), FCT_OK);
}

static void expect(source *s, const fct_bars_request *request, fct_status status, const char *word)
{
    test_bars bars = {0};
    fct_error err = {0};
    assert_int_equal(make_bars(s, request, &bars, &err), status);
    if (!strstr(err.message, word))
        fail_msg("no \"%s\" in: %s", word, err.message);
    test_bars_free(&bars);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const others[] = {"BTCUSDT", "XRPUSDT"};
    static const char *const bad[] = {"../x"};
    test_trade some[3] = {trades[0], trades[1], trades[2]};
    source s = {.trades = some, .n_trades = 3, .batch_rows = 10, .with_symbol = true};
    fct_bars_request request = {.symbols = others, .n_symbols = 2};
    expect(&s, &request, FCT_ERROR_NOT_FOUND, "XRPUSDT");
    request.missing = FCT_MISSING_SKIP;
    expect(&s, &request, FCT_ERROR_PARTIAL, "XRPUSDT");
    request = (fct_bars_request){.symbols = bad, .n_symbols = 1};
    expect(&s, &request, FCT_ERROR_ARGUMENT, "symbol");
    request = (fct_bars_request){.from_ms = 2, .to_ms = 1};
    expect(&s, &request, FCT_ERROR_ARGUMENT, "empty");
    request = (fct_bars_request){
        .map = &(fct_column_map){.time = "time", .price = "px", .quantity = "quantity"}};
    expect(&s, &request, FCT_ERROR_DATA, "px");
    request.map = &(fct_column_map){.time = "symbol", .price = "price", .quantity = "quantity"};
    expect(&s, &request, FCT_ERROR_DATA, "texts");
    request = (fct_bars_request){.dataset = {.market = "spot", .data_type = "trades"}};
    expect(&s, &request, FCT_ERROR_DATA, "qty");
    request = (fct_bars_request){.bar = {.kind = FCT_BAR_TICK, .threshold = 0.5}};
    expect(&s, &request, FCT_ERROR_ARGUMENT, "whole");
    request = (fct_bars_request){0};
    some[1].price = -1;
    expect(&s, &request, FCT_ERROR_DATA, "row 2, column price");
    some[1].price = 1;
    some[2].quantity = -1;
    expect(&s, &request, FCT_ERROR_DATA, "row 3, column quantity");
    some[2].quantity = 1;
    some[2].time = trades[0].time * 1000;
    expect(&s, &request, FCT_ERROR_DATA, "row 3, column time");
    some[2] = trades[0];
    some[0] = trades[2];
    s.batch_rows = 1;
    request.bar = (fct_bar_spec){.kind = FCT_BAR_TICK, .threshold = 2};
    expect(&s, &request, FCT_ERROR_DATA, "sort");
    s.with_symbol = false;
    expect(&s, &request, FCT_ERROR_ARGUMENT, "name the one symbol");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_bars),
        cmocka_unit_test(test_as_from_a_store),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("Bars of trades at hand", tests, make_trades, NULL);
}
