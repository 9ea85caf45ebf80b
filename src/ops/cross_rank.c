/* Cross-sectional kernels of ranks: of eight cross-sections side by side where they have no ties, else of each by itself. */
#include <math.h>

#include "base/vector.h"
#include "ops/cross.h"
#include "ops/cross_eight.h"
#include "ops/cross_sort.h"
#include "ops/distribution.h"

size_t fct_scratch_sort(const fct_op_call *call, size_t n)
{
    (void)call;
    size_t one = fct_cross_sort_bytes(n);
    size_t eight = n <= FCT_EIGHT_MOST ? fct_eight_bytes(n) + n * sizeof(double) : 0;
    return one > eight ? one : eight;
}

/* Behind the last of the equal values that begin at `begin`. */
static size_t ties_end(const fct_sorted *sorted, size_t begin)
{
    size_t end = begin + 1;
    if (sorted->has_ties)
        while (end < sorted->n && sorted->values[end] == sorted->values[begin])
            end++;
    return end;
}

/*
 * out[i] becomes how many values are smaller than cell i's, plus `shift`; and half of how many others are equal, if ties are
 * averaged. Returns how many cells are valid; the others are NaN.
 */
static size_t rank_cells(const double *x, double *out, size_t n, double shift, bool averaged,
                         void *scratch)
{
    fct_sorted sorted = fct_cross_sort(x, n, scratch);
    if (sorted.n < n)
        for (size_t i = 0; i < n; i++)
            out[i] = NAN;
    for (size_t i = 0, end; i < sorted.n; i = end) {
        end = ties_end(&sorted, i);
        double rank = (double)i + shift + (averaged ? (double)(end - i - 1) / 2 : 0);
        for (size_t j = i; j < end; j++)
            out[sorted.order[j]] = rank;
    }
    return sorted.n;
}

/* ---- What is made of the ranks ---------------------------------------------------------------- */

FCT_CLONES
static void divide(double *out, size_t n, double divisor)
{
    for (size_t i = 0; i < n; i++)
        out[i] /= divisor;
}

static void finish_rank(const fct_op_call *call, double *out, size_t n, size_t n_valid)
{
    (void)call;
    divide(out, n, (double)n_valid);
}

static void finish_cs_rank(const fct_op_call *call, double *out, size_t n, size_t n_valid)
{
    (void)call;
    divide(out, n, n_valid > 1 ? (double)(n_valid - 1) : NAN);
}

static void finish_cs_bucket(const fct_op_call *call, double *out, size_t n, size_t n_valid)
{
    for (size_t i = 0; i < n; i++)
        out[i] = floor(out[i] * call->parameters[0] / (double)n_valid);
}

static void finish_cs_quantile(const fct_op_call *call, double *out, size_t n, size_t n_valid)
{
    int driver = (int)call->parameters[0];
    for (size_t i = 0; i < n; i++) {
        double value =
            call->parameters[1] * fct_quantile_function(driver, out[i] / (double)n_valid);
        out[i] = isfinite(value) ? value : NAN;
    }
}

/* How a rank becomes the value of an operator, cell by cell. */
typedef void (*finish_ranks)(const fct_op_call *call, double *out, size_t n, size_t n_valid);

/*
 * Eight cross-sections. Those without ties have the ranks 0, 1, ... whose values are made once and go where the keys say;
 * the others are ranked each by itself.
 */
static void rank_eight(const fct_op_call *call, const double *x, double *out, const size_t *n,
                       size_t stride, double shift, bool averaged, finish_ranks finish,
                       void *scratch)
{
    size_t n_most = fct_eight_longest(n);
    fct_eight eight = {.in_order = {false}};
    if (n_most && n_most <= FCT_EIGHT_MOST)
        fct_cross_sort_eight(x, n, stride, scratch, &eight);
    const int64_t *keys = scratch;
    double *values = (double *)(void *)((char *)scratch + fct_eight_bytes(n_most));
    int64_t index_mask = fct_eight_index_mask(n_most);
    size_t n_values = 0;
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
        double *own = out + lane * stride;
        size_t n_valid = eight.n_valid[lane];
        if (!eight.in_order[lane])
            continue;
        for (size_t i = 0; n_valid != n_values && i < n_valid; i++)
            values[i] = (double)i + shift;
        if (n_valid != n_values)
            finish(call, values, n_valid, n_valid);
        n_values = n_valid;
        for (size_t i = 0; n_valid < n[lane] && i < n[lane]; i++)
            own[i] = NAN;
        for (size_t i = 0; i < n_valid; i++)
            own[keys[i * FCT_OP_LANES + lane] & index_mask] = values[i];
    }
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
        double *own = out + lane * stride;
        if (!eight.in_order[lane])
            finish(call, own, n[lane],
                   rank_cells(x + lane * stride, own, n[lane], shift, averaged, scratch));
    }
}

#define RANK_KERNELS(name, shift, averaged)                                                        \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n, void *scratch)                                                \
    {                                                                                              \
        size_t n_valid = rank_cells(series[0], out, n, shift, averaged, scratch);                  \
        finish_##name(call, out, n, n_valid);                                                      \
    }                                                                                              \
    void fct_eight_##name(const fct_op_call *call, const double *const *series, double *out,       \
                          const size_t *n, size_t stride, void *scratch)                           \
    {                                                                                              \
        rank_eight(call, series[0], out, n, stride, shift, averaged, finish_##name, scratch);      \
    }

RANK_KERNELS(rank, 1, true)
RANK_KERNELS(cs_rank, 0, false)
RANK_KERNELS(cs_bucket, 0, false)
RANK_KERNELS(cs_quantile, 0.5, true)
