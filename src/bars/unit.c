#include "bars/unit.h"

#include <stdlib.h>
#include <string.h>

#define BASE_INTERVAL_US INT64_C(60000000)

static const fct_time_range everything = {INT64_MIN, INT64_MAX};

int64_t fct_bar_base_interval_us(const fct_bar_spec *bar)
{
    int64_t interval_us = bar->interval_ms * 1000;
    return interval_us % BASE_INTERVAL_US ? interval_us : BASE_INTERVAL_US;
}

/* ---- Trades ----------------------------------------------------------------------------------- */

/* Adds a block to the unit's bars; `current` is the unfinished bar of the threshold kinds. */
static fct_status add_trades(const fct_bar_spec *spec, fct_time_range wanted,
                             const fct_trades *trades, fct_bar_array *bars, fct_bar *current,
                             fct_error *err)
{
    int64_t begin = fct_trades_find(trades, 0, trades->n_rows, wanted.from_us);
    int64_t end = fct_trades_find(trades, begin, trades->n_rows, wanted.to_us);
    FCT_TRY(fct_bar_array_reserve(bars, (size_t)(end - begin), err));
    bars->n_bars =
        spec->kind == FCT_BAR_TIME
            ? fct_time_bars_add(bars->bars, bars->n_bars, fct_bar_base_interval_us(spec), trades,
                                begin, end)
            : fct_threshold_bars_add(bars->bars, bars->n_bars, current, spec, trades, begin, end);
    return FCT_OK;
}

static fct_status append_finished(fct_bar_list *list, fct_job *job, fct_bar_array *bars,
                                  fct_error *err)
{
    for (size_t i = 0; i < bars->n_bars; i++) {
        fct_finished_bar bar = fct_bar_finish(&bars->bars[i]);
        FCT_TRY(fct_bar_list_append(list, job, &bar, err));
    }
    bars->n_bars = 0;
    return FCT_OK;
}

static fct_status read_trades(fct_bar_unit *u, const fct_bars_plan *plan, fct_time_range wanted,
                              fct_trade_reading *reading, fct_bar_list *list, fct_error *err)
{
    bool is_time = plan->bar.kind == FCT_BAR_TIME;
    fct_bar current = {0};
    fct_scan *scan;
    u->bars.n_bars = 0;
    reading->wanted = &wanted;
    fct_status status = fct_scan_open(&scan, reading, u->days, u->n_days, err);
    if (status != FCT_OK)
        goto out;
    for (;;) {
        fct_trades trades;
        bool restarted;
        FCT_TRY_OUT(fct_scan_next(scan, &trades, &restarted, err));
        if (restarted) {
            u->bars.n_bars = 0;
            current = (fct_bar){0};
            if (!is_time)
                fct_bar_list_free(list);
        }
        if (!trades.n_rows)
            break;
        FCT_TRY_OUT(add_trades(&plan->bar, wanted, &trades, &u->bars, &current, err));
        if (!is_time)
            FCT_TRY_OUT(append_finished(list, reading->job, &u->bars, err));
    }
    if (!is_time && current.n_trades && !plan->drop_last) {
        fct_finished_bar bar = fct_bar_finish(&current);
        FCT_TRY_OUT(fct_bar_list_append(list, reading->job, &bar, err));
    }
    /* So that a cached bar needs no low parts unless it is added up. */
    fct_bars_normalise(u->bars.bars, u->bars.n_bars);
    u->has_side = fct_scan_has_side(scan);
out:
    reading->wanted = NULL;
    fct_scan_free(scan);
    return status;
}

/* ---- Days by way of the cache ----------------------------------------------------------------- */

/* Drops bars outside the range. False where one lies half inside: only its trades can tell what of it counts. */
static bool clip(fct_bar_array *bars, fct_time_range wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < bars->n_bars; i++) {
        const fct_bar *bar = &bars->bars[i];
        if (bar->last_time_us < wanted.from_us || bar->first_time_us >= wanted.to_us)
            continue;
        if (bar->first_time_us < wanted.from_us || bar->last_time_us >= wanted.to_us)
            return false;
        bars->bars[n++] = *bar;
    }
    bars->n_bars = n;
    return true;
}

/* All trades of the day make an entry, unless its files changed while they were read. */
static fct_status read_whole_day(fct_bar_unit *u, const fct_bars_plan *plan, const char *symbol,
                                 const fct_text *source, fct_trade_reading *reading, fct_error *err)
{
    fct_text source_now = {0};
    fct_status status;
    FCT_TRY_OUT(read_trades(u, plan, everything, reading, NULL, err));
    FCT_TRY_OUT(fct_bar_cache_source(u->days, &source_now, err));
    if (strcmp(fct_text_get(source), fct_text_get(&source_now)) == 0)
        status = fct_bar_cache_put(plan->cache, symbol, u->days->day, fct_text_get(source),
                                   &u->bars, u->has_side, err);
out:
    fct_text_free(&source_now);
    return status;
}

/* A day that is asked for in part is not cached, but it may be there from another time. */
static fct_status read_day(fct_bar_unit *u, const fct_bars_plan *plan, fct_trade_reading *reading,
                           fct_error *err)
{
    const fct_time_range wanted = {plan->from_us, plan->to_us};
    const char *symbol = plan->selection->symbols[u->symbol].symbol;
    int64_t day_us = u->days->day * FCT_US_PER_DAY;
    bool is_whole = wanted.from_us <= day_us && wanted.to_us - FCT_US_PER_DAY >= day_us;
    bool found = false;
    fct_text source = {0};
    fct_status status;
    if (!plan->cache)
        return read_trades(u, plan, wanted, reading, NULL, err);
    FCT_TRY_OUT(fct_bar_cache_source(u->days, &source, err));
    FCT_TRY_OUT(fct_bar_cache_get(plan->cache, symbol, u->days->day, fct_text_get(&source),
                                  &u->bars, &u->has_side, &found, err));
    if (!found && is_whole)
        FCT_TRY_OUT(read_whole_day(u, plan, symbol, &source, reading, err));
    if (!(found || is_whole) || !clip(&u->bars, wanted))
        status = read_trades(u, plan, wanted, reading, NULL, err);
out:
    fct_text_free(&source);
    return status;
}

fct_status fct_bar_unit_read(fct_bar_unit *unit, const fct_bars_plan *plan,
                             fct_trade_reading *reading, fct_bar_list *list, fct_error *err)
{
    if (plan->bar.kind != FCT_BAR_TIME)
        return read_trades(unit, plan, (fct_time_range){plan->from_us, plan->to_us}, reading, list,
                           err);
    FCT_TRY(read_day(unit, plan, reading, err));
    if (fct_bar_base_interval_us(&plan->bar) != plan->bar.interval_ms * 1000)
        unit->bars.n_bars =
            fct_time_bars_coarsen(unit->bars.bars, unit->bars.n_bars, plan->bar.interval_ms * 1000);
    return FCT_OK;
}
