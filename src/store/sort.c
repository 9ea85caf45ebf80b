#include "store/sort.h"

#include <stdlib.h>

#include "base/file.h"
#include "store/sort_runs.h"

/* More runs than this are first merged into fewer, so that a merge has a bounded number of chunks in memory. */
enum { MAX_MERGED_RUNS = 64 };

struct fct_sorter {
    const fct_archive_schema *schema;
    size_t memory_bytes;
    const char *temp_dir; /* the caller's */

    fct_row_buffer rows; /* as they came, since the last run */
    fct_sort_key *keys, *scratch;
    const fct_sort_key *sorted; /* one of the two; NULL while rows are added */
    size_t next;                /* of `sorted` */

    fct_run_file file;
    size_t first_run; /* earlier ones are merged into later ones */
    fct_run_merge *merge;
    fct_row_buffer chunk; /* what the next call gives, or is being written */
};

fct_status fct_sorter_open(fct_sorter **out, const fct_archive_schema *schema, size_t memory_bytes,
                           const char *temp_dir, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_sorter *sorter = calloc(1, sizeof *sorter);
    if (!sorter)
        return fct_error_memory(err, sizeof *sorter);
    if (memory_bytes < FCT_SORT_MIN_BYTES)
        memory_bytes = FCT_SORT_MIN_BYTES;
    *sorter = (fct_sorter){
        .schema = schema, .memory_bytes = memory_bytes, .temp_dir = temp_dir, .file = {.fd = -1}};
    size_t row_bytes = fct_row_bytes(schema);
    size_t capacity =
        (memory_bytes - FCT_RUN_CHUNK_ROWS * row_bytes) / (row_bytes + 2 * sizeof *sorter->keys);
    if (capacity > UINT32_MAX)
        capacity = UINT32_MAX;
    FCT_TRY_OUT(fct_row_buffer_open(&sorter->chunk, schema, FCT_RUN_CHUNK_ROWS, err));
    FCT_TRY_OUT(fct_row_buffer_open(&sorter->rows, schema, capacity, err));
    sorter->keys = malloc(capacity * sizeof *sorter->keys);
    sorter->scratch = malloc(capacity * sizeof *sorter->scratch);
    if (!sorter->keys || !sorter->scratch) {
        status = fct_error_memory(err, capacity * sizeof *sorter->keys);
        goto out;
    }
    *out = sorter;
    sorter = NULL;
out:
    fct_sorter_free(sorter);
    return status;
}

static void sort_rows(fct_sorter *sorter)
{
    const fct_row_buffer *rows = &sorter->rows;
    for (size_t i = 0; i < rows->n_rows; i++)
        sorter->keys[i] = (fct_sort_key){
            .time_us = rows->time_us[i], .id = fct_row_buffer_id(rows, i), .row = (uint32_t)i};
    sorter->sorted = fct_sort_keys(sorter->keys, sorter->scratch, rows->n_rows);
    sorter->next = 0;
}

/* The next rows of those in memory, in order, into `chunk`. */
static void gather(fct_sorter *sorter)
{
    sorter->chunk.n_rows = 0;
    while (sorter->next < sorter->rows.n_rows && sorter->chunk.n_rows < FCT_RUN_CHUNK_ROWS)
        fct_row_buffer_append_row(&sorter->chunk, &sorter->rows,
                                  sorter->sorted[sorter->next++].row);
}

static fct_status run_write(fct_sorter *sorter, fct_error *err)
{
    if (sorter->file.fd < 0)
        FCT_TRY(fct_run_file_open(&sorter->file, sorter->temp_dir, err));
    sort_rows(sorter);
    FCT_TRY(fct_run_begin(&sorter->file, err));
    for (gather(sorter); sorter->chunk.n_rows; gather(sorter))
        FCT_TRY(fct_run_write(&sorter->file, &sorter->chunk, err));
    sorter->rows.n_rows = 0;
    sorter->sorted = NULL;
    return FCT_OK;
}

fct_status fct_sorter_add(fct_sorter *sorter, const fct_archive_block *rows, fct_error *err)
{
    size_t n = (size_t)rows->n_rows;
    for (size_t i = 0; i < n;) {
        size_t room = sorter->rows.capacity - sorter->rows.n_rows;
        if (!room) {
            FCT_TRY(run_write(sorter, err));
            continue;
        }
        size_t n_taken = n - i < room ? n - i : room;
        fct_row_buffer_append(&sorter->rows, rows, i, n_taken);
        i += n_taken;
    }
    return FCT_OK;
}

static void rows_free(fct_sorter *sorter)
{
    fct_row_buffer_free(&sorter->rows);
    free(sorter->keys);
    free(sorter->scratch);
    sorter->keys = NULL;
    sorter->scratch = NULL;
}

/* Neighbouring runs become one, in their order, until few enough are left. */
static fct_status runs_reduce(fct_sorter *sorter, size_t max_runs, fct_error *err)
{
    fct_run_file *file = &sorter->file;
    fct_run_merge *merge = NULL;
    fct_status status = FCT_OK;
    while (file->n_runs - sorter->first_run > max_runs) {
        /* One level over all runs: a run merged now must not come before one that is still to come. */
        size_t end = file->n_runs;
        while (sorter->first_run < end) {
            size_t n_left = end - sorter->first_run;
            size_t n = n_left < max_runs ? n_left : max_runs;
            FCT_TRY_OUT(
                fct_run_merge_open(&merge, file, sorter->first_run, n, sorter->schema, err));
            FCT_TRY_OUT(fct_run_begin(file, err));
            for (;;) {
                FCT_TRY_OUT(fct_run_merge_next(merge, &sorter->chunk, err));
                if (!sorter->chunk.n_rows)
                    break;
                FCT_TRY_OUT(fct_run_write(file, &sorter->chunk, err));
            }
            fct_run_merge_free(merge);
            merge = NULL;
            sorter->first_run += n;
        }
    }
out:
    fct_run_merge_free(merge);
    return status;
}

static fct_status merge_start(fct_sorter *sorter, fct_error *err)
{
    if (sorter->rows.n_rows)
        FCT_TRY(run_write(sorter, err));
    rows_free(sorter);
    size_t max_runs = sorter->memory_bytes / (FCT_RUN_CHUNK_ROWS * fct_row_bytes(sorter->schema));
    max_runs = max_runs > MAX_MERGED_RUNS ? MAX_MERGED_RUNS : max_runs - 1;
    FCT_TRY(runs_reduce(sorter, max_runs, err));
    return fct_run_merge_open(&sorter->merge, &sorter->file, sorter->first_run,
                              sorter->file.n_runs - sorter->first_run, sorter->schema, err);
}

fct_status fct_sorter_next(fct_sorter *sorter, fct_archive_block *rows, fct_error *err)
{
    if (!sorter->merge && !sorter->sorted) {
        if (sorter->file.n_runs)
            FCT_TRY(merge_start(sorter, err));
        else
            sort_rows(sorter);
    }
    if (sorter->merge)
        FCT_TRY(fct_run_merge_next(sorter->merge, &sorter->chunk, err));
    else
        gather(sorter);
    *rows = fct_row_buffer_block(&sorter->chunk);
    return FCT_OK;
}

void fct_sorter_free(fct_sorter *sorter)
{
    if (!sorter)
        return;
    fct_run_merge_free(sorter->merge);
    fct_run_file_free(&sorter->file);
    rows_free(sorter);
    fct_row_buffer_free(&sorter->chunk);
    free(sorter);
}
