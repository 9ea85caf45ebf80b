/* Sorted runs of rows in a temporary file, and their merge. */
#ifndef FCT_STORE_SORT_RUNS_H
#define FCT_STORE_SORT_RUNS_H

#include "store/row_buffer.h"

enum { FCT_RUN_CHUNK_ROWS = 1024 }; /* a run is written and read in chunks of so many rows */

typedef struct fct_sort_run {
    int64_t offset; /* in the file */
    int64_t n_rows;
} fct_sort_run;

/* Starts as {.fd = -1}. The file has no name, so nothing of it stays, whatever happens to the process. */
typedef struct fct_run_file {
    int fd;
    int64_t n_bytes;
    const char *folder; /* the caller's; for messages too */
    fct_sort_run *runs;
    size_t n_runs, capacity;
} fct_run_file;

fct_status fct_run_file_open(fct_run_file *file, const char *folder, fct_error *err);
void fct_run_file_free(fct_run_file *file);

/* A run is begun, then given chunks of FCT_RUN_CHUNK_ROWS rows each but for the last. */
fct_status fct_run_begin(fct_run_file *file, fct_error *err);
fct_status fct_run_write(fct_run_file *file, const fct_row_buffer *chunk, fct_error *err);

/* Rows of several runs in (time, id) order, then in the order of the runs. */
typedef struct fct_run_merge fct_run_merge;
fct_status fct_run_merge_open(fct_run_merge **out, fct_run_file *file, size_t first_run,
                              size_t n_runs, const fct_archive_schema *schema, fct_error *err);

/* Fills `out`, emptied before; it stays empty at the end. */
fct_status fct_run_merge_next(fct_run_merge *merge, fct_row_buffer *out, fct_error *err);
void fct_run_merge_free(fct_run_merge *merge); /* accepts NULL */

#endif
