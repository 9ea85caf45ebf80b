/* What a backtest holds. */
#ifndef FCT_BACKTEST_BACKTEST_H
#define FCT_BACKTEST_BACKTEST_H

#include "backtest/metrics.h"
#include "backtest/simulate.h"

/* One way through time, and what it comes to. */
typedef struct fct_backtest_path {
    fct_account account;
    fct_metrics metrics;
    double turnover; /* mean over the times that trade of what is traded over equity */
    double capacity; /* the equity at which 95 of 100 trades stay within the volume share */
} fct_backtest_path;

/* One factor: with its costs, and the same without any. */
typedef struct fct_backtest_factor {
    char *name;
    fct_backtest_path net, gross;
} fct_backtest_factor;

struct fct_backtest {
    size_t n_times, n_symbols, n_factors;
    int64_t *time_ms;
    char **symbols;
    double capital;
    fct_backtest_factor *factors;
};

#endif
