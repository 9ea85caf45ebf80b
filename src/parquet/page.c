#include "parquet/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parquet/chunk.h"
#include "parquet/decode.h"
#include "parquet/thrift_read.h"

enum { PLAIN_DICTIONARY = 2, PHYSICAL_FLOAT = 4 };

/* ---- Header ----------------------------------------------------------------------------------- */

/* DataPageHeader and DictionaryPageHeader begin alike: { 1: num_values, 2: encoding, 3: definition levels' encoding } */
static void parse_data_header(fct_thrift_reader *r, fct_page_header *header)
{
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        if (f.id == 1)
            header->n_values = fct_thrift_read_int(r, &f);
        else if (f.id == 2)
            header->encoding = (int)fct_thrift_read_int(r, &f);
        else if (f.id == 3 && f.type != 1 && f.type != 2)
            header->level_encoding = (int)fct_thrift_read_int(r, &f);
        else
            fct_thrift_skip(r, &f);
    }
}

static void parse_data_header_v2(fct_thrift_reader *r, fct_page_header *header)
{
    header->is_packed = true;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        switch (f.id) {
        case 1:
            header->n_values = fct_thrift_read_int(r, &f);
            break;
        case 4:
            header->encoding = (int)fct_thrift_read_int(r, &f);
            break;
        case 5:
            header->n_level_bytes = fct_thrift_read_int(r, &f);
            break;
        case 6:
            header->n_repetition_bytes = fct_thrift_read_int(r, &f);
            break;
        case 7:
            header->is_packed = fct_thrift_read_bool(r, &f);
            break;
        default:
            fct_thrift_skip(r, &f);
        }
    }
}

size_t fct_page_header_parse(const uint8_t *bytes, size_t n_bytes, fct_page_header *header)
{
    fct_thrift_reader r = {.next = bytes, .end = bytes + n_bytes};
    *header = (fct_page_header){.type = -1, .level_encoding = FCT_ENCODING_RLE};
    for (fct_thrift_field f = {0}; fct_thrift_next_field(&r, &f);) {
        switch (f.id) {
        case 1:
            header->type = (int)fct_thrift_read_int(&r, &f);
            break;
        case 2:
            header->n_plain_bytes = fct_thrift_read_int(&r, &f);
            break;
        case 3:
            header->n_packed_bytes = fct_thrift_read_int(&r, &f);
            break;
        case 4:
            header->has_crc = true;
            header->crc = (uint32_t)fct_thrift_read_int(&r, &f);
            break;
        case 5:
        case 7:
            if (fct_thrift_enter(&r, &f))
                parse_data_header(&r, header);
            break;
        case 8:
            if (fct_thrift_enter(&r, &f))
                parse_data_header_v2(&r, header);
            break;
        default:
            fct_thrift_skip(&r, &f);
        }
    }
    return r.broken ? 0 : (size_t)(r.next - bytes);
}

/* ---- Values ----------------------------------------------------------------------------------- */

static fct_status damaged(fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA,
                         "a page is damaged: its values do not fit its header");
}

static size_t physical_bytes(int physical)
{
    return physical == FCT_PHYSICAL_INT32 || physical == PHYSICAL_FLOAT ? 4 : 8;
}

/* Numbers of the file, 4 or 8 bytes each, become 64-bit ones in place of `values`. */
static void widen(const uint8_t *bytes, int physical, uint64_t *values, size_t n)
{
    if (physical_bytes(physical) == 8) {
        memcpy(values, bytes, n * 8);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t whole;
        float real;
        memcpy(&whole, bytes + 4 * i, 4);
        memcpy(&real, bytes + 4 * i, 4);
        double wide = real;
        int64_t wide_whole = whole;
        memcpy(&values[i], physical == PHYSICAL_FLOAT ? (void *)&wide : (void *)&wide_whole, 8);
    }
}

