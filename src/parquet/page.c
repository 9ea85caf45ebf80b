#include "parquet/page.h"

#include <stdlib.h>
#include <string.h>

#include "parquet/chunk.h"
#include "parquet/unpack.h"
#include "parquet/widen.h"

enum { PLAIN_DICTIONARY = 2 };

static fct_status damaged(fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA,
                         "a page is damaged: its values do not fit its header");
}

/* ---- Values ----------------------------------------------------------------------------------- */

/* Stored values, `width` bytes each, as they are read. */
static fct_status widen(const fct_page_decoder *d, const uint8_t *bytes, uint64_t *values, size_t n,
                        fct_error *err)
{
    if (!fct_widen(d->leaf, d->as, bytes, values, n))
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it has a decimal of more than 64 bits");
    return FCT_OK;
}

static fct_status next_plain(fct_page_decoder *d, size_t n, fct_error *err)
{
    size_t width = fct_leaf_value_bytes(d->leaf);
    if ((d->n_bytes / width) - d->n_values < n)
        return damaged(err);
    return widen(d, d->bytes + d->n_values * width, d->values, n, err);
}

/* The streams lie as far apart as there are values: the count is exact, as fct_page_next sees at the end. */
static fct_status next_split(fct_page_decoder *d, size_t n, fct_error *err)
{
    size_t width = fct_leaf_value_bytes(d->leaf);
    size_t n_all = d->n_bytes / width;
    if (n_all - d->n_values < n)
        return damaged(err);
    uint8_t *to = d->raw ? d->raw : (uint8_t *)d->values;
    fct_decode_split(d->bytes, n_all, width, d->n_values, to, n);
    return widen(d, to, d->values, n, err);
}

static fct_status next_indices(fct_page_decoder *d, size_t n, fct_error *err)
{
    if (!d->dictionary)
        return fct_error_set(err, FCT_ERROR_DATA, "a page needs a dictionary and there is none");
    if (!fct_hybrid_next(&d->indices, d->scratch, n) ||
        !fct_decode_gather_64(d->dictionary, d->n_dictionary, d->scratch, d->values, n))
        return damaged(err);
    return FCT_OK;
}

static fct_status next_deltas(fct_page_decoder *d, size_t n, fct_error *err)
{
    if (!fct_delta_next(&d->delta, (int64_t *)d->values, n))
        return damaged(err);
    fct_widen_integers(d->leaf, d->as, d->values, n);
    return FCT_OK;
}

static fct_status next_bools(fct_page_decoder *d, size_t n, fct_error *err)
{
    uint8_t *out = (uint8_t *)d->values;
    if (d->encoding == FCT_ENCODING_PLAIN) {
        if (d->n_bytes * 8 - d->n_values < n)
            return damaged(err);
        fct_unpack_bits(d->bytes, d->n_values, out, n);
        return FCT_OK;
    }
    if (!fct_hybrid_next(&d->indices, d->scratch, n))
        return damaged(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)d->scratch[i];
    return FCT_OK;
}

static bool is_dictionary_encoding(int encoding)
{
    return encoding == FCT_ENCODING_RLE_DICTIONARY || encoding == PLAIN_DICTIONARY;
}

static fct_status next_values(fct_page_decoder *d, size_t n, fct_error *err)
{
    if (d->leaf->physical == FCT_PHYSICAL_BOOLEAN)
        return next_bools(d, n, err);
    if (is_dictionary_encoding(d->encoding))
        return next_indices(d, n, err);
    return d->encoding == FCT_ENCODING_PLAIN               ? next_plain(d, n, err)
           : d->encoding == FCT_ENCODING_BYTE_STREAM_SPLIT ? next_split(d, n, err)
                                                           : next_deltas(d, n, err);
}

