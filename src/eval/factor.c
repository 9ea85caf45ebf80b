#include "eval/factor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Series ----------------------------------------------------------------------------------- */

fct_status fct_factor_series_new(const fct_factor_pass *pass, fct_factor_series *s, fct_error *err)
{
    const fct_market *m = pass->market;
    size_t n_times = m->n_times;
    size_t n_h = m->n_forwards;
    size_t n_q = pass->n_quantiles;
    size_t n_doubles = n_h * (3 + n_q + m->n_groups) + pass->n_lags * (1 + n_q) + 1;
    size_t n_counts = n_h * (1 + n_q) + 1;
    s->all = malloc(n_doubles * n_times * sizeof *s->all + 1);
    s->all_counts = malloc(n_counts * n_times * sizeof *s->all_counts + 1);
    if (!s->all || !s->all_counts) {
        fct_factor_series_free(s);
        return fct_error_memory(err, n_doubles * n_times * sizeof *s->all);
    }
    double *next = s->all;
    s->ic = next;
    s->pearson = next += n_h * n_times;
    s->long_short = next += n_h * n_times;
    s->quantile_return = next += n_h * n_times;
    s->group_ic = next += n_h * n_q * n_times;
    s->autocorrelation = next += n_h * m->n_groups * n_times;
    s->turnover = next += pass->n_lags * n_times;
    s->coverage = next + pass->n_lags * n_q * n_times;
    s->n_pairs = s->all_counts;
    s->quantile_rows = s->n_pairs + n_h * n_times;
    s->n_values = s->quantile_rows + n_h * n_q * n_times;
    return FCT_OK;
}

void fct_factor_series_free(fct_factor_series *s)
{
    free(s->all);
    free(s->all_counts);
    *s = (fct_factor_series){0};
}

fct_status fct_factor_pass_open(fct_factor_pass *pass, fct_error *err)
{
    size_t n_items = pass->market->first[pass->market->n_times];
    FCT_TRY(fct_rank_scratch_new(pass->market, &pass->scratch, err));
    pass->ranks = malloc((n_items + 1) * sizeof *pass->ranks);
    pass->labels = malloc(n_items + 1);
    if (!pass->ranks || !pass->labels)
        return fct_error_memory(err, n_items * sizeof *pass->ranks);
    return FCT_OK;
}

void fct_factor_pass_free(fct_factor_pass *pass)
{
    fct_rank_scratch_free(pass->scratch, pass->market);
    free(pass->ranks);
    free(pass->labels);
}

/* ---- One time --------------------------------------------------------------------------------- */

/* A factor's rows at one time. */
typedef struct section {
    size_t time, first, n;
    const double *values;
    const uint32_t *order, *ranks;
    size_t n_valid;
    const uint8_t *labels;
} section;

static void rank_pair(const section *x, const fct_forward *f, fct_rank_scratch *scratch,
                      const uint32_t **a, const uint32_t **b, size_t *n_both)
{
    const uint32_t *ranks = f->ranks + x->first;
    size_t n_valid = f->n_valid[x->time];
    *n_both = 0;
    for (size_t i = 0; i < x->n; i++)
        *n_both += x->ranks[i] && ranks[i];
    *a = x->ranks;
    *b = ranks;
    /* Only rows that count in both are ranked; where one side has more, it is ranked again without those. */
    if (*n_both < x->n_valid) {
        fct_rank_doubled(x->values, x->n, x->order, x->n_valid, ranks, scratch->ranks);
        *a = scratch->ranks;
    }
    if (*n_both < n_valid) {
        fct_rank_doubled(f->returns + x->first, x->n, f->order + x->first, n_valid, x->ranks,
                         scratch->other_ranks);
        *b = scratch->other_ranks;
    }
}

