/* Any text as a plan of shards: refused, or a plan whose shards can be asked about. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shard/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct fct_shard_plan *plan)
{
    for (size_t stage = 0; stage < fct_shard_plan_n_stages(plan); stage++) {
        size_t end = 0;
        size_t n = fct_shard_plan_n_shards(plan, stage);
        for (size_t i = 0; i < n; i++) {
            fct_shard_info info;
            if (fct_shard_plan_info(plan, stage, i, &info, NULL) != FCT_OK || !info.n_symbols ||
                info.from_ms >= info.to_ms || strcmp(info.first_symbol, info.last_symbol) > 0)
                abort();
            end += info.to_ms == INT64_MAX ? info.n_symbols : 0;
        }
        /* Each symbol is in one run of shards. */
        if (end != plan->symbols.n_names)
            abort();
    }
}

/* The same again with a key that fits, as a forger would make it: the key is no protection against one. */
static void read_sealed(const char *text)
{
    struct fct_shard_plan *plan;
    cJSON *json = cJSON_Parse(text);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(json, "key");
    if (fct_shard_plan_seal(json, NULL) != FCT_OK)
        abort();
    if (fct_shard_plan_from_json(json, "plan.json", &plan, NULL) == FCT_OK)
        ask(plan);
    fct_shard_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fct_shard_plan *plan;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (fct_shard_plan_parse(text, "plan.json", &plan, NULL) == FCT_OK)
        ask(plan);
    fct_shard_plan_free(plan);
    read_sealed(text);
    free(text);
    return 0;
}
