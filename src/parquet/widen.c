#include "parquet/widen.h"

#include <string.h>

#include "parquet/chunk.h"

size_t fct_leaf_value_bytes(const fct_parquet_leaf *leaf)
{
    switch (leaf->physical) {
    case FCT_PHYSICAL_BOOLEAN:
        return 1;
    case FCT_PHYSICAL_INT32:
    case FCT_PHYSICAL_FLOAT:
        return 4;
    case FCT_PHYSICAL_FIXED:
        return (size_t)leaf->type_length;
    default:
        return 8;
    }
}

static void widen_int32(const uint8_t *bytes, uint64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int32_t narrow;
        memcpy(&narrow, bytes + 4 * i, 4);
        out[i] = (uint64_t)(int64_t)narrow;
    }
}

static void widen_float(const uint8_t *bytes, uint64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float narrow;
        memcpy(&narrow, bytes + 4 * i, 4);
        double wide = narrow;
        memcpy(&out[i], &wide, 8);
    }
}

/* Big-endian two's complement. Bytes before the last eight may only repeat the sign. */
static bool widen_fixed(const uint8_t *bytes, size_t width, uint64_t *out, size_t n)
{
    bool fits = true;
    size_t n_high = width > 8 ? width - 8 : 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = bytes + i * width;
        uint64_t value = p[0] & 0x80 ? UINT64_MAX : 0;
        for (size_t byte = n_high; byte < width; byte++)
            value = value << 8 | p[byte];
        uint8_t sign = (int64_t)value < 0 ? 0xFF : 0;
        for (size_t byte = 0; byte < n_high; byte++)
            fits = fits && p[byte] == sign;
        out[i] = value;
    }
    return fits;
}

bool fct_widen(const fct_parquet_leaf *leaf, fct_parquet_read_as as, const uint8_t *bytes,
               uint64_t *out, size_t n)
{
    bool fits = true;
    switch (leaf->physical) {
    case FCT_PHYSICAL_INT32:
        widen_int32(bytes, out, n);
        break;
    case FCT_PHYSICAL_FLOAT:
        widen_float(bytes, out, n);
        break;
    case FCT_PHYSICAL_FIXED:
        fits = widen_fixed(bytes, (size_t)leaf->type_length, out, n);
        break;
    default:
        if (n)
            memmove(out, bytes, n * sizeof *out);
    }
    fct_widen_integers(leaf, as, out, n);
    return fits;
}

/*
 * The double next to whole / 10^scale. Both are exact up to 2^53, so that the quotient is rounded once; what is larger is taken
 * apart, as DuckDB does.
 */
static double scale_down(int64_t whole, int64_t power)
{
    if (whole >= -(INT64_C(1) << 53) && whole <= INT64_C(1) << 53)
        return (double)whole / (double)power;
    int64_t quotient = whole / power;
    return (double)quotient + (double)(whole % power) / (double)power;
}

void fct_widen_integers(const fct_parquet_leaf *leaf, fct_parquet_read_as as, uint64_t *values,
                        size_t n)
{
    int physical = leaf->physical;
    bool is_real = physical == FCT_PHYSICAL_DOUBLE || physical == FCT_PHYSICAL_FLOAT;
    if (as != FCT_READ_DOUBLE || is_real)
        return;
    int64_t power = 1;
    for (int i = 0; leaf->meaning == FCT_MEANS_DECIMAL && i < leaf->scale; i++)
        power *= 10;
    for (size_t i = 0; i < n; i++) {
        double value = scale_down((int64_t)values[i], power);
        memcpy(&values[i], &value, 8);
    }
}
