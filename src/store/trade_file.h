/* The trades of one Parquet file: times in µs, every row checked, disorder noticed. */
#ifndef FCT_STORE_TRADE_FILE_H
#define FCT_STORE_TRADE_FILE_H

#include "store/sql.h"

/* A block of trades. Arrays hold until the next call of whoever gave them. */
typedef struct fct_trades {
    int64_t n_rows;
    const int64_t *time_us;        /* UTC, since 1970 */
    const double *price;           /* > 0 */
    const double *quantity;        /* >= 0 */
    const uint8_t *is_buyer_maker; /* 0 or 1; NULL: the data names no side */
    const int64_t *id;             /* NULL: the data has none */
} fct_trades;

typedef struct fct_trade_file fct_trade_file;

/* Times [from_us, to_us) in UTC µs. */
typedef struct fct_time_range {
    int64_t from_us, to_us;
} fct_time_range;

/* How files shall be read. One for each thread. */
typedef struct fct_trade_reading {
    fct_engine engine;
    const fct_column_map *map; /* see fct_trade_query_make */
    fct_job *job;
    const fct_time_range *wanted; /* rows outside may be left out; NULL: none */
    size_t sql_memory_bytes;
    const char *temp_dir;
    fct_sql *sql; /* made when first needed; NULL at first, closed by the owner */
} fct_trade_reading;

/*
 * Opens the file at `path`. With `sort` the rows come in (time, id) order, then as they lie in the file; else as they
 * lie. FCT_ENGINE_AUTO reads pages itself where it knows them, and leaves other files, and sorting, to DuckDB, also from a
 * later page on; it says which in a detail message. FCT_ENGINE_NATIVE refuses rows out of order. Freed by fct_trade_file_free.
 */
fct_status fct_trade_file_open(fct_trade_file **out, fct_trade_reading *reading, const char *path,
                               bool sort, fct_error *err);
bool fct_trade_file_has_side(const fct_trade_file *file);
bool fct_trade_file_has_id(const fct_trade_file *file);

/*
 * The next trades, at most FCT_SQL_CHUNK_ROWS; n_rows 0 at the end. *in_order turns false, and no trades come, where
 * the file is not in (time, id) order: open it again with `sort`. FCT_ERROR_DATA names file, row, column.
 */
fct_status fct_trade_file_next(fct_trade_file *file, fct_trades *trades, bool *in_order,
                               fct_error *err);
void fct_trade_file_free(fct_trade_file *file); /* accepts NULL */

#endif
