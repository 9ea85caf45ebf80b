#include "store/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool fct_path_is_remote(const char *path)
{
    static const char *const schemes[] = {"s3://", "http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(path, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

static fct_status append_level(fct_text *out, const char *key, const char *name, fct_error *err)
{
    FCT_TRY(fct_name_check(name, key, err));
    return fct_text_append_format(out, err, "/%s=%s", key, name);
}

static fct_status append_levels(fct_text *out, const char *root, const char *market,
                                const char *data_type, fct_error *err)
{
    FCT_TRY(fct_text_append(out, root, strlen(root), err));
    if (market)
        FCT_TRY(append_level(out, "market", market, err));
    if (market && data_type)
        FCT_TRY(append_level(out, "data_type", data_type, err));
    return FCT_OK;
}

fct_status fct_store_symbol_folder(fct_text *out, const char *root, const fct_store_key *key,
                                   fct_error *err)
{
    FCT_TRY(append_levels(out, root, key->market, key->data_type, err));
    return append_level(out, "symbol", key->symbol, err);
}

fct_status fct_store_day_folder(fct_text *out, const char *root, const fct_store_key *key,
                                int64_t day, fct_error *err)
{
    int year;
    int month;
    int day_of_month;
    fct_day_to_civil(day, &year, &month, &day_of_month);
    FCT_TRY(fct_store_symbol_folder(out, root, key, err));
    return fct_text_append_format(out, err, "/year=%04d/month=%02d/day=%02d", year, month,
                                  day_of_month);
}

fct_status fct_store_records_folder(fct_text *out, const char *root, fct_error *err)
{
    return fct_text_append_format(out, err, "%s/.factorium", root);
}

fct_status fct_store_glob(const char *root, const fct_dataset *dataset, const char *symbol,
                          char *glob, size_t size, fct_error *err)
{
    fct_text text = {0};
    fct_status status;
    FCT_TRY_OUT(append_levels(&text, root, dataset->market, NULL, err));
    FCT_TRY_OUT(fct_name_check(dataset->data_type, "data_type", err));
    FCT_TRY_OUT(fct_text_append_format(&text, err, "/data_type=%s%s%s", dataset->data_type,
                                       dataset->interval ? "_" : "",
                                       dataset->interval ? dataset->interval : ""));
    if (symbol)
        FCT_TRY_OUT(fct_name_check(symbol, "symbol", err));
    FCT_TRY_OUT(
        fct_text_append_format(&text, err, "/symbol=%s/**/*.parquet", symbol ? symbol : "*"));
    if (text.length >= size)
        status =
            fct_error_set(err, FCT_ERROR_LIMIT, "the glob needs %zu bytes and has room for %zu",
                          text.length + 1, size);
    else
        memcpy(glob, text.data, text.length + 1);
out:
    fct_text_free(&text);
    return status;
}

/* ---- Listing ---------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void fct_names_free(fct_names *names)
{
    for (size_t i = 0; i < names->n_names; i++)
        free(names->names[i]);
    free(names->names);
    *names = (fct_names){0};
}

fct_status fct_names_add(fct_names *names, const char *name, fct_error *err)
{
    /* Doubles at each power of two, so that no capacity need be kept. */
    if ((names->n_names & (names->n_names - 1)) == 0) {
        size_t n_bytes = (names->n_names ? 2 * names->n_names : 1) * sizeof(char *);
        char **grown = realloc(names->names, n_bytes);
        if (!grown)
            return fct_error_memory(err, n_bytes);
        names->names = grown;
    }
    char *copy = fct_text_copy(name);
    if (!copy)
        return fct_error_memory(err, strlen(name) + 1);
    names->names[names->n_names++] = copy;
    return FCT_OK;
}

void fct_names_sort(fct_names *names)
{
    if (names->n_names)
        qsort(names->names, names->n_names, sizeof *names->names, by_bytes);
}

static fct_status list_local(const char *path, const char *prefix, fct_names *out, fct_error *err)
{
    fct_status status = FCT_OK;
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT || errno == ENOTDIR
                   ? FCT_OK
                   : fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot list the folder %s",
                                         path);
    size_t n_prefix = strlen(prefix);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] != '.' && name[0] != '_' && strncmp(name, prefix, n_prefix) == 0)
            FCT_TRY_OUT(fct_names_add(out, name + n_prefix, err));
    }
    fct_names_sort(out);
