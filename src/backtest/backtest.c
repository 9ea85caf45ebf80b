/* fct_backtest_run: the request checked, each factor traded twice, what came of it brought to figures. */
#include "backtest/backtest.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/threads.h"
#include "base/time.h"
#include "panel/match.h"

enum { MAX_DELAY = 1000000, MAX_QUANTILES = 100 };

#define MS_PER_YEAR (365.25 * 86400000.0)

/* ---- The request ------------------------------------------------------------------------------ */

static fct_status check_range(double value, double low, double high, const char *what,
                              fct_error *err)
{
    if (value >= low && value <= high)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s of %g: it must be %g to %g", what, value, low,
                         high);
}

static fct_status check_rate(double rate, const char *what, fct_error *err)
{
    if (rate >= 0 && rate < 1)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "a %s cost of %g: it is a share of what is traded, 0 or more and below 1 "
                         "(0.001 is 10 basis points)",
                         what, rate);
}

static fct_status check_request(const fct_backtest_request *r, fct_error *err)
{
    if (r->weighting > FCT_WEIGHTS_GIVEN)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d is no weighting", (int)r->weighting);
    if (r->delay < 0 || r->delay > MAX_DELAY || (r->no_delay && r->delay))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a delay of %" PRId64 " times: it must be 1 to %d, or none by name",
                             r->delay, MAX_DELAY);
    if (r->every < 0 || r->every > MAX_DELAY)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "trading every %" PRId64 " times: it must be 1 to %d", r->every,
                             MAX_DELAY);
    if (r->n_quantiles && (r->n_quantiles < 2 || r->n_quantiles > MAX_QUANTILES))
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d quantiles: it must be 2 to %d",
                             r->n_quantiles, MAX_QUANTILES);
    if (r->group && (r->weighting == FCT_WEIGHTS_LONG_ONLY || r->weighting == FCT_WEIGHTS_GIVEN))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "weights that are %s cannot be neutral to groups",
                             r->weighting == FCT_WEIGHTS_GIVEN ? "given" : "long only");
    FCT_TRY(check_rate(r->buy_cost, "buy", err));
    FCT_TRY(check_rate(r->sell_cost, "sell", err));
    FCT_TRY(check_range(r->gross, 0, 100, "a gross exposure", err));
    FCT_TRY(check_range(r->max_position, 0, 100, "a largest position", err));
    FCT_TRY(check_range(r->turnover_cap, 0, 1000, "a cap of turnover", err));
    FCT_TRY(check_range(r->capital, 0, 1e18, "a capital", err));
    FCT_TRY(check_range(r->volume_share, 0, 1, "a volume share", err));
    return check_range(r->steps_per_year, 0, 1e9, "a number of times a year", err);
}

/* The cells of a column of numbers, or NULL where none is named. */
static fct_status find_cells(const fct_panel *bars, const char *name, bool needed,
                             const double **cells, fct_error *err)
{
    const fct_panel_column *column = name ? fct_panel_find_column(bars, name) : NULL;
    *cells = column && column->type != FCT_PANEL_TEXT ? column->cells : NULL;
    if (name && needed && !*cells)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the bars have no column %s of numbers",
                             name);
    return FCT_OK;
}

static int by_step(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Times a year, by the middle one of the distances between times. */
static fct_status find_steps_per_year(const fct_panel *bars, double *steps, fct_error *err)
{
    size_t n = bars->n_times > 1 ? (size_t)bars->n_times - 1 : 0;
    int64_t *distances = malloc((n + 1) * sizeof *distances);
    if (!distances)
        return fct_error_memory(err, n * sizeof *distances);
    for (size_t i = 0; i < n; i++)
        distances[i] = bars->time_ms[i + 1] - bars->time_ms[i];
    qsort(distances, n, sizeof *distances, by_step);
    *steps = n ? MS_PER_YEAR / (double)distances[n / 2] : NAN;
    free(distances);
    return FCT_OK;
}

static fct_status make_trading(const fct_backtest_request *r, const fct_market *market,
                               fct_trading *t, fct_error *err)
{
    *t = (fct_trading){
        .market = market,
        .rule = {.weighting = r->weighting,
                 .n_quantiles = r->n_quantiles ? (unsigned)r->n_quantiles : 5,
                 .gross = r->gross > 0 ? r->gross : 1,
                 .max_position = r->max_position > 0 ? r->max_position : INFINITY,
                 .n_groups = market->n_groups},
        .delay = r->no_delay ? 0
                 : r->delay  ? (size_t)r->delay
                             : 1,
        .every = r->every ? (size_t)r->every : 1,
        .capital = r->capital > 0 ? r->capital : 1000000,
        .buy_cost = r->buy_cost,
        .sell_cost = r->sell_cost,
        .turnover_cap = r->turnover_cap > 0 ? r->turnover_cap : INFINITY,
        .volume_share = r->volume_share > 0 ? r->volume_share : 0.01,
    };
    if (t->delay >= market->n_times)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a delay of %zu times needs more than that; the bars have %zu",
                             t->delay, market->n_times);
    FCT_TRY(find_cells(market->bars, r->funding, true, &t->funding, err));
    return find_cells(market->bars, r->volume ? r->volume : "volume", r->volume != NULL,
                      &t->volumes, err);
}

