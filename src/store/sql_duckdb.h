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

/*
 * The functions that are used: duckdb_connect(...) is called as fct_duckdb.connect(...). The library is loaded when a
 * database is first opened, as it takes a command's start some 20 ms and 12 MB, and most commands need none of it.
 */
/* clang-format off */
#define FCT_DUCKDB_FUNCTIONS(X)                                                                    \
    X(bind_varchar) X(close) X(column_count) X(column_name) X(column_type) X(connect)              \
    X(create_config) X(data_chunk_get_column_count) X(data_chunk_get_size)                         \
    X(data_chunk_get_vector) X(destroy_config) X(destroy_data_chunk) X(destroy_extracted)          \
    X(destroy_pending) X(destroy_prepare) X(destroy_result) X(destroy_value) X(disconnect)         \
    X(execute_pending) X(extract_statements) X(extract_statements_error) X(fetch_chunk) X(free)    \
    X(get_list_child) X(get_list_size) X(get_table_names) X(get_varchar) X(library_version)        \
    X(open_ext) X(pending_error) X(pending_execute_task) X(pending_execution_is_finished)          \
    X(pending_prepared_streaming) X(prepare) X(prepare_error) X(prepared_statement_column_count)   \
    X(prepared_statement_column_name) X(prepared_statement_column_type) X(query) X(result_error)   \
    X(set_config) X(string_t_data) X(string_t_length) X(validity_row_is_valid) X(vector_get_data)  \
    X(vector_get_validity) X(vector_size)
/* clang-format on */

struct fct_duckdb {
#define FCT_DUCKDB_MEMBER(name) __typeof__(&duckdb_##name) name;
    FCT_DUCKDB_FUNCTIONS(FCT_DUCKDB_MEMBER)
#undef FCT_DUCKDB_MEMBER
};

extern struct fct_duckdb fct_duckdb;

/* Any thread may call it, any number of times; what was not there is looked for again. */
fct_status fct_duckdb_load(fct_error *err);

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