/* Looks at what stands before the values: a bit width, a length, the first difference. */
static fct_status start_values(fct_page_decoder *d, fct_error *err)
{
    int physical = d->leaf->physical;
    bool is_integer = physical == FCT_PHYSICAL_INT32 || physical == FCT_PHYSICAL_INT64;
    bool is_bool = physical == FCT_PHYSICAL_BOOLEAN;
    size_t width = fct_leaf_value_bytes(d->leaf);
    uint32_t length = 0;
    if (is_bool && d->encoding == FCT_ENCODING_RLE) {
        if (d->n_bytes >= 4)
            memcpy(&length, d->bytes, 4);
        if (d->n_bytes < 4 || length > d->n_bytes - 4)
            return damaged(err);
        (void)fct_hybrid_start(&d->indices, d->bytes + 4, length, 1);
        return FCT_OK;
    }
    if (!is_bool && is_dictionary_encoding(d->encoding)) {
        /* A page of nulls alone may have no bytes. */
        unsigned bit_width = d->n_bytes ? d->bytes[0] : 1;
        size_t n_rest = d->n_bytes ? d->n_bytes - 1 : 0;
        return fct_hybrid_start(&d->indices, d->bytes + !!d->n_bytes, n_rest, bit_width)
                   ? FCT_OK
                   : damaged(err);
    }
    if (is_integer && d->encoding == FCT_ENCODING_DELTA_BINARY_PACKED)
        return fct_delta_start(&d->delta, d->bytes, d->n_bytes, physical == FCT_PHYSICAL_INT32)
                   ? FCT_OK
                   : damaged(err);
    if (!is_bool && d->encoding == FCT_ENCODING_BYTE_STREAM_SPLIT)
        return d->n_bytes % width ? damaged(err) : FCT_OK;
    if (d->encoding == FCT_ENCODING_PLAIN)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it has pages in encoding %d", d->encoding);
}

/* Where the encoding says how many values there are, all of them must have been taken. */
static fct_status end_values(const fct_page_decoder *d, fct_error *err)
{
    bool is_bool = d->leaf->physical == FCT_PHYSICAL_BOOLEAN;
    if (d->encoding == FCT_ENCODING_DELTA_BINARY_PACKED && d->delta.n_left)
        return damaged(err);
    if (!is_bool && d->encoding == FCT_ENCODING_BYTE_STREAM_SPLIT &&
        d->n_values != d->n_bytes / fct_leaf_value_bytes(d->leaf))
        return damaged(err);
    return FCT_OK;
}

/* ---- Nulls ------------------------------------------------------------------------------------ */

/* Definition levels of a column that may hold nulls. Sets validity and how many values there are. */
static fct_status next_levels(fct_page_decoder *d, size_t n_rows, size_t *n_valid, fct_error *err)
{
    *n_valid = n_rows;
    if (fct_hybrid_pass(&d->levels, 1, n_rows))
        return FCT_OK;
    if (!fct_hybrid_next(&d->levels, d->scratch, n_rows))
        return damaged(err);
    *n_valid = 0;
    for (size_t i = 0; i < n_rows; i++) {
        d->validity[i] = (uint8_t)d->scratch[i];
        *n_valid += d->scratch[i];
    }
    d->has_nulls = *n_valid < n_rows;
    return FCT_OK;
}

/* Values, which lie together, move to their rows; from the end, so that none is overwritten. */
static void spread(fct_page_decoder *d, size_t n_rows, size_t n_valid)
{
    size_t value_bytes = d->as == FCT_READ_BOOL ? 1 : 8;
    char *values = (char *)d->values;
    for (size_t row = n_rows, next = n_valid; row-- > 0;) {
        if (d->validity[row])
            memmove(values + row * value_bytes, values + --next * value_bytes, value_bytes);
        else
            memset(values + row * value_bytes, 0, value_bytes);
    }
}

/* ---- Pages ------------------------------------------------------------------------------------ */