/* Integers as doubles where those were asked for. 10^scale is exact up to 22, so that the quotient is rounded once. */
static void to_doubles(const fct_page_decoder *d, uint64_t *values, size_t n)
{
    int physical = d->leaf->physical;
    if (d->as != FCT_READ_DOUBLE || physical == FCT_PHYSICAL_DOUBLE || physical == PHYSICAL_FLOAT)
        return;
    double divisor = d->leaf->meaning == FCT_MEANS_DECIMAL ? pow(10, d->leaf->scale) : 1;
    for (size_t i = 0; i < n; i++) {
        double value = (double)(int64_t)values[i] / divisor;
        memcpy(&values[i], &value, 8);
    }
}

static fct_status decode_plain(const fct_page_decoder *d, const uint8_t *bytes, size_t n_bytes,
                               uint64_t *values, size_t n, fct_error *err)
{
    if (n_bytes / physical_bytes(d->leaf->physical) < n)
        return damaged(err);
    widen(bytes, d->leaf->physical, values, n);
    to_doubles(d, values, n);
    return FCT_OK;
}

static fct_status decode_split(fct_page_decoder *d, const uint8_t *bytes, size_t n_bytes, size_t n,
                               fct_error *err)
{
    size_t value_bytes = physical_bytes(d->leaf->physical);
    bool is_wide = value_bytes == 8;
    void *to = is_wide ? (void *)d->values : (void *)d->scratch;
    if (!fct_decode_split(bytes, n_bytes, value_bytes, to, n))
        return damaged(err);
    if (!is_wide)
        widen((const uint8_t *)d->scratch, d->leaf->physical, d->values, n);
    to_doubles(d, d->values, n);
    return FCT_OK;
}

static fct_status decode_indices(fct_page_decoder *d, const uint8_t *bytes, size_t n_bytes,
                                 size_t n, fct_error *err)
{
    if (!n)
        return FCT_OK;
    if (!d->dictionary)
        return fct_error_set(err, FCT_ERROR_DATA, "a page needs a dictionary and there is none");
    if (!n_bytes || !fct_decode_hybrid(bytes + 1, n_bytes - 1, bytes[0], d->scratch, n) ||
        !fct_decode_gather_64(d->dictionary, d->n_dictionary, d->scratch, d->values, n))
        return damaged(err);
    return FCT_OK;
}

static fct_status decode_bools(fct_page_decoder *d, int encoding, const uint8_t *bytes,
                               size_t n_bytes, size_t n, fct_error *err)
{
    uint8_t *out = (uint8_t *)d->values;
    if (encoding == FCT_ENCODING_PLAIN) {
        if (n_bytes < (n + 7) / 8)
            return damaged(err);
        for (size_t i = 0; i < n; i++)
            out[i] = bytes[i / 8] >> (i % 8) & 1;
        return FCT_OK;
    }
    uint32_t length = 0;
    if (n_bytes >= 4)
        memcpy(&length, bytes, 4);
    if (n_bytes < 4 || length > n_bytes - 4 ||
        !fct_decode_hybrid(bytes + 4, length, 1, d->scratch, n))
        return damaged(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)d->scratch[i];
    return FCT_OK;
}

static fct_status decode_values(fct_page_decoder *d, int encoding, const uint8_t *bytes,
                                size_t n_bytes, size_t n, fct_error *err)
{
    int physical = d->leaf->physical;
    bool is_integer = physical == FCT_PHYSICAL_INT32 || physical == FCT_PHYSICAL_INT64;
    bool is_bool = physical == FCT_PHYSICAL_BOOLEAN;
    if (is_bool && (encoding == FCT_ENCODING_PLAIN || encoding == FCT_ENCODING_RLE))
        return decode_bools(d, encoding, bytes, n_bytes, n, err);
    if (!is_bool && encoding == FCT_ENCODING_PLAIN)
        return decode_plain(d, bytes, n_bytes, d->values, n, err);
    if (!is_bool && (encoding == FCT_ENCODING_RLE_DICTIONARY || encoding == PLAIN_DICTIONARY))
        return decode_indices(d, bytes, n_bytes, n, err);
    if (!is_bool && encoding == FCT_ENCODING_BYTE_STREAM_SPLIT)
        return decode_split(d, bytes, n_bytes, n, err);
    if (is_integer && encoding == FCT_ENCODING_DELTA_BINARY_PACKED) {
        if (!fct_decode_delta(bytes, n_bytes, physical == FCT_PHYSICAL_INT32, (int64_t *)d->values,
                              n))
            return damaged(err);
        to_doubles(d, d->values, n);
        return FCT_OK;
    }
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it has pages in encoding %d", encoding);
}

