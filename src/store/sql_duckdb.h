/* What the files that know DuckDB share: only src/store/sql*.c include this. */
#ifndef FCT_STORE_SQL_DUCKDB_H
#define FCT_STORE_SQL_DUCKDB_H

#include "store/sql.h"

/*
 * A streamed answer keeps memory at one chunk. The call for it is marked deprecated since DuckDB 1.0 and has no
 * successor yet; without it a day of trades would be held whole.
 */
#undef DUCKDB_API_NO_DEPRECATED
#include <duckdb.h>

struct fct_sql {
    duckdb_database database;
    int fd; /* closed after the database, where it owns_file */
    bool owns_file;
};

struct fct_sql_cursor {
    duckdb_connection connection;
    duckdb_prepared_statement statement;
    duckdb_result result;
    bool has_result;
    duckdb_data_chunk chunk;
    const char *file; /* for messages: the caller's, as the cursor's life is within the call's */
    bool is_users;    /* the query's text is the user's: what is wrong with it is shown whole */
    fct_job *job;
};

/* DuckDB's message: its first line without what kind of error it was; a full memory keeps its meaning. */
fct_status fct_sql_error(fct_error *err, const char *file, const char *message);

/*
 * Connects and prepares `query`, whose parameters are texts; nothing runs yet. A NULL `file` names no file in messages.
 * Freed by fct_sql_cursor_free.
 */
fct_status fct_sql_cursor_prepare(fct_sql_cursor **out, fct_sql *sql, const char *query,
                                  const char *const *parameters, size_t n_parameters,
                                  const char *file, fct_job *job, fct_error *err);

/* Works in small tasks until the first rows are there, so that a stop is seen during a long sort. */
fct_status fct_sql_cursor_run(fct_sql_cursor *cursor, fct_error *err);

/* The next rows in cursor->chunk; NULL at the end. */
fct_status fct_sql_cursor_fetch(fct_sql_cursor *cursor, fct_error *err);

/* The length of a query without the semicolon that may end it. */
size_t fct_sql_query_length(const char *query);

#endif
