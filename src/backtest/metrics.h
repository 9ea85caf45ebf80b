/* What an equity curve comes to. */
#ifndef FCT_BACKTEST_METRICS_H
#define FCT_BACKTEST_METRICS_H

#include <stddef.h>
#include <stdint.h>

/* NaN where there are too few steps, or nothing to divide by. docs/backtest.md defines each. */
typedef struct fct_metrics {
    int64_t n_steps;
    double total_return, annual_return, volatility, sharpe, sortino, max_drawdown, calmar;
    double value_at_risk, conditional_value_at_risk, win_rate, profit_factor;
} fct_metrics;

/* equity[i] after step i, from `capital` on; steps_per_year for what is annual. `scratch` has room for n values. */
void fct_metrics_make(const double *equity, size_t n, double capital, double steps_per_year,
                      double *scratch, fct_metrics *out);

/* The linear p-quantile of values without NaN, which change places. */
double fct_quantile(double *values, size_t n, double p);

#endif
