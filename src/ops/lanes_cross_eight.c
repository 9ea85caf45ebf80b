/*
 * Eight cross-sections at once, each in a lane, sorted by one network of comparators: what it does does not depend on the values.
 *
 * A key is the cell with its index in place of its lowest bits. Keys of finite cells are finite and have the cells' order but
 * where those differ in no higher bit; such neighbours are found, and say that the order is not to be trusted.
 */
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "ops/cross_eight.h"
#include "ops/lanes.h"

enum {
    STEP = FCT_OP_LANES, /* from one row of keys to the next */
    RUN = 8,             /* rows sorted in registers */
    PARTS = FCT_OP_LANES / FCT_ARCH_LANES
};

typedef int64_t fct_mask_unaligned __attribute__((vector_size(FCT_ARCH_LANES * 8), aligned(8)));

/* The bits of the largest finite double, whose keys stand for missing cells. */
#define MISSING_BITS INT64_C(0x7FEFFFFFFFFFFFFF)

/* The processor's own, where it has them: the compiler would compare and choose. */
#if defined(__AVX512F__)
#define SMALLER(a, b) ((fct_lanes)_mm512_min_pd((__m512d)(a), (__m512d)(b)))
#define LARGER(a, b) ((fct_lanes)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#elif defined(__AVX__)
#define SMALLER(a, b) ((fct_lanes)_mm256_min_pd((__m256d)(a), (__m256d)(b)))
#define LARGER(a, b) ((fct_lanes)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#elif defined(__SSE2__)
#define SMALLER(a, b) ((fct_lanes)_mm_min_pd((__m128d)(a), (__m128d)(b)))
#define LARGER(a, b) ((fct_lanes)_mm_max_pd((__m128d)(a), (__m128d)(b)))
#else
#define SMALLER(a, b) FCT_SELECT((a) < (b), a, b)
#define LARGER(a, b) FCT_SELECT((a) < (b), b, a)
#endif

/* In a, the smaller of each lane; in b, the larger. */
#define ORDER_TWO(a, b)                                                                            \
    do {                                                                                           \
        fct_lanes smaller_ = SMALLER(a, b);                                                        \
        (b) = LARGER(a, b);                                                                        \
        (a) = smaller_;                                                                            \
    } while (0)

FCT_INLINE fct_lanes *row_at(double *keys, size_t row)
{
    return (fct_lanes *)(void *)(keys + row * STEP);
}

FCT_INLINE void order_rows(double *keys, size_t a, size_t b)
{
    fct_lanes low = *row_at(keys, a), high = *row_at(keys, b);
    ORDER_TWO(low, high);
    *row_at(keys, a) = low;
    *row_at(keys, b) = high;
}

/* The network of 19 comparators (Knuth 3, 5.3.4). */
FCT_INLINE void sort_run(double *keys)
{
    fct_lanes k[RUN];
    for (int i = 0; i < RUN; i++)
        k[i] = *row_at(keys, (size_t)i);
    ORDER_TWO(k[0], k[2]);
    ORDER_TWO(k[1], k[3]);
    ORDER_TWO(k[4], k[6]);
    ORDER_TWO(k[5], k[7]);
    ORDER_TWO(k[0], k[4]);
    ORDER_TWO(k[1], k[5]);
    ORDER_TWO(k[2], k[6]);
    ORDER_TWO(k[3], k[7]);
    ORDER_TWO(k[0], k[1]);
    ORDER_TWO(k[2], k[3]);
    ORDER_TWO(k[4], k[5]);
    ORDER_TWO(k[6], k[7]);
    ORDER_TWO(k[2], k[4]);
    ORDER_TWO(k[3], k[5]);
    ORDER_TWO(k[1], k[4]);
    ORDER_TWO(k[3], k[6]);
    ORDER_TWO(k[1], k[2]);
    ORDER_TWO(k[3], k[4]);
    ORDER_TWO(k[5], k[6]);
    for (int i = 0; i < RUN; i++)
        *row_at(keys, (size_t)i) = k[i];
}

/*
 * The last three steps of a merge of n rows, 16 at least, those of distance 4, 2 and 1, in one walk. Three rows are carried from
 * one eight to the next: one that has had two of the steps, two that have had the first.
 */
