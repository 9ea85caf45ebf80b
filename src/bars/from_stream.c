/* fct_bars_from_stream: bars of trades that the caller holds. */
#include <stdlib.h>
#include <string.h>

#include "bars/spec.h"
#include "bars/stream.h"
#include "bars/trade_batches.h"
#include "bars/unit.h"

/* One symbol's bars as far as they have come. */
typedef struct series {
    fct_bar_array bars; /* of time bars */
    fct_bar current;    /* of the other kinds; finished ones are in the list */
    fct_bar_list list;
    int64_t last_time_us, last_id;
} series;

typedef struct building {
    const fct_bars_request *request;
    fct_bar_spec bar;
    fct_job *job;
    fct_trade_batches batches;
    series *series;
    size_t n_series;
} building;

static fct_status reserve_series(building *b, fct_error *err)
{
    size_t n = b->batches.symbols.n_texts;
    if (n <= b->n_series)
        return FCT_OK;
    series *grown = realloc(b->series, n * sizeof *grown);
    if (!grown)
        return fct_error_memory(err, n * sizeof *grown);
    b->series = grown;
    for (; b->n_series < n; b->n_series++)
        b->series[b->n_series] = (series){.bars = {.job = b->job}, .last_time_us = INT64_MIN};
    return FCT_OK;
}

/* A batch that lies before what came is built apart and merged: bars of an interval may come in any order. */
static fct_status add_time_bars(const building *b, series *s, const fct_trades *trades,
                                bool goes_on, fct_error *err)
{
    int64_t interval_us = fct_bar_base_interval_us(&b->bar);
    fct_bar_array apart = {.job = b->job};
    fct_bar_array *to = goes_on ? &s->bars : &apart;
    FCT_TRY(fct_bar_array_reserve(to, (size_t)trades->n_rows, err));
    to->n_bars = fct_time_bars_add(to->bars, to->n_bars, interval_us, trades, 0, trades->n_rows);
    if (goes_on)
        return FCT_OK;
    fct_status status = fct_bar_array_merge(&s->bars, &apart, err);
    fct_bar_array_free(&apart);
    return status;
}

static fct_status append(const building *b, series *s, const fct_bar *bars, size_t n_bars,
                         fct_error *err)
{
    for (size_t i = 0; i < n_bars; i++) {
        fct_finished_bar bar = fct_bar_finish(&bars[i]);
        FCT_TRY(fct_bar_list_append(&s->list, b->job, &bar, err));
    }
    return FCT_OK;
}

static fct_status add_other_bars(const building *b, series *s, const fct_trades *trades,
                                 fct_error *err)
{
    FCT_TRY(fct_bar_array_reserve(&s->bars, (size_t)trades->n_rows, err));
    size_t n =
        fct_threshold_bars_add(s->bars.bars, 0, &s->current, &b->bar, trades, 0, trades->n_rows);
    return append(b, s, s->bars.bars, n, err);
}

static fct_status add_run(building *b, const fct_trade_run *run, fct_error *err)
{
    series *s = &b->series[run->symbol];
    const fct_trades *trades = &run->trades;
    int64_t last = trades->n_rows - 1;
    bool goes_on =
        trades->time_us[0] > s->last_time_us ||
        (trades->time_us[0] == s->last_time_us && (!trades->id || trades->id[0] >= s->last_id));
    if (b->bar.kind != FCT_BAR_TIME && !goes_on)
        return fct_error_set(
            err, FCT_ERROR_DATA,
            "%s: a batch begins before the one before it ended: tick, volume and dollar bars need "
            "the batches in (time, id) order, so sort the trades first",
            b->batches.symbols.texts[run->symbol]);
    if (goes_on) {
        s->last_time_us = trades->time_us[last];
        s->last_id = trades->id ? trades->id[last] : 0;
    }
    return b->bar.kind == FCT_BAR_TIME ? add_time_bars(b, s, trades, goes_on, err)
                                       : add_other_bars(b, s, trades, err);
}

static fct_status end_series(const building *b, series *s, fct_error *err)
{
    if (b->bar.kind != FCT_BAR_TIME)
        return s->current.n_trades && !b->request->drop_last ? append(b, s, &s->current, 1, err)
                                                             : FCT_OK;
    if (!s->bars.n_bars)
        return FCT_OK;
    fct_bars_normalise(s->bars.bars, s->bars.n_bars);
    int64_t interval_us = b->bar.interval_ms * 1000;
    if (fct_bar_base_interval_us(&b->bar) != interval_us)
        s->bars.n_bars = fct_time_bars_coarsen(s->bars.bars, s->bars.n_bars, interval_us);
    fct_status status = append(b, s, s->bars.bars, s->bars.n_bars, err);
    fct_bar_array_free(&s->bars);
    return status;
}

