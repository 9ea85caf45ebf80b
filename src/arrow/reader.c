/* Reading the streams of others. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "arrow/formats.h"
#include "base/text.h"

/* A column without a type, of which every value is missing: as a frame without rows has. */
#define FORMAT_NULL "n"

struct fct_arrow_reader {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    fct_arrow_field *fields; /* names belong to the schema */
    size_t *index_bytes;     /* of dictionary columns */
    size_t n_fields;
    double *zeros; /* of columns that hold nothing: values, and a bitmap that none is there */
    size_t n_zeros;
};

/* What a producer's error number means; our own streams give these, see batch.c. */
static fct_status status_of(int code)
{
    switch (code) {
    case ENOMEM:
        return FCT_ERROR_MEMORY;
    case EINTR:
        return FCT_ERROR_INTERRUPTED;
    case EIO:
        return FCT_ERROR_IO;
    default:
        return FCT_ERROR_DATA;
    }
}

static fct_status set_stream_error(fct_arrow_reader *reader, int code, const char *what,
                                   fct_error *err)
{
    const char *message =
        reader->stream.get_last_error ? reader->stream.get_last_error(&reader->stream) : NULL;
    if (message)
        return fct_error_set(err, status_of(code), "%s", message);
    return fct_error_set_errno(err, status_of(code), code, "the stream gives no %s", what);
}

static fct_status read_field(const struct ArrowSchema *child, fct_arrow_field *field,
                             size_t *index_bytes, fct_error *err)
{
    if (!child || !child->format || !child->release)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the stream's schema has a column without a type");
    fct_arrow_type type;
    const char *name = child->name ? child->name : "";
    if (strcmp(child->format, FORMAT_NULL) == 0) {
        *field = (fct_arrow_field){name, FCT_ARROW_DOUBLE, true};
        return FCT_OK;
    }
    bool known = fct_arrow_type_of(child->format, &type);
    if (known && child->dictionary) {
        fct_arrow_type values;
        *index_bytes = fct_arrow_type_bytes(type);
        known = strchr("cCsSiIlL", child->format[0]) && child->dictionary->format &&
                fct_arrow_type_of(child->dictionary->format, &values) && fct_arrow_is_text(values);
        type = FCT_ARROW_DICTIONARY_STRING;
    }
    if (!known) {
        char shown[40];
        return fct_error_set(
            err, FCT_ERROR_UNSUPPORTED,
            "the column \"%s\" has the Arrow type \"%s\", which is not read here: "
            "make it a number, a text or a time first",
            name, fct_text_quote(child->format, strlen(child->format), shown, sizeof shown));
    }
    *field = (fct_arrow_field){name, type, (child->flags & ARROW_FLAG_NULLABLE) != 0};
    return FCT_OK;
}

static fct_status read_schema(fct_arrow_reader *reader, fct_error *err)
{
    int code = reader->stream.get_schema(&reader->stream, &reader->schema);
    if (code != 0)
        return set_stream_error(reader, code, "schema", err);
    const struct ArrowSchema *schema = &reader->schema;
    if (!schema->format || strcmp(schema->format, "+s") != 0 || schema->n_children < 0 ||
        schema->n_children > INT32_MAX || (schema->n_children && !schema->children))
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the stream is no table: its batches are no structs");
    reader->n_fields = (size_t)schema->n_children;
    reader->fields = calloc(reader->n_fields + 1, sizeof *reader->fields);
    reader->index_bytes = calloc(reader->n_fields + 1, sizeof *reader->index_bytes);
    if (!reader->fields || !reader->index_bytes)
        return fct_error_memory(err, (reader->n_fields + 1) * sizeof *reader->fields);
    for (size_t i = 0; i < reader->n_fields; i++)
        FCT_TRY(read_field(schema->children[i], &reader->fields[i], &reader->index_bytes[i], err));
    return FCT_OK;
}

