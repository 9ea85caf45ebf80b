/* The tables of an evaluation as Arrow streams. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/builder.h"
#include "base/time.h"
#include "eval/evaluation.h"

/* A row being written: values go to one column after the other. */
typedef struct table {
    fct_arrow_builder builder;
    size_t column, n_columns;
} table;

static size_t next_column(table *t)
{
    size_t column = t->column;
    t->column = (t->column + 1) % t->n_columns;
    return column;
}

static void put_text(table *t, const char *text)
{
    fct_arrow_builder_text(&t->builder, next_column(t), text);
}

static void put_count(table *t, int64_t value)
{
    fct_arrow_builder_int(&t->builder, next_column(t), value);
}

static void put(table *t, double value)
{
    fct_arrow_builder_number(&t->builder, next_column(t), value);
}

/* What a table is: its columns, how many rows, and how to write them. */
typedef struct table_kind {
    const char *name;
    fct_arrow_field fields[24]; /* ends with a NULL name */
    size_t (*count)(const fct_evaluation *e);
    void (*write)(const fct_evaluation *e, table *t);
} table_kind;

static void put_key(const fct_evaluation *e, table *t, size_t factor, size_t h)
{
    put_text(t, e->factors[factor].name);
    put_count(t, e->horizons[h]);
}

/* ---- Summary ---------------------------------------------------------------------------------- */

static size_t count_summary(const fct_evaluation *e)
{
    return e->n_factors * e->n_horizons;
}

static void write_summary(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++) {
            const fct_factor_result *f = &e->factors[i];
            const fct_horizon_result *r = &f->horizons[h];
            put_key(e, t, i, h);
            put_count(t, r->ic.n);
            put(t, r->ic.mean);
            put(t, r->ic.std);
            put(t, r->ic.std > 0 ? r->ic.mean / r->ic.std : NAN);
            put(t, r->ic.t);
            put(t, r->ic.p);
            put(t, r->ic.t_nw);
            put(t, r->ic.p_nw);
            put(t, r->ic.positive);
            put(t, r->pearson.mean);
            put(t, r->pearson.t_nw);
            put(t, r->long_short.mean);
            put(t, r->long_short.error);
            put(t, r->long_short.t_nw);
            put(t, r->long_short_total);
            put(t, f->autocorrelation[0]);
            put(t, (f->turnover[0] + f->turnover[e->n_quantiles - 1]) / 2);
            put(t, f->coverage);
            put_count(t, r->n_pairs);
            put_count(t, r->n_without_return);
            put_count(t, f->n_times_left_out);
        }
}

/* ---- Quantiles and turnover ------------------------------------------------------------------- */

static size_t count_quantiles(const fct_evaluation *e)
{
    return e->n_factors * e->n_horizons * e->n_quantiles;
}

static void write_quantiles(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t q = 0; q < e->n_quantiles; q++) {
                const fct_quantile_result *r = &e->factors[i].quantiles[h * e->n_quantiles + q];
                put_key(e, t, i, h);
                put_count(t, (int64_t)q + 1);
                put_count(t, r->returns.n);
                put_count(t, r->n_rows);
                put(t, r->returns.mean);
                put(t, r->returns.std);
                put(t, r->returns.error);
                put(t, r->returns.t_nw);
                put(t, r->returns.positive);
                put(t, r->total);
                put(t, e->factors[i].turnover[q]);
            }
}

static size_t count_turnover(const fct_evaluation *e)
{
    return e->n_factors * e->n_lags;
}

static void write_turnover(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t lag = 0; lag < e->n_lags; lag++) {
            const double *turnover = e->factors[i].turnover + lag * e->n_quantiles;
            put_text(t, e->factors[i].name);
            put_count(t, e->lags[lag]);
            put(t, e->factors[i].autocorrelation[lag]);
            put(t, turnover[0]);
            put(t, turnover[e->n_quantiles - 1]);
        }
}

/* ---- Decay, calendar, symbols, events --------------------------------------------------------- */

static size_t count_decay(const fct_evaluation *e)
{
    return e->n_factors * e->n_decay;
}

static void put_ic(table *t, const fct_series_summary *s)
{
    put_count(t, s->n);
    put(t, s->mean);
    put(t, s->std);
    put(t, s->t);
    put(t, s->positive);
}

