/* How fast a factor's information fades: its IC with returns that begin later and later. */
#include <math.h>
#include <stdlib.h>

#include "eval/evaluation.h"

/* One time holds every factor's ranks, so that each later return is put into order once for all of them. */
typedef struct decay_work {
    const fct_evaluation *e;
    const fct_market *market;
    const double *const *factors;
    fct_rank_scratch *scratch;
    double *values;          /* [thread][F][max_rows] */
    uint32_t *order, *ranks; /* likewise */
    double *ic;              /* [F][n_decay][n_times] */
} decay_work;

static void rank_factors(const decay_work *w, size_t time, int thread, uint32_t *n_valid)
{
    size_t room = w->market->max_rows;
    size_t n = fct_market_rows(w->market, time);
    for (size_t i = 0; i < w->e->n_factors; i++) {
        size_t at = ((size_t)thread * w->e->n_factors + i) * room;
        fct_market_gather(w->market, w->factors[i], time, w->values + at);
        n_valid[i] =
            (uint32_t)fct_rank_order(w->values + at, n, w->scratch[thread].keys, w->order + at);
        fct_rank_doubled(w->values + at, n, w->order + at, n_valid[i], NULL, w->ranks + at);
    }
}

static void correlate(const decay_work *w, size_t time, size_t lag, int thread,
                      const uint32_t *n_valid)
{
    fct_rank_scratch *s = &w->scratch[thread];
    size_t room = w->market->max_rows;
    size_t n = fct_market_rows(w->market, time);
    fct_market_returns(w->market, time, w->e->delay + (int64_t)lag, w->e->horizons[0],
                       s->other_values);
    size_t n_returns = fct_rank_order(s->other_values, n, s->keys, s->order);
    for (size_t i = 0; i < w->e->n_factors; i++) {
        size_t at = ((size_t)thread * w->e->n_factors + i) * room;
        size_t n_both = fct_rank_doubled(s->other_values, n, s->order, n_returns, w->ranks + at,
                                         s->other_ranks);
        const uint32_t *ranks = w->ranks + at;
        if (n_both < n_valid[i]) {
            fct_rank_doubled(w->values + at, n, w->order + at, n_valid[i], s->other_ranks,
                             s->ranks);
            ranks = s->ranks;
        }
        w->ic[(i * w->e->n_decay + lag) * w->e->n_times + time] =
            fct_rank_correlation(ranks, s->other_ranks, n, n_both);
    }
}

static fct_status decay_block(size_t block, int thread, void *context, fct_error *err)
{
    const decay_work *w = context;
    FCT_TRY(fct_job_check(w->market->job, err));
    uint32_t *n_valid = malloc((w->e->n_factors + 1) * sizeof *n_valid);
    if (!n_valid)
        return fct_error_memory(err, w->e->n_factors * sizeof *n_valid);
    for (size_t t = fct_block_first(block); t < fct_block_end(w->market, block); t++) {
        rank_factors(w, t, thread, n_valid);
        for (size_t lag = 0; lag < w->e->n_decay; lag++)
            correlate(w, t, lag, thread, n_valid);
    }
    free(n_valid);
    return FCT_OK;
}

fct_status fct_evaluate_decay(fct_evaluation *e, const fct_market *market,
                              const double *const *factors, fct_error *err)
{
    decay_work w = {.e = e, .market = market, .factors = factors};
    size_t room = (size_t)market->job->run.n_threads * e->n_factors * market->max_rows + 1;
    size_t n_values = e->n_factors * e->n_decay * e->n_times;
    fct_status status = FCT_OK;
    double *scratch = malloc((e->n_times + 1) * sizeof *scratch);
    w.values = malloc(room * sizeof *w.values);
    w.order = malloc(room * sizeof *w.order);
    w.ranks = malloc(room * sizeof *w.ranks);
    w.ic = malloc(n_values * sizeof *w.ic + 1);
    if (!scratch || !w.values || !w.order || !w.ranks || !w.ic) {
        status = fct_error_memory(err, (n_values + room) * sizeof(double));
        goto out;
    }
    FCT_TRY_OUT(fct_rank_scratch_new(market, &w.scratch, err));
    fct_job_stage(market->job, "decay", "times", 0);
    FCT_TRY_OUT(fct_market_each_block(market, decay_block, &w, err));
    for (size_t i = 0; i < e->n_factors; i++) {
        e->factors[i].decay = calloc(e->n_decay, sizeof *e->factors[i].decay);
        if (!e->factors[i].decay) {
            status = fct_error_memory(err, e->n_decay * sizeof *e->factors[i].decay);
            goto out;
        }
        for (size_t lag = 0; lag < e->n_decay; lag++)
            e->factors[i].decay[lag] =
                fct_series_summarise(w.ic + (i * e->n_decay + lag) * e->n_times, e->n_times,
                                     (size_t)e->horizons[0] - 1, scratch);
    }
out:
    fct_rank_scratch_free(w.scratch, market);
    free(scratch);
    free(w.values);
    free(w.order);
    free(w.ranks);
    free(w.ic);
    return status;
}
