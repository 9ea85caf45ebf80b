/* The rows of any query as an Arrow stream. */
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "store/sql_duckdb.h"

/* What DuckDB's types become; `cast` is what the query must make of a column first. */
static const struct {
    duckdb_type from;
    fct_arrow_type to;
    size_t n_bytes; /* of a value; 0: bits or texts */
    const char *cast;
} types[] = {
    {DUCKDB_TYPE_BOOLEAN, FCT_ARROW_BOOL, 0, NULL},
    {DUCKDB_TYPE_TINYINT, FCT_ARROW_INT8, 1, NULL},
    {DUCKDB_TYPE_SMALLINT, FCT_ARROW_INT16, 2, NULL},
    {DUCKDB_TYPE_INTEGER, FCT_ARROW_INT32, 4, NULL},
    {DUCKDB_TYPE_BIGINT, FCT_ARROW_INT64, 8, NULL},
    {DUCKDB_TYPE_UTINYINT, FCT_ARROW_UINT8, 1, NULL},
    {DUCKDB_TYPE_USMALLINT, FCT_ARROW_UINT16, 2, NULL},
    {DUCKDB_TYPE_UINTEGER, FCT_ARROW_UINT32, 4, NULL},
    {DUCKDB_TYPE_UBIGINT, FCT_ARROW_UINT64, 8, NULL},
    {DUCKDB_TYPE_FLOAT, FCT_ARROW_FLOAT, 4, NULL},
    {DUCKDB_TYPE_DOUBLE, FCT_ARROW_DOUBLE, 8, NULL},
    {DUCKDB_TYPE_VARCHAR, FCT_ARROW_STRING, 0, NULL},
    {DUCKDB_TYPE_DATE, FCT_ARROW_DATE32, 4, NULL},
    {DUCKDB_TYPE_TIMESTAMP_S, FCT_ARROW_TIMESTAMP_S, 8, NULL},
    {DUCKDB_TYPE_TIMESTAMP_MS, FCT_ARROW_TIMESTAMP_MS, 8, NULL},
    {DUCKDB_TYPE_TIMESTAMP, FCT_ARROW_TIMESTAMP_US, 8, NULL},
    {DUCKDB_TYPE_TIMESTAMP_TZ, FCT_ARROW_TIMESTAMP_US, 8, NULL},
    {DUCKDB_TYPE_TIMESTAMP_NS, FCT_ARROW_TIMESTAMP_NS, 8, NULL},
    {DUCKDB_TYPE_HUGEINT, FCT_ARROW_INT64, 8, "BIGINT"},
    {DUCKDB_TYPE_UHUGEINT, FCT_ARROW_INT64, 8, "BIGINT"},
    {DUCKDB_TYPE_DECIMAL, FCT_ARROW_DOUBLE, 8, "DOUBLE"},
    /* Whatever is not above. */
    {DUCKDB_TYPE_INVALID, FCT_ARROW_STRING, 0, "VARCHAR"},
};

static size_t type_index(duckdb_type type)
{
    size_t i = 0;
    while (types[i].from != type && types[i].from != DUCKDB_TYPE_INVALID)
        i++;
    return i;
}

typedef struct answer {
    fct_sql *sql;
    fct_sql_cursor *cursor;
    fct_job job;
    char *file;
    size_t *types; /* of each column, an index into the table */
    fct_arrow_field *fields;
    size_t n_columns;
    bool is_fetched; /* the first chunk is there, and was not given yet */
} answer;

static void answer_free(void *context)
{
    answer *a = context;
    fct_sql_cursor_free(a->cursor);
    fct_sql_close(a->sql);
    fct_job_end(&a->job);
    for (size_t i = 0; a->fields && i < a->n_columns; i++)
        free((void *)a->fields[i].name);
    free(a->fields);
    free(a->types);
    free(a->file);
    free(a);
}

/* ---- Rows ------------------------------------------------------------------------------------- */

static fct_status copy_validity(duckdb_vector vector, size_t n_rows, fct_arrow_column *out,
                                fct_error *err)
{
    uint64_t *validity = fct_duckdb.vector_get_validity(vector);
    for (size_t i = 0; validity && i < n_rows; i++)
        out->null_count += !fct_duckdb.validity_row_is_valid(validity, i);
    if (!out->null_count)
        return FCT_OK;
    out->validity = calloc(n_rows / 8 + 1, 1);
    if (!out->validity)
        return fct_error_memory(err, n_rows / 8 + 1);
    for (size_t i = 0; i < n_rows; i++)
        out->validity[i / 8] |= (uint8_t)(fct_duckdb.validity_row_is_valid(validity, i) << (i % 8));
    return FCT_OK;
}

static bool is_null(const fct_arrow_column *column, size_t row)
{
    return column->validity && !(column->validity[row / 8] >> (row % 8) & 1);
}

