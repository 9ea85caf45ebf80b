/* Shards of bars: the same bits as one machine's, for every kind of bar and any number of shards; what shards are like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "shard/cut.h"
#include "support/bars.h"
#include "support/root.h"
#include "support/shard.h"

#define DAY_MS INT64_C(86400000)

enum { N_SYMBOLS = 42, N_DAYS = 10, N_TRADES = 60 };

static char store[80], work[80], path[80];

static int make_store(void **state)
{
    if (test_root_make(state) != 0)
        return -1;
    snprintf(store, sizeof store, "%s/store", test_root);
    snprintf(work, sizeof work, "%s/work", test_root);
    snprintf(path, sizeof path, "%s/plan.json", test_root);
    test_shard_store(store, N_SYMBOLS, N_DAYS, N_TRADES);
    return 0;
}

static fct_bars_request bars_of(const char *bar)
{
    fct_bars_request bars = {.store = store, .with_notional = true, .with_num_trades = true};
    assert_int_equal(fct_bar_spec_parse(bar, &bars.bar, NULL), FCT_OK);
    return bars;
}

/* Returns the number of shards. */
static size_t assert_same(const fct_bars_request *bars, size_t n_shards)
{
    const fct_shard_request request = {.bars = bars, .n_shards = n_shards, .work = work};
    struct ArrowArrayStream stream;
    size_t n;
    test_shard_merge(&request, path, &n, &stream);
    test_bars merged = test_bars_read(&stream);
    test_bars one = test_bars_make(bars, NULL);
    assert_true(one.n_bars > 0);
    test_bars_assert_same(&merged, &one);
    test_bars_free(&merged);
    test_bars_free(&one);
    assert_true(n <= n_shards);
    return n;
}

/* ---- The same bits ----------------------------------------------------------------------------- */

static const size_t counts[] = {1, 7, 40, 400};
enum { N_COUNTS = sizeof counts / sizeof *counts };

static void time_bars_are_cut_by_symbols_and_days(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    size_t n[N_COUNTS];
    for (size_t i = 0; i < N_COUNTS; i++)
        n[i] = assert_same(&bars, counts[i]);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 7);
    assert_int_equal(n[2], 40);
    assert_true(n[3] > 300);
}

static void intervals_that_do_not_divide_a_day_lie_across_no_cut(void **state)
{
    (void)state;
    static const char *const intervals[] = {"7m", "5h", "9h", "2d", "11d", "7001ms"};
    for (size_t k = 0; k < sizeof intervals / sizeof *intervals; k++) {
        fct_bars_request bars = bars_of(intervals[k]);
        bars.no_cache = k % 2;
        assert_same(&bars, 40);
    }
}

static void other_bars_are_cut_by_symbols(void **state)
{
    (void)state;
    static const char *const kinds[] = {"tick:13", "volume:900", "dollar:2e4"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i<N_COUNTS; i += k> 0 ? 2 : 1) {
            fct_bars_request bars = bars_of(kinds[k]);
            bars.drop_last = k % 2;
            assert_true(assert_same(&bars, counts[i]) <= N_SYMBOLS);
        }
}

static void filled_bars_and_parts_of_days(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    bars.fill_previous = true;
    assert_same(&bars, 40);
    bars.to_ms = (TEST_SHARD_DAY + N_DAYS + 1) * DAY_MS;
    bars.missing = FCT_MISSING_SKIP;
    bars.fill_previous = false;
    bars.from_ms = TEST_SHARD_DAY * DAY_MS + 12345678;
    bars.to_ms = (TEST_SHARD_DAY + 8) * DAY_MS + 7654321;
    bars.missing = FCT_MISSING_ERROR;
    static const char *const some[] = {"S03", "S01", "S40"};
    bars.symbols = some;
    bars.n_symbols = 3;
    assert_same(&bars, 40);
    bars.without_sides = true;
    assert_same(&bars, 7);
}

/* A file may hold trades of the day before and after its own. */
static void trades_in_a_neighbours_file(void **state)
{
    (void)state;
    char odd[80];
    snprintf(odd, sizeof odd, "%s/odd", test_root);
    for (int day = 0; day < 6; day++) {
        char date[11];
        const int64_t start = (TEST_SHARD_DAY + day) * DAY_MS;
        const test_trade trades[] = {
            {start - 2000 * (day > 0), 10 + day, 1, false, day * 10},
            {start + 5000, 11 + day, 2, true, day * 10 + 1},
            {start + DAY_MS - 1000, 12 + day, 3, false, day * 10 + 2},
            {start + DAY_MS + 1000, 13 + day, 4, true, day * 10 + 3},
        };
        fct_date_format(TEST_SHARD_DAY + day, date);
        const test_file file = {.symbol = "ODD", .date = date};
        test_store_write(odd, &file, trades, 4);
    }
    fct_bars_request bars = bars_of("1m");
    bars.store = odd;
    assert_int_equal(assert_same(&bars, 6), 6);
    bars.no_cache = true;
    assert_same(&bars, 3);
    bars.bar.interval_ms = DAY_MS;
    assert_same(&bars, 6);
}

/* ---- What a plan says -------------------------------------------------------------------------- */

