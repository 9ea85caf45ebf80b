#include "store/ingest_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* With what the store puts around a label, a file name stays below the 255 bytes that file systems allow. */
enum { MAX_LABEL = 180 };

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name);
    size_t n_suffix = strlen(suffix);
    return n > n_suffix && strcasecmp(name + n - n_suffix, suffix) == 0;
}

static bool is_archive(const char *path)
{
    const char *name = fct_path_name(path);
    return ends_in(name, ".zip") || ends_in(name, ".csv") || ends_in(name, ".csv.gz");
}

/* ---- Labels ----------------------------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash_bytes(const char *bytes, size_t n_bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n_bytes; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_safe(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", name[i]))
            return false;
    return n > 0 && n <= MAX_LABEL;
}

/*
 * The file's name without ".zip". A name that says its days is the same file wherever it lies; two of a user's own
 * files with one name in two folders are two files, so that the folder is part of the label.
 */
static fct_status label_make(fct_ingest_file *file, fct_error *err)
{
    const char *name = fct_path_name(file->real_path);
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".zip") == 0) {
        fct_text stem = {0};
        FCT_TRY(fct_text_append(&stem, name, n - 4, err));
        /* "x.csv.zip" and "x.csv" are not to share a label. */
        if (!is_archive(stem.data))
            n -= 4;
        fct_text_free(&stem);
    }
    fct_text label = {0};
    fct_status status;
    if (is_safe(name, n))
        FCT_TRY_OUT(fct_text_append(&label, name, n, err));
    else
        FCT_TRY_OUT(fct_text_append_format(&label, err, "file-%016" PRIx64, hash_bytes(name, n)));
    if (file->identity.first_day == INT64_MIN)
        FCT_TRY_OUT(
            fct_text_append_format(&label, err, "-%016" PRIx64,
                                   hash_bytes(file->real_path, (size_t)(name - file->real_path))));
    file->label = label.data;
    label = (fct_text){0};
out:
    fct_text_free(&label);
    return status;
}

/* ---- Finding ---------------------------------------------------------------------------------- */

typedef struct search {
    fct_ingest_files *out;
    size_t n_root; /* the length of the folder that is walked; 0: a file was named */
    size_t n_found;
} search;

static void file_free(fct_ingest_file *file)
{
    free(file->path);
    free(file->real_path);
    free(file->label);
    free(file->error);
}

static fct_status add_file(const char *path, const fct_file_info *info, fct_ingest_files *out,
                           fct_error *err)
{
    if (out->n_files == out->capacity) {
        size_t capacity = out->capacity ? 2 * out->capacity : 16;
        fct_ingest_file *grown = realloc(out->files, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        out->files = grown;
        out->capacity = capacity;
    }
    fct_ingest_file *file = &out->files[out->n_files];
    *file = (fct_ingest_file){
        .n_bytes = info->size_bytes, .modified_ns = info->modified_ns, .same_as = SIZE_MAX};
    file->path = fct_text_copy(path);
    if (!file->path)
        return fct_error_memory(err, strlen(path));
    file->real_path = realpath(path, NULL);
    if (!file->real_path) {
        free(file->path);
        return fct_error_set_errno(err, errno == ENOMEM ? FCT_ERROR_MEMORY : FCT_ERROR_IO, errno,
                                   "cannot read %s", path);
    }
    out->n_files++;
    return FCT_OK;
}

/* Whether a part of the path below the walked folder starts with a dot. */
static bool is_hidden(const char *below)
{
    for (const char *part = below; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (*part == '.')
            return true;
    }
    return false;
}

static fct_status visit(const char *path, const fct_file_info *info, void *context, fct_error *err)
{
    search *s = context;
    if (s->n_root && (is_hidden(path + s->n_root) || !is_archive(path)))
        return FCT_OK;
    if (!is_archive(path))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is no .zip, .csv or .csv.gz file: only these are ingested", path);
    s->n_found++;
    return add_file(path, info, s->out, err);
}

static fct_status find_below(const char *path, fct_ingest_files *out, fct_error *err)
{
    fct_file_info info;
    FCT_TRY(fct_file_stat(path, &info, err));
    search s = {.out = out, .n_root = info.is_folder ? strlen(path) : 0};
    FCT_TRY(fct_tree_walk(path, visit, &s, err));
    if (!s.n_found)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                             "the folder %s holds no .zip, .csv or .csv.gz file", path);
    return FCT_OK;
}

/* ---- Telling them apart ----------------------------------------------------------------------- */

