#include "parquet/decode.h"

#include <string.h>

#include "base/vector.h"

FCT_CLONES static uint32_t find_largest(const uint32_t *values, size_t n)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = values[i] > largest ? values[i] : largest;
    return largest;
}

/* Without clones: gather instructions are slower than loads on most processors. */
bool fct_decode_gather_64(const uint64_t *dictionary, size_t n_dictionary, const uint32_t *indices,
                          uint64_t *out, size_t n_values)
{
    if (n_values && find_largest(indices, n_values) >= n_dictionary)
        return false;
    for (size_t i = 0; i < n_values; i++)
        out[i] = dictionary[indices[i]];
    return true;
}

/* ---- BYTE_STREAM_SPLIT ------------------------------------------------------------------------- */

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16_unaligned __attribute__((vector_size(16), aligned(1)));

/* Two vectors of 16 bytes shuffled like two halves of a deck of cards. */
static inline __attribute__((always_inline)) void interleave(u8x16 *a, u8x16 *b)
{
    u8x16 low =
        __builtin_shufflevector(*a, *b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    u8x16 high = __builtin_shufflevector(*a, *b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14,
                                         30, 15, 31);
    *a = low;
    *b = high;
}

/* 16 values of 8 bytes: a stream meets the one half of all streams away, three times. */
static void join_16_wide(const uint8_t *bytes, size_t stride, uint8_t *out)
{
    u8x16 v[8];
    for (size_t i = 0; i < 8; i++)
        v[i] = *(const u8x16_unaligned *)(bytes + i * stride);
    for (size_t i = 0; i < 4; i++)
        interleave(&v[i], &v[i + 4]); /* streams 0 and 4, 1 and 5, ...: v[i] first half of values */
    interleave(&v[0], &v[2]);
    interleave(&v[1], &v[3]);
    interleave(&v[4], &v[6]);
    interleave(&v[5], &v[7]);
    interleave(&v[0], &v[1]);
    interleave(&v[2], &v[3]);
    interleave(&v[4], &v[5]);
    interleave(&v[6], &v[7]);
    memcpy(out, v, sizeof v);
}

/* The same of 4 bytes, twice. */
static void join_16_narrow(const uint8_t *bytes, size_t stride, uint8_t *out)
{
    u8x16 v[4];
    for (size_t i = 0; i < 4; i++)
        v[i] = *(const u8x16_unaligned *)(bytes + i * stride);
    interleave(&v[0], &v[2]);
    interleave(&v[1], &v[3]);
    interleave(&v[0], &v[1]);
    interleave(&v[2], &v[3]);
    memcpy(out, v, sizeof v);
}

void fct_decode_split(const uint8_t *bytes, size_t n_all, size_t value_bytes, size_t first,
                      void *out, size_t n)
{
    uint8_t *to = out;
    size_t i = 0;
    if (value_bytes == 8)
        for (; i + 16 <= n; i += 16)
            join_16_wide(bytes + first + i, n_all, to + i * 8);
    if (value_bytes == 4)
        for (; i + 16 <= n; i += 16)
            join_16_narrow(bytes + first + i, n_all, to + i * 4);
    for (; i < n; i++)
        for (size_t byte = 0; byte < value_bytes; byte++)
            to[i * value_bytes + byte] = bytes[byte * n_all + first + i];
}
