/* Sums and extremes over a cross-section. */
#include "ops/cross.h"
#include "ops/cross_cells.h"

/* Masks are -1 where they are set. */
FCT_INLINE size_t count_valid(const fct_mask *counts)
{
    int64_t n = 0;
    for (int i = 0; i < FCT_CELLS; i++)
        n -= counts[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES];
    return (size_t)n;
}

FCT_ARCH_FUNCTION(fct_cross_add_up,
                  (const double *x, size_t n, bool absolute, fct_cross_total *total),
                  (x, n, absolute, total))
{
    const int64_t bits = absolute ? INT64_MAX : -1;
    fct_cell_sums sums = {0};
    fct_mask counts[FCT_CELL_PARTS] = {0};
    fct_cells cells;
    for (size_t i = 0; i < n; i += FCT_CELLS) {
        fct_cells_load(&cells, x + i, n - i);
        FCT_EACH_PART(k)
        {
            fct_mask valid = FCT_IS_FINITE(cells.part[k]);
            fct_lanes kept = (fct_lanes)((fct_mask)cells.part[k] & valid & bits);
            fct_cell_sums_add(&sums, k, &kept);
            counts[k] += valid;
        }
    }
    *total = (fct_cross_total){fct_cell_sums_value(&sums), count_valid(counts)};
}

FCT_ARCH_FUNCTION(fct_cross_add_products,
                  (const double *x, const double *y, size_t n, fct_cross_dots *dots),
                  (x, y, n, dots))
{
    fct_cell_sums xy = {0}, yy = {0};
    fct_cells a, b;
    for (size_t i = 0; i < n; i += FCT_CELLS) {
        fct_cells_load(&a, x + i, n - i);
        fct_cells_load(&b, y + i, n - i);
        FCT_EACH_PART(k)
        {
            fct_mask valid = FCT_IS_FINITE(a.part[k]) & FCT_IS_FINITE(b.part[k]);
            fct_lanes product = (fct_lanes)((fct_mask)(a.part[k] * b.part[k]) & valid);
            fct_lanes square = (fct_lanes)((fct_mask)(b.part[k] * b.part[k]) & valid);
            fct_cell_sums_add(&xy, k, &product);
            fct_cell_sums_add(&yy, k, &square);
        }
    }
    *dots = (fct_cross_dots){fct_cell_sums_value(&xy).high, fct_cell_sums_value(&yy).high};
}

FCT_ARCH_FUNCTION(fct_cross_add_squares,
                  (const double *x, size_t n, const fct_sum *mean, double scale, double *squares),
                  (x, n, mean, scale, squares))
{
    fct_cell_sums sums = {0};
    fct_cells cells;
    for (size_t i = 0; i < n; i += FCT_CELLS) {
        fct_cells_load(&cells, x + i, n - i);
        FCT_EACH_PART(k)
        {
            fct_lanes apart = ((cells.part[k] - mean->high) - mean->low) * scale;
            fct_lanes square =
                (fct_lanes)((fct_mask)(apart * apart) & FCT_IS_FINITE(cells.part[k]));
            fct_cell_sums_add(&sums, k, &square);
        }
    }
    *squares = fct_cell_sums_value(&sums).high;
}

FCT_ARCH_FUNCTION(fct_cross_find_range, (const double *x, size_t n, fct_cross_extremes *range),
                  (x, n, range))
{
    const fct_lanes top = FCT_ALL((double)INFINITY);
    fct_lanes low[FCT_CELL_PARTS], high[FCT_CELL_PARTS];
    fct_mask counts[FCT_CELL_PARTS] = {0};
    fct_cells cells;
    FCT_EACH_PART(k)
    {
        low[k] = top;
        high[k] = -top;
    }
    for (size_t i = 0; i < n; i += FCT_CELLS) {
        fct_cells_load(&cells, x + i, n - i);
        FCT_EACH_PART(k)
        {
            fct_lanes cell = cells.part[k] + 0.0; /* -0.0 is 0.0 */
            fct_mask valid = FCT_IS_FINITE(cell);
            low[k] = FCT_SELECT(valid & (cell < low[k]), cell, low[k]);
            high[k] = FCT_SELECT(valid & (cell > high[k]), cell, high[k]);
            counts[k] += valid;
        }
    }
    *range = (fct_cross_extremes){INFINITY, -INFINITY, count_valid(counts)};
    for (int i = 0; i < FCT_CELLS; i++) {
        double lowest = low[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES];
        double highest = high[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES];
        range->low = lowest < range->low ? lowest : range->low;
        range->high = highest > range->high ? highest : range->high;
    }
    if (!range->n)
        range->low = range->high = NAN;
}
