#include "store/day_reader.h"

#include <stdlib.h>
#include <string.h>

#include "parquet/reader.h"

enum { BLOCK_ROWS = 4096 };

/* A page of each column before and after decompression, and its dictionary. */
#define COLUMN_BYTES ((size_t)1 << 20)

struct fct_day_reader {
    const char *path; /* the caller's, as the source is */
    fct_job *job;
    fct_parquet_file *file;
    fct_parquet_cursor *cursors[FCT_ARCHIVE_MAX_COLUMNS];
    fct_archive_schema schema; /* its names belong to the file */
    int64_t n_given;           /* rows of the last block, to be skipped */
    int64_t last_time_us, last_id;
    int64_t time_us[BLOCK_ROWS];
};

static fct_status not_as_recorded(const fct_day_reader *reader, const char *what, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA, "%s %s: ingest its source with --again", reader->path,
                         what);
}

/* The store's own files have these three types. */
static bool type_of(int physical, fct_value_type *type, fct_parquet_read_as *as)
{
    static const struct {
        int physical;
        fct_value_type type;
        fct_parquet_read_as as;
    } types[] = {{0, FCT_VALUE_BOOL, FCT_READ_BOOL},
                 {2, FCT_VALUE_INT64, FCT_READ_INT64},
                 {5, FCT_VALUE_DOUBLE, FCT_READ_DOUBLE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].physical == physical) {
            *type = types[i].type;
            *as = types[i].as;
            return true;
        }
    return false;
}

static size_t find_column(const fct_day_reader *reader, const char *name)
{
    return name ? fct_parquet_file_find(reader->file, name) : SIZE_MAX;
}

static fct_status open_columns(fct_day_reader *reader, const fct_origin *source, fct_error *err)
{
    const fct_parquet_metadata *metadata = fct_parquet_file_metadata(reader->file);
    fct_archive_schema *schema = &reader->schema;
    schema->time = find_column(reader, source->time_column);
    schema->price = find_column(reader, source->price_column);
    schema->quantity = find_column(reader, source->quantity_column);
    schema->id = find_column(reader, source->id_column);
    if (metadata->n_leaves > FCT_ARCHIVE_MAX_COLUMNS || schema->time == SIZE_MAX)
        return not_as_recorded(reader, "is not what its record says", err);
    for (; schema->n_columns < metadata->n_leaves; schema->n_columns++) {
        const fct_parquet_leaf *leaf = &metadata->leaves[schema->n_columns];
        fct_exchange_column *column = &schema->columns[schema->n_columns];
        fct_parquet_read_as as;
        column->name = leaf->name;
        if (!type_of(leaf->physical, &column->type, &as) || leaf->optional)
            return not_as_recorded(reader, "has a column that the store did not write", err);
        FCT_TRY(fct_parquet_cursor_open(&reader->cursors[schema->n_columns], reader->file,
                                        schema->n_columns, as, err));
    }
    if (schema->columns[schema->time].type != FCT_VALUE_INT64 ||
        (schema->id != SIZE_MAX && schema->columns[schema->id].type != FCT_VALUE_INT64))
        return not_as_recorded(reader, "has times or ids that are no whole numbers", err);
    return FCT_OK;
}

fct_status fct_day_reader_open(fct_day_reader **out, const char *path, const fct_origin *source,
                               fct_job *job, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_day_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return fct_error_memory(err, sizeof *reader);
    reader->path = path;
    reader->job = job;
    reader->last_time_us = reader->last_id = INT64_MIN;
    FCT_TRY_OUT(fct_parquet_file_open(&reader->file, path, err));
    FCT_TRY_OUT(open_columns(reader, source, err));
    *out = reader;
    reader = NULL;
out:
    fct_day_reader_free(reader);
    return status;
}

const fct_archive_schema *fct_day_reader_schema(const fct_day_reader *reader)
{
    return &reader->schema;
}

static bool goes_on_in_order(fct_day_reader *reader, const int64_t *id, int64_t n_rows)
{
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t row_id = id ? id[i] : 0;
        if (reader->time_us[i] < reader->last_time_us ||
            (reader->time_us[i] == reader->last_time_us && row_id < reader->last_id))
            return false;
        reader->last_time_us = reader->time_us[i];
        reader->last_id = row_id;
    }
    return true;
}

/* The rows that all columns have at hand. */
static fct_status peek_columns(fct_day_reader *reader, fct_archive_block *rows, fct_error *err)
{
    int64_t n_rows = BLOCK_ROWS;
    for (size_t i = 0; i < reader->schema.n_columns; i++) {
        const uint8_t *validity;
        int64_t n_at_hand;
        fct_parquet_cursor_skip(reader->cursors[i], reader->n_given);
        FCT_TRY(fct_parquet_cursor_peek(reader->cursors[i], &rows->columns[i], &validity,
                                        &n_at_hand, err));
        n_rows = n_at_hand < n_rows ? n_at_hand : n_rows;
    }
    rows->n_rows = reader->n_given = n_rows;
    return FCT_OK;
}

fct_status fct_day_reader_next(fct_day_reader *reader, fct_archive_block *rows, fct_error *err)
{
    *rows = (fct_archive_block){.time_us = reader->time_us};
    FCT_TRY(fct_job_check(reader->job, err));
    FCT_TRY(peek_columns(reader, rows, err));
    if (!rows->n_rows)
        return FCT_OK;
    const int64_t *time = rows->columns[reader->schema.time];
    int64_t divisor;
    int64_t multiplier = fct_time_unit_to_us(time[0], &divisor);
    for (int64_t i = 0; i < rows->n_rows; i++)
        reader->time_us[i] = time[i] / divisor * multiplier;
    const int64_t *id = reader->schema.id == SIZE_MAX ? NULL : rows->columns[reader->schema.id];
    if (!goes_on_in_order(reader, id, rows->n_rows))
        return not_as_recorded(reader, "is not in (time, id) order", err);
    return FCT_OK;
}

void fct_day_reader_free(fct_day_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < FCT_ARCHIVE_MAX_COLUMNS; i++)
        fct_parquet_cursor_free(reader->cursors[i]);
    fct_parquet_file_close(reader->file);
    free(reader);
}

size_t fct_day_reader_bytes(void)
{
    return FCT_ARCHIVE_MAX_COLUMNS * COLUMN_BYTES;
}