/* A symbol that was named and of which no trade came. */
static fct_status check_missing(const building *b, fct_error *err)
{
    for (size_t i = 0; i < b->request->n_symbols; i++) {
        uint32_t number = fct_text_set_find(&b->batches.symbols, b->request->symbols[i]);
        if (number < b->n_series && b->series[number].last_time_us != INT64_MIN)
            continue;
        bool skip = b->request->missing == FCT_MISSING_SKIP;
        return fct_error_set(
            err, skip ? FCT_ERROR_PARTIAL : FCT_ERROR_NOT_FOUND,
            "there are no trades of %s in what was given%s", b->request->symbols[i],
            b->request->from_ms || b->request->to_ms ? ", in the range asked for" : "");
    }
    return FCT_OK;
}

static int compare_names(const void *a, const void *b, void *names)
{
    return strcmp(((char **)names)[*(const size_t *)a], ((char **)names)[*(const size_t *)b]);
}

/* Symbols in bytewise order, each with its list, those without bars left out. */
static fct_status make_output(building *b, fct_bars_output *output, fct_error *err)
{
    size_t n = b->n_series;
    char **names = b->batches.symbols.texts;
    size_t *order = calloc(n + 1, sizeof *order);
    output->symbols = calloc(n + 1, sizeof *output->symbols);
    output->lists = calloc(n + 1, sizeof *output->lists);
    fct_status status = FCT_OK;
    if (!order || !output->symbols || !output->lists)
        status = fct_error_memory(err, (n + 1) * sizeof *output->lists);
    for (size_t i = 0; status == FCT_OK && i < n; i++)
        order[i] = i;
    if (status == FCT_OK)
        qsort_r(order, n, sizeof *order, compare_names, names);
    for (size_t i = 0; status == FCT_OK && i < n; i++) {
        series *s = &b->series[order[i]];
        if (!s->list.n_bars)
            continue;
        char *name = fct_text_copy(names[order[i]]);
        if (!name) {
            status = fct_error_memory(err, 64);
            break;
        }
        output->symbols[output->n_symbols] = name;
        output->lists[output->n_symbols++] = s->list;
        s->list = (fct_bar_list){0};
    }
    free(order);
    return status;
}

static fct_status build(building *b, fct_error *err)
{
    for (;;) {
        const fct_trade_run *runs;
        size_t n_runs;
        FCT_TRY(fct_job_check(b->job, err));
        FCT_TRY(fct_trade_batches_next(&b->batches, &runs, &n_runs, err));
        if (!n_runs)
            break;
        FCT_TRY(reserve_series(b, err));
        for (size_t i = 0; i < n_runs; i++)
            FCT_TRY(add_run(b, &runs[i], err));
    }
    FCT_TRY(reserve_series(b, err));
    for (size_t i = 0; i < b->n_series; i++)
        FCT_TRY(end_series(b, &b->series[i], err));
    return FCT_OK;
}

static fct_status check(const fct_bars_request *request, fct_bar_spec *bar, fct_error *err)
{
    *bar = request->bar;
    if (bar->kind == FCT_BAR_TIME && !bar->interval_ms)
        bar->interval_ms = 60000;
    FCT_TRY(fct_bar_spec_check(bar, err));
    if (request->from_ms && request->to_ms && request->from_ms >= request->to_ms)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the range is empty: `to` is the first moment that does not count");
    if (request->fill_previous && bar->kind != FCT_BAR_TIME)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "only time bars can be filled");
    return FCT_OK;
}

static void building_free(building *b)
{
    for (size_t i = 0; i < b->n_series; i++) {
        fct_bar_array_free(&b->series[i].bars);
        fct_bar_list_free(&b->series[i].list);
    }
    free(b->series);
    fct_trade_batches_free(&b->batches);
}

fct_status fct_bars_from_stream(struct ArrowArrayStream *trades, const fct_bars_request *request,
                                const fct_run *run, struct ArrowArrayStream *out, fct_error *err)
{
    fct_job job;
    building b = {.request = request, .job = &job};
    fct_bars_output output = {0};
    bool has_job = false;
    fct_status missing = FCT_OK;
    *out = (struct ArrowArrayStream){0};
    fct_status status;
    FCT_TRY_OUT(check(request, &b.bar, err));
    FCT_TRY_OUT(fct_job_start(&job, run, err));
    has_job = true;
    FCT_TRY_OUT(fct_trade_batches_open(&b.batches, trades, request, err));
    FCT_TRY_OUT(build(&b, err));
    missing = check_missing(&b, err);
    if (missing != FCT_OK && missing != FCT_ERROR_PARTIAL) {
        status = missing;
        goto out;
    }
    output = (fct_bars_output){
        .by_time = b.bar.kind == FCT_BAR_TIME,
        .with_sides = b.batches.has_side,
        .with_notional = request->with_notional,
        .with_num_trades = request->with_num_trades,
        .fill_previous = request->fill_previous,
        .interval_ms = b.bar.interval_ms,
        .fill_to_ms = request->to_ms ? request->to_ms : INT64_MIN,
    };
    status = make_output(&b, &output, err);
    if (status == FCT_OK)
        status = fct_bars_stream(&output, out, err);
    else
        fct_bars_output_free(&output);
    status = status == FCT_OK ? missing : status;
out:
    if (trades->release)
        trades->release(trades);
    building_free(&b);
    if (has_job)
        fct_job_end(&job);
    return status;
}
