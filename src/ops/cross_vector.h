/*
 * Eight cells of a cross-section at once, for code under FCT_CLONES. A cell is valid where it is finite; what is
 * written is finite or NaN. Vectors go by address: clones pass them in different ways.
 */
#ifndef FCT_OPS_CROSS_VECTOR_H
#define FCT_OPS_CROSS_VECTOR_H

#include <math.h>
#include <string.h>

#include "base/sum.h"
#include "base/vector.h"

#define FCT_ALWAYS_INLINE static inline __attribute__((always_inline))

/* The cells at `x` of which `n_left` are left; past the end they are NaN. */
FCT_ALWAYS_INLINE void fct_cells_load(fct_f64x8 *cells, const double *x, size_t n_left)
{
    if (n_left >= 8) {
        *cells = *(const fct_f64x8_unaligned *)x;
        return;
    }
    *cells = (fct_f64x8){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    memcpy(cells, x, n_left * sizeof *x);
}

/* All bits set where the cell is finite. */
FCT_ALWAYS_INLINE void fct_cells_valid(fct_i64x8 *mask, const fct_f64x8 *cells)
{
    *mask = (*cells - *cells) == 0;
}

/* `value` where the mask is set, else 0. */
FCT_ALWAYS_INLINE void fct_cells_keep(fct_f64x8 *value, const fct_i64x8 *mask)
{
    *value = (fct_f64x8)((fct_i64x8)*value & *mask);
}

/* Stores the values where the mask is set and they are finite; NaN elsewhere. */
FCT_ALWAYS_INLINE void fct_cells_store(double *out, const fct_f64x8 *values, const fct_i64x8 *mask,
                                       size_t n_left)
{
    const fct_f64x8 missing = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    fct_i64x8 valid;
    fct_cells_valid(&valid, values);
    valid &= *mask;
    fct_f64x8 result = (fct_f64x8)(((fct_i64x8)*values & valid) | ((fct_i64x8)missing & ~valid));
    if (n_left >= 8)
        *(fct_f64x8_unaligned *)out = result;
    else
        memcpy(out, &result, n_left * sizeof *out);
}

/* Eight compensated sums, lane by lane as fct_sum_add. */
typedef struct fct_sum_x8 {
    fct_f64x8 high, low;
} fct_sum_x8;

FCT_ALWAYS_INLINE void fct_sum_x8_add(fct_sum_x8 *sum, const fct_f64x8 *x)
{
    fct_f64x8 total = sum->high + *x;
    fct_f64x8 part = total - sum->high;
    sum->low += (sum->high - (total - part)) + (*x - part);
    sum->high = total;
}

/* The lanes, added in their order. */
FCT_ALWAYS_INLINE fct_sum fct_sum_x8_value(const fct_sum_x8 *lanes)
{
    fct_sum sum = {0, 0};
    for (int i = 0; i < 8; i++)
        fct_sum_add_sum(&sum, (fct_sum){lanes->high[i], lanes->low[i]});
    fct_sum_normalise(&sum);
    return sum;
}

#endif
