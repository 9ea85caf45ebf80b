/* Shards of expressions: the same bits as one machine's, of stores and of files; how expressions are cut into stages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "shard/stages.h"
#include "support/bars.h"
#include "support/panel.h"
#include "support/root.h"
#include "support/shard.h"

enum { N_SYMBOLS = 23, N_DAYS = 4, N_TRADES = 150 };

static char store[80], work[80], path[80], sectors[80], bars_file[80];

static void write_sectors(void)
{
    FILE *file = fopen(sectors, "w");
    assert_non_null(file);
    fprintf(file, "symbol,sector,industry,subindustry,cap\n");
    /* Of some symbols nothing is known, so that shards of them have columns without any text. */
    for (int s = 0; s < N_SYMBOLS - 3; s++)
        fprintf(file, "S%02d,%s,%d,g%d,%d\n", s, s % 2 ? "defi" : "ai", s % 3, s % 4, s + 1);
    assert_int_equal(fclose(file), 0);
}

static int make_store(void **state)
{
    fct_bars_request bars = {.with_notional = true, .with_num_trades = true};
    struct ArrowArrayStream stream;
    if (test_root_make(state) != 0)
        return -1;
    snprintf(store, sizeof store, "%s/store", test_root);
    snprintf(work, sizeof work, "%s/work", test_root);
    snprintf(path, sizeof path, "%s/plan.json", test_root);
    snprintf(sectors, sizeof sectors, "%s/sectors.csv", test_root);
    snprintf(bars_file, sizeof bars_file, "%s/bars.parquet", test_root);
    test_shard_store(store, N_SYMBOLS, N_DAYS, N_TRADES);
    write_sectors();
    bars.store = store;
    bars.bar.interval_ms = 3600000;
    return fct_bars(&bars, NULL, &stream, NULL) == FCT_OK &&
                   fct_write_file(&stream, bars_file, FCT_FORMAT_PARQUET, NULL, NULL, NULL) ==
                       FCT_OK
               ? 0
               : -1;
}

/* ---- The same bits ----------------------------------------------------------------------------- */

static void check(fct_status status, const fct_error *err)
{
    if (status != FCT_OK)
        fail_msg("status %d: %s", status, err->message);
}

/* What one machine computes. */
static fct_panel *compute(const fct_shard_request *request)
{
    fct_error err = {0};
    fct_panel *bars;
    fct_panel *part;
    fct_panel *factors;
    fct_plan *plan;
    check(request->panel ? fct_panel_read(request->panel, NULL, &bars, &err)
                         : fct_load_bars(request->bars, NULL, &bars, &err),
          &err);
    if (request->panel && request->selection) {
        check(fct_panel_slice(bars, request->selection, NULL, &part, &err), &err);
        fct_panel_free(bars);
        bars = part;
    }
    if (request->attributes) {
        check(fct_panel_join_file(bars, request->attributes, NULL, &part, &err), &err);
        fct_panel_free(bars);
        bars = part;
    }
    check(fct_plan_compile(request->expressions, request->options, &plan, &err), &err);
    check(fct_plan_run(plan, bars, NULL, &factors, &err), &err);
    fct_plan_free(plan);
    fct_panel_free(bars);
    return factors;
}

/* Returns the number of stages. */
static size_t assert_same(fct_shard_request *request, size_t n_shards)
{
    fct_error err = {0};
    struct ArrowArrayStream stream;
    fct_panel *merged;
    request->work = work;
    request->n_shards = n_shards;
    fct_shard_plan *plan = test_shard_run(request, path);
    size_t n_stages = fct_shard_plan_n_stages(plan);
    check(fct_shard_merge(plan, NULL, &stream, &err), &err);
    check(fct_panel_from_stream(&stream, NULL, &merged, &err), &err);
    fct_panel *one = compute(request);
    test_panel_assert_same(merged, one);
    fct_panel_free(merged);
    fct_panel_free(one);
    fct_shard_plan_free(plan);
    return n_stages;
}

static fct_bars_request bars_of(const char *bar)
{
    fct_bars_request bars = {.store = store, .with_notional = true, .with_num_trades = true};
    assert_int_equal(fct_bar_spec_parse(bar, &bars.bar, NULL), FCT_OK);
    return bars;
}

static void rolling_operators(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    fct_shard_request request = {
        .bars = &bars,
        .expressions = "_d = ts_delta(close, 3)\na = _d / ts_std(_d, 10)\n"
                       "b = ts_rank(volume, 7) + ts_corr(close, volume, 12)\nclose\nc = 3",
    };
    assert_int_equal(assert_same(&request, 1), 1);
    assert_int_equal(assert_same(&request, 7), 1);
    assert_int_equal(assert_same(&request, 400), 1);
}

