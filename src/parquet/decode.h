/*
 * Parquet's encodings, reading: kernels over arrays, a block of values at a time. They read nothing outside the bytes
 * given and their padding of FCT_DECODE_PADDING, which must be readable; hostile bytes make them return false.
 */
#ifndef FCT_PARQUET_DECODE_H
#define FCT_PARQUET_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FCT_DECODE_PADDING = 16 };

/* The RLE hybrid: runs of one repeated number, and runs of packed ones. */
typedef struct fct_hybrid {
    const uint8_t *next, *end; /* what lies behind the present run */
    unsigned bit_width;
    const uint8_t *packed; /* the present run's numbers; NULL: it repeats `value` */
    uint32_t value;
    uint64_t n_run, position;
} fct_hybrid;

/* False for a `bit_width` over 32. */
bool fct_hybrid_start(fct_hybrid *hybrid, const uint8_t *bytes, size_t n_bytes, unsigned bit_width);

/* The next `n` numbers; false where there are not so many. */
bool fct_hybrid_next(fct_hybrid *hybrid, uint32_t *out, size_t n);

/* Passes over the next `n` numbers where one run says that all are `value`; else false, and nothing is passed. */
bool fct_hybrid_pass(fct_hybrid *hybrid, uint32_t value, size_t n);

/* DELTA_BINARY_PACKED: blocks of miniblocks of packed differences. */
typedef struct fct_delta {
    const uint8_t *next, *end; /* what lies behind the present miniblock */
    bool is_int32;             /* numbers wrap around in 32 bits */
    bool has_first;  /* the first number, which stands before the differences, was given */
    uint64_t n_left; /* numbers not yet given */
    uint64_t value;  /* the last one given, or the first */
    size_t n_miniblock, n_miniblocks;
    const uint8_t *widths; /* of the present block's miniblocks that were not yet begun ... */
    size_t n_widths;       /* ... and how many those are */
    uint64_t smallest;
    const uint8_t *packed; /* of the present miniblock */
    unsigned width;
    size_t position; /* in it; n_miniblock at its end */
} fct_delta;

bool fct_delta_start(fct_delta *delta, const uint8_t *bytes, size_t n_bytes, bool is_int32);
bool fct_delta_next(fct_delta *delta, int64_t *out, size_t n);

/* out[i] = dictionary[indices[i]]; false where an index lies outside. */
bool fct_decode_gather_64(const uint64_t *dictionary, size_t n_dictionary, const uint32_t *indices,
                          uint64_t *out, size_t n_values);

/*
 * BYTE_STREAM_SPLIT: the values [first, first + n) of the `n_all` whose first bytes all lie at `bytes`, then all second
 * bytes, and so on. first + n is at most n_all.
 */
void fct_decode_split(const uint8_t *bytes, size_t n_all, size_t value_bytes, size_t first,
                      void *out, size_t n);

#endif
