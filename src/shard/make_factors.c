/* Plans of expressions: stages of shards along symbols, cut by bytes or rows, and along times, cut by rows. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "panel/file.h"
#include "panel/panel.h"
#include "shard/cut.h"
#include "shard/json.h"
#include "shard/schema.h"
#include "shard/stages.h"

/* How symbols and times are cut: the shards of all stages of an axis. */
typedef struct axes {
    fct_shard *groups;
    char (*sources)[FCT_SHARD_HEX + 1]; /* of the groups; NULL: a file's shards have none */
    size_t n_groups;
    fct_shard *spans;
    size_t n_spans;
    size_t n_symbols;
    double n_rows; /* about; 0: not known */
} axes;

static void axes_free(axes *a)
{
    free(a->groups);
    free(a->sources);
    free(a->spans);
}

/* ---- Cutting ---------------------------------------------------------------------------------- */

static fct_status cut_symbols(axes *a, const double *weights, size_t n_symbols, size_t n_shards,
                              fct_error *err)
{
    size_t *first = calloc(n_shards + 1, sizeof *first);
    a->groups = calloc(n_shards, sizeof *a->groups);
    if (!first || !a->groups) {
        free(first);
        return fct_error_memory(err, n_shards * sizeof *a->groups);
    }
    a->n_symbols = n_symbols;
    a->n_groups = fct_shard_cut(weights, n_symbols, n_shards, first);
    for (size_t g = 0; g < a->n_groups; g++)
        a->groups[g] = (fct_shard){.first_symbol = first[g],
                                   .end_symbol = first[g + 1],
                                   .from_ms = INT64_MIN,
                                   .to_ms = INT64_MAX};
    free(first);
    return FCT_OK;
}

/* Cuts before times[first[i]]: rows that end at a time of a part go to it. */
static fct_status cut_times(axes *a, const int64_t *times, const double *weights, size_t n_times,
                            size_t n_shards, fct_error *err)
{
    size_t *first = calloc(n_shards + 1, sizeof *first);
    a->spans = calloc(n_shards, sizeof *a->spans);
    if (!first || !a->spans) {
        free(first);
        return fct_error_memory(err, n_shards * sizeof *a->spans);
    }
    a->n_spans = fct_shard_cut(weights, n_times, n_shards, first);
    for (size_t i = 0; i < a->n_spans; i++)
        a->spans[i] = (fct_shard){.end_symbol = a->n_symbols,
                                  .from_ms = i ? times[first[i]] : INT64_MIN,
                                  .to_ms = i + 1 < a->n_spans ? times[first[i + 1]] : INT64_MAX};
    free(first);
    return FCT_OK;
}

/* ---- Of a store --------------------------------------------------------------------------------- */

/* The days of a store, cut into pieces small enough for as many shards. */
typedef struct calendar {
    int64_t first_day;
    size_t n_days, n_pieces; /* pieces of each day */
    int64_t *times;
    double *weights;
} calendar;

static void weigh_days(const fct_shard_store *store, calendar *c, axes *a)
{
    const fct_bar_spec *bar = &store->resolved.bar;
    bool is_time = bar->kind == FCT_BAR_TIME;
    for (size_t i = 0; i < store->n_symbols; i++) {
        const fct_store_days *days = &store->symbols[i]->days;
        for (size_t day = 0; day < days->n_days; day++) {
            double weight = is_time
                                ? (double)FCT_MS_PER_DAY / (double)bar->interval_ms
                                : fct_shard_mark_weight(&store->marks[store->first_mark[i] + day]);
            size_t first = (size_t)(days->days[day].day - c->first_day) * c->n_pieces;
            for (size_t k = 0; k < c->n_pieces; k++)
                c->weights[first + k] += weight / (double)c->n_pieces;
            a->n_rows += is_time ? weight : 0;
        }
    }
}

