/* What prices did around the times at which a factor was large, or small, among its cross-section. */
#include <math.h>
#include <stdlib.h>

#include "eval/evaluation.h"

enum { LARGE, SMALL, N_SIDES };

typedef struct event_work {
    const fct_evaluation *e;
    const fct_market *market;
    const double *cells;
    double size;
    size_t n_offsets;
    double *raw, *relative; /* [side][offset][time] */
    uint32_t *n_events;     /* [side][time] */
    fct_rank_scratch *scratch;
} event_work;

/* Marks in `labels` rows at least `size` deviations above or below the mean. */
static void mark_events(const event_work *w, size_t time, fct_rank_scratch *s)
{
    size_t n = fct_market_rows(w->market, time);
    double sum = 0;
    double squares = 0;
    size_t n_valid = 0;
    double first = NAN;
    bool flat = true;
    fct_market_gather(w->market, w->cells, time, s->values);
    for (size_t i = 0; i < n; i++)
        if (!isnan(s->values[i])) {
            first = n_valid ? first : s->values[i];
            flat &= s->values[i] == first;
            sum += s->values[i];
            n_valid++;
        }
    double mean = sum / (double)n_valid;
    for (size_t i = 0; i < n; i++)
        if (!isnan(s->values[i]))
            squares += (s->values[i] - mean) * (s->values[i] - mean);
    double limit = !flat ? w->size * sqrt(squares / (double)(n_valid - 1)) : NAN;
    for (size_t i = 0; i < n; i++) {
        double distance = s->values[i] - mean;
        s->labels[i] = limit > 0 && distance >= limit    ? LARGE + 1
                       : limit > 0 && distance <= -limit ? SMALL + 1
                                                         : 0;
    }
}

/* The price at an offset from the row one trades at, over that row's; NaN where there is none. */
static double path_return(const fct_market *m, fct_panel_cell cell, int64_t delay, int64_t offset)
{
    int64_t entry = (int64_t)cell.row + delay;
    int64_t other = entry + offset;
    int64_t n_rows = m->bars->symbol_rows[cell.symbol];
    if (entry >= n_rows || other < 0 || other >= n_rows)
        return NAN;
    double value = m->prices[fct_panel_cell_index(m->bars, cell.symbol, other)] /
                       m->prices[fct_panel_cell_index(m->bars, cell.symbol, entry)] -
                   1;
    return isfinite(value) ? value : NAN;
}

static void average_offset(const event_work *w, size_t time, size_t k, const uint8_t *labels)
{
    const fct_market *m = w->market;
    size_t n = fct_market_rows(m, time);
    double sums[N_SIDES + 1] = {0};
    size_t counts[N_SIDES + 1] = {0};
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        double value = path_return(m, fct_market_cell(m, time, i), w->e->delay,
                                   (int64_t)k - w->e->events_before);
        if (isnan(value) || (m->included && !m->included[m->first[time] + i]))
            continue;
        sums[labels[i]] += value;
        counts[labels[i]]++;
        sum += value;
        count++;
    }
    for (size_t side = 0; side < N_SIDES; side++) {
        size_t at = (side * w->n_offsets + k) * w->e->n_times + time;
        size_t n_here = counts[side + 1];
        w->raw[at] = n_here ? sums[side + 1] / (double)n_here : NAN;
        w->relative[at] = w->raw[at] - sum / (double)count;
    }
}

static fct_status event_block(size_t block, int thread, void *context, fct_error *err)
{
    const event_work *w = context;
    fct_rank_scratch *s = &w->scratch[thread];
    FCT_TRY(fct_job_check(w->market->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(w->market, block); t++) {
        mark_events(w, t, s);
        for (size_t side = 0; side < N_SIDES; side++) {
            uint32_t n = 0;
            for (size_t i = 0; i < fct_market_rows(w->market, t); i++)
                n += s->labels[i] == side + 1;
            w->n_events[side * w->e->n_times + t] = n;
        }
        for (size_t k = 0; k < w->n_offsets; k++)
            average_offset(w, t, k, s->labels);
    }
    return FCT_OK;
}

static void summarise(event_work *w, fct_factor_result *f, double *scratch)
{
    for (size_t side = 0; side < N_SIDES; side++) {
        for (size_t t = 0; t < w->e->n_times; t++)
            f->n_events[side] += w->n_events[side * w->e->n_times + t];
        for (size_t k = 0; k < w->n_offsets; k++) {
            size_t at = side * w->n_offsets + k;
            int64_t offset = (int64_t)k - w->e->events_before;
            size_t n_lags = (size_t)(offset < 0 ? -offset : offset);
            n_lags = n_lags ? n_lags - 1 : 0;
            f->events[at].returns =
                fct_series_summarise(w->raw + at * w->e->n_times, w->e->n_times, n_lags, scratch);
            f->events[at].relative = fct_series_summarise(w->relative + at * w->e->n_times,
                                                          w->e->n_times, n_lags, scratch);
        }
    }
}

fct_status fct_evaluate_events(fct_evaluation *e, const fct_market *market,
                               const double *const *factors, double size, fct_error *err)
{
    event_work w = {.e = e, .market = market, .size = size};
    w.n_offsets = (size_t)(e->events_before + e->events_after + 1);
    size_t n = N_SIDES * w.n_offsets * e->n_times + 1;
    fct_status status = FCT_OK;
    double *scratch = malloc((e->n_times + 1) * sizeof *scratch);
    w.raw = malloc(n * sizeof *w.raw);
    w.relative = malloc(n * sizeof *w.relative);
    w.n_events = malloc((N_SIDES * e->n_times + 1) * sizeof *w.n_events);
    if (!scratch || !w.raw || !w.relative || !w.n_events) {
        status = fct_error_memory(err, n * sizeof *w.raw);
        goto out;
    }
    FCT_TRY_OUT(fct_rank_scratch_new(market, &w.scratch, err));
    fct_job_stage(market->job, "events", "factors", (int64_t)e->n_factors);
    for (size_t i = 0; i < e->n_factors; i++) {
        w.cells = factors[i];
        e->factors[i].events = calloc(N_SIDES * w.n_offsets, sizeof *e->factors[i].events);
        if (!e->factors[i].events) {
            status = fct_error_memory(err, N_SIDES * w.n_offsets * sizeof *e->factors[i].events);
            goto out;
        }
        FCT_TRY_OUT(fct_market_each_block(market, event_block, &w, err));
        summarise(&w, &e->factors[i], scratch);
        fct_job_advance(market->job, 1, e->factors[i].name);
    }
out:
    fct_rank_scratch_free(w.scratch, market);
    free(scratch);
    free(w.raw);
    free(w.relative);
    free(w.n_events);
    return status;
}
