#include "backtest/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far one step's money may be off, relative to what is moved. */
#define IDENTITY_TOLERANCE 1e-9

/* Less of the equity is no trade: it is the rounding of weights that stayed. */
#define SMALLEST_TRADE 1e-12

/* ---- Account ---------------------------------------------------------------------------------- */

fct_status fct_account_new(size_t n_times, fct_account *a, fct_error *err)
{
    size_t n = n_times + 1;
    a->all = calloc(6 * n, sizeof *a->all);
    a->n_positions = calloc(n, sizeof *a->n_positions);
    if (!a->all || !a->n_positions) {
        fct_account_free(a);
        return fct_error_memory(err, 6 * n * sizeof *a->all);
    }
    a->equity = a->all;
    a->traded = a->equity + n;
    a->cost = a->traded + n;
    a->funding = a->cost + n;
    a->long_value = a->funding + n;
    a->short_value = a->long_value + n;
    a->ruined_at = n_times;
    return FCT_OK;
}

void fct_account_free(fct_account *a)
{
    free(a->all);
    free(a->n_positions);
    free(a->trades);
    free(a->positions);
    free(a->capacities);
    *a = (fct_account){0};
}

void fct_account_forget_capacities(fct_account *a)
{
    free(a->capacities);
    a->capacities = NULL;
    a->n_capacities = a->capacities_capacity = 0;
}

/* Room for one more item. */
static fct_status grow(void *list, size_t n, size_t *capacity, size_t item_bytes, fct_error *err)
{
    if (n < *capacity)
        return FCT_OK;
    size_t more = *capacity ? 2 * *capacity : 1024;
    void **place = list;
    void *grown = realloc(*place, more * item_bytes);
    if (!grown)
        return fct_error_memory(err, more * item_bytes);
    *place = grown;
    *capacity = more;
    return FCT_OK;
}

/* ---- State ------------------------------------------------------------------------------------ */

typedef struct state {
    const fct_trading *trading;
    const fct_market *market;
    const double *signal;
    fct_account *account;
    fct_rank_scratch *scratch;
    double *quantities, *prices; /* by symbol; the last price known */
    double *now, *volumes;       /* by symbol: of this time's row, NaN where there is none */
    double *funding;
    double *wanted; /* by symbol: the weight to have; NaN: keep what there is */
    double *sums;
    int64_t *last_row_time; /* by symbol: index of the time of its last row, -1: none */
    double cash;
    size_t time;
} state;

static void state_free(state *s)
{
    fct_rank_scratch_free(s->scratch, s->market);
    free(s->quantities);
    free(s->prices);
    free(s->now);
    free(s->volumes);
    free(s->funding);
    free(s->wanted);
    free(s->sums);
    free(s->last_row_time);
}

static fct_status state_start(state *s, fct_error *err)
{
    size_t n = s->market->bars->n_symbols + 1;
    size_t n_sums = 3 * (s->trading->rule.n_groups + 1);
    FCT_TRY(fct_rank_scratch_new(s->market, &s->scratch, err));
    s->quantities = calloc(n, sizeof *s->quantities);
    s->prices = calloc(n, sizeof *s->prices);
    s->now = calloc(n, sizeof *s->now);
    s->volumes = calloc(n, sizeof *s->volumes);
    s->funding = calloc(n, sizeof *s->funding);
    s->wanted = calloc(n, sizeof *s->wanted);
    s->sums = calloc(n_sums, sizeof *s->sums);
    s->last_row_time = calloc(n, sizeof *s->last_row_time);
    if (!s->quantities || !s->prices || !s->now || !s->volumes || !s->funding || !s->wanted ||
        !s->sums || !s->last_row_time)
        return fct_error_memory(err, n * sizeof *s->prices);
    for (size_t i = 0; i < n; i++) {
        s->prices[i] = NAN;
        s->last_row_time[i] = -1;
    }
    for (size_t t = 0; t < s->market->n_times; t++)
        for (size_t i = 0; i < fct_market_rows(s->market, t); i++)
            s->last_row_time[fct_market_cell(s->market, t, i).symbol] = (int64_t)t;
    s->cash = s->trading->capital;
    return FCT_OK;
}

/* Whether a symbol has another row of the same time behind this one: bars by ticks may end together. */
static bool is_overtaken(const fct_market *m, size_t time, size_t item)
{
    return item + 1 < fct_market_rows(m, time) &&
           fct_market_cell(m, time, item + 1).symbol == fct_market_cell(m, time, item).symbol;
}

