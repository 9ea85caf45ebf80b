/* Exchanges: the table of names and columns, paths and URLs, and what an archive's path says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exchange/exchange.h"

static const int64_t day_2024_08_08 = 19943;

static void assert_has(const fct_error *err, const char *words)
{
    if (!strstr(err->message, words))
        fail_msg("\"%s\" is not in: %s", words, err->message);
}

static void exchanges_are_listed_by_name(void **state)
{
    (void)state;
    assert_string_equal(fct_exchange_name(0), "binance");
    assert_string_equal(fct_exchange_name(1), "bybit");
    assert_string_equal(fct_exchange_name(2), "generic");
    assert_string_equal(fct_exchange_name(3), "okx");
    assert_null(fct_exchange_name(4));
    assert_null(fct_exchange_name(SIZE_MAX));
}

static void no_name_is_binance(void **state)
{
    (void)state;
    const fct_exchange *exchange = NULL;
    assert_int_equal(fct_exchange_find(NULL, &exchange, NULL), FCT_OK);
    assert_string_equal(exchange->name, "binance");
    assert_int_equal(fct_exchange_find("", &exchange, NULL), FCT_OK);
    assert_string_equal(exchange->name, "binance");
}

static void unknown_names_list_the_known_ones(void **state)
{
    (void)state;
    fct_error err = {0};
    fct_column_map map;
    fct_dataset dataset = {.exchange = "binanse", .market = "spot", .data_type = "trades"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_NOT_FOUND);
    assert_has(&err, "unknown exchange \"binanse\" (did you mean \"binance\"?)");
    assert_has(&err, "binance, bybit, generic, okx");

    dataset = (fct_dataset){.market = "futures_uk", .data_type = "trades"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_NOT_FOUND);
    assert_has(&err, "spot, futures_um, futures_cm");
    assert_has(&err, "did you mean \"futures_um\"?");

    dataset = (fct_dataset){.market = "spot", .data_type = "aggtrade"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_NOT_FOUND);
    assert_has(&err, "did you mean \"aggTrades\"?");
    assert_has(&err, "aggTrades, trades, klines");

    dataset = (fct_dataset){.market = "spot", .data_type = "orderBookDepth"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_NOT_FOUND);
    assert_null(strstr(err.message, "did you mean"));

    dataset = (fct_dataset){.exchange = "evil\"\n", .market = NULL, .data_type = NULL};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_NOT_FOUND);
    assert_has(&err, "\"evil??\"");

    dataset = (fct_dataset){0};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, &err), FCT_ERROR_ARGUMENT);
    assert_has(&err, "say which market: known are spot, futures_um, futures_cm");
}

/* The days of other exchanges' files, and what their names say. */
static void others_paths(void **state)
{
    (void)state;
    static const struct {
        fct_dataset dataset;
        const char *symbol, *url;
    } urls[] = {
        {{"bybit", "perpetual", "trades", NULL},
         "BTCUSDT",
         "https://public.bybit.com/trading/BTCUSDT/BTCUSDT2024-08-08.csv.gz"},
        {{NULL, "bybit_spot", "trades", NULL},
         "BTCUSDT",
         "https://public.bybit.com/spot/BTCUSDT/BTCUSDT_2024-08-08.csv.gz"},
        {{"okx", "okx_swap", "trades", NULL},
         "BTC-USDT-SWAP",
         "https://static.okx.com/cdn/okex/traderecords/trades/daily/20240808/"
         "BTC-USDT-SWAP-trades-2024-08-08.zip"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char url[300];
        fct_error err;
        assert_int_equal(fct_exchange_download_url(&urls[i].dataset, urls[i].symbol, day_2024_08_08,
                                                   url, sizeof url, &err),
                         FCT_OK);
        assert_string_equal(url, urls[i].url);
    }
    static const struct {
        const fct_exchange *exchange;
        const char *path, *market, *symbol;
        int64_t first_day, n_days;
    } names[] = {
        {&fct_exchange_bybit, "trading/BTCUSDT/BTCUSDT2024-08-08.csv.gz", "bybit_perpetual",
         "BTCUSDT", 19943, 1},
        {&fct_exchange_bybit, "BTCUSDT_2024-08-08.csv.gz", "bybit_spot", "BTCUSDT", 19943, 1},
        {&fct_exchange_bybit, "BTCUSDT-2024-08.csv.gz", "bybit_spot", "BTCUSDT", 19936, 31},
        {&fct_exchange_bybit, "BTCUSDT2024-08.csv.gz", "", "", INT64_MIN, 0},
        {&fct_exchange_bybit, "2024-08-08.csv.gz", "", "", INT64_MIN, 0},
        {&fct_exchange_okx, "BTC-USDT-trades-2024-08-08.zip", "okx_spot", "BTC-USDT", 19942, 2},
        {&fct_exchange_okx, "x/BTC-USDT-SWAP-trades-2024-08-08.zip", "okx_swap", "BTC-USDT-SWAP",
         19942, 2},
        {&fct_exchange_okx, "BTC-USDT-240927-trades-2024-08-08.csv", "okx_futures",
         "BTC-USDT-240927", 19942, 2},
        {&fct_exchange_okx, "BTC-USDT-2024-08-08.zip", "", "", INT64_MIN, 0},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fct_archive_name name;
        names[i].exchange->parse_path(names[i].path, &name);
        assert_string_equal(name.market, names[i].market);
        assert_string_equal(name.symbol, names[i].symbol);
        assert_int_equal(name.first_day, names[i].first_day);
        assert_int_equal(name.n_days, names[i].n_days);
    }
}

static void columns_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        const char *market, *data_type, *columns;
    } cases[] = {
        {"spot", "aggTrades",
         "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,"
         "is_best_match,"},
        {"futures_um", "aggTrades",
         "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,"},
        {"futures_cm", "aggTrades",
         "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,"},
        {"spot", "trades", "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match,"},
        {"futures_um", "trades", "id,price,qty,quote_qty,time,is_buyer_maker,"},
        {"futures_cm", "trades", "id,price,qty,base_qty,time,is_buyer_maker,"},
        {"futures_um", "klines",
         "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
         "taker_buy_quote_volume,ignore,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_dataset dataset = {.market = cases[i].market, .data_type = cases[i].data_type};
        const char *const *names = NULL;
        size_t n_names = 0;
        assert_int_equal(fct_exchange_archive_columns(&dataset, &names, &n_names, NULL), FCT_OK);
        char joined[512] = "";
        for (size_t c = 0; c < n_names; c++) {
            strcat(joined, names[c]);
            strcat(joined, ",");
        }
        assert_string_equal(joined, cases[i].columns);
    }
    fct_error err = {0};
    fct_dataset generic = {.exchange = "generic", .market = "comex", .data_type = "trades"};
    const char *const *names;
    size_t n_names;
    assert_int_equal(fct_exchange_archive_columns(&generic, &names, &n_names, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_has(&err, "--map");
}

/*
 * Every column that a map names is one of the table's, of the type that the readers expect of it.
 */
static void maps_name_columns_of_their_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < fct_exchange_binance.n_tables; i++) {
        const fct_exchange_table *t = &fct_exchange_binance.tables[i];
        const struct {
            const char *name;
            fct_value_type type;
        } used[] = {{t->map.time, FCT_VALUE_INT64},
                    {t->map.price, FCT_VALUE_DOUBLE},
                    {t->map.quantity, FCT_VALUE_DOUBLE},
                    {t->map.is_buyer_maker, FCT_VALUE_BOOL},
                    {t->map.id, FCT_VALUE_INT64}};
        for (size_t u = 0; u < sizeof used / sizeof *used; u++) {
            if (!used[u].name) {
                assert_true(t->is_klines || t->is_plain);
                continue;
            }
            size_t c = 0;
            while (c < t->n_columns && strcmp(t->columns[c].name, used[u].name) != 0)
                c++;
            assert_true(c < t->n_columns);
            assert_int_equal(t->columns[c].type, used[u].type);
        }
        for (size_t c = 0; c < t->n_columns; c++)
            assert_string_equal(t->columns[c].name, t->column_names[c]);
    }
    fct_column_map map;
    fct_dataset dataset = {.market = "spot", .data_type = "aggTrades"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, NULL), FCT_OK);
    assert_string_equal(map.time, "transact_time");
    assert_string_equal(map.id, "agg_trade_id");
    assert_null(map.side);
    dataset = (fct_dataset){.exchange = "generic"};
    assert_int_equal(fct_exchange_column_map(&dataset, &map, NULL), FCT_OK);
    assert_string_equal(map.quantity, "quantity");
}

