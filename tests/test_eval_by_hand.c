/* Evaluation of four symbols at five times: every figure as it was added up by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/evaluation.h"
#include "panel/panel.h"
#include "support/near.h"
#include "support/panel.h"

enum { A, B, C, D, N_SYMBOLS, N_TIMES = 5 };

static const char *const columns[] = {"close", "x"};
static const char *const names[] = {"A", "B", "C", "D"};

/* The returns over a row, a row later: t0 (0.1, -0.5, 0, 0.2), t1 (0, 0.5, 1, -0.25), t2 (1, 0, -0.5, 1), then none. */
static const double prices[N_SYMBOLS][N_TIMES] = {
    {10, 10, 11, 11, 22}, {10, 20, 10, 15, 15}, {10, 10, 10, 20, 10}, {10, 10, 12, 9, 18}};
static const double values[N_SYMBOLS][N_TIMES] = {
    {3, 1, 2, (double)NAN, 1}, {1, 2, 2, 1, 1}, {2, 3, 1, 2, 1}, {4, 4, 5, 3, 1}};

/* An hour a row, from 2024-01-31 23:00 on: the first in January, the others in February. */
static fct_panel *make_bars(void)
{
    fct_panel *bars = test_panel_make(columns, 2, N_SYMBOLS, names, N_TIMES);
    for (int64_t r = 0; r < N_TIMES; r++) {
        bars->end_ms[r] = bars->time_ms[r] = INT64_C(1706742000000) + r * 3600000;
        bars->start_ms[r] = bars->end_ms[r] - 3600000;
        for (size_t s = 0; s < N_SYMBOLS; s++) {
            bars->columns[0].cells[fct_panel_cell_index(bars, s, r)] = prices[s][r];
            bars->columns[1].cells[fct_panel_cell_index(bars, s, r)] = values[s][r];
        }
    }
    return bars;
}

static fct_panel *take(const fct_panel *bars, size_t column)
{
    fct_panel *part;
    const fct_panel_selection selection = {.columns = columns + column, .n_columns = 1};
    assert_int_equal(fct_panel_slice(bars, &selection, NULL, &part, NULL), FCT_OK);
    return part;
}

static fct_evaluation *evaluate(const fct_panel *bars, const fct_evaluate_request *request)
{
    fct_evaluation *e;
    fct_error err = {0};
    fct_panel *factors = take(bars, 1);
    if (fct_evaluate(bars, factors, request, &(fct_run){.n_threads = 2}, &e, &err) != FCT_OK)
        fail_msg("%s", err.message);
    fct_panel_free(factors);
    return e;
}

static const int64_t one_row[] = {1};
static const fct_evaluate_request halves = {
    .horizons = one_row, .n_horizons = 1, .n_quantiles = 2, .with_series = true};

static void test_information(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_evaluate_request request = halves;
    request.n_decay = 2;
    request.with_symbols = true;
    fct_evaluation *e = evaluate(bars, &request);
    const fct_factor_result *f = &e->factors[0];
    const fct_horizon_result *h = &f->horizons[0];
    /* t0: the same order. t1: 1 - 6 * 12 / 60. t2: ties on both sides, 3.75 / 4.5. */
    const double ic[] = {1, -0.2, 3.75 / 4.5};
    const double mean = (ic[0] + ic[1] + ic[2]) / 3;
    double squares = 0;
    for (int t = 0; t < 3; t++) {
        assert_near(f->series.ic[t], ic[t]);
        squares += (ic[t] - mean) * (ic[t] - mean);
    }
    assert_true(isnan(f->series.ic[3]) && isnan(f->series.ic[4]));
    assert_near(f->series.pearson[0], 1.1 / sqrt(5 * 0.29));
    assert_int_equal(h->ic.n, 3);
    assert_near(h->ic.mean, mean);
    assert_near(h->ic.std, sqrt(squares / 2));
    assert_near(h->ic.t, mean / sqrt(squares / 2 / 3));
    assert_near(h->ic.t_nw, mean / sqrt(squares / 9));
    assert_near(h->ic.positive, 2.0 / 3);
    assert_int_equal(h->n_pairs, 12);
    assert_int_equal(h->n_without_return, 7);
    /* A row later: t0 1 - 6 * 18 / 60, t1 -0.5 / sqrt(5 * 4.5). */
    assert_near(f->decay[0].mean, mean);
    assert_near(f->decay[1].mean, (-0.8 - 0.5 / sqrt(22.5)) / 2);
    /* A symbol over its times: A 1 - 6 * 2 / 24, B with a tie 1.5 / sqrt(1.5 * 2). */
    assert_near(f->symbol_ic[A], 0.5);
    assert_near(f->symbol_ic[B], 1.5 / sqrt(3));
    assert_int_equal(f->symbol_pairs[A], 3);
    /* By month and hour. */
    assert_int_equal(e->n_months, 2);
    assert_near(f->months[0].mean, 1);
    assert_near(f->months[1].mean, (ic[1] + ic[2]) / 2);
    assert_near(f->hours[23].mean, 1);
    assert_near(f->hours[0].mean, -0.2);
    assert_int_equal(f->hours[5].n, 0);
    fct_evaluation_free(e);
    fct_panel_free(bars);
}

