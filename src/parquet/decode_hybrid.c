/* The RLE hybrid, of indices, levels and booleans. */
#include <string.h>

#include "parquet/decode.h"
#include "parquet/unpack.h"
#include "parquet/varint.h"

bool fct_hybrid_start(fct_hybrid *hybrid, const uint8_t *bytes, size_t n_bytes, unsigned bit_width)
{
    *hybrid = (fct_hybrid){.next = bytes, .end = bytes + n_bytes, .bit_width = bit_width};
    /* Numbers of no bits have no runs: all are 0. */
    if (!bit_width)
        hybrid->n_run = UINT64_MAX;
    return bit_width <= 32;
}

/* A run may say that it is longer than its bytes; how many of its numbers are there shows when they are taken. */
static bool start_run(fct_hybrid *h)
{
    uint64_t head;
    if (!fct_varint_get(&h->next, h->end, &head) || !(head >> 1))
        return false;
    bool is_packed = head & 1;
    size_t n_there = (size_t)(h->end - h->next);
    h->position = 0;
    h->packed = NULL;
    if (is_packed) {
        uint64_t n_groups = head >> 1;
        if (n_groups > n_there / h->bit_width)
            n_groups =
                n_there / h->bit_width + 1; /* the last group may be cut where its numbers end */
        h->packed = h->next;
        h->n_run = n_groups * 8;
        size_t n_bytes = (size_t)n_groups * h->bit_width;
        h->next += n_bytes < n_there ? n_bytes : n_there;
        return true;
    }
    size_t n_bytes = (h->bit_width + 7) / 8;
    if (n_bytes > n_there)
        return false;
    h->value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        h->value |= (uint32_t)h->next[i] << (8 * i);
    h->next += n_bytes;
    h->n_run = head >> 1;
    return h->bit_width == 32 || !(h->value >> h->bit_width);
}

/* As many numbers as the present run has, at most `n`; 0 where its bytes are too few. */
static size_t take_run(fct_hybrid *h, uint32_t *out, size_t n)
{
    uint64_t n_left = h->n_run - h->position;
    size_t n_taken = n_left < n ? (size_t)n_left : n;
    if (h->packed) {
        uint64_t n_bits = (h->position + n_taken) * h->bit_width;
        if ((n_bits + 7) / 8 > (uint64_t)(h->next - h->packed))
            return 0;
        fct_unpack_32(h->packed, (size_t)h->position, h->bit_width, out, n_taken);
    } else {
        for (size_t i = 0; i < n_taken; i++)
            out[i] = h->value;
    }
    h->position += n_taken;
    return n_taken;
}

bool fct_hybrid_next(fct_hybrid *h, uint32_t *out, size_t n)
{
    for (size_t n_done = 0; n_done < n;) {
        if (h->position == h->n_run && !start_run(h))
            return false;
        size_t n_taken = take_run(h, out + n_done, n - n_done);
        if (!n_taken)
            return false;
        n_done += n_taken;
    }
    return true;
}

bool fct_hybrid_pass(fct_hybrid *h, uint32_t value, size_t n)
{
    fct_hybrid before = *h;
    if (h->position < h->n_run || start_run(h)) {
        if (!h->packed && h->value == value && h->n_run - h->position >= n) {
            h->position += n;
            return true;
        }
    }
    *h = before;
    return false;
}
