#include "parquet/decode.h"

#include <string.h>

enum { MAX_MINIBLOCK = 1 << 16 };

static uint64_t load_64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* A varint at *p, not beyond `end`. */
static bool get_varint(const uint8_t **p, const uint8_t *end, uint64_t *value)
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

static int64_t from_zigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* The i-th value of `width` bits, at most 56: within one load of 8 bytes. */
static inline uint64_t get_bits(const uint8_t *bytes, size_t i, unsigned width, uint64_t mask)
{
    size_t bit = i * width;
    return load_64(bytes + bit / 8) >> (bit % 8) & mask;
}

static uint64_t get_wide_bits(const uint8_t *bytes, size_t i, unsigned width)
{
    size_t bit = i * width;
    unsigned shift = (unsigned)(bit % 8);
    uint64_t low = load_64(bytes + bit / 8) >> shift;
    uint64_t high = shift ? (uint64_t)bytes[bit / 8 + 8] << (64 - shift) : 0;
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    return (low | high) & mask;
}

/*
 * Sums up differences. The running value is the only chain from one value to the next; the unpacking beside it runs
 * ahead.
 */
static uint64_t add_deltas(const uint8_t *bytes, unsigned width, uint64_t smallest, uint64_t value,
                           int64_t *out, size_t n)
{
    uint64_t mask = width ? (UINT64_C(1) << (width & 63)) - 1 : 0;
    if (width == 0) {
        for (size_t i = 0; i < n; i++)
            out[i] = (int64_t)(value += smallest);
        return value;
    }
    if (width > 56) {
        for (size_t i = 0; i < n; i++)
            out[i] = (int64_t)(value += smallest + get_wide_bits(bytes, i, width));
        return value;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (int64_t)(value += smallest + get_bits(bytes, i, width, mask));
    return value;
}

typedef struct delta_header {
    uint64_t block, n_miniblocks, n_values;
    int64_t first;
} delta_header;

static bool get_delta_header(const uint8_t **p, const uint8_t *end, delta_header *h)
{
    uint64_t first;
    if (!get_varint(p, end, &h->block) || !get_varint(p, end, &h->n_miniblocks) ||
        !get_varint(p, end, &h->n_values) || !get_varint(p, end, &first))
        return false;
    h->first = from_zigzag(first);
    return h->n_miniblocks && h->n_miniblocks <= h->block && h->block % h->n_miniblocks == 0 &&
           h->block / h->n_miniblocks % 8 == 0 && h->block / h->n_miniblocks <= MAX_MINIBLOCK;
}

/* One block: its smallest difference, its widths, its miniblocks. Returns how many values it gave, or SIZE_MAX. */
static size_t get_block(const uint8_t **p, const uint8_t *end, const delta_header *h,
                        uint64_t *value, int64_t *out, size_t n_left)
{
    uint64_t smallest;
    size_t miniblock = (size_t)(h->block / h->n_miniblocks);
    if (!get_varint(p, end, &smallest) || (uint64_t)(end - *p) < h->n_miniblocks)
        return SIZE_MAX;
    const uint8_t *widths = *p;
    *p += h->n_miniblocks;
    size_t n_given = 0;
    for (uint64_t m = 0; m < h->n_miniblocks && n_given < n_left; m++) {
        size_t n = n_left - n_given < miniblock ? n_left - n_given : miniblock;
        size_t n_packed = miniblock / 8 * widths[m];
        /* The last miniblock may be cut where its values end. */
        size_t n_needed = (n * widths[m] + 7) / 8;
        if (widths[m] > 64 || n_needed > (size_t)(end - *p))
            return SIZE_MAX;
        *value =
            add_deltas(*p, widths[m], (uint64_t)from_zigzag(smallest), *value, out + n_given, n);
        *p += n_packed < (size_t)(end - *p) ? n_packed : (size_t)(end - *p);
        n_given += n;
    }
    return n_given;
}

bool fct_decode_delta(const uint8_t *bytes, size_t n_bytes, bool is_int32, int64_t *out,
                      size_t n_values)
{
    const uint8_t *p = bytes;
    const uint8_t *end = bytes + n_bytes;
    delta_header h;
    if (!get_delta_header(&p, end, &h) || h.n_values != n_values)
        return false;
    if (!n_values)
        return true;
    uint64_t value = (uint64_t)h.first;
    out[0] = h.first;
    for (size_t n_done = 1; n_done < n_values;) {
        size_t n = get_block(&p, end, &h, &value, out + n_done, n_values - n_done);
        if (n == SIZE_MAX)
            return false;
        n_done += n;
    }
    for (size_t i = 0; is_int32 && i < n_values; i++)
        out[i] = (int32_t)(uint32_t)(uint64_t)out[i];
    return true;
}

bool fct_decode_hybrid(const uint8_t *bytes, size_t n_bytes, unsigned bit_width, uint32_t *out,
                       size_t n_values)
{
    const uint8_t *p = bytes;
    const uint8_t *end = bytes + n_bytes;
    if (bit_width > 32)
        return false;
    if (!bit_width) {
        memset(out, 0, n_values * sizeof *out);
        return true;
    }
    uint64_t mask = (UINT64_C(1) << bit_width) - 1;
    size_t n_value_bytes = (bit_width + 7) / 8;
    for (size_t n_done = 0; n_done < n_values;) {
        uint64_t head;
        if (!get_varint(&p, end, &head))
            return false;
        uint64_t n_left = n_values - n_done;
        bool is_packed = head & 1;
        uint64_t n_run = is_packed && head >> 1 <= UINT64_MAX / 8 ? (head >> 1) * 8 : head >> 1;
        size_t n = (size_t)(n_run < n_left ? n_run : n_left);
        size_t n_needed = is_packed ? (n * bit_width + 7) / 8 : n_value_bytes;
        if (!n || n_needed > (size_t)(end - p))
            return false;
        if (is_packed) {
            for (size_t i = 0; i < n; i++)
                out[n_done + i] = (uint32_t)get_bits(p, i, bit_width, mask);
            size_t n_packed =
                (size_t)(n_run / 8 < SIZE_MAX / 32 ? n_run / 8 * bit_width : SIZE_MAX);
            p += n_packed < (size_t)(end - p) ? n_packed : (size_t)(end - p);
        } else {
            uint32_t value = 0;
            for (size_t i = 0; i < n_value_bytes; i++)
                value |= (uint32_t)p[i] << (8 * i);
            if (value & ~mask)
                return false;
            for (size_t i = 0; i < n; i++)
                out[n_done + i] = value;
            p += n_value_bytes;
        }
        n_done += n;
    }
    return true;
}

bool fct_decode_gather_64(const uint64_t *dictionary, size_t n_dictionary, const uint32_t *indices,
                          uint64_t *out, size_t n_values)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n_values; i++)
        largest = indices[i] > largest ? indices[i] : largest;
    if (n_values && largest >= n_dictionary)
        return false;
    for (size_t i = 0; i < n_values; i++)
        out[i] = dictionary[indices[i]];
    return true;
}

bool fct_decode_split(const uint8_t *bytes, size_t n_bytes, size_t value_bytes, void *out,
                      size_t n_values)
{
    /* The streams lie as far apart as there are values: the count must be exact. */
    if (n_bytes / value_bytes != n_values || n_bytes % value_bytes)
        return false;
    uint8_t *to = out;
    for (size_t i = 0; i < n_values; i++)
        for (size_t byte = 0; byte < value_bytes; byte++)
            to[i * value_bytes + byte] = bytes[byte * n_values + i];
    return true;
}
