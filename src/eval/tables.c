/* The tables of an evaluation as Arrow streams. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/table.h"
#include "base/time.h"
#include "eval/evaluation.h"

static void put_key(const fct_evaluation *e, fct_table *t, size_t factor, size_t h)
{
    fct_table_text(t, e->factors[factor].name);
    fct_table_count(t, e->horizons[h]);
}

/* ---- Summary ---------------------------------------------------------------------------------- */

static size_t count_summary(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->n_factors * e->n_horizons;
}

static void write_summary(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++) {
            const fct_factor_result *f = &e->factors[i];
            const fct_horizon_result *r = &f->horizons[h];
            put_key(e, t, i, h);
            fct_table_count(t, r->ic.n);
            fct_table_number(t, r->ic.mean);
            fct_table_number(t, r->ic.std);
            fct_table_number(t, r->ic.std > 0 ? r->ic.mean / r->ic.std : NAN);
            fct_table_number(t, r->ic.t);
            fct_table_number(t, r->ic.p);
            fct_table_number(t, r->ic.t_nw);
            fct_table_number(t, r->ic.p_nw);
            fct_table_number(t, r->ic.positive);
            fct_table_number(t, r->pearson.mean);
            fct_table_number(t, r->pearson.t_nw);
            fct_table_number(t, r->long_short.mean);
            fct_table_number(t, r->long_short.error);
            fct_table_number(t, r->long_short.t_nw);
            fct_table_number(t, r->long_short_total);
            fct_table_number(t, f->autocorrelation[0]);
            fct_table_number(t, (f->turnover[0] + f->turnover[e->n_quantiles - 1]) / 2);
            fct_table_number(t, f->coverage);
            fct_table_count(t, r->n_pairs);
            fct_table_count(t, r->n_without_return);
            fct_table_count(t, f->n_times_left_out);
        }
}

/* ---- Quantiles and turnover ------------------------------------------------------------------- */

static size_t count_quantiles(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->n_factors * e->n_horizons * e->n_quantiles;
}

static void write_quantiles(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t q = 0; q < e->n_quantiles; q++) {
                const fct_quantile_result *r = &e->factors[i].quantiles[h * e->n_quantiles + q];
                put_key(e, t, i, h);
                fct_table_count(t, (int64_t)q + 1);
                fct_table_count(t, r->returns.n);
                fct_table_count(t, r->n_rows);
                fct_table_number(t, r->returns.mean);
                fct_table_number(t, r->returns.std);
                fct_table_number(t, r->returns.error);
                fct_table_number(t, r->returns.t_nw);
                fct_table_number(t, r->returns.positive);
                fct_table_number(t, r->total);
                fct_table_number(t, e->factors[i].turnover[q]);
            }
}

static size_t count_turnover(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->n_factors * e->n_lags;
}

static void write_turnover(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t lag = 0; lag < e->n_lags; lag++) {
            const double *turnover = e->factors[i].turnover + lag * e->n_quantiles;
            fct_table_text(t, e->factors[i].name);
            fct_table_count(t, e->lags[lag]);
            fct_table_number(t, e->factors[i].autocorrelation[lag]);
            fct_table_number(t, turnover[0]);
            fct_table_number(t, turnover[e->n_quantiles - 1]);
        }
}

/* ---- Decay, calendar, symbols, events --------------------------------------------------------- */

static size_t count_decay(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->n_factors * e->n_decay;
}

static void put_ic(fct_table *t, const fct_series_summary *s)
{
    fct_table_count(t, s->n);
    fct_table_number(t, s->mean);
    fct_table_number(t, s->std);
    fct_table_number(t, s->t);
    fct_table_number(t, s->t_nw);
    fct_table_number(t, s->positive);
}

static void write_decay(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t lag = 0; lag < e->n_decay; lag++) {
            fct_table_text(t, e->factors[i].name);
            fct_table_count(t, (int64_t)lag);
            put_ic(t, &e->factors[i].decay[lag]);
        }
}

