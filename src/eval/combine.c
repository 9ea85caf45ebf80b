/* fct_combine: several factors become one, by equal, given or IC weights of their z-scores. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/evaluation.h"
#include "panel/match.h"

enum { DEFAULT_MIN_TIMES = 20, MAX_ROWS = 1000000 };

typedef struct combining {
    const fct_market *market;
    const double **cells; /* of each factor */
    size_t n_factors;
    const double *weights; /* [F][n_times], NaN: none yet */
    fct_panel *out;
    fct_rank_scratch *scratch;
} combining;

/* z-scores of one time in place; NaN all where values do not differ. */
static void standardise(double *x, size_t n)
{
    double sum = 0;
    double squares = 0;
    size_t n_valid = 0;
    bool flat = true;
    double first = NAN;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        first = isnan(first) ? x[i] : first;
        flat &= x[i] == first;
        sum += x[i];
        n_valid++;
    }
    double mean = sum / (double)n_valid;
    for (size_t i = 0; i < n; i++)
        squares += isnan(x[i]) ? 0 : (x[i] - mean) * (x[i] - mean);
    double deviation = flat ? NAN : sqrt(squares / (double)(n_valid - 1));
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - mean) / deviation;
}

static void combine_time(const combining *c, size_t t, fct_rank_scratch *s)
{
    const fct_market *m = c->market;
    size_t n = fct_market_rows(m, t);
    double *sums = s->other_values;
    double *sizes = s->pairs;
    memset(sums, 0, n * sizeof *sums);
    memset(sizes, 0, n * sizeof *sizes);
    for (size_t f = 0; f < c->n_factors; f++) {
        double weight = c->weights[f * m->n_times + t];
        if (isnan(weight))
            continue;
        fct_market_gather(m, c->cells[f], t, s->values);
        standardise(s->values, n);
        for (size_t i = 0; i < n; i++)
            if (!isnan(s->values[i])) {
                sums[i] += weight * s->values[i];
                sizes[i] += fabs(weight);
            }
    }
    for (size_t i = 0; i < n; i++) {
        fct_panel_cell cell = fct_market_cell(m, t, i);
        c->out->columns[0].cells[fct_panel_cell_index(m->bars, cell.symbol, cell.row)] =
            sizes[i] > 0 ? sums[i] / sizes[i] : NAN;
    }
}