static fct_status cut_store_times(axes *a, const fct_shard_store *store, size_t n_shards,
                                  fct_error *err)
{
    enum { PIECES_A_SHARD = 4, MOST_PIECES = 1440 };
    calendar c = {.first_day = INT64_MAX};
    int64_t last_day = INT64_MIN;
    fct_status status;
    for (size_t i = 0; i < store->n_symbols; i++) {
        const fct_store_days *days = &store->symbols[i]->days;
        c.first_day = days->days[0].day < c.first_day ? days->days[0].day : c.first_day;
        last_day = days->days[days->n_days - 1].day > last_day ? days->days[days->n_days - 1].day
                                                               : last_day;
    }
    c.n_days = (size_t)(last_day - c.first_day + 1);
    c.n_pieces = PIECES_A_SHARD * n_shards / c.n_days + 1;
    c.n_pieces = c.n_pieces < MOST_PIECES ? c.n_pieces : MOST_PIECES;
    size_t n = c.n_days * c.n_pieces;
    c.times = calloc(n, sizeof *c.times);
    c.weights = calloc(n, sizeof *c.weights);
    if (!c.times || !c.weights) {
        status = fct_error_memory(err, n * sizeof *c.times);
        goto out;
    }
    /* Bars end behind the moment at which their piece begins. */
    for (size_t i = 0; i < n; i++)
        c.times[i] =
            c.first_day * FCT_MS_PER_DAY + (int64_t)i * FCT_MS_PER_DAY / (int64_t)c.n_pieces + 1;
    weigh_days(store, &c, a);
    status = cut_times(a, c.times, c.weights, n, n_shards, err);
out:
    free(c.times);
    free(c.weights);
    return status;
}

static fct_status cut_store(fct_shard_making *making, const fct_shard_store *store, axes *a,
                            fct_error *err)
{
    size_t n_shards = making->request->n_shards;
    FCT_TRY(cut_symbols(a, store->weights, store->n_symbols, n_shards, err));
    a->sources = calloc(a->n_groups, sizeof *a->sources);
    if (!a->sources)
        return fct_error_memory(err, a->n_groups * sizeof *a->sources);
    for (size_t g = 0; g < a->n_groups; g++) {
        FCT_TRY(fct_shard_store_describe(store, making->request->bars, &a->groups[g], a->sources[g],
                                         err));
        a->groups[g].source = a->sources[g];
    }
    return cut_store_times(a, store, n_shards, err);
}

/* ---- Of a file ---------------------------------------------------------------------------------- */

/* Rows of each symbol and at each time of a file: what it is cut by. */
typedef struct counts {
    fct_panel *symbols, *times; /* that they are of; one and the same where all keys were read */
    double *of_symbol, *at_time;
} counts;

static void counts_free(counts *c)
{
    if (c->times != c->symbols)
        fct_panel_free(c->times);
    fct_panel_free(c->symbols);
    free(c->of_symbol);
    free(c->at_time);
}

static fct_status allocate(counts *c, int64_t n_times, fct_error *err)
{
    c->of_symbol = calloc(c->symbols->n_symbols + 1, sizeof *c->of_symbol);
    c->at_time = calloc((size_t)n_times + 1, sizeof *c->at_time);
    return c->of_symbol && c->at_time ? FCT_OK
                                      : fct_error_memory(err, (size_t)n_times * sizeof *c->at_time);
}

/* Counted by DuckDB: of a whole file. */
static fct_status count_whole(fct_shard_making *making, counts *c, fct_error *err)
{
    const int64_t *times;
    FCT_TRY(fct_panel_count_rows(making->request->panel, &making->job->run, &c->symbols, &c->times,
                                 err));
    int64_t n_times = fct_panel_times(c->times, &times);
    FCT_TRY(allocate(c, n_times, err));
    for (size_t s = 0; s < c->symbols->n_symbols; s++)
        c->of_symbol[s] = c->symbols->columns[0].cells[fct_panel_cell_index(c->symbols, s, 0)];
    for (int64_t t = 0; t < n_times; t++)
        c->at_time[t] = c->times->columns[0].cells[fct_panel_cell_index(c->times, 0, t)];
    return FCT_OK;
}

