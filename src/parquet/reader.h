/* Reads flat Parquet files: a column at a time, a page at a time. */
#ifndef FCT_PARQUET_READER_H
#define FCT_PARQUET_READER_H

#include "parquet/metadata.h"

/* An open file. May be shared by cursors of several threads. */
typedef struct fct_parquet_file fct_parquet_file;

/* Opens a file and reads its footer. FCT_ERROR_DATA where it is no Parquet file. Freed by fct_parquet_file_close. */
fct_status fct_parquet_file_open(fct_parquet_file **out, const char *path, fct_error *err);
void fct_parquet_file_close(fct_parquet_file *file); /* accepts NULL */
const char *fct_parquet_file_path(const fct_parquet_file *file);

const fct_parquet_metadata *fct_parquet_file_metadata(const fct_parquet_file *file);

/* The column of that name, or SIZE_MAX; without regard to case where none has the very name. */
size_t fct_parquet_file_find(const fct_parquet_file *file, const char *name);

/* The value of a key of the file's metadata, or NULL. */
const char *fct_parquet_file_value(const fct_parquet_file *file, const char *key);

/* The footer alone. Freed by fct_parquet_metadata_free, also after a failure. */
fct_status fct_parquet_footer_read(fct_parquet_metadata *out, const char *path, fct_error *err);

/* What the values of a cursor are. */
typedef enum fct_parquet_read_as {
    FCT_READ_INT64,  /* int32, int64, times and decimals as they are stored */
    FCT_READ_DOUBLE, /* any number; decimals scaled */
    FCT_READ_BOOL    /* uint8_t 0 or 1 */
} fct_parquet_read_as;

typedef struct fct_parquet_cursor fct_parquet_cursor;

/*
 * Whether a column can be read so; FCT_ERROR_UNSUPPORTED names the column and says why not. What only shows in a page
 * (an encoding) is refused by the cursor in the same way.
 */
fct_status fct_parquet_can_read(const fct_parquet_file *file, size_t column, fct_parquet_read_as as,
                                fct_error *err);

/* Reads a column from its first row on. The file must outlive it. Freed by fct_parquet_cursor_free. */
fct_status fct_parquet_cursor_open(fct_parquet_cursor **out, const fct_parquet_file *file,
                                   size_t column, fct_parquet_read_as as, fct_error *err);

/*
 * Only the row groups whose flag is true are read; to be said before the first row. `wanted` has one for each, and must
 * outlive the cursor.
 */
void fct_parquet_cursor_select(fct_parquet_cursor *cursor, const bool *wanted);

/*
 * The next rows that lie at hand: *n_rows of them (0 at the end), as int64_t, double or uint8_t. *validity is NULL or a
 * byte a row, 0 where it is null. They stay until the cursor moves on by fct_parquet_cursor_skip.
 */
fct_status fct_parquet_cursor_peek(fct_parquet_cursor *cursor, const void **values,
                                   const uint8_t **validity, int64_t *n_rows, fct_error *err);
void fct_parquet_cursor_skip(fct_parquet_cursor *cursor,
                             int64_t n_rows);             /* at most what peek gave */
void fct_parquet_cursor_free(fct_parquet_cursor *cursor); /* accepts NULL */

#endif