/* The last row of each symbol at this time. */
static void take_rows(state *s)
{
    const fct_market *m = s->market;
    const fct_trading *trading = s->trading;
    for (size_t i = 0; i < m->bars->n_symbols; i++) {
        s->now[i] = NAN;
        s->volumes[i] = NAN;
        s->funding[i] = 0;
    }
    for (size_t i = 0; i < fct_market_rows(m, s->time); i++) {
        fct_panel_cell cell = fct_market_cell(m, s->time, i);
        if (is_overtaken(m, s->time, i))
            continue;
        size_t at = fct_panel_cell_index(m->bars, cell.symbol, cell.row);
        s->now[cell.symbol] = m->prices[at];
        if (trading->volumes)
            s->volumes[cell.symbol] = trading->volumes[at];
        if (trading->funding && !isnan(trading->funding[at]))
            s->funding[cell.symbol] = trading->funding[at];
    }
}

/* ---- One step --------------------------------------------------------------------------------- */

/* Prices move: what is held gains or loses. */
static double mark(state *s)
{
    double gain = 0;
    for (size_t i = 0; i < s->market->bars->n_symbols; i++) {
        if (isnan(s->now[i]))
            continue;
        if (s->quantities[i] != 0)
            gain += s->quantities[i] * (s->now[i] - s->prices[i]);
        s->prices[i] = s->now[i];
    }
    return gain;
}

static double held_value(const state *s)
{
    double value = 0;
    for (size_t i = 0; i < s->market->bars->n_symbols; i++)
        if (s->quantities[i] != 0)
            value += s->quantities[i] * s->prices[i];
    return value;
}

/* Those who hold pay the rate of the row, at the last price known, those who are short receive it. */
static double pay_funding(state *s)
{
    double paid = 0;
    for (size_t i = 0; s->trading->funding && i < s->market->bars->n_symbols; i++)
        if (s->quantities[i] != 0)
            paid += s->quantities[i] * s->prices[i] * s->funding[i];
    s->cash -= paid;
    s->account->funding[s->time] = paid;
    s->account->total_funding += paid;
    return paid;
}

/* Buys (or sells, below 0) at a price; pays for it. */
static fct_status trade(state *s, size_t symbol, double quantity, double price, double equity,
                        fct_error *err)
{
    fct_account *a = s->account;
    double value = fabs(quantity * price);
    double cost = value * (quantity > 0 ? s->trading->buy_cost : s->trading->sell_cost);
    s->cash -= quantity * price + cost;
    s->quantities[symbol] += quantity;
    a->traded[s->time] += value;
    a->cost[s->time] += cost;
    a->total_cost += cost;
    a->n_fills++;
    if (!isnan(s->volumes[symbol]) && value > 0 && equity > 0) {
        FCT_TRY(grow(&a->capacities, a->n_capacities, &a->capacities_capacity,
                     sizeof *a->capacities, err));
        a->capacities[a->n_capacities++] =
            s->trading->volume_share * s->volumes[symbol] * price / (value / equity);
    }
    if (!a->keep_trades)
        return FCT_OK;
    FCT_TRY(grow(&a->trades, a->n_trades, &a->trades_capacity, sizeof *a->trades, err));
    a->trades[a->n_trades++] = (fct_trade){.time_ms = s->market->bars->time_ms[s->time],
                                           .symbol = (uint32_t)symbol,
                                           .quantity = quantity,
                                           .price = price,
                                           .cost = cost};
    return FCT_OK;
}

/* A symbol without any later row is closed at its last price, a time after its last row. */
static fct_status close_disappeared(state *s, double equity, fct_error *err)
{
    for (size_t i = 0; i < s->market->bars->n_symbols; i++)
        if (s->quantities[i] != 0 && s->last_row_time[i] < (int64_t)s->time) {
            FCT_TRY(trade(s, i, -s->quantities[i], s->prices[i], equity, err));
            s->quantities[i] = 0;
            s->account->n_closed++;
        }
    return FCT_OK;
}

/* The weights that the signal of an earlier time asks for: each symbol by its last row, one without a row asks for none. */
static void want(state *s, size_t signal_time)
{
    const fct_market *m = s->market;
    size_t n = fct_market_rows(m, signal_time);
    fct_rank_scratch *scratch = s->scratch;
    double *weights = scratch->pairs;
    fct_market_gather(m, s->signal, signal_time, scratch->values);
    for (size_t i = 0; i < n; i++)
        if (is_overtaken(m, signal_time, i))
            scratch->values[i] = NAN;
    fct_weights_make(&s->trading->rule, scratch->values,
                     m->groups ? m->groups + m->first[signal_time] : NULL, n, scratch, s->sums,
                     weights);
    memset(s->wanted, 0, m->bars->n_symbols * sizeof *s->wanted);
    for (size_t i = 0; i < n; i++)
        if (!is_overtaken(m, signal_time, i))
            s->wanted[fct_market_cell(m, signal_time, i).symbol] = weights[i];
}

