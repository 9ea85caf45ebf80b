/* Sums over a window, and means. */
#ifndef FCT_OPS_SUMS_H
#define FCT_OPS_SUMS_H

#include "ops/windows.h"

/* Adds a cell; one that is missing changes nothing where not all need be valid. */
FCT_INLINE void fct_sum_add(const fct_window *w, fct_lanes *sum, const fct_lanes *x)
{
    *sum += w->is_strict ? *x : FCT_SELECT(*x == *x, *x, FCT_ALL(0.0));
}

/* A window's sum becomes its mean; n_valid matters where not all are. */
FCT_INLINE void fct_sum_to_mean(const fct_window *w, const fct_lanes *n_valid, fct_lanes *sum)
{
    *sum /= w->is_strict ? FCT_ALL(w->d) : *n_valid;
}

#endif
