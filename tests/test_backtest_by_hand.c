/* Backtests of two or five symbols: weights, funding, capacity, caps and metrics as they were added up by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backtest/backtest.h"
#include "panel/rows.h"
#include "support/near.h"
#include "support/panel.h"

/* ---- Weights ---------------------------------------------------------------------------------- */

enum { N = 5 };

static void assert_weights(fct_weight_rule rule, const double x[N], const uint32_t groups[N],
                           const double expected[N])
{
    double weights[N];
    double sums[3 * 3];
    double other_values[N];
    uint32_t order[N];
    uint8_t labels[N];
    fct_rank_scratch scratch = {.keys = fct_rank_scratch_for(N),
                                .other_values = other_values,
                                .order = order,
                                .labels = labels};
    assert_non_null(scratch.keys);
    rule.max_position = rule.max_position > 0 ? rule.max_position : INFINITY;
    fct_weights_make(&rule, x, groups, N, &scratch, sums, weights);
    for (int i = 0; i < N; i++)
        assert_near(weights[i], expected[i]);
    free(scratch.keys);
}

static void test_weights(void **state)
{
    (void)state;
    static const double x[N] = {1, 3, 2, 10, 0};
    static const uint32_t groups[N] = {1, 1, 2, 2, 2};
    /* Distances from the mean, 3.2: 2.2, 0.2 and 1.2 and 3.2 below, 6.8 above; 13.6 in all. */
    assert_weights((fct_weight_rule){.weighting = FCT_WEIGHTS_NEUTRAL, .gross = 2}, x, NULL,
                   (const double[]){-2.2 / 6.8, -0.2 / 6.8, -1.2 / 6.8, 1, -3.2 / 6.8});
    assert_weights((fct_weight_rule){.weighting = FCT_WEIGHTS_LONG_ONLY, .gross = 1}, x, NULL,
                   (const double[]){0, 0, 0, 1, 0});
    /* Within groups: -1, 1 and -2, 6, -4. */
    const fct_weight_rule neutral = {.weighting = FCT_WEIGHTS_NEUTRAL, .gross = 1, .n_groups = 2};
    assert_weights(neutral, x, groups,
                   (const double[]){-1.0 / 14, 1.0 / 14, -2.0 / 14, 6.0 / 14, -4.0 / 14});
    /* 6/14 is cut to 0.3; what the second group is short comes down to that. */
    fct_weight_rule limited = neutral;
    limited.max_position = 0.3;
    assert_weights(limited, x, groups, (const double[]){-1.0 / 14, 1.0 / 14, -0.1, 0.3, -0.2});
    /* Halves of each group: 2 rows, 1 and 1; 3 rows, 1 and 2. */
    assert_weights(
        (fct_weight_rule){
            .weighting = FCT_WEIGHTS_QUANTILES, .gross = 1, .n_quantiles = 2, .n_groups = 2},
        x, groups, (const double[]){-0.2, 0.2, -0.15, 0.3, -0.15});
    /* A row in no group has no weight. */
    assert_weights(neutral, x, (const uint32_t[]){1, 1, 0, 0, 0},
                   (const double[]){-0.5, 0.5, 0, 0, 0});
    /* One value in each group says nothing, though groups differ; no rounding makes it a position. */
    assert_weights(neutral, (const double[]){0.1, 0.1, 0.7, 0.7, 0.7}, groups,
                   (const double[]){0, 0, 0, 0, 0});
    assert_weights(neutral, (const double[]){1, 2, 0.7, 0.7, 0.7}, groups,
                   (const double[]){-0.5, 0.5, 0, 0, 0});
}

/* ---- Money ------------------------------------------------------------------------------------ */

static const char *const columns[] = {"close", "x", "volume", "rate"};
enum { CLOSE, X, VOLUME, RATE, N_TIMES = 3 };