FCT_INLINE void finish_merge(double *keys, size_t n)
{
    fct_lanes k1 = *row_at(keys, 1), k2 = *row_at(keys, 2), k3 = *row_at(keys, 3);
    size_t row = 0;
    for (; row + 2 * RUN <= n; row += RUN) {
        double *here = keys + row * STEP;
        fct_lanes k4 = *row_at(here, 4), k5 = *row_at(here, 5), k6 = *row_at(here, 6);
        fct_lanes k7 = *row_at(here, 7), k8 = *row_at(here, 8), k9 = *row_at(here, 9);
        fct_lanes k10 = *row_at(here, 10), k11 = *row_at(here, 11);
        ORDER_TWO(k4, k8);
        ORDER_TWO(k5, k9);
        ORDER_TWO(k6, k10);
        ORDER_TWO(k7, k11);
        ORDER_TWO(k2, k4);
        ORDER_TWO(k3, k5);
        ORDER_TWO(k6, k8);
        ORDER_TWO(k7, k9);
        ORDER_TWO(k1, k2);
        ORDER_TWO(k3, k4);
        ORDER_TWO(k5, k6);
        ORDER_TWO(k7, k8);
        *row_at(here, 1) = k1;
        *row_at(here, 2) = k2;
        *row_at(here, 3) = k3;
        *row_at(here, 4) = k4;
        *row_at(here, 5) = k5;
        *row_at(here, 6) = k6;
        *row_at(here, 7) = k7;
        *row_at(here, 8) = k8;
        k1 = k9;
        k2 = k10;
        k3 = k11;
    }
    double *last = keys + row * STEP;
    fct_lanes k4 = *row_at(last, 4), k5 = *row_at(last, 5), k6 = *row_at(last, 6);
    ORDER_TWO(k2, k4);
    ORDER_TWO(k3, k5);
    ORDER_TWO(k1, k2);
    ORDER_TWO(k3, k4);
    ORDER_TWO(k5, k6);
    *row_at(last, 1) = k1;
    *row_at(last, 2) = k2;
    *row_at(last, 3) = k3;
    *row_at(last, 4) = k4;
    *row_at(last, 5) = k5;
    *row_at(last, 6) = k6;
}

/*
 * Batcher's odd-even merge of rows [0, m) and [m, 2 m), of which those from n on are not there: they would be larger than all
 * others, so that what compares with them does nothing. m and n are multiples of RUN, m < n.
 */
FCT_INLINE void merge_runs(double *keys, size_t m, size_t n)
{
    for (size_t i = 0; i + m < n; i++)
        order_rows(keys, i, i + m);
    for (size_t d = m / 2; d >= RUN; d /= 2)
        for (size_t begin = d; begin + d < n; begin += 2 * d) {
            size_t end = begin + 2 * d < n ? begin + d : n - d;
            for (size_t i = begin; i < end; i++)
                order_rows(keys, i, i + d);
        }
    finish_merge(keys, n);
}

FCT_INLINE void sort_lanes(double *keys, size_t n)
{
    size_t n_padded = (n + RUN - 1) / RUN * RUN;
    for (size_t row = 0; row < n_padded; row += RUN)
        sort_run(keys + row * STEP);
    for (size_t m = RUN; m < n_padded; m *= 2)
        for (size_t begin = 0; begin + m < n_padded; begin += 2 * m)
            merge_runs(keys + begin * STEP, m, n_padded - begin < 2 * m ? n_padded - begin : 2 * m);
}

/* Which lanes of two vectors make one whose blocks of h lanes have changed places across the diagonal. */
#define LANE_OF_FIRST(h, i) ((i) & (h) ? FCT_ARCH_LANES + (i) - (h) : (i))
#define LANE_OF_SECOND(h, i) ((i) & (h) ? FCT_ARCH_LANES + (i) : (i) + (h))
#if FCT_ARCH_LANES == 8
#define ALL_LANES(of, h)                                                                           \
    of(h, 0), of(h, 1), of(h, 2), of(h, 3), of(h, 4), of(h, 5), of(h, 6), of(h, 7)
#elif FCT_ARCH_LANES == 4
#define ALL_LANES(of, h) of(h, 0), of(h, 1), of(h, 2), of(h, 3)
#else
#define ALL_LANES(of, h) of(h, 0), of(h, 1)
#endif
#define CHANGE_PLACES(v, h)                                                                        \
    for (int i_ = 0; i_ < FCT_ARCH_LANES; i_++)                                                    \
        if (!(i_ & (h))) {                                                                         \
            fct_mask first_ =                                                                      \
                __builtin_shufflevector(v[i_], v[i_ + (h)], ALL_LANES(LANE_OF_FIRST, h));          \
            v[i_ + (h)] =                                                                          \
                __builtin_shufflevector(v[i_], v[i_ + (h)], ALL_LANES(LANE_OF_SECOND, h));         \
            v[i_] = first_;                                                                        \
        }

