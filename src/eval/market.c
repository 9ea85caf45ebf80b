#include "eval/market.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/text.h"
#include "base/threads.h"
#include "format/number.h"
#include "panel/match.h"

enum { MAX_GROUPS = 10000 };

/* ---- Opening ---------------------------------------------------------------------------------- */

static fct_status price_not_there(const struct fct_panel *bars, const char *name, fct_error *err)
{
    fct_text list = {0};
    fct_status status = FCT_OK;
    for (size_t c = 0; status == FCT_OK && c < bars->n_columns; c++)
        status = fct_text_append_format(&list, err, "%s%s", c ? ", " : "", bars->columns[c].name);
    if (status == FCT_OK)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "the bars have no column %s of numbers; they have: %s", name,
                               fct_text_get(&list));
    fct_text_free(&list);
    return status;
}

/* Prices of 0 and below are no prices: they count as missing, with a warning. */
static fct_status clean_prices(fct_market *m, const fct_panel_column *column, fct_error *err)
{
    size_t n_cells = fct_panel_n_cells(m->bars);
    int64_t n_bad = 0;
    for (size_t i = 0; i < n_cells; i++)
        n_bad += column->cells[i] <= 0;
    m->prices = column->cells;
    if (!n_bad)
        return FCT_OK;
    m->clean_prices = fct_panel_cells_new(n_cells);
    if (!m->clean_prices)
        return fct_error_memory(err, n_cells * sizeof(double));
    for (size_t i = 0; i < n_cells; i++)
        m->clean_prices[i] = column->cells[i] <= 0 ? NAN : column->cells[i];
    m->prices = m->clean_prices;
    fct_job_message(m->job, FCT_MESSAGE_WARNING,
                    "column %s: %" PRId64 " prices are zero or negative and count as missing",
                    column->name, n_bad);
    return FCT_OK;
}

fct_status fct_market_open(fct_market *m, const char *price_column, fct_error *err)
{
    const struct fct_panel *bars = m->bars;
    const fct_panel_column *column = fct_panel_find_column(bars, price_column);
    if (!column || column->type == FCT_PANEL_TEXT)
        return price_not_there(bars, price_column, err);
    m->n_times = (size_t)bars->n_times;
    m->first = calloc(m->n_times + 1, sizeof *m->first);
    if (!m->first)
        return fct_error_memory(err, (m->n_times + 1) * sizeof *m->first);
    for (size_t t = 0; t < m->n_times; t++) {
        m->first[t + 1] = bars->shared_grid ? (t + 1) * bars->n_symbols : bars->time_first[t + 1];
        if (fct_market_rows(m, t) > m->max_rows)
            m->max_rows = fct_market_rows(m, t);
    }
    return clean_prices(m, column, err);
}

void fct_market_free(fct_market *m)
{
    for (size_t h = 0; h < m->n_forwards; h++) {
        fct_block_free(m->forwards[h].returns);
        free(m->forwards[h].n_valid);
    }
    free(m->forwards);
    fct_block_free(m->clean_prices);
    free(m->first);
    free(m->included);
    free(m->groups);
    for (size_t g = 0; g < m->n_groups; g++)
        free(m->group_names[g]);
    free(m->group_names);
}

fct_status fct_market_each_block(const fct_market *m,
                                 fct_status (*work)(size_t block, int thread, void *context,
                                                    fct_error *err),
                                 void *context, fct_error *err)
{
    size_t n_blocks = (m->n_times + FCT_TIMES_A_BLOCK - 1) / FCT_TIMES_A_BLOCK;
    return fct_parallel_for(m->job->run.n_threads, n_blocks, work, context, err);
}

/* ---- Scratch ---------------------------------------------------------------------------------- */

