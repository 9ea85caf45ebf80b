/* A cross-section in ascending order: keys, their merge or radix sort, and what is mended behind it. */
#include "ops/cross_sort.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"

enum {
    RUN = 8,             /* keys sorted in registers */
    INSERTION_MOST = 24, /* keys */
    RADIX_FROM = 64,     /* measured: from here on digits are faster than merging ... */
    WIDE_FROM = 2500,    /* ... and from here on longer ones */
    NARROW_BITS = 8,
    WIDE_BITS = 11,
    RADIX_PASSES = 3
};

/* ---- Keys ------------------------------------------------------------------------------------- */

/* An integer with the order of the doubles, above INT64_MIN. */
static int64_t key_of(double x)
{
    int64_t bits;
    x += 0.0; /* -0.0 is 0.0 */
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

typedef struct key_range {
    int64_t low, high;
} key_range;

FCT_CLONES
static key_range range_of(const double *x, size_t n)
{
    key_range range = {INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < n; i++) {
        int64_t key = key_of(x[i]);
        bool is_valid = x[i] - x[i] == 0;
        int64_t low = is_valid ? key : INT64_MAX, high = is_valid ? key : INT64_MIN;
        range.low = low < range.low ? low : range.low;
        range.high = high > range.high ? high : range.high;
    }
    return range;
}

/* ---- Short: runs of 8, merged ----------------------------------------------------------------- */

static inline void order_two(uint64_t *a, uint64_t *b)
{
    uint64_t low = *a < *b ? *a : *b, high = *a < *b ? *b : *a;
    *a = low;
    *b = high;
}

/* The network of 19 comparators (Knuth 3, 5.3.4). */
static inline void sort_run(uint64_t *k)
{
    static const uint8_t pairs[19][2] = {{0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6},
                                         {3, 7}, {0, 1}, {2, 3}, {4, 5}, {6, 7}, {2, 4}, {3, 5},
                                         {1, 4}, {3, 6}, {1, 2}, {3, 4}, {5, 6}};
    uint64_t run[RUN];
    memcpy(run, k, sizeof run);
#pragma GCC unroll 19
    for (int i = 0; i < 19; i++)
        order_two(&run[pairs[i][0]], &run[pairs[i][1]]);
    memcpy(k, run, sizeof run);
}

/* Merges a[0, n_a) and a[n_a, n_a + n_b), n_a >= n_b, into `out`: from both ends at once, without a branch that data decide. */
static void merge(const uint64_t *a, size_t n_a, size_t n_b, uint64_t *out)
{
    const uint64_t *b = a + n_a;
    const uint64_t *a_end = b - 1, *b_end = b + n_b - 1;
    uint64_t *out_end = out + n_a + n_b - 1;
    for (size_t i = 0; i < n_b; i++) {
        bool is_a = *a < *b, is_b_last = *a_end < *b_end;
        *out++ = is_a ? *a : *b;
        a += is_a;
        b += !is_a;
        *out_end-- = is_b_last ? *b_end : *a_end;
        a_end -= !is_b_last;
        b_end -= is_b_last;
    }
    for (size_t i = 0; i < n_a - n_b; i++) { /* one of the two may have run out */
        bool is_a = b > b_end || (a <= a_end && *a < *b);
        *out++ = is_a ? *a : *b;
        a += is_a;
        b += !is_a;
    }
}

/* Sorts n keys; both buffers have room up to the next multiple of 8. Returns the one that has them then. */
static uint64_t *merge_sort(uint64_t *keys, size_t n, uint64_t *other)
{
    size_t n_padded = (n + RUN - 1) / RUN * RUN;
    for (size_t i = n; i < n_padded; i++)
        keys[i] = UINT64_MAX;
    for (size_t i = 0; i < n_padded; i += RUN)
        sort_run(keys + i);
    for (size_t width = RUN; width < n_padded; width *= 2) {
        for (size_t i = 0; i < n_padded; i += 2 * width) {
            size_t n_left = n_padded - i;
            if (n_left > width)
                merge(keys + i, width, n_left < 2 * width ? n_left - width : width, other + i);
            else
                memcpy(other + i, keys + i, n_left * sizeof *keys);
        }
        uint64_t *swapped = keys;
        keys = other;
        other = swapped;
    }
    return keys;
}

static void insertion_sort(uint64_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* Sorts n keys where they are; they are copied, since the padding would run over what is behind them. */
static void sort_in_place(uint64_t *keys, size_t n, uint64_t *const spare[2])
{
    if (n <= INSERTION_MOST) {
        insertion_sort(keys, n);
        return;
    }
    memcpy(spare[0], keys, n * sizeof *keys);
    memcpy(keys, merge_sort(spare[0], n, spare[1]), n * sizeof *keys);
}

/* ---- Long: by the leading three digits, the rest behind them ---------------------------------- */

static inline uint64_t *sort_by_digits(uint64_t *keys, size_t n, uint64_t *other, int digit_bits,
                                       uint32_t *counts)
{
    size_t n_digits = (size_t)1 << digit_bits;
    int first_bit = 64 - RADIX_PASSES * digit_bits;
    memset(counts, 0, RADIX_PASSES * n_digits * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        for (int pass = 0; pass < RADIX_PASSES; pass++)
            counts[(size_t)pass * n_digits +
                   (keys[i] >> (first_bit + pass * digit_bits)) % n_digits]++;
    for (int pass = 0; pass < RADIX_PASSES; pass++, counts += n_digits) {
        int shift = first_bit + pass * digit_bits;
        uint32_t begin = 0;
        for (size_t digit = 0; digit < n_digits; digit++) {
            uint32_t count = counts[digit];
            counts[digit] = begin;
            begin += count;
        }
        for (size_t i = 0; i < n; i++)
            other[counts[(keys[i] >> shift) % n_digits]++] = keys[i];
        uint64_t *swapped = keys;
        keys = other;
        other = swapped;
    }
    return keys;
}

/* Sorts by all bits the runs of keys whose leading bits, from `shift` up, are equal and that are not in order. */
static void mend_runs(uint64_t *keys, size_t n, int shift, uint64_t *const spare[2])
{
    for (size_t i = 1; i < n; i++) {
        if (keys[i] >= keys[i - 1])
            continue;
        size_t begin = i - 1, end = i + 1;
        while (begin > 0 && keys[begin - 1] >> shift == keys[i] >> shift)
            begin--;
        while (end < n && keys[end] >> shift == keys[i] >> shift)
            end++;
        sort_in_place(keys + begin, end - begin, spare);
        i = end - 1;
    }
}

/* ---- All of it -------------------------------------------------------------------------------- */

/* What a buffer of n keys needs with its padding. */
static size_t padded(size_t n)
{
    return (n + RUN - 1) / RUN * RUN;
}

size_t fct_cross_sort_bytes(size_t n)
{
    return padded(n) * (3 * sizeof(uint64_t) + sizeof(double) + sizeof(uint32_t));
}

/*
 * Packed keys whose leading bits are equal lie in the order of their indices: puts such of them in order that differ in the
 * bits that gave way to the index. Those, less the smallest, have room above the index.
 */
static void mend_cut_keys(uint64_t *keys, size_t n, int index_bits, const double *x, double *values,
                          uint64_t *const spare[2])
{
    uint64_t index_mask = (UINT64_C(1) << index_bits) - 1;
    for (size_t i = 1; i < n; i++) {
        if (values[i] >= values[i - 1])
            continue;
        uint64_t lead = keys[i] >> index_bits;
        size_t begin = i - 1, end = i + 1;
        while (begin > 0 && keys[begin - 1] >> index_bits == lead)
            begin--;
        while (end < n && keys[end] >> index_bits == lead)
            end++;
        int64_t low = INT64_MAX;
        for (size_t j = begin; j < end; j++)
            low = key_of(values[j]) < low ? key_of(values[j]) : low;
        for (size_t j = begin; j < end; j++)
            keys[j] = ((uint64_t)key_of(values[j]) - (uint64_t)low) << index_bits |
                      (keys[j] & index_mask);
        sort_in_place(keys + begin, end - begin, spare);
        for (size_t j = begin; j < end; j++) {
            values[j] = x[keys[j] & index_mask] + 0.0;
            keys[j] = lead << index_bits | (keys[j] & index_mask);
        }
        i = end - 1;
    }
}

/* Sorts n keys. Returns the buffer that has them then; the other ones are in `spare`. */
static uint64_t *sort_keys(uint64_t *keys, size_t n, uint64_t *spare[2])
{
    uint32_t counts[RADIX_PASSES << WIDE_BITS];
    uint64_t *result;
    int digit_bits = 0;
    if (n < RADIX_FROM)
        result = merge_sort(keys, n, spare[0]);
    else if (n < WIDE_FROM)
        result = sort_by_digits(keys, n, spare[0], digit_bits = NARROW_BITS, counts);
    else
        result = sort_by_digits(keys, n, spare[0], digit_bits = WIDE_BITS, counts);
    if (result != keys)
        spare[0] = keys;
    if (digit_bits)
        mend_runs(result, n, 64 - RADIX_PASSES * digit_bits, spare);
    return result;
}

/* Order and values of the sorted keys. Returns whether the values are in order, too. */
FCT_CLONES
static bool unpack(const uint64_t *keys, uint64_t index_mask, const double *x, fct_sorted *sorted,
                   uint32_t *order)
{
    double *values = sorted->values;
    size_t n = sorted->n;
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)(keys[i] & index_mask);
        values[i] = x[keys[i] & index_mask] + 0.0;
    }
    uint64_t n_equal = 0, n_falls = 0;
    for (size_t i = 1; i < n; i++) {
        n_equal += values[i] == values[i - 1];
        n_falls += values[i] < values[i - 1];
    }
    sorted->has_ties = n_equal > 0;
    return n_falls == 0;
}

fct_sorted fct_cross_sort(const double *x, size_t n, void *scratch)
{
    size_t n_padded = padded(n);
    uint64_t *keys = scratch, *spare[2] = {keys + n_padded, keys + 2 * n_padded};
    fct_sorted sorted = {.values = (double *)(keys + 3 * n_padded)};
    uint32_t *order = (uint32_t *)(sorted.values + n_padded);
    sorted.order = order;

    key_range range = range_of(x, n);
    if (range.low > range.high)
        return sorted;
    uint64_t span = (uint64_t)range.high - (uint64_t)range.low;
    int room = span ? __builtin_clzll(span) : 63;
    int index_bits = n > 1 ? 64 - __builtin_clzll(n - 1) : 1;
    uint64_t index_mask = (UINT64_C(1) << index_bits) - 1;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = ((uint64_t)key_of(x[i]) - (uint64_t)range.low) << room;
        keys[sorted.n] = (key & ~index_mask) | i;
        sorted.n += x[i] - x[i] == 0;
    }

    keys = sort_keys(keys, sorted.n, spare);
    if (!unpack(keys, index_mask, x, &sorted, order)) {
        mend_cut_keys(keys, sorted.n, index_bits, x, sorted.values, spare);
        unpack(keys, index_mask, x, &sorted, order);
    }
    return sorted;
}

/* ---- Places ----------------------------------------------------------------------------------- */

double fct_sorted_at(const fct_sorted *sorted, double place)
{
    if (!sorted->n)
        return NAN;
    size_t below = (size_t)place;
    double part = place - (double)below;
    double low = sorted->values[below];
    return part > 0 ? low + (sorted->values[below + 1] - low) * part : low;
}

double fct_sorted_median(const fct_sorted *sorted)
{
    size_t n = sorted->n;
    if (n % 2)
        return sorted->values[n / 2];
    if (!n)
        return NAN;
    double low = sorted->values[n / 2 - 1], high = sorted->values[n / 2];
    return isfinite(low + high) ? (low + high) / 2 : low / 2 + high / 2;
}
