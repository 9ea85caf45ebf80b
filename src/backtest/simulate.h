/* Trading weights through time: quantities, cash, costs. Money is made and lost by prices and costs alone. */
#ifndef FCT_BACKTEST_SIMULATE_H
#define FCT_BACKTEST_SIMULATE_H

#include "backtest/weights.h"

/* The rules of one simulation, resolved. */
typedef struct fct_trading {
    const fct_market *market;
    fct_weight_rule rule;
    size_t delay, every;
    double capital, buy_cost, sell_cost, turnover_cap; /* infinite: none */
    double volume_share;
    const double *funding; /* cells; NULL: none */
    const double *volumes; /* cells; NULL: none */
} fct_trading;

typedef struct fct_trade {
    int64_t time_ms;
    uint32_t symbol;
    double quantity, price, cost;
} fct_trade;

typedef struct fct_position {
    int64_t time_ms;
    uint32_t symbol;
    double quantity, price, weight;
} fct_position;

/* What each time came to; [n_times]. Lists grow where asked for. */
typedef struct fct_account {
    double *equity, *traded, *cost, *funding, *long_value, *short_value;
    uint32_t *n_positions;
    double *all;
    bool keep_trades, keep_positions;
    fct_trade *trades;
    fct_position *positions;
    size_t n_trades, trades_capacity, n_positions_kept, positions_capacity;
    double *
        capacities; /* of each trade with a volume: equity at which it is volume_share of the bar's */
    size_t n_capacities, capacities_capacity;
    int64_t n_fills, n_closed; /* trades; of them, positions of symbols that disappeared */
    double total_cost, total_funding;
    double worst_error; /* of the identity, relative to the capital */
    size_t ruined_at;   /* the time at which nothing was left; n_times: never */
} fct_account;

/* What an account holds of each time. */
enum { FCT_ACCOUNT_TIME_BYTES = 6 * sizeof(double) + sizeof(uint32_t) };

fct_status fct_account_new(size_t n_times, fct_account *account, fct_error *err);
void fct_account_free(fct_account *account);

/* One for each trade is much; their quantile is all that is kept. */
void fct_account_forget_capacities(fct_account *account);

/* Runs a signal's cells through time. FCT_ERROR_INTERNAL where a step's money does not add up. */
fct_status fct_trading_run(const fct_trading *trading, const double *signal, fct_account *account,
                           fct_error *err);

#endif