fct_status fct_rank_scratch_new(const fct_market *m, fct_rank_scratch **out, fct_error *err)
{
    size_t n_threads = (size_t)m->job->run.n_threads;
    size_t n = m->max_rows + 8;
    fct_rank_scratch *all = calloc(n_threads, sizeof *all);
    if (!all)
        return fct_error_memory(err, n_threads * sizeof *all);
    bool ok = true;
    for (size_t i = 0; i < n_threads; i++) {
        fct_rank_scratch *s = &all[i];
        s->keys = fct_rank_scratch_for(n);
        s->values = malloc(n * sizeof *s->values);
        s->other_values = malloc(n * sizeof *s->other_values);
        s->pairs = malloc(2 * n * sizeof *s->pairs);
        s->order = malloc(n * sizeof *s->order);
        s->ranks = malloc(n * sizeof *s->ranks);
        s->other_ranks = malloc(n * sizeof *s->other_ranks);
        s->mask = malloc(n * sizeof *s->mask);
        s->previous = malloc(n * sizeof *s->previous);
        s->labels = malloc(n);
        ok &= s->keys && s->values && s->other_values && s->pairs && s->order && s->ranks &&
              s->other_ranks && s->mask && s->previous && s->labels;
    }
    *out = all;
    if (ok)
        return FCT_OK;
    fct_rank_scratch_free(all, m);
    *out = NULL;
    return fct_error_memory(err, 2 * n * sizeof(double));
}

void fct_rank_scratch_free(fct_rank_scratch *all, const fct_market *m)
{
    for (int i = 0; all && i < m->job->run.n_threads; i++) {
        free(all[i].keys);
        free(all[i].values);
        free(all[i].other_values);
        free(all[i].pairs);
        free(all[i].order);
        free(all[i].ranks);
        free(all[i].other_ranks);
        free(all[i].mask);
        free(all[i].previous);
        free(all[i].labels);
    }
    free(all);
}

/* ---- Forward returns -------------------------------------------------------------------------- */

double fct_market_return(const fct_market *m, fct_panel_cell cell, int64_t delay, int64_t horizon)
{
    const struct fct_panel *bars = m->bars;
    int64_t exit = (int64_t)cell.row + delay + horizon;
    if (exit >= bars->symbol_rows[cell.symbol])
        return NAN;
    double from = m->prices[fct_panel_cell_index(bars, cell.symbol, cell.row + delay)];
    double to = m->prices[fct_panel_cell_index(bars, cell.symbol, exit)];
    double value = to / from - 1;
    return isfinite(value) ? value : NAN;
}

/* The same for all symbols of one time, where they share a grid: eight at once. */
static void fill_shared(const fct_market *m, size_t time, int64_t delay, int64_t horizon,
                        double *out)
{
    const struct fct_panel *bars = m->bars;
    size_t n = bars->n_symbols;
    int64_t entry = (int64_t)time + delay;
    if (entry + horizon >= bars->n_rows) {
        for (size_t s = 0; s < n; s++)
            out[s] = NAN;
        return;
    }
    for (size_t s = 0; s < n; s += FCT_LANES) {
        const double *from = m->prices + fct_panel_cell_index(bars, s, entry);
        const double *to = from + horizon * FCT_LANES;
        size_t lanes = n - s < FCT_LANES ? n - s : FCT_LANES;
        for (size_t lane = 0; lane < lanes; lane++) {
            double value = to[lane] / from[lane] - 1;
            out[s + lane] = isfinite(value) ? value : NAN;
        }
    }
}

static void fill_ragged(const fct_market *m, size_t time, int64_t delay, int64_t horizon,
                        double *out)
{
    for (size_t i = 0; i < fct_market_rows(m, time); i++)
        out[i] = fct_market_return(m, fct_market_cell(m, time, i), delay, horizon);
}

void fct_market_returns(const fct_market *m, size_t time, int64_t delay, int64_t horizon,
                        double *out)
{
    if (m->bars->shared_grid)
        fill_shared(m, time, delay, horizon, out);
    else
        fill_ragged(m, time, delay, horizon, out);
}

typedef struct forward_work {
    fct_market *market;
    fct_rank_scratch *scratch;
} forward_work;

