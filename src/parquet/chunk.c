#include "parquet/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "parquet/codec.h"
#include "parquet/encode.h"
#include "parquet/statistics.h"

/* A page that fits the L2 cache decoded. */
enum { PAGE_VALUES = 32768 };

static const struct {
    int physical;
    size_t value_bytes;
} types[] = {
    [FCT_PARQUET_BOOL] = {FCT_PHYSICAL_BOOLEAN, 1},
    [FCT_PARQUET_INT32] = {FCT_PHYSICAL_INT32, 4},
    [FCT_PARQUET_INT64] = {FCT_PHYSICAL_INT64, 8},
    [FCT_PARQUET_DOUBLE] = {FCT_PHYSICAL_DOUBLE, 8},
    [FCT_PARQUET_STRING] = {FCT_PHYSICAL_BYTE_ARRAY, 0},
    [FCT_PARQUET_TIMESTAMP_MS] = {FCT_PHYSICAL_INT64, 8},
    [FCT_PARQUET_TIMESTAMP_US] = {FCT_PHYSICAL_INT64, 8},
    [FCT_PARQUET_DATE] = {FCT_PHYSICAL_INT32, 4},
};

int fct_parquet_physical_type(fct_parquet_type type)
{
    return types[type].physical;
}

static bool may_use_dictionary(fct_parquet_type type)
{
    return type == FCT_PARQUET_DOUBLE || type == FCT_PARQUET_STRING;
}

size_t fct_parquet_chunk_bytes(const fct_parquet_column *column, size_t capacity)
{
    size_t value_bytes = column->type == FCT_PARQUET_STRING ? 24 : types[column->type].value_bytes;
    return capacity * (value_bytes + column->optional +
                       (may_use_dictionary(column->type) ? sizeof(uint32_t) : 0)) +
           (may_use_dictionary(column->type) ? 3 * sizeof(uint32_t) * FCT_DICTIONARY_MAX : 0);
}

fct_status fct_parquet_chunk_make(fct_parquet_chunk *chunk, const fct_parquet_column *column,
                                  size_t capacity, fct_error *err)
{
    *chunk = (fct_parquet_chunk){
        .column = {NULL, column->type, column->optional},
        .value_bytes = types[column->type].value_bytes,
        .capacity = capacity,
    };
    chunk->column.name = fct_text_copy(column->name);
    bool is_string = column->type == FCT_PARQUET_STRING;
    chunk->values = is_string ? NULL : malloc(capacity * chunk->value_bytes);
    chunk->offsets = is_string ? calloc(capacity + 1, sizeof *chunk->offsets) : NULL;
    chunk->levels = column->optional ? malloc(capacity) : NULL;
    fct_status status = FCT_OK;
    if (!chunk->column.name || (is_string ? !chunk->offsets : !chunk->values) ||
        (column->optional && !chunk->levels))
        status = fct_error_memory(err, capacity * 8);
    if (status == FCT_OK && may_use_dictionary(column->type))
        status = fct_dictionary_make(&chunk->dictionary, capacity, err);
    if (status != FCT_OK)
        fct_parquet_chunk_free(chunk);
    return status;
}

void fct_parquet_chunk_free(fct_parquet_chunk *chunk)
{
    free((void *)chunk->column.name);
    free(chunk->values);
    free(chunk->offsets);
    free(chunk->levels);
    fct_text_free(&chunk->text);
    fct_dictionary_free(&chunk->dictionary);
    *chunk = (fct_parquet_chunk){0};
}

/* ---- Collecting ------------------------------------------------------------------------------- */

static fct_status add_values(fct_parquet_chunk *chunk, const fct_parquet_values *values,
                             size_t begin, size_t n, fct_error *err)
{
    if (chunk->value_bytes) {
        memcpy((char *)chunk->values + chunk->n_values * chunk->value_bytes,
               (const char *)values->values + begin * chunk->value_bytes, n * chunk->value_bytes);
        chunk->n_values += n;
        return FCT_OK;
    }
    const int32_t *offsets = values->offsets + begin;
    FCT_TRY(fct_text_append(&chunk->text, (const char *)values->values + offsets[0],
                            (size_t)(offsets[n] - offsets[0]), err));
    for (size_t i = 0; i < n; i++) {
        size_t n_bytes = (size_t)(offsets[i + 1] - offsets[i]);
        chunk->offsets[chunk->n_values + 1] = chunk->offsets[chunk->n_values] + n_bytes;
        chunk->n_values++;
    }
    return FCT_OK;
}

