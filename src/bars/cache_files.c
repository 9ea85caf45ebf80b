#include "bars/cache_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arrow/builder.h"
#include "store/store.h"

fct_status fct_cache_open(const char *store, const char *folder, fct_cache **out, fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    *out = NULL;
    fct_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return fct_error_memory(err, sizeof *cache);
    if (!store || !*store) {
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "no store was named");
        goto out;
    }
    FCT_TRY_OUT(fct_store_check_local(store, "a cache", err));
    fct_file_info info;
    FCT_TRY_OUT(fct_file_stat(store, &info, err));
    FCT_TRY_OUT(folder ? fct_text_append_format(&path, err, "%s", folder)
                       : fct_text_append_format(&path, err, "%s/.cache", store));
    cache->store = fct_text_copy(store);
    cache->folder = path.data;
    path = (fct_text){0};
    if (!cache->store) {
        status = fct_error_memory(err, strlen(store) + 1);
        goto out;
    }
    *out = cache;
    cache = NULL;
out:
    fct_text_free(&path);
    fct_cache_close(cache);
    return status;
}

void fct_cache_close(fct_cache *cache)
{
    if (!cache)
        return;
    free(cache->store);
    free(cache->folder);
    free(cache);
}

/* ---- Names ------------------------------------------------------------------------------------ */

/* Reads "NAME=value/" at *text. */
static bool take_level(const char **text, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);
    if (strncmp(*text, name, n) != 0 || (*text)[n] != '=')
        return false;
    const char *begin = *text + n + 1;
    const char *end = strchr(begin, '/');
    if (!end || (size_t)(end - begin) >= size)
        return false;
    memcpy(value, begin, (size_t)(end - begin));
    value[end - begin] = '\0';
    *text = end + 1;
    return true;
}

bool fct_cache_place_parse(const fct_cache *cache, const char *path, fct_cache_place *place)
{
    static const char version[] = "/" FCT_CACHE_VERSION "/";
    size_t n = strlen(cache->folder);
    if (strncmp(path, cache->folder, n) != 0 || strncmp(path + n, version, strlen(version)) != 0)
        return false;
    const char *text = path + n + strlen(version);
    return take_level(&text, "market", place->market, sizeof place->market) &&
           take_level(&text, "data_type", place->data_type, sizeof place->data_type) &&
           take_level(&text, "symbol", place->symbol, sizeof place->symbol) &&
           take_level(&text, "interval", place->interval, sizeof place->interval) &&
           fct_scan_date(&text, &place->day) && strcmp(text, ".parquet") == 0;
}

/* ---- Removing --------------------------------------------------------------------------------- */

typedef struct cache_file {
    char *path;
    int64_t n_bytes, written_ns;
} cache_file;

typedef struct cache_files {
    cache_file *files;
    size_t n_files, capacity;
    int64_t n_bytes;
} cache_files;

static bool is_temporary(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".tmp") == 0;
}

static fct_status add_file(const char *path, const fct_file_info *info, void *context,
                           fct_error *err)
{
    cache_files *all = context;
    if (strcmp(fct_path_name(path), FCT_CACHE_INDEX_NAME) == 0)
        return FCT_OK;
    if (all->n_files == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 256;
        cache_file *files = realloc(all->files, capacity * sizeof *files);
        if (!files)
            return fct_error_memory(err, capacity * sizeof *files);
        all->files = files;
        all->capacity = capacity;
    }
    char *copy = fct_text_copy(path);
    if (!copy)
        return fct_error_memory(err, strlen(path) + 1);
    all->files[all->n_files++] = (cache_file){copy, info->size_bytes, info->modified_ns};
    all->n_bytes += info->size_bytes;
    return FCT_OK;
}

static void files_free(cache_files *all)
{
    for (size_t i = 0; i < all->n_files; i++)
        free(all->files[i].path);
    free(all->files);
}

