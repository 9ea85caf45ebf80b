/*
 * Element-wise operators of the C library's functions, one cell at a time: they are right to the last bit or nearly so, and
 * the same for every instruction set, which those for vectors are not.
 */
#include <math.h>

#include "ops/kernels.h"

/* x where it is a number, NaN where it is infinite. */
static inline double purified(double x)
{
    return x + (x - x);
}

/* x and y are the cells of the series. */
#define ONE_SERIES(name, value)                                                                    \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n_cells)                                                         \
    {                                                                                              \
        (void)call;                                                                                \
        for (size_t i = 0; i < n_cells; i++) {                                                     \
            const double x = series[0][i];                                                         \
            out[i] = purified(value);                                                              \
        }                                                                                          \
    }
#define TWO_SERIES(name, value)                                                                    \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n_cells)                                                         \
    {                                                                                              \
        (void)call;                                                                                \
        for (size_t i = 0; i < n_cells; i++) {                                                     \
            const double x = series[0][i];                                                         \
            const double y = series[1][i];                                                         \
            out[i] = purified(value);                                                              \
        }                                                                                          \
    }

ONE_SERIES(log, log(x))
ONE_SERIES(log1p, log1p(x))
ONE_SERIES(log10, log10(x))
ONE_SERIES(log2, log2(x))
ONE_SERIES(exp, exp(x))
ONE_SERIES(signed_log1p, copysign(log1p(fabs(x)), x))
ONE_SERIES(round, round(x))
ONE_SERIES(floor, floor(x))
ONE_SERIES(ceil, ceil(x))
ONE_SERIES(tanh, tanh(x))
ONE_SERIES(sigmoid, 1 / (1 + exp(-x)))

/* A missing operand is missing, also where C has 1: pow(NaN, 0), pow(1, NaN). */
TWO_SERIES(power, pow(x, y) + (x - x) + (y - y))
TWO_SERIES(signed_power, (x > 0   ? pow(x, y)
                          : x < 0 ? -pow(-x, y)
                                  : pow(0, y) * x) +
                             (x - x) + (y - y))
