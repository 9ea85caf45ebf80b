/* How many cells of a cross-section are smaller, for each: the fastest way to ranks while there are few cells. */
#ifndef FCT_OPS_CROSS_COUNT_H
#define FCT_OPS_CROSS_COUNT_H

#include "ops/ops.h"

/* Up to this many cells; measured. */
enum { FCT_COUNT_MOST = 256 };

/*
 * Sets smaller[i] for the valid cells, and anything for others, and *n_valid to how many are valid; SIZE_MAX where two
 * valid cells are equal or too near to one another for this method, which then says nothing.
 */
void fct_cross_count_smaller(const double *x, size_t n, int32_t *smaller, size_t *n_valid);

#endif
