/* SQL over Parquet files by DuckDB; sql.c is the only file that knows DuckDB. */
#ifndef FCT_STORE_SQL_H
#define FCT_STORE_SQL_H

#include "base/run.h"
#include "base/text.h"
#include "store/paths.h"

#define FCT_SQL_MAX_COLUMNS 32
#define FCT_SQL_CHUNK_ROWS 2048 /* the most that one chunk holds */

/* An in-memory database with one thread of its own. For one thread at a time. */
typedef struct fct_sql fct_sql;

/*
 * `memory_limit_bytes` 0: DuckDB's own default. `temp_dir` is where sorts may spill (made when needed);
 * NULL: nowhere. Freed by fct_sql_close.
 */
fct_status fct_sql_open(fct_sql **out, size_t memory_limit_bytes, const char *temp_dir,
                        fct_error *err);
void fct_sql_close(fct_sql *sql); /* accepts NULL */

/* fct_sql_open and, where `path` is remote, fct_sql_allow_remote. */
fct_status fct_sql_open_for(fct_sql **out, const char *path, size_t memory_limit_bytes,
                            const char *temp_dir, fct_error *err);

/*
 * Loads DuckDB's extension httpfs: the file that FACTORIUM_HTTPFS names, or the one that DuckDB has installed.
 * FCT_ERROR_UNSUPPORTED says why `root` needs it and how to get it. The AWS_* variables say who asks S3, and where.
 */
fct_status fct_sql_allow_remote(fct_sql *sql, const char *root, fct_error *err);

/* The first column of a query of ours, one of texts that are not null; `file` is for messages. */
fct_status fct_sql_texts(fct_sql *sql, const char *query, const char *parameter, const char *file,
                         fct_names *out, fct_error *err);

/* Takes over a descriptor of a file that queries read: it is closed after the database. One at most. */
void fct_sql_own_file(fct_sql *sql, int fd);

/* The tables that a query reads, as it names them. Freed by fct_sql_tables_free. */
typedef struct fct_sql_tables {
    char **names;
    size_t n_names;
} fct_sql_tables;
fct_status fct_sql_tables_of(fct_sql *sql, const char *query, fct_sql_tables *out, fct_error *err);
void fct_sql_tables_free(fct_sql_tables *tables);

/* What a column of a file is, as far as it matters for reading it as a number. */
typedef enum fct_sql_kind {
    FCT_SQL_INTEGER,
    FCT_SQL_NUMBER, /* float, double, decimal */
    FCT_SQL_BOOLEAN,
    FCT_SQL_TEXT,
    FCT_SQL_TIMESTAMP,
    FCT_SQL_OTHER
} fct_sql_kind;

typedef struct fct_sql_column {
    char *name;
    fct_sql_kind kind;
} fct_sql_column;

typedef struct fct_sql_columns {
    fct_sql_column *columns;
    size_t n_columns;
} fct_sql_columns;

/* The columns of a Parquet file, in its order. Freed by fct_sql_columns_free. */
fct_status fct_sql_describe(fct_sql *sql, const char *file, fct_sql_columns *out, fct_error *err);
void fct_sql_columns_free(fct_sql_columns *columns);

/* Appends `name` as a quoted identifier, `text` as a literal, whatever they hold. */
fct_status fct_sql_append_identifier(fct_text *query, const char *name, fct_error *err);
fct_status fct_sql_append_literal(fct_text *query, const char *text, fct_error *err);

/*
 * Appends a file's name as the pattern that matches it alone: DuckDB takes names as patterns, so that what would match
 * something else stands in brackets.
 */
fct_status fct_sql_append_pattern(fct_text *pattern, const char *file, fct_error *err);

/* Runs a statement of ours that gives no rows, as SET and CREATE VIEW do. */
fct_status fct_sql_execute(fct_sql *sql, const char *statement, fct_error *err);

/*
 * Whether a user's text is one query that does no more than read, by its grammar alone; FCT_ERROR_ARGUMENT says what else
 * it is. To be asked before anything is done with it.
 */
fct_status fct_sql_check_query(fct_sql *sql, const char *query, fct_error *err);

/*
 * The rows of one query of any columns; `parameters` are the texts for $1 and so on. The stream takes `sql` over, also on failure, and closes
 * it when it is released. Numbers, truth values, texts and times keep their types; huge integers become 64-bit, or doubles where the first rows have
 * larger ones, decimals doubles, all else texts. `run` holds for the life of the stream. `file` is for messages; NULL: the query is the
 * user's, and what DuckDB says of it FCT_ERROR_ARGUMENT.
 */
fct_status fct_sql_stream(fct_sql *sql, const char *query, const char *const *parameters,
                          size_t n_parameters, const char *file, const fct_run *run,
                          struct ArrowArrayStream *out, fct_error *err);

/* The running answer to one query, a few thousand rows at a time. */
typedef struct fct_sql_cursor fct_sql_cursor;

/*
 * Runs `query`, whose parameter $1 is the one Parquet file it reads. All its columns must be BIGINT, DOUBLE
 * or BOOLEAN. Asks job for a stop while it runs. Freed by fct_sql_cursor_free.
 */
fct_status fct_sql_cursor_open(fct_sql_cursor **out, fct_sql *sql, const char *query,
                               const char *file, fct_job *job, fct_error *err);

/* Columns of int64_t, double or uint8_t (0 or 1); a validity bitmap, or NULL where no value is null. */
typedef struct fct_sql_chunk {
    int64_t n_rows;
    const void *values[FCT_SQL_MAX_COLUMNS];
    const uint64_t *validity[FCT_SQL_MAX_COLUMNS];
} fct_sql_chunk;

/* The next rows, valid until the next call; n_rows 0 at the end. */
fct_status fct_sql_cursor_next(fct_sql_cursor *cursor, fct_sql_chunk *chunk, fct_error *err);
void fct_sql_cursor_free(fct_sql_cursor *cursor); /* accepts NULL */

#endif