/* ---- Nulls ------------------------------------------------------------------------------------ */

/* Definition levels of a column that may hold nulls. Sets validity and how many values there are. */
static fct_status decode_levels(fct_page_decoder *d, const uint8_t *bytes, size_t n_bytes,
                                size_t n_rows, size_t *n_valid, fct_error *err)
{
    if (!fct_decode_hybrid(bytes, n_bytes, 1, d->scratch, n_rows))
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

static fct_status make_room(fct_page_decoder *d, size_t n_rows, fct_error *err)
{
    if (d->values && n_rows <= d->capacity)
        return FCT_OK;
    free(d->values);
    free(d->validity);
    free(d->scratch);
    d->values = malloc((n_rows + 1) * sizeof *d->values);
    d->validity = malloc(n_rows + 1);
    d->scratch = malloc((n_rows + 1) * sizeof *d->scratch);
    d->capacity = n_rows;
    if (d->values && d->validity && d->scratch)
        return FCT_OK;
    free(d->values);
    d->values = NULL;
    return fct_error_memory(err, n_rows * sizeof *d->values);
}

fct_status fct_page_decode_dictionary(fct_page_decoder *d, const fct_page_header *header,
                                      const uint8_t *bytes, size_t n_bytes, fct_error *err)
{
    size_t n = (size_t)header->n_values;
    if (d->leaf->physical == FCT_PHYSICAL_BOOLEAN ||
        (header->encoding != FCT_ENCODING_PLAIN && header->encoding != PLAIN_DICTIONARY))
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "its dictionary is in encoding %d",
                             header->encoding);
    if (n_bytes / physical_bytes(d->leaf->physical) < n)
        return damaged(err);
    free(d->dictionary);
    d->n_dictionary = n;
    d->dictionary = malloc((n + 1) * sizeof *d->dictionary);
    if (!d->dictionary)
        return fct_error_memory(err, (n + 1) * sizeof *d->dictionary);
    return decode_plain(d, bytes, n_bytes, d->dictionary, n, err);
}

/* Where the levels lie: in version 1 before the values, with their length; in version 2 the header has it. */
static fct_status take_levels(fct_page_decoder *d, const fct_page_header *header,
                              const uint8_t **bytes, size_t *n_bytes, size_t *n_valid,
                              fct_error *err)
{
    size_t n_rows = (size_t)header->n_values;
    bool is_v2 = header->type == FCT_PAGE_DATA_V2;
    uint32_t length = 0;
    size_t n_prefix = is_v2 ? 0 : 4;
    if (!d->leaf->optional && !is_v2)
        return FCT_OK;
    if (!is_v2 && header->level_encoding != FCT_ENCODING_RLE)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "its nulls are in encoding %d",
                             header->level_encoding);
    if (!is_v2 && *n_bytes >= 4)
        memcpy(&length, *bytes, 4);
    size_t n_levels = is_v2 ? (size_t)header->n_level_bytes : length;
    if (*n_bytes < n_prefix || n_levels > *n_bytes - n_prefix)
        return damaged(err);
    if (d->leaf->optional)
        FCT_TRY(decode_levels(d, *bytes + n_prefix, n_levels, n_rows, n_valid, err));
    *bytes += n_prefix + n_levels;
    *n_bytes -= n_prefix + n_levels;
    return FCT_OK;
}

fct_status fct_page_decode(fct_page_decoder *d, const fct_page_header *header, const uint8_t *bytes,
                           size_t n_bytes, fct_error *err)
{
    size_t n_rows = (size_t)header->n_values;
    size_t n_valid = n_rows;
    d->has_nulls = false;
    FCT_TRY(make_room(d, n_rows, err));
    FCT_TRY(take_levels(d, header, &bytes, &n_bytes, &n_valid, err));
    FCT_TRY(decode_values(d, header->encoding, bytes, n_bytes, n_valid, err));
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
}
