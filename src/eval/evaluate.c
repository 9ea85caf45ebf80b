/* fct_evaluate: the request checked, the market made, each factor run, its series brought to figures. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "eval/evaluation.h"
#include "panel/match.h"

enum {
    MAX_ROWS_AHEAD = 1000000,
    MAX_HORIZONS = 100,
    MAX_QUANTILES = 100,
    MAX_OFFSETS = 1000,
    N_HOURS = 24
};

static const int64_t default_horizons[] = {1, 5, 20};

/* ---- The request ------------------------------------------------------------------------------ */

static fct_status check_horizons(const fct_evaluate_request *r, fct_error *err)
{
    if (!r->n_horizons || r->n_horizons > MAX_HORIZONS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%zu horizons: give 1 to %d", r->n_horizons,
                             MAX_HORIZONS);
    for (size_t h = 0; h < r->n_horizons; h++) {
        if (r->horizons[h] < 1 || r->horizons[h] > MAX_ROWS_AHEAD)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "a horizon of %" PRId64 " rows: it must be 1 to %d",
                                 r->horizons[h], MAX_ROWS_AHEAD);
        for (size_t k = 0; k < h; k++)
            if (r->horizons[k] == r->horizons[h])
                return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                     "the horizon of %" PRId64 " rows is given twice",
                                     r->horizons[h]);
    }
    return FCT_OK;
}

static fct_status check_delay(const fct_evaluate_request *r, fct_error *err)
{
    if (r->delay < 0 || r->delay > MAX_ROWS_AHEAD)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a delay of %" PRId64 " rows: it must be 1 to %d, or none by name",
                             r->delay, MAX_ROWS_AHEAD);
    if (r->no_delay && r->delay)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "a delay of %" PRId64 " rows and none",
                             r->delay);
    return FCT_OK;
}

static fct_status make_plan(const fct_evaluate_request *request, fct_evaluate_plan *plan,
                            fct_error *err)
{
    static const fct_evaluate_request defaults;
    plan->request = request ? *request : defaults;
    fct_evaluate_request *r = &plan->request;
    if (!r->price)
        r->price = "close";
    if (!r->horizons) {
        r->horizons = default_horizons;
        r->n_horizons = sizeof default_horizons / sizeof *default_horizons;
    }
    FCT_TRY(check_horizons(r, err));
    FCT_TRY(check_delay(r, err));
    plan->delay = r->no_delay ? 0 : r->delay ? r->delay : 1;
    r->n_quantiles = r->n_quantiles ? r->n_quantiles : 5;
    if (r->n_quantiles < 2 || r->n_quantiles > MAX_QUANTILES)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d quantiles: it must be 2 to %d",
                             r->n_quantiles, MAX_QUANTILES);
    if (r->n_decay < 0 || r->n_decay > MAX_OFFSETS || r->events_before < 0 ||
        r->events_before > MAX_OFFSETS || r->events_after < 0 || r->events_after > MAX_OFFSETS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "rows of decay and around events must be 0 to %d", MAX_OFFSETS);
    r->event_size = r->event_size != 0 ? r->event_size : 2;
    r->redundant_from = r->redundant_from != 0 ? r->redundant_from : 0.7;
    if (!(r->event_size > 0) || !isfinite(r->event_size))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "an event size of %g deviations: it must be above 0", r->event_size);
    if (!(r->redundant_from > 0) || r->redundant_from > 1)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "redundant from a correlation of %g: it must be above 0, at most 1",
                             r->redundant_from);
    return FCT_OK;
}

/* A horizon that no symbol has the rows for gives no figure at all. */
static fct_status check_length(const fct_evaluate_plan *plan, const fct_panel *bars, fct_error *err)
{
    for (size_t h = 0; h < plan->request.n_horizons; h++) {
        int64_t needed = plan->request.horizons[h] + plan->delay + 1;
        if (needed > bars->n_rows)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "a horizon of %" PRId64 " rows with a delay of %" PRId64
                                 " needs a symbol with %" PRId64 " rows; the longest has %" PRId64,
                                 plan->request.horizons[h], plan->delay, needed, bars->n_rows);
    }
    return FCT_OK;
}

