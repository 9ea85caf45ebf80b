/*
 * Plain definitions of every cross-sectional operator: sums in twice the digits of a double, sorting by qsort, counting by
 * comparing each with each.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/distribution.h"
#include "support/section.h"

#ifdef __SIZEOF_FLOAT128__
typedef __float128 real;
#else
typedef long double real;
#endif

/* The valid cells, sorted. */
typedef struct values {
    double x[4096];
    size_t n;
    real mean, std;
} values;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Newton's method makes all digits of those of a long double. */
static real root(real square)
{
    real x = sqrtl((long double)square);
    return x > 0 ? (x + square / x) / 2 : x;
}

static void set_moments(values *v)
{
    real n = v->n, squares = 0;
    v->mean = v->std = 0;
    for (size_t i = 0; i < v->n; i++)
        v->mean += v->x[i];
    v->mean /= n;
    for (size_t i = 0; i < v->n; i++)
        squares += (v->x[i] - v->mean) * (v->x[i] - v->mean);
    if (v->n < 2)
        v->std = (real)NAN;
    else if (v->x[0] != v->x[v->n - 1]) {
        v->std = root(squares / (n - 1));
    }
}

static values sorted_of(const double *x, size_t n)
{
    values v = {.n = 0};
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            v.x[v.n++] = x[i];
    qsort(v.x, v.n, sizeof(double), ascending);
    set_moments(&v);
    return v;
}

static real sum_of(const values *v, bool absolute)
{
    real sum = 0;
    for (size_t i = 0; i < v->n; i++)
        sum += absolute ? fabs(v->x[i]) : v->x[i];
    return sum;
}

static double clamp(double x, double low, double high)
{
    return isnan(low) || isnan(high) ? NAN : x < low ? low : x > high ? high : x;
}

static double quantile_of(const values *sorted, double q)
{
    double place = q * (double)(sorted->n - 1);
    size_t low = (size_t)floor(place), high = (size_t)ceil(place);
    return (double)((real)sorted->x[low] +
                    ((real)sorted->x[high] - sorted->x[low]) * (place - (double)low));
}

static double median_of(const values *sorted)
{
    return sorted->n ? quantile_of(sorted, 0.5) : NAN;
}

/* ---- One figure for all ----------------------------------------------------------------------- */

#define FIGURE(name, expression)                                                                   \
    static void name##_reference(const fct_op_call *call, const double *const *series,             \
                                 double *out, size_t n)                                            \
    {                                                                                              \
        (void)call;                                                                                \
        values v = sorted_of(series[0], n);                                                        \
        double figure = v.n ? (double)(expression) : NAN;                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = isfinite(series[0][i]) ? figure : NAN;                                        \
    }

FIGURE(cs_mean, v.mean)
FIGURE(cs_median, median_of(&v))
FIGURE(cs_std, v.std)
FIGURE(cs_sum, sum_of(&v, false))
FIGURE(cs_min, v.x[0])
FIGURE(cs_max, v.x[v.n - 1])
FIGURE(cs_count, v.n)

/* ---- One figure a cell: of x, the values, sorted, and parameters p ---------------------------- */

#define CELL(name, expression)                                                                     \
    static void name##_reference(const fct_op_call *call, const double *const *series,             \
                                 double *out, size_t n)                                            \
    {                                                                                              \
        const double *p = call->parameters;                                                        \
        values v = sorted_of(series[0], n);                                                        \
        real total = sum_of(&v, true);                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            double x = series[0][i];                                                               \
            out[i] = isfinite(x) ? (double)(expression) : NAN;                                     \
        }                                                                                          \
        (void)p, (void)v, (void)total;                                                             \
    }

static size_t smaller(const values *v, double x)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->x[i] < x;
    return n;
}

static double average_rank(const values *v, double x)
{
    size_t n_equal = 0;
    for (size_t i = 0; i < v->n; i++)
        n_equal += v->x[i] == x;
    return (double)smaller(v, x) + ((double)n_equal + 1) / 2;
}

