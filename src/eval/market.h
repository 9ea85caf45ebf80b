/* What all factors of an evaluation are held against: cross-sections by time, forward returns, their ranks. */
#ifndef FCT_EVAL_MARKET_H
#define FCT_EVAL_MARKET_H

#include "base/run.h"
#include "eval/rank.h"
#include "panel/panel.h"

/* Times that one thread takes at once. */
enum { FCT_TIMES_A_BLOCK = 32 };

/* The forward returns of one horizon. Items lie time by time: those of time t at first[t] .. first[t + 1]. */
typedef struct fct_forward {
    int64_t delay, horizon;
    double *returns; /* NaN where there is none; owns order and ranks */
    uint32_t *order; /* rows within their time, ascending; n_valid[t] of them */
    uint32_t *ranks; /* doubled; 0 where there is none */
    uint32_t *n_valid;
} fct_forward;

/* What the forward returns of one row take. */
enum { FCT_FORWARD_BYTES = sizeof(double) + 2 * sizeof(uint32_t) };

typedef struct fct_market {
    fct_job *job;
    const struct fct_panel *bars;
    const double *prices;     /* cells; NaN where missing or not above 0 */
    double *clean_prices;     /* owns `prices` where some had to be taken out */
    size_t n_times, max_rows; /* of one time */
    size_t *first;            /* n_times + 1 */
    fct_forward *forwards;
    size_t n_forwards;
    uint8_t *included; /* by item: whether the universe has the row; NULL: all */
    uint32_t *groups;  /* by item: number of its group + 1, 0: none; NULL: no groups */
    char **group_names;
    size_t n_groups;
} fct_market;

/* Starts as {.job, .bars}; freed by fct_market_free. */
fct_status fct_market_open(fct_market *market, const char *price_column, fct_error *err);

/* Adds and fills forwards for each horizon. */
fct_status fct_market_forward(fct_market *market, int64_t delay, const int64_t *horizons,
                              size_t n_horizons, fct_error *err);

/* Leaves out what the first column of `universe` does not mark with a number other than 0. */
fct_status fct_market_include(fct_market *market, const fct_panel *universe, fct_error *err);

/* Groups by the values of a column of the bars. */
fct_status fct_market_group(fct_market *market, const char *column, fct_error *err);
void fct_market_free(fct_market *market);

/* Where an item of a time lies in the panel. */
static inline fct_panel_cell fct_market_cell(const fct_market *market, size_t time, size_t item)
{
    const struct fct_panel *bars = market->bars;
    return bars->shared_grid ? (fct_panel_cell){(uint32_t)item, (uint32_t)time}
                             : bars->time_cells[market->first[time] + item];
}

static inline size_t fct_market_rows(const fct_market *market, size_t time)
{
    return market->first[time + 1] - market->first[time];
}

/* P[row + delay + horizon] / P[row + delay] - 1 of a symbol; NaN where there is none. */
double fct_market_return(const fct_market *market, fct_panel_cell cell, int64_t delay,
                         int64_t horizon);

/* The same for all items of a time. */
void fct_market_returns(const fct_market *market, size_t time, int64_t delay, int64_t horizon,
                        double *out);

/* One time of a column, item by item; NaN outside the universe. */
void fct_market_gather(const fct_market *market, const double *cells, size_t time, double *out);

/* Scratch of one thread for rank kernels: room for max_rows items each, pairs for twice as many; keys for fct_rank_order. */
typedef struct fct_rank_scratch {
    void *keys;
    double *values, *other_values, *pairs;
    uint32_t *order, *ranks, *other_ranks, *mask, *previous;
    uint8_t *labels;
} fct_rank_scratch;

/* One for each thread; freed by fct_rank_scratch_free. */
fct_status fct_rank_scratch_new(const fct_market *market, fct_rank_scratch **out, fct_error *err);
void fct_rank_scratch_free(fct_rank_scratch *scratch, const fct_market *market);

/* Runs work(block) over all blocks of times. */
fct_status fct_market_each_block(const fct_market *market,
                                 fct_status (*work)(size_t block, int thread, void *context,
                                                    fct_error *err),
                                 void *context, fct_error *err);

/* The times of a block. */
static inline size_t fct_block_first(size_t block)
{
    return block * FCT_TIMES_A_BLOCK;
}

static inline size_t fct_block_end(const fct_market *market, size_t block)
{
    size_t end = (block + 1) * FCT_TIMES_A_BLOCK;
    return end < market->n_times ? end : market->n_times;
}

#endif
