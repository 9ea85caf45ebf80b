/* From JSON to a plan: every field is checked before it is believed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/time.h"
#include "shard/json.h"
#include "shard/mirror.h"
#include "store/paths.h"

#define MAX_PLAN_BYTES ((size_t)1 << 28)

/* Times and counts up to here are written without an exponent, and exact. */
#define MAX_WHOLE INT64_C(1000000000000000)

/* ---- Key -------------------------------------------------------------------------------------- */

/* The digest of what is printed of the object, whatever blanks its file has. */
static fct_status key_of(const cJSON *json, char hex[FCT_SHARD_HEX + 1], fct_error *err)
{
    char *text = cJSON_PrintUnformatted(json);
    if (!text)
        return fct_error_memory(err, 0);
    snprintf(hex, FCT_SHARD_HEX + 1, "%016" PRIx64, fct_digest_of(text, strlen(text)));
    cJSON_free(text);
    return FCT_OK;
}

fct_status fct_shard_plan_seal(cJSON *json, fct_error *err)
{
    char hex[FCT_SHARD_HEX + 1];
    FCT_TRY(key_of(json, hex, err));
    cJSON *key = cJSON_CreateString(hex);
    /* The name is given by hand: cJSON has no call that puts a field in front. */
    if (key)
        key->string = cJSON_malloc(sizeof "key");
    if (!key || !key->string) {
        cJSON_Delete(key);
        return fct_error_memory(err, sizeof hex);
    }
    memcpy(key->string, "key", sizeof "key");
    if (!cJSON_InsertItemInArray(json, 0, key)) {
        cJSON_Delete(key);
        return fct_error_memory(err, sizeof hex);
    }
    return FCT_OK;
}

static fct_status check_key(cJSON *json, const char *path, fct_error *err)
{
    char hex[FCT_SHARD_HEX + 1];
    cJSON *key = json->child;
    if (!key || strcmp(key->string, "key") != 0 || !cJSON_IsString(key))
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s is no plan: it does not begin with a key; factorium plan makes "
                             "one",
                             path);
    cJSON_DetachItemViaPointer(json, key);
    fct_status status = key_of(json, hex, err);
    bool is_same = status == FCT_OK && strcmp(hex, key->valuestring) == 0;
    if (!cJSON_InsertItemInArray(json, 0, key)) {
        cJSON_Delete(key);
        return fct_error_memory(err, 0);
    }
    if (status != FCT_OK || is_same)
        return status;
    return fct_error_set(err, FCT_ERROR_INTEGRITY,
                         "%s was changed after it was made: its key does not fit; plan again",
                         path);
}

/* ---- Request ---------------------------------------------------------------------------------- */

static void read_map(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan)
{
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(object, "map");
    if (!map)
        return;
    plan->map = (fct_column_map){
        .time = fct_json_text(r, map, "time"),
        .price = fct_json_text(r, map, "price"),
        .quantity = fct_json_text(r, map, "quantity"),
        .is_buyer_maker = fct_json_text_or_null(r, map, "is_buyer_maker"),
        .side = fct_json_text_or_null(r, map, "side"),
        .id = fct_json_text_or_null(r, map, "id"),
    };
    plan->bars.map = &plan->map;
}