static fct_status copy_texts(const duckdb_string_t *texts, size_t n_rows, fct_arrow_column *out,
                             fct_error *err)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_bytes += is_null(out, i) ? 0 : fct_duckdb.string_t_length(texts[i]);
    if (n_bytes > INT32_MAX)
        return fct_error_set(err, FCT_ERROR_LIMIT, "a few thousand rows hold more than 2 GiB");
    out->offsets = malloc((n_rows + 1) * sizeof *out->offsets);
    char *bytes = malloc(n_bytes + 1);
    out->values = bytes;
    if (!out->offsets || !bytes)
        return fct_error_memory(err, n_bytes + 1);
    int32_t end = 0;
    for (size_t i = 0; i < n_rows; i++) {
        duckdb_string_t text = texts[i];
        out->offsets[i] = end;
        if (is_null(out, i))
            continue;
        memcpy(bytes + end, fct_duckdb.string_t_data(&text), fct_duckdb.string_t_length(text));
        end += (int32_t)fct_duckdb.string_t_length(text);
    }
    out->offsets[n_rows] = end;
    return FCT_OK;
}

static fct_status copy_bits(const bool *values, size_t n_rows, fct_arrow_column *out,
                            fct_error *err)
{
    uint8_t *bits = calloc(n_rows / 8 + 1, 1);
    if (!bits)
        return fct_error_memory(err, n_rows / 8 + 1);
    for (size_t i = 0; i < n_rows; i++)
        /* Where a value is missing its byte may be any, which is no bool. */
        bits[i / 8] |= (uint8_t)((!is_null(out, i) && values[i]) << (i % 8));
    out->values = bits;
    return FCT_OK;
}

static fct_status copy_column(const answer *a, size_t column, duckdb_vector vector, size_t n_rows,
                              fct_arrow_column *out, fct_error *err)
{
    size_t type = a->types[column];
    const void *values = fct_duckdb.vector_get_data(vector);
    FCT_TRY(copy_validity(vector, n_rows, out, err));
    if (types[type].to == FCT_ARROW_STRING)
        return copy_texts(values, n_rows, out, err);
    if (types[type].to == FCT_ARROW_BOOL)
        return copy_bits(values, n_rows, out, err);
    out->values = malloc(n_rows * types[type].n_bytes + 1);
    if (!out->values)
        return fct_error_memory(err, n_rows * types[type].n_bytes);
    memcpy(out->values, values, n_rows * types[type].n_bytes);
    return FCT_OK;
}

static bool is_huge(const answer *a, size_t column)
{
    duckdb_type from = types[a->types[column]].from;
    return from == DUCKDB_TYPE_HUGEINT || from == DUCKDB_TYPE_UHUGEINT;
}

/* Whether a number of 128 bits is not one of 64 as well. */
static bool is_too_large(const answer *a, fct_status status, const fct_error *err)
{
    bool any = false;
    for (size_t i = 0; i < a->n_columns; i++)
        any = any || is_huge(a, i);
    return any && status != FCT_OK && err && strstr(err->message, "out of range");
}

/* DuckDB would show the query as it was made of the user's. */
static fct_status name_huge(const answer *a, fct_status status, fct_error *err)
{
    if (!is_too_large(a, status, err))
        return status;
    return fct_error_set(err, status,
                         "a whole number has more than 64 bits, behind rows where all had fewer: "
                         "cast its column in the query, to DOUBLE or to VARCHAR");
}

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    answer *a = context;
    *out = (struct ArrowArray){0};
    size_t n_rows = 0;
    while (!n_rows) {
        if (!a->is_fetched)
            FCT_TRY(name_huge(a, fct_sql_cursor_fetch(a->cursor, err), err));
        a->is_fetched = false;
        if (!a->cursor->chunk)
            return FCT_OK;
        n_rows = fct_duckdb.data_chunk_get_size(a->cursor->chunk);
    }
    fct_arrow_column *columns = calloc(a->n_columns + 1, sizeof *columns);
    if (!columns)
        return fct_error_memory(err, a->n_columns * sizeof *columns);
    fct_status status = FCT_OK;
    for (size_t i = 0; i < a->n_columns; i++)
        FCT_TRY_OUT(copy_column(a, i, fct_duckdb.data_chunk_get_vector(a->cursor->chunk, i), n_rows,
                                &columns[i], err));
    status = fct_arrow_batch_make(a->fields, columns, a->n_columns, (int64_t)n_rows, out, err);
out:
    for (size_t i = 0; i < a->n_columns; i++) {
        free(columns[i].values);
        free(columns[i].offsets);
        free(columns[i].validity);
    }
    free(columns);
    return status;
}

/* ---- Columns ---------------------------------------------------------------------------------- */