static double normalized(const values *v, double x, const double *p)
{
    double y = (double)(p[0] != 0 ? (x - v->mean) / v->std : x - v->mean);
    return p[1] != 0 ? clamp(y, -p[1], p[1]) : y;
}

static double within_std(const values *v, double x, double k)
{
    return clamp(x, (double)(v->mean - k * v->std), (double)(v->mean + k * v->std));
}

CELL(rank, average_rank(&v, x) / (double)v.n)
CELL(cs_rank, v.n > 1 ? (double)smaller(&v, x) / (double)(v.n - 1) : NAN)
CELL(cs_demean, x - v.mean)
CELL(cs_zscore, (x - v.mean) / v.std)
CELL(cs_normalize, normalized(&v, x, p))
CELL(scale, x *p[0] / total)
CELL(cs_scale_down, ((real)x - v.x[0]) / ((real)v.x[v.n - 1] - v.x[0]))
CELL(cs_winsorize, clamp(x, quantile_of(&v, p[0]), quantile_of(&v, 1 - p[0])))
CELL(cs_winsorize_std, within_std(&v, x, p[0]))
CELL(cs_quantile,
     p[1] * fct_quantile_function((int)p[0], (average_rank(&v, x) - 0.5) / (double)v.n))
CELL(cs_truncate, clamp(x, (double)(-p[0] * total), (double)(p[0] * total)))
CELL(cs_bucket, smaller(&v, x) * (size_t)p[0] / v.n)

static void cs_mad_clip_reference(const fct_op_call *call, const double *const *series, double *out,
                                  size_t n)
{
    values v = sorted_of(series[0], n), deviations = v;
    double median = median_of(&v);
    for (size_t i = 0; i < v.n; i++)
        deviations.x[i] = fabs(v.x[i] - median);
    qsort(deviations.x, v.n, sizeof(double), ascending);
    double reach = call->parameters[0] * 1.4826 * median_of(&deviations);
    for (size_t i = 0; i < n; i++)
        out[i] = isfinite(series[0][i]) ? clamp(series[0][i], median - reach, median + reach) : NAN;
}

static void cs_vector_neut_reference(const fct_op_call *call, const double *const *series,
                                     double *out, size_t n)
{
    (void)call;
    const double *x = series[0], *y = series[1];
    real xy = 0, yy = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            xy += (real)x[i] * y[i];
            yy += (real)y[i] * y[i];
        }
    for (size_t i = 0; i < n; i++)
        out[i] = (double)(x[i] - xy / yy * y[i]);
}

