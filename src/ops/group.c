/*
 * Kernels over groups: the cells of each group, put side by side, are a cross-section of its own, and the kernels of
 * cross-sections do the rest.
 */
#include <math.h>
#include <string.h>

#include "ops/cross.h"
#include "ops/cross_sort.h"

/* The cells of a cross-section by their groups; within one, in their own order. */
typedef struct group_map {
    size_t n; /* groups */
    uint32_t *cells;
    uint32_t *ends;          /* of each group in `cells`; n + 1 of them, the first one 0 */
    double *x, *other, *out; /* room for the values of one group */
    void *scratch;           /* of the kernel of a cross-section */
} group_map;

/* A power of two that leaves half of the table empty. */
static size_t table_size(size_t n)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    return size;
}

static size_t aligned(size_t n_bytes)
{
    return (n_bytes + 63) / 64 * 64;
}

/* cells, ends, and the id of each cell; keys, and three series; the table. */
size_t fct_scratch_group(const fct_op_call *call, size_t n)
{
    (void)call;
    return 3 * aligned((n + 1) * sizeof(uint32_t)) + 4 * aligned(n * sizeof(double)) +
           aligned(table_size(n) * sizeof(uint32_t)) + fct_cross_sort_bytes(n);
}

static void *take(char **at, size_t n_bytes)
{
    void *taken = *at;
    *at += aligned(n_bytes);
    return taken;
}

/* The number, from 1, of each cell's group, in the order in which they first appear; 0 without one. */
static size_t number_groups(const double *g, size_t n, uint32_t *ids, double *keys, uint32_t *table)
{
    size_t size = table_size(n);
    int shift = __builtin_clzll(size - 1);
    size_t n_groups = 0;
    memset(table, 0, size * sizeof *table);
    for (size_t i = 0; i < n; i++) {
        ids[i] = 0;
        if (!isfinite(g[i]))
            continue;
        double key = g[i] + 0.0; /* -0.0 is 0.0 */
        uint64_t bits;
        memcpy(&bits, &key, sizeof bits);
        size_t at = (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> shift);
        while (table[at] && keys[table[at] - 1] != key)
            at = (at + 1) % size;
        if (!table[at]) {
            keys[n_groups++] = key;
            table[at] = (uint32_t)n_groups;
        }
        ids[i] = table[at];
    }
    return n_groups;
}

static group_map group_cells(const double *g, size_t n, void *scratch)
{
    char *at = scratch;
    group_map groups = {.cells = take(&at, (n + 1) * sizeof(uint32_t)),
                        .ends = take(&at, (n + 1) * sizeof(uint32_t))};
    uint32_t *ids = take(&at, (n + 1) * sizeof *ids);
    double *keys = take(&at, n * sizeof *keys);
    groups.x = take(&at, n * sizeof(double));
    groups.other = take(&at, n * sizeof(double));
    groups.out = take(&at, n * sizeof(double));
    uint32_t *table = take(&at, table_size(n) * sizeof *table);
    groups.scratch = at;

    groups.n = number_groups(g, n, ids, keys, table);
    /* Counting sort; ends[k] is first the count of group k, then where it begins, and at last where it ends. */
    memset(groups.ends, 0, (groups.n + 1) * sizeof *groups.ends);
    for (size_t i = 0; i < n; i++)
        groups.ends[ids[i]]++;
    uint32_t begin = 0;
    for (size_t k = 1; k <= groups.n; k++) {
        uint32_t count = groups.ends[k];
        groups.ends[k] = begin;
        begin += count;
    }
    groups.ends[0] = 0;
    for (size_t i = 0; i < n; i++)
        if (ids[i])
            groups.cells[groups.ends[ids[i]]++] = (uint32_t)i;
    return groups;
}

static void gather(double *to, const double *x, const uint32_t *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = x[cells[i]];
}

static void scatter(double *out, const double *from, const uint32_t *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[cells[i]] = from[i];
}