static void read_store(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan)
{
    fct_bars_request *bars = &plan->bars;
    *bars = (fct_bars_request){
        .store = fct_json_text(r, object, "root"),
        .dataset = {.exchange = fct_json_text_or_null(r, object, "exchange"),
                    .market = fct_json_text(r, object, "market"),
                    .data_type = fct_json_text(r, object, "data_type")},
        .from_ms = fct_json_whole(r, object, "from_ms", 0, MAX_WHOLE),
        .to_ms = fct_json_whole(r, object, "to_ms", 0, MAX_WHOLE),
        .bar = {.kind =
                    (fct_bar_kind)fct_json_whole(r, object, "kind", FCT_BAR_TIME, FCT_BAR_DOLLAR),
                .interval_ms = fct_json_whole(r, object, "interval_ms", 0, FCT_MAX_INTERVAL_MS),
                .threshold = fct_json_number(r, object, "threshold")},
        .missing =
            (fct_missing)fct_json_whole(r, object, "missing", FCT_MISSING_ERROR, FCT_MISSING_SKIP),
        .without_sides = fct_json_truth(r, object, "without_sides"),
        .with_notional = fct_json_truth(r, object, "with_notional"),
        .with_num_trades = fct_json_truth(r, object, "with_num_trades"),
        .fill_previous = fct_json_truth(r, object, "fill_previous"),
        .drop_last = fct_json_truth(r, object, "drop_last"),
        .engine =
            (fct_engine)fct_json_whole(r, object, "engine", FCT_ENGINE_AUTO, FCT_ENGINE_DUCKDB),
        .no_cache = fct_json_truth(r, object, "no_cache"),
        .cache_folder = fct_json_text_or_null(r, object, "cache_folder"),
    };
    read_map(r, object, plan);
}

static void read_panel(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan)
{
    plan->panel = fct_json_text(r, object, "path");
    plan->panel_source = fct_json_text(r, object, "source");
    plan->is_part = fct_json_truth(r, object, "is_part");
    plan->from_ms = fct_json_whole(r, object, "from_ms", -MAX_WHOLE, MAX_WHOLE);
    plan->to_ms = fct_json_whole(r, object, "to_ms", -MAX_WHOLE, MAX_WHOLE);
}

static void read_expressions(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan)
{
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(object, "attributes");
    const cJSON *expressions = cJSON_GetObjectItemCaseSensitive(object, "expressions");
    if (attributes) {
        plan->attributes = fct_json_text(r, attributes, "path");
        plan->attributes_source = fct_json_text(r, attributes, "source");
    }
    if (!expressions)
        return;
    plan->options.strict_cross_sections = fct_json_truth(r, expressions, "strict");
    plan->n_left_out = fct_json_whole(r, expressions, "left_out", 0, MAX_WHOLE);
    fct_json_texts(r, expressions, "factors", &plan->factors.names, &plan->factors.n_names);
    if (!plan->factors.n_names)
        fct_json_fail(r, "factors");
}

/* ---- Stages ----------------------------------------------------------------------------------- */

const char *fct_shard_axis_name(fct_shard_axis axis)
{
    static const char *const names[] = {
        [FCT_SHARD_BARS] = "bars", [FCT_SHARD_SYMBOLS] = "symbols", [FCT_SHARD_TIMES] = "times"};
    return names[axis];
}

static int64_t time_or(fct_json_reading *r, const cJSON *object, const char *name, int64_t open)
{
    return cJSON_HasObjectItem(object, name)
               ? fct_json_whole(r, object, name, -MAX_WHOLE, MAX_WHOLE)
               : open;
}

/*
 * The shards of a stage lie side by side: each goes on in time where the one before ended, or begins with the next symbol;
 * no piece of work is left out, or done twice.
 */
static bool follows(const fct_shard *s, const fct_shard *before, size_t n_symbols)
{
    bool begins = s->from_ms == INT64_MIN;
    bool before_ends = !before || before->to_ms == INT64_MAX;
    if (s->from_ms >= s->to_ms || s->end_symbol > n_symbols || s->first_symbol >= s->end_symbol)
        return false;
    if (!before_ends)
        return s->first_symbol == before->first_symbol && s->end_symbol == before->end_symbol &&
               s->from_ms == before->to_ms;
    return begins && s->first_symbol == (before ? before->end_symbol : 0);
}