/* Householder's transformations of the columns 1, x ..., y, each at a mean of 0 and a norm of 1. */
static void cs_neutralize_reference(const fct_op_call *call, const double *const *series,
                                    double *out, size_t n)
{
    enum { MAX = FCT_OP_MAX_SERIES };
    static real a[MAX][4096], v[MAX][4096];
    size_t rows[4096], m = 0, n_series = call->n_series;
    for (size_t i = 0; i < n; i++) {
        bool is_valid = true;
        for (size_t k = 0; k < n_series; k++)
            is_valid &= isfinite(series[k][i]) != 0;
        out[i] = NAN;
        if (is_valid)
            rows[m++] = i;
    }
    if (m < n_series)
        return;
    real norms[MAX];
    for (size_t k = 0; k < n_series; k++) { /* y is the last */
        const double *x = series[(k + 1) % n_series];
        real mean = 0, squares = 0;
        for (size_t i = 0; i < m; i++)
            mean += (real)x[rows[i]];
        mean /= m;
        for (size_t i = 0; i < m; i++) {
            a[k][i] = x[rows[i]] - mean;
            squares += a[k][i] * a[k][i];
        }
        norms[k] = root(squares);
        for (size_t i = 0; i < m && norms[k] > 0; i++)
            a[k][i] /= norms[k];
    }
    size_t n_kept = 0;
    for (size_t k = 0; k + 1 < n_series; k++) {
        for (size_t j = 0; j < n_kept; j++) {
            real dot = 0;
            for (size_t i = j; i < m; i++)
                dot += v[j][i] * a[k][i];
            for (size_t i = j; i < m; i++)
                a[k][i] -= 2 * dot * v[j][i];
        }
        real squares = 0;
        for (size_t i = n_kept; i < m; i++)
            squares += a[k][i] * a[k][i];
        if (root(squares) < 1e-12) /* depends on those before */
            continue;
        real norm = 0;
        for (size_t i = n_kept; i < m; i++) {
            v[n_kept][i] = a[k][i];
            if (i == n_kept)
                v[n_kept][i] += a[k][i] < 0 ? -root(squares) : root(squares);
            norm += v[n_kept][i] * v[n_kept][i];
        }
        for (size_t i = n_kept; i < m; i++)
            v[n_kept][i] /= root(norm);
        n_kept++;
    }
    real *y = a[n_series - 1];
    for (size_t j = 0; j < n_kept; j++) {
        real dot = 0;
        for (size_t i = j; i < m; i++)
            dot += v[j][i] * y[i];
        for (size_t i = j; i < m; i++)
            y[i] -= 2 * dot * v[j][i];
    }
    for (size_t j = 0; j < n_kept; j++)
        y[j] = 0;
    for (size_t j = n_kept; j-- > 0;) {
        real dot = 0;
        for (size_t i = j; i < m; i++)
            dot += v[j][i] * y[i];
        for (size_t i = j; i < m; i++)
            y[i] -= 2 * dot * v[j][i];
    }
    for (size_t i = 0; i < m; i++)
        out[rows[i]] = (double)(y[i] * norms[n_series - 1]);
}

/*
 * Exact are counts, ranks and what is one of the values; all else may be off by the roundings of what is made of sums.
 */
const section_case section_cross_cases[] = {
    {"rank", rank_reference, 0, false},
    {"cs_rank", cs_rank_reference, 0, false},
    {"cs_mean", cs_mean_reference, 3e-16, false},
    {"cs_median", cs_median_reference, 3e-16, false},
    {"cs_std", cs_std_reference, 1e-15, false},
    {"cs_sum", cs_sum_reference, 3e-16, false},
    {"cs_min", cs_min_reference, 0, false},
    {"cs_max", cs_max_reference, 0, false},
    {"cs_count", cs_count_reference, 0, false},
    {"cs_demean", cs_demean_reference, 1e-15, false},
    {"cs_zscore", cs_zscore_reference, 1e-15, false},
    {"cs_normalize", cs_normalize_reference, 1e-15, false},
    {"scale", scale_reference, 1e-15, false},
    {"cs_scale_down", cs_scale_down_reference, 1e-15, false},
    {"cs_winsorize", cs_winsorize_reference, 1e-13,
     false}, /* 1 - p has a rounding, of many cells */
    {"cs_winsorize_std", cs_winsorize_std_reference, 1e-15, false},
    {"cs_mad_clip", cs_mad_clip_reference, 1e-15, false},
    {"cs_quantile", cs_quantile_reference, 1e-15, false},
    {"cs_truncate", cs_truncate_reference, 1e-15, false},
    {"cs_bucket", cs_bucket_reference, 0, false},
    {"cs_neutralize", cs_neutralize_reference, 1e-13, false},
    {"cs_vector_neut", cs_vector_neut_reference, 1e-15, .of_input = true},
    {NULL, NULL, 0, false},
};

/* ---- Groups ----------------------------------------------------------------------------------- */

