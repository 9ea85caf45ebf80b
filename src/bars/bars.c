/* fct_bars: a request is checked, planned against the store, built, and handed out as a stream. */
#include <stdlib.h>
#include <string.h>

#include "bars/klines.h"
#include "bars/request.h"
#include "bars/spec.h"
#include "bars/unit.h"
#include "base/time.h"
#include "exchange/exchange.h"
#include "store/store.h"

#define DEFAULT_INTERVAL_MS 60000

/* 2262-01-01, as far as fct_date_parse goes. */
#define MAX_TIME_MS INT64_C(9214646400000)

fct_status fct_bars_request_check(const fct_bars_request *request, fct_error *err)
{
    if (!request->store || !*request->store)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "no store was named");
    if (request->bar.kind != FCT_BAR_TIME || request->bar.interval_ms)
        FCT_TRY(fct_bar_spec_check(&request->bar, err));
    if (request->from_ms < 0 || request->to_ms < 0 || request->from_ms > MAX_TIME_MS ||
        request->to_ms > MAX_TIME_MS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "times are ms since 1970 and end with the year 2261");
    if (request->from_ms && request->to_ms && request->from_ms >= request->to_ms) {
        char from[24];
        char to[24];
        fct_time_format(request->from_ms, from);
        fct_time_format(request->to_ms, to);
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the range from %s to %s is empty: `to` is the first moment that does "
                             "not count",
                             from, to);
    }
    if (request->fill_previous && request->bar.kind != FCT_BAR_TIME)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "only time bars can be filled: other kinds have no empty intervals");
    if (request->drop_last && request->bar.kind == FCT_BAR_TIME)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "time bars have no unfinished last bar to drop");
    if (request->engine < FCT_ENGINE_AUTO || request->engine > FCT_ENGINE_DUCKDB)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d is no engine", (int)request->engine);
    if (request->symbols && !request->n_symbols)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "the list of symbols is empty");
    return FCT_OK;
}

/* Klines become bars of their own interval, which is the end of their type's name ("klines_1m"), or of a multiple of it. */
static fct_status check_klines(const fct_store_selection *selection, const char *data_type,
                               fct_bars_resolved *out, fct_error *err)
{
    fct_bar_spec *bar = &out->bar;
    const char *end = strchr(selection->data_type, '_');
    if (end && strcmp(end, "_1mo") == 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "klines of months are of different lengths: factorium sql reads them");
    if (!fct_store_klines_interval(selection->data_type, data_type, &out->klines_ms))
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the store's %s do not name their interval, as klines_1m do",
                             selection->data_type);
    if (bar->kind == FCT_BAR_TIME && !bar->interval_ms)
        bar->interval_ms = out->klines_ms;
    if (bar->kind == FCT_BAR_TIME && fct_store_klines_fit(out->klines_ms, bar->interval_ms))
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "%s become bars of %s or of a multiple of it: ask for such, or for other "
                         "bars of trades",
                         selection->data_type, end ? end + 1 : "1m");
}

/*
 * The columns of the exchange, or the canonical names where it does not know the market (NULL). A store of the user's
 * own files may well be called after no exchange.
 */
static fct_status choose_map(const fct_bars_request *request, const fct_store_selection *selection,
                             fct_column_map *storage, const fct_column_map **map,
                             const char **klines, fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    *map = NULL;
    if (request->map) {
        *storage = *request->map;
    } else {
        FCT_TRY(fct_exchange_find_of(request->dataset.exchange, selection->market, &exchange, err));
        if (fct_exchange_table_find(exchange, selection->market, selection->data_type, &table,
                                    NULL) != FCT_OK)
            return FCT_OK;
        if (table->is_plain)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "%s is a table without trades: factorium sql reads it",
                                 selection->data_type);
        *klines = table->is_klines ? table->data_type : NULL;
        *storage = table->map;
    }
    if (request->without_sides)
        storage->is_buyer_maker = storage->side = NULL;
    *map = storage;
    return FCT_OK;
}

/*
 * Bars shorter than a second are about as many as the trades: an entry would be no shorter way to them. Who names an
 * engine wants to see it read the store. What is far away has no fingerprint that one may believe.
 */
static bool is_cached(const fct_bars_request *request, const fct_bar_spec *bar)
{
    return bar->kind == FCT_BAR_TIME && bar->interval_ms >= 1000 &&
           request->engine == FCT_ENGINE_AUTO && !request->no_cache &&
           !fct_path_is_remote(request->store);
}

/* Whether cached bars are the answer as they are. */
static bool is_cached_whole(const fct_bars_request *request, const fct_bars_plan *plan)
{
    return fct_bar_base_interval_us(&plan->bar) == plan->bar.interval_ms * 1000 &&
           FCT_US_PER_DAY % (plan->bar.interval_ms * 1000) == 0 &&
           request->from_ms % FCT_MS_PER_DAY == 0 && request->to_ms % FCT_MS_PER_DAY == 0 &&
           !request->fill_previous;
}

static fct_status build_from_trades(const fct_bars_request *request, fct_bars_plan *plan,
                                    fct_job *job, fct_cached_days *cached, fct_bars_output *output,
                                    fct_error *err)
{
    fct_bar_cache cache = {0};
    fct_status status = FCT_OK;
    bool has_side = false;
    if (is_cached(request, &plan->bar)) {
        FCT_TRY(fct_bar_cache_open(&cache, request->store, request->cache_folder,
                                   plan->selection->market, plan->selection->data_type, plan->map,
                                   fct_bar_base_interval_us(&plan->bar), job, err));
        plan->cache = &cache;
    }
    if (cached && plan->cache && is_cached_whole(request, plan))
        status = fct_cached_days_open(plan, job, cached, err);
    if (cached && cached->n_symbols)
        has_side = cached->has_side;
    else if (status == FCT_OK)
        status = fct_bars_build(plan, job, output->lists, &has_side, err);
    output->with_sides = has_side && !request->without_sides;
    if (plan->cache)
        fct_bar_cache_close(&cache);
    plan->cache = NULL;
    return status;
}

