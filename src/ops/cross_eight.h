/* Eight cross-sections sorted side by side: the fastest way to ranks while there are few cells and no ties. */
#ifndef FCT_OPS_CROSS_EIGHT_H
#define FCT_OPS_CROSS_EIGHT_H

#include "ops/ops.h"

/* Up to this many cells each; measured. */
enum { FCT_EIGHT_MOST = 2048 };

typedef struct fct_eight {
    size_t n_valid[FCT_OP_LANES];
    bool in_order
        [FCT_OP_LANES]; /* false: cells are equal, or too near to one another for this method */
} fct_eight;

/* The bits of a key that hold the index of its cell. */
static inline int64_t fct_eight_index_mask(size_t n)
{
    return n > 8 ? (INT64_C(1) << (64 - __builtin_clzll(n - 1))) - 1 : 7;
}

/* Bytes of the keys. */
static inline size_t fct_eight_bytes(size_t n)
{
    return (n + 7) / 8 * 8 * FCT_OP_LANES * sizeof(double);
}

static inline size_t fct_eight_longest(const size_t *n)
{
    size_t longest = 0;
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
        longest = n[lane] > longest ? n[lane] : longest;
    return longest;
}

/*
 * Sorts eight cross-sections of n[lane] cells, at x and every `stride` cells behind. Row r of `keys`, eight lanes wide and aligned to
 * 64, then has the key of each one's r-th smallest cell; those of missing cells come last.
 */
void fct_cross_sort_eight(const double *x, const size_t *n, size_t stride, double *keys,
                          fct_eight *eight);

#endif
