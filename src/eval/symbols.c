/* The IC of one symbol over its times: does the factor time it? */
#include <math.h>
#include <stdlib.h>

#include "base/block.h"
#include "base/threads.h"
#include "eval/evaluation.h"

typedef struct symbol_work {
    fct_evaluation *e;
    const fct_market *market;
    const double *const *factors;
} symbol_work;

/* Arrays of one symbol's rows. */
typedef struct symbol_rows {
    void *keys;
    double *values, *returns;
    uint32_t *order, *ranks, *return_ranks;
} symbol_rows;

static void rows_free(symbol_rows *r)
{
    free(r->keys);
    free(r->values);
    free(r->returns);
    free(r->order);
    free(r->ranks);
    free(r->return_ranks);
}

static fct_status rows_new(size_t n, symbol_rows *r, fct_error *err)
{
    r->keys = fct_rank_scratch_for(n);
    r->values = malloc((n + 1) * sizeof *r->values);
    r->returns = malloc((n + 1) * sizeof *r->returns);
    r->order = malloc((n + 1) * sizeof *r->order);
    r->ranks = malloc((n + 1) * sizeof *r->ranks);
    r->return_ranks = malloc((n + 1) * sizeof *r->return_ranks);
    if (r->keys && r->values && r->returns && r->order && r->ranks && r->return_ranks)
        return FCT_OK;
    return fct_error_memory(err, (n + 1) * sizeof *r->values);
}

static void correlate(const symbol_work *w, size_t symbol, size_t factor, size_t h, symbol_rows *r)
{
    const fct_evaluation *e = w->e;
    const fct_panel *bars = w->market->bars;
    size_t n = (size_t)bars->symbol_rows[symbol];
    for (size_t i = 0; i < n; i++) {
        double value = w->factors[factor][fct_panel_cell_index(bars, symbol, (int64_t)i)];
        double later = fct_market_return(w->market, (fct_panel_cell){(uint32_t)symbol, (uint32_t)i},
                                         e->delay, e->horizons[h]);
        bool both = !isnan(value) && !isnan(later);
        r->values[i] = both ? value : NAN;
        r->returns[i] = both ? later : NAN;
    }
    size_t n_both = fct_rank_order(r->values, n, r->keys, r->order);
    fct_rank_doubled(r->values, n, r->order, n_both, NULL, r->ranks);
    fct_rank_order(r->returns, n, r->keys, r->order);
    fct_rank_doubled(r->returns, n, r->order, n_both, NULL, r->return_ranks);
    size_t at = h * e->n_symbols + symbol;
    e->factors[factor].symbol_ic[at] = fct_rank_correlation(r->ranks, r->return_ranks, n, n_both);
    e->factors[factor].symbol_pairs[at] = (int64_t)n_both;
}

static fct_status correlate_symbol(size_t symbol, int thread, void *context, fct_error *err)
{
    const symbol_work *w = context;
    (void)thread;
    symbol_rows rows = {0};
    fct_status status = FCT_OK;
    FCT_TRY_OUT(fct_job_check(w->market->job, err));
    FCT_TRY_OUT(rows_new((size_t)w->market->bars->symbol_rows[symbol], &rows, err));
    for (size_t i = 0; i < w->e->n_factors; i++)
        for (size_t h = 0; h < w->e->n_horizons; h++)
            correlate(w, symbol, i, h, &rows);
out:
    rows_free(&rows);
    return status;
}

/* The universe lies by item of a time; here rows are met symbol by symbol. */
static fct_status blank_outside(const fct_market *m, const double *cells, double **out,
                                fct_error *err)
{
    size_t n_cells = fct_panel_n_cells(m->bars);
    *out = fct_panel_cells_new(n_cells);
    if (!*out)
        return fct_error_memory(err, n_cells * sizeof **out);
    for (size_t i = 0; i < n_cells; i++)
        (*out)[i] = NAN;
    for (size_t t = 0; t < m->n_times; t++)
        for (size_t i = 0; i < fct_market_rows(m, t); i++)
            if (m->included[m->first[t] + i]) {
                fct_panel_cell c = fct_market_cell(m, t, i);
                size_t at = fct_panel_cell_index(m->bars, c.symbol, c.row);
                (*out)[at] = cells[at];
            }
    return FCT_OK;
}

fct_status fct_evaluate_symbols(fct_evaluation *e, const fct_market *market,
                                const double *const *factors, fct_error *err)
{
    fct_status status = FCT_OK;
    double **owned = calloc(e->n_factors, sizeof *owned);
    const double **cells = calloc(e->n_factors, sizeof *cells);
    symbol_work w = {.e = e, .market = market, .factors = cells};
    if (!owned || !cells) {
        status = fct_error_memory(err, e->n_factors * sizeof *cells);
        goto out;
    }
    for (size_t i = 0; i < e->n_factors; i++) {
        size_t n = e->n_horizons * e->n_symbols;
        e->factors[i].symbol_ic = malloc((n + 1) * sizeof *e->factors[i].symbol_ic);
        e->factors[i].symbol_pairs = malloc((n + 1) * sizeof *e->factors[i].symbol_pairs);
        if (!e->factors[i].symbol_ic || !e->factors[i].symbol_pairs) {
            status = fct_error_memory(err, n * sizeof *e->factors[i].symbol_ic);
            goto out;
        }
        cells[i] = factors[i];
        if (market->included) {
            FCT_TRY_OUT(blank_outside(market, factors[i], &owned[i], err));
            cells[i] = owned[i];
        }
    }
    fct_job_stage(market->job, "symbols", "symbols", (int64_t)e->n_symbols);
    status = fct_parallel_for(market->job->run.n_threads, e->n_symbols, correlate_symbol, &w, err);
out:
    for (size_t i = 0; owned && i < e->n_factors; i++)
        fct_block_free(owned[i]);
    free(owned);
    free(cells);
    return status;
}
