/* A source's record as JSON, and back; what was read is checked before it is believed. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/manifest.h"

enum { RECORD_FORMAT = 1 };

/* A double holds every whole number up to here. */
#define MAX_WHOLE 9007199254740992.0

/* ---- Writing ---------------------------------------------------------------------------------- */

static bool add_text(cJSON *object, const char *name, const char *value)
{
    return !value || cJSON_AddStringToObject(object, name, value);
}

/* cJSON would write a time in µs with an exponent. */
static bool add_whole(cJSON *object, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    return cJSON_AddRawToObject(object, name, digits);
}

static bool add_date(cJSON *object, const char *name, int64_t day)
{
    char date[11];
    fct_date_format(day, date);
    return add_text(object, name, date);
}

static bool add_mark(cJSON *object, const char *n_bytes, const char *digest,
                     const fct_file_mark *mark)
{
    return add_whole(object, n_bytes, mark->n_bytes) &&
           (!*mark->digest || add_text(object, digest, mark->digest));
}

static bool add_day(cJSON *days, const fct_origin_day *day)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(days, object)) {
        cJSON_Delete(object);
        return false;
    }
    return add_date(object, "day", day->file.day) && add_whole(object, "rows", day->file.n_rows) &&
           add_whole(object, "stored_rows", day->n_stored) &&
           add_whole(object, "first_time_us", day->file.first_time_us) &&
           add_whole(object, "last_time_us", day->file.last_time_us) &&
           add_mark(object, "bytes", "digest", &day->file.mark) &&
           cJSON_AddBoolToObject(object, "owner", day->is_owner) &&
           (!day->extra.n_bytes || add_mark(object, "stored_bytes", "stored_digest", &day->extra));
}

static bool add_source(cJSON *object, const fct_origin *source)
{
    bool ok = add_whole(object, "format", RECORD_FORMAT) &&
              add_text(object, "label", source->label) && add_text(object, "name", source->name) &&
              add_text(object, "sha256", source->sha256) &&
              add_text(object, "read_as", source->read_as) &&
              add_whole(object, "bytes", source->n_bytes) &&
              add_whole(object, "bad_rows", source->n_bad_rows) &&
              add_text(object, "time_column", source->time_column) &&
              add_text(object, "price_column", source->price_column) &&
              add_text(object, "quantity_column", source->quantity_column) &&
              add_text(object, "id_column", source->id_column);
    if (ok && source->n_days)
        ok = add_date(object, "first_day", source->first_day) &&
             add_whole(object, "n_days", source->n_days);
    cJSON *days = ok ? cJSON_AddArrayToObject(object, "days") : NULL;
    ok = days != NULL;
    for (size_t i = 0; ok && i < source->n_source_days; i++)
        ok = add_day(days, &source->days[i]);
    return ok;
}

fct_status fct_origin_to_json(const fct_origin *source, char **json, fct_error *err)
{
    cJSON *object = cJSON_CreateObject();
    char *text = object && add_source(object, source) ? cJSON_Print(object) : NULL;
    cJSON_Delete(object);
    if (!text)
        return fct_error_memory(err, 0);
    *json = fct_text_copy(text);
    cJSON_free(text);
    return *json ? FCT_OK : fct_error_memory(err, 0);
}

/* ---- Reading ---------------------------------------------------------------------------------- */

typedef struct reading {
    const char *path;
    fct_status status;
    fct_error *err;
} reading;

static void fail(reading *r, const char *what)
{
    if (r->status == FCT_OK)
        r->status = fct_error_set(r->err, FCT_ERROR_DATA,
                                  "the record %s is damaged (%s): remove it and ingest its file "
                                  "again",
                                  r->path, what);
}

static int64_t get_whole(reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    if (!(fabs(value) <= MAX_WHOLE) || value != floor(value)) {
        fail(r, name);
        return 0;
    }
    return (int64_t)value;
}

static int64_t get_count(reading *r, const cJSON *object, const char *name)
{
    int64_t value = get_whole(r, object, name);
    if (value < 0)
        fail(r, name);
    return value;
}