/* Before it runs, a query with parameters does not know its columns yet; its result does. */
static fct_status list_columns(answer *a, bool of_result, bool *needs_casts, fct_error *err)
{
    duckdb_prepared_statement statement = a->cursor->statement;
    duckdb_result *result = &a->cursor->result;
    a->n_columns = of_result ? fct_duckdb.column_count(result)
                             : fct_duckdb.prepared_statement_column_count(statement);
    a->types = calloc(a->n_columns + 1, sizeof *a->types);
    a->fields = calloc(a->n_columns + 1, sizeof *a->fields);
    if (!a->types || !a->fields)
        return fct_error_memory(err, a->n_columns * sizeof *a->fields);
    for (size_t i = 0; i < a->n_columns; i++) {
        const char *prepared =
            of_result ? NULL : fct_duckdb.prepared_statement_column_name(statement, i);
        const char *name = of_result ? fct_duckdb.column_name(result, i) : prepared;
        char *copy = fct_text_copy(name ? name : "");
        fct_duckdb.free((void *)prepared);
        if (!copy)
            return fct_error_memory(err, 64);
        a->types[i] =
            type_index(of_result ? fct_duckdb.column_type(result, i)
                                 : fct_duckdb.prepared_statement_column_type(statement, i));
        a->fields[i] = (fct_arrow_field){copy, types[a->types[i]].to, true};
        *needs_casts = *needs_casts || types[a->types[i]].cast;
    }
    return FCT_OK;
}

/* The query with a cast around each column that needs one. A comment may end the query, so that a line does, too. */
static fct_status append_casts(const answer *a, const char *query, fct_text *out, fct_error *err)
{
    FCT_TRY(fct_text_append_format(out, err, "SELECT "));
    for (size_t i = 0; i < a->n_columns; i++) {
        const char *cast = types[a->types[i]].cast;
        FCT_TRY(cast ? fct_text_append_format(out, err, "%sCAST(#%zu AS %s) AS ", i ? ", " : "",
                                              i + 1, cast)
                     : fct_text_append_format(out, err, "%s#%zu AS ", i ? ", " : "", i + 1));
        FCT_TRY(fct_sql_append_identifier(out, a->fields[i].name, err));
    }
    FCT_TRY(fct_text_append_format(out, err, " FROM ("));
    FCT_TRY(fct_text_append(out, query, fct_sql_query_length(query), err));
    return fct_text_append_format(out, err, "\n) AS answer");
}

/* Whole numbers of more than 64 bits at the answer's beginning make their column one of doubles. */
static fct_status run_cast(answer *a, const char *query, const char *const *parameters,
                           size_t n_parameters, fct_error *err)
{
    fct_text cast = {0};
    fct_error why = {0};
    fct_status status;
    for (bool is_second = false;; is_second = true) {
        cast.length = 0;
        fct_sql_cursor_free(a->cursor);
        a->cursor = NULL;
        FCT_TRY_OUT(append_casts(a, query, &cast, err));
        FCT_TRY_OUT(fct_sql_cursor_prepare(&a->cursor, a->sql, fct_text_get(&cast), parameters,
                                           n_parameters, a->file, &a->job, err));
        status = fct_sql_cursor_run(a->cursor, &why);
        if (status == FCT_OK)
            status = fct_sql_cursor_fetch(a->cursor, &why);
        if (is_second || !is_too_large(a, status, &why))
            break;
        for (size_t i = 0; i < a->n_columns; i++)
            if (is_huge(a, i)) {
                a->types[i] = type_index(DUCKDB_TYPE_DECIMAL);
                a->fields[i].type = types[a->types[i]].to;
            }
    }
    a->is_fetched = status == FCT_OK;
    if (status != FCT_OK && err)
        *err = why;
out:
    fct_text_free(&cast);
    return status;
}

static fct_status start(answer *a, const char *query, const char *const *parameters,
                        size_t n_parameters, fct_error *err)
{
    bool needs_casts = false;
    fct_status status;
    FCT_TRY_OUT(fct_sql_cursor_prepare(&a->cursor, a->sql, query, parameters, n_parameters, a->file,
                                       &a->job, err));
    if (n_parameters)
        FCT_TRY_OUT(fct_sql_cursor_run(a->cursor, err));
    FCT_TRY_OUT(list_columns(a, n_parameters > 0, &needs_casts, err));
    if (n_parameters && !needs_casts)
        goto out;
    status = needs_casts ? run_cast(a, query, parameters, n_parameters, err)
                         : fct_sql_cursor_run(a->cursor, err);
out:
    return status;
}

fct_status fct_sql_stream(fct_sql *sql, const char *query, const char *const *parameters,
                          size_t n_parameters, const char *file, const fct_run *run,
                          struct ArrowArrayStream *out, fct_error *err)
{
    *out = (struct ArrowArrayStream){0};
    answer *a = calloc(1, sizeof *a);
    if (!a) {
        fct_sql_close(sql);
        return fct_error_memory(err, sizeof *a);
    }
    a->sql = sql;
    fct_status status = fct_job_start(&a->job, run, err);
    if (status != FCT_OK) {
        fct_sql_close(sql);
        free(a);
        return status;
    }
    a->file = file ? fct_text_copy(file) : NULL;
    status = file && !a->file ? fct_error_memory(err, strlen(file))
                              : start(a, query, parameters, n_parameters, err);
    if (status != FCT_OK) {
        answer_free(a);
        return status;
    }
    const fct_arrow_source source = {.next = next_batch, .free = answer_free, .context = a};
    return fct_arrow_stream_make(a->fields, a->n_columns, source, out, err);
}
