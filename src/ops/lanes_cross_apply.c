/* Cells of a cross-section from its figures. */
#include "ops/cross.h"
#include "ops/cross_cells.h"

/* Writes `value`, an expression of the lanes x, to all cells. */
#define WRITE_CELLS(value)                                                                         \
    for (size_t i = 0; i < n; i += FCT_CELLS) {                                                    \
        fct_cells cells, values;                                                                   \
        fct_cells_load(&cells, x_cells + i, n - i);                                                \
        FCT_EACH_PART(k)                                                                           \
        {                                                                                          \
            fct_lanes x = cells.part[k];                                                           \
            values.part[k] = (value) + (x - x);                                                    \
        }                                                                                          \
        fct_cells_store(out + i, &values, &cells, n - i);                                          \
    }

FCT_ARCH_FUNCTION(fct_cross_fill, (const double *x_cells, double *out, size_t n, double value),
                  (x_cells, out, n, value)){WRITE_CELLS(value)}

FCT_ARCH_FUNCTION(fct_cross_centre_by,
                  (const double *x_cells, double *out, size_t n, const fct_sum *mean,
                   double divisor),
                  (x_cells, out, n, mean, divisor)){
    WRITE_CELLS(((x - mean->high) - mean->low) / divisor)}

FCT_ARCH_FUNCTION(fct_cross_scale,
                  (const double *x_cells, double *out, size_t n, double factor, double divisor),
                  (x_cells, out, n, factor, divisor)){WRITE_CELLS(x * factor / divisor)}

FCT_ARCH_FUNCTION(fct_cross_clamp,
                  (const double *x_cells, double *out, size_t n, double low, double high),
                  (x_cells, out, n, low, high))
{
    if (isnan(low) || isnan(high)) {
        WRITE_CELLS(NAN)
        return;
    }
    const fct_lanes lows = FCT_ALL(low), highs = FCT_ALL(high);
    WRITE_CELLS(FCT_SELECT(x < lows, lows, FCT_SELECT(x > highs, highs, x)))
}

FCT_ARCH_FUNCTION(fct_cross_subtract,
                  (const double *x, const double *y, double *out, size_t n, double factor),
                  (x, y, out, n, factor))
{
    fct_cells cells, other;
    for (size_t i = 0; i < n; i += FCT_CELLS) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_load(&other, y + i, n - i);
        FCT_EACH_PART(k)
        other.part[k] = cells.part[k] - factor * other.part[k];
        fct_cells_store(out + i, &other, &cells, n - i);
    }
}
