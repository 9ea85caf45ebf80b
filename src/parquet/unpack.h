/* Bit-packed numbers, least significant bit first, become whole ones. */
#ifndef FCT_PARQUET_UNPACK_H
#define FCT_PARQUET_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * `n` numbers of `width` bits, from the `first`-th that begin at `bytes`. FCT_DECODE_PADDING bytes behind the last
 * one must be readable. Widths are 1 to 32, and 1 to 64.
 */
void fct_unpack_32(const uint8_t *bytes, size_t first, unsigned width, uint32_t *out, size_t n);
void fct_unpack_64(const uint8_t *bytes, size_t first, unsigned width, uint64_t *out, size_t n);

/* Bits of a byte each, from the `first`-th on: 0 or 1. */
void fct_unpack_bits(const uint8_t *bytes, size_t first, uint8_t *out, size_t n);

/*
 * out[i] = value + (i + 1) × smallest + the sum of the first i + 1 of `n` numbers that are packed at `bytes`, `n` a
 * multiple of 8 and `width` at most FCT_UNPACK_SUM_WIDTH. Sums wrap around. Returns the last one.
 */
enum { FCT_UNPACK_SUM_WIDTH = 15 };
uint64_t fct_unpack_sums(const uint8_t *bytes, unsigned width, uint64_t smallest, uint64_t value,
                         uint64_t *out, size_t n);

/* The same where all numbers are 0: steps of `smallest`. */
uint64_t fct_unpack_steps(uint64_t smallest, uint64_t value, uint64_t *out, size_t n);

static inline uint64_t fct_load_64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The i-th number of `width` bits, at most 56: within one load of 8 bytes. */
static inline uint64_t fct_unpack_one(const uint8_t *bytes, size_t i, unsigned width)
{
    size_t bit = i * width;
    return fct_load_64(bytes + bit / 8) >> (bit % 8) & ((UINT64_C(1) << width) - 1);
}

/* The same of any width. */
static inline uint64_t fct_unpack_wide(const uint8_t *bytes, size_t i, unsigned width)
{
    size_t bit = i * width;
    unsigned shift = (unsigned)(bit % 8);
    uint64_t low = fct_load_64(bytes + bit / 8) >> shift;
    uint64_t high = shift ? (uint64_t)bytes[bit / 8 + 8] << (64 - shift) : 0;
    return (low | high) & (width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1);
}

#endif
