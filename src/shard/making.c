#include "shard/making.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "shard/json.h"

static fct_status memory_unless(bool ok, fct_error *err)
{
    return ok ? FCT_OK : fct_error_memory(err, 0);
}

fct_status fct_shard_add_symbols(fct_shard_making *making, const char *const *symbols, size_t n,
                                 int64_t n_missing_days, fct_error *err)
{
    return memory_unless(fct_json_add_whole(making->json, "missing_days", n_missing_days) &&
                             fct_json_add_texts(making->json, "symbols", symbols, n),
                         err);
}

fct_status fct_shard_add_store(fct_shard_making *making, const fct_shard_store *store,
                               fct_error *err)
{
    cJSON *json = cJSON_GetObjectItemCaseSensitive(making->json, "store");
    const fct_bar_spec *bar = &store->resolved.bar;
    const char **names = calloc(store->n_symbols + 1, sizeof *names);
    if (!names)
        return fct_error_memory(err, store->n_symbols * sizeof *names);
    for (size_t i = 0; i < store->n_symbols; i++)
        names[i] = store->symbols[i]->symbol;
    fct_status status =
        memory_unless(fct_json_add_text(json, "market", store->selection.market) &&
                          fct_json_add_text(json, "data_type", store->selection.data_type) &&
                          fct_json_add_whole(json, "kind", bar->kind) &&
                          fct_json_add_whole(json, "interval_ms", bar->interval_ms) &&
                          cJSON_AddNumberToObject(json, "threshold", bar->threshold),
                      err);
    if (status == FCT_OK)
        status = fct_shard_add_symbols(making, names, store->n_symbols,
                                       store->selection.n_missing_days, err);
    free(names);
    return status;
}

fct_status fct_shard_add_stage(fct_shard_making *making, fct_shard_axis axis, const char *text,
                               const fct_shard_names *sends, const fct_shard_names *keeps,
                               cJSON **shards, fct_error *err)
{
    static const fct_shard_names none;
    cJSON *stages = cJSON_GetObjectItemCaseSensitive(making->json, "stages");
    if (!stages)
        stages = cJSON_AddArrayToObject(making->json, "stages");
    sends = sends ? sends : &none;
    keeps = keeps ? keeps : &none;
    cJSON *stage = cJSON_CreateObject();
    *shards = NULL;
    if (!fct_json_append(stages, stage))
        return fct_error_memory(err, 0);
    bool ok = fct_json_add_text(stage, "axis", fct_shard_axis_name(axis)) &&
              fct_json_add_text(stage, "text", text) &&
              fct_json_add_texts(stage, "sends", sends->names, sends->n_names) &&
              fct_json_add_texts(stage, "keeps", keeps->names, keeps->n_names);
    if (ok)
        *shards = cJSON_AddArrayToObject(stage, "shards");
    return memory_unless(*shards != NULL, err);
}

fct_status fct_shard_add_shard(cJSON *shards, const fct_shard *shard, fct_error *err)
{
    cJSON *object = cJSON_CreateObject();
    if (!fct_json_append(shards, object))
        return fct_error_memory(err, 0);
    bool ok =
        fct_json_add_whole(object, "first_symbol", (int64_t)shard->first_symbol) &&
        fct_json_add_whole(object, "end_symbol", (int64_t)shard->end_symbol) &&
        (shard->from_ms == INT64_MIN || fct_json_add_whole(object, "from_ms", shard->from_ms)) &&
        (shard->to_ms == INT64_MAX || fct_json_add_whole(object, "to_ms", shard->to_ms)) &&
        fct_json_add_whole(object, "bytes", shard->n_bytes) &&
        fct_json_add_text(object, "source", shard->source);
    return memory_unless(ok, err);
}

fct_status fct_shard_tell_missing(int64_t n_missing_days, int64_t n_left_out, fct_error *err)
{
    char left_out[120] = "";
    char days[120] = "";
    if (!n_missing_days && !n_left_out)
        return FCT_OK;
    if (n_missing_days)
        snprintf(days, sizeof days,
                 "%" PRId64 " symbol-days that were asked for are not in the store",
                 n_missing_days);
    if (n_left_out)
        snprintf(left_out, sizeof left_out,
                 "%" PRId64 " factors are left out: the bars lack columns that they need",
                 n_left_out);
    return fct_error_set(err, FCT_ERROR_PARTIAL, "%s%s%s", days, *days && *left_out ? "; " : "",
                         left_out);
}