fct_status fct_bars_resolve(const fct_bars_request *request, const fct_store_selection *selection,
                            fct_bars_resolved *out, fct_error *err)
{
    *out = (fct_bars_resolved){.bar = request->bar};
    FCT_TRY(choose_map(request, selection, &out->storage, &out->map, &out->klines, err));
    if (out->klines)
        return check_klines(selection, out->klines, out, err);
    if (out->bar.kind == FCT_BAR_TIME && !out->bar.interval_ms)
        out->bar.interval_ms = DEFAULT_INTERVAL_MS;
    return FCT_OK;
}

static fct_status build(const fct_bars_request *request, const fct_store_selection *selection,
                        fct_job *job, fct_cached_days *cached, fct_bars_output *output,
                        fct_error *err)
{
    fct_bars_resolved resolved;
    FCT_TRY(fct_bars_resolve(request, selection, &resolved, err));
    fct_bars_plan plan = {
        .selection = selection,
        .map = resolved.map,
        .bar = resolved.bar,
        .klines_ms = resolved.klines_ms,
        .from_us = request->from_ms ? request->from_ms * 1000 : INT64_MIN,
        .to_us = request->to_ms ? request->to_ms * 1000 : INT64_MAX,
        .drop_last = request->drop_last,
        .engine = request->engine,
    };
    output->interval_ms = plan.bar.interval_ms;
    output->symbols = calloc(selection->n_symbols + 1, sizeof *output->symbols);
    output->lists = calloc(selection->n_symbols + 1, sizeof *output->lists);
    if (!output->symbols || !output->lists)
        return fct_error_memory(err, (selection->n_symbols + 1) * sizeof *output->lists);
    for (; output->n_symbols < selection->n_symbols; output->n_symbols++) {
        char *copy = fct_text_copy(selection->symbols[output->n_symbols].symbol);
        output->symbols[output->n_symbols] = copy;
        if (!copy)
            return fct_error_memory(err, 64);
    }
    if (resolved.klines) {
        output->with_sides = !request->without_sides;
        output->without_counts = true;
        return fct_klines_build(&plan, job, output->lists, err);
    }
    return build_from_trades(request, &plan, job, cached, output, err);
}

fct_store_request fct_bars_store_request(const fct_bars_request *request)
{
    return (fct_store_request){
        .root = request->store,
        .exchange = request->dataset.exchange,
        .market = request->dataset.market,
        .data_type = request->dataset.data_type,
        .interval = request->dataset.interval,
        .bar_ms = request->bar.kind == FCT_BAR_TIME ? request->bar.interval_ms : 0,
        .symbols = request->symbols,
        .n_symbols = request->n_symbols,
        .first_day = request->from_ms ? fct_floor_div(request->from_ms, FCT_MS_PER_DAY) : INT64_MIN,
        .end_day =
            request->to_ms ? fct_floor_div(request->to_ms - 1, FCT_MS_PER_DAY) + 1 : INT64_MAX,
        .missing = request->missing,
    };
}

fct_status fct_bars_collect_selected(const fct_bars_request *request,
                                     const fct_store_selection *selection, fct_job *job,
                                     fct_cached_days *cached, fct_bars_output *output,
                                     fct_error *err)
{
    *output = (fct_bars_output){
        .by_time = request->bar.kind == FCT_BAR_TIME,
        .with_notional = request->with_notional,
        .with_num_trades = request->with_num_trades,
        .fill_previous = request->fill_previous,
        .fill_to_ms = request->to_ms ? request->to_ms : INT64_MIN,
    };
    fct_status status = build(request, selection, job, cached, output, err);
    if (status != FCT_OK)
        fct_bars_output_free(output);
    return status;
}

fct_status fct_bars_collect(const fct_bars_request *request, fct_job *job, fct_cached_days *cached,
                            fct_bars_output *output, fct_error *err)
{
    fct_store_selection selection = {0};
    fct_store_request wanted = fct_bars_store_request(request);
    fct_status status;
    *output = (fct_bars_output){0};
    FCT_TRY(fct_bars_request_check(request, err));
    FCT_TRY(fct_store_select(&wanted, job, &selection, err));
    FCT_TRY_OUT(fct_bars_collect_selected(request, &selection, job, cached, output, err));
    if (selection.n_missing_days)
        status = fct_error_set(err, FCT_ERROR_PARTIAL,
                               "%lld symbol-days that were asked for are not in the store",
                               (long long)selection.n_missing_days);
out:
    fct_store_selection_free(&selection);
    return status;
}

fct_status fct_bars(const fct_bars_request *request, const fct_run *run,
                    struct ArrowArrayStream *out, fct_error *err)
{
    fct_bars_output output;
    fct_job job;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = fct_bars_collect(request, &job, NULL, &output, err);
    if (status == FCT_OK || status == FCT_ERROR_PARTIAL) {
        fct_status made = fct_bars_stream(&output, out, err);
        status = made == FCT_OK ? status : made;
    }
    fct_job_end(&job);
    return status;
}