fct_status fct_arrow_reader_open(fct_arrow_reader **out, struct ArrowArrayStream *stream,
                                 fct_error *err)
{
    *out = NULL;
    fct_arrow_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        stream->release(stream);
        return fct_error_memory(err, sizeof *reader);
    }
    reader->stream = *stream;
    stream->release = NULL;
    fct_status status = read_schema(reader, err);
    if (status != FCT_OK) {
        fct_arrow_reader_free(reader);
        return status;
    }
    *out = reader;
    return FCT_OK;
}

const fct_arrow_field *fct_arrow_reader_fields(const fct_arrow_reader *reader, size_t *n_fields)
{
    *n_fields = reader->n_fields;
    return reader->fields;
}

/* ---- Batches ---------------------------------------------------------------------------------- */

static bool is_string(fct_arrow_type type)
{
    return type == FCT_ARROW_STRING || type == FCT_ARROW_LARGE_STRING;
}

/* Offsets must rise, or a text would lie outside its buffer. */
static bool offsets_rise(const struct ArrowArray *array, fct_arrow_type type)
{
    const void *offsets = array->buffers[1];
    int64_t last = 0;
    for (int64_t i = array->offset; array->length && i <= array->offset + array->length; i++) {
        int64_t offset = type == FCT_ARROW_STRING ? ((const int32_t *)offsets)[i]
                                                  : ((const int64_t *)offsets)[i];
        if (offset < last)
            return false;
        last = offset;
    }
    return true;
}

/* Buffers: validity, views, the data buffers, and at the end their sizes. Every view must lie in its buffer. */
static bool views_fit(const struct ArrowArray *array)
{
    int64_t n_data = array->n_buffers - 3;
    if (n_data < 0 || !array->buffers || (n_data && !array->buffers[array->n_buffers - 1]))
        return false;
    const fct_arrow_text_view *views = array->buffers[1];
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    for (int64_t i = array->offset; i < array->offset + array->length; i++) {
        if (!views)
            return false;
        if (fct_arrow_is_null(array->buffers[0], i) ||
            (views[i].n_bytes >= 0 && views[i].n_bytes <= FCT_ARROW_INSIDE_BYTES))
            continue;
        int32_t buffer = views[i].outside.buffer;
        int32_t offset = views[i].outside.offset;
        if (views[i].n_bytes < 0 || buffer < 0 || buffer >= n_data || offset < 0 ||
            offset > sizes[buffer] - views[i].n_bytes || !array->buffers[2 + buffer])
            return false;
    }
    return true;
}

static bool array_fits(const struct ArrowArray *array, fct_arrow_type type, int64_t n_rows)
{
    if (!array || !array->release || array->length < n_rows || array->offset < 0 ||
        array->offset > INT64_MAX - array->length)
        return false;
    if (type == FCT_ARROW_STRING_VIEW)
        return views_fit(array);
    if (array->n_buffers != (is_string(type) ? 3 : 2) || !array->buffers)
        return false;
    if (!array->length)
        return true;
    if (!array->buffers[1])
        return false;
    return !is_string(type) || offsets_rise(array, type);
}

static bool dictionary_fits(const struct ArrowArray *array, const struct ArrowSchema *schema,
                            size_t index_bytes)
{
    const struct ArrowArray *dictionary = array->dictionary;
    fct_arrow_type type;
    if (!dictionary || !fct_arrow_type_of(schema->dictionary->format, &type) ||
        !array_fits(dictionary, type, 0))
        return false;
    bool is_signed = strchr("csil", schema->format[0]) != NULL;
    for (int64_t i = array->offset; i < array->offset + array->length; i++) {
        if (fct_arrow_is_null(array->buffers[0], i))
            continue;
        int64_t index = fct_arrow_index_at(array->buffers[1], index_bytes, is_signed, i);
        if (index < 0 || index >= dictionary->length)
            return false;
    }
    return true;
}

bool fct_arrow_reader_is_missing(const fct_arrow_reader *reader, size_t field)
{
    return strcmp(reader->schema.children[field]->format, FORMAT_NULL) == 0;
}

