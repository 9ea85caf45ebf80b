#include "bars/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* Of writing an entry. */
enum { MAX_TRIES = 3 };

/* Column names may hold anything, so each comes with its length. */
static fct_status append_columns(fct_text *out, const fct_column_map *map, fct_error *err)
{
    if (!map)
        return fct_text_append_format(out, err, "canonical");
    const char *names[] = {map->time,           map->price, map->quantity,
                           map->is_buyer_maker, map->side,  map->id};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        FCT_TRY(fct_text_append_format(out, err, "%zu:%s,", names[i] ? strlen(names[i]) : 0,
                                       names[i] ? names[i] : ""));
    return FCT_OK;
}

fct_status fct_bar_cache_open(fct_bar_cache *cache, const char *store, const char *folder,
                              const char *market, const char *data_type, const fct_column_map *map,
                              int64_t interval_us, fct_job *job, fct_error *err)
{
    *cache = (fct_bar_cache){
        .market = market, .data_type = data_type, .interval_us = interval_us, .job = job};
    char name[24];
    fct_status status;
    FCT_TRY_OUT(
        folder ? fct_text_append_format(&cache->folder, err, "%s/%s", folder, FCT_CACHE_VERSION)
               : fct_text_append_format(&cache->folder, err, "%s/.cache/%s", store,
                                        FCT_CACHE_VERSION));
    FCT_TRY_OUT(append_columns(&cache->columns, map, err));
    fct_interval_format(interval_us / 1000, name);
    FCT_TRY_OUT(fct_text_append_format(
        &cache->interval, err, "interval=%s-%08" PRIx32, name,
        (uint32_t)fct_digest_of(cache->columns.data, cache->columns.length)));
out:
    if (status != FCT_OK)
        fct_bar_cache_close(cache);
    return status;
}

void fct_bar_cache_close(fct_bar_cache *cache)
{
    long long n_found = atomic_load(&cache->n_found);
    long long n_made = atomic_load(&cache->n_made);
    if (n_found + n_made)
        fct_job_message(cache->job, FCT_MESSAGE_DETAIL,
                        "the cache had the bars of %lld symbol-days; those of %lld were added",
                        n_found, n_made);
    fct_text_free(&cache->folder);
    fct_text_free(&cache->columns);
    fct_text_free(&cache->interval);
}

fct_status fct_bar_cache_path(const fct_bar_cache *cache, const char *symbol, int64_t day,
                              fct_text *out, fct_error *err)
{
    const fct_store_key key = {cache->market, cache->data_type, symbol};
    char date[11];
    fct_date_format(day, date);
    FCT_TRY(fct_store_symbol_folder(out, cache->folder.data, &key, err));
    return fct_text_append_format(out, err, "/%s/%s.parquet", cache->interval.data, date);
}

fct_status fct_bar_cache_index_path(const fct_bar_cache *cache, const char *symbol, fct_text *out,
                                    fct_error *err)
{
    const fct_store_key key = {cache->market, cache->data_type, symbol};
    FCT_TRY(fct_store_symbol_folder(out, cache->folder.data, &key, err));
    return fct_text_append_format(out, err, "/%s/" FCT_CACHE_INDEX_NAME, cache->interval.data);
}

/* The inode is padded, so that the size of an entry does not tell where its source lies. */
fct_status fct_bar_cache_source(const fct_store_day *day, fct_text *out, fct_error *err)
{
    out->length = 0;
    for (size_t i = 0; i < day->n_files; i++) {
        fct_file_info info;
        FCT_TRY(fct_file_stat(day->files[i], &info, err));
        FCT_TRY(fct_text_append_format(out, err,
                                       "%s %" PRId64 " %" PRId64 " %" PRId64 " %020" PRIu64 "\n",
                                       fct_path_name(day->files[i]), info.size_bytes,
                                       info.modified_ns, info.changed_ns, info.inode));
    }
    return FCT_OK;
}

static fct_status append_key(const fct_bar_cache *cache, const char *symbol, int64_t day,
                             fct_text *out, fct_error *err)
{
    return fct_text_append_format(out, err, "%s %s %s %" PRId64 " us day %" PRId64 " %s",
                                  cache->market, cache->data_type, symbol, cache->interval_us, day,
                                  cache->columns.data);
}