/* A copy of a text, or NULL where there is none and none is needed. */
static char *get_text(reading *r, const cJSON *object, const char *name, bool is_needed)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item)) {
        if (item || is_needed)
            fail(r, name);
        return NULL;
    }
    char *copy = fct_text_copy(item->valuestring);
    if (!copy && r->status == FCT_OK)
        r->status = fct_error_memory(r->err, strlen(item->valuestring));
    return copy;
}

/* Records of before there were digests have none. */
static fct_file_mark get_mark(reading *r, const cJSON *object, const char *n_bytes,
                              const char *digest)
{
    fct_file_mark mark = {.n_bytes = get_count(r, object, n_bytes)};
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, digest);
    if (cJSON_IsString(item) && strlen(item->valuestring) < sizeof mark.digest)
        memcpy(mark.digest, item->valuestring, strlen(item->valuestring) + 1);
    else if (item)
        fail(r, digest);
    return mark;
}

static int64_t get_date(reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    int64_t day = 0;
    if (!cJSON_IsString(item) || fct_date_parse(item->valuestring, &day, NULL) != FCT_OK)
        fail(r, name);
    return day;
}

static void get_days(reading *r, const cJSON *object, fct_origin *source)
{
    const cJSON *days = cJSON_GetObjectItemCaseSensitive(object, "days");
    int n_days = cJSON_IsArray(days) ? cJSON_GetArraySize(days) : -1;
    if (n_days < 0) {
        fail(r, "days");
        return;
    }
    source->days = calloc((size_t)n_days + 1, sizeof *source->days);
    if (!source->days) {
        r->status = fct_error_memory(r->err, (size_t)n_days * sizeof *source->days);
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, days)
    {
        fct_origin_day *day = &source->days[source->n_source_days++];
        day->file.day = get_date(r, item, "day");
        day->file.n_rows = get_count(r, item, "rows");
        day->n_stored = get_count(r, item, "stored_rows");
        day->n_stored_before = day->n_stored;
        day->file.first_time_us = get_whole(r, item, "first_time_us");
        day->file.last_time_us = get_whole(r, item, "last_time_us");
        day->file.mark = get_mark(r, item, "bytes", "digest");
        if (cJSON_HasObjectItem(item, "stored_bytes"))
            day->extra = get_mark(r, item, "stored_bytes", "stored_digest");
        day->is_owner = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "owner"));
        if (day > source->days && day->file.day <= day[-1].file.day)
            fail(r, "days");
    }
}

static void get_source(reading *r, const cJSON *object, fct_origin *source)
{
    if (get_whole(r, object, "format") != RECORD_FORMAT)
        fail(r, "format");
    source->label = get_text(r, object, "label", true);
    source->name = get_text(r, object, "name", true);
    source->read_as = get_text(r, object, "read_as", true);
    source->time_column = get_text(r, object, "time_column", true);
    source->price_column = get_text(r, object, "price_column", false);
    source->quantity_column = get_text(r, object, "quantity_column", false);
    source->id_column = get_text(r, object, "id_column", false);
    char *sha256 = get_text(r, object, "sha256", true);
    if (sha256 && strlen(sha256) < sizeof source->sha256)
        memcpy(source->sha256, sha256, strlen(sha256) + 1);
    free(sha256);
    source->n_bytes = get_count(r, object, "bytes");
    source->n_bad_rows = get_count(r, object, "bad_rows");
    if (cJSON_HasObjectItem(object, "first_day")) {
        source->first_day = get_date(r, object, "first_day");
        source->n_days = get_count(r, object, "n_days");
    }
    get_days(r, object, source);
}

/* A record may only speak of files of its own name: its label becomes part of paths. */
static bool label_fits(const char *label, const char *path)
{
    size_t n = strlen(label);
    const char *name = fct_path_name(path);
    return n && strncmp(name, label, n) == 0 && strcmp(name + n, ".json") == 0;
}

fct_status fct_origin_from_json(const char *json, const char *path, fct_origin *source,
                                fct_error *err)
{
    *source = (fct_origin){0};
    reading r = {.path = path, .err = err};
    cJSON *object = cJSON_Parse(json);
    if (cJSON_IsObject(object))
        get_source(&r, object, source);
    else
        fail(&r, "it is no JSON object");
    if (r.status == FCT_OK && !label_fits(source->label, path))
        fail(&r, "label");
    cJSON_Delete(object);
    if (r.status != FCT_OK)
        fct_origin_free(source);
    return r.status;
}
