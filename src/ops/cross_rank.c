/* Cross-sectional kernels of ranks: by counting where there are few cells and no ties, else by sorting. */
#include <math.h>

#include "base/vector.h"
#include "ops/cross.h"
#include "ops/cross_count.h"
#include "ops/cross_sort.h"
#include "ops/distribution.h"

size_t fct_scratch_sort(const fct_op_call *call, size_t n)
{
    (void)call;
    return fct_cross_sort_bytes(n);
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

FCT_CLONES
static void put_counts(const double *x, const int32_t *smaller, double *out, size_t n, double shift)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] - x[i] == 0 ? smaller[i] + shift : NAN;
}

/*
 * out[i] becomes how many values are smaller than cell i's, plus `shift`; and half of how many others are equal, if ties are
 * averaged. Returns how many cells are valid; the others are NaN.
 */
static size_t rank_cells(const double *x, double *out, size_t n, double shift, bool averaged,
                         void *scratch)
{
    if (n <= FCT_COUNT_MOST) {
        int32_t smaller[FCT_COUNT_MOST];
        size_t n_valid;
        fct_cross_count_smaller(x, n, smaller, &n_valid);
        if (n_valid != SIZE_MAX) {
            put_counts(x, smaller, out, n, shift);
            return n_valid;
        }
    }
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

FCT_CLONES
static void divide(double *out, size_t n, double divisor)
{
    for (size_t i = 0; i < n; i++)
        out[i] /= divisor;
}

void fct_kernel_rank(const fct_op_call *call, const double *const *series, double *out, size_t n,
                     void *scratch)
{
    (void)call;
    size_t n_valid = rank_cells(series[0], out, n, 1, true, scratch);
    divide(out, n, (double)n_valid);
}

void fct_kernel_cs_rank(const fct_op_call *call, const double *const *series, double *out, size_t n,
                        void *scratch)
{
    (void)call;
    size_t n_valid = rank_cells(series[0], out, n, 0, false, scratch);
    divide(out, n, n_valid > 1 ? (double)(n_valid - 1) : NAN);
}

void fct_kernel_cs_bucket(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    double n_valid = (double)rank_cells(series[0], out, n, 0, false, scratch);
    for (size_t i = 0; i < n; i++)
        out[i] = floor(out[i] * call->parameters[0] / n_valid);
}

void fct_kernel_cs_quantile(const fct_op_call *call, const double *const *series, double *out,
                            size_t n, void *scratch)
{
    int driver = (int)call->parameters[0];
    double n_valid = (double)rank_cells(series[0], out, n, 0.5, true, scratch);
    for (size_t i = 0; i < n; i++) {
        double value = call->parameters[1] * fct_quantile_function(driver, out[i] / n_valid);
        out[i] = isfinite(value) ? value : NAN;
    }
}
