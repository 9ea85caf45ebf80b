/*
 * Eight cells of a cross-section at once, in lanes_cross_*.c. A cell is valid where it is finite; what is written is finite or
 * NaN. Sums keep one lane for each of eight cells, whatever the width of the registers.
 */
#ifndef FCT_OPS_CROSS_CELLS_H
#define FCT_OPS_CROSS_CELLS_H

#include <string.h>

#include "ops/lanes.h"

enum { FCT_CELLS = 8, FCT_CELL_PARTS = FCT_CELLS / FCT_ARCH_LANES };

typedef struct fct_cells {
    fct_lanes part[FCT_CELL_PARTS];
} fct_cells;

#define FCT_EACH_PART(k) for (int k = 0; k < FCT_CELL_PARTS; k++)

/* The cells at `x` of which `n_left` are left; past the end they are NaN. */
FCT_INLINE void fct_cells_load(fct_cells *cells, const double *x, size_t n_left)
{
    double rest[FCT_CELLS];
    if (n_left < FCT_CELLS) {
        for (size_t i = 0; i < FCT_CELLS; i++)
            rest[i] = i < n_left ? x[i] : NAN;
        x = rest;
    }
    FCT_EACH_PART(k)
    cells->part[k] = *(const fct_lanes_unaligned *)(x + k * FCT_ARCH_LANES);
}

/* Stores the values where they and x are finite; NaN elsewhere. `values` is used up. */
FCT_INLINE void fct_cells_store(double *out, fct_cells *values, const fct_cells *x, size_t n_left)
{
    FCT_EACH_PART(k)
    {
        fct_mask valid = FCT_IS_FINITE(values->part[k]) & FCT_IS_FINITE(x->part[k]);
        values->part[k] = FCT_SELECT(valid, values->part[k], FCT_MISSING);
    }
    if (n_left < FCT_CELLS)
        memcpy(out, values, n_left * sizeof *out);
    else
        FCT_EACH_PART(k)
    *(fct_lanes_unaligned *)(out + k * FCT_ARCH_LANES) = values->part[k];
}

/* Compensated sums, lane by lane as fct_sum_add. */
typedef struct fct_cell_sums {
    fct_lanes high[FCT_CELL_PARTS], low[FCT_CELL_PARTS];
} fct_cell_sums;

FCT_INLINE void fct_cell_sums_add(fct_cell_sums *sums, int k, const fct_lanes *x)
{
    fct_lanes total = sums->high[k] + *x;
    fct_lanes part = total - sums->high[k];
    sums->low[k] += (sums->high[k] - (total - part)) + (*x - part);
    sums->high[k] = total;
}

/* The lanes, added in their order. */
FCT_INLINE fct_sum fct_cell_sums_value(const fct_cell_sums *sums)
{
    fct_sum sum = {0, 0};
    for (int i = 0; i < FCT_CELLS; i++)
        fct_sum_add_sum(&sum, (fct_sum){sums->high[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES],
                                        sums->low[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES]});
    fct_sum_normalise(&sum);
    return sum;
}

#endif