static void write_decay(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t lag = 0; lag < e->n_decay; lag++) {
            put_text(t, e->factors[i].name);
            put_count(t, (int64_t)lag);
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

static size_t count_calendar(const fct_evaluation *e)
{
    size_t n_hours = 0;
    for (size_t hour = 0; hour < 24; hour++)
        n_hours += has_hour(e, hour);
    return e->n_factors * e->n_horizons * (e->n_months + n_hours + e->n_groups);
}

static void put_calendar(const fct_evaluation *e, table *t, size_t i, size_t h, const char *by,
                         const char *key, const fct_series_summary *s)
{
    put_key(e, t, i, h);
    put_text(t, by);
    put_text(t, key);
    put_ic(t, s);
}

static void write_calendar_of(const fct_evaluation *e, table *t, size_t i, size_t h,
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

static void write_calendar(const fct_evaluation *e, table *t)
{
    bool hours[24];
    for (size_t hour = 0; hour < 24; hour++)
        hours[hour] = has_hour(e, hour);
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            write_calendar_of(e, t, i, h, hours);
}

static size_t count_symbols(const fct_evaluation *e)
{
    return e->factors[0].symbol_ic ? e->n_factors * e->n_horizons * e->n_symbols : 0;
}

static void write_symbols(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t s = 0; s < e->n_symbols; s++) {
                put_key(e, t, i, h);
                put_text(t, e->symbols[s]);
                put_count(t, e->factors[i].symbol_pairs[h * e->n_symbols + s]);
                put(t, e->factors[i].symbol_ic[h * e->n_symbols + s]);
            }
}

static size_t event_offsets(const fct_evaluation *e)
{
    return (size_t)(e->events_before + e->events_after + 1);
}

static size_t count_events(const fct_evaluation *e)
{
    return e->factors[0].events ? e->n_factors * 2 * event_offsets(e) : 0;
}

static void write_events(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t side = 0; side < 2; side++)
            for (size_t k = 0; k < event_offsets(e); k++) {
                const fct_event_result *r = &e->factors[i].events[side * event_offsets(e) + k];
                put_text(t, e->factors[i].name);
                put_text(t, side ? "small" : "large");
                put_count(t, (int64_t)k - e->events_before);
                put_count(t, e->factors[i].n_events[side]);
                put_count(t, r->returns.n);
                put(t, r->returns.mean);
                put(t, r->returns.error);
                put(t, r->relative.mean);
                put(t, r->relative.error);
            }
}

/* ---- Correlation ------------------------------------------------------------------------------ */

static size_t count_correlation(const fct_evaluation *e)
{
    return e->correlation ? e->n_factors * (e->n_factors - 1) / 2 : 0;
}

static void write_correlation(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t k = i + 1; k < e->n_factors; k++) {
            double r = e->correlation[i * e->n_factors + k];
            put_text(t, e->factors[i].name);
            put_text(t, e->factors[k].name);
            put(t, r);
            put_count(t, e->correlation_times[i * e->n_factors + k]);
            put_count(t, fabs(r) >= e->redundant_from);
        }
}

/* ---- Series ----------------------------------------------------------------------------------- */

static bool has_series(const fct_evaluation *e)
{
    return e->factors[0].series.all != NULL;
}

static size_t count_ic(const fct_evaluation *e)
{
    return has_series(e) ? e->n_factors * e->n_horizons * e->n_times : 0;
}

static void write_ic(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t h = 0; h < e->n_horizons; h++)
            for (size_t time = 0; time < e->n_times; time++) {
                const fct_factor_series *s = &e->factors[i].series;
                put_key(e, t, i, h);
                put_count(t, e->time_ms[time]);
                put_count(t, s->n_pairs[h * e->n_times + time]);
                put(t, s->ic[h * e->n_times + time]);
                put(t, s->pearson[h * e->n_times + time]);
                put(t, s->long_short[h * e->n_times + time]);
            }
}

static size_t count_quantile_returns(const fct_evaluation *e)
{
    return has_series(e) ? e->n_factors * e->n_horizons * e->n_times * e->n_quantiles : 0;
}

static void write_quantile_returns(const fct_evaluation *e, table *t)
{
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
                    put_count(t, (int64_t)q + 1);
                    put_count(t, e->time_ms[time]);
                    put_count(t, s->quantile_rows[first + time]);
                    put(t, value);
                    put(t, is_step && !isnan(value) ? wealth - 1 : NAN);
                }
            }
}

static size_t count_times(const fct_evaluation *e)
{
    return has_series(e) ? e->n_factors * e->n_times : 0;
}

static void write_times(const fct_evaluation *e, table *t)
{
    for (size_t i = 0; i < e->n_factors; i++)
        for (size_t time = 0; time < e->n_times; time++) {
            const fct_factor_series *s = &e->factors[i].series;
            put_text(t, e->factors[i].name);
            put_count(t, e->time_ms[time]);
            put_count(t, s->n_values[time]);
            put(t, s->coverage[time]);
            put(t, s->autocorrelation[time]);
            put(t, s->turnover[time]);
            put(t, s->turnover[(e->n_quantiles - 1) * e->n_times + time]);
        }
}

/* ---- All of them ------------------------------------------------------------------------------ */

#define TEXT(name)                                                                                 \
    {                                                                                              \
        name, FCT_ARROW_STRING, false                                                              \
    }
#define COUNT(name)                                                                                \
    {                                                                                              \
        name, FCT_ARROW_INT64, false                                                               \
    }
#define NUMBER(name)                                                                               \
    {                                                                                              \
        name, FCT_ARROW_DOUBLE, true                                                               \
    }
