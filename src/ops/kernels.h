/* The kernels, declared from the table, and how much memory each family of them needs. */
#ifndef FCT_OPS_KERNELS_H
#define FCT_OPS_KERNELS_H

#include "base/arch.h"
#include "ops/ops.h"

#define ELEMENT(name, ...)                                                                         \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n_cells);
#define ROLLING(name, ...)                                                                         \
    void fct_kernel_##name(const fct_op_call *call, void *state, int64_t row,                      \
                           const double *const *series, double *out, size_t n_rows);
#define CROSS(name, ...)                                                                           \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n, void *scratch);
#define EIGHT(name, ...)                                                                           \
    CROSS(name, __VA_ARGS__)                                                                       \
    void fct_eight_##name(const fct_op_call *call, const double *const *series, double *out,       \
                          const size_t *n, size_t stride, void *scratch);
#define SHARED(name, aliases, low, high, names, the_parameters, family, look, walk, doc)           \
    ROLLING(name, doc)
#include "ops/operators.def"

/* Begins the definition of a kernel in a file lanes_*.c; its body follows. */
#define FCT_ELEMENT_KERNEL(name)                                                                   \
    FCT_ARCH_FUNCTION(                                                                             \
        fct_kernel_##name,                                                                         \
        (const fct_op_call *call, const double *const *series, double *out, size_t n_cells),       \
        (call, series, out, n_cells))
#define FCT_ROLLING_KERNEL(name)                                                                   \
    FCT_ARCH_FUNCTION(fct_kernel_##name,                                                           \
                      (const fct_op_call *call, void *state, int64_t row,                          \
                       const double *const *series, double *out, size_t n_rows),                   \
                      (call, state, row, series, out, n_rows))

#define FCT_TOGETHER_KERNEL(name)                                                                  \
    FCT_ARCH_FUNCTION(fct_together_##name,                                                         \
                      (const fct_op_call *const *calls, size_t n_calls, void *state, int64_t row,  \
                       const double *const *series, double *const *outs, size_t n_rows),           \
                      (calls, n_calls, state, row, series, outs, n_rows))

/* Walks that several operators share, and their state in bytes. */
#define FCT_TOGETHER_WALK(name)                                                                    \
    void fct_together_##name(const fct_op_call *const *calls, size_t n_calls, void *state,         \
                             int64_t row, const double *const *series, double *const *outs,        \
                             size_t n_rows);                                                       \
    size_t fct_together_bytes_##name(const fct_op_call *call);
FCT_TOGETHER_WALK(moments)
FCT_TOGETHER_WALK(extremes)
FCT_TOGETHER_WALK(places)
FCT_TOGETHER_WALK(pairs)
FCT_TOGETHER_WALK(trends)
FCT_TOGETHER_WALK(order)

/* State of a rolling kernel of a family, in bytes. */
size_t fct_state_past(const fct_op_call *call);
size_t fct_state_sums(const fct_op_call *call);
size_t fct_state_moments(const fct_op_call *call);
size_t fct_state_extremes(const fct_op_call *call);
size_t fct_state_pairs(const fct_op_call *call);
size_t fct_state_weighted(const fct_op_call *call);
size_t fct_state_lagged(const fct_op_call *call);
size_t fct_state_shape(const fct_op_call *call);
size_t fct_state_ratio(const fct_op_call *call);
size_t fct_state_path(const fct_op_call *call);
size_t fct_state_newest(const fct_op_call *call);
size_t fct_state_rank_corr(const fct_op_call *call);
size_t fct_state_order(const fct_op_call *call);
size_t fct_state_ewm(const fct_op_call *call);
size_t fct_state_last(const fct_op_call *call);
size_t fct_state_nothing(const fct_op_call *call);

/* Scratch of a cross-sectional kernel of a family for n cells, in bytes. */
size_t fct_scratch_nothing(const fct_op_call *call, size_t n);
size_t fct_scratch_sort(const fct_op_call *call, size_t n);
size_t fct_scratch_regression(const fct_op_call *call, size_t n);
size_t fct_scratch_group(const fct_op_call *call, size_t n);

/* d, the first parameter of a windowed operator, and min_periods, the last. */
static inline size_t fct_op_window(const fct_op_call *call)
{
    return (size_t)call->parameters[0];
}

static inline size_t fct_op_min_periods(const fct_op_call *call)
{
    return (size_t)call->parameters[call->op->n_parameters - 1];
}

#endif