fct_status fct_bar_cache_get(fct_bar_cache *cache, const char *symbol, int64_t day,
                             const char *source, fct_bar_array *bars, bool *has_side, bool *found,
                             fct_error *err)
{
    fct_text path = {0};
    fct_text key = {0};
    fct_error reason = {0};
    fct_status status;
    *found = false;
    FCT_TRY_OUT(fct_bar_cache_path(cache, symbol, day, &path, err));
    FCT_TRY_OUT(append_key(cache, symbol, day, &key, err));
    fct_cache_label label = {.key = key.data, .source = source};
    status = fct_cache_entry_read(path.data, &label, cache->interval_us, bars, &reason);
    *found = status == FCT_OK;
    *has_side = label.has_side;
    if (status == FCT_OK)
        atomic_fetch_add(&cache->n_found, 1);
    else if (status == FCT_ERROR_MEMORY || status == FCT_ERROR_LIMIT)
        status = fct_error_set(err, status, "%s", reason.message);
    else {
        if (status != FCT_ERROR_NOT_FOUND)
            fct_job_message(cache->job, FCT_MESSAGE_WARNING, "%s; it is made again",
                            reason.message);
        status = FCT_OK;
    }
out:
    fct_text_free(&path);
    fct_text_free(&key);
    return status;
}

fct_status fct_bar_cache_find(fct_bar_cache *cache, const char *symbol, const fct_store_day *day,
                              const fct_cache_index *index, fct_cache_outline **out, bool *is_new,
                              fct_error *err)
{
    fct_text path = {0};
    fct_text key = {0};
    fct_text source = {0};
    fct_error reason = {0};
    fct_status status;
    *out = NULL;
    FCT_TRY_OUT(fct_bar_cache_source(day, &source, err));
    FCT_TRY_OUT(fct_bar_cache_path(cache, symbol, day->day, &path, err));
    FCT_TRY_OUT(append_key(cache, symbol, day->day, &key, err));
    const fct_cache_label label = {.key = key.data, .source = fct_text_get(&source)};
    const fct_cache_record *record = fct_cache_index_find(index, day->day);
    status = FCT_ERROR_NOT_FOUND;
    if (record)
        status = fct_cache_outline_of(out, path.data, &label, record, &reason);
    *is_new = status == FCT_ERROR_NOT_FOUND;
    if (*is_new)
        status = fct_cache_outline_read(out, path.data, &label, &reason);
    if (status != FCT_OK)
        status =
            status == FCT_ERROR_MEMORY ? fct_error_set(err, status, "%s", reason.message) : FCT_OK;
out:
    fct_text_free(&path);
    fct_text_free(&key);
    fct_text_free(&source);
    return status;
}

fct_status fct_bar_cache_write(const fct_bar_cache *cache, const char *symbol, int64_t day,
                               const char *source, const fct_bar_array *bars, bool has_side,
                               fct_error *err)
{
    fct_text path = {0};
    fct_text key = {0};
    fct_status status;
    FCT_TRY_OUT(fct_bar_cache_path(cache, symbol, day, &path, err));
    FCT_TRY_OUT(append_key(cache, symbol, day, &key, err));
    const fct_cache_label label = {.key = key.data, .source = source, .has_side = has_side};
    /* Who clears the cache meanwhile takes the folder away, or the file that is on its way. */
    int n_tries = 0;
    do
        status = fct_cache_entry_write(path.data, &label, bars, err);
    while (status == FCT_ERROR_IO && ++n_tries < MAX_TRIES);
out:
    fct_text_free(&path);
    fct_text_free(&key);
    return status;
}

fct_status fct_bar_cache_put(fct_bar_cache *cache, const char *symbol, int64_t day,
                             const char *source, const fct_bar_array *bars, bool has_side,
                             fct_error *err)
{
    fct_error reason = {0};
    if (atomic_load(&cache->gave_up))
        return FCT_OK;
    fct_status status = fct_bar_cache_write(cache, symbol, day, source, bars, has_side, &reason);
    if (status == FCT_OK) {
        atomic_fetch_add(&cache->n_made, 1);
        return FCT_OK;
    }
    if (status == FCT_ERROR_MEMORY)
        return fct_error_set(err, status, "%s", reason.message);
    if (!atomic_exchange(&cache->gave_up, true))
        fct_job_message(cache->job, FCT_MESSAGE_WARNING,
                        "bars are not cached: %s (--cache names another folder, --no-cache does "
                        "without)",
                        reason.message);
    return FCT_OK;
}
