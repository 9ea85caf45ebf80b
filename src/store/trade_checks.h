/* Kernels that look at columns of trades: is every row good, and do rows follow in order? */
#ifndef FCT_STORE_TRADE_CHECKS_H
#define FCT_STORE_TRADE_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether every price is above 0, every quantity at least 0, and both are finite. */
bool fct_trades_are_good(const double *price, const double *quantity, int64_t n_rows);

/* Whether every number is in [low, high). */
bool fct_times_are_within(const int64_t *time, int64_t low, int64_t high, int64_t n_rows);

/* out[i] = time[i] × multiplier, or / divisor; one of the two is 1, and nothing overflows. */
void fct_times_convert(const int64_t *time, int64_t multiplier, int64_t divisor, int64_t *out,
                       int64_t n_rows);

/* Whether each row comes at or behind the (time, id) of the row before it; `id` may be NULL. */
bool fct_times_are_in_order(const int64_t *time, const int64_t *id, int64_t n_rows);

#endif
