/* Writes flat Parquet files: one call a batch of columns, one file at the end. */
#ifndef FCT_PARQUET_WRITER_H
#define FCT_PARQUET_WRITER_H

#include "base/digest.h"
#include "base/status.h"

typedef enum fct_parquet_type {
    FCT_PARQUET_BOOL,         /* uint8_t values, 0 or 1 */
    FCT_PARQUET_INT32,        /* int32_t */
    FCT_PARQUET_INT64,        /* int64_t */
    FCT_PARQUET_DOUBLE,       /* double */
    FCT_PARQUET_STRING,       /* UTF-8: bytes and int32_t offsets, as in Arrow */
    FCT_PARQUET_TIMESTAMP_MS, /* int64_t since 1970 UTC, with the logical type */
    FCT_PARQUET_TIMESTAMP_US,
    FCT_PARQUET_DATE /* int32_t, days since 1970, with the logical type */
} fct_parquet_type;

typedef enum fct_parquet_codec {
    FCT_PARQUET_UNCOMPRESSED = 0,
    FCT_PARQUET_SNAPPY,
    FCT_PARQUET_GZIP,
    FCT_PARQUET_ZSTD,
    FCT_PARQUET_LZ4, /* LZ4_RAW */
    FCT_PARQUET_BROTLI
} fct_parquet_codec;

typedef struct fct_parquet_column {
    const char *name;
    fct_parquet_type type;
    bool optional; /* may hold nulls */
} fct_parquet_column;

typedef struct fct_parquet_options {
    fct_parquet_codec codec;
    int level;              /* of the codec; 0: its default */
    int64_t row_group_rows; /* 0: 131072 */
    size_t
        n_plain_columns; /* the first ones, of numbers: as they are, in one page of a row group */
    const size_t *sorting_columns; /* ascending, most significant first: recorded, and trusted */
    size_t n_sorting_columns;
    const char *const *metadata; /* n_metadata pairs of key and value */
    size_t n_metadata;
    fct_digest *digest; /* takes in all bytes of the file; NULL: none */
} fct_parquet_options;

/* `n_rows` values of one column. The writer copies; nothing is kept after the call. */
typedef struct fct_parquet_values {
    const void *values;     /* for strings the bytes */
    const int32_t *offsets; /* strings: n_rows + 1 offsets into `values`; otherwise NULL */
    const uint8_t
        *validity; /* bit i (least significant first) set: row i is valid; NULL: all are */
    int64_t validity_offset; /* the bit of row 0 */
} fct_parquet_values;

typedef struct fct_parquet_writer fct_parquet_writer;

/*
 * Starts a file on `fd` (from its present position on, never seeking); `path` is for messages. `options` may be
 * NULL. The same rows in the same options give the same bytes, however they were cut into batches.
 * Memory: one row group.
 */
fct_status fct_parquet_writer_open(fct_parquet_writer **out, int fd, const char *path,
                                   const fct_parquet_column *columns, size_t n_columns,
                                   const fct_parquet_options *options, fct_error *err);

/* What the writer of such a file holds at most, for a memory budget; strings counted as 16 bytes each. */
size_t fct_parquet_writer_bytes(const fct_parquet_column *columns, size_t n_columns,
                                const fct_parquet_options *options);

/* Adds rows. FCT_ERROR_ARGUMENT names the column where a null meets a column that is not optional. */
fct_status fct_parquet_writer_write(fct_parquet_writer *writer, const fct_parquet_values *columns,
                                    int64_t n_rows, fct_error *err);

/* Writes what is left and the footer. `n_bytes` (may be NULL) is the length of the file. Then only free. */
fct_status fct_parquet_writer_close(fct_parquet_writer *writer, int64_t *n_bytes, fct_error *err);

/* Accepts NULL. Without a close before, what was written is not a Parquet file. */
void fct_parquet_writer_free(fct_parquet_writer *writer);

#endif