static bool has_hour(const fct_evaluation *e, size_t hour)
{
    for (size_t t = 0; t < e->n_times; t++)
        if ((size_t)(fct_floor_div(e->time_ms[t], 3600000) -
                     fct_floor_div(e->time_ms[t], FCT_MS_PER_DAY) * 24) == hour)
            return true;
    return false;
}

static size_t count_calendar(const void *subject)
{
    const fct_evaluation *e = subject;
    size_t n_hours = 0;
    for (size_t hour = 0; hour < 24; hour++)
        n_hours += has_hour(e, hour);
    return e->n_factors * e->n_horizons * (e->n_months + n_hours + e->n_groups);
}

static void put_calendar(const fct_evaluation *e, fct_table *t, size_t i, size_t h, const char *by,
                         const char *key, const fct_series_summary *s)
{
    put_key(e, t, i, h);
    fct_table_text(t, by);
    fct_table_text(t, key);
    put_ic(t, s);
}

static void write_calendar_of(const fct_evaluation *e, fct_table *t, size_t i, size_t h,
                              const bool *hours)
{
    const fct_factor_result *f = &e->factors[i];
    for (size_t m = 0; m < e->n_months; m++) {
        char date[11];
        fct_date_format(fct_floor_div(e->time_ms[e->month_first[m]], FCT_MS_PER_DAY), date);
        date[7] = '\0';
        put_calendar(e, t, i, h, "month", date, &f->months[h * e->n_months + m]);
    }
    for (size_t hour = 0; hour < 24; hour++) {
        char key[24];
        snprintf(key, sizeof key, "%02zu", hour);
        if (hours[hour])
            put_calendar(e, t, i, h, "hour", key, &f->hours[h * 24 + hour]);
    }
    for (size_t g = 0; g < e->n_groups; g++)
        put_calendar(e, t, i, h, "group", e->groups[g], &f->groups[h * e->n_groups + g]);
}

static void write_calendar(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    bool hours[24];
    for (size_t hour = 0; hour < 24; hour++)
        hours[hour] = has_hour(e, hour);
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            write_calendar_of(e, t, i, h, hours);
}

static size_t count_symbols(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->factors[0].symbol_ic ? e->n_factors * e->n_horizons * e->n_symbols : 0;
}

static void write_symbols(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t s = 0; s < e->n_symbols; s++) {
                put_key(e, t, i, h);
                fct_table_text(t, e->symbols[s]);
                fct_table_count(t, e->factors[i].symbol_pairs[h * e->n_symbols + s]);
                fct_table_number(t, e->factors[i].symbol_ic[h * e->n_symbols + s]);
            }
}

static size_t event_offsets(const fct_evaluation *e)
{
    return (size_t)(e->events_before + e->events_after + 1);
}

static size_t count_events(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->factors[0].events ? e->n_factors * 2 * event_offsets(e) : 0;
}

static void write_events(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t side = 0; side < 2; side++)
            for (size_t k = 0; k < event_offsets(e); k++) {
                const fct_event_result *r = &e->factors[i].events[side * event_offsets(e) + k];
                fct_table_text(t, e->factors[i].name);
                fct_table_text(t, side ? "small" : "large");
                fct_table_count(t, (int64_t)k - e->events_before);
                fct_table_count(t, e->factors[i].n_events[side]);
                fct_table_count(t, r->returns.n);
                fct_table_number(t, r->returns.mean);
                fct_table_number(t, r->returns.error);
                fct_table_number(t, r->relative.mean);
                fct_table_number(t, r->relative.error);
            }
}

/* ---- Correlation ------------------------------------------------------------------------------ */

static size_t count_correlation(const void *subject)
{
    const fct_evaluation *e = subject;
    return e->correlation ? e->n_factors * (e->n_factors - 1) / 2 : 0;
}

static void write_correlation(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t k = i + 1; k < e->n_factors; k++) {
            double r = e->correlation[i * e->n_factors + k];
            fct_table_text(t, e->factors[i].name);
            fct_table_text(t, e->factors[k].name);
            fct_table_number(t, r);
            fct_table_count(t, e->correlation_times[i * e->n_factors + k]);
            fct_table_count(t, fabs(r) >= e->redundant_from);
        }
}

