/* Reading every entry of a cache, to say which are damaged and which are of trades that changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars/cache_files.h"

typedef struct verify {
    const fct_cache *cache;
    fct_job *job;
    int64_t n_entries, n_damaged, n_stale;
} verify;

/* What the store's files of the day are now. */
static fct_status source_now(const verify *v, const fct_cache_place *place, fct_text *source,
                             fct_error *err)
{
    const fct_store_key key = {place->market, place->data_type, place->symbol};
    fct_store_days days;
    const fct_store store = fct_store_folder(v->cache->store);
    FCT_TRY(fct_store_days_list(&store, &key, place->day, place->day + 1, &days, err));
    fct_status status = days.n_days ? fct_bar_cache_source(&days.days[0], source, err) : FCT_OK;
    fct_store_days_free(&days);
    return status;
}

/* Reads all of an entry, and then whether it is of the trades that the store has now. */
static fct_status read_entry(const char *path, const fct_cache_place *place, const char *source,
                             bool *is_stale, fct_error *err)
{
    fct_cache_label label = {0};
    fct_bar_array bars = {0};
    fct_cache_outline *outline = NULL;
    int64_t interval_ms;
    char interval[32];
    snprintf(interval, sizeof interval, "%.*s", (int)strcspn(place->interval, "-"),
             place->interval);
    FCT_TRY(fct_interval_parse(interval, &interval_ms, err));
    fct_status status = fct_cache_entry_read(path, &label, interval_ms * 1000, &bars, err);
    fct_bar_array_free(&bars);
    FCT_TRY(status);
    label = (fct_cache_label){.source = source};
    status = fct_cache_outline_read(&outline, path, &label, err);
    fct_cache_outline_free(outline);
    *is_stale = status == FCT_ERROR_NOT_FOUND;
    return *is_stale ? FCT_OK : status;
}

static fct_status check_entry(const char *path, const fct_file_info *info, void *context,
                              fct_error *err)
{
    (void)info;
    verify *v = context;
    fct_cache_place place;
    fct_text source = {0};
    fct_error reason = {0};
    bool is_stale = false;
    FCT_TRY(fct_job_check(v->job, err));
    if (!fct_cache_place_parse(v->cache, path, &place))
        return FCT_OK;
    fct_status status = source_now(v, &place, &source, err);
    if (status != FCT_OK) {
        fct_text_free(&source);
        return status;
    }
    status = read_entry(path, &place, fct_text_get(&source), &is_stale, &reason);
    fct_text_free(&source);
    if (status == FCT_ERROR_MEMORY)
        return fct_error_set(err, status, "%s", reason.message);
    /* Another process pruned it just now. */
    if (status == FCT_ERROR_NOT_FOUND)
        return FCT_OK;
    v->n_entries++;
    v->n_stale += is_stale;
    v->n_damaged += status != FCT_OK;
    if (is_stale)
        fct_job_message(v->job, FCT_MESSAGE_DETAIL, "%s", reason.message);
    if (status != FCT_OK)
        fct_job_message(v->job, FCT_MESSAGE_ERROR,
                        "%s; remove it, or let the next load make it again", reason.message);
    return FCT_OK;
}

fct_status fct_cache_verify(fct_cache *cache, const fct_run *run, int64_t *n_entries,
                            int64_t *n_damaged, int64_t *n_stale, fct_error *err)
{
    fct_job job;
    fct_text folder = {0};
    verify v = {.cache = cache, .job = &job};
    fct_status status;
    FCT_TRY(fct_job_start(&job, run, err));
    FCT_TRY_OUT(fct_text_append_format(&folder, err, "%s/%s", cache->folder, FCT_CACHE_VERSION));
    FCT_TRY_OUT(fct_tree_walk_if_present(folder.data, check_entry, &v, err));
    if (v.n_damaged)
        status =
            fct_error_set(err, FCT_ERROR_INTEGRITY, "%lld of %lld entries of the cache are damaged",
                          (long long)v.n_damaged, (long long)v.n_entries);
out:
    if (n_entries)
        *n_entries = v.n_entries;
    if (n_damaged)
        *n_damaged = v.n_damaged;
    if (n_stale)
        *n_stale = v.n_stale;
    fct_text_free(&folder);
    fct_job_end(&job);
    return status;
}
