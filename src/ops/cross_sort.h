/*
 * A cross-section in ascending order.
 *
 * Cells become 64-bit integers that have the order of the doubles, less the smallest of them and moved up as far as they
 * go; their low bits make room for the cell's index. Such integers sort without anything to carry along: short ones by
 * merging, long ones by their leading digits. Where the room cost digits that were needed, the cells concerned are
 * sorted once more by those.
 */
#ifndef FCT_OPS_CROSS_SORT_H
#define FCT_OPS_CROSS_SORT_H

#include "ops/ops.h"

typedef struct fct_sorted {
    size_t n;              /* valid cells; NaN and infinities are not */
    const uint32_t *order; /* their indices, of equal ones the first first */
    double *values;        /* their values, -0.0 as 0.0; the caller's to change */
    bool has_ties;
} fct_sorted;

size_t fct_cross_sort_bytes(size_t n);

/* In scratch of that size, aligned to 64. n is below 2^26. */
fct_sorted fct_cross_sort(const double *x, size_t n, void *scratch);

/* The value at `place` 0 ... n - 1, interpolated between neighbours; NaN of no values. */
double fct_sorted_at(const fct_sorted *sorted, double place);

double fct_sorted_median(const fct_sorted *sorted);

#endif
