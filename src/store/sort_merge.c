/* The merge of sorted runs: a heap of the runs' next rows. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sort_runs.h"

typedef struct run_reader {
    int64_t offset, n_rows_left; /* behind the chunk */
    fct_row_buffer chunk;
    size_t next; /* row of the chunk */
} run_reader;

struct fct_run_merge {
    fct_run_file *file;
    run_reader *readers;
    size_t n_readers;
    size_t *heap; /* indices of readers that have a row; the first of all at 0 */
    size_t n_heap;
};

static fct_status read_bytes(const fct_run_file *file, void *bytes, size_t n_bytes, int64_t *offset,
                             fct_error *err)
{
    char *p = bytes;
    while (n_bytes) {
        ssize_t got = pread(file->fd, p, n_bytes, *offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno,
                                       "cannot read a temporary file in %s", file->folder);
        if (got == 0)
            return fct_error_set(err, FCT_ERROR_IO, "a temporary file in %s was cut short",
                                 file->folder);
        p += got;
        *offset += got;
        n_bytes -= (size_t)got;
    }
    return FCT_OK;
}

static fct_status chunk_read(const fct_run_file *file, run_reader *reader, fct_error *err)
{
    fct_row_buffer *chunk = &reader->chunk;
    size_t n =
        reader->n_rows_left < FCT_RUN_CHUNK_ROWS ? (size_t)reader->n_rows_left : FCT_RUN_CHUNK_ROWS;
    reader->next = 0;
    chunk->n_rows = n;
    FCT_TRY(read_bytes(file, chunk->time_us, n * sizeof(int64_t), &reader->offset, err));
    for (size_t c = 0; c < chunk->schema->n_columns; c++)
        FCT_TRY(read_bytes(file, chunk->columns[c],
                           n * fct_value_bytes(chunk->schema->columns[c].type), &reader->offset,
                           err));
    reader->n_rows_left -= (int64_t)n;
    return FCT_OK;
}

/* Whether reader `a` comes before reader `b`; no two are equal, as the order of the runs decides at last. */
static bool comes_before(const fct_run_merge *merge, size_t a, size_t b)
{
    const run_reader *x = &merge->readers[a];
    const run_reader *y = &merge->readers[b];
    int64_t x_time = x->chunk.time_us[x->next];
    int64_t y_time = y->chunk.time_us[y->next];
    if (x_time != y_time)
        return x_time < y_time;
    int64_t x_id = fct_row_buffer_id(&x->chunk, x->next);
    int64_t y_id = fct_row_buffer_id(&y->chunk, y->next);
    return x_id != y_id ? x_id < y_id : a < b;
}

static void sift_down(fct_run_merge *merge, size_t parent)
{
    for (;;) {
        size_t child = 2 * parent + 1;
        if (child >= merge->n_heap)
            return;
        if (child + 1 < merge->n_heap &&
            comes_before(merge, merge->heap[child + 1], merge->heap[child]))
            child++;
        if (!comes_before(merge, merge->heap[child], merge->heap[parent]))
            return;
        size_t swapped = merge->heap[parent];
        merge->heap[parent] = merge->heap[child];
        merge->heap[child] = swapped;
        parent = child;
    }
}

fct_status fct_run_merge_open(fct_run_merge **out, fct_run_file *file, size_t first_run,
                              size_t n_runs, const fct_archive_schema *schema, fct_error *err)
{
    *out = NULL;
    fct_status status = FCT_OK;
    fct_run_merge *merge = calloc(1, sizeof *merge);
    if (!merge)
        return fct_error_memory(err, sizeof *merge);
    merge->file = file;
    merge->readers = calloc(n_runs, sizeof *merge->readers);
    merge->heap = calloc(n_runs, sizeof *merge->heap);
    if (!merge->readers || !merge->heap) {
        status = fct_error_memory(err, n_runs * sizeof *merge->readers);
        goto out;
    }
    for (size_t i = 0; i < n_runs; i++) {
        run_reader *reader = &merge->readers[merge->n_readers++];
        reader->offset = file->runs[first_run + i].offset;
        reader->n_rows_left = file->runs[first_run + i].n_rows;
        FCT_TRY_OUT(fct_row_buffer_open(&reader->chunk, schema, FCT_RUN_CHUNK_ROWS, err));
        FCT_TRY_OUT(chunk_read(file, reader, err));
        if (reader->chunk.n_rows)
            merge->heap[merge->n_heap++] = i;
    }
    for (size_t i = merge->n_heap / 2; i-- > 0;)
        sift_down(merge, i);
    *out = merge;
    merge = NULL;
out:
    fct_run_merge_free(merge);
    return status;
}

fct_status fct_run_merge_next(fct_run_merge *merge, fct_row_buffer *out, fct_error *err)
{
    out->n_rows = 0;
    while (merge->n_heap && out->n_rows < out->capacity) {
        run_reader *reader = &merge->readers[merge->heap[0]];
        fct_row_buffer_append_row(out, &reader->chunk, reader->next++);
        if (reader->next == reader->chunk.n_rows) {
            FCT_TRY(chunk_read(merge->file, reader, err));
            if (!reader->chunk.n_rows)
                merge->heap[0] = merge->heap[--merge->n_heap];
        }
        sift_down(merge, 0);
    }
    return FCT_OK;
}

void fct_run_merge_free(fct_run_merge *merge)
{
    if (!merge)
        return;
    for (size_t i = 0; i < merge->n_readers; i++)
        fct_row_buffer_free(&merge->readers[i].chunk);
    free(merge->readers);
    free(merge->heap);
    free(merge);
}
