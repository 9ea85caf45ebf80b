/* Cross-sectional kernels of ranks. */
#include <math.h>

#include "ops/cross.h"
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

/* The figure of each value, in their order, goes to the cells. */
static void put_back(const fct_sorted *sorted, double *out, size_t n)
{
    if (sorted->n < n)
        for (size_t i = 0; i < n; i++)
            out[i] = NAN;
    for (size_t i = 0; i < sorted->n; i++)
        out[sorted->order[i]] = sorted->values[i];
}

/* Values become their average ranks 1 ... n, plus `shift`, over `divisor`. */
static void to_average_ranks(fct_sorted *sorted, double shift, double divisor)
{
    for (size_t i = 0, end; i < sorted->n; i = end) {
        end = ties_end(sorted, i);
        double rank = ((double)(i + end + 1) / 2 + shift) / divisor;
        for (size_t j = i; j < end; j++)
            sorted->values[j] = rank;
    }
}

/* Values become how many are smaller. */
static void to_smaller(fct_sorted *sorted)
{
    for (size_t i = 0, end; i < sorted->n; i = end) {
        end = ties_end(sorted, i);
        for (size_t j = i; j < end; j++)
            sorted->values[j] = (double)i;
    }
}

void fct_kernel_rank(const fct_op_call *call, const double *const *series, double *out, size_t n,
                     void *scratch)
{
    (void)call;
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    to_average_ranks(&sorted, 0, (double)sorted.n);
    put_back(&sorted, out, n);
}

void fct_kernel_cs_rank(const fct_op_call *call, const double *const *series, double *out, size_t n,
                        void *scratch)
{
    (void)call;
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    to_smaller(&sorted);
    double divisor = sorted.n > 1 ? (double)(sorted.n - 1) : NAN;
    for (size_t i = 0; i < sorted.n; i++)
        sorted.values[i] /= divisor;
    put_back(&sorted, out, n);
}

void fct_kernel_cs_bucket(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    double n_buckets = call->parameters[0];
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    to_smaller(&sorted);
    for (size_t i = 0; i < sorted.n; i++)
        sorted.values[i] = floor(sorted.values[i] * n_buckets / (double)sorted.n);
    put_back(&sorted, out, n);
}

void fct_kernel_cs_quantile(const fct_op_call *call, const double *const *series, double *out,
                            size_t n, void *scratch)
{
    int driver = (int)call->parameters[0];
    double sigma = call->parameters[1];
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    to_average_ranks(&sorted, -0.5, (double)sorted.n);
    for (size_t i = 0; i < sorted.n; i++) {
        double value = sigma * fct_quantile_function(driver, sorted.values[i]);
        sorted.values[i] = isfinite(value) ? value : NAN;
    }
    put_back(&sorted, out, n);
}