static void read_shard(fct_json_reading *r, const cJSON *object, fct_shard_axis axis, fct_shard *s)
{
    int64_t first = fct_json_whole(r, object, "first_symbol", 0, UINT32_MAX);
    int64_t end = fct_json_whole(r, object, "end_symbol", 0, UINT32_MAX);
    *s = (fct_shard){
        .first_symbol = (size_t)first,
        .end_symbol = (size_t)end,
        .from_ms = time_or(r, object, "from_ms", INT64_MIN),
        .to_ms = time_or(r, object, "to_ms", INT64_MAX),
        .n_bytes = fct_json_whole(r, object, "bytes", 0, MAX_WHOLE),
        .source = fct_json_text_or_null(r, object, "source"),
    };
    bool is_whole = s->from_ms == INT64_MIN && s->to_ms == INT64_MAX;
    if (axis == FCT_SHARD_SYMBOLS && !is_whole)
        fct_json_fail(r, "from_ms");
}

static void read_shards(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan,
                        fct_shard_stage *stage)
{
    const cJSON *array = fct_json_array(r, object, "shards");
    const cJSON *item;
    int n = cJSON_GetArraySize(array);
    if (n < 1 || n > FCT_SHARD_MAX_SHARDS)
        fct_json_fail(r, "shards");
    if (r->status != FCT_OK)
        return;
    stage->shards = calloc((size_t)n, sizeof *stage->shards);
    if (!stage->shards) {
        r->status = fct_error_memory(r->err, (size_t)n * sizeof *stage->shards);
        return;
    }
    cJSON_ArrayForEach(item, array)
    {
        fct_shard *s = &stage->shards[stage->n_shards];
        read_shard(r, item, stage->axis, s);
        bool has_source = s->source || !plan->bars.store || plan->n_stages > 1;
        if (!follows(s, stage->n_shards ? s - 1 : NULL, plan->symbols.n_names) || !has_source)
            fct_json_fail(r, "shards");
        stage->n_shards++;
    }
    const fct_shard *last = &stage->shards[stage->n_shards - 1];
    if (last->end_symbol != plan->symbols.n_names || last->to_ms != INT64_MAX)
        fct_json_fail(r, "shards");
}

/* Whether the stages of one axis are cut alike. */
static bool is_cut_alike(const fct_shard_stage *a, const fct_shard_stage *b)
{
    bool alike = a->n_shards == b->n_shards;
    for (size_t i = 0; alike && i < a->n_shards; i++)
        alike = a->shards[i].end_symbol == b->shards[i].end_symbol &&
                a->shards[i].to_ms == b->shards[i].to_ms;
    return alike;
}

static void read_stage(fct_json_reading *r, const cJSON *object, struct fct_shard_plan *plan)
{
    size_t number = plan->n_stages++;
    fct_shard_stage *stage = &plan->stages[number];
    const char *axis = fct_json_text(r, object, "axis");
    /* Expressions begin along symbols, and change the axis with each stage. */
    stage->axis = !plan->factors.n_names ? FCT_SHARD_BARS
                  : number % 2           ? FCT_SHARD_TIMES
                                         : FCT_SHARD_SYMBOLS;
    if (strcmp(axis, fct_shard_axis_name(stage->axis)) != 0 || (!plan->factors.n_names && number))
        fct_json_fail(r, "axis");
    stage->text = fct_json_text(r, object, "text");
    fct_json_texts(r, object, "sends", &stage->sends.names, &stage->sends.n_names);
    fct_json_texts(r, object, "keeps", &stage->keeps.names, &stage->keeps.n_names);
    read_shards(r, object, plan, stage);
    if (r->status == FCT_OK && number >= 2 && !is_cut_alike(stage, stage - 2))
        fct_json_fail(r, "shards");
    if (r->status == FCT_OK && stage->axis == FCT_SHARD_TIMES &&
        stage->shards[0].end_symbol != plan->symbols.n_names)
        fct_json_fail(r, "shards");
}

