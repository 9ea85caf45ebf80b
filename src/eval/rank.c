#include "eval/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "ops/cross_sort.h"

/* Of n ranks sums of squares come to n^3 / 3 at most, which must fit 63 bits. */
enum { MIN_ROWS = 3, MOST_EXACT = 3000000 };

/* ---- Order ------------------------------------------------------------------------------------ */

void *fct_rank_scratch_for(size_t n)
{
    return aligned_alloc(64, (fct_cross_sort_bytes(n) + 127) / 64 * 64);
}

size_t fct_rank_order(const double *x, size_t n, void *scratch, uint32_t *order)
{
    fct_sorted sorted = fct_cross_sort(x, n, scratch);
    memcpy(order, sorted.order, sorted.n * sizeof *order);
    return sorted.n;
}

size_t fct_rank_doubled(const double *x, size_t n, const uint32_t *order, size_t n_order,
                        const uint32_t *also, uint32_t *ranks)
{
    memset(ranks, 0, n * sizeof *ranks);
    size_t n_ranked = 0;
    for (size_t i = 0; i < n_order;) {
        double value = x[order[i]];
        size_t first = i;
        size_t n_ties = 0;
        for (; i < n_order && x[order[i]] == value; i++)
            n_ties += !also || also[order[i]];
        /* The ranks n_ranked + 1 ... n_ranked + n_ties share their mean. */
        uint32_t rank = (uint32_t)(2 * n_ranked + n_ties + 1);
        for (size_t k = first; k < i; k++)
            if (!also || also[order[k]])
                ranks[order[k]] = rank;
        n_ranked += n_ties;
    }
    return n_ranked;
}

void fct_rank_quantiles(const double *x, size_t n, const uint32_t *order, size_t n_order,
                        unsigned n_quantiles, uint8_t *labels)
{
    memset(labels, 0, n);
    uint8_t label = 1;
    for (size_t i = 0; i < n_order; i++) {
        if (i == 0 || x[order[i]] != x[order[i - 1]])
            while ((uint64_t)label * (n_order - 1) < (uint64_t)i * n_quantiles)
                label++;
        labels[order[i]] = label;
    }
}

/* ---- Correlations ----------------------------------------------------------------------------- */

typedef struct products {
    int64_t ab, aa, bb;
} products;

/* Ranks less their mean: exact, as the mean of doubled ranks 1..n is the whole number n + 1. */
FCT_CLONES static void rank_products(const uint32_t *a, const uint32_t *b, size_t n, int32_t mean,
                                     products *out)
{
    int64_t ab = 0;
    int64_t aa = 0;
    int64_t bb = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t x = a[i] ? (int32_t)a[i] - mean : 0;
        int32_t y = b[i] ? (int32_t)b[i] - mean : 0;
        ab += (int64_t)x * y;
        aa += (int64_t)x * x;
        bb += (int64_t)y * y;
    }
    *out = (products){ab, aa, bb};
}

typedef struct moments {
    double xy, xx, yy;
} moments;

