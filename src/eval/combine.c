/* fct_combine: several factors become one, by equal, given or IC weights of their z-scores. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/evaluation.h"
#include "panel/match.h"

enum { DEFAULT_MIN_TIMES = 20 };

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

/* At each time the mean of the ICs whose returns are complete by then. */
static void expand_ic(const double *ic, size_t n_times, size_t known_after, int64_t min_times,
                      double *weights)
{
    double sum = 0;
    int64_t n = 0;
    for (size_t t = 0; t < n_times; t++) {
        if (t >= known_after && !isnan(ic[t - known_after])) {
            sum += ic[t - known_after];
            n++;
        }
        weights[t] = n >= min_times ? sum / (double)n : NAN;
    }
}

static fct_status ic_weights(const fct_panel *bars, const fct_panel *factors,
                             const fct_combine_request *r, const fct_run *run, size_t n_factors,
                             double *weights, fct_error *err)
{
    const int64_t horizon = r->horizon ? r->horizon : 1;
    const fct_evaluate_request request = {.price = r->price,
                                          .horizons = &horizon,
                                          .n_horizons = 1,
                                          .delay = r->delay,
                                          .with_series = true};
    fct_evaluation *e;
    FCT_TRY(fct_evaluate(bars, factors, &request, run, &e, err));
    size_t known_after = (size_t)(horizon + (r->delay ? r->delay : 1));
    for (size_t f = 0; f < n_factors; f++)
        expand_ic(e->factors[f].series.ic, e->n_times, known_after,
                  r->min_times ? r->min_times : DEFAULT_MIN_TIMES, weights + f * e->n_times);
    fct_evaluation_free(e);
    return FCT_OK;
}

static fct_status make_weights(const fct_panel *bars, const fct_panel *factors,
                               const fct_combine_request *r, const fct_run *run, size_t n_factors,
                               double *weights, fct_error *err)
{
    size_t n_times = (size_t)bars->n_times;
    if (r->how == FCT_COMBINE_IC)
        return ic_weights(bars, factors, r, run, n_factors, weights, err);
    for (size_t f = 0; f < n_factors; f++)
        for (size_t t = 0; t < n_times; t++)
            weights[f * n_times + t] = r->how == FCT_COMBINE_GIVEN ? r->weights[f] : 1;
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
    FCT_TRY_OUT(make_weights(bars, met, r, run, c.n_factors, weights, err));
    c.weights = weights;
    FCT_TRY_OUT(fct_market_open(&m, r->price ? r->price : "close", err));
    FCT_TRY_OUT(fct_rank_scratch_new(&m, &c.scratch, err));
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
