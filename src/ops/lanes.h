/* Kernels in lanes_*.c that walk down a tile without the window driver: a fct_lanes of symbols at a time. */
#ifndef FCT_OPS_LANES_H
#define FCT_OPS_LANES_H

#include "ops/windows.h"

/* Macros: see base/arch.h on vectors as arguments. */
#define FCT_ABSOLUTE(x) ((fct_lanes)((fct_mask)(x)&INT64_MAX))

/* Neither NaN nor Inf; an Inf that got in counts as missing. */
#define FCT_IS_FINITE(x) ((x) - (x) == FCT_ALL(0.0))

#define FCT_MISSING FCT_ALL((double)NAN)

FCT_INLINE const fct_lanes_unaligned *fct_lanes_at(const double *series, size_t row)
{
    return (const fct_lanes_unaligned *)(series + row * FCT_OP_LANES);
}

FCT_INLINE void fct_lanes_put(double *out, size_t row, const fct_lanes *x)
{
    *(fct_lanes_unaligned *)(out + row * FCT_OP_LANES) = *x;
}

/* The same as of a tile, for one fct_lanes of it: series and out point to its first symbol, state is its own. */
typedef void (*fct_lanes_kernel)(const fct_op_call *call, void *state, int64_t row,
                                 const double *const *series, double *out, size_t n_rows);

/* All lanes of a tile, whose state has n_bytes. */
FCT_INLINE void fct_lanes_run(fct_lanes_kernel kernel, const fct_op_call *call, void *state,
                              size_t n_bytes, int64_t row, const double *const *series, double *out,
                              size_t n_rows)
{
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES) {
        const double *own[FCT_OP_MAX_SERIES] = {NULL};
        for (size_t k = 0; k < call->n_series; k++)
            own[k] = series[k] + lane;
        kernel(call, (char *)state + n_bytes / FCT_OP_LANES * lane, row, own, out + lane, n_rows);
    }
}

/* Defines fct_kernel_<name> from the function name_of_lanes and the bytes of a tile's state. */
#define FCT_LANES_KERNEL(name, n_bytes)                                                            \
    FCT_ROLLING_KERNEL(name)                                                                       \
    {                                                                                              \
        fct_lanes_run(name##_of_lanes, call, state, n_bytes, row, series, out, n_rows);            \
    }

#define FCT_LANES_FUNCTION(name)                                                                   \
    FCT_INLINE void name##_of_lanes(                                                               \
        const fct_op_call *call __attribute__((unused)), void *state __attribute__((unused)),      \
        int64_t row __attribute__((unused)), const double *const *series __attribute__((unused)),  \
        double *out, size_t n_rows)

#endif