/*
 * Runs a kernel of cross-sections over each group. The last series is the group, the one or two before it are the kernel's. A
 * cell of no group gets that of `rest`, or is missing without.
 */
static void each_group(fct_op_cross kernel, const fct_op_call *call, const double *const *series,
                       double *out, size_t n, void *scratch, const double *rest)
{
    const double *g = series[call->n_series - 1];
    bool has_other = call->n_series == 3;
    group_map groups = group_cells(g, n, scratch);
    const double *const group_series[] = {groups.x, groups.other};
    for (size_t k = 0; k < groups.n; k++) {
        const uint32_t *cells = groups.cells + groups.ends[k];
        size_t n_cells = groups.ends[k + 1] - groups.ends[k];
        gather(groups.x, series[0], cells, n_cells);
        if (has_other)
            gather(groups.other, series[1], cells, n_cells);
        kernel(call, group_series, groups.out, n_cells, groups.scratch);
        scatter(out, groups.out, cells, n_cells);
    }
    /* `out` may be one of the series: a cell that is in no group is still what it was. */
    for (size_t i = 0; i < n; i++)
        if (!isfinite(g[i]))
            out[i] = rest && isfinite(rest[i]) ? rest[i] : NAN;
}

/* ---- Kernels ---------------------------------------------------------------------------------- */

#define GROUP_KERNEL(name, cross)                                                                  \
    void fct_kernel_##name(const fct_op_call *call, const double *const *series, double *out,      \
                           size_t n, void *scratch)                                                \
    {                                                                                              \
        each_group(cross, call, series, out, n, scratch, NULL);                                    \
    }

GROUP_KERNEL(group_neutralize, fct_kernel_cs_demean)
GROUP_KERNEL(group_rank, fct_kernel_rank)
GROUP_KERNEL(group_zscore, fct_kernel_cs_zscore)
GROUP_KERNEL(group_scale, fct_kernel_cs_scale_down)
GROUP_KERNEL(group_sum, fct_kernel_cs_sum)
GROUP_KERNEL(group_median, fct_kernel_cs_median)
GROUP_KERNEL(group_std, fct_kernel_cs_std)
GROUP_KERNEL(group_min, fct_kernel_cs_min)
GROUP_KERNEL(group_max, fct_kernel_cs_max)
GROUP_KERNEL(group_count, fct_kernel_cs_count)

/* The mean of x with weights w, where both are valid. */
static void weighted_mean(const fct_op_call *call, const double *const *series, double *out,
                          size_t n, void *scratch)
{
    (void)call, (void)scratch;
    const double *x = series[0], *w = series[1];
    for (size_t i = 0; i < n; i++)
        out[i] = isfinite(x[i]) ? w[i] : NAN;
    double weights = fct_cross_sum(out, n).sum.high;
    double mean = fct_cross_dot(x, w, n).xy / weights;
    fct_cross_fill(out, out, n, mean);
}

GROUP_KERNEL(group_mean, weighted_mean)

/* Missing cells become the mean of the valid ones, which are held within k standard deviations of their own mean. */
static void backfill(const fct_op_call *call, const double *const *series, double *out, size_t n,
                     void *scratch)
{
    const double *x = series[0];
    fct_cross_total total = fct_cross_sum(x, n);
    if (total.n > 1) { /* one value has no standard deviation to be held within */
        fct_kernel_cs_winsorize_std(call, series, out, n, scratch);
        total = fct_cross_sum(out, n);
    }
    double mean = total.sum.high / (double)total.n;
    for (size_t i = 0; i < n; i++)
        out[i] = isfinite(x[i]) ? x[i] : mean;
}

void fct_kernel_group_backfill(const fct_op_call *call, const double *const *series, double *out,
                               size_t n, void *scratch)
{
    each_group(backfill, call, series, out, n, scratch, series[0]);
}