static int by_real_path(const void *a, const void *b)
{
    const fct_ingest_file *x = *(fct_ingest_file *const *)a;
    const fct_ingest_file *y = *(fct_ingest_file *const *)b;
    int order = strcmp(x->real_path, y->real_path);
    return order ? order : (x > y) - (x < y);
}

static int compare_keys(const fct_ingest_file *x, const fct_ingest_file *y)
{
    int order = strcmp(x->identity.market, y->identity.market);
    if (!order)
        order = strcmp(x->identity.data_type, y->identity.data_type);
    return order ? order : strcmp(x->identity.symbol, y->identity.symbol);
}

static int by_key_and_label(const void *a, const void *b)
{
    const fct_ingest_file *x = *(fct_ingest_file *const *)a;
    const fct_ingest_file *y = *(fct_ingest_file *const *)b;
    int order = compare_keys(x, y);
    if (!order)
        order = strcmp(x->label, y->label);
    return order ? order : (x > y) - (x < y);
}

/* Drops files that were reached before, keeping the order. */
static void drop_repeated(fct_ingest_files *files, fct_ingest_file **sorted)
{
    for (size_t i = 0; i < files->n_files; i++)
        sorted[i] = &files->files[i];
    if (files->n_files)
        qsort(sorted, files->n_files, sizeof(*sorted), by_real_path);
    for (size_t i = files->n_files; i-- > 1;)
        if (strcmp(sorted[i]->real_path, sorted[i - 1]->real_path) == 0) {
            file_free(sorted[i]);
            sorted[i]->path = NULL;
        }
    size_t n = 0;
    for (size_t i = 0; i < files->n_files; i++)
        if (files->files[i].path)
            files->files[n++] = files->files[i];
    files->n_files = n;
}

static fct_status identify(fct_ingest_file *file, const fct_ingest_options *options, fct_error *err)
{
    fct_error error = {0};
    file->status = fct_archive_identify(file->path, options, &file->identity, &error);
    if (file->status == FCT_OK)
        return label_make(file, err);
    if (file->status == FCT_ERROR_MEMORY)
        return fct_error_memory(err, 0);
    file->error = malloc(sizeof error);
    if (!file->error)
        return fct_error_memory(err, sizeof error);
    *file->error = error;
    return FCT_OK;
}

/* Numbers the symbols and finds files that say they are the same. */
static void group(fct_ingest_files *files, fct_ingest_file **sorted)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n_files; i++)
        if (files->files[i].label)
            sorted[n++] = &files->files[i];
    if (!n)
        return;
    qsort(sorted, n, sizeof(*sorted), by_key_and_label);
    for (size_t i = 0; i < n; i++) {
        bool is_same_symbol = i > 0 && compare_keys(sorted[i - 1], sorted[i]) == 0;
        if (!is_same_symbol)
            files->n_symbols++;
        else if (strcmp(sorted[i - 1]->label, sorted[i]->label) == 0)
            sorted[i]->same_as = sorted[i - 1]->same_as == SIZE_MAX
                                     ? (size_t)(sorted[i - 1] - files->files)
                                     : sorted[i - 1]->same_as;
        sorted[i]->symbol = files->n_symbols - 1;
    }
}

fct_status fct_ingest_files_find(const char *const *paths, size_t n_paths,
                                 const fct_ingest_options *options, fct_ingest_files *out,
                                 fct_error *err)
{
    *out = (fct_ingest_files){0};
    fct_ingest_file **sorted = NULL;
    fct_status status = FCT_OK;
    for (size_t i = 0; i < n_paths; i++)
        FCT_TRY_OUT(find_below(paths[i], out, err));
    sorted = malloc((out->n_files + 1) * sizeof(*sorted));
    if (!sorted) {
        status = fct_error_memory(err, out->n_files * sizeof(*sorted));
        goto out;
    }
    drop_repeated(out, sorted);
    for (size_t i = 0; i < out->n_files; i++) {
        FCT_TRY_OUT(identify(&out->files[i], options, err));
        out->n_bytes += out->files[i].n_bytes;
    }
    group(out, sorted);
out:
    free(sorted);
    if (status != FCT_OK)
        fct_ingest_files_free(out);
    return status;
}

void fct_ingest_files_free(fct_ingest_files *files)
{
    for (size_t i = 0; i < files->n_files; i++)
        file_free(&files->files[i]);
    free(files->files);
    *files = (fct_ingest_files){0};
}

fct_store_key fct_ingest_file_key(const fct_ingest_file *file)
{
    return (fct_store_key){file->identity.market, file->identity.data_type, file->identity.symbol};
}
