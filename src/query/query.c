/* fct_query: a database with views over the store, closed to everything else, and one query. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "query/views.h"
#include "store/paths.h"

/* ---- Bars ------------------------------------------------------------------------------------- */

static bool reads_table(const fct_sql_tables *tables, const char *name)
{
    for (size_t i = 0; i < tables->n_names; i++)
        if (strcasecmp(tables->names[i], name) == 0)
            return true;
    return false;
}

/* Whether bars lack what was asked for and may be left out. */
typedef struct partial {
    bool is_so;
    fct_error why;
} partial;

/*
 * Only a query that reads bars pays for them. They lie in a file without a name, which nothing that ends this process can
 * leave behind; `path` is what it may be opened by until the database is closed.
 */
static fct_status make_bars(fct_sql *sql, const fct_query_request *request, const fct_run *run,
                            fct_text *path, partial *left_out, fct_error *err)
{
    fct_bars_request bars = {0};
    struct ArrowArrayStream stream;
    const char *folder = run && run->temp_dir ? run->temp_dir : getenv("TMPDIR");
    int fd;
    if (request->bars)
        bars = *request->bars;
    bars.store = request->store;
    FCT_TRY(fct_file_open_unnamed(folder && *folder ? folder : "/tmp", &fd, err));
    fct_sql_own_file(sql, fd);
    fct_status status = fct_bars(&bars, run, &stream, &left_out->why);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL) {
        if (err)
            *err = left_out->why;
        return status;
    }
    left_out->is_so = status == FCT_ERROR_PARTIAL;
    FCT_TRY(fct_write_fd(&stream, fd, FCT_FORMAT_PARQUET, run, NULL, err));
    FCT_TRY(fct_text_append_format(path, err, "/proc/self/fd/%d", fd));
    return fct_view_of_parquet(sql, "bars", path->data, err);
}

/* ---- Closing ---------------------------------------------------------------------------------- */

/* A path as views have it: what is special in it stands in brackets, and DuckDB asks for both whether they are allowed. */
static fct_status append_allowed(fct_text *text, const char *path, const char *before,
                                 fct_error *err)
{
    fct_text pattern = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(text, err, "%s", before));
    FCT_TRY_OUT(fct_sql_append_literal(text, path, err));
    FCT_TRY_OUT(fct_text_append_format(text, err, ", "));
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, path, err));
    status = fct_sql_append_literal(text, fct_text_get(&pattern), err);
out:
    fct_text_free(&pattern);
    return status;
}

/* What the query may read from here on. The order matters: the last two make the rest final. */
static fct_status close_database(fct_sql *sql, const fct_query_request *request, const char *bars,
                                 fct_error *err)
{
    fct_text text = {0};
    fct_status status;
    const char *files[] = {request->panel, bars};
    FCT_TRY_OUT(fct_text_append_format(&text, err, "SET allowed_directories = ["));
    if (request->store && *request->store)
        FCT_TRY_OUT(append_allowed(&text, request->store, "", err));
    FCT_TRY_OUT(fct_text_append_format(&text, err, "]; SET allowed_paths = ["));
    for (size_t i = 0, n = 0; i < 2; i++) {
        if (files[i] && *files[i])
            FCT_TRY_OUT(append_allowed(&text, files[i], n++ ? ", " : "", err));
    }
    FCT_TRY_OUT(fct_text_append_format(
        &text, err, "]; SET enable_external_access = false; SET lock_configuration = true"));
    status = fct_sql_execute(sql, text.data, err);
out:
    fct_text_free(&text);
    return status;
}

/* ---- The query -------------------------------------------------------------------------------- */

static fct_status set_threads(fct_sql *sql, const fct_run *run, fct_error *err)
{
    fct_text text = {0};
    long n_threads = run && run->n_threads ? run->n_threads : sysconf(_SC_NPROCESSORS_ONLN);
    fct_status status =
        fct_text_append_format(&text, err, "SET threads = %ld", n_threads > 0 ? n_threads : 1);
    if (status == FCT_OK)
        status = fct_sql_execute(sql, text.data, err);
    fct_text_free(&text);
    return status;
}

/* A view whose source was not given is no more than a table that DuckDB does not know. */
static fct_status check_sources(const fct_query_request *request, const fct_sql_tables *tables,
                                fct_error *err)
{
    static const char *const of_store[] = {"trades", "bars"};
    for (size_t i = 0; !request->store && i < sizeof of_store / sizeof *of_store; i++)
        if (reads_table(tables, of_store[i]))
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "the query reads %s: say of which store (--store DIR)",
                                 of_store[i]);
    if (!request->panel && reads_table(tables, "panel"))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the query reads panel: say from which file (--panel FILE)");
    return FCT_OK;
}

static fct_status prepare(fct_sql *sql, const fct_query_request *request, const char *query,
                          const fct_run *run, partial *left_out, fct_error *err)
{
    fct_sql_tables tables = {0};
    fct_text bars = {0};
    fct_trades_view trades = {0};
    fct_status status;
    FCT_TRY_OUT(fct_sql_check_query(sql, query, err));
    FCT_TRY_OUT(set_threads(sql, run, err));
    FCT_TRY_OUT(fct_sql_tables_of(sql, query, &tables, err));
    FCT_TRY_OUT(check_sources(request, &tables, err));
    trades.is_read = reads_table(&tables, "trades");
    if (request->bars) {
        trades.exchange = request->bars->dataset.exchange;
        trades.map = request->bars->map;
    }
    if (request->store)
        FCT_TRY_OUT(fct_views_of_store(sql, request->store, &trades, run, err));
    if (request->panel)
        FCT_TRY_OUT(fct_view_of_file(sql, "panel", request->panel, err));
    if (request->store && reads_table(&tables, "bars"))
        FCT_TRY_OUT(make_bars(sql, request, run, &bars, left_out, err));
    if (!request->allow_external)
        status = close_database(sql, request, fct_text_get(&bars), err);
out:
    fct_text_free(&bars);
    fct_sql_tables_free(&tables);
    return status;
}

fct_status fct_query(const fct_query_request *request, const char *query, const fct_run *run,
                     struct ArrowArrayStream *out, fct_error *err)
{
    fct_sql *sql;
    partial left_out = {0};
    *out = (struct ArrowArrayStream){0};
    if (!query || !*query)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "the query is empty");
    FCT_TRY(fct_sql_open_for(&sql, request->store ? request->store : "",
                             run ? run->memory_limit_bytes : 0, run ? run->temp_dir : NULL, err));
    fct_status status = prepare(sql, request, query, run, &left_out, err);
    if (status != FCT_OK) {
        fct_sql_close(sql);
        return status;
    }
    status = fct_sql_stream(sql, query, NULL, 0, NULL, run, out, err);
    if (status != FCT_OK || !left_out.is_so)
        return status;
    if (err)
        *err = left_out.why;
    return FCT_ERROR_PARTIAL;
}
