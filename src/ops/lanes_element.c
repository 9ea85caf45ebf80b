/* Element-wise operators: a cell from the same cell of the arguments. */
#include "ops/windows.h"

/* ---- The loop: cells of all series in registers before one is written, so `out` may be a series ---- */

typedef void element_cell(const fct_lanes *s, size_t n_series, fct_lanes *out);

FCT_INLINE void element_block(element_cell *cell, size_t n_series, const double *const *series,
                              size_t at, double *out)
{
    fct_lanes s[FCT_OP_MAX_SERIES];
    fct_lanes result;
    s[0] = *(const fct_lanes_unaligned *)(series[0] + at);
    for (size_t k = 1; k < n_series; k++)
        s[k] = *(const fct_lanes_unaligned *)(series[k] + at);
    cell(s, n_series, &result);
    fct_lanes_purify(&result);
    *(fct_lanes_unaligned *)out = result;
}

FCT_INLINE void element_run(element_cell *cell, size_t n_series, const double *const *series,
                            double *out, size_t n_cells)
{
    size_t n_whole = n_cells - n_cells % FCT_ARCH_LANES;
    for (size_t i = 0; i < n_whole; i += FCT_ARCH_LANES)
        element_block(cell, n_series, series, i, out + i);
    if (n_whole == n_cells)
        return;
    double rest[FCT_OP_MAX_SERIES][FCT_ARCH_LANES] = {{0}};
    const double *padded[FCT_OP_MAX_SERIES] = {rest[0]};
    double result[FCT_ARCH_LANES];
    for (size_t k = 0; k < n_series; k++) {
        padded[k] = rest[k];
        for (size_t i = n_whole; i < n_cells; i++)
            rest[k][i - n_whole] = series[k][i];
    }
    element_block(cell, n_series, padded, 0, result);
    for (size_t i = n_whole; i < n_cells; i++)
        out[i] = result[i - n_whole];
}

/* x, y, z and u are the cells of the series; the value's Inf becomes NaN. */
#define ELEMENT_KERNEL(name, n_series, value)                                                      \
    FCT_INLINE void name##_cell(const fct_lanes *s, size_t n, fct_lanes *out)                      \
    {                                                                                              \
        (void)n;                                                                                   \
        const fct_lanes x = s[0];                                                                  \
        const fct_lanes y __attribute__((unused)) = s[n_series > 1 ? 1 : 0];                       \
        const fct_lanes z __attribute__((unused)) = s[n_series > 2 ? 2 : 0];                       \
        const fct_lanes u __attribute__((unused)) = s[n_series > 3 ? 3 : 0];                       \
        *out = value;                                                                              \
    }                                                                                              \
    FCT_ELEMENT_KERNEL(name)                                                                       \
    {                                                                                              \
        (void)call;                                                                                \
        element_run(name##_cell, n_series, series, out, n_cells);                                  \
    }

#define ZERO FCT_ALL(0.0)
#define ONE FCT_ALL(1.0)

/* NaN where a is, else 0. */
#define BLANK(a) ((a) - (a))

/* ---- Arithmetic ----------------------------------------------------------------------------------- */

ELEMENT_KERNEL(add, 2, x + y)
ELEMENT_KERNEL(subtract, 2, x - y)
ELEMENT_KERNEL(multiply, 2, x *y)
ELEMENT_KERNEL(divide, 2, x / y)
ELEMENT_KERNEL(negate, 1, -x)
ELEMENT_KERNEL(inverse, 1, ONE / x)
ELEMENT_KERNEL(abs, 1, FCT_SELECT(x < ZERO, -x, x))
ELEMENT_KERNEL(sign, 1, FCT_ONE_IF(x > ZERO) - FCT_ONE_IF(x < ZERO) + BLANK(x))

FCT_INLINE void sqrt_cell(const fct_lanes *s, size_t n_series, fct_lanes *out)
{
    (void)n_series;
    *out = s[0];
    fct_lanes_sqrt(out);
}

FCT_ELEMENT_KERNEL(sqrt)
{
    (void)call;
    element_run(sqrt_cell, 1, series, out, n_cells);
}

/* ---- Comparisons and logic: 1, 0, or NaN where an operand is --------------------------------------- */

ELEMENT_KERNEL(less, 2, FCT_ONE_IF(x < y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(less_equal, 2, FCT_ONE_IF(x <= y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(greater, 2, FCT_ONE_IF(x > y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(greater_equal, 2, FCT_ONE_IF(x >= y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(equal, 2, FCT_ONE_IF(x == y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(not_equal, 2, FCT_ONE_IF(x != y) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(logical_and, 2, FCT_ONE_IF((x != ZERO) & (y != ZERO)) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(logical_or, 2, FCT_ONE_IF((x != ZERO) | (y != ZERO)) + BLANK(x) + BLANK(y))
ELEMENT_KERNEL(logical_not, 1, FCT_ONE_IF(x == ZERO) + BLANK(x))
ELEMENT_KERNEL(if_else, 3, FCT_SELECT(x != ZERO, y, z) + BLANK(x))

/* ---- Missing values -------------------------------------------------------------------------------- */

ELEMENT_KERNEL(is_nan, 1, FCT_ONE_IF(x != x))
ELEMENT_KERNEL(nan_to, 2, FCT_SELECT(x == x, x, y))
ELEMENT_KERNEL(purify, 1, x)

/* ---- Limits ---------------------------------------------------------------------------------------- */

/* Not below y; then not above z, which so wins where y > z. */
#define NOT_BELOW(a, limit) FCT_SELECT((a) < (limit), limit, a)
#define NOT_ABOVE(a, limit) FCT_SELECT((a) > (limit), limit, a)
ELEMENT_KERNEL(clip, 3, NOT_ABOVE(NOT_BELOW(x, y), z) + BLANK(y) + BLANK(z))
ELEMENT_KERNEL(tail, 4, FCT_SELECT((x >= y) & (x <= z), u, x) + BLANK(y) + BLANK(z))

FCT_INLINE void min_cell(const fct_lanes *s, size_t n_series, fct_lanes *out)
{
    *out = s[0];
    for (size_t k = 1; k < n_series; k++)
        *out = NOT_ABOVE(*out, s[k]) + BLANK(s[k]);
}

FCT_INLINE void max_cell(const fct_lanes *s, size_t n_series, fct_lanes *out)
{
    *out = s[0];
    for (size_t k = 1; k < n_series; k++)
        *out = NOT_BELOW(*out, s[k]) + BLANK(s[k]);
}

FCT_ELEMENT_KERNEL(min)
{
    element_run(min_cell, call->n_series, series, out, n_cells);
}

FCT_ELEMENT_KERNEL(max)
{
    element_run(max_cell, call->n_series, series, out, n_cells);
}
