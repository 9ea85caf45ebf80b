/* Plans of bars: time bars are cut by symbols and days, where no bar lies across the cut; others by symbols alone. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "shard/cut.h"
#include "shard/making.h"

/* Cuts lie at whole days that are whole intervals, too. 0: nowhere. */
static int64_t block_ms_of(const fct_bars_request *request, const fct_shard_store *store)
{
    const fct_bar_spec *bar = &store->resolved.bar;
    int64_t a = bar->interval_ms;
    int64_t b = FCT_MS_PER_DAY;
    int64_t block_ms;
    if (bar->kind != FCT_BAR_TIME || request->fill_previous || a <= 0)
        return 0;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return __builtin_mul_overflow(bar->interval_ms / a, FCT_MS_PER_DAY, &block_ms) ? 0 : block_ms;
}

/* A group of symbols, and the blocks of days in which they have some. */
typedef struct group {
    size_t first_symbol, end_symbol;
    int64_t first_block;
    size_t n_blocks, n_heavy; /* ... of these with trades */
    size_t n_parts;
} group;

typedef struct cutting {
    const fct_shard_store *store;
    int64_t block_ms;
    group *groups;
    size_t n_groups;
    double *weights; /* room for the blocks of one group */
    size_t *first;   /* room for parts */
} cutting;

static int64_t block_of(const cutting *c, int64_t day)
{
    return fct_floor_div(day * FCT_MS_PER_DAY, c->block_ms);
}

static void find_blocks(const cutting *c, group *g)
{
    int64_t first = INT64_MAX;
    int64_t last = INT64_MIN;
    for (size_t i = g->first_symbol; i < g->end_symbol; i++) {
        const fct_store_days *days = &c->store->symbols[i]->days;
        int64_t low = block_of(c, days->days[0].day);
        int64_t high = block_of(c, days->days[days->n_days - 1].day);
        first = low < first ? low : first;
        last = high > last ? high : last;
    }
    g->first_block = first;
    g->n_blocks = (size_t)(last - first + 1);
}

static void weigh_blocks(const cutting *c, const group *g)
{
    memset(c->weights, 0, g->n_blocks * sizeof *c->weights);
    for (size_t i = g->first_symbol; i < g->end_symbol; i++) {
        const fct_store_days *days = &c->store->symbols[i]->days;
        for (size_t day = 0; day < days->n_days; day++)
            c->weights[block_of(c, days->days[day].day) - g->first_block] +=
                fct_shard_mark_weight(&c->store->marks[c->store->first_mark[i] + day]);
    }
}

static fct_status make_groups(cutting *c, size_t n_shards, fct_error *err)
{
    const fct_shard_store *store = c->store;
    c->first = malloc((n_shards + 1) * sizeof *c->first);
    c->groups = calloc(n_shards + 1, sizeof *c->groups);
    if (!c->first || !c->groups)
        return fct_error_memory(err, n_shards * sizeof *c->groups);
    c->n_groups = fct_shard_cut(store->weights, store->n_symbols, n_shards, c->first);
    size_t n_most = 1;
    for (size_t g = 0; g < c->n_groups; g++) {
        c->groups[g] = (group){.first_symbol = c->first[g], .end_symbol = c->first[g + 1]};
        if (c->block_ms)
            find_blocks(c, &c->groups[g]);
        n_most = c->groups[g].n_blocks > n_most ? c->groups[g].n_blocks : n_most;
    }
    c->weights = calloc(n_most, sizeof *c->weights);
    return c->weights ? FCT_OK : fct_error_memory(err, n_most * sizeof *c->weights);
}

/* How many parts each group is cut into. */
static fct_status share_parts(cutting *c, size_t n_shards, fct_error *err)
{
    double *weights = calloc(c->n_groups + 1, sizeof *weights);
    size_t *most = calloc(c->n_groups + 1, sizeof *most);
    size_t *parts = calloc(c->n_groups + 1, sizeof *parts);
    fct_status status = FCT_OK;
    if (!weights || !most || !parts) {
        status = fct_error_memory(err, c->n_groups * sizeof *parts);
        goto out;
    }
    for (size_t g = 0; g < c->n_groups; g++) {
        most[g] = 1;
        for (size_t i = c->groups[g].first_symbol; i < c->groups[g].end_symbol; i++)
            weights[g] += c->store->weights[i];
        if (!c->block_ms)
            continue;
        weigh_blocks(c, &c->groups[g]);
        most[g] = 0;
        for (size_t block = 0; block < c->groups[g].n_blocks; block++)
            most[g] += c->weights[block] > 0;
    }
    fct_shard_share(weights, most, c->n_groups, n_shards, parts);
    for (size_t g = 0; g < c->n_groups; g++)
        c->groups[g].n_parts = parts[g];
out:
    free(weights);
    free(most);
    free(parts);
    return status;
}

static fct_status add_group(const cutting *c, const fct_bars_request *request, const group *g,
                            cJSON *shards, fct_error *err)
{
    size_t n_parts = 1;
    if (c->block_ms) {
        weigh_blocks(c, g);
        n_parts = fct_shard_cut(c->weights, g->n_blocks, g->n_parts, c->first);
    }
    for (size_t part = 0; part < n_parts; part++) {
        char hex[FCT_SHARD_HEX + 1];
        fct_shard shard = {.first_symbol = g->first_symbol,
                           .end_symbol = g->end_symbol,
                           .from_ms = INT64_MIN,
                           .to_ms = INT64_MAX,
                           .source = hex};
        if (part)
            shard.from_ms = (g->first_block + (int64_t)c->first[part]) * c->block_ms;
        if (part + 1 < n_parts)
            shard.to_ms = (g->first_block + (int64_t)c->first[part + 1]) * c->block_ms;
        FCT_TRY(fct_shard_store_describe(c->store, request, &shard, hex, err));
        FCT_TRY(fct_shard_add_shard(shards, &shard, err));
    }
    return FCT_OK;
}

static fct_status add_shards(fct_shard_making *making, const fct_shard_store *store, fct_error *err)
{
    const fct_bars_request *request = making->request->bars;
    size_t n_shards = making->request->n_shards;
    cutting c = {.store = store, .block_ms = block_ms_of(request, store)};
    cJSON *shards = NULL;
    fct_status status;
    FCT_TRY_OUT(fct_shard_add_stage(making, FCT_SHARD_BARS, "", NULL, NULL, &shards, err));
    FCT_TRY_OUT(make_groups(&c, n_shards, err));
    FCT_TRY_OUT(share_parts(&c, n_shards, err));
    for (size_t g = 0; g < c.n_groups; g++)
        FCT_TRY_OUT(add_group(&c, request, &c.groups[g], shards, err));
out:
    free(c.groups);
    free(c.weights);
    free(c.first);
    return status;
}

fct_status fct_shard_plan_add_bars(fct_shard_making *making, fct_error *err)
{
    fct_shard_store store = {0};
    fct_status status;
    FCT_TRY_OUT(fct_shard_store_open(&store, making->request->bars, making->job, err));
    FCT_TRY_OUT(fct_shard_add_store(making, &store, err));
    FCT_TRY_OUT(add_shards(making, &store, err));
    status = fct_shard_tell_missing(store.selection.n_missing_days, 0, err);
out:
    fct_shard_store_free(&store);
    return status;
}
