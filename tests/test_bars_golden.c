/*
 * Recorded trades, ingested and built into bars, against bars computed elsewhere in exact decimals; and a vendor's ticks
 * against the same vendor's bars. The recordings lie beside the project and are not part of it: where they are absent the
 * tests are skipped; test_ingest and test_bars cover the same paths on files they make.
 */
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
#include "support/bars.h"
#include "support/root.h"

#define RECORDINGS "../shared/data"

static bool recordings_are_here(void)
{
    if (fct_file_exists(RECORDINGS "/mirror"))
        return true;
    print_message("skipped: there are no recordings in " RECORDINGS "\n");
    return false;
}

/* ---- Reading bars from CSV -------------------------------------------------------------------- */

static FILE *open_csv(const char *path)
{
    char header[512];
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("cannot open %s", path);
    assert_non_null(fgets(header, sizeof header, file));
    return file;
}

static test_bar *add_bar(test_bars *bars)
{
    bars->bars = realloc(bars->bars, (bars->n_bars + 1) * sizeof *bars->bars);
    assert_non_null(bars->bars);
    test_bar *bar = &bars->bars[bars->n_bars++];
    *bar = (test_bar){.vwap = NAN, .notional = NAN, .num_trades = -1};
    return bar;
}

static test_bars read_golden(const char *path)
{
    test_bars bars = {.has_sides = true};
    char line[512];
    FILE *file = open_csv(path);
    while (fgets(line, sizeof line, file)) {
        test_bar *bar = add_bar(&bars);
        long long start_ms;
        long long end_ms;
        long long num_buyer;
        long long num_seller;
        int n = sscanf(line, "%64[^,],%lld,%lld,%lf,%lf,%lf,%lf,%lf,%lf,%lld,%lld,%lf,%lf",
                       bar->symbol, &start_ms, &end_ms, &bar->open, &bar->high, &bar->low,
                       &bar->close, &bar->volume, &bar->vwap, &num_buyer, &num_seller,
                       &bar->num_buyer_volume, &bar->num_seller_volume);
        if (n != 13)
            fail_msg("%s: %s", path, line);
        bar->start_ms = start_ms;
        bar->end_ms = end_ms;
        bar->num_buyer = num_buyer;
        bar->num_seller = num_seller;
    }
    fclose(file);
    return bars;
}

/* ---- Recorded trades -------------------------------------------------------------------------- */

static void check_symbol(const char *market, const char *folder, const char *symbol,
                         const char *interval)
{
    char path[256];
    snprintf(path, sizeof path, RECORDINGS "/golden/time/%s/%s-%s.csv", folder, symbol, interval);
    test_bars expected = read_golden(path);
    assert_true(expected.n_bars > 0);
    fct_bars_request request = {
        .store = test_root,
        .dataset = {.market = market, .data_type = "trades"},
        .symbols = &symbol,
        .n_symbols = 1,
    };
    assert_int_equal(fct_bar_spec_parse(interval, &request.bar, NULL), FCT_OK);
    test_bars actual = test_bars_make(&request, NULL);
    assert_true(actual.has_sides);
    test_bars_assert_close(&actual, &expected);
    test_bars_free(&actual);
    test_bars_free(&expected);
}

static void test_recorded_trades(void **state)
{
    (void)state;
    static const struct {
        const char *market, *folder, *symbol;
    } symbols[] = {
        {"spot", "spot", "BTCUSDT"},
        {"spot", "spot", "ETHUSDT"},
        {"futures_um", "futures/um", "BTCUSDT"},
        {"futures_um", "futures/um", "ETHUSDT"},
        {"futures_cm", "futures/cm", "BTCUSD_PERP"},
        {"futures_cm", "futures/cm", "ETHUSD_PERP"},
    };
    static const char *const intervals[] = {"1s", "1m", "5m"};
    if (!recordings_are_here())
        skip();
    const char *paths[] = {RECORDINGS "/mirror"};
    fct_ingest_report report;
    fct_error err = {0};
    if (fct_ingest(paths, 1, test_root, NULL, NULL, &report, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_true(report.n_files >= 13);
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        for (size_t k = 0; k < 3; k++)
            check_symbol(symbols[i].market, symbols[i].folder, symbols[i].symbol, intervals[k]);
}

/* ---- A vendor's ticks and bars ---------------------------------------------------------------- */

static test_bars read_vendor(const char *path)
{
    test_bars bars = {0};
    char line[512];
    FILE *file = open_csv(path);
    while (fgets(line, sizeof line, file)) {
        test_bar *bar = add_bar(&bars);
        long long start_ms;
        assert_int_equal(sscanf(line, "%lld,%lf,%lf,%lf,%lf,%lf", &start_ms, &bar->open, &bar->high,
                                &bar->low, &bar->close, &bar->volume),
                         6);
        bar->start_ms = start_ms;
        bar->end_ms = start_ms + 60000;
    }
    fclose(file);
    return bars;
}

/* The vendor's last minute of a day lacks trades that its ticks have, as the recordings' own notes say. */
static void check_day(const char *date, int64_t day_ms)
{
    char path[256];
    snprintf(path, sizeof path, RECORDINGS "/comex_gc/GCZ3-1m-%s.csv", date);
    test_bars expected = read_vendor(path);
    fct_bars_request request = {
        .store = test_root,
        .bar = {.kind = FCT_BAR_TIME, .interval_ms = 60000},
        .from_ms = day_ms,
        .to_ms = day_ms + 86400000,
    };
    test_bars actual = test_bars_make(&request, NULL);
    assert_false(actual.has_sides);
    assert_int_equal(actual.n_bars, expected.n_bars);
    for (size_t i = 0; i < actual.n_bars; i++) {
        const test_bar *a = &actual.bars[i];
        const test_bar *e = &expected.bars[i];
        assert_int_equal(a->start_ms, e->start_ms);
        if (a->open != e->open || a->high != e->high || a->low != e->low || a->close != e->close)
            fail_msg("minute %lld differs", (long long)a->start_ms);
        assert_true(a->volume == e->volume || i + 1 == actual.n_bars);
    }
    test_bars_free(&actual);
    test_bars_free(&expected);
}

static void test_vendor_bars(void **state)
{
    (void)state;
    if (!recordings_are_here())
        skip();
    const char *paths[] = {RECORDINGS "/comex_gc/GCZ3-ticks-20131007.csv",
                           RECORDINGS "/comex_gc/GCZ3-ticks-20131008.csv"};
    const fct_column_map map = {.time = "time", .price = "price", .quantity = "size"};
    fct_ingest_options options = {
        .dataset = {.exchange = "generic", .market = "comex", .data_type = "ticks"},
        .symbol = "GCZ3",
        .map = &map,
    };
    fct_error err = {0};
    if (fct_ingest(paths, 2, test_root, &options, NULL, NULL, &err) != FCT_OK)
        fail_msg("%s", err.message);
    check_day("20131007", INT64_C(1381104000000));
    check_day("20131008", INT64_C(1381190400000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recorded_trades, test_root_make, test_root_remove),
        cmocka_unit_test_setup_teardown(test_vendor_bars, test_root_make, test_root_remove),
    };
    return cmocka_run_group_tests_name("recorded trades", tests, NULL, NULL);
}
