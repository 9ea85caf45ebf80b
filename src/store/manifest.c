#include "store/manifest.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RECORD_BYTES = 64 << 20 };

void fct_origin_free(fct_origin *source)
{
    free(source->label);
    free(source->name);
    free(source->read_as);
    free(source->time_column);
    free(source->price_column);
    free(source->quantity_column);
    free(source->id_column);
    free(source->days);
    *source = (fct_origin){0};
}

/* Copies a text that may be NULL. */
static bool copy_text(const char *text, char **out)
{
    *out = text ? fct_text_copy(text) : NULL;
    return *out || !text;
}

fct_status fct_origin_copy(const fct_origin *source, fct_origin *out, fct_error *err)
{
    *out = *source;
    size_t n_bytes = (source->n_source_days + 1) * sizeof *out->days;
    out->days = malloc(n_bytes);
    /* All of them are tried, so that every pointer of the copy is its own and can be freed. */
    bool copied = out->days != NULL;
    copied &= copy_text(source->label, &out->label);
    copied &= copy_text(source->name, &out->name);
    copied &= copy_text(source->read_as, &out->read_as);
    copied &= copy_text(source->time_column, &out->time_column);
    copied &= copy_text(source->price_column, &out->price_column);
    copied &= copy_text(source->quantity_column, &out->quantity_column);
    copied &= copy_text(source->id_column, &out->id_column);
    if (!copied) {
        fct_origin_free(out);
        return fct_error_memory(err, n_bytes);
    }
    if (source->n_source_days)
        memcpy(out->days, source->days, source->n_source_days * sizeof *out->days);
    return FCT_OK;
}

fct_origin_day *fct_origin_day_find(const fct_origin *source, int64_t day)
{
    size_t first = 0;
    size_t end = source->n_source_days;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (source->days[middle].file.day < day)
            first = middle + 1;
        else
            end = middle;
    }
    bool is_there = first < source->n_source_days && source->days[first].file.day == day;
    return is_there ? &source->days[first] : NULL;
}

bool fct_origin_owns_before(const fct_origin *a, const fct_origin *b)
{
    int64_t a_days = a->n_days ? a->n_days : INT64_MAX;
    int64_t b_days = b->n_days ? b->n_days : INT64_MAX;
    return a_days != b_days ? a_days < b_days : strcmp(a->label, b->label) < 0;
}

static fct_status append_key(fct_text *out, const char *kind, const fct_store_key *key,
                             fct_error *err)
{
    FCT_TRY(fct_name_check(key->market, "market", err));
    FCT_TRY(fct_name_check(key->data_type, "data type", err));
    FCT_TRY(fct_name_check(key->symbol, "symbol", err));
    return fct_text_append_format(out, err, ".factorium/%s/%s/%s/%s", kind, key->market,
                                  key->data_type, key->symbol);
}

fct_status fct_origin_record_path(fct_text *out, const fct_store_key *key, const char *label,
                                  fct_error *err)
{
    FCT_TRY(append_key(out, "sources", key, err));
    return fct_text_append_format(out, err, "/%s.json", label);
}

fct_status fct_origin_spill_path(fct_text *out, const fct_store_key *key, const char *label,
                                 int64_t day, fct_error *err)
{
    char date[11];
    fct_date_format(day, date);
    FCT_TRY(append_key(out, "spill", key, err));
    return fct_text_append_format(out, err, "/%s/%s.parquet", date, label);
}

/* ---- The sources of a symbol ------------------------------------------------------------------ */

/* Where `label` is, or would have to be. */
static size_t place_of(const fct_origins *sources, const char *label)
{
    size_t first = 0;
    size_t end = sources->n_sources;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(sources->sources[middle].label, label) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

fct_origin *fct_origins_find(const fct_origins *sources, const char *label)
{
    size_t i = place_of(sources, label);
    bool is_there = i < sources->n_sources && strcmp(sources->sources[i].label, label) == 0;
    return is_there ? &sources->sources[i] : NULL;
}

fct_status fct_origins_reserve(fct_origins *sources, size_t n_more, fct_error *err)
{
    size_t n_needed = sources->n_sources + n_more;
    if (n_needed <= sources->capacity)
        return FCT_OK;
    size_t capacity = n_needed < 2 * sources->capacity ? 2 * sources->capacity : n_needed + 3;
    fct_origin *grown = realloc(sources->sources, capacity * sizeof *grown);
    if (!grown)
        return fct_error_memory(err, capacity * sizeof *grown);
    sources->sources = grown;
    sources->capacity = capacity;
    return FCT_OK;
}

void fct_origins_put(fct_origins *sources, fct_origin *source)
{
    fct_origin *place = fct_origins_find(sources, source->label);
    if (place) {
        fct_origin_free(place);
    } else {
        size_t i = place_of(sources, source->label);
        place = &sources->sources[i];
        memmove(place + 1, place, (sources->n_sources - i) * sizeof *place);
        sources->n_sources++;
    }
    *place = *source;
    *source = (fct_origin){0};
}

void fct_origins_free(fct_origins *sources)
{
    for (size_t i = 0; i < sources->n_sources; i++)
        fct_origin_free(&sources->sources[i]);
    free(sources->sources);
    *sources = (fct_origins){0};
}

static bool is_record(const char *path)
{
    const char *name = fct_path_name(path);
    size_t n = strlen(name);
    return *name != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static fct_status load_one(const char *path, const fct_file_info *info, void *context,
                           fct_error *err)
{
    (void)info;
    if (!is_record(path))
        return FCT_OK;
    char *json = NULL;
    size_t n_bytes;
    fct_origin source = {0};
    fct_status status;
    FCT_TRY_OUT(fct_file_read(path, MAX_RECORD_BYTES, &json, &n_bytes, err));
    FCT_TRY_OUT(fct_origin_from_json(json, path, &source, err));
    FCT_TRY_OUT(fct_origins_reserve(context, 1, err));
    fct_origins_put(context, &source);
out:
    free(json);
    fct_origin_free(&source);
    return status;
}

fct_status fct_origins_load(const char *root, const fct_store_key *key, fct_origins *out,
                            fct_error *err)
{
    *out = (fct_origins){0};
    fct_text folder = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&folder, err, "%s/", root));
    FCT_TRY_OUT(append_key(&folder, "sources", key, err));
    FCT_TRY_OUT(fct_tree_walk_if_present(folder.data, load_one, out, err));
out:
    fct_text_free(&folder);
    if (status != FCT_OK)
        fct_origins_free(out);
    return status;
}
