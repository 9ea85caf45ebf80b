/* Backtests: money adds up over random signals, prices and constraints, which hold; what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backtest/backtest.h"
#include "panel/rows.h"
#include "support/panel.h"

static uint64_t seed = 5;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static const char *const columns[] = {"close", "volume", "funding", "sector", "x"};
enum { CLOSE, VOLUME, FUNDING, SECTOR, X, N_COLUMNS };

/* Random walks with jumps, rows that lack, symbols that come late and leave early, and a signal with gaps. */
static fct_panel *random_panel(size_t n_symbols, int64_t n_times)
{
    fct_job job;
    fct_panel *panel;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < N_COLUMNS; c++)
        assert_int_equal(fct_panel_rows_add_column(&rows, columns[c], FCT_PANEL_DOUBLE, NULL),
                         FCT_OK);
    assert_int_equal(fct_panel_rows_reserve(&rows, n_symbols * (size_t)n_times, NULL), FCT_OK);
    for (size_t s = 0; s < n_symbols; s++) {
        char name[24];
        snprintf(name, sizeof name, "S%03zu", s);
        int64_t first = uniform() < 0.2 ? (int64_t)(uniform() * (double)n_times / 2) : 0;
        int64_t end =
            uniform() < 0.3 ? n_times - (int64_t)(uniform() * (double)n_times / 3) : n_times;
        double price = exp(20 * uniform() - 10);
        for (int64_t t = first; t < end; t++) {
            price *= exp(0.1 * (uniform() - 0.5) + (uniform() < 0.01 ? uniform() - 0.5 : 0));
            if (uniform() < 0.05)
                continue;
            size_t row = rows.n_rows++;
            assert_int_equal(
                fct_text_set_add(&rows.symbols, name, strlen(name), &rows.symbol[row], NULL),
                FCT_OK);
            rows.start_ms[row] = INT64_C(1723075200000) + t * 60000;
            rows.end_ms[row] = rows.start_ms[row] + 60000;
            rows.columns[CLOSE].values[row] = uniform() < 0.02 ? NAN : price;
            rows.columns[VOLUME].values[row] = 1000 * uniform();
            rows.columns[FUNDING].values[row] = uniform() < 0.1 ? NAN : 0.001 * (uniform() - 0.5);
            rows.columns[SECTOR].values[row] = (double)(s % 3);
            rows.columns[X].values[row] = uniform() < 0.1 ? NAN : uniform() - 0.5;
        }
    }
    assert_int_equal(fct_panel_from_rows(&rows, &panel, NULL), FCT_OK);
    fct_job_end(&job);
    return panel;
}

static fct_panel *take(const fct_panel *panel, size_t column)
{
    fct_panel *part;
    const fct_panel_selection selection = {.columns = columns + column, .n_columns = 1};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &part, NULL), FCT_OK);
    return part;
}

static fct_backtest *run(const fct_panel *bars, const fct_panel *factor,
                         const fct_backtest_request *request)
{
    fct_backtest *b;
    fct_error err = {0};
    if (fct_backtest_run(bars, factor, request, NULL, &b, &err) != FCT_OK)
        fail_msg("%s", err.message);
    return b;
}

/* The last price of each symbol at each time, apart from the simulation's own marking. */
static double *last_prices(const fct_panel *bars)
{
    double *prices = malloc((size_t)bars->n_times * bars->n_symbols * sizeof *prices);
    assert_non_null(prices);
    for (size_t s = 0; s < bars->n_symbols; s++) {
        int64_t r = 0;
        double last = NAN;
        for (int64_t t = 0; t < bars->n_times; t++) {
            for (; r < bars->symbol_rows[s] && fct_panel_end_ms(bars, s, r) <= bars->time_ms[t];
                 r++) {
                double price = bars->columns[CLOSE].cells[fct_panel_cell_index(bars, s, r)];
                last = isnan(price) ? last : price;
            }
            prices[(size_t)t * bars->n_symbols + s] = last;
        }
    }
    return prices;
}