static void test_quantiles(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_evaluation *e = evaluate(bars, &halves);
    const fct_factor_result *f = &e->factors[0];
    /* Halves: t0 (B, C | A, D), t1 (A, B | C, D), t2 (A, B, C | D), t3 (B, C | D), t4 all alike below. */
    const double bottom[] = {-0.25, 0.25, 0.5 / 3};
    const double top[] = {0.15, 0.375, 1};
    for (int t = 0; t < 3; t++) {
        assert_near(f->series.quantile_return[t], bottom[t]);
        assert_near(f->series.quantile_return[N_TIMES + t], top[t]);
        assert_near(f->series.long_short[t], top[t] - bottom[t]);
    }
    assert_near(f->quantiles[0].returns.mean, (-0.25 + 0.25 + 0.5 / 3) / 3);
    assert_near(f->quantiles[1].total, 1.15 * 1.375 * 2 - 1);
    assert_near(f->horizons[0].long_short_total, 1.4 * 1.125 * (1 + 2.5 / 3) - 1);
    assert_int_equal(f->quantiles[0].n_rows, 7);
    assert_int_equal(f->quantiles[1].n_rows, 5);
    assert_int_equal(f->n_times_left_out, 0);
    /* New names, of t1 to t3 above, of t1 to t4 below. */
    assert_near(f->turnover[1], (0.5 + 0 + 0) / 3);
    assert_near(f->turnover[0], (0.5 + 1.0 / 3 + 0 + 0.5) / 4);
    assert_near(f->coverage, 4.75 / 5);
    /* t1 1 - 6 * 6 / 60; t2 1.5 / sqrt(5 * 4.5); t3 of three names, with the ranks each time gave them; t4 has one value. */
    assert_near(f->autocorrelation[0], (0.4 + 1.5 / sqrt(22.5) + 1.5 / 3) / 3);
    fct_evaluation_free(e);

    /* Four quantiles of four rows: each time but t3, which has three values. */
    fct_evaluate_request quarters = halves;
    quarters.n_quantiles = 4;
    e = evaluate(bars, &quarters);
    assert_int_equal(e->factors[0].n_times_left_out, 1);
    assert_near(e->factors[0].series.long_short[0], 0.2 + 0.5);
    fct_evaluation_free(e);

    /* Five quantiles of four rows: no time has them, and what is made of nothing is missing, not 0. */
    e = evaluate(bars, &(fct_evaluate_request){.horizons = one_row, .n_horizons = 1});
    assert_int_equal(e->factors[0].n_times_left_out, N_TIMES);
    assert_true(isnan(e->factors[0].horizons[0].long_short_total));
    assert_true(isnan(e->factors[0].quantiles[0].total));
    fct_evaluation_free(e);
    fct_panel_free(bars);
}

/* Holdings that follow each other: at t0 and t2 alone. */
static void test_holdings(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    static const int64_t two[] = {2};
    fct_evaluate_request request = halves;
    request.horizons = two;
    fct_evaluation *e = evaluate(bars, &request);
    /* t0, from the second price to the fourth: A 0.1, D -0.1 above; t1 has returns, too, which are not compounded. */
    assert_near(e->factors[0].series.quantile_return[N_TIMES], 0);
    assert_near(e->factors[0].series.quantile_return[N_TIMES + 1],
                ((10.0 / 10 - 1) + (18.0 / 12 - 1)) / 2);
    assert_near(e->factors[0].quantiles[1].total, 0);
    fct_evaluation_free(e);
    fct_panel_free(bars);
}

