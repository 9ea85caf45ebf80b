/*
 * Ranks by counting: each cell against each, eight at a time.
 *
 * What is compared is each cell's distance from the smallest, rounded to a float, as an integer of the same order. Rounding may
 * make two of them equal but never turns them around: when the counts add up to n (n - 1) / 2, each pair had a smaller one.
 *
 * Vectors are of 32 bytes here: without AVX-512, GCC compares longer ones lane by lane.
 */
#include "ops/cross_count.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"

enum { LANES = 8, MOST_VECTORS = FCT_COUNT_MOST / LANES, AT_ONCE = 4 };

typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef double f64x4 __attribute__((vector_size(32)));
typedef int64_t i64x4 __attribute__((vector_size(32)));

/* Infinite where there is none. */
static inline double smallest(const double *x, size_t n, size_t *n_valid)
{
    const f64x4 top = {INFINITY, INFINITY, INFINITY, INFINITY};
    f64x4 low = top;
    i64x4 n_lanes = {0};
    for (size_t i = 0; i < n; i += 4) {
        f64x4 cells = {NAN, NAN, NAN, NAN};
        if (n - i >= 4)
            memcpy(&cells, x + i, sizeof cells);
        else
            memcpy(&cells, x + i, (n - i) * sizeof *x);
        i64x4 valid = (cells - cells) == 0;
        i64x4 is_lower = valid & (cells < low);
        low = (f64x4)(((i64x4)cells & is_lower) | ((i64x4)low & ~is_lower));
        n_lanes -= valid;
    }
    double result = INFINITY;
    *n_valid = 0;
    for (int k = 0; k < 4; k++) {
        result = low[k] < result ? low[k] : result;
        *n_valid += (size_t)n_lanes[k];
    }
    return result;
}

/* Distances from `low` as ordered integers; INT32_MAX, which is none of them, for what is not valid and up to whole vectors. */
static inline void make_keys(const double *x, size_t n, double low, int32_t *keys)
{
    for (size_t i = 0; i < n; i++) {
        float distance = (float)(x[i] - low + 0.0); /* -0.0 is 0.0 */
        int32_t bits;
        memcpy(&bits, &distance, sizeof bits);
        keys[i] = x[i] - x[i] == 0 ? bits : INT32_MAX;
    }
    for (size_t i = n; i % LANES; i++)
        keys[i] = INT32_MAX;
}

/* How many of the n keys are below each of 32 or 8 of them. */
static inline void count_four(const i32x8 *own, const int32_t *keys, size_t n, i32x8 *counts)
{
    i32x8 a = own[0], b = own[1], c = own[2], d = own[3];
    i32x8 in_a = {0}, in_b = {0}, in_c = {0}, in_d = {0};
    for (size_t j = 0; j < n; j++) {
        i32x8 key = (i32x8){0} + keys[j];
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

static inline void count_one(const i32x8 *own, const int32_t *keys, size_t n, i32x8 *counts)
{
    i32x8 a = *own, in_a = {0};
    for (size_t j = 0; j < n; j++)
        in_a -= (i32x8){0} + keys[j] < a;
    *counts = in_a;
}

FCT_CLONES
size_t fct_cross_count_smaller(const double *x, size_t n, int32_t *smaller)
{
    i32x8 keys[MOST_VECTORS], counts[MOST_VECTORS], total = {0};
    const int32_t *key = (const int32_t *)keys;
    size_t n_valid, n_vectors = (n + LANES - 1) / LANES, at = 0;
    double low = smallest(x, n, &n_valid);
    make_keys(x, n, low, (int32_t *)keys);
    for (; at + AT_ONCE <= n_vectors; at += AT_ONCE)
        count_four(keys + at, key, n, counts + at);
    for (; at < n_vectors; at++)
        count_one(keys + at, key, n, counts + at);
    for (size_t k = 0; k < n_vectors; k++)
        total += counts[k] & (keys[k] != INT32_MAX);
    int32_t sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += total[i];
    memcpy(smaller, counts, n * sizeof *smaller);
    return (size_t)sum == n_valid * (n_valid - 1) / 2 ? n_valid : SIZE_MAX;
}