/* ---- Factors ---------------------------------------------------------------------------------- */

typedef struct backtest_work {
    const fct_backtest_request *request;
    fct_trading trading;
    fct_backtest *backtest;
    const double **cells;
    double steps_per_year;
} backtest_work;

static fct_status run_path(const backtest_work *w, const fct_trading *trading, const double *cells,
                           fct_backtest_path *path, fct_error *err)
{
    size_t n = w->backtest->n_times;
    fct_account *a = &path->account;
    FCT_TRY(fct_account_new(n, a, err));
    FCT_TRY(fct_trading_run(trading, cells, a, err));
    double *scratch = malloc((n + 1) * sizeof *scratch);
    if (!scratch)
        return fct_error_memory(err, n * sizeof *scratch);
    fct_metrics_make(a->equity, n, trading->capital, w->steps_per_year, scratch, &path->metrics);
    free(scratch);
    double sum = 0;
    size_t n_trading = 0;
    for (size_t t = 0; t < n; t++) {
        double before = t ? a->equity[t - 1] : trading->capital;
        if (a->traded[t] > 0 && before > 0) {
            sum += a->traded[t] / before;
            n_trading++;
        }
    }
    path->turnover = n_trading ? sum / (double)n_trading : NAN;
    path->capacity = fct_quantile(a->capacities, a->n_capacities, 0.05);
    fct_account_forget_capacities(a);
    return FCT_OK;
}

static fct_status run_factor(size_t i, int thread, void *context, fct_error *err)
{
    backtest_work *w = context;
    (void)thread;
    fct_backtest_factor *f = &w->backtest->factors[i];
    fct_trading free_of_cost = w->trading;
    free_of_cost.buy_cost = free_of_cost.sell_cost = 0;
    free_of_cost.funding = NULL;
    f->net.account.keep_trades = w->request->with_trades;
    f->net.account.keep_positions = w->request->with_positions;
    FCT_TRY(run_path(w, &w->trading, w->cells[i], &f->net, err));
    return run_path(w, &free_of_cost, w->cells[i], &f->gross, err);
}

static void say_what_happened(fct_job *job, const fct_backtest *b)
{
    for (size_t i = 0; i < b->n_factors; i++) {
        const fct_backtest_factor *f = &b->factors[i];
        char time[24];
        if (!f->net.account.n_fills)
            fct_job_message(job, FCT_MESSAGE_WARNING,
                            "factor %s: it never asks for a position (no values, or one value)",
                            f->name);
        if (f->net.account.ruined_at < b->n_times) {
            fct_time_format(b->time_ms[f->net.account.ruined_at], time);
            fct_job_message(job, FCT_MESSAGE_WARNING,
                            "factor %s: the money is lost at %s; nothing is traded from then on",
                            f->name, time);
        }
    }
}

/* ---- The backtest ----------------------------------------------------------------------------- */

void fct_backtest_free(fct_backtest *b)
{
    if (!b)
        return;
    for (size_t i = 0; b->factors && i < b->n_factors; i++) {
        free(b->factors[i].name);
        fct_account_free(&b->factors[i].net.account);
        fct_account_free(&b->factors[i].gross.account);
    }
    for (size_t s = 0; b->symbols && s < b->n_symbols; s++)
        free(b->symbols[s]);
    free(b->factors);
    free(b->symbols);
    free(b->time_ms);
    free(b);
}

static fct_status backtest_start(const fct_panel *bars, const fct_panel *factors, fct_backtest *b,
                                 const double **cells, fct_error *err)
{
    b->n_times = (size_t)bars->n_times;
    b->time_ms = malloc((b->n_times + 1) * sizeof *b->time_ms);
    b->symbols = calloc(bars->n_symbols + 1, sizeof *b->symbols);
    b->factors = calloc(factors->n_columns + 1, sizeof *b->factors);
    bool ok = b->time_ms && b->symbols && b->factors;
    for (size_t s = 0; ok && s < bars->n_symbols; s++) {
        b->symbols[s] = fct_text_copy(bars->symbols[s]);
        ok = b->symbols[s] != NULL;
        b->n_symbols++;
    }
    for (size_t c = 0; ok && c < factors->n_columns; c++) {
        if (factors->columns[c].type == FCT_PANEL_TEXT)
            continue;
        cells[b->n_factors] = factors->columns[c].cells;
        b->factors[b->n_factors].name = fct_text_copy(factors->columns[c].name);
        ok = b->factors[b->n_factors++].name != NULL;
    }
    if (!ok)
        return fct_error_memory(err, (b->n_times + 1) * sizeof *b->time_ms);
    memcpy(b->time_ms, bars->time_ms, b->n_times * sizeof *b->time_ms);
    if (!b->n_factors)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "there is no factor: no column of numbers");
    return FCT_OK;
}