/* From all keys: of a part of a file, or of one that cannot be counted otherwise. */
static fct_status count_keys(fct_shard_making *making, counts *c, fct_error *err)
{
    const fct_shard_request *request = making->request;
    const fct_table_part key = {.columns = (const char *const[]){NULL}};
    const int64_t *times;
    fct_panel *whole;
    FCT_TRY(fct_panel_read_part(request->panel, &key, &making->job->run, &whole, err));
    fct_status status =
        fct_panel_slice(whole, request->selection, &making->job->run, &c->symbols, err);
    fct_panel_free(whole);
    FCT_TRY(status);
    c->times = c->symbols;
    const struct fct_panel *keys = c->symbols;
    int64_t n_times = fct_panel_times(keys, &times);
    FCT_TRY(allocate(c, n_times, err));
    for (size_t s = 0; s < keys->n_symbols; s++)
        c->of_symbol[s] = (double)keys->symbol_rows[s];
    for (int64_t t = 0; t < n_times; t++)
        c->at_time[t] = keys->shared_grid ? (double)keys->n_symbols
                                          : (double)(keys->time_first[t + 1] - keys->time_first[t]);
    return FCT_OK;
}

static fct_status count_rows(fct_shard_making *making, counts *c, fct_error *err)
{
    const fct_panel_selection *part = making->request->selection;
    if (part && (part->symbols || part->from_ms || part->to_ms))
        return count_keys(making, c, err);
    fct_status status = count_whole(making, c, err);
    if (status != FCT_ERROR_DATA && status != FCT_ERROR_UNSUPPORTED)
        return status;
    counts_free(c);
    *c = (counts){0};
    return count_keys(making, c, err);
}

static fct_status open_file(fct_shard_making *making, axes *a, fct_error *err)
{
    const fct_shard_request *request = making->request;
    const int64_t *times;
    counts c = {0};
    fct_status status;
    FCT_TRY_OUT(count_rows(making, &c, err));
    size_t n_symbols = c.symbols->n_symbols;
    size_t n_times = (size_t)fct_panel_times(c.times, &times);
    if (!n_symbols) {
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s has no rows of what was asked for",
                               request->panel);
        goto out;
    }
    FCT_TRY_OUT(
        fct_shard_add_symbols(making, (const char *const *)c.symbols->symbols, n_symbols, 0, err));
    FCT_TRY_OUT(cut_symbols(a, c.of_symbol, n_symbols, request->n_shards, err));
    FCT_TRY_OUT(cut_times(a, times, c.at_time, n_times, request->n_shards, err));
    for (size_t s = 0; s < n_symbols; s++)
        a->n_rows += c.of_symbol[s];
out:
    counts_free(&c);
    return status;
}

/* ---- Stages ----------------------------------------------------------------------------------- */

static fct_status add_stage(fct_shard_making *making, const fct_stage_cut *cut, size_t stage,
                            const axes *a, fct_error *err)
{
    const fct_shard_names sends = {(const char **)cut->sends, cut->n_sends};
    const fct_shard_names keeps = {(const char **)cut->keeps, cut->n_keeps};
    bool is_times = stage % 2;
    size_t n = is_times ? a->n_spans : a->n_groups;
    cJSON *shards;
    FCT_TRY(fct_shard_add_stage(making, is_times ? FCT_SHARD_TIMES : FCT_SHARD_SYMBOLS,
                                fct_text_get(&cut->text), &sends, &keeps, &shards, err));
    for (size_t i = 0; i < n; i++) {
        fct_shard shard = is_times ? a->spans[i] : a->groups[i];
        /* A start, an end and a symbol a row, and the columns that come. */
        if (!shard.n_bytes || stage)
            shard.n_bytes =
                (int64_t)(a->n_rows / (double)n * (double)((3 + cut->n_reads) * sizeof(double)));
        shard.source = stage ? NULL : shard.source;
        FCT_TRY(fct_shard_add_shard(shards, &shard, err));
    }
    return FCT_OK;
}