static void shards_lie_side_by_side_and_weigh_about_the_same(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    const fct_shard_request request = {.bars = &bars, .n_shards = 20, .work = work};
    fct_shard_plan *plan;
    fct_shard_info info;
    int64_t total = 0;
    int64_t most = 0;
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, NULL), FCT_OK);
    assert_int_equal(fct_shard_plan_n_stages(plan), 1);
    size_t n = fct_shard_plan_n_shards(plan, 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fct_shard_plan_info(plan, 0, i, &info, NULL), FCT_OK);
        assert_int_equal(info.axis, FCT_SHARD_BARS);
        assert_true(info.from_ms < info.to_ms && info.n_symbols > 0 && info.n_bytes > 0);
        assert_true(info.to_ms == INT64_MAX || info.to_ms % DAY_MS == 0);
        total += info.n_bytes;
        most = info.n_bytes > most ? info.n_bytes : most;
    }
    assert_true(most < 2 * total / (int64_t)n);
    assert_int_equal(fct_shard_plan_info(plan, 0, n, &info, NULL), FCT_ERROR_NOT_FOUND);
    assert_int_equal(fct_shard_plan_info(plan, 1, 0, &info, NULL), FCT_ERROR_NOT_FOUND);
    fct_shard_plan_free(plan);
}

static void missing_days_are_told_of_twice(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    const fct_shard_request request = {.bars = &bars, .n_shards = 5, .work = work};
    fct_shard_plan *plan;
    fct_error err = {0};
    struct ArrowArrayStream stream;
    bars.from_ms = TEST_SHARD_DAY * DAY_MS;
    bars.to_ms = (TEST_SHARD_DAY + N_DAYS + 2) * DAY_MS;
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, &err), FCT_ERROR_NOT_FOUND);
    assert_null(plan);
    bars.missing = FCT_MISSING_SKIP;
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, &err), FCT_ERROR_PARTIAL);
    assert_non_null(strstr(err.message, "85 symbol-days"));
    for (size_t i = 0; i < fct_shard_plan_n_shards(plan, 0); i++)
        assert_int_equal(fct_shard_run(plan, 0, i, NULL, NULL, &err), FCT_OK);
    err.message[0] = '\0';
    assert_int_equal(fct_shard_merge(plan, NULL, &stream, &err), FCT_ERROR_PARTIAL);
    assert_non_null(strstr(err.message, "85 symbol-days"));
    test_bars merged = test_bars_read(&stream);
    test_bars one = test_bars_make(&bars, NULL);
    test_bars_assert_same(&merged, &one);
    test_bars_free(&merged);
    test_bars_free(&one);
    fct_shard_plan_free(plan);
}

static void requests_that_make_no_sense(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    fct_shard_plan *plan;
    fct_error err;
    const fct_shard_request wrong[] = {
        {.n_shards = 1, .work = work},
        {.bars = &bars, .panel = "a.parquet", .n_shards = 1, .work = work},
        {.panel = "a.parquet", .n_shards = 1, .work = work},
        {.bars = &bars, .attributes = "a.csv", .n_shards = 1, .work = work},
        {.bars = &bars, .n_shards = 0, .work = work},
        {.bars = &bars, .n_shards = 10001, .work = work},
        {.bars = &bars, .n_shards = 1},
        {.bars = &bars, .n_shards = 1, .work = work, .expressions = "cs_rank("},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(fct_shard_plan_make(&wrong[i], NULL, &plan, &err), FCT_ERROR_ARGUMENT);
        assert_null(plan);
    }
    const fct_shard_request remote = {.bars = &bars, .n_shards = 1, .work = "https://host/work"};
    assert_int_equal(fct_shard_plan_make(&remote, NULL, &plan, &err), FCT_ERROR_UNSUPPORTED);
}

static void weights_are_cut_into_parts_that_weigh_something(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 2000; round++) {
        enum { MOST = 30 };
        double weights[MOST];
        size_t first[MOST + 1];
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t n = 1 + (seed >> 33) % MOST;
        size_t n_parts = 1 + (seed >> 43) % MOST;
        double total = 0;
        for (size_t i = 0; i < n; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            uint64_t bits = seed >> 33;
            weights[i] = bits % 3 ? (double)(bits % 1000) : bits % 7 == 0 ? 1e6 : 0;
            total += weights[i];
        }
        size_t n_made = fct_shard_cut(weights, n, n_parts, first);
        assert_true(n_made >= 1 && n_made <= n_parts);
        assert_int_equal(first[0], 0);
        assert_int_equal(first[n_made], n);
        for (size_t part = 0; part < n_made; part++) {
            double weight = 0;
            assert_true(first[part] < first[part + 1]);
            for (size_t i = first[part]; i < first[part + 1]; i++)
                weight += weights[i];
            assert_true(weight > 0 || total <= 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_bars_are_cut_by_symbols_and_days),
        cmocka_unit_test(intervals_that_do_not_divide_a_day_lie_across_no_cut),
        cmocka_unit_test(other_bars_are_cut_by_symbols),
        cmocka_unit_test(filled_bars_and_parts_of_days),
        cmocka_unit_test(trades_in_a_neighbours_file),
        cmocka_unit_test(shards_lie_side_by_side_and_weigh_about_the_same),
        cmocka_unit_test(missing_days_are_told_of_twice),
        cmocka_unit_test(requests_that_make_no_sense),
        cmocka_unit_test(weights_are_cut_into_parts_that_weigh_something),
    };
    return cmocka_run_group_tests(tests, make_store, test_root_remove);
}