/* The definition over a cross-section, of the cells with the same g. */
static void in_groups(section_reference reference, const fct_op_call *call,
                      const double *const *series, double *out, size_t n)
{
    size_t n_series = call->n_series;
    const double *g = series[n_series - 1];
    double *parts[FCT_OP_MAX_SERIES] = {NULL}, *part_out = malloc((n + 1) * sizeof(double));
    size_t *cells = malloc((n + 1) * sizeof(size_t));
    assert_true(part_out && cells);
    for (size_t k = 0; k < n_series; k++) {
        parts[k] = malloc((n + 1) * sizeof(double));
        assert_non_null(parts[k]);
    }
    for (size_t i = 0; i < n; i++) {
        bool is_first = isfinite(g[i]);
        for (size_t j = 0; j < i; j++)
            is_first &= g[j] != g[i];
        if (!isfinite(g[i]))
            out[i] = NAN;
        if (!is_first)
            continue;
        size_t n_cells = 0;
        for (size_t j = i; j < n; j++)
            if (g[j] == g[i]) {
                for (size_t k = 0; k < n_series; k++)
                    parts[k][n_cells] = series[k][j];
                cells[n_cells++] = j;
            }
        reference(call, (const double *const *)parts, part_out, n_cells);
        for (size_t j = 0; j < n_cells; j++)
            out[cells[j]] = part_out[j];
    }
    for (size_t k = 0; k < n_series; k++)
        free(parts[k]);
    free(part_out);
    free(cells);
}

static void weighted_mean_reference(const fct_op_call *call, const double *const *series,
                                    double *out, size_t n)
{
    (void)call;
    const double *x = series[0], *w = series[1];
    real sum = 0, weights = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(w[i])) {
            sum += (real)x[i] * w[i];
            weights += w[i];
        }
    for (size_t i = 0; i < n; i++)
        out[i] = isfinite(x[i]) && isfinite(w[i]) ? (double)(sum / weights) : NAN;
}

static void backfill_reference(const fct_op_call *call, const double *const *series, double *out,
                               size_t n)
{
    values v = sorted_of(series[0], n), held = v;
    for (size_t i = 0; i < v.n && v.n > 1; i++)
        held.x[i] = within_std(&v, v.x[i], call->parameters[0]);
    set_moments(&held);
    for (size_t i = 0; i < n; i++)
        out[i] = isfinite(series[0][i]) ? series[0][i] : v.n ? (double)held.mean : NAN;
}

#define GROUPED(name, reference)                                                                   \
    static void name##_reference(const fct_op_call *call, const double *const *series,             \
                                 double *out, size_t n)                                            \
    {                                                                                              \
        in_groups(reference, call, series, out, n);                                                \
    }

GROUPED(group_mean, weighted_mean_reference)
GROUPED(group_neutralize, cs_demean_reference)
GROUPED(group_rank, rank_reference)
GROUPED(group_zscore, cs_zscore_reference)
GROUPED(group_scale, cs_scale_down_reference)
GROUPED(group_sum, cs_sum_reference)
GROUPED(group_median, cs_median_reference)
GROUPED(group_std, cs_std_reference)
GROUPED(group_min, cs_min_reference)
GROUPED(group_max, cs_max_reference)
GROUPED(group_count, cs_count_reference)

static void group_backfill_reference(const fct_op_call *call, const double *const *series,
                                     double *out, size_t n)
{
    in_groups(backfill_reference, call, series, out, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(series[1][i]))
            out[i] = series[0][i];
}

const section_case section_group_cases[] = {
    {"group_mean", group_mean_reference, 1e-13, false}, /* weights of both signs cancel */
    {"group_neutralize", group_neutralize_reference, 1e-15, false},
    {"group_rank", group_rank_reference, 0, false},
    {"group_zscore", group_zscore_reference, 1e-15, false},
    {"group_scale", group_scale_reference, 1e-15, false},
    {"group_sum", group_sum_reference, 3e-16, false},
    {"group_median", group_median_reference, 3e-16, false},
    {"group_std", group_std_reference, 1e-15, false},
    {"group_min", group_min_reference, 0, false},
    {"group_max", group_max_reference, 0, false},
    {"group_count", group_count_reference, 0, false},
    {"group_backfill", group_backfill_reference, 1e-15, false},
    {NULL, NULL, 0, false},
};