/* A stays at 100, B at 50; A is wanted, B is not. Volumes 200 and 300; at the last time longs pay 1 and 2 %. */
static fct_panel *make_bars(void)
{
    fct_panel *bars = test_panel_make(columns, 4, 2, NULL, N_TIMES);
    for (size_t s = 0; s < 2; s++)
        for (int64_t t = 0; t < N_TIMES; t++) {
            const double cells[] = {s ? 50 : 100, s ? -1 : 1, s ? 300 : 200,
                                    t == 2 ? (s ? 0.02 : 0.01) : 0};
            for (size_t c = 0; c < 4; c++)
                bars->columns[c].cells[fct_panel_cell_index(bars, s, t)] = cells[c];
        }
    return bars;
}

static fct_backtest *run(const fct_panel *bars, const fct_backtest_request *request)
{
    fct_backtest *b;
    fct_panel *factor;
    fct_error err = {0};
    const fct_panel_selection x = {.columns = columns + X, .n_columns = 1};
    assert_int_equal(fct_panel_slice(bars, &x, NULL, &factor, NULL), FCT_OK);
    if (fct_backtest_run(bars, factor, request, NULL, &b, &err) != FCT_OK)
        fail_msg("%s", err.message);
    fct_panel_free(factor);
    return b;
}

static void test_funding_and_capacity(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_backtest *b = run(bars, &(fct_backtest_request){.capital = 1000, .funding = "rate"});
    const fct_backtest_path *net = &b->factors[0].net;
    assert_near(net->account.traded[1], 1000);
    assert_near(net->account.equity[1], 1000);
    /* Long 500 at 1 % pays 5; short 500 at 2 % receives 10. */
    assert_near(net->account.funding[2], -5);
    assert_near(net->account.equity[2], 1005);
    assert_near(net->account.total_funding, -5);
    assert_near(b->factors[0].gross.account.equity[2], 1000);
    fct_backtest_free(b);

    /* A row without a price has a rate all the same: of the value at the last price. */
    double *last = &bars->columns[CLOSE].cells[fct_panel_cell_index(bars, 1, 2)];
    *last = NAN;
    b = run(bars, &(fct_backtest_request){.capital = 1000, .funding = "rate"});
    assert_near(b->factors[0].net.account.funding[2], -5);
    fct_backtest_free(b);
    *last = 50;

    /* A hundredth of 200 x 100 is 200 or half of 400; of 300 x 50 150 or half of 300. 95 of 100: 300 + 0.05 x 100. */
    b = run(bars, &(fct_backtest_request){.capital = 1000});
    assert_near(b->factors[0].net.capacity, 305);
    assert_near(b->factors[0].net.turnover, 1);
    fct_backtest_free(b);
    /* It goes with the share. */
    b = run(bars, &(fct_backtest_request){.capital = 1000, .volume_share = 0.1});
    assert_near(b->factors[0].net.capacity, 3050);
    fct_backtest_free(b);
    fct_panel_free(bars);
}

static void test_turnover_cap(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_backtest *b = run(bars, &(fct_backtest_request){.capital = 1000,
                                                        .turnover_cap = 0.4,
                                                        .buy_cost = 0.01,
                                                        .sell_cost = 0.02,
                                                        .with_trades = true});
    const fct_backtest_path *net = &b->factors[0].net;
    const fct_backtest_path *gross = &b->factors[0].gross;
    /* 200 either way of the 500 that are wanted: 2 and 4 of costs. */
    assert_near(net->account.traded[1], 400);
    assert_near(net->account.cost[1], 6);
    assert_near(net->account.equity[1], 994);
    assert_near(net->account.trades[0].quantity, 2);
    assert_near(net->account.trades[1].quantity, -4);
    assert_near(net->account.trades[0].cost, 2);
    assert_near(net->account.trades[1].cost, 4);
    assert_near(net->account.long_value[1], 200);
    assert_near(net->account.short_value[1], -200);
    /* Then 0.4 of 994 again, as 2 x 297 are wanted. */
    assert_near(net->account.traded[2], 0.4 * 994);
    assert_near(net->account.total_cost, 6 + 0.4 * 994 * 0.015);
    /* Without costs it is another path, with figures of its own. */
    assert_near(gross->account.traded[2], 400);
    assert_near(gross->turnover, 0.4);
    assert_near(net->turnover, 0.4);
    assert_near(gross->account.total_cost, 0);
    fct_backtest_free(b);

    /* Costs change the path: half of the money is lost at each trade of all of it. */
    for (int64_t t = 0; t < N_TIMES; t++)
        for (size_t s = 0; s < 2; s++)
            bars->columns[X].cells[fct_panel_cell_index(bars, s, t)] =
                (s ? -1.0 : 1.0) * (t % 2 ? -1 : 1);
    b = run(bars, &(fct_backtest_request){.capital = 1000, .buy_cost = 0.25, .sell_cost = 0.25});
    assert_near(b->factors[0].net.account.equity[1], 750);
    /* From half of 1000 on one side to half of 750 on the other: 875 of each. */
    assert_near(b->factors[0].net.turnover, (1 + 1750.0 / 750) / 2);
    assert_near(b->factors[0].gross.turnover, (1 + 2) / 2.0);
    fct_backtest_free(b);
    fct_panel_free(bars);
}