static void cross_sections(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    fct_shard_request request = {
        .bars = &bars,
        .expressions = "a = cs_rank(close)\nb = cs_zscore(ts_mean(close, 5)) * close - volume\n"
                       "c = rank(1)\nd = cs_demean(a * ts_delta(close, 1))\nlow\ne = ts_step()",
    };
    assert_int_equal(assert_same(&request, 1), 2);
    assert_int_equal(assert_same(&request, 7), 2);
    assert_int_equal(assert_same(&request, 40), 2);
}

static void to_and_fro(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("2h");
    fct_shard_request request = {
        .bars = &bars,
        .expressions = "_r = cs_rank(ts_delta(close, 2))\n"
                       "_m = ts_mean(_r, 4) * open + ts_sum(high, 3)\n"
                       "_z = cs_zscore(_m) + _r\n"
                       "a = ts_decay_linear(_z, 3) - _m\n"
                       "b = cs_rank(a) * _r * volume\n_x = a + b\nc = _x * _x",
    };
    assert_int_equal(assert_same(&request, 7), 6);
    assert_int_equal(assert_same(&request, 40), 6);
}

static void groups_of_attributes(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("3h");
    fct_shard_request request = {
        .bars = &bars,
        .attributes = sectors,
        .expressions = "a = group_neutralize(close, sector)\nb = group_rank(ts_delta(cap, 1), "
                       "subindustry) + cap\nc = group_mean(volume, cap, industry)",
    };
    assert_same(&request, 1);
    assert_same(&request, 7);
    assert_same(&request, 40);
    const fct_plan_options strict = {.strict_cross_sections = true};
    request.options = &strict;
    assert_same(&request, 7);
}

static void alpha101_of_a_file(void **state)
{
    (void)state;
    fct_plan_options options = {0};
    fct_shard_request request = {
        .panel = bars_file,
        .attributes = sectors,
        .options = &options,
        .expressions = fct_formula_set("alpha101", &options.dialect),
    };
    assert_same(&request, 7);
    assert_same(&request, 40);
    request.attributes = NULL;
    request.expressions = fct_formula_set("alpha158", &options.dialect);
    assert_same(&request, 7);
}

static void bars_that_end_at_any_time(void **state)
{
    (void)state;
    static const char *const kinds[] = {"tick:9", "dollar:2e4"};
    for (size_t i = 0; i < 2; i++) {
        fct_bars_request bars = bars_of(kinds[i]);
        fct_shard_request request = {.bars = &bars,
                                     .expressions = "a = cs_rank(ts_delta(close, 2))\nb = "
                                                    "ts_mean(a, 3)\nc = close"};
        assert_same(&request, 7);
        assert_same(&request, 40);
    }
}

static void parts_of_a_file(void **state)
{
    (void)state;
    static const char *const symbols[] = {"S03", "S11", "S01", "S20"};
    const fct_panel_selection selection = {.from_ms = TEST_SHARD_DAY * 86400000 + 7200000,
                                           .to_ms = (TEST_SHARD_DAY + 2) * 86400000,
                                           .symbols = symbols,
                                           .n_symbols = 4};
    fct_shard_request request = {.panel = bars_file,
                                 .selection = &selection,
                                 .expressions = "a = cs_rank(Close) + ts_mean(vwap, 2)"};
    assert_same(&request, 3);
    assert_same(&request, 40);
}

/* ---- What is refused --------------------------------------------------------------------------- */

static void columns_that_are_not_there(void **state)
{
    (void)state;
    fct_bars_request bars = bars_of("1h");
    fct_shard_request request = {.bars = &bars,
                                 .n_shards = 3,
                                 .work = work,
                                 .expressions = "a = close\nb = cs_rank(clos)\nc = open"};
    fct_shard_plan *plan;
    fct_error err = {.position = -1};
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(
        strstr(err.message, "line 2, column 13: there is no column clos; did you mean"));
    request.missing_columns = FCT_MISSING_SKIP;
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, &err), FCT_ERROR_PARTIAL);
    assert_non_null(strstr(err.message, "1 factors are left out"));
    fct_shard_plan_free(plan);
    request.attributes = sectors;
    request.missing_columns = FCT_MISSING_ERROR;
    request.expressions = "a = sector + 1";
    assert_int_equal(fct_shard_plan_make(&request, NULL, &plan, &err), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "holds texts"));
}