static fct_status add_expressions(fct_shard_making *making, const struct fct_plan *plan,
                                  int64_t n_left_out, fct_error *err)
{
    cJSON *json = cJSON_AddObjectToObject(making->json, "expressions");
    bool ok = json && fct_json_add_text(json, "text", making->request->expressions) &&
              fct_json_add_truth(json, "strict", plan->strict_cross_sections) &&
              fct_json_add_whole(json, "left_out", n_left_out);
    cJSON *names = ok ? cJSON_AddArrayToObject(json, "factors") : NULL;
    ok = names != NULL;
    for (size_t i = 0; ok && i < plan->n_factors; i++)
        ok = fct_json_append(names, cJSON_CreateString(plan->factors[i].name));
    return ok ? FCT_OK : fct_error_memory(err, 0);
}

/* ---- The expressions ---------------------------------------------------------------------------- */

/* Finds the columns as a run would, and leaves out what lacks them where that is wanted. */
static fct_status fit(const fct_shard_making *making, const fct_shard_store *store, fct_plan **plan,
                      int64_t *n_left_out, fct_error *err)
{
    fct_panel *schema = NULL;
    fct_panel *nothing = NULL;
    fct_plan *fitted = NULL;
    fct_status status;
    *n_left_out = 0;
    FCT_TRY_OUT(fct_shard_schema(making, store, &schema, err));
    if (making->request->missing_columns == FCT_MISSING_SKIP) {
        FCT_TRY_OUT(fct_plan_fit(*plan, schema, &fitted, err));
        *n_left_out = (int64_t)((*plan)->n_factors - fitted->n_factors);
        fct_plan_free(*plan);
        *plan = fitted;
    }
    status = fct_plan_run(*plan, schema, &making->job->run, &nothing, err);
out:
    fct_panel_free(schema);
    fct_panel_free(nothing);
    return status;
}

static fct_status add_stages(fct_shard_making *making, const fct_plan *plan, const axes *a,
                             fct_error *err)
{
    fct_stages stages;
    fct_status status = fct_stages_make(plan, &stages, err);
    for (size_t i = 0; i < stages.n_stages && status == FCT_OK; i++)
        status = add_stage(making, &stages.stages[i], i, a, err);
    fct_stages_free(&stages);
    return status;
}

fct_status fct_shard_plan_add_factors(fct_shard_making *making, fct_error *err)
{
    const fct_shard_request *request = making->request;
    bool is_of_store = !request->panel;
    fct_shard_store store = {0};
    fct_plan *plan = NULL;
    axes a = {0};
    int64_t n_left_out;
    fct_status status;
    FCT_TRY_OUT(fct_plan_compile(request->expressions, request->options, &plan, err));
    if (is_of_store)
        FCT_TRY_OUT(fct_shard_store_open(&store, request->bars, making->job, err));
    FCT_TRY_OUT(fit(making, is_of_store ? &store : NULL, &plan, &n_left_out, err));
    FCT_TRY_OUT(add_expressions(making, plan, n_left_out, err));
    if (is_of_store) {
        FCT_TRY_OUT(fct_shard_add_store(making, &store, err));
        FCT_TRY_OUT(cut_store(making, &store, &a, err));
    } else {
        FCT_TRY_OUT(open_file(making, &a, err));
    }
    FCT_TRY_OUT(add_stages(making, plan, &a, err));
    status = fct_shard_tell_missing(store.selection.n_missing_days, n_left_out, err);
out:
    axes_free(&a);
    fct_plan_free(plan);
    fct_shard_store_free(&store);
    return status;
}