static void test_events(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_evaluate_request request = halves;
    request.events_before = request.events_after = 1;
    request.event_size = 1;
    fct_evaluation *e = evaluate(bars, &request);
    const fct_factor_result *f = &e->factors[0];
    /* D is large at t0 to t3; small are B at t0, A at t1, B at t3; t4 has one value. */
    assert_int_equal(f->n_events[0], 4);
    assert_int_equal(f->n_events[1], 3);
    const fct_event_result *large = f->events;
    assert_near(large[2].returns.mean, (0.2 - 0.25 + 1) / 3);
    assert_near(large[2].relative.mean, (0.25 - 0.5625 + 0.625) / 3);
    assert_near(large[1].returns.mean, 0);
    assert_near(large[0].returns.mean, (0 - 1.0 / 6 + 1.0 / 3 - 0.5) / 4);
    assert_near(f->events[3 + 2].returns.mean, (-0.5 + 0) / 2);
    fct_evaluation_free(e);

    /* Without C the mean of all rows is that of the three others. */
    fct_panel *universe = take(bars, 1);
    for (size_t i = 0; i < fct_panel_n_cells(universe); i++)
        universe->columns[0].cells[i] = 1;
    for (int64_t r = 0; r < N_TIMES; r++)
        universe->columns[0].cells[fct_panel_cell_index(universe, C, r)] = 0;
    request.universe = universe;
    e = evaluate(bars, &request);
    large = e->factors[0].events;
    /* Of (A, B, D) D lies beyond a deviation at every time: (3, 1, 4) 4 no, (1, 2, 4) yes, (2, 2, 5) yes, (1, 3) no. */
    assert_int_equal(e->factors[0].n_events[0], 2);
    assert_near(large[2].relative.mean, ((-0.25 - 0.25 / 3) + (1 - 2.0 / 3)) / 2);
    fct_evaluation_free(e);
    fct_panel_free(universe);

    /* One value is no event, however small the distance that is asked for. */
    for (size_t s = 0; s < N_SYMBOLS; s++)
        for (int64_t r = 0; r < N_TIMES; r++)
            bars->columns[1].cells[fct_panel_cell_index(bars, s, r)] = 0.1;
    request.universe = NULL;
    request.event_size = 0.5;
    e = evaluate(bars, &request);
    assert_int_equal(e->factors[0].n_events[0] + e->factors[0].n_events[1], 0);
    fct_evaluation_free(e);
    fct_panel_free(bars);
}

/* x beside the prices as a factor: t0 and t4 have one value of one of them, t3 has no x of A. */
static void test_correlation(void **state)
{
    (void)state;
    fct_panel *bars = make_bars();
    fct_evaluate_request request = halves;
    request.with_correlation = true;
    fct_evaluation *e;
    assert_int_equal(fct_evaluate(bars, bars, &request, NULL, &e, NULL), FCT_OK);
    assert_int_equal(e->n_factors, 2);
    /* t1 ranks 2, 4, 2, 2 and 1 to 4; t2 3, 1.5, 1.5, 4 and 2.5, 2.5, 1, 4; t3 3, 4, 1 (of four) and 1, 2, 3. */
    assert_near(e->correlation[1], (-1 / sqrt(15) + 3.75 / 4.5 - 2 / sqrt(2 * 42.0 / 9)) / 3);
    assert_int_equal(e->correlation_times[1], 3);
    assert_near(e->correlation[2], e->correlation[1]);
    assert_near(e->correlation[0], 1);
    fct_evaluation_free(e);
    fct_panel_free(bars);
}

/* Products of so many ranks do not fit 64 bits. */
static void test_long_ranks(void **state)
{
    (void)state;
    enum { N = 4000000 };
    uint32_t *up = malloc(N * sizeof *up);
    uint32_t *down = malloc(N * sizeof *down);
    assert_non_null(up);
    assert_non_null(down);
    for (uint32_t i = 0; i < N; i++) {
        up[i] = 2 * i + 2;
        down[i] = 2 * (N - i);
    }
    assert_near(fct_rank_correlation(up, up, N, N), 1);
    assert_near(fct_rank_correlation(up, down, N, N), -1);
    free(up);
    free(down);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_information), cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_holdings),    cmocka_unit_test(test_events),
        cmocka_unit_test(test_correlation), cmocka_unit_test(test_long_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