/* The equity from the list of trades alone, without funding. */
static void assert_trades_make_equity(const fct_panel *bars, const fct_backtest *b, double capital)
{
    const fct_account *a = &b->factors[0].net.account;
    double *prices = last_prices(bars);
    double *quantities = calloc(bars->n_symbols, sizeof *quantities);
    assert_non_null(quantities);
    double cash = capital;
    size_t k = 0;
    for (size_t t = 0; t < b->n_times; t++) {
        for (; k < a->n_trades && a->trades[k].time_ms == b->time_ms[t]; k++) {
            const fct_trade *trade = &a->trades[k];
            cash -= trade->quantity * trade->price + trade->cost;
            quantities[trade->symbol] += trade->quantity;
        }
        double value = cash;
        double moved = capital;
        for (size_t s = 0; s < bars->n_symbols; s++) {
            double held =
                fabs(quantities[s]) < 1e-300 ? 0 : quantities[s] * prices[t * bars->n_symbols + s];
            value += isnan(held) ? 0 : held;
            moved += isnan(held) ? 0 : fabs(held);
        }
        assert_true(fabs(value - a->equity[t]) <= 1e-9 * moved);
    }
    assert_int_equal(k, a->n_trades);
    free(quantities);
    free(prices);
}

/* What each time's positions come to, just behind its trades. */
static void assert_constraints(const fct_panel *bars, const fct_backtest *b,
                               const fct_backtest_request *r)
{
    const fct_account *a = &b->factors[0].net.account;
    /* Weights drift, and what lacks a price cannot be traded: limits are held against the trades of the first time. */
    size_t t = 0;
    while (t < b->n_times && a->traded[t] == 0)
        t++;
    if (t == b->n_times)
        return;
    double equity = t ? a->equity[t - 1] : r->capital;
    double gross = r->gross > 0 ? r->gross : 1;
    double traded = a->traded[t] / equity;
    assert_true(traded <= gross * (1 + 1e-12));
    if (r->turnover_cap > 0)
        assert_true(traded <= r->turnover_cap * (1 + 1e-12));
    double groups[3] = {0};
    double sum = 0;
    bool complete = true;
    for (size_t k = 0; k < a->n_trades && a->trades[k].time_ms <= b->time_ms[t]; k++) {
        const fct_trade *trade = &a->trades[k];
        double weight = trade->quantity * trade->price / equity;
        if (r->max_position > 0)
            assert_true(fabs(weight) <= r->max_position * (1 + 1e-12));
        if (r->weighting == FCT_WEIGHTS_LONG_ONLY)
            assert_true(weight > 0);
        groups[trade->symbol % 3] += weight;
        sum += weight;
    }
    /* Neutral, unless a symbol of the signal's time had no price to trade at. */
    for (size_t s = 0; s < bars->n_symbols; s++)
        complete &= bars->symbol_rows[s] == bars->n_times;
    if (!complete || r->weighting == FCT_WEIGHTS_LONG_ONLY || r->weighting == FCT_WEIGHTS_GIVEN)
        return;
    assert_true(fabs(sum) < 1e-9);
    for (int g = 0; r->group && g < 3; g++)
        assert_true(fabs(groups[g]) < 1e-9);
}

static void test_money_adds_up(void **state)
{
    (void)state;
    double worst = 0;
    int64_t n_closed = 0;
    for (int round = 0; round < 120; round++) {
        fct_panel *bars =
            random_panel(4 + (size_t)(uniform() * 20), 30 + (int64_t)(uniform() * 60));
        fct_panel *factor = take(bars, X);
        fct_backtest_request r = {
            .weighting = (fct_weighting)(round % 4),
            .delay = 1 + (int64_t)(uniform() * 3),
            .every = 1 + (int64_t)(uniform() * 4),
            .n_quantiles = 2 + (int)(uniform() * 3),
            .gross = uniform() < 0.5 ? 0 : 0.5 + 2 * uniform(),
            .max_position = uniform() < 0.5 ? 0 : 0.05 + 0.3 * uniform(),
            .turnover_cap = uniform() < 0.5 ? 0 : 0.1 + uniform(),
            .group = round % 2 == 0 && uniform() < 0.5 ? "sector" : NULL,
            .buy_cost = 0.01 * uniform(),
            .sell_cost = 0.01 * uniform(),
            .capital = exp(20 * uniform()),
            .with_trades = true,
            .with_positions = true,
        };
        fct_backtest *b = run(bars, factor, &r);
        assert_trades_make_equity(bars, b, r.capital);
        assert_constraints(bars, b, &r);
        worst = fmax(worst, b->factors[0].net.account.worst_error);
        n_closed += b->factors[0].net.account.n_closed;
        fct_backtest_free(b);
        r.funding = "funding";
        b = run(bars, factor, &r);
        worst = fmax(worst, b->factors[0].net.account.worst_error);
        fct_backtest_free(b);
        fct_panel_free(factor);
        fct_panel_free(bars);
    }
    assert_true(worst <= 1e-9);
    assert_true(n_closed > 10);
}

