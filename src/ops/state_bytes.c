/* How much memory the rolling kernels need that look at a window's shape, path and order, or at the last values. */
#include "ops/changes.h"
#include "ops/order.h"
#include "ops/windows.h"

enum { ROW = FCT_OP_LANES * sizeof(double) }; /* a vector of a whole tile */

size_t fct_state_nothing(const fct_op_call *call)
{
    (void)call;
    return 0;
}

size_t fct_state_last(const fct_op_call *call)
{
    (void)call;
    return 4 * ROW;
}

/* The next place of each lane, then the newest k values and their rows. */
size_t fct_state_newest(const fct_op_call *call)
{
    return ROW + (size_t)call->parameters[1] * 2 * ROW;
}

size_t fct_state_shape(const fct_op_call *call)
{
    return fct_window_state_bytes(call, 5);
}

size_t fct_state_path(const fct_op_call *call)
{
    return fct_window_state_bytes(call, 6);
}

size_t fct_state_ratio(const fct_op_call *call)
{
    fct_op_call over_k = fct_changes_within(call, (size_t)call->parameters[1]);
    fct_op_call over_1 = fct_changes_within(call, 1);
    return (1 + 4 * FCT_OP_MAX_ROWS + fct_op_window(call)) * ROW +
           fct_window_state_bytes(&over_k, 3) + fct_window_state_bytes(&over_1, 3);
}

/* How many are valid, then the window's values and ranks. */
size_t fct_state_rank_corr(const fct_op_call *call)
{
    return ROW + fct_op_window(call) * 4 * ROW;
}
