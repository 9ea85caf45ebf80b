/* Of ts_vr: windows of changes within a window of values. */
#ifndef FCT_OPS_CHANGES_H
#define FCT_OPS_CHANGES_H

#include "ops/kernels.h"

/* The window of the changes over `lag` rows that lie in a window of d: d - lag rows, of which two must be valid. */
static inline fct_op_call fct_changes_within(const fct_op_call *call, size_t lag)
{
    fct_op_call changes = *call;
    size_t d = fct_op_window(call);
    changes.parameters[0] = d > lag ? (double)(d - lag) : 1;
    changes.parameters[call->op->n_parameters - 1] = 2;
    return changes;
}

#endif