/* Sums of products of whole numbers less their means, which are fractions: few roundings, one order. */
FCT_CLONES static void central_rank_products(const uint32_t *a, const uint32_t *b, size_t n,
                                             double mean_a, double mean_b, moments *out)
{
    fct_f64x8 xy = {0};
    fct_f64x8 xx = {0};
    fct_f64x8 yy = {0};
    for (size_t i = 0; i < n; i += 8) {
        fct_f64x8 x = {0};
        fct_f64x8 y = {0};
        for (size_t lane = 0; lane < 8 && i + lane < n; lane++)
            if (a[i + lane] && b[i + lane]) {
                x[lane] = a[i + lane] - mean_a;
                y[lane] = b[i + lane] - mean_b;
            }
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    *out = (moments){0};
    for (size_t lane = 0; lane < 8; lane++) {
        out->xy += xy[lane];
        out->xx += xx[lane];
        out->yy += yy[lane];
    }
}

double fct_rank_correlation(const uint32_t *a, const uint32_t *b, size_t n, size_t n_ranked)
{
    if (n_ranked < MIN_ROWS)
        return NAN;
    if (n_ranked > MOST_EXACT) {
        moments m;
        double mean = (double)n_ranked + 1;
        central_rank_products(a, b, n, mean, mean, &m);
        return m.xx > 0 && m.yy > 0 ? m.xy / (sqrt(m.xx) * sqrt(m.yy)) : NAN;
    }
    products p;
    rank_products(a, b, n, (int32_t)(n_ranked + 1), &p);
    if (!p.aa || !p.bb)
        return NAN;
    return (double)p.ab / sqrt((double)p.aa * (double)p.bb);
}

FCT_CLONES static double sum_of(const double *x, size_t n)
{
    fct_f64x8 sums = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        sums += *(const fct_f64x8_unaligned *)(x + i);
    double sum = 0;
    for (; i < n; i++)
        sum += x[i];
    for (size_t lane = 0; lane < 8; lane++)
        sum += sums[lane];
    return sum;
}

FCT_CLONES static void central_moments(const double *x, const double *y, size_t n, double mean_x,
                                       double mean_y, moments *out)
{
    fct_f64x8 xy = {0};
    fct_f64x8 xx = {0};
    fct_f64x8 yy = {0};
    *out = (moments){0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        fct_f64x8 a = *(const fct_f64x8_unaligned *)(x + i) - mean_x;
        fct_f64x8 b = *(const fct_f64x8_unaligned *)(y + i) - mean_y;
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }
    for (; i < n; i++) {
        double a = x[i] - mean_x;
        double b = y[i] - mean_y;
        out->xy += a * b;
        out->xx += a * a;
        out->yy += b * b;
    }
    for (size_t lane = 0; lane < 8; lane++) {
        out->xy += xy[lane];
        out->xx += xx[lane];
        out->yy += yy[lane];
    }
}

static bool is_flat(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

double fct_pearson(const double *x, const double *y, size_t n)
{
    if (n < MIN_ROWS || is_flat(x, n) || is_flat(y, n))
        return NAN;
    moments m;
    central_moments(x, y, n, sum_of(x, n) / (double)n, sum_of(y, n) / (double)n, &m);
    double r = m.xy / (sqrt(m.xx) * sqrt(m.yy));
    /* Values near the largest or smallest double overflow or vanish when squared. */
    if (!isfinite(r))
        return NAN;
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

double fct_value_correlation(const double *x, const double *y, const uint32_t *a, const uint32_t *b,
                             size_t n, double *scratch)
{
    double *xs = scratch;
    double *ys = scratch + n;
    size_t n_both = 0;
    for (size_t i = 0; i < n; i++) {
        xs[n_both] = x[i];
        ys[n_both] = y[i];
        n_both += a[i] && b[i];
    }
    return fct_pearson(xs, ys, n_both);
}

FCT_CLONES static void rank_sums(const uint32_t *a, const uint32_t *b, size_t n, int64_t *n_both,
                                 int64_t sums[2])
{
    int64_t count = 0;
    int64_t sum_a = 0;
    int64_t sum_b = 0;
    for (size_t i = 0; i < n; i++) {
        bool both = a[i] && b[i];
        count += both;
        sum_a += both ? a[i] : 0;
        sum_b += both ? b[i] : 0;
    }
    *n_both = count;
    sums[0] = sum_a;
    sums[1] = sum_b;
}

double fct_rank_autocorrelation(const uint32_t *a, const uint32_t *b, size_t n)
{
    int64_t n_both;
    int64_t sums[2];
    rank_sums(a, b, n, &n_both, sums);
    if (n_both < MIN_ROWS)
        return NAN;
    moments m;
    central_rank_products(a, b, n, (double)sums[0] / (double)n_both,
                          (double)sums[1] / (double)n_both, &m);
    if (m.xx == 0 || m.yy == 0)
        return NAN;
    double r = m.xy / sqrt(m.xx * m.yy);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}
