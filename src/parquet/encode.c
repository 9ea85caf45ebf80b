#include "parquet/encode.h"

#include <string.h>

#include "base/vector.h"

enum { BLOCK = 128, MINIBLOCK = 32, N_MINIBLOCKS = BLOCK / MINIBLOCK, MAX_VARINT = 10 };

static size_t put_varint(uint64_t value, uint8_t *out)
{
    size_t n = 0;
    while (value >= 0x80) {
        out[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[n++] = (uint8_t)value;
    return n;
}

static size_t put_zigzag(int64_t value, uint8_t *out)
{
    return put_varint(((uint64_t)value << 1) ^ (uint64_t)(value >> 63), out);
}

/* `n` values of `width` bits, least significant bit first; n × width must be whole bytes. */
static inline __attribute__((always_inline)) size_t put_bits(const uint64_t *values, size_t n,
                                                             unsigned width, uint8_t *out)
{
    uint64_t pending = 0;
    unsigned n_pending = 0;
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++) {
        pending |= values[i] << n_pending;
        if (n_pending + width >= 64) {
            memcpy(p, &pending, 8);
            p += 8;
            unsigned n_taken = 64 - n_pending;
            pending = n_taken < 64 ? values[i] >> n_taken : 0;
            n_pending = n_pending + width - 64;
        } else {
            n_pending += width;
        }
    }
    memcpy(p, &pending, (n_pending + 7) / 8);
    return (size_t)(p - out) + (n_pending + 7) / 8;
}

static unsigned width_of(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

size_t fct_encode_delta_room(size_t n_values)
{
    size_t n_blocks = n_values / BLOCK + 1;
    return 4 * (size_t)MAX_VARINT + n_blocks * (MAX_VARINT + N_MINIBLOCKS + BLOCK * 8);
}

/* One block: the smallest difference, a width a miniblock, and what the differences are above the smallest. */
static inline __attribute__((always_inline)) size_t
put_block(const uint64_t *deltas, size_t n, int64_t smallest, uint64_t mask, uint8_t *out)
{
    uint8_t *p = out + put_zigzag(smallest, out);
    uint8_t *widths = p;
    p += N_MINIBLOCKS;
    for (size_t m = 0; m < N_MINIBLOCKS; m++) {
        uint64_t above[MINIBLOCK] = {0};
        uint64_t all = 0;
        for (size_t i = 0; i < MINIBLOCK && m * MINIBLOCK + i < n; i++) {
            above[i] = (deltas[m * MINIBLOCK + i] - (uint64_t)smallest) & mask;
            all |= above[i];
        }
        widths[m] = (uint8_t)width_of(all);
        /* A miniblock behind the last value is left out; its width is 0. */
        if (m * MINIBLOCK < n)
            p += put_bits(above, MINIBLOCK, widths[m], p);
    }
    return (size_t)(p - out);
}

/* Differences wrap around in the width of the type, as the format wants it. */
FCT_CLONES size_t fct_encode_delta_int64(const int64_t *values, size_t n_values, uint8_t *out)
{
    uint8_t *p = out;
    p += put_varint(BLOCK, p);
    p += put_varint(N_MINIBLOCKS, p);
    p += put_varint(n_values, p);
    p += put_zigzag(n_values ? values[0] : 0, p);
    for (size_t begin = 1; begin < n_values; begin += BLOCK) {
        size_t n = n_values - begin < BLOCK ? n_values - begin : BLOCK;
        uint64_t deltas[BLOCK];
        int64_t smallest = INT64_MAX;
        for (size_t i = 0; i < n; i++) {
            deltas[i] = (uint64_t)values[begin + i] - (uint64_t)values[begin + i - 1];
            smallest = (int64_t)deltas[i] < smallest ? (int64_t)deltas[i] : smallest;
        }
        p += put_block(deltas, n, smallest, UINT64_MAX, p);
    }
    return (size_t)(p - out);
}

size_t fct_encode_delta_int32(const int32_t *values, size_t n_values, uint8_t *out)
{
    uint8_t *p = out;
    p += put_varint(BLOCK, p);
    p += put_varint(N_MINIBLOCKS, p);
    p += put_varint(n_values, p);
    p += put_zigzag(n_values ? values[0] : 0, p);
    for (size_t begin = 1; begin < n_values; begin += BLOCK) {
        size_t n = n_values - begin < BLOCK ? n_values - begin : BLOCK;
        uint64_t deltas[BLOCK];
        int64_t smallest = INT64_MAX;
        for (size_t i = 0; i < n; i++) {
            uint32_t delta = (uint32_t)values[begin + i] - (uint32_t)values[begin + i - 1];
            deltas[i] = (uint64_t)(int64_t)(int32_t)delta;
            smallest = (int64_t)deltas[i] < smallest ? (int64_t)deltas[i] : smallest;
        }
        p += put_block(deltas, n, smallest, UINT32_MAX, p);
    }
    return (size_t)(p - out);
}

unsigned fct_encode_bit_width(size_t n_values)
{
    return n_values > 1 ? width_of(n_values - 1) : 0;
}

size_t fct_encode_packed_room(size_t n_values, unsigned bit_width)
{
    return MAX_VARINT + (n_values + 7) / 8 * bit_width + 8;
}

FCT_CLONES size_t fct_encode_packed(const uint32_t *values, size_t n_values, unsigned bit_width,
                                    uint8_t *out)
{
    size_t n_groups = (n_values + 7) / 8;
    uint8_t *p = out + put_varint(n_groups << 1 | 1, out);
    for (size_t begin = 0; begin < n_values; begin += MINIBLOCK) {
        uint64_t wide[MINIBLOCK] = {0};
        size_t n = n_values - begin < MINIBLOCK ? n_values - begin : MINIBLOCK;
        for (size_t i = 0; i < n; i++)
            wide[i] = values[begin + i];
        p += put_bits(wide, (n + 7) / 8 * 8, bit_width, p);
    }
    return (size_t)(p - out);
}

size_t fct_encode_repeated(uint8_t value, size_t n_values, uint8_t *out)
{
    size_t n = put_varint(n_values << 1, out);
    out[n] = value;
    return n + 1;
}

void fct_encode_split(const double *values, size_t n_values, uint8_t *out)
{
    for (size_t i = 0; i < n_values; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], 8);
        for (size_t byte = 0; byte < 8; byte++)
            out[byte * n_values + i] = (uint8_t)(bits >> (8 * byte));
    }
}

size_t fct_encode_bits(const uint8_t *values, size_t n_values, uint8_t *out)
{
    size_t n_bytes = (n_values + 7) / 8;
    memset(out, 0, n_bytes);
    for (size_t i = 0; i < n_values; i++)
        out[i / 8] = (uint8_t)(out[i / 8] | (values[i] & 1) << (i % 8));
    return n_bytes;
}
