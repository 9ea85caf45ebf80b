/*
 * Parquet's encodings, reading: kernels over arrays. They read nothing outside the bytes given and their padding of
 * FCT_DECODE_PADDING, which must be readable; hostile bytes make them return false.
 */
#ifndef FCT_PARQUET_DECODE_H
#define FCT_PARQUET_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FCT_DECODE_PADDING = 16 };

/* DELTA_BINARY_PACKED: exactly `n_values`, as 64-bit integers (32-bit ones wrap as 32-bit). */
bool fct_decode_delta(const uint8_t *bytes, size_t n_bytes, bool is_int32, int64_t *out,
                      size_t n_values);

/* The RLE hybrid of `bit_width` bits (0 to 32): exactly `n_values`. */
bool fct_decode_hybrid(const uint8_t *bytes, size_t n_bytes, unsigned bit_width, uint32_t *out,
                       size_t n_values);

/* out[i] = dictionary[indices[i]]; false where an index lies outside. */
bool fct_decode_gather_64(const uint64_t *dictionary, size_t n_dictionary, const uint32_t *indices,
                          uint64_t *out, size_t n_values);

/* BYTE_STREAM_SPLIT of values of 4 or 8 bytes. */
bool fct_decode_split(const uint8_t *bytes, size_t n_bytes, size_t value_bytes, void *out,
                      size_t n_values);

#endif
