/* How much memory the window kernels need. */
#include "ops/lag.h"
#include "ops/windows.h"

/* For kinds of so many components where all rows must be valid, and where they are counted. */
static size_t bytes(const fct_op_call *call, size_t n_strict, size_t n_counting)
{
    return fct_window_state_bytes(call, fct_window_is_strict(call) ? n_strict : n_counting);
}

size_t fct_state_sums(const fct_op_call *call)
{
    return bytes(call, 1, 2);
}

size_t fct_state_moments(const fct_op_call *call)
{
    return bytes(call, 2, 3);
}

size_t fct_state_extremes(const fct_op_call *call)
{
    return bytes(call, 2, 3);
}

size_t fct_state_pairs(const fct_op_call *call)
{
    return bytes(call, 5, 6);
}

size_t fct_state_weighted(const fct_op_call *call)
{
    return bytes(call, 1, 4);
}

/* ---- Of walks that several operators share ----------------------------------------------------- */

/* Of a walk of several, or of a mean and another side by side, which takes more. */
size_t fct_together_bytes_moments(const fct_op_call *call)
{
    return fct_state_sums(call) + fct_state_moments(call);
}

size_t fct_together_bytes_extremes(const fct_op_call *call)
{
    return bytes(call, 2, 3);
}

size_t fct_together_bytes_places(const fct_op_call *call)
{
    return bytes(call, 4, 5);
}

size_t fct_together_bytes_pairs(const fct_op_call *call)
{
    return fct_state_pairs(call);
}

size_t fct_together_bytes_trends(const fct_op_call *call)
{
    return fct_state_pairs(call);
}

/* ---- Of others -------------------------------------------------------------------------------- */

size_t fct_state_past(const fct_op_call *call)
{
    return fct_lag_bytes(fct_op_window(call));
}

/* The lagged rows of a call, the ring of them, and the window's. */
size_t fct_state_lagged(const fct_op_call *call)
{
    size_t lag = (size_t)fct_op_parameter_value(call, "lag");
    return fct_lag_bytes(FCT_OP_MAX_ROWS) + fct_lag_bytes(lag) + fct_state_pairs(call);
}

/* Six numbers of each lane. */
size_t fct_state_ewm(const fct_op_call *call)
{
    (void)call;
    return 6 * FCT_OP_LANES * sizeof(double);
}
