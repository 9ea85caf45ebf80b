/* Files of other machines: DuckDB's extension httpfs, and what the environment says of S3. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/sql_duckdb.h"

/* Its own message is about how DuckDB would install it, which this program does not let it do. */
static fct_status say_how_to_get_it(fct_error *err, const char *root, const char *path,
                                    const char *why)
{
    const char *version = fct_duckdb.library_version();
    const char *number = version + (version[0] == 'v');
    if (path && *path)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "%s cannot be read: DuckDB %s does not load FACTORIUM_HTTPFS=%s "
                             "(%.*s)",
                             root, number, path, (int)strcspn(why, "\n"), why);
    return fct_error_set(
        err, FCT_ERROR_UNSUPPORTED,
        "%s cannot be read: that needs DuckDB's extension httpfs of version %s, which is not here. "
        "Get it with pip install --no-deps --target DIR duckdb-extension-httpfs==%s and set "
        "FACTORIUM_HTTPFS=DIR/duckdb_extension_httpfs/extensions/%s/httpfs.duckdb_extension; or "
        "run INSTALL httpfs once in DuckDB %s",
        root, number, number, version, number);
}

static fct_status load_extension(fct_sql *sql, const char *root, fct_error *err)
{
    fct_text text = {0};
    fct_error why = {0};
    fct_status status;
    const char *path = getenv("FACTORIUM_HTTPFS");
    FCT_TRY_OUT(fct_text_append_format(&text, err, "LOAD "));
    if (path && *path)
        FCT_TRY_OUT(fct_sql_append_literal(&text, path, err));
    else
        FCT_TRY_OUT(fct_text_append_format(&text, err, "httpfs"));
    if (fct_sql_execute(sql, text.data, &why) != FCT_OK)
        status = say_how_to_get_it(err, root, path, why.message);
out:
    fct_text_free(&text);
    return status;
}

static fct_status set(fct_sql *sql, const char *name, const char *value, fct_error *err)
{
    fct_text text = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&text, err, "SET GLOBAL %s = ", name));
    FCT_TRY_OUT(fct_sql_append_literal(&text, value, err));
    status = fct_sql_execute(sql, text.data, err);
out:
    fct_text_free(&text);
    return status;
}

/* Keys and region the extension reads by itself (AWS_ACCESS_KEY_ID ...), but not where a server of one's own is. */
static fct_status set_endpoint(fct_sql *sql, fct_error *err)
{
    static const char http[] = "http://";
    static const char https[] = "https://";
    const char *url = getenv("AWS_ENDPOINT_URL_S3");
    if (!url || !*url)
        url = getenv("AWS_ENDPOINT_URL");
    if (!url || !*url)
        return FCT_OK;
    bool is_plain = strncasecmp(url, http, strlen(http)) == 0;
    if (is_plain)
        url += strlen(http);
    else if (strncasecmp(url, https, strlen(https)) == 0)
        url += strlen(https);
    fct_text host = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append(&host, url, strcspn(url, "/"), err));
    FCT_TRY_OUT(set(sql, "s3_endpoint", fct_text_get(&host), err));
    FCT_TRY_OUT(set(sql, "s3_use_ssl", is_plain ? "false" : "true", err));
    status = set(sql, "s3_url_style", "path", err);
out:
    fct_text_free(&host);
    return status;
}

fct_status fct_sql_allow_remote(fct_sql *sql, const char *root, fct_error *err)
{
    FCT_TRY(load_extension(sql, root, err));
    return set_endpoint(sql, err);
}

fct_status fct_sql_open_for(fct_sql **out, const char *path, size_t memory_limit_bytes,
                            const char *temp_dir, fct_error *err)
{
    FCT_TRY(fct_sql_open(out, memory_limit_bytes, temp_dir, err));
    fct_status status = fct_path_is_remote(path) ? fct_sql_allow_remote(*out, path, err) : FCT_OK;
    if (status != FCT_OK) {
        fct_sql_close(*out);
        *out = NULL;
    }
    return status;
}

fct_status fct_sql_texts(fct_sql *sql, const char *query, const char *parameter, const char *file,
                         fct_names *out, fct_error *err)
{
    fct_sql_cursor *cursor = NULL;
    fct_text text = {0};
    fct_status status;
    fct_job job;
    *out = (fct_names){0};
    FCT_TRY(fct_job_start(&job, NULL, err));
    FCT_TRY_OUT(fct_sql_cursor_prepare(&cursor, sql, query, &parameter, 1, file, &job, err));
    FCT_TRY_OUT(fct_sql_cursor_run(cursor, err));
    for (;;) {
        FCT_TRY_OUT(fct_sql_cursor_fetch(cursor, err));
        if (!cursor->chunk)
            break;
        duckdb_vector vector = fct_duckdb.data_chunk_get_vector(cursor->chunk, 0);
        duckdb_string_t *texts = fct_duckdb.vector_get_data(vector);
        for (idx_t i = 0; i < fct_duckdb.data_chunk_get_size(cursor->chunk); i++) {
            text.length = 0;
            FCT_TRY_OUT(fct_text_append(&text, fct_duckdb.string_t_data(&texts[i]),
                                        fct_duckdb.string_t_length(texts[i]), err));
            FCT_TRY_OUT(fct_names_add(out, fct_text_get(&text), err));
        }
    }
out:
    fct_sql_cursor_free(cursor);
    fct_text_free(&text);
    fct_job_end(&job);
    if (status != FCT_OK)
        fct_names_free(out);
    return status;
}
