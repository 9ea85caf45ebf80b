/*
 * Arrow's IPC file: a schema, batches of aligned buffers, a footer that says where they lie.
 * After the columnar format specification, version 1.4, sections "IPC File Format" and Message.fbs, Schema.fbs, File.fbs.
 */
#include <stdlib.h>
#include <string.h>

#include "format/flatbuffer.h"
#include "format/format.h"
#include "format/plain.h"

enum { ALIGNMENT = 64, METADATA_V5 = 4, HEADER_SCHEMA = 1, HEADER_RECORD_BATCH = 3 };
enum {
    TYPE_INT = 2,
    TYPE_FLOATING_POINT = 3,
    TYPE_UTF8 = 5,
    TYPE_BOOL = 6,
    TYPE_DATE = 8,
    TYPE_TIMESTAMP = 10
};

static const char magic[6] = {'A', 'R', 'R', 'O', 'W', '1'};

/* Where a batch lies in the file. */
typedef struct block {
    int64_t offset, body_bytes;
    int32_t metadata_bytes;
} block;

typedef struct arrow_file {
    fct_output *out;
    const fct_arrow_field *fields;
    fct_parquet_type *types;
    size_t n_fields;
    fct_text blocks; /* array of block */
} arrow_file;

/* ---- Schema ----------------------------------------------------------------------------------- */

static fct_flat_position put_type(fct_flatbuffer *flat, fct_parquet_type type, int *type_number)
{
    fct_flat_position table;
    switch (type) {
    case FCT_PARQUET_DOUBLE:
        *type_number = TYPE_FLOATING_POINT;
        table = fct_flat_table(flat, 1, 1);
        fct_flat_set_int64(flat, fct_flat_field(flat, table, 0), 2, 2);
        return table;
    case FCT_PARQUET_STRING:
        *type_number = TYPE_UTF8;
        return fct_flat_table(flat, 0, 0);
    case FCT_PARQUET_BOOL:
        *type_number = TYPE_BOOL;
        return fct_flat_table(flat, 0, 0);
    case FCT_PARQUET_DATE:
        *type_number = TYPE_DATE;
        table = fct_flat_table(flat, 1, 1);
        fct_flat_set_int64(flat, fct_flat_field(flat, table, 0), 0, 2);
        return table;
    case FCT_PARQUET_TIMESTAMP_MS:
    case FCT_PARQUET_TIMESTAMP_US:
        *type_number = TYPE_TIMESTAMP;
        table = fct_flat_table(flat, 2, 3);
        fct_flat_set_int64(flat, fct_flat_field(flat, table, 0),
                           type == FCT_PARQUET_TIMESTAMP_MS ? 1 : 2, 2);
        fct_flat_set_offset(flat, fct_flat_field(flat, table, 1), fct_flat_string(flat, "UTC"));
        return table;
    default:
        *type_number = TYPE_INT;
        table = fct_flat_table(flat, 2, 3);
        fct_flat_set_int64(flat, fct_flat_field(flat, table, 0), 64, 4);
        fct_flat_set_int64(flat, fct_flat_field(flat, table, 1), 1, 1);
        return table;
    }
}

static fct_flat_position put_schema(fct_flatbuffer *flat, const arrow_file *file)
{
    fct_flat_position schema = fct_flat_table(flat, 2, 2);
    fct_flat_position fields = fct_flat_vector(flat, file->n_fields, 4);
    fct_flat_set_offset(flat, fct_flat_field(flat, schema, 1), fields);
    for (size_t i = 0; i < file->n_fields; i++) {
        /* name, nullable, type's number, type, (dictionary), children */
        fct_flat_position field = fct_flat_table(flat, 6, 0x2F);
        int type_number;
        fct_flat_set_offset(flat, fields + 4 + 4 * i, field);
        fct_flat_set_offset(flat, fct_flat_field(flat, field, 0),
                            fct_flat_string(flat, file->fields[i].name));
        fct_flat_set_int64(flat, fct_flat_field(flat, field, 1), file->fields[i].nullable, 1);
        fct_flat_set_offset(flat, fct_flat_field(flat, field, 3),
                            put_type(flat, file->types[i], &type_number));
        fct_flat_set_int64(flat, fct_flat_field(flat, field, 2), type_number, 1);
        fct_flat_set_offset(flat, fct_flat_field(flat, field, 5), fct_flat_vector(flat, 0, 4));
    }
    return schema;
}

