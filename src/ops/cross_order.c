/* Cross-sectional kernels of medians and quantiles. */
#include <math.h>

#include "ops/cross.h"
#include "ops/cross_sort.h"

void fct_kernel_cs_median(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    (void)call;
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    fct_cross_fill(series[0], out, n, fct_sorted_median(&sorted));
}

void fct_kernel_cs_winsorize(const fct_op_call *call, const double *const *series, double *out,
                             size_t n, void *scratch)
{
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    double last = sorted.n ? (double)(sorted.n - 1) : 0;
    double place = call->parameters[0] * last;
    double low = fct_sorted_at(&sorted, place), high = fct_sorted_at(&sorted, last - place);
    fct_cross_clamp(series[0], out, n, low, high);
}

/* The median of |value - median|. */
static double median_deviation(const fct_sorted *sorted, double median)
{
    /* Falling to the left of the median and rising to the right: the smallest ones, outwards from the middle. */
    size_t n = sorted->n, right = 0;
    while (right < n && sorted->values[right] < median)
        right++;
    size_t left = right; /* behind the next to the left */
    double last = NAN, before = NAN;
    for (size_t i = 0; i <= n / 2; i++) {
        before = last;
        double to_left = left > 0 ? median - sorted->values[left - 1] : INFINITY;
        double to_right = right < n ? sorted->values[right] - median : INFINITY;
        last = to_left < to_right ? to_left : to_right;
        if (to_left < to_right)
            left--;
        else
            right++;
    }
    return n % 2 ? last : (before + last) / 2;
}

void fct_kernel_cs_mad_clip(const fct_op_call *call, const double *const *series, double *out,
                            size_t n, void *scratch)
{
    fct_sorted sorted = fct_cross_sort(series[0], n, scratch);
    double median = fct_sorted_median(&sorted);
    double reach = call->parameters[0] * 1.4826 * median_deviation(&sorted, median);
    fct_cross_clamp(series[0], out, n, median - reach, median + reach);
}