/* Such a column as one of missing numbers. */
static fct_status view_missing(fct_arrow_reader *reader, size_t i, fct_arrow_view *view,
                               fct_error *err)
{
    const struct ArrowArray *array = reader->batch.children[i];
    int64_t n_rows = reader->batch.offset + reader->batch.length;
    if (!array || !array->release || array->length < n_rows)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the stream's column \"%s\" does not hold what its batch promises",
                             reader->fields[i].name);
    size_t n_zeros = (size_t)reader->batch.length + 1;
    if (n_zeros > reader->n_zeros) {
        free(reader->zeros);
        reader->n_zeros = 0;
        reader->zeros = calloc(n_zeros, sizeof(double));
        if (!reader->zeros)
            return fct_error_memory(err, n_zeros);
        reader->n_zeros = n_zeros;
    }
    *view = (fct_arrow_view){
        .type = FCT_ARROW_DOUBLE,
        .values = reader->zeros,
        .offsets = reader->zeros,
        .validity = (const uint8_t *)reader->zeros,
    };
    return FCT_OK;
}

static fct_status view_column(fct_arrow_reader *reader, size_t i, fct_arrow_view *view,
                              fct_error *err)
{
    const struct ArrowArray *batch = &reader->batch;
    const struct ArrowArray *array = batch->children[i];
    fct_arrow_type type = reader->fields[i].type;
    int64_t n_rows = batch->offset + batch->length;
    bool fits = array_fits(array, type, n_rows);
    if (fits && type == FCT_ARROW_DICTIONARY_STRING)
        fits = dictionary_fits(array, reader->schema.children[i], reader->index_bytes[i]);
    if (!fits)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the stream's column \"%s\" does not hold what its batch promises",
                             reader->fields[i].name);
    *view = (fct_arrow_view){
        .type = type,
        .values = array->buffers[is_string(type) ? 2 : 1],
        .offsets = array->buffers[1],
        .data = array->buffers + 2,
        .validity = array->null_count ? array->buffers[0] : NULL,
        .offset = array->offset + batch->offset,
        .dictionary = array->dictionary,
        .index_bytes = reader->index_bytes[i],
    };
    if (type == FCT_ARROW_DICTIONARY_STRING)
        fct_arrow_type_of(reader->schema.children[i]->dictionary->format, &view->dictionary_type);
    return FCT_OK;
}

fct_status fct_arrow_reader_next(fct_arrow_reader *reader, fct_arrow_view *views, int64_t *n_rows,
                                 fct_error *err)
{
    struct ArrowArray *batch = &reader->batch;
    if (batch->release)
        batch->release(batch);
    *batch = (struct ArrowArray){0};
    int code = reader->stream.get_next(&reader->stream, batch);
    if (code != 0) {
        batch->release = NULL;
        return set_stream_error(reader, code, "batch", err);
    }
    *n_rows = -1;
    if (!batch->release)
        return FCT_OK;
    if (batch->length < 0 || batch->offset < 0 || batch->offset > INT64_MAX - batch->length ||
        batch->n_children != (int64_t)reader->n_fields || (reader->n_fields && !batch->children))
        return fct_error_set(err, FCT_ERROR_DATA, "a batch of the stream does not fit its schema");
    for (size_t i = 0; i < reader->n_fields; i++)
        FCT_TRY(fct_arrow_reader_is_missing(reader, i) ? view_missing(reader, i, &views[i], err)
                                                       : view_column(reader, i, &views[i], err));
    *n_rows = batch->length;
    return FCT_OK;
}

void fct_arrow_reader_free(fct_arrow_reader *reader)
{
    if (!reader)
        return;
    if (reader->batch.release)
        reader->batch.release(&reader->batch);
    if (reader->schema.release)
        reader->schema.release(&reader->schema);
    if (reader->stream.release)
        reader->stream.release(&reader->stream);
    free(reader->fields);
    free(reader->index_bytes);
    free(reader->zeros);
    free(reader);
}