/* ---- Messages --------------------------------------------------------------------------------- */

static fct_status put_zeros(fct_output *out, size_t n_bytes, fct_error *err)
{
    static const char zeros[ALIGNMENT];
    return fct_output_put(out, zeros, n_bytes, err);
}

static fct_flat_position start_message(fct_flatbuffer *flat, int header_type, int64_t body_bytes)
{
    fct_flat_start(flat);
    fct_flat_position message = fct_flat_table(flat, 4, 0xF);
    fct_flat_set_offset(flat, 0, message);
    fct_flat_set_int64(flat, fct_flat_field(flat, message, 0), METADATA_V5, 2);
    fct_flat_set_int64(flat, fct_flat_field(flat, message, 1), header_type, 1);
    fct_flat_set_int64(flat, fct_flat_field(flat, message, 3), body_bytes, 8);
    return message;
}

/* Prefix, length, metadata; padded so that the body starts aligned. *n_bytes: all of it. */
static fct_status put_message(fct_output *out, const fct_flatbuffer *flat, int32_t *n_bytes,
                              fct_error *err)
{
    FCT_TRY(flat->status);
    size_t padded = (flat->out.length + 8 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 8;
    int32_t prefix[2] = {-1, (int32_t)padded};
    *n_bytes = (int32_t)padded + 8;
    FCT_TRY(fct_output_put(out, prefix, sizeof prefix, err));
    FCT_TRY(fct_output_put(out, flat->out.data, flat->out.length, err));
    return put_zeros(out, padded - flat->out.length, err);
}

/* One buffer of a batch's body. */
typedef struct body_buffer {
    const void *bytes;
    size_t n_bytes;
    void *made;
} body_buffer;

static size_t padded_bytes(size_t n_bytes)
{
    return (n_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static fct_status copy_bits(body_buffer *out, const uint8_t *bits, int64_t offset, int64_t n_rows,
                            bool is_bytes, fct_error *err)
{
    size_t n_bytes = (size_t)(n_rows + 7) / 8;
    uint8_t *copy = calloc(1, n_bytes + 1);
    if (!copy)
        return fct_error_memory(err, n_bytes + 1);
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t from = offset + i;
        bool bit = is_bytes ? bits[from] : bits[from / 8] >> (from % 8) & 1;
        copy[i / 8] = (uint8_t)(copy[i / 8] | bit << (i % 8));
    }
    *out = (body_buffer){copy, n_bytes, copy};
    return FCT_OK;
}

static fct_status copy_offsets(body_buffer *out, const int32_t *offsets, int64_t n_rows,
                               fct_error *err)
{
    size_t n_bytes = ((size_t)n_rows + 1) * sizeof *offsets;
    int32_t *copy = malloc(n_bytes);
    if (!copy)
        return fct_error_memory(err, n_bytes);
    for (int64_t i = 0; i <= n_rows; i++)
        copy[i] = offsets[i] - offsets[0];
    *out = (body_buffer){copy, n_bytes, copy};
    return FCT_OK;
}

/* The buffers of one column: validity, then offsets for texts, then values. Returns how many through *n. */
static fct_status make_buffers(const fct_plain_column *column, fct_parquet_type type,
                               int64_t n_rows, body_buffer *out, size_t *n, fct_error *err)
{
    const fct_parquet_values *values = &column->values;
    size_t i = *n;
    *n += type == FCT_PARQUET_STRING ? 3 : 2;
    if (values->validity)
        FCT_TRY(copy_bits(&out[i], values->validity, values->validity_offset, n_rows, false, err));
    if (type == FCT_PARQUET_BOOL)
        return copy_bits(&out[i + 1], values->values, 0, n_rows, true, err);
    if (type != FCT_PARQUET_STRING) {
        size_t value_bytes = type == FCT_PARQUET_DATE ? 4 : 8;
        out[i + 1] = (body_buffer){values->values, (size_t)n_rows * value_bytes, NULL};
        return FCT_OK;
    }
    FCT_TRY(copy_offsets(&out[i + 1], values->offsets, n_rows, err));
    out[i + 2] = (body_buffer){(const char *)values->values + values->offsets[0],
                               (size_t)(values->offsets[n_rows] - values->offsets[0]), NULL};
    return FCT_OK;
}

static int64_t count_nulls(const body_buffer *validity, int64_t n_rows)
{
    const uint8_t *bits = validity->bytes;
    int64_t n_valid = 0;
    for (int64_t i = 0; bits && i < n_rows; i++)
        n_valid += bits[i / 8] >> (i % 8) & 1;
    return bits ? n_rows - n_valid : 0;
}

static void describe_batch(fct_flatbuffer *flat, const arrow_file *file, const body_buffer *buffers,
                           size_t n_buffers, int64_t n_rows, int64_t body_bytes)
{
    fct_flat_position message = start_message(flat, HEADER_RECORD_BATCH, body_bytes);
    fct_flat_position batch = fct_flat_table(flat, 3, 7);
    fct_flat_set_offset(flat, fct_flat_field(flat, message, 2), batch);
    fct_flat_set_int64(flat, fct_flat_field(flat, batch, 0), n_rows, 8);
    fct_flat_position nodes = fct_flat_vector(flat, file->n_fields, 16);
    fct_flat_set_offset(flat, fct_flat_field(flat, batch, 1), nodes);
    fct_flat_position places = fct_flat_vector(flat, n_buffers, 16);
    fct_flat_set_offset(flat, fct_flat_field(flat, batch, 2), places);
    size_t k = 0;
    int64_t offset = 0;
    for (size_t i = 0; i < file->n_fields; i++) {
        fct_flat_set_int64(flat, nodes + 4 + 16 * i, n_rows, 8);
        fct_flat_set_int64(flat, nodes + 12 + 16 * i, count_nulls(&buffers[k], n_rows), 8);
        size_t n_own = file->types[i] == FCT_PARQUET_STRING ? 3 : 2;
        for (size_t end = k + n_own; k < end; k++) {
            fct_flat_set_int64(flat, places + 4 + 16 * k, offset, 8);
            fct_flat_set_int64(flat, places + 12 + 16 * k, (int64_t)buffers[k].n_bytes, 8);
            offset += (int64_t)padded_bytes(buffers[k].n_bytes);
        }
    }
}

static fct_status put_body(arrow_file *file, const body_buffer *buffers, size_t n_buffers,
                           int64_t n_rows, fct_error *err)
{
    fct_flatbuffer flat = {.err = err};
    fct_status status;
    block b = {.offset = file->out->n_bytes};
    for (size_t i = 0; i < n_buffers; i++)
        b.body_bytes += (int64_t)padded_bytes(buffers[i].n_bytes);
    describe_batch(&flat, file, buffers, n_buffers, n_rows, b.body_bytes);
    FCT_TRY_OUT(put_message(file->out, &flat, &b.metadata_bytes, err));
    for (size_t i = 0; i < n_buffers; i++) {
        FCT_TRY_OUT(fct_output_put(file->out, buffers[i].bytes, buffers[i].n_bytes, err));
        FCT_TRY_OUT(
            put_zeros(file->out, padded_bytes(buffers[i].n_bytes) - buffers[i].n_bytes, err));
    }
    FCT_TRY_OUT(fct_text_append(&file->blocks, (const char *)&b, sizeof b, err));
out:
    fct_text_free(&flat.out);
    return status;
}

static fct_status put_batch(const fct_arrow_view *views, int64_t n_rows, void *context,
                            fct_error *err)
{
    arrow_file *file = context;
    fct_plain_column *columns = calloc(file->n_fields + 1, sizeof *columns);
    body_buffer *buffers = calloc(3 * file->n_fields + 1, sizeof *buffers);
    size_t n_buffers = 0;
    fct_status status = FCT_OK;
    if (!n_rows)
        goto out;
    if (!columns || !buffers) {
        status = fct_error_memory(err, (3 * file->n_fields + 1) * sizeof *buffers);
        goto out;
    }
    for (size_t i = 0; i < file->n_fields; i++) {
        FCT_TRY_OUT(fct_plain_column_make(&columns[i], &file->fields[i], &views[i], n_rows, err));
        FCT_TRY_OUT(make_buffers(&columns[i], file->types[i], n_rows, buffers, &n_buffers, err));
    }
    FCT_TRY_OUT(put_body(file, buffers, n_buffers, n_rows, err));
out:
    for (size_t i = 0; buffers && i < n_buffers; i++)
        free(buffers[i].made);
    for (size_t i = 0; columns && i < file->n_fields; i++)
        fct_plain_column_free(&columns[i]);
    free(buffers);
    free(columns);
    return status;
}

/* ---- File ------------------------------------------------------------------------------------- */

static fct_status put_start(arrow_file *file, fct_error *err)
{
    fct_flatbuffer flat = {.err = err};
    int32_t n_bytes;
    fct_status status;
    FCT_TRY_OUT(fct_output_put(file->out, magic, sizeof magic, err));
    /* Padded to the alignment of bodies, so that all of them are. */
    FCT_TRY_OUT(put_zeros(file->out, ALIGNMENT - sizeof magic, err));
    fct_flat_position message = start_message(&flat, HEADER_SCHEMA, 0);
    fct_flat_set_offset(&flat, fct_flat_field(&flat, message, 2), put_schema(&flat, file));
    FCT_TRY_OUT(put_message(file->out, &flat, &n_bytes, err));
out:
    fct_text_free(&flat.out);
    return status;
}

static fct_status put_footer(arrow_file *file, fct_error *err)
{
    static const int32_t end_of_stream[2] = {-1, 0};
    size_t n_blocks = file->blocks.length / sizeof(block);
    fct_flatbuffer flat = {.err = err};
    fct_status status;
    fct_flat_start(&flat);
    fct_flat_position footer = fct_flat_table(&flat, 4, 0xF);
    fct_flat_set_offset(&flat, 0, footer);
    fct_flat_set_int64(&flat, fct_flat_field(&flat, footer, 0), METADATA_V5, 2);
    fct_flat_set_offset(&flat, fct_flat_field(&flat, footer, 1), put_schema(&flat, file));
    fct_flat_set_offset(&flat, fct_flat_field(&flat, footer, 2), fct_flat_vector(&flat, 0, 24));
    fct_flat_position blocks = fct_flat_vector(&flat, n_blocks, 24);
    fct_flat_set_offset(&flat, fct_flat_field(&flat, footer, 3), blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        block b;
        memcpy(&b, file->blocks.data + i * sizeof b, sizeof b);
        fct_flat_set_int64(&flat, blocks + 4 + 24 * i, b.offset, 8);
        fct_flat_set_int64(&flat, blocks + 12 + 24 * i, b.metadata_bytes, 4);
        fct_flat_set_int64(&flat, blocks + 20 + 24 * i, b.body_bytes, 8);
    }
    FCT_TRY_OUT(flat.status);
    int32_t length = (int32_t)flat.out.length;
    FCT_TRY_OUT(fct_output_put(file->out, end_of_stream, sizeof end_of_stream, err));
    FCT_TRY_OUT(fct_output_put(file->out, flat.out.data, flat.out.length, err));
    FCT_TRY_OUT(fct_output_put(file->out, &length, sizeof length, err));
    FCT_TRY_OUT(fct_output_put(file->out, magic, sizeof magic, err));
out:
    fct_text_free(&flat.out);
    return status;
}

fct_status fct_format_write_arrow(fct_arrow_reader *reader, fct_output *out, fct_error *err)
{
    arrow_file file = {.out = out};
    fct_status status;
    file.fields = fct_arrow_reader_fields(reader, &file.n_fields);
    file.types = calloc(file.n_fields + 1, sizeof *file.types);
    if (!file.types)
        return fct_error_memory(err, (file.n_fields + 1) * sizeof *file.types);
    for (size_t i = 0; i < file.n_fields; i++)
        FCT_TRY_OUT(fct_plain_type(&file.fields[i], &file.types[i], err));
    FCT_TRY_OUT(put_start(&file, err));
    FCT_TRY_OUT(fct_format_each_batch(reader, out, put_batch, &file, err));
    FCT_TRY_OUT(put_footer(&file, err));
out:
    fct_text_free(&file.blocks);
    free(file.types);
    return status;
}