/* ---- Figures ---------------------------------------------------------------------------------- */

double fct_compound(const double *x, size_t n, size_t step, double *path)
{
    double wealth = 1;
    bool held = false;
    for (size_t i = 0; path && i < n; i++)
        path[i] = NAN;
    for (size_t i = 0; i < n; i += step) {
        if (isnan(x[i]))
            continue;
        held = true;
        wealth *= 1 + x[i];
        if (path)
            path[i] = wealth - 1;
    }
    return held ? wealth - 1 : NAN;
}

static double mean_of(const double *x, size_t n, double *scratch)
{
    return fct_series_summarise(x, n, 0, scratch).mean;
}

static int hour_of(int64_t time_ms)
{
    return (int)(fct_floor_div(time_ms, 3600000) - fct_floor_div(time_ms, FCT_MS_PER_DAY) * 24);
}

static void summarise_calendar(const fct_evaluation *e, const double *ic, size_t h,
                               fct_factor_result *f, double *scratch)
{
    for (size_t m = 0; m < e->n_months; m++)
        f->months[h * e->n_months + m] =
            fct_series_summarise(ic + e->month_first[m], e->month_first[m + 1] - e->month_first[m],
                                 (size_t)e->horizons[h] - 1, scratch);
    double *of_hour = scratch + e->n_times;
    for (int hour = 0; hour < N_HOURS; hour++) {
        size_t n = 0;
        for (size_t t = 0; t < e->n_times; t++)
            if (hour_of(e->time_ms[t]) == hour)
                of_hour[n++] = ic[t];
        f->hours[h * N_HOURS + (size_t)hour] =
            fct_series_summarise(of_hour, n, (size_t)e->horizons[h] - 1, scratch);
    }
}

static void summarise_horizon(const fct_evaluation *e, const fct_factor_series *s, size_t h,
                              fct_factor_result *f, double *scratch)
{
    size_t n_times = e->n_times;
    size_t step = (size_t)e->horizons[h];
    fct_horizon_result *result = &f->horizons[h];
    result->ic = fct_series_summarise(s->ic + h * n_times, n_times, step - 1, scratch);
    result->pearson = fct_series_summarise(s->pearson + h * n_times, n_times, step - 1, scratch);
    result->long_short =
        fct_series_summarise(s->long_short + h * n_times, n_times, step - 1, scratch);
    result->long_short_total = fct_compound(s->long_short + h * n_times, n_times, step, NULL);
    for (size_t t = 0; t < n_times; t++) {
        result->n_pairs += s->n_pairs[h * n_times + t];
        result->n_without_return += (int64_t)s->n_values[t] - s->n_pairs[h * n_times + t];
    }
    for (size_t q = 0; q < e->n_quantiles; q++) {
        fct_quantile_result *quantile = &f->quantiles[h * e->n_quantiles + q];
        const double *returns = s->quantile_return + (h * e->n_quantiles + q) * n_times;
        quantile->returns = fct_series_summarise(returns, n_times, step - 1, scratch);
        quantile->total = fct_compound(returns, n_times, step, NULL);
        for (size_t t = 0; t < n_times; t++)
            quantile->n_rows += s->quantile_rows[(h * e->n_quantiles + q) * n_times + t];
    }
    summarise_calendar(e, s->ic + h * n_times, h, f, scratch);
    for (size_t g = 0; g < e->n_groups; g++)
        f->groups[h * e->n_groups + g] = fct_series_summarise(
            s->group_ic + (h * e->n_groups + g) * n_times, n_times, step - 1, scratch);
}

