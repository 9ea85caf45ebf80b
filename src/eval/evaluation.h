/* What an evaluation holds. */
#ifndef FCT_EVAL_EVALUATION_H
#define FCT_EVAL_EVALUATION_H

#include "eval/factor.h"

typedef struct fct_horizon_result {
    fct_series_summary ic, pearson, long_short;
    int64_t n_pairs;          /* rows with a value and a return, all times together */
    int64_t n_without_return; /* rows with a value alone */
    double long_short_total;  /* compounded, holdings that do not overlap */
} fct_horizon_result;

typedef struct fct_quantile_result {
    fct_series_summary returns;
    int64_t n_rows;
    double total; /* compounded */
} fct_quantile_result;

typedef struct fct_event_result {
    fct_series_summary returns;  /* from the price one trades at */
    fct_series_summary relative; /* less the mean of all rows of the time */
} fct_event_result;

typedef struct fct_factor_result {
    char *name;
    int64_t n_values;         /* rows that have one */
    int64_t n_times_left_out; /* fewer rows than quantiles */
    double coverage;
    fct_horizon_result *horizons;   /* [H] */
    fct_quantile_result *quantiles; /* [H][Q] */
    double *autocorrelation;        /* [L] */
    double *turnover;               /* [L][Q] */
    fct_series_summary *months;     /* [H][months] */
    fct_series_summary *hours;      /* [H][24] */
    fct_series_summary *groups;     /* [H][G] */
    fct_series_summary *decay;      /* [n_decay] */
    double *symbol_ic;              /* [H][symbols]; NULL: not asked for */
    int64_t *symbol_pairs;          /* ... from that many rows */
    fct_event_result *events;       /* [2][offsets]: large, then small values */
    int64_t n_events[2];
    fct_factor_series series; /* where kept */
} fct_factor_result;

struct fct_evaluation {
    size_t n_times, n_horizons, n_lags, n_quantiles, n_decay, n_symbols, n_groups, n_months;
    int64_t delay;
    int64_t *horizons;
    int64_t *lags; /* 1 and the horizons, ascending */
    int64_t *time_ms;
    size_t *month_first; /* n_months + 1: where each begins among the times */
    char **symbols, **groups;
    int events_before, events_after;
    double redundant_from;
    fct_factor_result *factors;
    size_t n_factors;
    double *correlation; /* [F][F]; NULL: not asked for */
    int64_t *correlation_times;
};

/* A request with its defaults filled in. */
typedef struct fct_evaluate_plan {
    fct_evaluate_request request;
    int64_t delay;
} fct_evaluate_plan;

/* Passes over all factors that are made where they are asked for; each fills its part of the results. */
fct_status fct_evaluate_decay(fct_evaluation *e, const fct_market *market,
                              const double *const *factors, fct_error *err);
fct_status fct_evaluate_symbols(fct_evaluation *e, const fct_market *market,
                                const double *const *factors, fct_error *err);
fct_status fct_evaluate_events(fct_evaluation *e, const fct_market *market,
                               const double *const *factors, double size, fct_error *err);
fct_status fct_evaluate_correlation(fct_evaluation *e, const fct_market *market,
                                    const double *const *factors, fct_error *err);

/*
 * (1 + x[0]) (1 + x[step]) ... - 1, where NaN counts as 0; NaN where all are. `path` (may be NULL) gets the value at those times,
 * NaN between.
 */
double fct_compound(const double *x, size_t n, size_t step, double *path);

#endif