static void read_stages(fct_json_reading *r, const cJSON *json, struct fct_shard_plan *plan)
{
    const cJSON *array = fct_json_array(r, json, "stages");
    const cJSON *item;
    int n = cJSON_GetArraySize(array);
    if (n < 1 || n > FCT_SHARD_MAX_STAGES)
        fct_json_fail(r, "stages");
    if (r->status != FCT_OK)
        return;
    plan->stages = calloc((size_t)n, sizeof *plan->stages);
    if (!plan->stages) {
        r->status = fct_error_memory(r->err, (size_t)n * sizeof *plan->stages);
        return;
    }
    cJSON_ArrayForEach(item, array) if (r->status == FCT_OK) read_stage(r, item, plan);
}

/* Symbols ascend: shards name them by their place. */
static void read_symbols(fct_json_reading *r, const cJSON *json, struct fct_shard_plan *plan)
{
    fct_json_texts(r, json, "symbols", &plan->symbols.names, &plan->symbols.n_names);
    if (!plan->symbols.n_names)
        fct_json_fail(r, "symbols");
    for (size_t i = 1; i < plan->symbols.n_names; i++)
        if (strcmp(plan->symbols.names[i - 1], plan->symbols.names[i]) >= 0)
            fct_json_fail(r, "symbols");
}

/* ---- The whole -------------------------------------------------------------------------------- */

static void read_plan(fct_json_reading *r, const cJSON *json, struct fct_shard_plan *plan)
{
    const cJSON *store = cJSON_GetObjectItemCaseSensitive(json, "store");
    if (fct_json_whole(r, json, "format", 0, MAX_WHOLE) != FCT_SHARD_FORMAT ||
        strcmp(fct_json_text(r, json, "library"), fct_version()) != 0)
        fct_json_fail(r, "format");
    plan->key = fct_json_text(r, json, "key");
    plan->work = fct_json_text(r, json, "work");
    if (!*plan->work)
        fct_json_fail(r, "work");
    if (store)
        read_store(r, store, plan);
    else
        read_panel(r, fct_json_object(r, json, "panel"), plan);
    read_expressions(r, json, plan);
    if (!store && !plan->factors.n_names)
        fct_json_fail(r, "expressions");
    plan->n_missing_days = fct_json_whole(r, json, "missing_days", 0, MAX_WHOLE);
    read_symbols(r, json, plan);
    read_stages(r, json, plan);
}

fct_status fct_shard_plan_from_json(cJSON *json, const char *path, struct fct_shard_plan **out,
                                    fct_error *err)
{
    fct_json_reading r = {.path = path, .err = err};
    *out = NULL;
    struct fct_shard_plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        cJSON_Delete(json);
        return fct_error_memory(err, sizeof *plan);
    }
    plan->json = json;
    r.status = check_key(json, path, err);
    if (r.status == FCT_OK)
        read_plan(&r, json, plan);
    if (r.status == FCT_OK)
        r.status = fct_shard_local_folder(plan->work, &plan->local, err);
    if (r.status == FCT_OK)
        *out = plan;
    else
        fct_shard_plan_free(plan);
    return r.status;
}

fct_status fct_shard_plan_parse(const char *text, const char *path, struct fct_shard_plan **out,
                                fct_error *err)
{
    *out = NULL;
    cJSON *json = cJSON_Parse(text);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s is no plan: it is no JSON object; factorium plan makes one", path);
    }
    return fct_shard_plan_from_json(json, path, out, err);
}

fct_status fct_shard_plan_read(const char *path, fct_shard_plan **out, fct_error *err)
{
    char *text = NULL;
    size_t n_bytes;
    *out = NULL;
    if (fct_path_is_remote(path)) {
        fct_text there;
        FCT_TRY(fct_shard_get_text(path, MAX_PLAN_BYTES, &there, err));
        text = there.data;
    } else {
        FCT_TRY(fct_file_read(path, MAX_PLAN_BYTES, &text, &n_bytes, err));
    }
    fct_status status = fct_shard_plan_parse(text ? text : "", path, out, err);
    free(text);
    return status;
}