static void paths_and_urls(void **state)
{
    (void)state;
    char path[256];
    fct_dataset dataset = {.market = "futures_um", .data_type = "trades"};
    assert_int_equal(
        fct_exchange_archive_path(&dataset, "BTCUSDT", day_2024_08_08, path, sizeof path, NULL),
        FCT_OK);
    assert_string_equal(path, "futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip");
    dataset = (fct_dataset){.market = "spot", .data_type = "klines", .interval = "1m"};
    assert_int_equal(
        fct_exchange_download_url(&dataset, "BTCUSDT", day_2024_08_08, path, sizeof path, NULL),
        FCT_OK);
    assert_string_equal(path, "https://data.binance.vision/data/spot/daily/klines/BTCUSDT/1m/"
                              "BTCUSDT-1m-2024-08-08.zip");
    dataset = (fct_dataset){.market = "futures_cm", .data_type = "aggTrades"};
    assert_int_equal(
        fct_exchange_archive_path(&dataset, "BTCUSD_PERP", day_2024_08_08, path, sizeof path, NULL),
        FCT_OK);
    assert_string_equal(
        path, "futures/cm/daily/aggTrades/BTCUSD_PERP/BTCUSD_PERP-aggTrades-2024-08-08.zip");
}

static void bad_paths_are_refused(void **state)
{
    (void)state;
    char path[64];
    fct_error err = {0};
    fct_dataset trades = {.market = "spot", .data_type = "trades"};
    static const char *const symbols[] = {"../../etc", "BTC'USDT", "", ".", "..", NULL};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        assert_int_equal(fct_exchange_archive_path(&trades, symbols[i], 0, path, sizeof path, &err),
                         FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_exchange_archive_path(&trades, "BTCUSDT", 0, path, 20, &err),
                     FCT_ERROR_LIMIT);
    assert_int_equal(fct_exchange_archive_path(&trades, "BTCUSDT", 0, path, 0, &err),
                     FCT_ERROR_LIMIT);
    fct_dataset klines = {.market = "spot", .data_type = "klines"};
    assert_int_equal(fct_exchange_archive_path(&klines, "BTCUSDT", 0, path, sizeof path, &err),
                     FCT_ERROR_ARGUMENT);
    assert_has(&err, "interval");
    klines.interval = "../1m";
    assert_int_equal(fct_exchange_archive_path(&klines, "BTCUSDT", 0, path, sizeof path, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_has(&err, "1s, 1m, 3m");
    fct_dataset generic = {.exchange = "generic", .market = "comex", .data_type = "trades"};
    assert_int_equal(fct_exchange_download_url(&generic, "GC", 0, path, sizeof path, &err),
                     FCT_ERROR_NOT_FOUND);
}

static void market_words_of_python_users(void **state)
{
    (void)state;
    const char *market = NULL;
    fct_error err = {0};
    assert_int_equal(fct_exchange_market(NULL, "spot", "um", &market, NULL), FCT_OK);
    assert_string_equal(market, "spot");
    assert_int_equal(fct_exchange_market("binance", "futures", "um", &market, NULL), FCT_OK);
    assert_string_equal(market, "futures_um");
    assert_int_equal(fct_exchange_market("binance", "futures", "cm", &market, NULL), FCT_OK);
    assert_string_equal(market, "futures_cm");
    assert_int_equal(fct_exchange_market("binance", "futures_cm", NULL, &market, NULL), FCT_OK);
    assert_string_equal(market, "futures_cm");
    assert_int_equal(fct_exchange_market("binance", "futures", "xx", &market, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_has(&err, "known are um, cm");
    assert_int_equal(fct_exchange_market("binance", "option", NULL, &market, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_has(&err, "spot, futures, futures_um, futures_cm");
    assert_int_equal(fct_exchange_market("kraken", "spot", NULL, &market, &err),
                     FCT_ERROR_NOT_FOUND);
}

static void klines_are_found_by_their_stored_name(void **state)
{
    (void)state;
    const fct_exchange_table *table = NULL;
    assert_int_equal(
        fct_exchange_table_find(&fct_exchange_binance, "spot", "klines_1m", &table, NULL), FCT_OK);
    assert_true(table->is_klines);
    assert_int_equal(
        fct_exchange_table_find(&fct_exchange_binance, "spot", "klines_7m", &table, NULL),
        FCT_ERROR_NOT_FOUND);
    assert_int_equal(
        fct_exchange_table_find(&fct_exchange_binance, "spot", "klines_", &table, NULL),
        FCT_ERROR_NOT_FOUND);
}

static void what_a_path_says(void **state)
{
    (void)state;
    static const struct {
        const char *path, *market, *data_type, *symbol, *interval;
        int64_t first_day, n_days;
    } cases[] = {
        {"/mnt/data/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-08.zip", "futures_um",
         "trades", "BTCUSDT", "", 19943, 1},
        {"data/futures/cm/daily/aggTrades/BTCUSD_PERP/BTCUSD_PERP-aggTrades-2024-08-08.zip",
         "futures_cm", "aggTrades", "BTCUSD_PERP", "", 19943, 1},
        {"spot/monthly/trades/ETHUSDT/ETHUSDT-trades-2024-02.zip", "spot", "trades", "ETHUSDT", "",
         19754, 29},
        {"spot/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2024-08-08.zip", "spot", "klines", "ETHUSDT",
         "1m", 19943, 1},
        {"BTCUSDT-trades-2024-08-08.zip", "", "trades", "BTCUSDT", "", 19943, 1},
        {"./BTCUSDT-1m-2024-12.zip", "", "klines", "BTCUSDT", "1m", 20058, 31},
        {"x/BTCUSDT-1mo-2024-12.csv.gz", "", "klines", "BTCUSDT", "1mo", 20058, 31},
        {"BTC-USDT-SWAP-trades-2024-08-08.csv", "", "trades", "BTC-USDT-SWAP", "", 19943, 1},
        {"BTCUSDT-bookTicker-2024-08-08.zip", "", "bookTicker", "BTCUSDT", "", 19943, 1},
        /* Klines of mark prices are named like klines of trades; only the folder tells. */
        {"futures/um/daily/markPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2024-08-08.zip", "futures_um",
         "markPriceKlines", "BTCUSDT", "1m", 19943, 1},
        {"futures/um/daily/trades/BTCUSDT/renamed.csv", "futures_um", "trades", "BTCUSDT", "",
         INT64_MIN, 0},
        {"/futures//um/daily//trades/BTCUSDT//renamed.csv", "futures_um", "trades", "BTCUSDT", "",
         INT64_MIN, 0},
        {"um/daily/trades/BTCUSDT/x.csv", "", "", "", "", INT64_MIN, 0},
        {"trades-2024-08-08.zip", "", "", "", "", 19943, 1},
        {"-trades-2024-08-08.zip", "", "", "", "", 19943, 1},
        {"BTCUSDT-trades-2024-02-30.zip", "", "", "", "", INT64_MIN, 0},
        {"BTCUSDT-trades-2024-13.zip", "", "", "", "", INT64_MIN, 0},
        {"BTCUSDT-trades-2024-08-08", "", "trades", "BTCUSDT", "", 19943, 1},
        {"", "", "", "", "", INT64_MIN, 0},
        {"////", "", "", "", "", INT64_MIN, 0},
        {"BTC'USDT-trades-2024-08-08.zip", "", "trades", "BTC'USDT", "", 19943, 1},
        {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg-trades-2024-08-08.zip",
         "", "trades", "", "", 19943, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_archive_name name;
        memset(&name, 'x', sizeof name);
        fct_exchange_binance.parse_path(cases[i].path, &name);
        assert_string_equal(name.market, cases[i].market);
        assert_string_equal(name.data_type, cases[i].data_type);
        assert_string_equal(name.symbol, cases[i].symbol);
        assert_string_equal(name.interval, cases[i].interval);
        assert_true(name.first_day == cases[i].first_day);
        assert_true(name.n_days == cases[i].n_days);
        fct_exchange_generic.parse_path(cases[i].path, &name);
        assert_string_equal(name.symbol, "");
        assert_true(name.first_day == INT64_MIN);
    }
}

/* What archive_path writes, parse_path reads. */
static void paths_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < fct_exchange_binance.n_tables; i++) {
        const fct_exchange_table *t = &fct_exchange_binance.tables[i];
        fct_dataset dataset = {.market = t->market,
                               .data_type = t->data_type,
                               .interval = t->is_klines ? "15m" : NULL};
        for (int64_t day = 0; day < 40000; day += 997) {
            char path[256];
            assert_int_equal(
                fct_exchange_archive_path(&dataset, "A-b.c_D", day, path, sizeof path, NULL),
                FCT_OK);
            fct_archive_name name;
            fct_exchange_binance.parse_path(path, &name);
            assert_string_equal(name.market, t->market);
            assert_string_equal(name.data_type, t->data_type);
            assert_string_equal(name.symbol, "A-b.c_D");
            assert_string_equal(name.interval, t->is_klines ? "15m" : "");
            assert_true(name.first_day == day && name.n_days == 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_are_listed_by_name),
        cmocka_unit_test(no_name_is_binance),
        cmocka_unit_test(unknown_names_list_the_known_ones),
        cmocka_unit_test(columns_are_the_published_ones),
        cmocka_unit_test(others_paths),
        cmocka_unit_test(maps_name_columns_of_their_table),
        cmocka_unit_test(paths_and_urls),
        cmocka_unit_test(bad_paths_are_refused),
        cmocka_unit_test(market_words_of_python_users),
        cmocka_unit_test(klines_are_found_by_their_stored_name),
        cmocka_unit_test(what_a_path_says),
        cmocka_unit_test(paths_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