/* By hand: two symbols, one up 10 %, one down 10 %, held a step, costs of 1 %. */
static void test_by_hand(void **state)
{
    (void)state;
    fct_panel *bars = test_panel_make((const char *const[]){"close", "x"}, 2, 2, NULL, 3);
    static const double prices[2][3] = {{100, 100, 110}, {50, 50, 45}};
    for (size_t s = 0; s < 2; s++)
        for (int64_t t = 0; t < 3; t++) {
            size_t at = fct_panel_cell_index(bars, s, t);
            bars->columns[0].cells[at] = prices[s][t];
            bars->columns[1].cells[at] = s ? -1 : 1;
        }
    fct_panel *factor;
    static const char *const x[] = {"x"};
    assert_int_equal(fct_panel_slice(bars, &(fct_panel_selection){.columns = x, .n_columns = 1},
                                     NULL, &factor, NULL),
                     FCT_OK);
    const fct_backtest_request r = {
        .capital = 1000, .buy_cost = 0.01, .sell_cost = 0.01, .every = 5};
    fct_backtest *b = run(bars, factor, &r);
    const fct_account *a = &b->factors[0].net.account;
    assert_true(a->equity[0] == 1000);
    /* 500 each way, 10 paid; then 50 won on each side. */
    assert_true(fabs(a->equity[1] - 990) < 1e-9);
    assert_true(fabs(a->equity[2] - 1090) < 1e-9);
    assert_true(fabs(b->factors[0].gross.account.equity[2] - 1100) < 1e-9);
    assert_true(fabs(b->factors[0].net.metrics.total_return - 0.09) < 1e-12);
    assert_true(fabs(b->factors[0].net.metrics.max_drawdown + 0.01) < 1e-12);
    assert_int_equal(a->n_fills, 2);
    fct_backtest_free(b);
    fct_panel_free(factor);
    fct_panel_free(bars);
}

static void keep_message(fct_message_level level, const char *text, void *user)
{
    (void)level;
    snprintf(user, 500, "%s", text);
}

static void test_empty_and_ruined(void **state)
{
    (void)state;
    char message[500] = "";
    const fct_run keep = {.on_message = keep_message, .user = message};
    fct_panel *bars = test_panel_make((const char *const[]){"close", "x"}, 2, 4, NULL, 30);
    fct_panel *factor = test_panel_make((const char *const[]){"x"}, 1, 4, NULL, 30);
    fct_backtest *b;
    for (size_t i = 0; i < fct_panel_n_cells(factor); i++)
        factor->columns[0].cells[i] = 0.1;
    assert_int_equal(fct_backtest_run(bars, factor, NULL, &keep, &b, NULL), FCT_OK);
    assert_non_null(strstr(message, "never asks for a position"));
    assert_true(b->factors[0].net.account.equity[29] == 1000000);
    assert_true(isnan(b->factors[0].net.metrics.sharpe));
    fct_backtest_free(b);
    /* Fifty times the money short of what triples: nothing is left, and nothing is traded from then on. */
    for (size_t s = 0; s < 4; s++)
        for (int64_t t = 0; t < 30; t++) {
            size_t at = fct_panel_cell_index(bars, s, t);
            bars->columns[0].cells[at] = s ? 10 : t < 10 ? 10 : 30;
            factor->columns[0].cells[at] = s ? 1 : -1;
        }
    assert_int_equal(
        fct_backtest_run(bars, factor, &(fct_backtest_request){.gross = 50}, &keep, &b, NULL),
        FCT_OK);
    assert_non_null(strstr(message, "the money is lost at"));
    assert_int_equal(b->factors[0].net.account.ruined_at, 10);
    assert_int_equal(b->factors[0].net.account.n_positions[29], 0);
    assert_true(b->factors[0].net.account.equity[29] == b->factors[0].net.account.equity[10]);
    fct_backtest_free(b);
    fct_panel_free(factor);
    fct_panel_free(bars);
}