fct_status fct_parquet_chunk_add(fct_parquet_chunk *chunk, const fct_parquet_values *values,
                                 size_t begin, size_t n_rows, fct_error *err)
{
    const uint8_t *validity = values->validity;
    chunk->n_rows += n_rows;
    if (!validity) {
        if (chunk->levels)
            memset(chunk->levels + chunk->n_rows - n_rows, 1, n_rows);
        return add_values(chunk, values, begin, n_rows, err);
    }
    for (size_t i = 0; i < n_rows; i++) {
        size_t bit = begin + i + (size_t)values->validity_offset;
        bool valid = validity[bit / 8] >> (bit % 8) & 1;
        if (!valid && !chunk->levels)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "the column \"%s\" holds a null and is not optional",
                                 chunk->column.name);
        if (chunk->levels)
            chunk->levels[chunk->n_rows - n_rows + i] = valid;
        if (valid)
            FCT_TRY(add_values(chunk, values, begin + i, 1, err));
    }
    return FCT_OK;
}

/* ---- Pages ------------------------------------------------------------------------------------ */

/* What a chunk has written so far. */
typedef struct progress {
    const fct_parquet_options *options;
    fct_text *pages;
    fct_text plain; /* the page being made */
    int64_t n_plain_bytes;
    fct_error *err;
} progress;

static fct_status write_page(progress *p, bool is_dictionary, size_t n_values, int encoding)
{
    fct_text packed = {0};
    fct_thrift_writer header = {.err = p->err};
    fct_status status;
    fct_thrift_element_struct(&header);
    FCT_TRY_OUT(fct_parquet_compress(p->options->codec, p->options->level, fct_text_get(&p->plain),
                                     p->plain.length, &packed, p->err));
    fct_thrift_i32(&header, 1, is_dictionary ? 2 : 0);
    fct_thrift_i32(&header, 2, (int64_t)p->plain.length);
    fct_thrift_i32(&header, 3, (int64_t)packed.length);
    fct_thrift_i32(&header, 4, (int32_t)fct_parquet_crc(fct_text_get(&packed), packed.length));
    fct_thrift_struct(&header, is_dictionary ? 7 : 5);
    fct_thrift_i32(&header, 1, (int64_t)n_values);
    fct_thrift_i32(&header, 2, encoding);
    if (!is_dictionary) {
        fct_thrift_i32(&header, 3, FCT_ENCODING_RLE);
        fct_thrift_i32(&header, 4, FCT_ENCODING_RLE);
    }
    fct_thrift_struct_end(&header);
    fct_thrift_struct_end(&header);
    FCT_TRY_OUT(header.status);
    FCT_TRY_OUT(fct_text_append(p->pages, header.out.data, header.out.length, p->err));
    FCT_TRY_OUT(fct_text_append(p->pages, fct_text_get(&packed), packed.length, p->err));
    p->n_plain_bytes += (int64_t)(header.out.length + p->plain.length);
    p->plain.length = 0;
out:
    fct_text_free(&packed);
    fct_text_free(&header.out);
    return status;
}

/* Room at the end of the page for an encoder; its result is added by `took`. */
static fct_status make_room(progress *p, size_t n_bytes, uint8_t **out)
{
    FCT_TRY(fct_text_reserve(&p->plain, n_bytes, p->err));
    *out = (uint8_t *)p->plain.data + p->plain.length;
    return FCT_OK;
}

static void took(progress *p, size_t n_bytes)
{
    p->plain.length += n_bytes;
}

/* Definition levels: how long they are, then 0 or 1 a row. */
static fct_status put_levels(progress *p, const uint8_t *levels, size_t n_rows, size_t n_valid)
{
    uint8_t *out;
    FCT_TRY(make_room(p, 4 + fct_encode_packed_room(n_rows, 1), &out));
    size_t n_bytes;
    if (n_valid == n_rows || !n_valid) {
        n_bytes = fct_encode_repeated(n_valid != 0, n_rows, out + 4);
    } else {
        uint32_t *wide = malloc(n_rows * sizeof *wide);
        if (!wide)
            return fct_error_memory(p->err, n_rows * sizeof *wide);
        for (size_t i = 0; i < n_rows; i++)
            wide[i] = levels[i];
        n_bytes = fct_encode_packed(wide, n_rows, 1, out + 4);
        free(wide);
    }
    uint32_t length = (uint32_t)n_bytes;
    memcpy(out, &length, 4);
    took(p, 4 + n_bytes);
    return FCT_OK;
}

