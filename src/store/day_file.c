#include "store/day_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static fct_parquet_type parquet_type(fct_value_type type)
{
    return type == FCT_VALUE_BOOL    ? FCT_PARQUET_BOOL
           : type == FCT_VALUE_INT64 ? FCT_PARQUET_INT64
                                     : FCT_PARQUET_DOUBLE;
}

static void parquet_columns(const fct_exchange_column *columns, size_t n_columns,
                            fct_parquet_column *out)
{
    for (size_t c = 0; c < n_columns; c++)
        out[c] =
            (fct_parquet_column){.name = columns[c].name, .type = parquet_type(columns[c].type)};
}

size_t fct_day_output_bytes(const fct_exchange_column *columns, size_t n_columns)
{
    fct_parquet_column parquet[FCT_ARCHIVE_MAX_COLUMNS];
    parquet_columns(columns, n_columns, parquet);
    return fct_parquet_writer_bytes(parquet, n_columns, NULL);
}

fct_status fct_day_output_open(fct_day_output *output, const char *path,
                               const fct_archive_schema *schema, fct_error *err)
{
    *output = (fct_day_output){.fd = -1, .schema = schema};
    output->path = fct_text_copy(path);
    if (!output->path)
        return fct_error_memory(err, 0);
    output->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->fd < 0) {
        fct_status status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
        free(output->path);
        output->path = NULL;
        return status;
    }
    output->digest = fct_digest_new();
    if (!output->digest)
        return fct_error_memory(err, 0);
    fct_parquet_column columns[FCT_ARCHIVE_MAX_COLUMNS];
    parquet_columns(schema->columns, schema->n_columns, columns);
    size_t sorting[2] = {schema->time, schema->id};
    fct_parquet_options options = {.sorting_columns = sorting,
                                   .n_sorting_columns = schema->id == SIZE_MAX ? 1 : 2,
                                   .digest = output->digest};
    return fct_parquet_writer_open(&output->writer, output->fd, path, columns, schema->n_columns,
                                   &options, err);
}

fct_status fct_day_output_write(fct_day_output *output, const fct_archive_block *rows,
                                int64_t first, int64_t n, fct_error *err)
{
    const fct_archive_schema *schema = output->schema;
    fct_parquet_values values[FCT_ARCHIVE_MAX_COLUMNS] = {0};
    for (size_t c = 0; c < schema->n_columns; c++)
        values[c].values = (const char *)rows->columns[c] +
                           (size_t)first * fct_value_bytes(schema->columns[c].type);
    return fct_parquet_writer_write(output->writer, values, n, err);
}

fct_status fct_day_output_close(fct_day_output *output, fct_file_mark *mark, fct_error *err)
{
    FCT_TRY(fct_parquet_writer_close(output->writer, &mark->n_bytes, err));
    fct_digest_text(output->digest, mark->digest);
    fct_digest_free(output->digest);
    output->digest = NULL;
    fct_parquet_writer_free(output->writer);
    output->writer = NULL;
    /* The journal that moves the file waits for the disk: it may as well begin. */
    sync_file_range(output->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    /* close tells of a delayed write error on network file systems. */
    bool is_closed = close(output->fd) == 0;
    output->fd = -1;
    if (!is_closed)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", output->path);
    free(output->path);
    output->path = NULL;
    return FCT_OK;
}

void fct_day_output_free(fct_day_output *output)
{
    fct_parquet_writer_free(output->writer);
    fct_digest_free(output->digest);
    if (output->fd >= 0)
        close(output->fd);
    if (output->path)
        unlink(output->path);
    free(output->path);
    *output = (fct_day_output){.fd = -1};
}
