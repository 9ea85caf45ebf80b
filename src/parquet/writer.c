#include "parquet/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "parquet/chunk.h"

enum {
    DEFAULT_ROW_GROUP_ROWS = 131072,
    MAX_ROW_GROUP_ROWS = 1 << 27,
    WRITE_BYTES = 1 << 18 /* collected before they are written: a small file is one write */
};

static const char magic[4] = {'P', 'A', 'R', '1'};

struct fct_parquet_writer {
    int fd;
    char *path;
    fct_parquet_options options;
    size_t *sorting_columns;
    fct_text metadata; /* the key-value list, already in Thrift */
    fct_parquet_chunk *chunks;
    size_t n_chunks;
    size_t row_group_rows;
    size_t n_buffered;
    int64_t n_rows;
    int64_t position; /* bytes given out, those that wait included */
    fct_text waiting;
    fct_thrift_writer row_groups;
    size_t n_row_groups;
    fct_text pages;
};

static fct_status write_waiting(fct_parquet_writer *writer, fct_error *err)
{
    size_t n_bytes = writer->waiting.length;
    writer->waiting.length = 0;
    if (writer->options.digest && n_bytes)
        fct_digest_add(writer->options.digest, writer->waiting.data, n_bytes);
    return fct_fd_write(writer->fd, writer->waiting.data, n_bytes, writer->path, err);
}

static fct_status put(fct_parquet_writer *writer, const void *bytes, size_t n_bytes, fct_error *err)
{
    FCT_TRY(fct_text_append(&writer->waiting, bytes, n_bytes, err));
    writer->position += (int64_t)n_bytes;
    return writer->waiting.length < WRITE_BYTES ? FCT_OK : write_waiting(writer, err);
}

static fct_status keep_metadata(fct_parquet_writer *writer, fct_error *err)
{
    fct_thrift_writer thrift = {.err = err};
    for (size_t i = 0; i < writer->options.n_metadata; i++) {
        fct_thrift_element_struct(&thrift);
        fct_thrift_text(&thrift, 1, writer->options.metadata[2 * i]);
        fct_thrift_text(&thrift, 2, writer->options.metadata[2 * i + 1]);
        fct_thrift_struct_end(&thrift);
    }
    writer->metadata = thrift.out;
    return thrift.status;
}

static fct_status keep_options(fct_parquet_writer *writer, const fct_parquet_options *options,
                               size_t n_columns, fct_error *err)
{
    writer->options = options ? *options : (fct_parquet_options){0};
    int64_t rows = writer->options.row_group_rows;
    if (rows < 0 || rows > MAX_ROW_GROUP_ROWS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "row groups have 1 to %d rows",
                             MAX_ROW_GROUP_ROWS);
    writer->row_group_rows = rows ? (size_t)rows : DEFAULT_ROW_GROUP_ROWS;
    size_t n_sorting = writer->options.n_sorting_columns;
    writer->sorting_columns = calloc(n_sorting + 1, sizeof *writer->sorting_columns);
    if (!writer->sorting_columns)
        return fct_error_memory(err, n_sorting * sizeof *writer->sorting_columns);
    for (size_t i = 0; i < n_sorting; i++) {
        writer->sorting_columns[i] = writer->options.sorting_columns[i];
        if (writer->sorting_columns[i] >= n_columns)
            return fct_error_set(err, FCT_ERROR_ARGUMENT, "there is no column %zu to be sorted by",
                                 writer->sorting_columns[i]);
    }
    FCT_TRY(keep_metadata(writer, err));
    writer->options.sorting_columns = NULL;
    writer->options.metadata = NULL;
    return FCT_OK;
}

fct_status fct_parquet_writer_open(fct_parquet_writer **out, int fd, const char *path,
                                   const fct_parquet_column *columns, size_t n_columns,
                                   const fct_parquet_options *options, fct_error *err)
{
    *out = NULL;
    fct_status status;
    if (!n_columns)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s: a Parquet file needs a column", path);
    fct_parquet_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return fct_error_memory(err, sizeof *writer);
    writer->fd = fd;
    writer->path = fct_text_copy(path);
    writer->chunks = calloc(n_columns, sizeof *writer->chunks);
    if (!writer->path || !writer->chunks) {
        status = fct_error_memory(err, n_columns * sizeof *writer->chunks);
        goto out;
    }
    FCT_TRY_OUT(keep_options(writer, options, n_columns, err));
    for (; writer->n_chunks < n_columns; writer->n_chunks++)
        FCT_TRY_OUT(fct_parquet_chunk_make(&writer->chunks[writer->n_chunks],
                                           &columns[writer->n_chunks], writer->row_group_rows,
                                           err));
    for (size_t i = 0; i < writer->n_chunks; i++)
        writer->chunks[i].is_plain = i < writer->options.n_plain_columns;
    FCT_TRY_OUT(put(writer, magic, sizeof magic, err));
    *out = writer;
    writer = NULL;
out:
    fct_parquet_writer_free(writer);
    return status;
}