static fct_status fill_block(size_t block, int thread, void *context, fct_error *err)
{
    forward_work *work = context;
    fct_market *m = work->market;
    fct_rank_scratch *scratch = &work->scratch[thread];
    FCT_TRY(fct_job_check(m->job, err));
    for (size_t t = fct_block_first(block); t < fct_block_end(m, block); t++) {
        size_t first = m->first[t];
        size_t n = fct_market_rows(m, t);
        for (size_t h = 0; h < m->n_forwards; h++) {
            fct_forward *f = &m->forwards[h];
            fct_market_returns(m, t, f->delay, f->horizon, f->returns + first);
            f->n_valid[t] =
                (uint32_t)fct_rank_order(f->returns + first, n, scratch->keys, f->order + first);
            fct_rank_doubled(f->returns + first, n, f->order + first, f->n_valid[t], NULL,
                             f->ranks + first);
        }
    }
    return FCT_OK;
}

fct_status fct_market_forward(fct_market *m, int64_t delay, const int64_t *horizons,
                              size_t n_horizons, fct_error *err)
{
    size_t n_items = m->first[m->n_times];
    FCT_TRY(fct_job_memory_hold(m->job, n_horizons * n_items * FCT_FORWARD_BYTES,
                                "the bars, the factors and the forward returns of all horizons",
                                err));
    m->forwards = calloc(n_horizons + 1, sizeof *m->forwards);
    if (!m->forwards)
        return fct_error_memory(err, n_horizons * sizeof *m->forwards);
    for (size_t h = 0; h < n_horizons; h++) {
        fct_forward *f = &m->forwards[m->n_forwards++];
        f->delay = delay;
        f->horizon = horizons[h];
        /* One piece, in large pages where there are such. */
        f->returns = fct_panel_cells_new(2 * n_items + 1);
        f->n_valid = malloc((m->n_times + 1) * sizeof *f->n_valid);
        if (!f->returns || !f->n_valid)
            return fct_error_memory(err, n_items * FCT_FORWARD_BYTES);
        f->order = (uint32_t *)(void *)(f->returns + n_items);
        f->ranks = f->order + n_items;
    }
    forward_work work = {.market = m};
    FCT_TRY(fct_rank_scratch_new(m, &work.scratch, err));
    fct_status status = fct_market_each_block(m, fill_block, &work, err);
    fct_rank_scratch_free(work.scratch, m);
    return status;
}

/* ---- Columns by time -------------------------------------------------------------------------- */

void fct_market_gather(const fct_market *m, const double *cells, size_t time, double *out)
{
    const struct fct_panel *bars = m->bars;
    size_t n = fct_market_rows(m, time);
    if (bars->shared_grid)
        for (size_t s = 0; s < n; s += FCT_LANES) {
            size_t lanes = n - s < FCT_LANES ? n - s : FCT_LANES;
            memcpy(out + s, cells + fct_panel_cell_index(bars, s, (int64_t)time),
                   lanes * sizeof *out);
        }
    else
        for (size_t i = 0; i < n; i++) {
            fct_panel_cell cell = fct_market_cell(m, time, i);
            out[i] = cells[fct_panel_cell_index(bars, cell.symbol, cell.row)];
        }
    for (size_t i = 0; m->included && i < n; i++)
        if (!m->included[m->first[time] + i])
            out[i] = NAN;
}

