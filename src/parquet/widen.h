/* Stored values of any width become the 64-bit numbers that are asked for. */
#ifndef FCT_PARQUET_WIDEN_H
#define FCT_PARQUET_WIDEN_H

#include "parquet/reader.h"

/* What a value takes in a page; of booleans 1. */
size_t fct_leaf_value_bytes(const fct_parquet_leaf *leaf);

/* `n` PLAIN values, which may be `out` itself where they are 8 bytes wide. False where a decimal needs more than 64 bits. */
bool fct_widen(const fct_parquet_leaf *leaf, fct_parquet_read_as as, const uint8_t *bytes,
               uint64_t *out, size_t n);

/* `n` integers of 64 bits, in place: doubles where those are asked for, decimals scaled. */
void fct_widen_integers(const fct_parquet_leaf *leaf, fct_parquet_read_as as, uint64_t *values,
                        size_t n);

#endif
