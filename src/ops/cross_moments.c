/* Cross-sectional kernels of sums and extremes: one figure for all, and cells centred, scaled or held by it. */
#include <math.h>

#include "ops/cross.h"

typedef struct section_moments {
    fct_sum mean;
    double std;
} section_moments;

static section_moments moments_of(const double *x, size_t n)
{
    fct_cross_total total = fct_cross_sum(x, n);
    fct_sum mean = fct_cross_mean(&total);
    return (section_moments){mean, fct_cross_std(x, n, mean, total.n)};
}

void fct_kernel_cs_sum(const fct_op_call *call, const double *const *series, double *out, size_t n,
                       void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_fill(series[0], out, n, fct_cross_sum(series[0], n).sum.high);
}

void fct_kernel_cs_mean(const fct_op_call *call, const double *const *series, double *out, size_t n,
                        void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_total total = fct_cross_sum(series[0], n);
    fct_cross_fill(series[0], out, n, total.sum.high / (double)total.n);
}

void fct_kernel_cs_std(const fct_op_call *call, const double *const *series, double *out, size_t n,
                       void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_fill(series[0], out, n, moments_of(series[0], n).std);
}

void fct_kernel_cs_min(const fct_op_call *call, const double *const *series, double *out, size_t n,
                       void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_fill(series[0], out, n, fct_cross_range(series[0], n).low);
}

void fct_kernel_cs_max(const fct_op_call *call, const double *const *series, double *out, size_t n,
                       void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_fill(series[0], out, n, fct_cross_range(series[0], n).high);
}

void fct_kernel_cs_count(const fct_op_call *call, const double *const *series, double *out,
                         size_t n, void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_fill(series[0], out, n, (double)fct_cross_range(series[0], n).n);
}

void fct_kernel_cs_demean(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_total total = fct_cross_sum(series[0], n);
    fct_cross_centre(series[0], out, n, fct_cross_mean(&total), 1);
}

void fct_kernel_cs_zscore(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    (void)call, (void)scratch;
    section_moments moments = moments_of(series[0], n);
    fct_cross_centre(series[0], out, n, moments.mean, moments.std);
}

void fct_kernel_cs_normalize(const fct_op_call *call, const double *const *series, double *out,
                             size_t n, void *scratch)
{
    double limit = call->parameters[1];
    if (call->parameters[0] != 0)
        fct_kernel_cs_zscore(call, series, out, n, scratch);
    else
        fct_kernel_cs_demean(call, series, out, n, scratch);
    if (limit != 0)
        fct_cross_clamp(out, out, n, -limit, limit);
}

void fct_kernel_cs_winsorize_std(const fct_op_call *call, const double *const *series, double *out,
                                 size_t n, void *scratch)
{
    (void)scratch;
    section_moments moments = moments_of(series[0], n);
    double reach = call->parameters[0] * moments.std;
    fct_cross_clamp(series[0], out, n, moments.mean.high + (moments.mean.low - reach),
                    moments.mean.high + (moments.mean.low + reach));
}

/* ---- Scales ----------------------------------------------------------------------------------- */

void fct_kernel_scale(const fct_op_call *call, const double *const *series, double *out, size_t n,
                      void *scratch)
{
    (void)scratch;
    double total = fct_cross_sum_absolute(series[0], n);
    fct_cross_scale(series[0], out, n, call->parameters[0], total);
}

void fct_kernel_cs_truncate(const fct_op_call *call, const double *const *series, double *out,
                            size_t n, void *scratch)
{
    (void)scratch;
    double most = call->parameters[0] * fct_cross_sum_absolute(series[0], n);
    fct_cross_clamp(series[0], out, n, -most, most);
}

void fct_kernel_cs_scale_down(const fct_op_call *call, const double *const *series, double *out,
                              size_t n, void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_extremes range = fct_cross_range(series[0], n);
    fct_cross_centre(series[0], out, n, (fct_sum){range.low, 0}, range.high - range.low);
}

void fct_kernel_cs_vector_neut(const fct_op_call *call, const double *const *series, double *out,
                               size_t n, void *scratch)
{
    (void)call, (void)scratch;
    fct_cross_dots dots = fct_cross_dot(series[0], series[1], n);
    fct_cross_subtract(series[0], series[1], out, n, dots.xy / dots.yy);
}

size_t fct_scratch_nothing(const fct_op_call *call, size_t n)
{
    (void)call, (void)n;
    return 0;
}
