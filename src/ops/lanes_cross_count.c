/*
 * Ranks by counting: each cell against each, eight at a time.
 *
 * What is compared is each cell's distance from the smallest, rounded to a float, as an integer of the same order. Rounding may
 * make two of them equal but never turns them around: when the counts add up to n (n - 1) / 2, each pair had a smaller one.
 */
#include <string.h>

#include "ops/cross.h"
#include "ops/cross_count.h"
#include "ops/lanes.h"

/* AVX-512's registers would be slower here. */
enum { KEYS = FCT_ARCH_LANES > 2 ? 8 : 4, MOST_VECTORS = FCT_COUNT_MOST / KEYS, AT_ONCE = 4 };

typedef int32_t keys __attribute__((vector_size(KEYS * 4)));

/* Distances from `low` as ordered integers; INT32_MAX, which is none of them, for what is not valid and up to whole vectors. */
FCT_INLINE void make_keys(const double *x, size_t n, double low, int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        float distance = (float)(x[i] - low + 0.0); /* -0.0 is 0.0 */
        int32_t bits;
        memcpy(&bits, &distance, sizeof bits);
        out[i] = x[i] - x[i] == 0 ? bits : INT32_MAX;
    }
    for (size_t i = n; i % KEYS; i++)
        out[i] = INT32_MAX;
}

/* How many of the n keys are below each of those of four vectors, or of one. */
FCT_INLINE void count_four(const keys *own, const int32_t *all, size_t n, keys *counts)
{
    keys a = own[0], b = own[1], c = own[2], d = own[3];
    keys in_a = {0}, in_b = {0}, in_c = {0}, in_d = {0};
    for (size_t j = 0; j < n; j++) {
        keys key = (keys){0} + all[j];
        in_a -= key < a;
        in_b -= key < b;
        in_c -= key < c;
        in_d -= key < d;
    }
    counts[0] = in_a;
    counts[1] = in_b;
    counts[2] = in_c;
    counts[3] = in_d;
}

FCT_INLINE void count_one(const keys *own, const int32_t *all, size_t n, keys *counts)
{
    keys a = *own, in_a = {0};
    for (size_t j = 0; j < n; j++)
        in_a -= (keys){0} + all[j] < a;
    *counts = in_a;
}

FCT_ARCH_FUNCTION(fct_cross_count_smaller,
                  (const double *x, size_t n, int32_t *smaller, size_t *n_valid),
                  (x, n, smaller, n_valid))
{
    keys own[MOST_VECTORS], counts[MOST_VECTORS], total = {0};
    const int32_t *all = (const int32_t *)own;
    size_t n_vectors = (n + KEYS - 1) / KEYS, at = 0;
    fct_cross_extremes range = fct_cross_range(x, n);
    make_keys(x, n, range.low, (int32_t *)own);
    for (; at + AT_ONCE <= n_vectors; at += AT_ONCE)
        count_four(own + at, all, n, counts + at);
    for (; at < n_vectors; at++)
        count_one(own + at, all, n, counts + at);
    for (size_t k = 0; k < n_vectors; k++)
        total += counts[k] & (own[k] != INT32_MAX);
    int64_t sum = 0;
    for (int i = 0; i < KEYS; i++)
        sum += total[i];
    memcpy(smaller, counts, n * sizeof *smaller);
    *n_valid = 2 * (size_t)sum == range.n * (range.n - 1) ? range.n : SIZE_MAX;
}