#define TRUTH(name)                                                                                \
    {                                                                                              \
        name, FCT_ARROW_BOOL, false                                                                \
    }

static const table_kind kinds[] = {
    {"summary",
     {TEXT("factor"),
      COUNT("horizon"),
      COUNT("times"),
      NUMBER("ic"),
      NUMBER("ic_std"),
      NUMBER("icir"),
      NUMBER("ic_t"),
      NUMBER("ic_p"),
      NUMBER("ic_t_nw"),
      NUMBER("ic_p_nw"),
      NUMBER("ic_positive"),
      NUMBER("pearson"),
      NUMBER("pearson_t_nw"),
      NUMBER("long_short"),
      NUMBER("long_short_error"),
      NUMBER("long_short_t_nw"),
      NUMBER("long_short_total"),
      NUMBER("autocorrelation"),
      NUMBER("turnover"),
      NUMBER("coverage"),
      COUNT("rows"),
      COUNT("rows_without_return"),
      COUNT("times_left_out")},
     count_summary,
     write_summary},
    {"quantiles",
     {TEXT("factor"), COUNT("horizon"), COUNT("quantile"), COUNT("times"), COUNT("rows"),
      NUMBER("mean"), NUMBER("std"), NUMBER("error"), NUMBER("t_nw"), NUMBER("positive"),
      NUMBER("total"), NUMBER("turnover")},
     count_quantiles,
     write_quantiles},
    {"turnover",
     {TEXT("factor"), COUNT("lag"), NUMBER("autocorrelation"), NUMBER("turnover_bottom"),
      NUMBER("turnover_top")},
     count_turnover,
     write_turnover},
    {"decay",
     {TEXT("factor"), COUNT("lag"), COUNT("times"), NUMBER("ic"), NUMBER("ic_std"), NUMBER("ic_t"),
      NUMBER("ic_positive")},
     count_decay,
     write_decay},
    {"calendar",
     {TEXT("factor"), COUNT("horizon"), TEXT("by"), TEXT("key"), COUNT("times"), NUMBER("ic"),
      NUMBER("ic_std"), NUMBER("ic_t"), NUMBER("ic_positive")},
     count_calendar,
     write_calendar},
    {"symbols",
     {TEXT("factor"), COUNT("horizon"), TEXT("symbol"), COUNT("rows"), NUMBER("ic")},
     count_symbols,
     write_symbols},
    {"events",
     {TEXT("factor"), TEXT("side"), COUNT("offset"), COUNT("events"), COUNT("times"),
      NUMBER("mean"), NUMBER("error"), NUMBER("relative"), NUMBER("relative_error")},
     count_events,
     write_events},
    {"correlation",
     {TEXT("factor"), TEXT("other"), NUMBER("correlation"), COUNT("times"), TRUTH("redundant")},
     count_correlation,
     write_correlation},
    {"ic",
     {TEXT("factor"), COUNT("horizon"), COUNT("time"), COUNT("rows"), NUMBER("ic"),
      NUMBER("pearson"), NUMBER("long_short")},
     count_ic,
     write_ic},
    {"quantile_returns",
     {TEXT("factor"), COUNT("horizon"), COUNT("quantile"), COUNT("time"), COUNT("rows"),
      NUMBER("mean"), NUMBER("total")},
     count_quantile_returns,
     write_quantile_returns},
    {"times",
     {TEXT("factor"), COUNT("time"), COUNT("rows"), NUMBER("coverage"), NUMBER("autocorrelation"),
      NUMBER("turnover_bottom"), NUMBER("turnover_top")},
     count_times,
     write_times},
};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *fct_evaluation_table_name(size_t index)
{
    return index < N_KINDS ? kinds[index].name : NULL;
}

static const table_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static fct_status no_such_table(const char *name, fct_error *err)
{
    fct_text list = {0};
    char shown[80];
    fct_status status = FCT_OK;
    for (size_t i = 0; status == FCT_OK && i < N_KINDS; i++)
        status = fct_text_append_format(&list, err, "%s%s", i ? ", " : "", kinds[i].name);
    if (status == FCT_OK)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no table \"%s\"; there are: %s",
                               fct_text_quote(name, strlen(name), shown, sizeof shown), list.data);
    fct_text_free(&list);
    return status;
}

fct_status fct_evaluation_table(const fct_evaluation *e, const char *name,
                                struct ArrowArrayStream *out, fct_error *err)
{
    const table_kind *kind = find_kind(name);
    *out = (struct ArrowArrayStream){0};
    if (!kind)
        return no_such_table(name, err);
    table t = {0};
    while (kind->fields[t.n_columns].name)
        t.n_columns++;
    size_t n_rows = kind->count(e);
    FCT_TRY(fct_arrow_builder_start(&t.builder, kind->fields, t.n_columns, n_rows, err));
    if (n_rows)
        kind->write(e, &t);
    return fct_arrow_builder_stream(&t.builder, out, err);
}