/* ---- Stages ------------------------------------------------------------------------------------ */

static void stages_are_texts(void **state)
{
    (void)state;
    fct_plan *plan;
    fct_stages stages;
    assert_int_equal(fct_plan_compile("_r = cs_rank(ts_delta(`@1`, 2))\na = ts_mean(_r, 4) + low\n"
                                      "b = _r",
                                      NULL, &plan, NULL),
                     FCT_OK);
    assert_int_equal(fct_stages_make(plan, &stages, NULL), FCT_OK);
    assert_int_equal(stages.n_stages, 4);
    /* Names of values begin with more @ than any column. */
    assert_string_equal(stages.stages[0].text.data, "`@@1` = ts_delta(`@1`, 2)\n");
    assert_string_equal(stages.stages[1].text.data, "`@@2` = cs_rank(`@@1`)\n");
    assert_string_equal(stages.stages[2].text.data, "`@@5` = ts_mean(`@@2`, 4) + low\n");
    assert_string_equal(stages.stages[3].text.data, "`@@r0` = `@@5`\n`@@r1` = `@@2`\n");
    assert_int_equal(stages.stages[0].n_sends, 1);
    assert_int_equal(stages.stages[0].n_keeps, 1);
    assert_string_equal(stages.stages[0].keeps[0], "low");
    assert_string_equal(stages.stages[1].keeps[0], "@@2");
    assert_int_equal(stages.stages[3].n_sends, 0);
    fct_stages_free(&stages);
    fct_plan_free(plan);
}

/* A file is counted, not read, to be cut; a part of it is read, and gives the same cuts where the part is the whole. */
static void a_whole_file_is_counted(void **state)
{
    (void)state;
    enum { N_COUNTED = 500, N_TIMES = 1000, LIMIT_BYTES = 8 << 20 };
    static const char *const columns[] = {"close"};
    static char large[80];
    fct_error err = {0};
    struct ArrowArrayStream stream;
    fct_shard_plan *plans[2];
    snprintf(large, sizeof large, "%s/large.parquet", test_root);
    fct_panel *panel = test_panel_make_ragged(columns, 1, N_COUNTED, N_TIMES);
    check(fct_panel_stream(panel, &stream, &err), &err);
    check(fct_write_file(&stream, large, FCT_FORMAT_PARQUET, NULL, NULL, &err), &err);
    fct_panel_free(panel);
    const fct_panel_selection all = {.from_ms = 1, .to_ms = INT64_MAX / 2000000};
    fct_shard_request request = {
        .panel = large, .expressions = "cs_rank(close)", .n_shards = 7, .work = work};
    /* Its keys alone would not fit. */
    const fct_run limited = {.n_threads = 1, .memory_limit_bytes = LIMIT_BYTES};
    check(fct_shard_plan_make(&request, &limited, &plans[0], &err), &err);
    request.selection = &all;
    assert_int_equal(fct_shard_plan_make(&request, &limited, &plans[1], &err), FCT_ERROR_LIMIT);
    check(fct_shard_plan_make(&request, NULL, &plans[1], &err), &err);
    for (size_t stage = 0; stage < 2; stage++) {
        assert_int_equal(fct_shard_plan_n_shards(plans[0], stage), 7);
        for (size_t i = 0; i < 7; i++) {
            fct_shard_info a;
            fct_shard_info b;
            check(fct_shard_plan_info(plans[0], stage, i, &a, &err), &err);
            check(fct_shard_plan_info(plans[1], stage, i, &b, &err), &err);
            assert_string_equal(a.first_symbol, b.first_symbol);
            assert_string_equal(a.last_symbol, b.last_symbol);
            assert_int_equal(a.from_ms, b.from_ms);
            assert_int_equal(a.to_ms, b.to_ms);
            assert_int_equal(a.n_bytes, b.n_bytes);
        }
    }
    fct_shard_plan_free(plans[0]);
    fct_shard_plan_free(plans[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rolling_operators),  cmocka_unit_test(cross_sections),
        cmocka_unit_test(to_and_fro),         cmocka_unit_test(groups_of_attributes),
        cmocka_unit_test(alpha101_of_a_file), cmocka_unit_test(bars_that_end_at_any_time),
        cmocka_unit_test(parts_of_a_file),    cmocka_unit_test(columns_that_are_not_there),
        cmocka_unit_test(stages_are_texts),   cmocka_unit_test(a_whole_file_is_counted),
    };
    return cmocka_run_group_tests(tests, make_store, test_root_remove);
}