/* A row of the table that trades or positions become, beside its texts: five numbers, two offsets, a bit for each. */
enum { TABLE_ROW_BYTES = 5 * sizeof(double) + 2 * sizeof(int32_t) + 1 };

/* All that the backtest can come to hold: how much of it will be traded and held nobody knows before. */
static fct_status hold_memory(const backtest_work *w, const fct_market *m, const fct_panel *factors,
                              fct_error *err)
{
    const fct_trading *t = &w->trading;
    size_t n_symbols = m->bars->n_symbols;
    size_t n_items = m->first[m->n_times];
    size_t n_at_once = (size_t)m->job->run.n_threads;
    size_t n_all = (m->n_times - t->delay + t->every - 1) / t->every * n_symbols;
    /* Each row is one trade at most, and each symbol is closed once. */
    size_t n_trades = (n_all < n_items ? n_all : n_items) + n_symbols;
    size_t n_positions = m->n_times * n_symbols;
    size_t symbol_bytes = 0;
    for (size_t s = 0; s < n_symbols; s++) {
        size_t n = strlen(m->bars->symbols[s]);
        symbol_bytes = n > symbol_bytes ? n : symbol_bytes;
    }
    size_t n_bytes = fct_panel_bytes(m->bars) + fct_panel_bytes(factors);
    for (size_t i = 0; i < w->backtest->n_factors; i++) {
        size_t row_bytes = TABLE_ROW_BYTES + symbol_bytes + strlen(w->backtest->factors[i].name);
        n_bytes += 2 * m->n_times * FCT_ACCOUNT_TIME_BYTES;
        if (w->request->with_trades)
            n_bytes += n_trades * (sizeof(fct_trade) + row_bytes);
        if (w->request->with_positions)
            n_bytes += n_positions * (sizeof(fct_position) + row_bytes);
    }
    n_at_once = n_at_once < w->backtest->n_factors ? n_at_once : w->backtest->n_factors;
    n_bytes += n_at_once * (m->n_times + (t->volumes ? n_trades : 0)) * sizeof(double);
    return fct_job_memory_hold(m->job, n_bytes,
                               w->request->with_positions
                                   ? "the bars, the factors and all positions"
                               : w->request->with_trades ? "the bars, the factors and all trades"
                                                         : "the bars, the factors and the equity",
                               err);
}

static fct_status run_all(backtest_work *w, fct_market *m, const fct_panel *factors, fct_error *err)
{
    const fct_backtest_request *r = w->request;
    FCT_TRY(fct_market_open(m, r->price ? r->price : "close", err));
    if (r->universe)
        FCT_TRY(fct_market_include(m, r->universe, err));
    if (r->group)
        FCT_TRY(fct_market_group(m, r->group, err));
    FCT_TRY(make_trading(r, m, &w->trading, err));
    w->steps_per_year = r->steps_per_year;
    if (!(r->steps_per_year > 0))
        FCT_TRY(find_steps_per_year(m->bars, &w->steps_per_year, err));
    FCT_TRY(backtest_start(m->bars, factors, w->backtest, w->cells, err));
    FCT_TRY(hold_memory(w, m, factors, err));
    w->backtest->capital = w->trading.capital;
    fct_job_stage(m->job, "backtest", "factors", (int64_t)w->backtest->n_factors);
    return fct_parallel_for(m->job->run.n_threads, w->backtest->n_factors, run_factor, w, err);
}

fct_status fct_backtest_run(const fct_panel *bars, const fct_panel *factors,
                            const fct_backtest_request *request, const fct_run *run,
                            fct_backtest **out, fct_error *err)
{
    static const fct_backtest_request defaults;
    fct_job job;
    *out = NULL;
    backtest_work w = {.request = request ? request : &defaults};
    FCT_TRY(check_request(w.request, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_market m = {.job = &job, .bars = bars};
    const fct_panel *met = NULL;
    fct_panel *owned = NULL;
    w.backtest = calloc(1, sizeof *w.backtest);
    w.cells = calloc(factors->n_columns + 1, sizeof *w.cells);
    fct_status status = FCT_OK;
    if (!w.backtest || !w.cells) {
        status = fct_error_memory(err, (factors->n_columns + 1) * sizeof *w.cells);
        goto out;
    }
    FCT_TRY_OUT(fct_panel_meet(&job, bars, factors, &met, &owned, err));
    FCT_TRY_OUT(run_all(&w, &m, met, err));
    say_what_happened(&job, w.backtest);
    *out = w.backtest;
    w.backtest = NULL;
out:
    fct_backtest_free(w.backtest);
    free(w.cells);
    fct_market_free(&m);
    fct_panel_free(owned);
    fct_job_end(&job);
    return status;
}