static void test_errors(void **state)
{
    (void)state;
    const struct {
        fct_backtest_request request;
        fct_status status;
        const char *says;
    } cases[] = {
        {{.buy_cost = 1}, FCT_ERROR_ARGUMENT, "buy cost of 1"},
        {{.sell_cost = 1.5}, FCT_ERROR_ARGUMENT, "sell cost of 1.5"},
        {{.buy_cost = -0.1}, FCT_ERROR_ARGUMENT, "buy cost"},
        {{.sell_cost = (double)NAN}, FCT_ERROR_ARGUMENT, "sell cost"},
        {{.delay = -1}, FCT_ERROR_ARGUMENT, "delay"},
        {{.delay = 1, .no_delay = true}, FCT_ERROR_ARGUMENT, "delay"},
        {{.delay = 30}, FCT_ERROR_ARGUMENT, "the bars have 30"},
        {{.every = -1}, FCT_ERROR_ARGUMENT, "every"},
        {{.n_quantiles = 1}, FCT_ERROR_ARGUMENT, "quantiles"},
        {{.gross = -1}, FCT_ERROR_ARGUMENT, "gross"},
        {{.max_position = -1}, FCT_ERROR_ARGUMENT, "largest position"},
        {{.turnover_cap = -1}, FCT_ERROR_ARGUMENT, "turnover"},
        {{.capital = -1}, FCT_ERROR_ARGUMENT, "capital"},
        {{.volume_share = 2}, FCT_ERROR_ARGUMENT, "volume share"},
        {{.weighting = (fct_weighting)9}, FCT_ERROR_ARGUMENT, "weighting"},
        {{.group = "x", .weighting = FCT_WEIGHTS_LONG_ONLY}, FCT_ERROR_ARGUMENT, "long only"},
        {{.group = "x", .weighting = FCT_WEIGHTS_GIVEN}, FCT_ERROR_ARGUMENT, "are given"},
        {{.price = "vwap"}, FCT_ERROR_NOT_FOUND, "vwap"},
        {{.funding = "rate"}, FCT_ERROR_NOT_FOUND, "rate"},
        {{.volume = "lots"}, FCT_ERROR_NOT_FOUND, "lots"},
        {{.group = "sector"}, FCT_ERROR_NOT_FOUND, "sector"},
    };
    fct_panel *bars = test_panel_make((const char *const[]){"close", "x"}, 2, 4, NULL, 30);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        fct_backtest *b;
        assert_int_equal(fct_backtest_run(bars, bars, &cases[i].request, NULL, &b, &err),
                         cases[i].status);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
        assert_null(b);
    }
    fct_panel_free(bars);
}

/* A limit is kept, or refused before the first trade: positions of all times and symbols, trades of all rows. */
static void test_memory_limit(void **state)
{
    (void)state;
    enum { N_SYMBOLS = 50, N_TIMES = 400, N_CELLS = N_SYMBOLS * N_TIMES };
    fct_panel *bars =
        test_panel_make((const char *const[]){"close", "x"}, 2, N_SYMBOLS, NULL, N_TIMES);
    fct_backtest_request request = {0};
    fct_run limited = {.memory_limit_bytes = 3 * N_CELLS * 2 * sizeof(double) + 200000};
    fct_error err = {0};
    fct_backtest *b;
    assert_int_equal(fct_backtest_run(bars, bars, &request, &limited, &b, &err), FCT_OK);
    fct_backtest_free(b);
    for (int of = 0; of < 2; of++) {
        request.with_positions = of == 0;
        request.with_trades = of == 1;
        /* What is kept of each factor would fit without its table. */
        size_t kept = N_CELLS * (of ? sizeof(fct_trade) : sizeof(fct_position)) * 2;
        fct_run run = {.memory_limit_bytes = limited.memory_limit_bytes + kept};
        assert_int_equal(fct_backtest_run(bars, bars, &request, &run, &b, &err), FCT_ERROR_LIMIT);
        assert_non_null(strstr(err.message, of ? "all trades need" : "all positions need"));
        assert_null(b);
        run.memory_limit_bytes += kept + N_CELLS * 2 * 40;
        assert_int_equal(fct_backtest_run(bars, bars, &request, &run, &b, &err), FCT_OK);
        fct_backtest_free(b);
    }
    fct_panel_free(bars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_adds_up),    cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_empty_and_ruined), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