static fct_status put_plain_texts(progress *p, const fct_parquet_chunk *chunk,
                                  const uint32_t *which, size_t begin, size_t n)
{
    for (size_t i = begin; i < begin + n; i++) {
        size_t value = which ? which[i] : i;
        uint32_t n_bytes = (uint32_t)(chunk->offsets[value + 1] - chunk->offsets[value]);
        FCT_TRY(fct_text_append(&p->plain, (const char *)&n_bytes, 4, p->err));
        FCT_TRY(
            fct_text_append(&p->plain, chunk->text.data + chunk->offsets[value], n_bytes, p->err));
    }
    return FCT_OK;
}

static fct_status put_values(progress *p, const fct_parquet_chunk *chunk, int encoding,
                             size_t begin, size_t n)
{
    uint8_t *out;
    const char *values = chunk->values ? (char *)chunk->values + begin * chunk->value_bytes : NULL;
    if (encoding == FCT_ENCODING_RLE_DICTIONARY) {
        unsigned width = fct_encode_bit_width(chunk->dictionary.n_distinct);
        FCT_TRY(make_room(p, 1 + fct_encode_packed_room(n, width), &out));
        out[0] = (uint8_t)width;
        took(p, 1 + fct_encode_packed(chunk->dictionary.indices + begin, n, width, out + 1));
        return FCT_OK;
    }
    if (chunk->is_plain)
        return fct_text_append(&p->plain, values, n * chunk->value_bytes, p->err);
    switch (types[chunk->column.type].physical) {
    case FCT_PHYSICAL_BOOLEAN:
        FCT_TRY(make_room(p, n / 8 + 1, &out));
        took(p, fct_encode_bits((const uint8_t *)values, n, out));
        return FCT_OK;
    case FCT_PHYSICAL_INT32:
        FCT_TRY(make_room(p, fct_encode_delta_room(n), &out));
        took(p, fct_encode_delta_int32((const int32_t *)values, n, out));
        return FCT_OK;
    case FCT_PHYSICAL_INT64:
        FCT_TRY(make_room(p, fct_encode_delta_room(n), &out));
        took(p, fct_encode_delta_int64((const int64_t *)values, n, out));
        return FCT_OK;
    case FCT_PHYSICAL_DOUBLE:
        FCT_TRY(make_room(p, n * 8, &out));
        fct_encode_split((const double *)values, n, out);
        took(p, n * 8);
        return FCT_OK;
    default:
        return put_plain_texts(p, chunk, NULL, begin, n);
    }
}

/* ---- The chunk -------------------------------------------------------------------------------- */

/* A dictionary pays where it and its indices are clearly shorter than the values. */
static bool choose_dictionary(fct_parquet_chunk *chunk)
{
    fct_parquet_type type = chunk->column.type;
    size_t n = chunk->n_values;
    if (!may_use_dictionary(type) || chunk->is_plain || !n)
        return false;
    bool made = type == FCT_PARQUET_DOUBLE
                    ? fct_dictionary_of_doubles(&chunk->dictionary, chunk->values, n)
                    : fct_dictionary_of_texts(&chunk->dictionary, fct_text_get(&chunk->text),
                                              chunk->offsets, n);
    if (!made)
        return false;
    size_t n_distinct = chunk->dictionary.n_distinct;
    size_t value_bytes = type == FCT_PARQUET_DOUBLE ? 8 : 4 + chunk->offsets[n] / n;
    size_t n_index_bytes = n * fct_encode_bit_width(n_distinct) / 8;
    return n_distinct * value_bytes + n_index_bytes < n * value_bytes / 10 * 6;
}

static fct_status write_dictionary(progress *p, const fct_parquet_chunk *chunk)
{
    const fct_dictionary *dictionary = &chunk->dictionary;
    if (chunk->column.type == FCT_PARQUET_DOUBLE)
        for (size_t i = 0; i < dictionary->n_distinct; i++)
            FCT_TRY(fct_text_append(&p->plain,
                                    (const char *)chunk->values + 8 * (size_t)dictionary->firsts[i],
                                    8, p->err));
    else
        FCT_TRY(put_plain_texts(p, chunk, dictionary->firsts, 0, dictionary->n_distinct));
    return write_page(p, true, dictionary->n_distinct, FCT_ENCODING_PLAIN);
}