static void group_correlations(const fct_factor_pass *pass, const section *x, size_t h,
                               fct_rank_scratch *scratch)
{
    const fct_market *m = pass->market;
    const fct_forward *f = &m->forwards[h];
    const uint32_t *groups = m->groups + x->first;
    for (size_t g = 0; g < m->n_groups; g++) {
        for (size_t i = 0; i < x->n; i++)
            scratch->mask[i] = groups[i] == g + 1 && x->ranks[i] && f->ranks[x->first + i];
        size_t n =
            fct_rank_doubled(x->values, x->n, x->order, x->n_valid, scratch->mask, scratch->ranks);
        fct_rank_doubled(f->returns + x->first, x->n, f->order + x->first, f->n_valid[x->time],
                         scratch->mask, scratch->other_ranks);
        pass->series->group_ic[(h * m->n_groups + g) * m->n_times + x->time] =
            fct_rank_correlation(scratch->ranks, scratch->other_ranks, x->n, n);
    }
}

static void quantile_returns(const fct_factor_pass *pass, const section *x, size_t h)
{
    const fct_market *m = pass->market;
    const fct_forward *f = &m->forwards[h];
    unsigned n_q = pass->n_quantiles;
    double sums[256] = {0};
    uint32_t counts[256] = {0};
    for (size_t i = 0; i < x->n; i++) {
        /* What does not count is added to label 0. */
        unsigned label = f->ranks[x->first + i] ? x->labels[i] : 0;
        sums[label] += f->returns[x->first + i];
        counts[label]++;
    }
    for (unsigned q = 0; q < n_q; q++) {
        size_t at = (h * n_q + q) * m->n_times + x->time;
        pass->series->quantile_rows[at] = counts[q + 1];
        pass->series->quantile_return[at] = counts[q + 1] ? sums[q + 1] / counts[q + 1] : NAN;
    }
    pass->series->long_short[h * m->n_times + x->time] =
        pass->series->quantile_return[(h * n_q + n_q - 1) * m->n_times + x->time] -
        pass->series->quantile_return[h * n_q * m->n_times + x->time];
}

static void evaluate_time(const fct_factor_pass *pass, size_t time, fct_rank_scratch *scratch)
{
    const fct_market *m = pass->market;
    fct_factor_series *s = pass->series;
    section x = {.time = time, .first = m->first[time], .n = fct_market_rows(m, time)};
    uint32_t *ranks = pass->ranks + x.first;
    uint8_t *labels = pass->labels + x.first;
    fct_market_gather(m, pass->cells, time, scratch->values);
    x.n_valid = fct_rank_order(scratch->values, x.n, scratch->keys, scratch->order);
    fct_rank_doubled(scratch->values, x.n, scratch->order, x.n_valid, NULL, ranks);
    if (x.n_valid >= pass->n_quantiles)
        fct_rank_quantiles(scratch->values, x.n, scratch->order, x.n_valid, pass->n_quantiles,
                           labels);
    else
        memset(labels, 0, x.n);
    x.values = scratch->values;
    x.order = scratch->order;
    x.ranks = ranks;
    x.labels = labels;
    size_t n_included = x.n;
    if (m->included) {
        n_included = 0;
        for (size_t i = 0; i < x.n; i++)
            n_included += m->included[x.first + i];
    }
    s->n_values[time] = (uint32_t)x.n_valid;
    s->coverage[time] = n_included ? (double)x.n_valid / (double)n_included : NAN;
    for (size_t h = 0; h < m->n_forwards; h++) {
        const uint32_t *a;
        const uint32_t *b;
        size_t n_both;
        rank_pair(&x, &m->forwards[h], scratch, &a, &b, &n_both);
        size_t at = h * m->n_times + time;
        s->n_pairs[at] = (uint32_t)n_both;
        s->ic[at] = fct_rank_correlation(a, b, x.n, n_both);
        s->pearson[at] = fct_value_correlation(x.values, m->forwards[h].returns + x.first, a, b,
                                               x.n, scratch->pairs);
        quantile_returns(pass, &x, h);
        if (m->n_groups)
            group_correlations(pass, &x, h, scratch);
    }
}

