#include "store/sql_duckdb.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

fct_status fct_sql_error(fct_error *err, const char *file, const char *message)
{
    if (!message || !*message)
        message = "DuckDB gave no reason";
    int length = (int)strcspn(message, "\n");
    if (strncmp(message, "Out of Memory", 13) == 0)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "%s does not fit the memory limit: raise --memory-limit or lower "
                             "--threads (%.*s)",
                             file ? file : "the query", length, message);
    if (file)
        return fct_error_set(err, FCT_ERROR_DATA, "cannot read %s: %.*s", file, length, message);
    return fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB: %.*s", length, message);
}

/* The user's own text is shown with the place where it is wrong. */
static fct_status cursor_error(fct_error *err, const fct_sql_cursor *cursor, const char *message)
{
    if (!cursor->is_users || !message || strncmp(message, "Out of Memory", 13) == 0)
        return fct_sql_error(err, cursor->file, message);
    bool is_denied = strncmp(message, "Permission Error", 16) == 0;
    return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s%s", message,
                         is_denied ? "\n(only the store and the panel may be read; "
                                     "--allow-external lifts that)"
                                   : "");
}

/* ---- Database --------------------------------------------------------------------------------- */

static fct_status configure(duckdb_config config, size_t memory_limit_bytes, const char *temp_dir,
                            fct_error *err)
{
    char memory[32];
    snprintf(memory, sizeof memory, "%zuB", memory_limit_bytes);
    const struct {
        const char *name, *value;
    } settings[] = {
        {"threads", "1"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"temp_directory", temp_dir ? temp_dir : ""},
        {"memory_limit", memory_limit_bytes ? memory : NULL},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (settings[i].value &&
            fct_duckdb.set_config(config, settings[i].name, settings[i].value) != DuckDBSuccess)
            return fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB does not take %s = %s",
                                 settings[i].name, settings[i].value);
    return FCT_OK;
}

fct_status fct_sql_open(fct_sql **out, size_t memory_limit_bytes, const char *temp_dir,
                        fct_error *err)
{
    *out = NULL;
    FCT_TRY(fct_duckdb_load(err));
    if (fct_duckdb.vector_size() > FCT_SQL_CHUNK_ROWS)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "this DuckDB was built with vectors of more than %d rows",
                             FCT_SQL_CHUNK_ROWS);
    fct_status status;
    duckdb_config config = NULL;
    char *message = NULL;
    fct_sql *sql = calloc(1, sizeof *sql);
    if (!sql)
        return fct_error_memory(err, sizeof *sql);
    if (fct_duckdb.create_config(&config) != DuckDBSuccess) {
        status = fct_error_memory(err, sizeof *sql);
        goto out;
    }
    FCT_TRY_OUT(configure(config, memory_limit_bytes, temp_dir, err));
    if (fct_duckdb.open_ext(NULL, &sql->database, config, &message) != DuckDBSuccess) {
        status = fct_sql_error(err, NULL, message);
        goto out;
    }
    *out = sql;
    sql = NULL;
out:
    fct_duckdb.free(message);
    fct_duckdb.destroy_config(&config);
    free(sql);
    return status;
}

void fct_sql_close(fct_sql *sql)
{
    if (!sql)
        return;
    fct_duckdb.close(&sql->database);
    if (sql->owns_file)
        close(sql->fd);
    free(sql);
}

void fct_sql_own_file(fct_sql *sql, int fd)
{
    assert(!sql->owns_file);
    sql->fd = fd;
    sql->owns_file = true;
}

/* `text` between two quotes; those inside it are doubled. */
static fct_status append_quoted(fct_text *query, const char *text, char quote, fct_error *err)
{
    FCT_TRY(fct_text_append(query, &quote, 1, err));
    for (const char *c = text; *c; c++) {
        if (*c == quote)
            FCT_TRY(fct_text_append(query, &quote, 1, err));
        FCT_TRY(fct_text_append(query, c, 1, err));
    }
    return fct_text_append(query, &quote, 1, err);
}

fct_status fct_sql_append_identifier(fct_text *query, const char *name, fct_error *err)
{
    return append_quoted(query, name, '"', err);
}

fct_status fct_sql_append_literal(fct_text *query, const char *text, fct_error *err)
{
    return append_quoted(query, text, '\'', err);
}

/* ---- Cursor ----------------------------------------------------------------------------------- */

fct_status fct_sql_append_pattern(fct_text *pattern, const char *file, fct_error *err)
{
    for (const char *c = file; *c; c++) {
        if (strchr("*?[", *c))
            FCT_TRY(fct_text_append_format(pattern, err, "[%c]", *c));
        else
            FCT_TRY(fct_text_append(pattern, c, 1, err));
    }
    return FCT_OK;
}

fct_status fct_sql_cursor_run(fct_sql_cursor *cursor, fct_error *err)
{
    fct_status status = FCT_OK;
    duckdb_pending_result pending = NULL;
    assert(cursor);
    if (fct_duckdb.pending_prepared_streaming(cursor->statement, &pending) != DuckDBSuccess) {
        status = cursor_error(err, cursor, fct_duckdb.pending_error(pending));
        goto out;
    }
    duckdb_pending_state state;
    do {
        state = fct_duckdb.pending_execute_task(pending);
        FCT_TRY_OUT(fct_job_check(cursor->job, err));
    } while (!fct_duckdb.pending_execution_is_finished(state));
    if (state == DUCKDB_PENDING_ERROR) {
        status = cursor_error(err, cursor, fct_duckdb.pending_error(pending));
        goto out;
    }
    cursor->has_result = true;
    if (fct_duckdb.execute_pending(pending, &cursor->result) != DuckDBSuccess)
        status = cursor_error(err, cursor, fct_duckdb.result_error(&cursor->result));
out:
    fct_duckdb.destroy_pending(&pending);
    return status;
}

fct_status fct_sql_cursor_prepare(fct_sql_cursor **out, fct_sql *sql, const char *query,
                                  const char *const *parameters, size_t n_parameters,
                                  const char *file, fct_job *job, fct_error *err)
{
    *out = NULL;
    fct_status status = FCT_OK;
    fct_sql_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return fct_error_memory(err, sizeof *cursor);
    cursor->file = file;
    cursor->is_users = !file;
    cursor->job = job;
    if (fct_duckdb.connect(sql->database, &cursor->connection) != DuckDBSuccess) {
        status = fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB gives no connection");
        goto out;
    }
    if (fct_duckdb.prepare(cursor->connection, query, &cursor->statement) != DuckDBSuccess) {
        status = cursor_error(err, cursor, fct_duckdb.prepare_error(cursor->statement));
        goto out;
    }
    for (size_t i = 0; i < n_parameters; i++)
        if (fct_duckdb.bind_varchar(cursor->statement, i + 1, parameters[i]) != DuckDBSuccess) {
            status = fct_sql_error(err, file, fct_duckdb.prepare_error(cursor->statement));
            goto out;
        }
    *out = cursor;
    cursor = NULL;
out:
    fct_sql_cursor_free(cursor);
    return status;
}

/* A query that reads one file, up to its first rows. */
static fct_status start_file(fct_sql_cursor **out, fct_sql *sql, const char *query,
                             const char *file, fct_job *job, fct_error *err)
{
    fct_text pattern = {0};
    fct_status status;
    *out = NULL;
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, file, err));
    const char *parameter = fct_text_get(&pattern);
    FCT_TRY_OUT(fct_sql_cursor_prepare(out, sql, query, &parameter, 1, file, job, err));
    status = fct_sql_cursor_run(*out, err);
    if (status != FCT_OK) {
        fct_sql_cursor_free(*out);
        *out = NULL;
    }
out:
    fct_text_free(&pattern);
    return status;
}

fct_status fct_sql_cursor_open(fct_sql_cursor **out, fct_sql *sql, const char *query,
                               const char *file, fct_job *job, fct_error *err)
{
    FCT_TRY(start_file(out, sql, query, file, job, err));
    idx_t n_columns = fct_duckdb.column_count(&(*out)->result);
    bool fits = n_columns <= FCT_SQL_MAX_COLUMNS;
    for (idx_t i = 0; fits && i < n_columns; i++) {
        duckdb_type type = fct_duckdb.column_type(&(*out)->result, i);
        fits =
            type == DUCKDB_TYPE_BIGINT || type == DUCKDB_TYPE_DOUBLE || type == DUCKDB_TYPE_BOOLEAN;
    }
    if (fits)
        return FCT_OK;
    fct_sql_cursor_free(*out);
    *out = NULL;
    return fct_error_set(err, FCT_ERROR_INTERNAL, "the query gives columns of unexpected types");
}

fct_status fct_sql_cursor_fetch(fct_sql_cursor *cursor, fct_error *err)
{
    FCT_TRY(fct_job_check(cursor->job, err));
    fct_duckdb.destroy_data_chunk(&cursor->chunk);
    cursor->chunk = fct_duckdb.fetch_chunk(cursor->result);
    if (cursor->chunk)
        return FCT_OK;
    const char *message = fct_duckdb.result_error(&cursor->result);
    return message ? cursor_error(err, cursor, message) : FCT_OK;
}

fct_status fct_sql_cursor_next(fct_sql_cursor *cursor, fct_sql_chunk *chunk, fct_error *err)
{
    *chunk = (fct_sql_chunk){0};
    FCT_TRY(fct_sql_cursor_fetch(cursor, err));
    if (!cursor->chunk)
        return FCT_OK;
    chunk->n_rows = (int64_t)fct_duckdb.data_chunk_get_size(cursor->chunk);
    idx_t n_columns = fct_duckdb.data_chunk_get_column_count(cursor->chunk);
    for (idx_t i = 0; i < n_columns; i++) {
        duckdb_vector vector = fct_duckdb.data_chunk_get_vector(cursor->chunk, i);
        chunk->values[i] = fct_duckdb.vector_get_data(vector);
        chunk->validity[i] = fct_duckdb.vector_get_validity(vector);
    }
    return FCT_OK;
}

void fct_sql_cursor_free(fct_sql_cursor *cursor)
{
    if (!cursor)
        return;
    fct_duckdb.destroy_data_chunk(&cursor->chunk);
    if (cursor->has_result)
        fct_duckdb.destroy_result(&cursor->result);
    fct_duckdb.destroy_prepare(&cursor->statement);
    fct_duckdb.disconnect(&cursor->connection);
    free(cursor);
}

fct_status fct_sql_execute(fct_sql *sql, const char *statement, fct_error *err)
{
    fct_status status = FCT_OK;
    duckdb_connection connection = NULL;
    duckdb_result result = {0};
    if (fct_duckdb.connect(sql->database, &connection) != DuckDBSuccess)
        return fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB gives no connection");
    if (fct_duckdb.query(connection, statement, &result) != DuckDBSuccess)
        status = fct_sql_error(err, NULL, fct_duckdb.result_error(&result));
    fct_duckdb.destroy_result(&result);
    fct_duckdb.disconnect(&connection);
    return status;
}

/* ---- Columns of a file ------------------------------------------------------------------------ */

static fct_sql_kind kind_of(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
        return FCT_SQL_INTEGER;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
        return FCT_SQL_NUMBER;
    case DUCKDB_TYPE_BOOLEAN:
        return FCT_SQL_BOOLEAN;
    case DUCKDB_TYPE_VARCHAR:
        return FCT_SQL_TEXT;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return FCT_SQL_TIMESTAMP;
    default:
        return FCT_SQL_OTHER;
    }
}

void fct_sql_columns_free(fct_sql_columns *columns)
{
    for (size_t i = 0; columns->columns && i < columns->n_columns; i++)
        free(columns->columns[i].name);
    free(columns->columns);
    *columns = (fct_sql_columns){0};
}

fct_status fct_sql_describe(fct_sql *sql, const char *file, fct_sql_columns *out, fct_error *err)
{
    *out = (fct_sql_columns){0};
    fct_status status;
    fct_sql_cursor *cursor = NULL;
    fct_job job;
    FCT_TRY(fct_job_start(&job, NULL, err));
    FCT_TRY_OUT(start_file(&cursor, sql, "FROM read_parquet($1, hive_partitioning = false) LIMIT 0",
                           file, &job, err));
    idx_t n_columns = fct_duckdb.column_count(&cursor->result);
    out->columns = calloc(n_columns, sizeof *out->columns);
    if (!out->columns) {
        status = fct_error_memory(err, n_columns * sizeof *out->columns);
        goto out;
    }
    for (idx_t i = 0; i < n_columns; i++) {
        out->columns[i].name = fct_text_copy(fct_duckdb.column_name(&cursor->result, i));
        if (!out->columns[i].name) {
            status = fct_error_memory(err, 64);
            goto out;
        }
        out->columns[i].kind = kind_of(fct_duckdb.column_type(&cursor->result, i));
        out->n_columns++;
    }
out:
    fct_sql_cursor_free(cursor);
    fct_job_end(&job);
    if (status != FCT_OK)
        fct_sql_columns_free(out);
    return status;
}