static fct_status make_room(fct_page_decoder *d, fct_error *err)
{
    size_t width = fct_leaf_value_bytes(d->leaf);
    if (!d->values)
        d->values = malloc(FCT_PAGE_BLOCK_ROWS * sizeof *d->values);
    if (!d->validity)
        d->validity = malloc(FCT_PAGE_BLOCK_ROWS);
    if (!d->scratch)
        d->scratch = malloc(FCT_PAGE_BLOCK_ROWS * sizeof *d->scratch);
    if (!d->raw && width != 8)
        d->raw = malloc(FCT_PAGE_BLOCK_ROWS * width);
    if (d->values && d->validity && d->scratch && (d->raw || width == 8))
        return FCT_OK;
    return fct_error_memory(err, FCT_PAGE_BLOCK_ROWS * sizeof *d->values);
}

fct_status fct_page_take_dictionary(fct_page_decoder *d, const fct_page_header *header,
                                    const uint8_t *bytes, size_t n_bytes, fct_error *err)
{
    size_t n = (size_t)header->n_values;
    if (d->leaf->physical == FCT_PHYSICAL_BOOLEAN ||
        (header->encoding != FCT_ENCODING_PLAIN && header->encoding != PLAIN_DICTIONARY))
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "its dictionary is in encoding %d",
                             header->encoding);
    if (n_bytes / fct_leaf_value_bytes(d->leaf) < n)
        return damaged(err);
    free(d->dictionary);
    d->n_dictionary = n;
    d->dictionary = malloc((n + 1) * sizeof *d->dictionary);
    if (!d->dictionary)
        return fct_error_memory(err, (n + 1) * sizeof *d->dictionary);
    return widen(d, bytes, d->dictionary, n, err);
}

/* Where the levels lie: in version 1 before the values, with their length; in version 2 the header has it. */
static fct_status start_levels(fct_page_decoder *d, const fct_page_header *header, fct_error *err)
{
    bool is_v2 = header->type == FCT_PAGE_DATA_V2;
    uint32_t length = 0;
    size_t n_prefix = is_v2 ? 0 : 4;
    d->has_levels = d->leaf->optional;
    if (!d->has_levels && !is_v2)
        return FCT_OK;
    if (!is_v2 && header->level_encoding != FCT_ENCODING_RLE)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "its nulls are in encoding %d",
                             header->level_encoding);
    if (!is_v2 && d->n_bytes >= 4)
        memcpy(&length, d->bytes, 4);
    size_t n_levels = is_v2 ? (size_t)header->n_level_bytes : length;
    if (d->n_bytes < n_prefix || n_levels > d->n_bytes - n_prefix)
        return damaged(err);
    (void)fct_hybrid_start(&d->levels, d->bytes + n_prefix, n_levels, 1);
    d->bytes += n_prefix + n_levels;
    d->n_bytes -= n_prefix + n_levels;
    return FCT_OK;
}

fct_status fct_page_start(fct_page_decoder *d, const fct_page_header *header, const uint8_t *bytes,
                          size_t n_bytes, fct_error *err)
{
    d->bytes = bytes;
    d->n_bytes = n_bytes;
    d->encoding = header->encoding;
    d->n_rows = (size_t)header->n_values;
    d->n_values = 0;
    FCT_TRY(make_room(d, err));
    FCT_TRY(start_levels(d, header, err));
    return start_values(d, err);
}

fct_status fct_page_next(fct_page_decoder *d, size_t n_rows, fct_error *err)
{
    size_t n_valid = n_rows;
    d->has_nulls = false;
    if (d->has_levels)
        FCT_TRY(next_levels(d, n_rows, &n_valid, err));
    if (n_valid)
        FCT_TRY(next_values(d, n_valid, err));
    d->n_values += n_valid;
    d->n_rows -= n_rows;
    if (!d->n_rows)
        FCT_TRY(end_values(d, err));
    if (d->has_nulls)
        spread(d, n_rows, n_valid);
    return FCT_OK;
}

void fct_page_decoder_free(fct_page_decoder *d)
{
    free(d->dictionary);
    free(d->values);
    free(d->validity);
    free(d->scratch);
    free(d->raw);
}