static fct_status evaluate_block(size_t block, int thread, void *context, fct_error *err)
{
    const fct_factor_pass *pass = context;
    FCT_TRY(fct_job_check(pass->market->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(pass->market, block); t++)
        evaluate_time(pass, t, &pass->scratch[thread]);
    return FCT_OK;
}

/* ---- Now and before --------------------------------------------------------------------------- */

/* Ranks and labels of an earlier time at the items of a later one: 0 where a symbol was not there. */
static void align_previous(const fct_factor_pass *pass, size_t time, size_t before, uint32_t *ranks,
                           uint8_t *labels)
{
    const fct_market *m = pass->market;
    size_t n = fct_market_rows(m, time);
    size_t n_before = fct_market_rows(m, before);
    for (size_t i = 0, k = 0; i < n; i++) {
        uint32_t symbol = fct_market_cell(m, time, i).symbol;
        while (k < n_before && fct_market_cell(m, before, k).symbol < symbol)
            k++;
        bool there = k < n_before && fct_market_cell(m, before, k).symbol == symbol;
        ranks[i] = there ? pass->ranks[m->first[before] + k] : 0;
        labels[i] = there ? pass->labels[m->first[before] + k] : 0;
        k += there;
    }
}

static void compare_times(const fct_factor_pass *pass, size_t time, size_t lag,
                          fct_rank_scratch *scratch)
{
    const fct_market *m = pass->market;
    fct_factor_series *s = pass->series;
    unsigned n_q = pass->n_quantiles;
    size_t distance = (size_t)pass->lags[lag];
    double *turnover = s->turnover + lag * n_q * m->n_times + time;
    s->autocorrelation[lag * m->n_times + time] = NAN;
    for (unsigned q = 0; q < n_q; q++)
        turnover[q * m->n_times] = NAN;
    if (time < distance)
        return;
    size_t n = fct_market_rows(m, time);
    const uint32_t *ranks = pass->ranks + m->first[time];
    const uint8_t *labels = pass->labels + m->first[time];
    const uint32_t *old_ranks = pass->ranks + m->first[time - distance];
    const uint8_t *old_labels = pass->labels + m->first[time - distance];
    if (!m->bars->shared_grid) {
        align_previous(pass, time, time - distance, scratch->previous, scratch->labels);
        old_ranks = scratch->previous;
        old_labels = scratch->labels;
    }
    s->autocorrelation[lag * m->n_times + time] = fct_rank_autocorrelation(ranks, old_ranks, n);
    /* Without quantiles before there is nothing to compare with. */
    if (s->n_values[time - distance] < n_q)
        return;
    uint32_t counts[256] = {0};
    uint32_t news[256] = {0};
    for (size_t i = 0; i < n; i++) {
        counts[labels[i]]++;
        news[labels[i]] += labels[i] != old_labels[i];
    }
    for (unsigned q = 0; q < n_q; q++)
        if (counts[q + 1])
            turnover[q * m->n_times] = (double)news[q + 1] / counts[q + 1];
}

static fct_status compare_block(size_t block, int thread, void *context, fct_error *err)
{
    const fct_factor_pass *pass = context;
    FCT_TRY(fct_job_check(pass->market->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(pass->market, block); t++)
        for (size_t lag = 0; lag < pass->n_lags; lag++)
            compare_times(pass, t, lag, &pass->scratch[thread]);
    return FCT_OK;
}

fct_status fct_factor_run(fct_factor_pass *pass, const double *cells, fct_factor_series *series,
                          fct_error *err)
{
    pass->cells = cells;
    pass->series = series;
    FCT_TRY(fct_market_each_block(pass->market, evaluate_block, pass, err));
    return fct_market_each_block(pass->market, compare_block, pass, err);
}
