/* fct_query: a database with views over the store, closed to everything else, and one query. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

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

/* A folder of this query's own; it goes with the database. */
static fct_status make_folder(fct_sql *sql, const fct_run *run, fct_text *folder, fct_error *err)
{
    uint64_t random_bits = 0;
    const char *above = run && run->temp_dir ? run->temp_dir : getenv("TMPDIR");
    if (getrandom(&random_bits, sizeof random_bits, 0) != (ssize_t)sizeof random_bits)
        random_bits = (uint64_t)getpid();
    FCT_TRY(fct_text_append_format(folder, err, "%s/factorium-query-%016" PRIx64,
                                   above && *above ? above : "/tmp", random_bits));
    FCT_TRY(fct_folder_make(folder->data, err));
    return fct_sql_own_folder(sql, folder->data, err);
}

/* Only a query that reads bars pays for them. */
static fct_status make_bars(fct_sql *sql, const fct_query_request *request, const fct_run *run,
                            const char *folder, fct_error *err)
{
    fct_bars_request bars = {0};
    struct ArrowArrayStream stream;
    fct_text path = {0};
    if (request->bars)
        bars = *request->bars;
    bars.store = request->store;
    fct_status status = fct_bars(&bars, run, &stream, err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return status;
    status = fct_text_append_format(&path, err, "%s/bars.parquet", folder);
    if (status == FCT_OK)
        status = fct_write_file(&stream, path.data, FCT_FORMAT_PARQUET, run, NULL, err);
    else
        stream.release(&stream);
    if (status == FCT_OK)
        status = fct_view_of_file(sql, "bars", path.data, err);
    fct_text_free(&path);
    return status;
}

/* ---- Closing ---------------------------------------------------------------------------------- */

/* What the query may read from here on. The order matters: the last two make the rest final. */
static fct_status close_database(fct_sql *sql, const fct_query_request *request, const char *folder,
                                 fct_error *err)
{
    fct_text text = {0};
    fct_status status;
    const char *folders[] = {request->store, folder};
    FCT_TRY_OUT(fct_text_append_format(&text, err, "SET allowed_directories = ["));
    for (size_t i = 0, n = 0; i < 2; i++) {
        if (!folders[i] || !*folders[i])
            continue;
        FCT_TRY_OUT(fct_text_append_format(&text, err, "%s", n++ ? ", " : ""));
        FCT_TRY_OUT(fct_sql_append_literal(&text, folders[i], err));
    }
    FCT_TRY_OUT(fct_text_append_format(&text, err, "]; SET allowed_paths = ["));
    if (request->panel)
        FCT_TRY_OUT(fct_sql_append_literal(&text, request->panel, err));
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

static fct_status prepare(fct_sql *sql, const fct_query_request *request, const char *query,
                          const fct_run *run, fct_error *err)
{
    fct_sql_tables tables = {0};
    fct_text folder = {0};
    fct_status status;
    FCT_TRY_OUT(fct_sql_check_query(sql, query, err));
    FCT_TRY_OUT(set_threads(sql, run, err));
    FCT_TRY_OUT(fct_sql_tables_of(sql, query, &tables, err));
    if (request->store)
        FCT_TRY_OUT(fct_views_of_store(sql, request->store, err));
    if (request->panel)
        FCT_TRY_OUT(fct_view_of_file(sql, "panel", request->panel, err));
    if (request->store && reads_table(&tables, "bars")) {
        FCT_TRY_OUT(make_folder(sql, run, &folder, err));
        FCT_TRY_OUT(make_bars(sql, request, run, folder.data, err));
    }
    if (!request->allow_external)
        status = close_database(sql, request, fct_text_get(&folder), err);
out:
    fct_text_free(&folder);
    fct_sql_tables_free(&tables);
    return status;
}

fct_status fct_query(const fct_query_request *request, const char *query, const fct_run *run,
                     struct ArrowArrayStream *out, fct_error *err)
{
    fct_sql *sql;
    *out = (struct ArrowArrayStream){0};
    if (!query || !*query)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "the query is empty");
    FCT_TRY(fct_sql_open_for(&sql, request->store ? request->store : "",
                             run ? run->memory_limit_bytes : 0, run ? run->temp_dir : NULL, err));
    fct_status status = prepare(sql, request, query, run, err);
    if (status != FCT_OK) {
        fct_sql_close(sql);
        return status;
    }
    return fct_sql_stream(sql, query, NULL, 0, NULL, run, out, err);
}
