#include "shard/json.h"

#include <math.h>
#include <stdlib.h>

/* ---- Writing ---------------------------------------------------------------------------------- */

bool fct_json_add_text(cJSON *object, const char *name, const char *value)
{
    return !value || cJSON_AddStringToObject(object, name, value);
}

bool fct_json_add_whole(cJSON *object, const char *name, int64_t value)
{
    return cJSON_AddNumberToObject(object, name, (double)value);
}

bool fct_json_add_truth(cJSON *object, const char *name, bool value)
{
    return cJSON_AddBoolToObject(object, name, value);
}

bool fct_json_append(cJSON *array, cJSON *item)
{
    if (array && item && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

bool fct_json_add_texts(cJSON *object, const char *name, const char *const *texts, size_t n_texts)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < n_texts; i++)
        ok = fct_json_append(array, cJSON_CreateString(texts[i]));
    return ok;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

void fct_json_fail(fct_json_reading *r, const char *field)
{
    if (r->status == FCT_OK)
        r->status = fct_error_set(r->err, FCT_ERROR_DATA,
                                  "%s is damaged, or was written by another version of factorium: "
                                  "its field %s is not as it should be",
                                  r->path, field);
}

const char *fct_json_text_or_null(fct_json_reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        return NULL;
    if (!cJSON_IsString(item))
        fct_json_fail(r, name);
    return cJSON_GetStringValue(item);
}

const char *fct_json_text(fct_json_reading *r, const cJSON *object, const char *name)
{
    const char *text = fct_json_text_or_null(r, object, name);
    if (!text)
        fct_json_fail(r, name);
    return text ? text : "";
}

int64_t fct_json_whole(fct_json_reading *r, const cJSON *object, const char *name, int64_t low,
                       int64_t high)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    if (!(value >= (double)low && value <= (double)high) || value != floor(value)) {
        fct_json_fail(r, name);
        return low;
    }
    return (int64_t)value;
}

double fct_json_number(fct_json_reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
        fct_json_fail(r, name);
        return 0;
    }
    return item->valuedouble;
}

bool fct_json_truth(fct_json_reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsBool(item))
        fct_json_fail(r, name);
    return cJSON_IsTrue(item);
}

const cJSON *fct_json_object(fct_json_reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsObject(item))
        fct_json_fail(r, name);
    return item;
}

const cJSON *fct_json_array(fct_json_reading *r, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsArray(item))
        fct_json_fail(r, name);
    return item;
}

void fct_json_texts(fct_json_reading *r, const cJSON *object, const char *name, const char ***texts,
                    size_t *n_texts)
{
    const cJSON *array = fct_json_array(r, object, name);
    const cJSON *item;
    *n_texts = 0;
    *texts = NULL;
    if (r->status != FCT_OK)
        return;
    size_t n = (size_t)cJSON_GetArraySize(array);
    *texts = malloc((n + 1) * sizeof **texts);
    if (!*texts) {
        r->status = fct_error_memory(r->err, n * sizeof **texts);
        return;
    }
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item)) {
            fct_json_fail(r, name);
            return;
        }
        (*texts)[(*n_texts)++] = item->valuestring;
    }
}