fct_status fct_market_include(fct_market *m, const fct_panel *universe, fct_error *err)
{
    struct fct_panel *matched = NULL;
    const struct fct_panel *mask = universe;
    if (!fct_panel_same_keys(m->bars, universe)) {
        int64_t n_dropped;
        FCT_TRY(fct_panel_match(m->bars, universe, &matched, &n_dropped, err));
        mask = matched;
    }
    fct_status status = FCT_OK;
    if (!mask->n_columns || mask->columns[0].type == FCT_PANEL_TEXT) {
        status = fct_error_set(err, FCT_ERROR_ARGUMENT,
                               "the panel of the universe needs a first column of numbers: 0 or "
                               "missing is outside");
        goto out;
    }
    m->included = malloc(m->first[m->n_times] + 1);
    if (!m->included) {
        status = fct_error_memory(err, m->first[m->n_times]);
        goto out;
    }
    for (size_t t = 0; t < m->n_times; t++)
        for (size_t i = 0; i < fct_market_rows(m, t); i++) {
            fct_panel_cell cell = fct_market_cell(m, t, i);
            double mark =
                mask->columns[0].cells[fct_panel_cell_index(m->bars, cell.symbol, cell.row)];
            m->included[m->first[t] + i] = !isnan(mark) && mark != 0;
        }
out:
    fct_panel_free(matched);
    return status;
}

/* ---- Groups ----------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The different values of the bars' cells, ascending. */
static fct_status list_values(const fct_market *m, const double *cells, double *values,
                              size_t *n_values, fct_error *err)
{
    *n_values = 0;
    for (size_t s = 0; s < m->bars->n_symbols; s++)
        for (int64_t r = 0; r < m->bars->symbol_rows[s]; r++) {
            double value = cells[fct_panel_cell_index(m->bars, s, r)];
            if (isnan(value) ||
                (*n_values && bsearch(&value, values, *n_values, sizeof value, by_value)))
                continue;
            if (*n_values == MAX_GROUPS)
                return fct_error_set(err, FCT_ERROR_LIMIT,
                                     "the column of groups has more than %d different values",
                                     MAX_GROUPS);
            size_t k = (*n_values)++;
            for (; k && values[k - 1] > value; k--)
                values[k] = values[k - 1];
            values[k] = value;
        }
    return FCT_OK;
}

static fct_status name_groups(fct_market *m, const fct_panel_column *column, const double *values,
                              size_t n_values, fct_error *err)
{
    m->group_names = calloc(n_values + 1, sizeof *m->group_names);
    if (!m->group_names)
        return fct_error_memory(err, n_values * sizeof *m->group_names);
    for (size_t g = 0; g < n_values; g++) {
        char number[FCT_NUMBER_SIZE];
        const char *name = number;
        if (column->type == FCT_PANEL_TEXT)
            name = column->texts[(size_t)values[g]];
        else if (column->type == FCT_PANEL_DOUBLE)
            fct_format_double(values[g], number);
        else
            fct_format_int64((int64_t)values[g], number);
        m->group_names[g] = fct_text_copy(name);
        if (!m->group_names[g])
            return fct_error_memory(err, strlen(name) + 1);
        m->n_groups++;
    }
    return FCT_OK;
}

fct_status fct_market_group(fct_market *m, const char *name, fct_error *err)
{
    const fct_panel_column *column = fct_panel_find_column(m->bars, name);
    if (!column)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the bars have no column %s to group by",
                             name);
    size_t n_items = m->first[m->n_times];
    size_t n_values;
    double *values = malloc(MAX_GROUPS * sizeof *values);
    m->groups = malloc((n_items + 1) * sizeof *m->groups);
    fct_status status = FCT_OK;
    if (!values || !m->groups) {
        status = fct_error_memory(err, n_items * sizeof *m->groups);
        goto out;
    }
    FCT_TRY_OUT(list_values(m, column->cells, values, &n_values, err));
    FCT_TRY_OUT(name_groups(m, column, values, n_values, err));
    for (size_t t = 0; t < m->n_times; t++)
        for (size_t i = 0; i < fct_market_rows(m, t); i++) {
            fct_panel_cell cell = fct_market_cell(m, t, i);
            double value = column->cells[fct_panel_cell_index(m->bars, cell.symbol, cell.row)];
            const double *found = isnan(value) || !n_values
                                      ? NULL
                                      : bsearch(&value, values, n_values, sizeof value, by_value);
            m->groups[m->first[t] + i] = found ? (uint32_t)(found - values) + 1 : 0;
        }
out:
    free(values);
    return status;
}