static void summarise_factor(const fct_evaluation *e, const fct_factor_series *s,
                             fct_factor_result *f, double *scratch)
{
    for (size_t t = 0; t < e->n_times; t++) {
        f->n_values += s->n_values[t];
        f->n_times_left_out += s->n_values[t] < e->n_quantiles;
    }
    f->coverage = mean_of(s->coverage, e->n_times, scratch);
    for (size_t h = 0; h < e->n_horizons; h++)
        summarise_horizon(e, s, h, f, scratch);
    for (size_t lag = 0; lag < e->n_lags; lag++) {
        f->autocorrelation[lag] =
            mean_of(s->autocorrelation + lag * e->n_times, e->n_times, scratch);
        for (size_t q = 0; q < e->n_quantiles; q++)
            f->turnover[lag * e->n_quantiles + q] =
                mean_of(s->turnover + (lag * e->n_quantiles + q) * e->n_times, e->n_times, scratch);
    }
}

static fct_status factor_result_start(const fct_evaluation *e, const char *name,
                                      fct_factor_result *f, fct_error *err)
{
    size_t n_h = e->n_horizons;
    f->name = fct_text_copy(name);
    f->horizons = calloc(n_h, sizeof *f->horizons);
    f->quantiles = calloc(n_h * e->n_quantiles, sizeof *f->quantiles);
    f->autocorrelation = calloc(e->n_lags, sizeof *f->autocorrelation);
    f->turnover = calloc(e->n_lags * e->n_quantiles, sizeof *f->turnover);
    f->months = calloc(n_h * e->n_months + 1, sizeof *f->months);
    f->hours = calloc(n_h * N_HOURS, sizeof *f->hours);
    f->groups = calloc(n_h * e->n_groups + 1, sizeof *f->groups);
    if (f->name && f->horizons && f->quantiles && f->autocorrelation && f->turnover && f->months &&
        f->hours && f->groups)
        return FCT_OK;
    return fct_error_memory(err, (n_h * e->n_months + 1) * sizeof *f->months);
}

static void say_what_is_empty(fct_job *job, const fct_market *m, const fct_evaluation *e,
                              const fct_factor_result *f)
{
    if (!f->n_values)
        fct_job_message(job, FCT_MESSAGE_WARNING, "factor %s: it has no value", f->name);
    else if (!f->horizons[0].n_pairs)
        fct_job_message(job, FCT_MESSAGE_WARNING,
                        "factor %s: no value has a price now and later; its figures are empty",
                        f->name);
    else if (!f->horizons[0].ic.n && m->max_rows >= 3)
        fct_job_message(job, FCT_MESSAGE_WARNING,
                        "factor %s: no time has 3 rows with values that differ; its IC is empty",
                        f->name);
    else if (m->max_rows > 1 && f->n_times_left_out == (int64_t)e->n_times)
        fct_job_message(job, FCT_MESSAGE_WARNING,
                        "factor %s: no time has %zu rows with values, one for each quantile; its "
                        "quantiles, long-short and turnover are empty",
                        f->name, e->n_quantiles);
}

static fct_status run_factors(fct_evaluation *e, fct_market *m, const fct_panel *factors,
                              bool with_series, fct_error *err)
{
    fct_factor_pass pass = {
        .market = m, .n_quantiles = (unsigned)e->n_quantiles, .lags = e->lags, .n_lags = e->n_lags};
    fct_factor_series series = {0};
    double *scratch = malloc((2 * e->n_times + 1) * sizeof *scratch);
    fct_status status = FCT_OK;
    if (!scratch) {
        status = fct_error_memory(err, 2 * e->n_times * sizeof *scratch);
        goto out;
    }
    FCT_TRY_OUT(fct_factor_pass_open(&pass, err));
    fct_job_stage(m->job, "evaluating", "factors", (int64_t)e->n_factors);
    for (size_t i = 0, c = 0; c < factors->n_columns; c++) {
        if (factors->columns[c].type == FCT_PANEL_TEXT)
            continue;
        fct_factor_result *f = &e->factors[i++];
        FCT_TRY_OUT(factor_result_start(e, factors->columns[c].name, f, err));
        if (!series.all)
            FCT_TRY_OUT(fct_factor_series_new(&pass, &series, err));
        FCT_TRY_OUT(fct_factor_run(&pass, factors->columns[c].cells, &series, err));
        summarise_factor(e, &series, f, scratch);
        say_what_is_empty(m->job, m, e, f);
        if (with_series) {
            f->series = series;
            series = (fct_factor_series){0};
        }
        fct_job_advance(m->job, 1, f->name);
    }
out:
    fct_factor_series_free(&series);
    fct_factor_pass_free(&pass);
    free(scratch);
    return status;
}

