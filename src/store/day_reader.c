#include "store/day_reader.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

_Static_assert(FCT_SQL_MAX_COLUMNS >= FCT_ARCHIVE_MAX_COLUMNS, "a row fits an answer");

/* What DuckDB needs to read one file with one thread. */
#define READER_BYTES ((size_t)48 << 20)

struct fct_day_reader {
    char *path;
    fct_sql *sql;
    fct_sql_columns columns;
    fct_sql_cursor *cursor;
    fct_archive_schema schema; /* its names belong to `columns` */
    int64_t last_time_us, last_id;
    int64_t time_us[FCT_SQL_CHUNK_ROWS];
};

static size_t find_column(const fct_day_reader *reader, const char *name)
{
    for (size_t i = 0; name && i < reader->columns.n_columns; i++)
        if (strcmp(reader->columns.columns[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static fct_status make_schema(fct_day_reader *reader, const fct_origin *source, fct_error *err)
{
    fct_archive_schema *schema = &reader->schema;
    schema->n_columns = reader->columns.n_columns;
    schema->time = find_column(reader, source->time_column);
    schema->price = find_column(reader, source->price_column);
    schema->quantity = find_column(reader, source->quantity_column);
    schema->id = find_column(reader, source->id_column);
    if (schema->n_columns > FCT_ARCHIVE_MAX_COLUMNS || schema->time == SIZE_MAX)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s is not what its record says: ingest its source with --again",
                             reader->path);
    for (size_t i = 0; i < schema->n_columns; i++) {
        const fct_sql_column *column = &reader->columns.columns[i];
        schema->columns[i].name = column->name;
        schema->columns[i].type = column->kind == FCT_SQL_INTEGER   ? FCT_VALUE_INT64
                                  : column->kind == FCT_SQL_BOOLEAN ? FCT_VALUE_BOOL
                                                                    : FCT_VALUE_DOUBLE;
    }
    if (schema->columns[schema->time].type != FCT_VALUE_INT64 ||
        (schema->id != SIZE_MAX && schema->columns[schema->id].type != FCT_VALUE_INT64))
        return fct_error_set(
            err, FCT_ERROR_DATA,
            "%s: times and ids are no whole numbers: ingest its source with --again", reader->path);
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
    reader->last_time_us = reader->last_id = INT64_MIN;
    reader->path = fct_text_copy(path);
    if (!reader->path) {
        status = fct_error_memory(err, strlen(path) + 1);
        goto out;
    }
    FCT_TRY_OUT(fct_sql_open(&reader->sql, 0, NULL, err));
    FCT_TRY_OUT(fct_sql_describe(reader->sql, path, &reader->columns, err));
    FCT_TRY_OUT(make_schema(reader, source, err));
    FCT_TRY_OUT(fct_sql_cursor_open(&reader->cursor, reader->sql,
                                    "FROM read_parquet($1, hive_partitioning = false)",
                                    reader->path, job, err));
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

fct_status fct_day_reader_next(fct_day_reader *reader, fct_archive_block *rows, fct_error *err)
{
    *rows = (fct_archive_block){.time_us = reader->time_us};
    fct_sql_chunk chunk;
    FCT_TRY(fct_sql_cursor_next(reader->cursor, &chunk, err));
    rows->n_rows = chunk.n_rows;
    if (!chunk.n_rows)
        return FCT_OK;
    for (size_t i = 0; i < reader->schema.n_columns; i++)
        rows->columns[i] = chunk.values[i];
    const int64_t *time = chunk.values[reader->schema.time];
    int64_t divisor;
    int64_t multiplier = fct_time_unit_to_us(time[0], &divisor);
    for (int64_t i = 0; i < chunk.n_rows; i++)
        reader->time_us[i] = time[i] / divisor * multiplier;
    const int64_t *id = reader->schema.id == SIZE_MAX ? NULL : chunk.values[reader->schema.id];
    if (!goes_on_in_order(reader, id, chunk.n_rows))
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s is not in (time, id) order: ingest its source with --again",
                             reader->path);
    return FCT_OK;
}

void fct_day_reader_free(fct_day_reader *reader)
{
    if (!reader)
        return;
    fct_sql_cursor_free(reader->cursor);
    fct_sql_columns_free(&reader->columns);
    fct_sql_close(reader->sql);
    free(reader->path);
    free(reader);
}

size_t fct_day_reader_bytes(void)
{
    return READER_BYTES;
}
