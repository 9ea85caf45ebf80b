/* One factor against the market: what it comes to at each time. */
#ifndef FCT_EVAL_FACTOR_H
#define FCT_EVAL_FACTOR_H

#include "eval/market.h"
#include "eval/series.h"

/*
 * Series over the times, NaN where a time has no value. With H horizons, Q quantiles, L lags, G groups, those of horizon h
 * and quantile q begin at (h * Q + q) * n_times, and so on.
 */
typedef struct fct_factor_series {
    double *ic, *pearson;    /* [H] */
    double *quantile_return; /* [H][Q] equal-weight mean */
    double *long_short;      /* [H] top less bottom */
    double *group_ic;        /* [H][G] */
    double *autocorrelation; /* [L] of ranks */
    double *turnover;        /* [L][Q] share of names that were not in it L times before */
    double *coverage;        /* share of the rows that have a value */
    uint32_t *n_pairs;       /* [H] rows with a value and a return */
    uint32_t *quantile_rows; /* [H][Q] */
    uint32_t *n_values;      /* rows with a value */
    double *all;             /* owns the doubles */
    uint32_t *all_counts;    /* owns the counts */
} fct_factor_series;

/* What is common to the factors of one evaluation. */
typedef struct fct_factor_pass {
    const fct_market *market;
    unsigned n_quantiles;
    const int64_t *lags;
    size_t n_lags;
    fct_rank_scratch *scratch;
    uint32_t *ranks; /* by item, of the present factor */
    uint8_t *labels; /* by item */
    const double *cells;
    fct_factor_series *series;
} fct_factor_pass;

fct_status fct_factor_series_new(const fct_factor_pass *pass, fct_factor_series *out,
                                 fct_error *err);
void fct_factor_series_free(fct_factor_series *series);

/* `pass` starts with market, n_quantiles, lags and n_lags; freed by fct_factor_pass_free. */
fct_status fct_factor_pass_open(fct_factor_pass *pass, fct_error *err);
void fct_factor_pass_free(fct_factor_pass *pass);

/* Fills `series` from the cells of a column with the keys of the bars. */
fct_status fct_factor_run(fct_factor_pass *pass, const double *cells, fct_factor_series *series,
                          fct_error *err);

#endif
