/* A row beside the one d rows ago. */
#include "ops/lag.h"
#include "ops/windows.h"

/* Every cell of `out`, which holds the past, from it and the present. */
FCT_INLINE void with_past(void (*combine)(const fct_lanes *now, fct_lanes *cell),
                          const double *series, double *out, size_t n_rows)
{
    for (size_t i = 0; i < n_rows * FCT_OP_LANES; i += FCT_ARCH_LANES) {
        const fct_lanes now = *(const fct_lanes_unaligned *)(series + i);
        fct_lanes cell = *(const fct_lanes_unaligned *)(out + i);
        combine(&now, &cell);
        fct_lanes_purify(&cell);
        *(fct_lanes_unaligned *)(out + i) = cell;
    }
}

FCT_INLINE void past_alone(const fct_lanes *now, fct_lanes *cell)
{
    (void)now;
    (void)cell;
}

FCT_INLINE void difference(const fct_lanes *now, fct_lanes *cell)
{
    *cell = *now - *cell;
}

FCT_INLINE void returned(const fct_lanes *now, fct_lanes *cell)
{
    *cell = *now / *cell - FCT_ALL(1.0);
}

FCT_INLINE void quotient(const fct_lanes *now, fct_lanes *cell)
{
    *cell = *now / *cell;
}

FCT_ROLLING_KERNEL(ts_shift)
{
    fct_lag(state, fct_op_window(call), row, series[0], out, n_rows);
    with_past(past_alone, series[0], out, n_rows);
}

FCT_ROLLING_KERNEL(ts_delta)
{
    fct_lag(state, fct_op_window(call), row, series[0], out, n_rows);
    with_past(difference, series[0], out, n_rows);
}

FCT_ROLLING_KERNEL(ts_returns)
{
    fct_lag(state, fct_op_window(call), row, series[0], out, n_rows);
    with_past(returned, series[0], out, n_rows);
}

FCT_ROLLING_KERNEL(ts_log_returns)
{
    fct_lag(state, fct_op_window(call), row, series[0], out, n_rows);
    with_past(quotient, series[0], out, n_rows);
    for (size_t i = 0; i < n_rows * FCT_OP_LANES; i++)
        out[i] = out[i] > 0 ? log(out[i]) : NAN;
}
