#include "store/sort_runs.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

fct_status fct_run_file_open(fct_run_file *file, const char *folder, fct_error *err)
{
    *file = (fct_run_file){.fd = -1, .folder = folder};
    return fct_file_open_unnamed(folder, &file->fd, err);
}

void fct_run_file_free(fct_run_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->runs);
    *file = (fct_run_file){.fd = -1};
}

fct_status fct_run_begin(fct_run_file *file, fct_error *err)
{
    if (file->n_runs == file->capacity) {
        size_t capacity = file->capacity ? 2 * file->capacity : 16;
        fct_sort_run *runs = realloc(file->runs, capacity * sizeof *runs);
        if (!runs)
            return fct_error_memory(err, capacity * sizeof *runs);
        file->runs = runs;
        file->capacity = capacity;
    }
    file->runs[file->n_runs++] = (fct_sort_run){.offset = file->n_bytes};
    return FCT_OK;
}

static fct_status write_bytes(fct_run_file *file, const void *bytes, size_t n_bytes, fct_error *err)
{
    fct_status status = fct_fd_write(file->fd, bytes, n_bytes, "a temporary file", err);
    if (status != FCT_OK)
        fct_error_prefix(err, "in %s", file->folder);
    file->n_bytes += (int64_t)n_bytes;
    return status;
}

fct_status fct_run_write(fct_run_file *file, const fct_row_buffer *chunk, fct_error *err)
{
    FCT_TRY(write_bytes(file, chunk->time_us, chunk->n_rows * sizeof(int64_t), err));
    for (size_t c = 0; c < chunk->schema->n_columns; c++)
        FCT_TRY(write_bytes(file, chunk->columns[c],
                            chunk->n_rows * fct_value_bytes(chunk->schema->columns[c].type), err));
    file->runs[file->n_runs - 1].n_rows += (int64_t)chunk->n_rows;
    return FCT_OK;
}
