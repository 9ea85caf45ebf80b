/* JSON objects field by field: written, and read with each field checked before it is believed. */
#ifndef FCT_SHARD_JSON_H
#define FCT_SHARD_JSON_H

#include <cjson/cJSON.h>

#include "base/status.h"

/* Each false without memory. A NULL text is left out. */
bool fct_json_add_text(cJSON *object, const char *name, const char *value);
bool fct_json_add_whole(cJSON *object, const char *name, int64_t value); /* within 1e15 */
bool fct_json_add_truth(cJSON *object, const char *name, bool value);
bool fct_json_add_texts(cJSON *object, const char *name, const char *const *texts, size_t n_texts);

/* Adds `item`, which is freed where that fails, to an array. */
bool fct_json_append(cJSON *array, cJSON *item);

/* Starts as {.path, .err}; the first failure is kept in `status`. What was read after it means nothing. */
typedef struct fct_json_reading {
    const char *path; /* for messages */
    fct_status status;
    fct_error *err;
} fct_json_reading;

/* FCT_ERROR_DATA: the field is not as it should be. */
void fct_json_fail(fct_json_reading *r, const char *field);

/* Texts belong to the object. */
const char *fct_json_text(fct_json_reading *r, const cJSON *object, const char *name);
const char *fct_json_text_or_null(fct_json_reading *r, const cJSON *object, const char *name);
int64_t fct_json_whole(fct_json_reading *r, const cJSON *object, const char *name, int64_t low,
                       int64_t high);
double fct_json_number(fct_json_reading *r, const cJSON *object, const char *name);
bool fct_json_truth(fct_json_reading *r, const cJSON *object, const char *name);
const cJSON *fct_json_object(fct_json_reading *r, const cJSON *object, const char *name);
const cJSON *fct_json_array(fct_json_reading *r, const cJSON *object, const char *name);

/* An array of texts; *texts is from malloc, also where it is empty, and NULL after a failure. */
void fct_json_texts(fct_json_reading *r, const cJSON *object, const char *name, const char ***texts,
                    size_t *n_texts);

#endif