/* What is done with the folder of each version, older ones too: nobody reads those any more. */
static fct_status each_version(const fct_cache *cache,
                               fct_status (*visit)(const char *folder, void *context,
                                                   fct_error *err),
                               void *context, fct_error *err)
{
    fct_text folder = {0};
    fct_status status = FCT_OK;
    for (int version = 1; version <= FCT_CACHE_VERSION_NUMBER; version++) {
        folder.length = 0;
        FCT_TRY_OUT(fct_text_append_format(&folder, err, "%s/bars-%d", cache->folder, version));
        FCT_TRY_OUT(visit(folder.data, context, err));
    }
out:
    fct_text_free(&folder);
    return status;
}

/* Only what a cache writes: a folder that the user named may hold other things. */
static fct_status list_files(const char *folder, void *context, fct_error *err)
{
    return fct_tree_walk_if_present(folder, add_file, context, err);
}

static fct_status remove_folder(const char *folder, void *context, fct_error *err)
{
    (void)context;
    return fct_tree_remove(folder, err);
}

fct_status fct_cache_clear(fct_cache *cache, int64_t *n_removed, fct_error *err)
{
    cache_files all = {0};
    fct_status status;
    if (n_removed)
        *n_removed = 0;
    FCT_TRY_OUT(each_version(cache, list_files, &all, err));
    FCT_TRY_OUT(each_version(cache, remove_folder, NULL, err));
    if (n_removed)
        *n_removed = (int64_t)all.n_files;
out:
    files_free(&all);
    return status;
}