/* Eight rows of eight become eight columns. */
FCT_INLINE void transpose(const int64_t *from, int64_t *to)
{
    for (int row = 0; row < FCT_OP_LANES; row += FCT_ARCH_LANES)
        for (int column = 0; column < FCT_OP_LANES; column += FCT_ARCH_LANES) {
            fct_mask v[FCT_ARCH_LANES];
            for (int i = 0; i < FCT_ARCH_LANES; i++)
                v[i] = *(const fct_mask_unaligned *)(from + (row + i) * FCT_OP_LANES + column);
            CHANGE_PLACES(v, 1)
#if FCT_ARCH_LANES > 2
            CHANGE_PLACES(v, 2)
#endif
#if FCT_ARCH_LANES > 4
            CHANGE_PLACES(v, 4)
#endif
            for (int i = 0; i < FCT_ARCH_LANES; i++)
                *(fct_mask_unaligned *)(to + (column + i) * FCT_OP_LANES + row) = v[i];
        }
}

/* What goes on in a lane while keys are made, a sum or a mask for each of eight cells. */
typedef struct making {
    fct_mask n_valid[PARTS], too_large[PARTS];
} making;

/* The keys of cells [first, first + 8) of one cross-section, of which those from n on are not there. */
FCT_INLINE void make_keys(const double *x, size_t first, size_t n, int64_t index_mask, making *m,
                          int64_t *keys)
{
    static const int64_t counting[FCT_OP_LANES] = {0, 1, 2, 3, 4, 5, 6, 7};
    fct_mask missing = (fct_mask){0} + (MISSING_BITS & ~index_mask);
    for (int part = 0; part < PARTS; part++) {
        fct_mask index = *(const fct_mask_unaligned *)(counting + part * FCT_ARCH_LANES);
        index += (int64_t)first;
        fct_lanes cells = *(const fct_lanes_unaligned *)(x + first + part * FCT_ARCH_LANES);
        fct_mask valid = FCT_IS_FINITE(cells) & (index < (int64_t)n);
        fct_mask bits = (fct_mask)(cells + FCT_ALL(0.0)) & ~index_mask; /* -0.0 is 0.0 */
        m->n_valid[part] -= valid;
        m->too_large[part] |= valid & (bits == missing);
        bits = (valid & bits) | (~valid & missing);
        *(fct_mask_unaligned *)(keys + part * FCT_ARCH_LANES) = bits | index;
    }
}

FCT_INLINE void make_all_keys(const double *x, const size_t *n, size_t n_most, size_t stride,
                              int64_t index_mask, double *keys, fct_eight *eight)
{
    making made[FCT_OP_LANES] = {{{{0}}, {{0}}}};
    for (size_t first = 0; first < n_most; first += RUN) {
        int64_t beside[FCT_OP_LANES][RUN];
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
            make_keys(x + lane * stride, first, n[lane], index_mask, &made[lane], beside[lane]);
        transpose(&beside[0][0], (int64_t *)(void *)(keys + first * STEP));
    }
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
        int64_t n_valid = 0, too_large = 0;
        for (int i = 0; i < FCT_OP_LANES; i++) {
            n_valid += made[lane].n_valid[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES];
            too_large |= made[lane].too_large[i / FCT_ARCH_LANES][i % FCT_ARCH_LANES];
        }
        eight->n_valid[lane] = (size_t)n_valid;
        eight->in_order[lane] = !too_large;
    }
}

/* Lanes in which neighbours differ in nothing but their indices. */
FCT_INLINE void find_ties(double *keys, size_t n, int64_t index_mask, bool *in_order)
{
    fct_mask ties = {0};
    fct_mask missing = (fct_mask){0} + (MISSING_BITS & ~index_mask);
    fct_mask last = (fct_mask)*row_at(keys, 0) & ~index_mask;
    for (size_t row = 1; row < n; row++) {
        fct_mask here = (fct_mask)*row_at(keys, row) & ~index_mask;
        ties |= (here == last) & (here != missing);
        last = here;
    }
    for (int i = 0; i < FCT_ARCH_LANES; i++)
        in_order[i] &= !ties[i];
}

FCT_ARCH_FUNCTION(fct_cross_sort_eight,
                  (const double *x, const size_t *n, size_t stride, double *keys, fct_eight *eight),
                  (x, n, stride, keys, eight))
{
    size_t n_most = fct_eight_longest(n);
    int64_t index_mask = fct_eight_index_mask(n_most);
    make_all_keys(x, n, n_most, stride, index_mask, keys, eight);
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES) {
        sort_lanes(keys + lane, n_most);
        find_ties(keys + lane, n_most, index_mask, eight->in_order + lane);
    }
}