static fct_status rebalance(state *s, double equity, fct_error *err)
{
    size_t n = s->market->bars->n_symbols;
    double moved = 0;
    /* What cannot be traded now, for want of a price, stays. */
    for (size_t i = 0; i < n; i++)
        if (!isnan(s->now[i]))
            moved += fabs(s->wanted[i] - s->quantities[i] * s->now[i] / equity);
    double share = moved > s->trading->turnover_cap ? s->trading->turnover_cap / moved : 1;
    for (size_t i = 0; i < n; i++) {
        if (isnan(s->now[i]))
            continue;
        double target = s->wanted[i] * equity / s->now[i];
        double quantity =
            share == 1 ? target - s->quantities[i] : share * (target - s->quantities[i]);
        if (fabs(quantity * s->now[i]) <= SMALLEST_TRADE * equity)
            continue;
        FCT_TRY(trade(s, i, quantity, s->now[i], equity, err));
        if (share == 1)
            s->quantities[i] = target;
    }
    return FCT_OK;
}

/* Everything is sold at once where nothing is left. */
static fct_status give_up(state *s, double equity, fct_error *err)
{
    s->account->ruined_at = s->time;
    for (size_t i = 0; i < s->market->bars->n_symbols; i++)
        if (s->quantities[i] != 0) {
            FCT_TRY(trade(s, i, -s->quantities[i], s->prices[i], equity, err));
            s->quantities[i] = 0;
        }
    return FCT_OK;
}

static fct_status keep_positions(state *s, double equity, fct_error *err)
{
    fct_account *a = s->account;
    for (size_t i = 0; i < s->market->bars->n_symbols; i++) {
        double value = s->quantities[i] != 0 ? s->quantities[i] * s->prices[i] : 0;
        a->n_positions[s->time] += value != 0;
        *(value > 0 ? &a->long_value[s->time] : &a->short_value[s->time]) += value;
        if (!a->keep_positions || value == 0)
            continue;
        FCT_TRY(grow(&a->positions, a->n_positions_kept, &a->positions_capacity,
                     sizeof *a->positions, err));
        a->positions[a->n_positions_kept++] =
            (fct_position){.time_ms = s->market->bars->time_ms[s->time],
                           .symbol = (uint32_t)i,
                           .quantity = s->quantities[i],
                           .price = s->prices[i],
                           .weight = value / equity};
    }
    return FCT_OK;
}

/* Equity may change by price moves of what was held, by costs and by funding, and by nothing else. */
static fct_status check_identity(state *s, double before, double gain, double after, fct_error *err)
{
    fct_account *a = s->account;
    double expected = before + gain - a->funding[s->time] - a->cost[s->time];
    double moved = fabs(before) + a->traded[s->time] + a->long_value[s->time] -
                   a->short_value[s->time] + s->trading->capital;
    double error = fabs(after - expected) / moved;
    if (error > a->worst_error)
        a->worst_error = error;
    if (error <= IDENTITY_TOLERANCE)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_INTERNAL,
                         "the money of time %zu does not add up: %.17g instead of %.17g", s->time,
                         after, expected);
}

static fct_status step(state *s, double *equity, fct_error *err)
{
    const fct_trading *trading = s->trading;
    double before = *equity;
    take_rows(s);
    double gain = mark(s);
    double paid = pay_funding(s);
    double available = before + gain - paid;
    bool ruined = s->account->ruined_at < s->market->n_times;
    if (!ruined && available <= 0)
        FCT_TRY(give_up(s, available, err));
    else if (!ruined) {
        FCT_TRY(close_disappeared(s, available, err));
        if (s->time >= trading->delay && (s->time - trading->delay) % trading->every == 0) {
            want(s, s->time - trading->delay);
            FCT_TRY(rebalance(s, available, err));
        }
    }
    double after = s->cash + held_value(s);
    FCT_TRY(keep_positions(s, after, err));
    FCT_TRY(check_identity(s, before, gain, after, err));
    /* Where nothing was won or lost, that is exactly nothing: no rounding makes it a gain. */
    if (gain == 0 && paid == 0 && s->account->cost[s->time] == 0)
        after = before;
    s->account->equity[s->time] = after;
    *equity = after;
    return FCT_OK;
}

fct_status fct_trading_run(const fct_trading *trading, const double *signal, fct_account *account,
                           fct_error *err)
{
    state s = {.trading = trading, .market = trading->market, .signal = signal, .account = account};
    double equity = trading->capital;
    fct_status status;
    FCT_TRY_OUT(state_start(&s, err));
    for (s.time = 0; s.time < s.market->n_times; s.time++) {
        if (s.time % 256 == 0)
            FCT_TRY_OUT(fct_job_check(s.market->job, err));
        FCT_TRY_OUT(step(&s, &equity, err));
    }
out:
    state_free(&s);
    return status;
}