out:
    closedir(folder);
    return status;
}

/* The first of the sorted files that is not before `path`. */
static size_t find_file(const fct_names *files, const char *path, size_t n_path)
{
    size_t low = 0;
    size_t high = files->n_names;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strncmp(files->names[middle], path, n_path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Next parts of the files' paths, as if they were a folder's entries. */
static fct_status list_remote(const fct_store *store, const char *path, const char *prefix,
                              fct_names *out, fct_error *err)
{
    const fct_names *files = &store->files;
    fct_text start = {0};
    fct_text name = {0};
    fct_status status;
    size_t n_prefix = strlen(prefix);
    path += strlen(store->root);
    FCT_TRY_OUT(
        fct_text_append_format(&start, err, "%s%s", path + (*path == '/'), *path ? "/" : ""));
    size_t n_start = start.length;
    const char *above = fct_text_get(&start);
    for (size_t i = find_file(files, above, n_start);
         i < files->n_names && strncmp(files->names[i], above, n_start) == 0; i++) {
        const char *part = files->names[i] + n_start;
        size_t n_part = strcspn(part, "/");
        if (part[0] == '.' || part[0] == '_' || n_part < n_prefix ||
            strncmp(part, prefix, n_prefix) != 0)
            continue;
        name.length = 0;
        FCT_TRY_OUT(fct_text_append(&name, part + n_prefix, n_part - n_prefix, err));
        /* Sorted: what lies in one folder stands together. */
        if (!out->n_names || strcmp(out->names[out->n_names - 1], fct_text_get(&name)) != 0)
            FCT_TRY_OUT(fct_names_add(out, fct_text_get(&name), err));
    }
    fct_names_sort(out);
out:
    fct_text_free(&start);
    fct_text_free(&name);
    return status;
}

/*
 * The entries of a folder that start with `prefix` (and not with '.' or '_'), without it, sorted. No folder, no
 * entries.
 */
static fct_status folder_list(const fct_store *store, const char *path, const char *prefix,
                              fct_names *out, fct_error *err)
{
    return store->is_remote ? list_remote(store, path, prefix, out, err)
                            : list_local(path, prefix, out, err);
}

fct_status fct_store_names_list(const fct_store *store, const char *market, const char *data_type,
                                fct_names *out, fct_error *err)
{
    *out = (fct_names){0};
    fct_text folder = {0};
    fct_status status;
    FCT_TRY_OUT(append_levels(&folder, store->root, market, data_type, err));
    FCT_TRY_OUT(folder_list(store, folder.data,
                            !market      ? "market="
                            : !data_type ? "data_type="
                                         : "symbol=",
                            out, err));
out:
    fct_text_free(&folder);
    if (status != FCT_OK)
        fct_names_free(out);
    return status;
}

/* ---- Days ------------------------------------------------------------------------------------- */

void fct_store_days_free(fct_store_days *days)
{
    for (size_t i = 0; i < days->n_days; i++) {
        fct_names files = {days->days[i].files, days->days[i].n_files};
        fct_names_free(&files);
    }
    free(days->days);
    *days = (fct_store_days){0};
}

static bool ends_in_parquet(const char *name)
{
    size_t n = strlen(name);
    return n > 8 && strcmp(name + n - 8, ".parquet") == 0;
}

/* Takes `files` over. */
static fct_status days_add(fct_store_days *days, int64_t day, fct_names *files, fct_error *err)
{
    if ((days->n_days & (days->n_days - 1)) == 0) {
        size_t n_bytes = (days->n_days ? 2 * days->n_days : 1) * sizeof *days->days;
        fct_store_day *grown = realloc(days->days, n_bytes);
        if (!grown)
            return fct_error_memory(err, n_bytes);
        days->days = grown;
    }
    days->days[days->n_days++] = (fct_store_day){day, files->names, files->n_names};
    *files = (fct_names){0};
    return FCT_OK;
}

static fct_status day_read(const fct_store *store, const char *folder, int64_t day,
                           fct_store_days *out, fct_error *err)
{
    fct_names names = {0};
    fct_names files = {0};
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(folder_list(store, folder, "", &names, err));
    for (size_t i = 0; i < names.n_names; i++) {
        if (!ends_in_parquet(names.names[i]))
            continue;
        path.length = 0;
        FCT_TRY_OUT(fct_path_join(&path, folder, names.names[i], err));
        FCT_TRY_OUT(fct_names_add(&files, path.data, err));
    }
    if (files.n_names)
        FCT_TRY_OUT(days_add(out, day, &files, err));
out:
    fct_text_free(&path);
    fct_names_free(&names);
    fct_names_free(&files);
    return status;
}

/* The levels below a symbol's folder, and what a date part of each may be. */
static const struct {
    const char *prefix;
    int low, high;
} date_levels[] = {{"year=", 1970, 9999}, {"month=", 1, 12}, {"day=", 1, 31}};

typedef struct day_search {
    const fct_store *store;
    int64_t first_day, end_day;
    fct_store_days *out;
    fct_names *strange; /* NULL: not asked for */
} day_search;

/* The day that the parts are; false where the month has no such day. */
static bool is_day(const int64_t parts[3], int64_t *day)
{
    int year, month, day_of_month;
    *day = fct_day_from_civil(parts[0], (int)parts[1], (int)parts[2]);
    fct_day_to_civil(*day, &year, &month, &day_of_month);
    return month == parts[1] && day_of_month == parts[2];
}

static fct_status add_strange(const day_search *search, const char *folder, fct_error *err)
{
    return search->strange ? fct_names_add(search->strange, folder, err) : FCT_OK;
}

static fct_status search_level(const char *folder, int level, int64_t parts[3],
                               const day_search *search, fct_error *err)
{
    fct_names names = {0};
    fct_text child = {0};
    fct_status status;
    FCT_TRY_OUT(folder_list(search->store, folder, date_levels[level].prefix, &names, err));
    for (size_t i = 0; i < names.n_names; i++) {
        char *end;
        long part = strtol(names.names[i], &end, 10);
        child.length = 0;
        FCT_TRY_OUT(fct_text_append_format(&child, err, "%s/%s%s", folder,
                                           date_levels[level].prefix, names.names[i]));
        parts[level] = part;
        int64_t day = 0;
        if (end == names.names[i] || *end || part < date_levels[level].low ||
            part > date_levels[level].high || (level == 2 && !is_day(parts, &day))) {
            FCT_TRY_OUT(add_strange(search, child.data, err));
            continue;
        }
        if (level < 2) {
            FCT_TRY_OUT(search_level(child.data, level + 1, parts, search, err));
            continue;
        }
        if (day >= search->first_day && day < search->end_day)
            FCT_TRY_OUT(day_read(search->store, child.data, day, search->out, err));
    }
out:
    fct_names_free(&names);
    fct_text_free(&child);
    return status;
}

static int by_day(const void *a, const void *b)
{
    int64_t x = ((const fct_store_day *)a)->day;
    int64_t y = ((const fct_store_day *)b)->day;
    return (x > y) - (x < y);
}

fct_status fct_store_days_inspect(const fct_store *store, const fct_store_key *key,
                                  int64_t first_day, int64_t end_day, fct_store_days *out,
                                  fct_names *strange, fct_error *err)
{
    *out = (fct_store_days){0};
    fct_text folder = {0};
    int64_t parts[3] = {0};
    day_search search = {store, first_day, end_day, out, strange};
    fct_status status;
    FCT_TRY_OUT(fct_store_symbol_folder(&folder, store->root, key, err));
    FCT_TRY_OUT(search_level(folder.data, 0, parts, &search, err));
    /* "month=10" sorts before "month=9" where the zero is lacking. */
    if (out->n_days)
        qsort(out->days, out->n_days, sizeof *out->days, by_day);
out:
    fct_text_free(&folder);
    if (status != FCT_OK)
        fct_store_days_free(out);
    return status;
}

fct_status fct_store_days_list(const fct_store *store, const fct_store_key *key, int64_t first_day,
                               int64_t end_day, fct_store_days *out, fct_error *err)
{
    FCT_TRY(fct_store_days_inspect(store, key, first_day, end_day, out, NULL, err));
    for (size_t i = 1; i < out->n_days; i++)
        if (out->days[i].day == out->days[i - 1].day) {
            char text[11];
            fct_date_format(out->days[i].day, text);
            fct_store_days_free(out);
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s/market=%s/data_type=%s/symbol=%s holds the day %s twice "
                                 "(folders with and without a leading zero): remove one",
                                 store->root, key->market, key->data_type, key->symbol, text);
        }
    return FCT_OK;
}
