#include "store/trade_checks.h"

#include <float.h>
#include <stddef.h>

#include "base/vector.h"

/* Answers are gathered in 64 bits, as wide as what is looked at, without a branch: so loops become vectors. */

FCT_CLONES bool fct_trades_are_good(const double *price, const double *quantity, int64_t n_rows)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        bad |= (int64_t) !(price[i] > 0) | (int64_t) !(price[i] <= DBL_MAX);
        bad |= (int64_t) !(quantity[i] >= 0) | (int64_t) !(quantity[i] <= DBL_MAX);
    }
    return !bad;
}

FCT_CLONES bool fct_times_are_within(const int64_t *time, int64_t low, int64_t high, int64_t n_rows)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n_rows; i++)
        bad |= (int64_t)(time[i] < low) | (int64_t)(time[i] >= high);
    return !bad;
}

FCT_CLONES void fct_times_convert(const int64_t *time, int64_t multiplier, int64_t divisor,
                                  int64_t *out, int64_t n_rows)
{
    if (divisor == 1)
        for (int64_t i = 0; i < n_rows; i++)
            out[i] = time[i] * multiplier;
    else
        for (int64_t i = 0; i < n_rows; i++)
            out[i] = time[i] / divisor;
}

FCT_CLONES bool fct_times_are_in_order(const int64_t *time, const int64_t *id, int64_t n_rows)
{
    int64_t bad = 0;
    if (!id)
        for (int64_t i = 1; i < n_rows; i++)
            bad |= (int64_t)(time[i] < time[i - 1]);
    else
        for (int64_t i = 1; i < n_rows; i++)
            bad |= (int64_t)(time[i] < time[i - 1]) |
                   ((int64_t)(time[i] == time[i - 1]) & (int64_t)(id[i] < id[i - 1]));
    return !bad;
}