/* One row of bars with a close and a signal, in minutes. */
typedef struct row {
    const char *symbol;
    int64_t start, end;
    double close, x;
} row;

static fct_panel *make_rows(const row *from, size_t n)
{
    fct_job job;
    fct_panel *panel;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < 2; c++)
        assert_int_equal(fct_panel_rows_add_column(&rows, columns[c], FCT_PANEL_DOUBLE, NULL),
                         FCT_OK);
    assert_int_equal(fct_panel_rows_reserve(&rows, n, NULL), FCT_OK);
    for (size_t i = 0; i < n; i++) {
        size_t k = rows.n_rows++;
        assert_int_equal(fct_text_set_add(&rows.symbols, from[i].symbol, 1, &rows.symbol[k], NULL),
                         FCT_OK);
        rows.start_ms[k] = from[i].start * 60000;
        rows.end_ms[k] = from[i].end * 60000;
        rows.columns[CLOSE].values[k] = from[i].close;
        rows.columns[X].values[k] = from[i].x;
    }
    assert_int_equal(fct_panel_from_rows(&rows, &panel, NULL), FCT_OK);
    fct_job_end(&job);
    return panel;
}

/* A has five rows, B the first three of them, at 100, 100 and 110. */
static fct_panel *make_short(void)
{
    static const row rows[] = {{"A", 0, 1, 100, -1}, {"B", 0, 1, 100, 1},  {"A", 1, 2, 100, -1},
                               {"B", 1, 2, 100, 1},  {"A", 2, 3, 100, -1}, {"B", 2, 3, 110, 1},
                               {"A", 3, 4, 100, -1}, {"A", 4, 5, 100, -1}};
    return make_rows(rows, sizeof rows / sizeof *rows);
}

/* Bars of one symbol that end together: the last of them is what the symbol is at that time. */
static void test_two_rows_at_a_time(void **state)
{
    (void)state;
    static const row rows[] = {{"A", 0, 3, 90, 8},    {"A", 2, 3, 100, 1},  {"B", 0, 3, 50, -1},
                               {"A", 3, 6, 400, 3},   {"A", 5, 6, 100, -2}, {"B", 3, 6, 50, 2},
                               {"A", 6, 9, 100, NAN}, {"B", 6, 9, 60, NAN}};
    fct_panel *bars = make_rows(rows, sizeof rows / sizeof *rows);
    fct_backtest *b = run(bars, &(fct_backtest_request){.capital = 1000, .with_positions = true});
    const fct_account *a = &b->factors[0].net.account;
    assert_int_equal(b->n_times, 3);
    /* 500 of A held and of B sold short; then the other way round, and B wins a fifth. */
    assert_near(a->long_value[1], 500);
    assert_near(a->short_value[1], -500);
    assert_int_equal(a->n_positions_kept, 4);
    assert_near(a->positions[0].quantity, 5);
    assert_near(a->positions[1].quantity, -10);
    assert_near(a->equity[2], 900);
    assert_near(a->positions[2].quantity, -4.5);
    assert_near(a->positions[3].quantity, 7.5);
    fct_backtest_free(b);
    fct_panel_free(bars);
}

