/* DELTA_BINARY_PACKED, of times and ids. */
#include "parquet/decode.h"
#include "parquet/unpack.h"
#include "parquet/varint.h"

enum { MAX_MINIBLOCK = 1 << 16 };

bool fct_delta_start(fct_delta *delta, const uint8_t *bytes, size_t n_bytes, bool is_int32)
{
    *delta = (fct_delta){.next = bytes, .end = bytes + n_bytes, .is_int32 = is_int32};
    uint64_t n_block, n_miniblocks, first;
    if (!fct_varint_get(&delta->next, delta->end, &n_block) ||
        !fct_varint_get(&delta->next, delta->end, &n_miniblocks) ||
        !fct_varint_get(&delta->next, delta->end, &delta->n_left) ||
        !fct_varint_get(&delta->next, delta->end, &first))
        return false;
    delta->value = (uint64_t)fct_zigzag_decode(first);
    if (!n_miniblocks || n_miniblocks > n_block || n_block % n_miniblocks ||
        n_block / n_miniblocks % 8 || n_block / n_miniblocks > MAX_MINIBLOCK)
        return false;
    delta->n_miniblock = delta->position = (size_t)(n_block / n_miniblocks);
    delta->n_miniblocks = (size_t)n_miniblocks;
    return true;
}

/* A block: its smallest difference and the widths of its miniblocks, which follow. */
static bool start_block(fct_delta *d)
{
    uint64_t smallest;
    if (!fct_varint_get(&d->next, d->end, &smallest) ||
        (size_t)(d->end - d->next) < d->n_miniblocks)
        return false;
    d->smallest = (uint64_t)fct_zigzag_decode(smallest);
    d->widths = d->next;
    d->n_widths = d->n_miniblocks;
    d->next += d->n_miniblocks;
    return true;
}

static bool start_miniblock(fct_delta *d)
{
    if (!d->n_widths && !start_block(d))
        return false;
    d->width = *d->widths++;
    d->n_widths--;
    d->packed = d->next;
    d->position = 0;
    if (d->width > 64)
        return false;
    /* The last miniblock may be cut where its values end. */
    size_t n_bytes = d->n_miniblock / 8 * d->width;
    size_t n_there = (size_t)(d->end - d->next);
    d->next += n_bytes < n_there ? n_bytes : n_there;
    return true;
}

/* `n` numbers of the present miniblock. */
static void add_up(fct_delta *d, uint64_t *out, size_t n)
{
    uint64_t value = d->value;
    size_t i = 0;
    if (!d->width) {
        d->value = fct_unpack_steps(d->smallest, value, out, n);
        return;
    }
    if (d->position % 8 == 0 && d->width <= FCT_UNPACK_SUM_WIDTH && n >= 8) {
        i = n / 8 * 8;
        value = fct_unpack_sums(d->packed + d->position / 8 * d->width, d->width, d->smallest,
                                value, out, i);
    }
    fct_unpack_64(d->packed, d->position + i, d->width, out + i, n - i);
    for (; i < n; i++)
        out[i] = value += d->smallest + out[i];
    d->value = value;
}

bool fct_delta_next(fct_delta *d, int64_t *out, size_t n)
{
    uint64_t *to = (uint64_t *)out;
    if (n > d->n_left)
        return false;
    size_t n_done = 0;
    if (n && !d->has_first) {
        to[n_done++] = d->value;
        d->has_first = true;
    }
    while (n_done < n) {
        if (d->position == d->n_miniblock && !start_miniblock(d))
            return false;
        size_t n_left = d->n_miniblock - d->position;
        size_t n_taken = n_left < n - n_done ? n_left : n - n_done;
        if (((d->position + n_taken) * d->width + 7) / 8 > (size_t)(d->next - d->packed))
            return false;
        add_up(d, to + n_done, n_taken);
        d->position += n_taken;
        n_done += n_taken;
    }
    d->n_left -= n;
    for (size_t i = 0; d->is_int32 && i < n; i++)
        out[i] = (int32_t)(uint32_t)to[i];
    return true;
}