static int by_age(const void *a, const void *b)
{
    const cache_file *x = a;
    const cache_file *y = b;
    if (x->written_ns != y->written_ns)
        return x->written_ns < y->written_ns ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* What a killed writer left; a living one takes less than an hour for an entry. */
static bool is_abandoned(const cache_file *file, int64_t now_ns)
{
    return is_temporary(file->path) && now_ns - file->written_ns > INT64_C(3600000000000);
}

fct_status fct_cache_prune(fct_cache *cache, uint64_t max_bytes, int64_t *n_removed, fct_error *err)
{
    cache_files all = {0};
    int64_t n = 0;
    fct_status status;
    FCT_TRY_OUT(each_version(cache, list_files, &all, err));
    if (all.n_files)
        qsort(all.files, all.n_files, sizeof *all.files, by_age);
    int64_t now_ns = (int64_t)time(NULL) * 1000000000;
    for (size_t i = 0; i < all.n_files; i++) {
        if ((uint64_t)all.n_bytes <= max_bytes && !is_abandoned(&all.files[i], now_ns))
            continue;
        FCT_TRY_OUT(fct_file_remove(all.files[i].path, err));
        FCT_TRY_OUT(fct_cache_index_remove(all.files[i].path, err));
        all.n_bytes -= all.files[i].n_bytes;
        n++;
    }
out:
    if (n_removed)
        *n_removed = n;
    files_free(&all);
    return status;
}

/* ---- Listing ---------------------------------------------------------------------------------- */

/* The days of one series. */
typedef struct cache_series {
    fct_cache_place place; /* of its first day */
    int64_t last_day, n_days, n_bytes;
} cache_series;

typedef struct cache_list {
    const fct_cache *cache;
    cache_series *series;
    size_t n_series, capacity, position;
} cache_list;

static bool is_same_series(const fct_cache_place *a, const fct_cache_place *b)
{
    return strcmp(a->market, b->market) == 0 && strcmp(a->data_type, b->data_type) == 0 &&
           strcmp(a->symbol, b->symbol) == 0 && strcmp(a->interval, b->interval) == 0;
}

static fct_status reserve_series(cache_list *list, fct_error *err)
{
    if (list->n_series < list->capacity)
        return FCT_OK;
    size_t capacity = list->capacity ? list->capacity * 2 : 64;
    cache_series *series = realloc(list->series, capacity * sizeof *series);
    if (!series)
        return fct_error_memory(err, capacity * sizeof *series);
    list->series = series;
    list->capacity = capacity;
    return FCT_OK;
}

/* Files come in the order of their names: a series' days one after another. */
static fct_status add_entry(const char *path, const fct_file_info *info, void *context,
                            fct_error *err)
{
    cache_list *list = context;
    fct_cache_place place;
    if (!fct_cache_place_parse(list->cache, path, &place))
        return FCT_OK;
    size_t n = list->n_series;
    if (!n || !is_same_series(&list->series[n - 1].place, &place)) {
        FCT_TRY(reserve_series(list, err));
        list->series[list->n_series++] = (cache_series){.place = place};
    }
    cache_series *last = &list->series[list->n_series - 1];
    last->last_day = place.day;
    last->n_days++;
    last->n_bytes += info->size_bytes;
    return FCT_OK;
}

static void list_free(void *context)
{
    cache_list *list = context;
    free(list->series);
    free(list);
}

enum { MARKET, DATA_TYPE, SYMBOL, INTERVAL, COLUMNS, DAYS, FIRST_DAY, LAST_DAY, BYTES, N_COLUMNS };

static const fct_arrow_field list_fields[N_COLUMNS] = {
    [MARKET] = {"market", FCT_ARROW_STRING, false},
    [DATA_TYPE] = {"data_type", FCT_ARROW_STRING, false},
    [SYMBOL] = {"symbol", FCT_ARROW_STRING, false},
    [INTERVAL] = {"interval", FCT_ARROW_STRING, false},
    [COLUMNS] = {"columns", FCT_ARROW_STRING, false},
    [DAYS] = {"days", FCT_ARROW_INT64, false},
    [FIRST_DAY] = {"first_day", FCT_ARROW_DATE32, false},
    [LAST_DAY] = {"last_day", FCT_ARROW_DATE32, false},
    [BYTES] = {"bytes", FCT_ARROW_INT64, false},
};

static fct_status list_next(void *context, struct ArrowArray *out, fct_error *err)
{
    cache_list *list = context;
    *out = (struct ArrowArray){0};
    if (list->position == list->n_series)
        return FCT_OK;
    list->position = list->n_series;
    fct_arrow_builder builder;
    FCT_TRY(fct_arrow_builder_start(&builder, list_fields, N_COLUMNS, list->n_series, err));
    for (size_t i = 0; i < list->n_series; i++) {
        const cache_series *s = &list->series[i];
        fct_arrow_builder_text(&builder, MARKET, s->place.market);
        fct_arrow_builder_text(&builder, DATA_TYPE, s->place.data_type);
        fct_arrow_builder_text(&builder, SYMBOL, s->place.symbol);
        size_t n_interval = strcspn(s->place.interval, "-");
        char interval[32];
        snprintf(interval, sizeof interval, "%.*s", (int)n_interval, s->place.interval);
        fct_arrow_builder_text(&builder, INTERVAL, interval);
        fct_arrow_builder_text(&builder, COLUMNS,
                               s->place.interval + n_interval +
                                   (s->place.interval[n_interval] != '\0'));
        fct_arrow_builder_int(&builder, DAYS, s->n_days);
        fct_arrow_builder_int(&builder, FIRST_DAY, s->place.day);
        fct_arrow_builder_int(&builder, LAST_DAY, s->last_day);
        fct_arrow_builder_int(&builder, BYTES, s->n_bytes);
    }
    return fct_arrow_builder_end(&builder, out, err);
}

fct_status fct_cache_list(fct_cache *cache, struct ArrowArrayStream *out, fct_error *err)
{
    fct_text folder = {0};
    fct_status status;
    *out = (struct ArrowArrayStream){0};
    cache_list *list = calloc(1, sizeof *list);
    if (!list)
        return fct_error_memory(err, sizeof *list);
    list->cache = cache;
    FCT_TRY_OUT(fct_text_append_format(&folder, err, "%s/%s", cache->folder, FCT_CACHE_VERSION));
    FCT_TRY_OUT(fct_tree_walk_if_present(folder.data, add_entry, list, err));
    list->cache = NULL;
    const fct_arrow_source source = {list_next, list_free, list};
    list = NULL;
    status = fct_arrow_stream_make(list_fields, N_COLUMNS, source, out, err);
out:
    if (list)
        list_free(list);
    fct_text_free(&folder);
    return status;
}
