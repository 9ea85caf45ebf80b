/* Making a plan: the request as JSON, with paths that hold on every machine; then its symbols and stages. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "shard/json.h"
#include "shard/mirror.h"
#include "shard/plan.h"
#include "shard/source.h"
#include "store/paths.h"

void fct_shard_plan_free(fct_shard_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; plan->stages && i < plan->n_stages; i++) {
        free(plan->stages[i].shards);
        free(plan->stages[i].sends.names);
        free(plan->stages[i].keeps.names);
    }
    free(plan->stages);
    free(plan->symbols.names);
    free(plan->factors.names);
    free(plan->local);
    cJSON_Delete(plan->json);
    free(plan);
}

/* ---- Paths ------------------------------------------------------------------------------------ */

/* From the root on; what is elsewhere stays as it is. Links are left: another machine may have others. */
static fct_status absolute_path(const char *path, fct_text *out, fct_error *err)
{
    char here[PATH_MAX];
    out->length = 0;
    if (*path != '/' && !fct_path_is_remote(path)) {
        if (!getcwd(here, sizeof here))
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot tell the present folder");
        while (strncmp(path, "./", 2) == 0)
            path += 2;
        return fct_path_join(out, here, path, err);
    }
    return fct_text_append(out, path, strlen(path), err);
}

static fct_status add_path(cJSON *object, const char *name, const char *path, fct_error *err)
{
    fct_text text = {0};
    if (!path)
        return FCT_OK;
    fct_status status = absolute_path(path, &text, err);
    if (status == FCT_OK && !fct_json_add_text(object, name, fct_text_get(&text)))
        status = fct_error_memory(err, text.length);
    fct_text_free(&text);
    return status;
}

/* ---- The request ------------------------------------------------------------------------------ */

static fct_status add_file(cJSON *json, const char *name, const char *path, cJSON **out,
                           fct_error *err)
{
    char source[FCT_SHARD_HEX + 1];
    FCT_TRY(fct_shard_source_of_file(path, source, err));
    *out = cJSON_AddObjectToObject(json, name);
    if (!*out || !fct_json_add_text(*out, "source", source))
        return fct_error_memory(err, 0);
    return add_path(*out, "path", path, err);
}

static fct_status add_panel(const fct_shard_request *request, cJSON *json, fct_error *err)
{
    static const fct_panel_selection all;
    const fct_panel_selection *part = request->selection ? request->selection : &all;
    cJSON *panel;
    if (part->columns)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "a plan reads the columns that its expressions name: leave out others");
    FCT_TRY(add_file(json, "panel", request->panel, &panel, err));
    bool is_part = part->symbols || part->from_ms || part->to_ms;
    return fct_json_add_truth(panel, "is_part", is_part) &&
                   fct_json_add_whole(panel, "from_ms", part->from_ms) &&
                   fct_json_add_whole(panel, "to_ms", part->to_ms)
               ? FCT_OK
               : fct_error_memory(err, 0);
}

static bool add_map(cJSON *store, const fct_column_map *map)
{
    cJSON *object = map ? cJSON_AddObjectToObject(store, "map") : NULL;
    return !map || (object && fct_json_add_text(object, "time", map->time) &&
                    fct_json_add_text(object, "price", map->price) &&
                    fct_json_add_text(object, "quantity", map->quantity) &&
                    fct_json_add_text(object, "is_buyer_maker", map->is_buyer_maker) &&
                    fct_json_add_text(object, "side", map->side) &&
                    fct_json_add_text(object, "id", map->id));
}

/* Market, data type and bar follow when the store was looked at. */
static fct_status add_store(const fct_bars_request *bars, cJSON *json, fct_error *err)
{
    cJSON *store = cJSON_AddObjectToObject(json, "store");
    if (!store)
        return fct_error_memory(err, 0);
    FCT_TRY(add_path(store, "root", bars->store ? bars->store : "", err));
    FCT_TRY(add_path(store, "cache_folder", bars->cache_folder, err));
    bool ok = fct_json_add_text(store, "exchange", bars->dataset.exchange) &&
              fct_json_add_whole(store, "from_ms", bars->from_ms) &&
              fct_json_add_whole(store, "to_ms", bars->to_ms) &&
              fct_json_add_whole(store, "missing", bars->missing) &&
              fct_json_add_truth(store, "without_sides", bars->without_sides) &&
              fct_json_add_truth(store, "with_notional", bars->with_notional) &&
              fct_json_add_truth(store, "with_num_trades", bars->with_num_trades) &&
              fct_json_add_truth(store, "fill_previous", bars->fill_previous) &&
              fct_json_add_truth(store, "drop_last", bars->drop_last) &&
              fct_json_add_whole(store, "engine", bars->engine) &&
              fct_json_add_truth(store, "no_cache", bars->no_cache) && add_map(store, bars->map);
    return ok ? FCT_OK : fct_error_memory(err, 0);
}