static int choose_encoding(const fct_parquet_chunk *chunk, bool has_dictionary)
{
    static const int encodings[] = {
        [FCT_PHYSICAL_BOOLEAN] = FCT_ENCODING_PLAIN,
        [FCT_PHYSICAL_INT32] = FCT_ENCODING_DELTA_BINARY_PACKED,
        [FCT_PHYSICAL_INT64] = FCT_ENCODING_DELTA_BINARY_PACKED,
        [FCT_PHYSICAL_DOUBLE] = FCT_ENCODING_BYTE_STREAM_SPLIT,
        [FCT_PHYSICAL_BYTE_ARRAY] = FCT_ENCODING_PLAIN,
    };
    if (has_dictionary)
        return FCT_ENCODING_RLE_DICTIONARY;
    if (chunk->is_plain)
        return FCT_ENCODING_PLAIN;
    return encodings[types[chunk->column.type].physical];
}

static fct_status write_data_pages(progress *p, const fct_parquet_chunk *chunk, int encoding)
{
    size_t value = 0;
    size_t n_page = chunk->is_plain ? chunk->n_rows + !chunk->n_rows : PAGE_VALUES;
    for (size_t row = 0; row < chunk->n_rows; row += n_page) {
        size_t n_rows = chunk->n_rows - row < n_page ? chunk->n_rows - row : n_page;
        size_t n_valid = n_rows;
        if (chunk->levels) {
            n_valid = 0;
            for (size_t i = 0; i < n_rows; i++)
                n_valid += chunk->levels[row + i];
            FCT_TRY(put_levels(p, chunk->levels + row, n_rows, n_valid));
        }
        FCT_TRY(put_values(p, chunk, encoding, value, n_valid));
        FCT_TRY(write_page(p, false, n_rows, encoding));
        value += n_valid;
    }
    return FCT_OK;
}

static void write_meta(const fct_parquet_chunk *chunk, const progress *p, int encoding,
                       int64_t offset, int64_t data_offset, fct_thrift_writer *meta)
{
    bool has_dictionary = encoding == FCT_ENCODING_RLE_DICTIONARY;
    fct_parquet_statistics s = fct_parquet_chunk_statistics(chunk);
    fct_thrift_element_struct(meta);
    fct_thrift_i64(meta, 2, offset);
    fct_thrift_struct(meta, 3);
    fct_thrift_i32(meta, 1, types[chunk->column.type].physical);
    fct_thrift_list(meta, 2, FCT_THRIFT_I32, has_dictionary ? 3 : 2);
    fct_thrift_element_i32(meta, encoding);
    fct_thrift_element_i32(meta, FCT_ENCODING_RLE);
    if (has_dictionary)
        fct_thrift_element_i32(meta, FCT_ENCODING_PLAIN);
    fct_thrift_list(meta, 3, FCT_THRIFT_BINARY, 1);
    fct_thrift_element_text(meta, chunk->column.name);
    fct_thrift_i32(meta, 4, fct_parquet_codec_number(p->options->codec));
    fct_thrift_i64(meta, 5, (int64_t)chunk->n_rows);
    fct_thrift_i64(meta, 6, p->n_plain_bytes);
    fct_thrift_i64(meta, 7, (int64_t)p->pages->length);
    fct_thrift_i64(meta, 9, data_offset);
    if (has_dictionary)
        fct_thrift_i64(meta, 11, offset);
    fct_thrift_struct(meta, 12);
    fct_thrift_i64(meta, 3, (int64_t)(chunk->n_rows - chunk->n_values));
    if (s.known) {
        fct_thrift_binary(meta, 5, s.high, s.n_high_bytes);
        fct_thrift_binary(meta, 6, s.low, s.n_low_bytes);
    }
    fct_thrift_struct_end(meta);
    fct_thrift_struct_end(meta);
    fct_thrift_struct_end(meta);
}

fct_status fct_parquet_chunk_write(fct_parquet_chunk *chunk, const fct_parquet_options *options,
                                   int64_t offset, fct_text *pages, fct_thrift_writer *meta,
                                   int64_t *n_plain_bytes, fct_error *err)
{
    progress p = {.options = options, .pages = pages, .err = err};
    fct_status status;
    bool has_dictionary = choose_dictionary(chunk);
    int encoding = choose_encoding(chunk, has_dictionary);
    pages->length = 0;
    if (has_dictionary)
        FCT_TRY_OUT(write_dictionary(&p, chunk));
    int64_t data_offset = offset + (int64_t)pages->length;
    FCT_TRY_OUT(write_data_pages(&p, chunk, encoding));
    write_meta(chunk, &p, encoding, offset, data_offset, meta);
    *n_plain_bytes = p.n_plain_bytes;
    chunk->n_rows = chunk->n_values = 0;
    chunk->text.length = 0;
out:
    fct_text_free(&p.plain);
    return status;
}
