/* Numbers of seven bits a byte, as Parquet's encodings have them. */
#ifndef FCT_PARQUET_VARINT_H
#define FCT_PARQUET_VARINT_H

#include <stdbool.h>
#include <stdint.h>

/* The number at *p, which moves behind it; false where it is cut off at `end`, or too long. */
static inline bool fct_varint_get(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
        uint8_t byte = *(*p)++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* Small negative numbers are small there, too: 0, -1, 1, -2 are 0, 1, 2, 3. */
static inline int64_t fct_zigzag_decode(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif
