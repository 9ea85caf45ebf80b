/* A user's query before it runs: whether it is one, and what it reads. */
#include <stdlib.h>
#include <string.h>

#include "store/sql_duckdb.h"

size_t fct_sql_query_length(const char *query)
{
    size_t n = strlen(query);
    while (n && strchr("; \t\r\n", query[n - 1]))
        n--;
    return n;
}

/* How many statements a text has; 0 where it is none, with DuckDB's words. */
static idx_t count_statements(duckdb_connection connection, const char *text, fct_text *why)
{
    duckdb_extracted_statements statements;
    idx_t n = fct_duckdb.extract_statements(connection, text, &statements);
    const char *message = fct_duckdb.extract_statements_error(statements);
    if (message && why)
        (void)!fct_text_append_format(why, NULL, "%s", message);
    fct_duckdb.destroy_extracted(&statements);
    return message ? 0 : n;
}

/*
 * Why a text is not run, or nothing. By its grammar alone: even to prepare another statement may change something (EXPORT
 * makes a folder). Of functions that give tables those are let through that read; others write logs, change settings, or
 * run texts that nobody has looked at.
 */
static const char objection_of[] =
    "WITH parsed AS (SELECT json_serialize_sql(CAST($1 AS VARCHAR)) AS tree), "
    "used AS (SELECT DISTINCT unnest(tree->>'$..function_name') AS name FROM parsed), "
    "tables AS (SELECT DISTINCT lower(function_name) AS name FROM duckdb_functions() "
    "WHERE function_type IN ('table', 'table_macro', 'pragma')) "
    "SELECT CASE WHEN tree->>'error' = 'true' "
    "THEN 'only a query is run here: SELECT, WITH, FROM, DESCRIBE, SUMMARIZE' "
    "ELSE coalesce((SELECT 'the function ' || min(lower(name)) || "
    "' is not for queries here: it does more than read' FROM used WHERE lower(name) IN (FROM "
    "tables) AND NOT regexp_full_match("
    "lower(name), '(read|parquet|duckdb|pragma|test)_\\w+|range|generate_series|unnest|repeat|"
    "repeat_row|glob|json_each|json_tree|sniff_csv|summary|query_table|icu_calendar_names|"
    "pg_timezone_names')), '') END FROM parsed";

static fct_status check_statement(fct_sql *sql, const char *query, fct_error *err)
{
    fct_names objections = {0};
    fct_status status;
    FCT_TRY_OUT(fct_sql_texts(sql, objection_of, query, "the query", &objections, err));
    if (objections.n_names && *objections.names[0])
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "%s", objections.names[0]);
out:
    fct_names_free(&objections);
    return status;
}

fct_status fct_sql_check_query(fct_sql *sql, const char *query, fct_error *err)
{
    fct_text why = {0};
    duckdb_connection connection = NULL;
    fct_status status;
    if (fct_duckdb.connect(sql->database, &connection) != DuckDBSuccess)
        return fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB gives no connection");
    idx_t n = count_statements(connection, query, &why);
    fct_duckdb.disconnect(&connection);
    if (n == 1)
        status = check_statement(sql, query, err);
    else
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "%s",
                               why.length ? why.data
                               : n ? "give one query, not several; PIVOT is one where it names "
                                     "its columns: ON symbol IN ('A', 'B')"
                                   : "the query is empty");
    fct_text_free(&why);
    return status;
}

fct_status fct_sql_tables_of(fct_sql *sql, const char *query, fct_sql_tables *out, fct_error *err)
{
    fct_status status = FCT_OK;
    duckdb_connection connection = NULL;
    *out = (fct_sql_tables){0};
    if (fct_duckdb.connect(sql->database, &connection) != DuckDBSuccess)
        return fct_error_set(err, FCT_ERROR_INTERNAL, "DuckDB gives no connection");
    duckdb_value list = fct_duckdb.get_table_names(connection, query, false);
    idx_t n = list ? fct_duckdb.get_list_size(list) : 0;
    out->names = calloc(n + 1, sizeof *out->names);
    if (!out->names)
        status = fct_error_memory(err, (n + 1) * sizeof *out->names);
    for (idx_t i = 0; status == FCT_OK && i < n; i++) {
        duckdb_value item = fct_duckdb.get_list_child(list, i);
        char *name = fct_duckdb.get_varchar(item);
        char *copy = fct_text_copy(name ? name : "");
        fct_duckdb.free(name);
        fct_duckdb.destroy_value(&item);
        if (copy)
            out->names[out->n_names++] = copy;
        else
            status = fct_error_memory(err, 64);
    }
    if (list)
        fct_duckdb.destroy_value(&list);
    fct_duckdb.disconnect(&connection);
    if (status != FCT_OK)
        fct_sql_tables_free(out);
    return status;
}

void fct_sql_tables_free(fct_sql_tables *tables)
{
    for (size_t i = 0; tables->names && i < tables->n_names; i++)
        free(tables->names[i]);
    free(tables->names);
    *tables = (fct_sql_tables){0};
}