static fct_status check(const fct_shard_request *request, fct_error *err)
{
    if (!request->bars == !request->panel)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "a plan is of bars of a store, or of a file of bars: give one of them");
    if (request->panel && !request->expressions)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "%s: bars that are there already need no plan; expressions over them do",
            request->panel);
    if (request->attributes && !request->expressions)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "attributes of symbols go with expressions: there are none");
    if (request->n_shards < 1 || request->n_shards > FCT_SHARD_MAX_SHARDS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%zu shards: 1 to %d can be planned",
                             request->n_shards, FCT_SHARD_MAX_SHARDS);
    if (!request->work || !*request->work)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "no work folder was named");
    if (fct_path_is_remote(request->work) && strncasecmp(request->work, "s3://", 5) != 0)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "%s: shards write to a folder that every machine sees, or to s3://",
                             request->work);
    return FCT_OK;
}

static fct_status start(fct_shard_making *making, fct_error *err)
{
    const fct_shard_request *request = making->request;
    cJSON *attributes;
    making->json = cJSON_CreateObject();
    if (!making->json || !fct_json_add_whole(making->json, "format", FCT_SHARD_FORMAT) ||
        !fct_json_add_text(making->json, "library", fct_version()))
        return fct_error_memory(err, 0);
    FCT_TRY(add_path(making->json, "work", request->work, err));
    FCT_TRY(request->bars ? add_store(request->bars, making->json, err)
                          : add_panel(request, making->json, err));
    return request->attributes
               ? add_file(making->json, "attributes", request->attributes, &attributes, err)
               : FCT_OK;
}

static fct_status make(fct_shard_making *making, fct_shard_plan **out, fct_error *err)
{
    FCT_TRY(check(making->request, err));
    FCT_TRY(start(making, err));
    fct_error why = {0};
    fct_status status = making->request->expressions ? fct_shard_plan_add_factors(making, &why)
                                                     : fct_shard_plan_add_bars(making, &why);
    if (status != FCT_OK && err)
        *err = why;
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return status;
    FCT_TRY(fct_shard_plan_seal(making->json, err));
    cJSON *json = making->json;
    making->json = NULL;
    FCT_TRY(fct_shard_plan_from_json(json, "the plan", out, err));
    return status;
}

fct_status fct_shard_plan_make(const fct_shard_request *request, const fct_run *run,
                               fct_shard_plan **out, fct_error *err)
{
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_shard_making making = {.request = request, .job = &job};
    fct_status status = make(&making, out, err);
    cJSON_Delete(making.json);
    fct_job_end(&job);
    return status;
}

fct_status fct_shard_plan_write(const fct_shard_plan *plan, const char *path, fct_error *err)
{
    bool is_there = fct_path_is_remote(path);
    fct_status status = is_there ? FCT_OK : fct_file_check_folder(path, err);
    char *text = status == FCT_OK ? cJSON_Print(plan->json) : NULL;
    if (status == FCT_OK && !text)
        status = fct_error_memory(err, 0);
    if (status == FCT_OK)
        status = is_there ? fct_shard_put_text(text, path, err)
                          : fct_file_write_named(path, text, strlen(text), err);
    cJSON_free(text);
    return status;
}

/* ---- Questions -------------------------------------------------------------------------------- */

const char *fct_shard_plan_key(const fct_shard_plan *plan)
{
    return plan->key;
}

const char *fct_shard_plan_work(const fct_shard_plan *plan)
{
    return plan->work;
}

size_t fct_shard_plan_n_stages(const fct_shard_plan *plan)
{
    return plan->n_stages;
}

size_t fct_shard_plan_n_shards(const fct_shard_plan *plan, size_t stage)
{
    return stage < plan->n_stages ? plan->stages[stage].n_shards : 0;
}

fct_status fct_shard_find(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                          fct_error *err)
{
    if (stage >= plan->n_stages)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                             "there is no stage %zu: the plan has %zu, counted from 0", stage,
                             plan->n_stages);
    if (shard >= plan->stages[stage].n_shards)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                             "there is no shard %zu of stage %zu: it has %zu, counted from 0",
                             shard, stage, plan->stages[stage].n_shards);
    return FCT_OK;
}

fct_status fct_shard_plan_info(const fct_shard_plan *plan, size_t stage, size_t shard,
                               fct_shard_info *info, fct_error *err)
{
    FCT_TRY(fct_shard_find(plan, stage, shard, err));
    const fct_shard *s = &plan->stages[stage].shards[shard];
    *info = (fct_shard_info){
        .axis = plan->stages[stage].axis,
        .first_symbol = plan->symbols.names[s->first_symbol],
        .last_symbol = plan->symbols.names[s->end_symbol - 1],
        .n_symbols = s->end_symbol - s->first_symbol,
        .from_ms = s->from_ms,
        .to_ms = s->to_ms,
        .n_bytes = s->n_bytes,
    };
    return FCT_OK;
}
