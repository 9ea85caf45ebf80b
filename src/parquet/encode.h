/* Parquet's encodings, writing: arrays of values become bytes. The caller made room for them. */
#ifndef FCT_PARQUET_ENCODE_H
#define FCT_PARQUET_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Each returns how many bytes it wrote to `out`; fct_encode_..._room says how many that can be. */

/* DELTA_BINARY_PACKED of 64- and 32-bit integers. */
size_t fct_encode_delta_room(size_t n_values);
size_t fct_encode_delta_int64(const int64_t *values, size_t n_values, uint8_t *out);
size_t fct_encode_delta_int32(const int32_t *values, size_t n_values, uint8_t *out);

/* The bit width of an index below `n_values`. */
unsigned fct_encode_bit_width(size_t n_values);

/* Indices or levels as one bit-packed run of the RLE hybrid, with its header. */
size_t fct_encode_packed_room(size_t n_values, unsigned bit_width);
size_t fct_encode_packed(const uint32_t *values, size_t n_values, unsigned bit_width, uint8_t *out);

/* `n_values` times the same one-byte value as one run of the RLE hybrid. */
size_t fct_encode_repeated(uint8_t value, size_t n_values, uint8_t *out);

/* BYTE_STREAM_SPLIT of doubles: all first bytes, then all second bytes, and so on. */
void fct_encode_split(const double *values, size_t n_values, uint8_t *out);

/* PLAIN booleans: a bit each. */
size_t fct_encode_bits(const uint8_t *values, size_t n_values, uint8_t *out);

#endif
