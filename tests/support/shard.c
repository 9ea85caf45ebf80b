#include "support/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/bars.h"

#define DAY_MS INT64_C(86400000)

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static void write_day(const char *root, int symbol, int day, int n_trades)
{
    uint64_t seed = (uint64_t)symbol * 1000 + (uint64_t)day + 1;
    test_trade *trades = calloc((size_t)n_trades + 1, sizeof *trades);
    char name[16];
    char date[11];
    assert_non_null(trades);
    for (int i = 0; i < n_trades; i++)
        trades[i] = (test_trade){
            .time = (TEST_SHARD_DAY + day) * DAY_MS + DAY_MS / (n_trades + 1) * (i + 1) +
                    (int64_t)(random_bits(&seed) % 1000),
            .price = (double)(100000 + random_bits(&seed) % 9000) / 1000,
            .quantity = (double)(random_bits(&seed) % 100000) / 997,
            .is_buyer_maker = random_bits(&seed) & 1,
            .id = day * 100000 + (int64_t)i,
        };
    snprintf(name, sizeof name, "S%02d", symbol);
    fct_date_format(TEST_SHARD_DAY + day, date);
    const test_file file = {.symbol = name, .date = date};
    test_store_write(root, &file, trades, (size_t)n_trades);
    free(trades);
}

void test_shard_store(const char *root, int n_symbols, int n_days, int n_trades_per_day)
{
    for (int s = 0; s < n_symbols; s++)
        for (int day = 0; day < n_days; day++)
            if (day != 1 || s + 1 < n_symbols || n_days < 3)
                write_day(root, s, day, n_trades_per_day / (1 + s % 5) + 2);
}

static void check(fct_status status, const fct_error *err)
{
    if (status != FCT_OK)
        fail_msg("status %d: %s", status, err->message);
}

fct_shard_plan *test_shard_run(const fct_shard_request *request, const char *path)
{
    fct_error err = {0};
    fct_shard_plan *made;
    fct_shard_plan *plan;
    fct_shard_report report;
    check(fct_shard_plan_make(request, NULL, &made, &err), &err);
    check(fct_shard_plan_write(made, path, &err), &err);
    check(fct_shard_plan_read(path, &plan, &err), &err);
    assert_string_equal(fct_shard_plan_key(plan), fct_shard_plan_key(made));
    fct_shard_plan_free(made);
    for (size_t stage = 0; stage < fct_shard_plan_n_stages(plan); stage++)
        for (size_t i = fct_shard_plan_n_shards(plan, stage); i-- > 0;)
            check(fct_shard_run(plan, stage, i, NULL, &report, &err), &err);
    return plan;
}

void test_shard_merge(const fct_shard_request *request, const char *path, size_t *n_shards,
                      struct ArrowArrayStream *out)
{
    fct_error err = {0};
    fct_shard_plan *plan = test_shard_run(request, path);
    if (n_shards)
        *n_shards = fct_shard_plan_n_shards(plan, 0);
    check(fct_shard_merge(plan, NULL, out, &err), &err);
    fct_shard_plan_free(plan);
}