/* ---- The evaluation --------------------------------------------------------------------------- */

static void factor_result_free(fct_factor_result *f)
{
    free(f->name);
    free(f->horizons);
    free(f->quantiles);
    free(f->autocorrelation);
    free(f->turnover);
    free(f->months);
    free(f->hours);
    free(f->groups);
    free(f->decay);
    free(f->symbol_ic);
    free(f->symbol_pairs);
    free(f->events);
    fct_factor_series_free(&f->series);
}

void fct_evaluation_free(fct_evaluation *e)
{
    if (!e)
        return;
    for (size_t i = 0; e->factors && i < e->n_factors; i++)
        factor_result_free(&e->factors[i]);
    for (size_t s = 0; e->symbols && s < e->n_symbols; s++)
        free(e->symbols[s]);
    for (size_t g = 0; e->groups && g < e->n_groups; g++)
        free(e->groups[g]);
    free(e->factors);
    free(e->symbols);
    free(e->groups);
    free(e->horizons);
    free(e->lags);
    free(e->time_ms);
    free(e->month_first);
    free(e->correlation);
    free(e->correlation_times);
    free(e);
}

static void find_months(fct_evaluation *e)
{
    int last = INT32_MIN;
    for (size_t t = 0; t < e->n_times; t++) {
        int year, month, day;
        fct_day_to_civil(fct_floor_div(e->time_ms[t], FCT_MS_PER_DAY), &year, &month, &day);
        if (year * 12 + month != last)
            e->month_first[e->n_months++] = t;
        last = year * 12 + month;
    }
    e->month_first[e->n_months] = e->n_times;
}

static void find_lags(fct_evaluation *e)
{
    e->lags[e->n_lags++] = 1;
    for (size_t h = 0; h < e->n_horizons; h++) {
        size_t k = e->n_lags;
        if (e->horizons[h] == 1)
            continue;
        for (; k && e->lags[k - 1] > e->horizons[h]; k--)
            e->lags[k] = e->lags[k - 1];
        e->lags[k] = e->horizons[h];
        e->n_lags++;
    }
}

static bool copy_texts(char *const *from, size_t n, char ***to, size_t *n_to)
{
    *to = calloc(n + 1, sizeof **to);
    for (size_t i = 0; *to && i < n; i++) {
        (*to)[i] = fct_text_copy(from[i]);
        if (!(*to)[i])
            return false;
        *n_to = i + 1;
    }
    return *to != NULL;
}

static fct_status evaluation_start(const fct_evaluate_plan *plan, const fct_market *m,
                                   const fct_panel *factors, fct_evaluation *e, fct_error *err)
{
    const fct_evaluate_request *r = &plan->request;
    e->n_times = m->n_times;
    e->n_horizons = r->n_horizons;
    e->n_quantiles = (size_t)r->n_quantiles;
    e->delay = plan->delay;
    e->events_before = r->events_before;
    e->events_after = r->events_after;
    e->redundant_from = r->redundant_from;
    e->horizons = malloc(r->n_horizons * sizeof *e->horizons);
    e->lags = malloc((r->n_horizons + 1) * sizeof *e->lags);
    e->time_ms = malloc((m->n_times + 1) * sizeof *e->time_ms);
    e->month_first = malloc((m->n_times + 1) * sizeof *e->month_first);
    e->factors = calloc(factors->n_columns + 1, sizeof *e->factors);
    if (!e->horizons || !e->lags || !e->time_ms || !e->month_first || !e->factors ||
        !copy_texts(m->bars->symbols, m->bars->n_symbols, &e->symbols, &e->n_symbols) ||
        !copy_texts(m->group_names, m->n_groups, &e->groups, &e->n_groups))
        return fct_error_memory(err, (m->n_times + 1) * sizeof *e->time_ms);
    memcpy(e->horizons, r->horizons, r->n_horizons * sizeof *e->horizons);
    memcpy(e->time_ms, m->bars->time_ms, m->n_times * sizeof *e->time_ms);
    find_months(e);
    find_lags(e);
    for (size_t c = 0; c < factors->n_columns; c++)
        e->n_factors += factors->columns[c].type != FCT_PANEL_TEXT;
    if (!e->n_factors)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "there is no factor: no column of numbers");
    return FCT_OK;
}