size_t fct_parquet_writer_bytes(const fct_parquet_column *columns, size_t n_columns,
                                const fct_parquet_options *options)
{
    size_t rows = options && options->row_group_rows ? (size_t)options->row_group_rows
                                                     : DEFAULT_ROW_GROUP_ROWS;
    /* The pages of one column, before and after compression, on top of all columns' values. */
    size_t n_bytes = 3 * rows * 16 + WRITE_BYTES;
    for (size_t i = 0; i < n_columns; i++)
        n_bytes += fct_parquet_chunk_bytes(&columns[i], rows);
    return n_bytes;
}

/* ---- Row groups ------------------------------------------------------------------------------- */

static fct_status write_chunks(fct_parquet_writer *writer, fct_thrift_writer *columns,
                               int64_t *n_plain_bytes, fct_error *err)
{
    for (size_t i = 0; i < writer->n_chunks; i++) {
        int64_t n_bytes;
        FCT_TRY(fct_parquet_chunk_write(&writer->chunks[i], &writer->options, writer->position,
                                        &writer->pages, columns, &n_bytes, err));
        FCT_TRY(columns->status);
        FCT_TRY(put(writer, fct_text_get(&writer->pages), writer->pages.length, err));
        *n_plain_bytes += n_bytes;
    }
    return FCT_OK;
}

static void describe_row_group(fct_parquet_writer *writer, const fct_text *columns, int64_t start,
                               int64_t n_plain_bytes)
{
    fct_thrift_writer *meta = &writer->row_groups;
    fct_thrift_element_struct(meta);
    fct_thrift_list(meta, 1, FCT_THRIFT_STRUCT, writer->n_chunks);
    fct_thrift_raw(meta, fct_text_get(columns), columns->length);
    fct_thrift_i64(meta, 2, n_plain_bytes);
    fct_thrift_i64(meta, 3, (int64_t)writer->n_buffered);
    if (writer->options.n_sorting_columns) {
        fct_thrift_list(meta, 4, FCT_THRIFT_STRUCT, writer->options.n_sorting_columns);
        for (size_t i = 0; i < writer->options.n_sorting_columns; i++) {
            fct_thrift_element_struct(meta);
            fct_thrift_i32(meta, 1, (int64_t)writer->sorting_columns[i]);
            fct_thrift_bool(meta, 2, false);
            fct_thrift_bool(meta, 3, false);
            fct_thrift_struct_end(meta);
        }
    }
    fct_thrift_i64(meta, 5, start);
    fct_thrift_i64(meta, 6, writer->position - start);
    if (writer->n_row_groups <= INT16_MAX)
        fct_thrift_i16(meta, 7, (int64_t)writer->n_row_groups);
    fct_thrift_struct_end(meta);
}

static fct_status flush(fct_parquet_writer *writer, fct_error *err)
{
    if (!writer->n_buffered)
        return FCT_OK;
    int64_t start = writer->position;
    int64_t n_plain_bytes = 0;
    fct_thrift_writer columns = {.err = err};
    fct_status status;
    FCT_TRY_OUT(write_chunks(writer, &columns, &n_plain_bytes, err));
    writer->row_groups.err = err;
    describe_row_group(writer, &columns.out, start, n_plain_bytes);
    FCT_TRY_OUT(writer->row_groups.status);
    writer->n_row_groups++;
    writer->n_rows += (int64_t)writer->n_buffered;
    writer->n_buffered = 0;
out:
    fct_text_free(&columns.out);
    return status;
}

fct_status fct_parquet_writer_write(fct_parquet_writer *writer, const fct_parquet_values *columns,
                                    int64_t n_rows, fct_error *err)
{
    size_t n = (size_t)n_rows;
    for (size_t begin = 0; begin < n;) {
        size_t room = writer->row_group_rows - writer->n_buffered;
        size_t n_now = n - begin < room ? n - begin : room;
        for (size_t i = 0; i < writer->n_chunks; i++)
            FCT_TRY(fct_parquet_chunk_add(&writer->chunks[i], &columns[i], begin, n_now, err));
        writer->n_buffered += n_now;
        begin += n_now;
        if (writer->n_buffered == writer->row_group_rows)
            FCT_TRY(flush(writer, err));
    }
    return FCT_OK;
}

/* ---- Footer ----------------------------------------------------------------------------------- */

