/* Where the raw columns of a file's trades come from: its pages, read here, or DuckDB. */
#ifndef FCT_STORE_TRADE_SOURCE_H
#define FCT_STORE_TRADE_SOURCE_H

#include "store/trade_file.h"

/* Rows as the file has them, unchecked. Arrays hold until the next call. */
typedef struct fct_raw_trades {
    int64_t n_rows;
    const int64_t *time; /* in the file's own unit */
    const double *price, *quantity;
    const uint8_t *is_buyer_maker; /* NULL: no side */
    const int64_t *id;             /* NULL: none */
    int64_t first_row;             /* the place of the first in the file, from 0 ... */
    const int64_t
        *row; /* ... where the rows come as they lie, which is NULL; else the place of each */
    int64_t null_row;        /* the first row with a null, or -1 ... */
    const char *null_column; /* ... and in which column */
} fct_raw_trades;

/* An open file. `next` gives at most FCT_SQL_CHUNK_ROWS rows, 0 at the end. */
typedef struct fct_trade_source {
    bool has_side, has_id;
    size_t n_row_groups, n_row_groups_read; /* of the reader of parquet/ */
    fct_status (*next)(void *state, fct_raw_trades *rows, fct_error *err);
    void (*free)(void *state);
    void *state;
} fct_trade_source;

/* By DuckDB; with `sort` in (time, id) order, then as they lie in the file. */
fct_status fct_trade_source_open_sql(fct_trade_source *out, fct_sql *sql, const char *path,
                                     const fct_column_map *map, bool sort, fct_job *job,
                                     fct_error *err);

/*
 * By the reader of parquet/. FCT_ERROR_UNSUPPORTED, with the reason, where that does not know the file; `next` may still say
 * so, of a later page. Row groups whose statistics say that none of their times is in `wanted` (NULL: all are) are left
 * out.
 */
fct_status fct_trade_source_open_native(fct_trade_source *out, const char *path,
                                        const fct_column_map *map, const fct_time_range *wanted,
                                        fct_error *err);

#endif