static fct_status run_extras(const fct_evaluate_plan *plan, fct_evaluation *e, const fct_market *m,
                             const fct_panel *factors, fct_error *err)
{
    const fct_evaluate_request *r = &plan->request;
    const double **cells = calloc(e->n_factors, sizeof *cells);
    fct_status status = FCT_OK;
    if (!cells)
        return fct_error_memory(err, e->n_factors * sizeof *cells);
    for (size_t i = 0, c = 0; c < factors->n_columns; c++)
        if (factors->columns[c].type != FCT_PANEL_TEXT)
            cells[i++] = factors->columns[c].cells;
    e->n_decay = (size_t)r->n_decay;
    if (e->n_decay)
        FCT_TRY_OUT(fct_evaluate_decay(e, m, cells, err));
    if (r->with_symbols)
        FCT_TRY_OUT(fct_evaluate_symbols(e, m, cells, err));
    if (r->events_before || r->events_after)
        FCT_TRY_OUT(fct_evaluate_events(e, m, cells, r->event_size, err));
    if (r->with_correlation)
        FCT_TRY_OUT(fct_evaluate_correlation(e, m, cells, err));
out:
    free(cells);
    return status;
}

fct_status fct_evaluate(const fct_panel *bars, const fct_panel *factors,
                        const fct_evaluate_request *request, const fct_run *run,
                        fct_evaluation **out, fct_error *err)
{
    fct_evaluate_plan plan;
    fct_job job;
    *out = NULL;
    FCT_TRY(make_plan(request, &plan, err));
    FCT_TRY(check_length(&plan, bars, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_market m = {.job = &job, .bars = bars};
    const fct_panel *met = NULL;
    fct_panel *owned = NULL;
    fct_evaluation *e = calloc(1, sizeof *e);
    fct_status status = FCT_OK;
    if (!e) {
        status = fct_error_memory(err, sizeof *e);
        goto out;
    }
    FCT_TRY_OUT(fct_panel_meet(&job, bars, factors, &met, &owned, err));
    FCT_TRY_OUT(fct_job_memory_hold(&job, fct_panel_bytes(bars) + fct_panel_bytes(met),
                                    "the bars and the factors", err));
    FCT_TRY_OUT(fct_market_open(&m, plan.request.price, err));
    if (plan.request.universe)
        FCT_TRY_OUT(fct_market_include(&m, plan.request.universe, err));
    if (plan.request.group)
        FCT_TRY_OUT(fct_market_group(&m, plan.request.group, err));
    FCT_TRY_OUT(evaluation_start(&plan, &m, met, e, err));
    if (m.max_rows < 3)
        fct_job_message(&job, FCT_MESSAGE_WARNING,
                        "no time has more than %zu symbols: without 3 there is no IC over them",
                        m.max_rows);
    FCT_TRY_OUT(
        fct_market_forward(&m, plan.delay, plan.request.horizons, plan.request.n_horizons, err));
    FCT_TRY_OUT(run_factors(e, &m, met, plan.request.with_series, err));
    FCT_TRY_OUT(run_extras(&plan, e, &m, met, err));
    *out = e;
    e = NULL;
out:
    fct_evaluation_free(e);
    fct_market_free(&m);
    fct_panel_free(owned);
    fct_job_end(&job);
    return status;
}
