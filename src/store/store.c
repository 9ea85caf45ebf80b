#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/sql.h"

/* Of more symbols than this the whole bucket is listed, as an answer names a thousand files of any. */
enum { MAX_LISTINGS = 64 };

fct_status fct_store_check_local(const char *root, const char *what, fct_error *err)
{
    if (!fct_path_is_remote(root))
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                         "%s needs a store on this machine, and %s is not: copy it here first",
                         what, root);
}

static bool is_bucket(const char *root)
{
    return strncasecmp(root, "s3://", 5) == 0;
}

/* ---- Files of a remote store ------------------------------------------------------------------ */

/* Letters and signs that mean the same in a path, a URL and a pattern; no way up. */
static bool is_plain_path(const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-=/+,@~";
    return path[strspn(path, plain)] == '\0' && path[0] != '/' && !strstr(path, "..") &&
           !strstr(path, "//");
}

static bool ends_in_parquet(const char *path)
{
    size_t n = strlen(path);
    return n > 8 && strcmp(path + n - 8, ".parquet") == 0;
}

/* The store's files below `folder`, which is the root or lies below it, as deep as `levels` says. */
static fct_status list_below(fct_sql *sql, fct_store *store, const char *folder, const char *levels,
                             fct_error *err)
{
    fct_text pattern = {0};
    fct_names files = {0};
    fct_status status;
    size_t n_root = strlen(store->root) + 1;
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, folder, err));
    FCT_TRY_OUT(fct_text_append_format(&pattern, err, "%s/year=*/month=*/day=*/*.parquet", levels));
    FCT_TRY_OUT(
        fct_sql_texts(sql, "SELECT file FROM glob($1)", pattern.data, store->root, &files, err));
    for (size_t i = 0; i < files.n_names; i++)
        if (strlen(files.names[i]) > n_root && is_plain_path(files.names[i] + n_root))
            FCT_TRY_OUT(fct_names_add(&store->files, files.names[i] + n_root, err));
out:
    fct_text_free(&pattern);
    fct_names_free(&files);
    return status;
}

/* Which files of a bucket to list: those of symbols of a data type. */
typedef struct store_part {
    const fct_store_key *type;
    const char *const *symbols;
    size_t n_symbols;
} store_part;

static fct_status list_symbols(fct_sql *sql, fct_store *store, const store_part *part,
                               fct_error *err)
{
    fct_text folder = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < part->n_symbols && status == FCT_OK; i++) {
        const fct_store_key key = {part->type->market, part->type->data_type, part->symbols[i]};
        folder.length = 0;
        status = fct_store_symbol_folder(&folder, store->root, &key, err);
        if (status == FCT_OK)
            status = list_below(sql, store, folder.data, "", err);
    }
    fct_text_free(&folder);
    return status;
}

static fct_status read_list(fct_store *store, const char *url, char *text, fct_error *err)
{
    int64_t line = 0;
    for (char *next; text; text = next) {
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        line++;
        text[strcspn(text, "\r")] = '\0';
        if (!*text || *text == '#')
            continue;
        if (!is_plain_path(text)) {
            char quoted[80];
            fct_text_quote(text, strlen(text), quoted, sizeof quoted);
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s, line %lld: %s is no path of a store's file", url,
                                 (long long)line, quoted);
        }
        if (ends_in_parquet(text))
            FCT_TRY(fct_names_add(&store->files, text, err));
    }
    return FCT_OK;
}

/* A web server tells of no folder what is in it. */
static fct_status list_web(fct_sql *sql, fct_store *store, fct_error *err)
{
    fct_text url = {0};
    fct_names texts = {0};
    fct_error why = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&url, err, "%s/" FCT_STORE_FILE_LIST, store->root));
    status =
        fct_sql_texts(sql, "SELECT content FROM read_text($1)", url.data, url.data, &texts, &why);
    if (status == FCT_OK && texts.n_names == 1)
        status = read_list(store, url.data, texts.names[0], err);
    else
        status = fct_error_set(err, status == FCT_OK ? FCT_ERROR_NOT_FOUND : status,
                               "%s; a store on a web server has a list of its files there: "
                               "factorium ls --store FOLDER --files > FOLDER/" FCT_STORE_FILE_LIST,
                               status == FCT_OK ? url.data : why.message);
out:
    fct_text_free(&url);
    fct_names_free(&texts);
    return status;
}

/* All files where `part` is NULL. */
static fct_status list_files(fct_store *store, const store_part *part, fct_error *err)
{
    fct_sql *sql;
    FCT_TRY(fct_sql_open_for(&sql, store->root, 0, NULL, err));
    fct_status status =
        !is_bucket(store->root) ? list_web(sql, store, err)
        : part                  ? list_symbols(sql, store, part, err)
               : list_below(sql, store, store->root, "/market=*/data_type=*/symbol=*", err);
    fct_sql_close(sql);
    fct_names_sort(&store->files);
    return status;
}

/* ---- Opening ---------------------------------------------------------------------------------- */

static fct_status open_store(fct_store *store, const char *root, const store_part *part,
                             fct_error *err)
{
    *store = (fct_store){.is_remote = fct_path_is_remote(root)};
    char *copy = fct_text_copy(root);
    store->root = copy;
    if (!copy)
        return fct_error_memory(err, strlen(root) + 1);
    for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/' && copy[n - 2] != ':'; n--)
        copy[n - 1] = '\0';
    if (store->is_remote)
        return list_files(store, part, err);
    fct_file_info info;
    FCT_TRY(fct_file_stat(root, &info, err));
    return info.is_folder
               ? FCT_OK
               : fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s is a file; a store is a folder", root);
}

fct_status fct_store_open(fct_store *store, const char *root, fct_error *err)
{
    return open_store(store, root, NULL, err);
}

fct_status fct_store_open_symbols(fct_store *store, const char *root, const fct_store_key *type,
                                  const char *const *symbols, size_t n_symbols, fct_error *err)
{
    const store_part part = {type, symbols, n_symbols};
    return open_store(store, root, n_symbols <= MAX_LISTINGS ? &part : NULL, err);
}

void fct_store_close(fct_store *store)
{
    free((char *)store->root);
    fct_names_free(&store->files);
    *store = (fct_store){0};
}
