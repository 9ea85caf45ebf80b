/* Cells of a cross-section from its figures. */
#include "ops/cross.h"
#include "ops/cross_vector.h"

FCT_CLONES
void fct_cross_fill(const double *x, double *out, size_t n, double value)
{
    fct_i64x8 valid;
    fct_f64x8 cells;
    const fct_f64x8 values = (fct_f64x8){0} + value;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        fct_cells_store(out + i, &values, &valid, n - i);
    }
}

FCT_CLONES
void fct_cross_centre(const double *x, double *out, size_t n, fct_sum mean, double divisor)
{
    fct_i64x8 valid;
    fct_f64x8 cells;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        cells = ((cells - mean.high) - mean.low) / divisor;
        fct_cells_store(out + i, &cells, &valid, n - i);
    }
}

FCT_CLONES
void fct_cross_scale(const double *x, double *out, size_t n, double factor, double divisor)
{
    fct_i64x8 valid;
    fct_f64x8 cells;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        cells = cells * factor / divisor;
        fct_cells_store(out + i, &cells, &valid, n - i);
    }
}

FCT_CLONES
void fct_cross_subtract(const double *x, const double *y, double *out, size_t n, double factor)
{
    fct_i64x8 valid;
    fct_f64x8 cells, other;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_load(&other, y + i, n - i);
        fct_cells_valid(&valid, &cells);
        cells -= factor * other;
        fct_cells_store(out + i, &cells, &valid, n - i);
    }
}

FCT_CLONES
void fct_cross_clamp(const double *x, double *out, size_t n, double low, double high)
{
    fct_i64x8 valid;
    fct_f64x8 cells;
    const fct_i64x8 is_missing = (fct_i64x8){0} - (isnan(low) || isnan(high));
    const fct_f64x8 lows = (fct_f64x8){0} + low, highs = (fct_f64x8){0} + high;
    for (size_t i = 0; i < n; i += 8) {
        fct_cells_load(&cells, x + i, n - i);
        fct_cells_valid(&valid, &cells);
        valid &= ~is_missing;
        fct_f64x8_keep_larger(&cells, &lows);
        fct_f64x8_keep_smaller(&cells, &highs);
        fct_cells_store(out + i, &cells, &valid, n - i);
    }
}
