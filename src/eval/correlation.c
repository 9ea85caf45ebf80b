/* How alike factors are: Pearson's correlation of ranks over the rows that two have in common, at each time. */
#include <math.h>
#include <stdlib.h>

#include "eval/evaluation.h"

/* Times that one sum is made of; blocks are added in their order. */
enum { TIMES_A_SUM = FCT_TIMES_A_BLOCK };

typedef struct pair_sum {
    double sum;
    uint32_t n;
} pair_sum;

typedef struct correlation_work {
    const fct_evaluation *e;
    const fct_market *market;
    const double *const *factors;
    fct_rank_scratch *scratch;
    uint32_t *ranks; /* [thread][F][max_rows] */
    pair_sum *sums;  /* [block][pairs] */
    size_t n_pairs;
} correlation_work;

static fct_status correlation_block(size_t block, int thread, void *context, fct_error *err)
{
    const correlation_work *w = context;
    const fct_market *m = w->market;
    fct_rank_scratch *s = &w->scratch[thread];
    size_t n_factors = w->e->n_factors;
    uint32_t *ranks = w->ranks + (size_t)thread * n_factors * m->max_rows;
    pair_sum *sums = w->sums + block * w->n_pairs;
    for (size_t t = fct_block_first(block); t < fct_block_end(m, block); t++) {
        FCT_TRY(fct_job_check(m->job, err));
        size_t n = fct_market_rows(m, t);
        for (size_t i = 0; i < n_factors; i++) {
            fct_market_gather(m, w->factors[i], t, s->values);
            size_t n_valid = fct_rank_order(s->values, n, s->keys, s->order);
            fct_rank_doubled(s->values, n, s->order, n_valid, NULL, ranks + i * m->max_rows);
        }
        for (size_t i = 0, pair = 0; i < n_factors; i++)
            for (size_t k = i + 1; k < n_factors; k++, pair++) {
                double r =
                    fct_rank_autocorrelation(ranks + i * m->max_rows, ranks + k * m->max_rows, n);
                sums[pair].sum += isnan(r) ? 0 : r;
                sums[pair].n += isnan(r) ? 0 : 1;
            }
    }
    return FCT_OK;
}

static void add_up(fct_evaluation *e, const correlation_work *w, size_t n_blocks)
{
    for (size_t i = 0, pair = 0; i < e->n_factors; i++) {
        e->correlation[i * e->n_factors + i] = 1;
        e->correlation_times[i * e->n_factors + i] = (int64_t)e->n_times;
        for (size_t k = i + 1; k < e->n_factors; k++, pair++) {
            double sum = 0;
            int64_t n = 0;
            for (size_t block = 0; block < n_blocks; block++) {
                sum += w->sums[block * w->n_pairs + pair].sum;
                n += w->sums[block * w->n_pairs + pair].n;
            }
            double mean = n ? sum / (double)n : NAN;
            e->correlation[i * e->n_factors + k] = e->correlation[k * e->n_factors + i] = mean;
            e->correlation_times[i * e->n_factors + k] = n;
            e->correlation_times[k * e->n_factors + i] = n;
        }
    }
}

fct_status fct_evaluate_correlation(fct_evaluation *e, const fct_market *market,
                                    const double *const *factors, fct_error *err)
{
    correlation_work w = {.e = e, .market = market, .factors = factors};
    size_t n_blocks = (e->n_times + TIMES_A_SUM - 1) / TIMES_A_SUM;
    w.n_pairs = e->n_factors * (e->n_factors - 1) / 2;
    fct_status status = FCT_OK;
    e->correlation = calloc(e->n_factors * e->n_factors, sizeof *e->correlation);
    e->correlation_times = calloc(e->n_factors * e->n_factors, sizeof *e->correlation_times);
    w.ranks = malloc(
        (size_t)market->job->run.n_threads * e->n_factors * market->max_rows * sizeof *w.ranks + 1);
    w.sums = calloc(n_blocks * w.n_pairs + 1, sizeof *w.sums);
    if (!e->correlation || !e->correlation_times || !w.ranks || !w.sums) {
        status = fct_error_memory(err, n_blocks * w.n_pairs * sizeof *w.sums);
        goto out;
    }
    FCT_TRY_OUT(fct_rank_scratch_new(market, &w.scratch, err));
    fct_job_stage(market->job, "correlations", "times", 0);
    FCT_TRY_OUT(fct_market_each_block(market, correlation_block, &w, err));
    add_up(e, &w, n_blocks);
out:
    fct_rank_scratch_free(w.scratch, market);
    free(w.ranks);
    free(w.sums);
    return status;
}