/* Both the logical type and the older converted type, for readers of any age; -1: neither. */
static const struct {
    int converted, logical; /* of parquet.thrift's ConvertedType; the field of its LogicalType */
    int unit;               /* of timestamps: the field of its TimeUnit */
} meanings[] = {
    [FCT_PARQUET_BOOL] = {-1, -1, 0},        [FCT_PARQUET_INT32] = {-1, -1, 0},
    [FCT_PARQUET_INT64] = {-1, -1, 0},       [FCT_PARQUET_DOUBLE] = {-1, -1, 0},
    [FCT_PARQUET_STRING] = {0, 1, 0},        [FCT_PARQUET_TIMESTAMP_MS] = {9, 8, 1},
    [FCT_PARQUET_TIMESTAMP_US] = {10, 8, 2}, [FCT_PARQUET_DATE] = {6, 6, 0},
};

static void describe_column(fct_thrift_writer *meta, const fct_parquet_column *column)
{
    int unit = meanings[column->type].unit;
    fct_thrift_element_struct(meta);
    fct_thrift_i32(meta, 1, fct_parquet_physical_type(column->type));
    fct_thrift_i32(meta, 3, column->optional ? 1 : 0);
    fct_thrift_text(meta, 4, column->name);
    if (meanings[column->type].logical >= 0) {
        fct_thrift_i32(meta, 6, meanings[column->type].converted);
        fct_thrift_struct(meta, 10);
        fct_thrift_struct(meta, meanings[column->type].logical);
        if (unit) {
            fct_thrift_bool(meta, 1, true);
            fct_thrift_struct(meta, 2);
            fct_thrift_struct(meta, unit);
            fct_thrift_struct_end(meta);
            fct_thrift_struct_end(meta);
        }
        fct_thrift_struct_end(meta);
        fct_thrift_struct_end(meta);
    }
    fct_thrift_struct_end(meta);
}

static void describe_file(const fct_parquet_writer *writer, fct_thrift_writer *meta)
{
    char created_by[64] = "factorium version ";
    strncat(created_by, fct_version(), sizeof created_by - strlen(created_by) - 1);
    fct_thrift_element_struct(meta);
    fct_thrift_i32(meta, 1, 2);
    fct_thrift_list(meta, 2, FCT_THRIFT_STRUCT, writer->n_chunks + 1);
    fct_thrift_element_struct(meta);
    fct_thrift_text(meta, 4, "schema");
    fct_thrift_i32(meta, 5, (int64_t)writer->n_chunks);
    fct_thrift_struct_end(meta);
    for (size_t i = 0; i < writer->n_chunks; i++)
        describe_column(meta, &writer->chunks[i].column);
    fct_thrift_i64(meta, 3, writer->n_rows);
    fct_thrift_list(meta, 4, FCT_THRIFT_STRUCT, writer->n_row_groups);
    fct_thrift_raw(meta, fct_text_get(&writer->row_groups.out), writer->row_groups.out.length);
    if (writer->options.n_metadata) {
        fct_thrift_list(meta, 5, FCT_THRIFT_STRUCT, writer->options.n_metadata);
        fct_thrift_raw(meta, fct_text_get(&writer->metadata), writer->metadata.length);
    }
    fct_thrift_text(meta, 6, created_by);
    /* Every column's statistics are in the order of its type: without this readers ignore them. */
    fct_thrift_list(meta, 7, FCT_THRIFT_STRUCT, writer->n_chunks);
    for (size_t i = 0; i < writer->n_chunks; i++) {
        fct_thrift_element_struct(meta);
        fct_thrift_struct(meta, 1);
        fct_thrift_struct_end(meta);
        fct_thrift_struct_end(meta);
    }
    fct_thrift_struct_end(meta);
}

fct_status fct_parquet_writer_close(fct_parquet_writer *writer, int64_t *n_bytes, fct_error *err)
{
    fct_thrift_writer meta = {.err = err};
    fct_status status;
    FCT_TRY_OUT(flush(writer, err));
    describe_file(writer, &meta);
    FCT_TRY_OUT(meta.status);
    uint32_t length = (uint32_t)meta.out.length;
    FCT_TRY_OUT(fct_text_append(&meta.out, (const char *)&length, sizeof length, err));
    FCT_TRY_OUT(fct_text_append(&meta.out, magic, sizeof magic, err));
    FCT_TRY_OUT(put(writer, meta.out.data, meta.out.length, err));
    FCT_TRY_OUT(write_waiting(writer, err));
    if (n_bytes)
        *n_bytes = writer->position;
out:
    fct_text_free(&meta.out);
    return status;
}

void fct_parquet_writer_free(fct_parquet_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < writer->n_chunks; i++)
        fct_parquet_chunk_free(&writer->chunks[i]);
    free(writer->chunks);
    free(writer->sorting_columns);
    fct_text_free(&writer->metadata);
    fct_text_free(&writer->row_groups.out);
    fct_text_free(&writer->pages);
    fct_text_free(&writer->waiting);
    free(writer->path);
    free(writer);
}
