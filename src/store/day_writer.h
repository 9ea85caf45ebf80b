/* Rows in (time, id) order become one Parquet file a UTC day. */
#ifndef FCT_STORE_DAY_WRITER_H
#define FCT_STORE_DAY_WRITER_H

#include "base/digest.h"
#include "store/rows.h"

/* One file written: the rows of one day. */
typedef struct fct_day_file {
    int64_t day; /* since 1970-01-01 */
    int64_t n_rows;
    int64_t first_time_us, last_time_us;
    fct_file_mark mark;
} fct_day_file;

typedef struct fct_day_writer fct_day_writer;

/*
 * Writes FOLDER/YYYY-MM-DD.parquet for each day that rows have; the folder must exist. `schema` must outlive the
 * writer, `identity` says which rows count once. One file is open at a time. Freed by fct_day_writer_free.
 */
fct_status fct_day_writer_open(fct_day_writer **out, const fct_archive_schema *schema,
                               const fct_row_identity *identity, const char *folder,
                               fct_error *err);

/*
 * Adds rows, straight from the block's arrays. *in_order turns false where they are not in (time, id) order: what was
 * written is void then, and only free may follow.
 */
fct_status fct_day_writer_add(fct_day_writer *writer, const fct_archive_block *rows, bool *in_order,
                              fct_error *err);

/*
 * Completes the last file; all are on the disk then. The days in ascending order (freed by the caller with free())
 * and the number of rows that were left out because they had come before.
 */
fct_status fct_day_writer_close(fct_day_writer *writer, fct_day_file **files, size_t *n_files,
                                int64_t *n_duplicates, fct_error *err);
void fct_day_writer_free(fct_day_writer *writer); /* accepts NULL */

/* Appends "FOLDER/YYYY-MM-DD.parquet". */
fct_status fct_day_file_path(fct_text *out, const char *folder, int64_t day, fct_error *err);

/* What a writer of such rows holds, for a memory budget. */
size_t fct_day_writer_bytes(const fct_exchange_column *columns, size_t n_columns);

#endif