/* A symbol that disappears is closed at its last price, with the cost, at the time after its last row and no later. */
static void test_disappeared(void **state)
{
    (void)state;
    fct_panel *bars = make_short();
    fct_backtest *b = run(bars, &(fct_backtest_request){.capital = 1000,
                                                        .every = 10,
                                                        .buy_cost = 0.01,
                                                        .sell_cost = 0.02,
                                                        .with_trades = true});
    const fct_account *a = &b->factors[0].net.account;
    /* Five of each, 5 and 10 of costs; then B is worth 50 more; five at 110 cost 11 to sell. */
    assert_near(a->equity[1], 985);
    assert_near(a->equity[2], 1035);
    assert_near(a->equity[3], 1024);
    assert_near(a->equity[4], 1024);
    assert_int_equal(a->n_closed, 1);
    assert_int_equal(a->n_trades, 3);
    assert_near(a->trades[2].quantity, -5);
    assert_near(a->trades[2].price, 110);
    assert_int_equal(a->trades[2].time_ms, bars->time_ms[3]);
    assert_int_equal(a->n_positions[2], 2);
    assert_int_equal(a->n_positions[3], 1);
    fct_backtest_free(b);
    fct_panel_free(bars);
}

/* ---- Metrics ---------------------------------------------------------------------------------- */

static void test_metrics(void **state)
{
    (void)state;
    /* Returns 0.1, -0.1, 0.1, 0. */
    static const double equity[] = {110, 99, 108.9, 108.9};
    double scratch[4];
    fct_metrics m;
    fct_metrics_make(equity, 4, 100, 1, scratch, &m);
    assert_int_equal(m.n_steps, 4);
    assert_near(m.total_return, 0.089);
    assert_near(m.annual_return, pow(1.089, 0.25) - 1);
    assert_near(m.volatility, sqrt(0.0275 / 3));
    assert_near(m.sharpe, 0.025 / sqrt(0.0275 / 3));
    assert_near(m.sortino, 0.025 / sqrt(0.01 / 4));
    assert_near(m.max_drawdown, -0.1);
    assert_near(m.calmar, (pow(1.089, 0.25) - 1) / 0.1);
    assert_near(m.value_at_risk, -0.1 + 0.15 * 0.1);
    assert_near(m.conditional_value_at_risk, -0.1);
    assert_near(m.win_rate, 2.0 / 3);
    assert_near(m.profit_factor, 2);
    fct_metrics_make(equity, 4, 100, 16, scratch, &m);
    assert_near(m.sharpe, 4 * 0.025 / sqrt(0.0275 / 3));
    assert_near(m.volatility, 4 * sqrt(0.0275 / 3));
    assert_near(m.annual_return, pow(1.089, 4) - 1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_quantile(void **state)
{
    (void)state;
    double values[60];
    double sorted[60];
    uint64_t seed = 3;
    assert_true(isnan(fct_quantile(values, 0, 0.5)));
    for (size_t n = 1; n <= 60; n++)
        for (int kind = 0; kind < 3; kind++)
            for (int p = 0; p <= 20; p++) {
                for (size_t i = 0; i < n; i++) {
                    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
                    values[i] = kind == 0   ? (double)(seed >> 40)
                                : kind == 1 ? (double)(seed >> 62) /* ties */
                                            : (double)i;
                }
                memcpy(sorted, values, n * sizeof *sorted);
                qsort(sorted, n, sizeof *sorted, by_value);
                double at = p / 20.0 * (double)(n - 1);
                size_t below = (size_t)at;
                size_t above = below + 1 < n ? below + 1 : below;
                assert_near(fct_quantile(values, n, p / 20.0),
                            sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]));
                /* They have changed places, and nothing else. */
                qsort(values, n, sizeof *values, by_value);
                assert_memory_equal(values, sorted, n * sizeof *values);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_funding_and_capacity),
        cmocka_unit_test(test_turnover_cap),
        cmocka_unit_test(test_disappeared),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_two_rows_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