/* ---- Series ----------------------------------------------------------------------------------- */

static bool has_series(const fct_evaluation *e)
{
    return e->factors[0].series.all != NULL;
}

static size_t count_ic(const void *subject)
{
    const fct_evaluation *e = subject;
    return has_series(e) ? e->n_factors * e->n_horizons * e->n_times : 0;
}

static void write_ic(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t time = 0; time < e->n_times; time++) {
                const fct_factor_series *s = &e->factors[i].series;
                put_key(e, t, i, h);
                fct_table_count(t, e->time_ms[time]);
                fct_table_count(t, s->n_pairs[h * e->n_times + time]);
                fct_table_number(t, s->ic[h * e->n_times + time]);
                fct_table_number(t, s->pearson[h * e->n_times + time]);
                fct_table_number(t, s->long_short[h * e->n_times + time]);
            }
}

static size_t count_quantile_returns(const void *subject)
{
    const fct_evaluation *e = subject;
    return has_series(e) ? e->n_factors * e->n_horizons * e->n_times * e->n_quantiles : 0;
}

static void write_quantile_returns(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t q = 0; q < e->n_quantiles; q++) {
                const fct_factor_series *s = &e->factors[i].series;
                size_t first = (h * e->n_quantiles + q) * e->n_times;
                double wealth = 1;
                for (size_t time = 0; time < e->n_times; time++) {
                    double value = s->quantile_return[first + time];
                    bool is_step = time % (size_t)e->horizons[h] == 0;
                    wealth *= is_step && !isnan(value) ? 1 + value : 1;
                    put_key(e, t, i, h);
                    fct_table_count(t, (int64_t)q + 1);
                    fct_table_count(t, e->time_ms[time]);
                    fct_table_count(t, s->quantile_rows[first + time]);
                    fct_table_number(t, value);
                    fct_table_number(t, is_step && !isnan(value) ? wealth - 1 : NAN);
                }
            }
}

static size_t count_times(const void *subject)
{
    const fct_evaluation *e = subject;
    return has_series(e) ? e->n_factors * e->n_times : 0;
}

static void write_times(const void *subject, fct_table *t)
{
    const fct_evaluation *e = subject;
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t time = 0; time < e->n_times; time++) {
            const fct_factor_series *s = &e->factors[i].series;
            fct_table_text(t, e->factors[i].name);
            fct_table_count(t, e->time_ms[time]);
            fct_table_count(t, s->n_values[time]);
            fct_table_number(t, s->coverage[time]);
            fct_table_number(t, s->autocorrelation[time]);
            fct_table_number(t, s->turnover[time]);
            fct_table_number(t, s->turnover[(e->n_quantiles - 1) * e->n_times + time]);
        }
}

/* ---- All of them ------------------------------------------------------------------------------ */