static fct_status combine_block(size_t block, int thread, void *context, fct_error *err)
{
    const combining *c = context;
    FCT_TRY(fct_job_check(c->market->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(c->market, block); t++)
        combine_time(c, t, &c->scratch[thread]);
    return FCT_OK;
}

/* ---- Weights ---------------------------------------------------------------------------------- */

/* The ICs of all factors, and with which returns. */
typedef struct ic_work {
    const combining *c;
    int64_t delay, horizon;
    double *ic; /* [F][n_times] */
} ic_work;

/* Returns that are over `delay` + `horizon` times later: of a symbol that lacks rows they may end after that. */
static void returns_by_then(const ic_work *w, size_t time, double *returns)
{
    const fct_market *m = w->c->market;
    int64_t ahead = w->delay + w->horizon;
    fct_market_returns(m, time, w->delay, w->horizon, returns);
    for (size_t i = 0; !m->bars->shared_grid && i < fct_market_rows(m, time); i++) {
        fct_panel_cell cell = fct_market_cell(m, time, i);
        if (!isnan(returns[i]) && fct_panel_end_ms(m->bars, cell.symbol, cell.row + ahead) >
                                      m->bars->time_ms[time + (size_t)ahead])
            returns[i] = NAN;
    }
}

static void correlate_time(const ic_work *w, size_t time, fct_rank_scratch *s)
{
    const fct_market *m = w->c->market;
    size_t n = fct_market_rows(m, time);
    uint32_t *return_order = s->previous;
    uint32_t *return_ranks = s->mask;
    returns_by_then(w, time, s->other_values);
    size_t n_returns = fct_rank_order(s->other_values, n, s->keys, return_order);
    fct_rank_doubled(s->other_values, n, return_order, n_returns, NULL, return_ranks);
    for (size_t f = 0; f < w->c->n_factors; f++) {
        fct_market_gather(m, w->c->cells[f], time, s->values);
        size_t n_valid = fct_rank_order(s->values, n, s->keys, s->order);
        size_t n_both = fct_rank_doubled(s->values, n, s->order, n_valid, return_ranks, s->ranks);
        fct_rank_doubled(s->other_values, n, return_order, n_returns, s->ranks, s->other_ranks);
        w->ic[f * m->n_times + time] = fct_rank_correlation(s->ranks, s->other_ranks, n, n_both);
    }
}

static fct_status correlate_block(size_t block, int thread, void *context, fct_error *err)
{
    const ic_work *w = context;
    const fct_market *m = w->c->market;
    FCT_TRY(fct_job_check(m->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(m, block); t++)
        if (t + (size_t)(w->delay + w->horizon) < m->n_times)
            correlate_time(w, t, &w->c->scratch[thread]);
    return FCT_OK;
}

/* ICs in place become, at each time, the mean of those known by then. */
static void average_known(double *ic, size_t n_times, size_t known_after, int64_t min_times)
{
    double sum = 0;
    int64_t n = 0;
    for (size_t t = 0; t < n_times; t++) {
        if (t + known_after < n_times && !isnan(ic[t])) {
            sum += ic[t];
            n++;
        }
        ic[t] = n >= min_times ? sum / (double)n : NAN;
    }
    /* What is the mean of the ICs up to t is known `known_after` times later. */
    for (size_t t = n_times; t-- > 0;)
        ic[t] = t >= known_after ? ic[t - known_after] : NAN;
}

static fct_status ic_weights(const combining *c, const fct_combine_request *r, double *weights,
                             fct_error *err)
{
    const fct_market *m = c->market;
    ic_work w = {.c = c,
                 .delay = r->delay ? r->delay : 1,
                 .horizon = r->horizon ? r->horizon : 1,
                 .ic = weights};
    int64_t needed = w.delay + w.horizon + 1;
    if (needed > m->bars->n_rows)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a horizon of %" PRId64 " rows with a delay of %" PRId64
                             " needs a symbol with %" PRId64 " rows; the longest has %" PRId64,
                             w.horizon, w.delay, needed, m->bars->n_rows);
    FCT_TRY(fct_market_each_block(m, correlate_block, &w, err));
    for (size_t f = 0; f < c->n_factors; f++)
        average_known(weights + f * m->n_times, m->n_times, (size_t)(w.delay + w.horizon),
                      r->min_times ? r->min_times : DEFAULT_MIN_TIMES);
    return FCT_OK;
}

static fct_status make_weights(const combining *c, const fct_combine_request *r, double *weights,
                               fct_error *err)
{
    if (r->how == FCT_COMBINE_IC)
        return ic_weights(c, r, weights, err);
    for (size_t f = 0; f < c->n_factors; f++)
        for (size_t t = 0; t < c->market->n_times; t++)
            weights[f * c->market->n_times + t] = r->how == FCT_COMBINE_GIVEN ? r->weights[f] : 1;
    return FCT_OK;
}

static fct_status check_request(const fct_combine_request *r, size_t n_factors, fct_error *err)
{
    if (!n_factors)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "there is no factor: no column of numbers");
    if (r->how > FCT_COMBINE_IC)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d is no way to combine", (int)r->how);
    if (r->how == FCT_COMBINE_GIVEN && r->n_weights != n_factors)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%zu weights for %zu factors: give one each",
                             r->n_weights, n_factors);
    for (size_t f = 0; r->how == FCT_COMBINE_GIVEN && f < n_factors; f++)
        if (!isfinite(r->weights[f]))
            return fct_error_set(err, FCT_ERROR_ARGUMENT, "weight %zu is no number", f + 1);
    if (r->horizon < 0 || r->horizon > MAX_ROWS || r->delay < 0 || r->delay > MAX_ROWS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "ICs over %" PRId64 " rows, %" PRId64 " later: it must be 1 to %d",
                             r->horizon, r->delay, MAX_ROWS);
    if (r->min_times < 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%" PRId64 " ICs must be known",
                             r->min_times);
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

fct_status fct_combine(const fct_panel *bars, const fct_panel *factors,
                       const fct_combine_request *request, const fct_run *run, fct_panel **out,
                       fct_error *err)
{
    static const fct_combine_request defaults;
    static const char *const names[] = {"combined"};
    const fct_combine_request *r = request ? request : &defaults;
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_market m = {.job = &job, .bars = bars};
    combining c = {.market = &m};
    const fct_panel *met = NULL;
    fct_panel *owned = NULL;
    double *weights = NULL;
    fct_status status;
    FCT_TRY_OUT(fct_panel_meet(&job, bars, factors, &met, &owned, err));
    c.cells = calloc(met->n_columns + 1, sizeof *c.cells);
    weights = malloc(((size_t)bars->n_times * met->n_columns + 1) * sizeof *weights);
    if (!c.cells || !weights) {
        status = fct_error_memory(err, (size_t)bars->n_times * met->n_columns * sizeof *weights);
        goto out;
    }
    for (size_t i = 0; i < met->n_columns; i++)
        if (met->columns[i].type != FCT_PANEL_TEXT)
            c.cells[c.n_factors++] = met->columns[i].cells;
    FCT_TRY_OUT(check_request(r, c.n_factors, err));
    FCT_TRY_OUT(fct_market_open(&m, r->price ? r->price : "close", err));
    if (r->universe)
        FCT_TRY_OUT(fct_market_include(&m, r->universe, err));
    FCT_TRY_OUT(fct_rank_scratch_new(&m, &c.scratch, err));
    FCT_TRY_OUT(make_weights(&c, r, weights, err));
    c.weights = weights;
    FCT_TRY_OUT(fct_panel_blank(bars, names, 1, &c.out, err));
    FCT_TRY_OUT(fct_market_each_block(&m, combine_block, &c, err));
    *out = c.out;
    c.out = NULL;
out:
    fct_panel_free(c.out);
    fct_rank_scratch_free(c.scratch, &m);
    free(c.cells);
    free(weights);
    fct_market_free(&m);
    fct_panel_free(owned);
    fct_job_end(&job);
    return status;
}