static const fct_table_kind kinds[] = {
    {"summary",
     {FCT_TABLE_TEXT("factor"),
      FCT_TABLE_COUNT("horizon"),
      FCT_TABLE_COUNT("times"),
      FCT_TABLE_NUMBER("ic"),
      FCT_TABLE_NUMBER("ic_std"),
      FCT_TABLE_NUMBER("icir"),
      FCT_TABLE_NUMBER("ic_t"),
      FCT_TABLE_NUMBER("ic_p"),
      FCT_TABLE_NUMBER("ic_t_nw"),
      FCT_TABLE_NUMBER("ic_p_nw"),
      FCT_TABLE_NUMBER("ic_positive"),
      FCT_TABLE_NUMBER("pearson"),
      FCT_TABLE_NUMBER("pearson_t_nw"),
      FCT_TABLE_NUMBER("long_short"),
      FCT_TABLE_NUMBER("long_short_error"),
      FCT_TABLE_NUMBER("long_short_t_nw"),
      FCT_TABLE_NUMBER("long_short_total"),
      FCT_TABLE_NUMBER("autocorrelation"),
      FCT_TABLE_NUMBER("turnover"),
      FCT_TABLE_NUMBER("coverage"),
      FCT_TABLE_COUNT("rows"),
      FCT_TABLE_COUNT("rows_without_return"),
      FCT_TABLE_COUNT("times_left_out")},
     count_summary,
     write_summary},
    {"quantiles",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("horizon"), FCT_TABLE_COUNT("quantile"),
      FCT_TABLE_COUNT("times"), FCT_TABLE_COUNT("rows"), FCT_TABLE_NUMBER("mean"),
      FCT_TABLE_NUMBER("std"), FCT_TABLE_NUMBER("error"), FCT_TABLE_NUMBER("t_nw"),
      FCT_TABLE_NUMBER("positive"), FCT_TABLE_NUMBER("total"), FCT_TABLE_NUMBER("turnover")},
     count_quantiles,
     write_quantiles},
    {"turnover",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("lag"), FCT_TABLE_NUMBER("autocorrelation"),
      FCT_TABLE_NUMBER("turnover_bottom"), FCT_TABLE_NUMBER("turnover_top")},
     count_turnover,
     write_turnover},
    {"decay",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("lag"), FCT_TABLE_COUNT("times"),
      FCT_TABLE_NUMBER("ic"), FCT_TABLE_NUMBER("ic_std"), FCT_TABLE_NUMBER("ic_t"),
      FCT_TABLE_NUMBER("ic_t_nw"), FCT_TABLE_NUMBER("ic_positive")},
     count_decay,
     write_decay},
    {"calendar",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("horizon"), FCT_TABLE_TEXT("by"),
      FCT_TABLE_TEXT("key"), FCT_TABLE_COUNT("times"), FCT_TABLE_NUMBER("ic"),
      FCT_TABLE_NUMBER("ic_std"), FCT_TABLE_NUMBER("ic_t"), FCT_TABLE_NUMBER("ic_t_nw"),
      FCT_TABLE_NUMBER("ic_positive")},
     count_calendar,
     write_calendar},
    {"symbols",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("horizon"), FCT_TABLE_TEXT("symbol"),
      FCT_TABLE_COUNT("rows"), FCT_TABLE_NUMBER("ic")},
     count_symbols,
     write_symbols},
    {"events",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_TEXT("side"), FCT_TABLE_COUNT("offset"),
      FCT_TABLE_COUNT("events"), FCT_TABLE_COUNT("times"), FCT_TABLE_NUMBER("mean"),
      FCT_TABLE_NUMBER("error"), FCT_TABLE_NUMBER("relative"), FCT_TABLE_NUMBER("relative_error")},
     count_events,
     write_events},
    {"correlation",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_TEXT("other"), FCT_TABLE_NUMBER("correlation"),
      FCT_TABLE_COUNT("times"), FCT_TABLE_TRUTH("redundant")},
     count_correlation,
     write_correlation},
    {"ic",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("horizon"), FCT_TABLE_COUNT("time"),
      FCT_TABLE_COUNT("rows"), FCT_TABLE_NUMBER("ic"), FCT_TABLE_NUMBER("pearson"),
      FCT_TABLE_NUMBER("long_short")},
     count_ic,
     write_ic},
    {"quantile_returns",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("horizon"), FCT_TABLE_COUNT("quantile"),
      FCT_TABLE_COUNT("time"), FCT_TABLE_COUNT("rows"), FCT_TABLE_NUMBER("mean"),
      FCT_TABLE_NUMBER("total")},
     count_quantile_returns,
     write_quantile_returns},
    {"times",
     {FCT_TABLE_TEXT("factor"), FCT_TABLE_COUNT("time"), FCT_TABLE_COUNT("rows"),
      FCT_TABLE_NUMBER("coverage"), FCT_TABLE_NUMBER("autocorrelation"),
      FCT_TABLE_NUMBER("turnover_bottom"), FCT_TABLE_NUMBER("turnover_top")},
     count_times,
     write_times},
};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *fct_evaluation_table_name(size_t index)
{
    return index < N_KINDS ? kinds[index].name : NULL;
}

fct_status fct_evaluation_table(const fct_evaluation *e, const char *name,
                                struct ArrowArrayStream *out, fct_error *err)
{
    return fct_table_stream(kinds, N_KINDS, name, e, out, err);
}
