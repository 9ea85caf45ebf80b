/* Days of the cache for whoever asks for one by its key: get, get_range, put, verify. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "bars/cache_files.h"
#include "bars/spec.h"
#include "bars/stream.h"
#include "exchange/exchange.h"

#define MINUTE_US INT64_C(60000000)
#define MAX_COUNT 9007199254740992.0 /* 2^53 */
#define END_DAY 106650               /* 2262-01-01, where dates end */

/* A key with what follows from it. */
typedef struct series {
    const fct_cache_key *key;
    const char *store;
    fct_text data_type;    /* "klines_1m" */
    fct_bar_cache cache;   /* of the key's interval */
    fct_bar_cache minutes; /* of 1 m, where the interval is a multiple; else its folder is empty */
    fct_job job;
} series;

static fct_status check_key(const fct_cache_key *key, fct_error *err)
{
    if (!key->dataset.market || !key->dataset.data_type || !key->symbol)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a key of the cache needs market, data type and symbol");
    if (key->interval_ms < 1000 || FCT_MS_PER_DAY % key->interval_ms)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "days are kept of intervals of at least 1 s that divide a day");
    return fct_name_check(key->symbol, "symbol", err);
}

static fct_status check_days(int64_t first_day, int64_t end_day, fct_error *err)
{
    if (first_day >= 0 && first_day < end_day && end_day <= END_DAY)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "%lld to %lld is no range of days: they count from 1970 and end with the "
                         "year 2261, and the last one counts no more",
                         (long long)first_day, (long long)end_day);
}

static fct_status series_start(series *s, const fct_cache *cache, const fct_cache_key *key,
                               fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    const fct_column_map *map = key->map;
    *s = (series){.key = key, .store = cache->store};
    FCT_TRY(check_key(key, err));
    FCT_TRY(fct_exchange_find_of(key->dataset.exchange, key->dataset.market, &exchange, err));
    FCT_TRY(fct_text_append_format(&s->data_type, err, "%s%s%s", key->dataset.data_type,
                                   key->dataset.interval ? "_" : "",
                                   key->dataset.interval ? key->dataset.interval : ""));
    if (!map && fct_exchange_table_find(exchange, key->dataset.market, s->data_type.data, &table,
                                        NULL) == FCT_OK)
        map = &table->map;
    FCT_TRY(fct_job_start(&s->job, NULL, err));
    FCT_TRY(fct_bar_cache_open(&s->cache, cache->store, cache->folder, key->dataset.market,
                               s->data_type.data, map, key->interval_ms * 1000, &s->job, err));
    if (key->interval_ms * 1000 % MINUTE_US == 0 && key->interval_ms * 1000 != MINUTE_US)
        FCT_TRY(fct_bar_cache_open(&s->minutes, cache->store, cache->folder, key->dataset.market,
                                   s->data_type.data, map, MINUTE_US, &s->job, err));
    return FCT_OK;
}

static void series_end(series *s)
{
    if (s->cache.job)
        fct_bar_cache_close(&s->cache);
    if (s->minutes.job)
        fct_bar_cache_close(&s->minutes);
    if (s->job.run.n_threads)
        fct_job_end(&s->job);
    fct_text_free(&s->data_type);
}

/* What the store's files of the day are now; empty where it has none. */
static fct_status source_now(const series *s, int64_t day, fct_text *source, fct_error *err)
{
    const fct_store_key key = {s->key->dataset.market, s->data_type.data, s->key->symbol};
    const fct_store store = fct_store_folder(s->store);
    fct_store_days days;
    FCT_TRY(fct_store_days_list(&store, &key, day, day + 1, &days, err));
    fct_status status = FCT_OK;
    source->length = 0;
    if (days.n_days)
        status = fct_bar_cache_source(&days.days[0], source, err);
    fct_store_days_free(&days);
    return status;
}

/* ---- Get -------------------------------------------------------------------------------------- */

static fct_status get_day(series *s, int64_t day, fct_bar_array *bars, bool *has_side,
                          fct_error *err)
{
    fct_text source = {0};
    fct_status status;
    bool found = false;
    FCT_TRY_OUT(source_now(s, day, &source, err));
    FCT_TRY_OUT(fct_bar_cache_get(&s->cache, s->key->symbol, day, fct_text_get(&source), bars,
                                  has_side, &found, err));
    if (!found && s->minutes.job) {
        FCT_TRY_OUT(fct_bar_cache_get(&s->minutes, s->key->symbol, day, fct_text_get(&source), bars,
                                      has_side, &found, err));
        bars->n_bars = fct_time_bars_coarsen(bars->bars, bars->n_bars, s->key->interval_ms * 1000);
    }
    if (!found) {
        char date[11];
        fct_date_format(day, date);
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "the cache has no bars of %s on %s",
                               s->key->symbol, date);
    }
out:
    fct_text_free(&source);
    return status;
}

static fct_status get_days(series *s, int64_t first_day, int64_t end_day, fct_bars_output *output,
                           fct_error *err)
{
    fct_status status = FCT_OK;
    output->symbols = calloc(1, sizeof *output->symbols);
    output->lists = calloc(1, sizeof *output->lists);
    if (!output->symbols || !output->lists || !(output->symbols[0] = fct_text_copy(s->key->symbol)))
        return fct_error_memory(err, sizeof *output->lists);
    output->n_symbols = 1;
    for (int64_t day = first_day; status == FCT_OK && day < end_day; day++) {
        fct_bar_array bars = {0};
        bool has_side;
        status = get_day(s, day, &bars, &has_side, err);
        output->with_sides =
            status == FCT_OK && has_side && (output->with_sides || day == first_day);
        for (size_t i = 0; status == FCT_OK && i < bars.n_bars; i++) {
            fct_finished_bar bar = fct_bar_finish(&bars.bars[i]);
            status = fct_bar_list_append(output->lists, &s->job, &bar, err);
        }
        fct_bar_array_free(&bars);
    }
    return status;
}

fct_status fct_cache_get_range(fct_cache *cache, const fct_cache_key *key, int64_t first_day,
                               int64_t end_day, struct ArrowArrayStream *out, fct_error *err)
{
    fct_bars_output output = {.by_time = true, .with_notional = true, .with_num_trades = true};
    series s;
    fct_status status;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY_OUT(series_start(&s, cache, key, err));
    FCT_TRY_OUT(check_days(first_day, end_day, err));
    output.interval_ms = key->interval_ms;
    FCT_TRY_OUT(get_days(&s, first_day, end_day, &output, err));
    status = fct_bars_stream(&output, out, err);
    output = (fct_bars_output){0};
out:
    if (output.lists)
        fct_bar_list_free(output.lists);
    if (output.symbols)
        free(output.symbols[0]);
    free(output.lists);
    free(output.symbols);
    series_end(&s);
    return status;
}

fct_status fct_cache_get(fct_cache *cache, const fct_cache_key *key, int64_t day,
                         struct ArrowArrayStream *out, fct_error *err)
{
    return fct_cache_get_range(cache, key, day, day < INT64_MAX ? day + 1 : day, out, err);
}

/* ---- Put -------------------------------------------------------------------------------------- */

enum {
    START,
    OPEN,
    HIGH,
    LOW,
    CLOSE,
    VOLUME,
    VWAP,
    NOTIONAL,
    BUYER_VOLUME,
    SELLER_VOLUME,
    N_BUYER,
    N_SELLER,
    N_TRADES,
    N_ROLES
};

static const char *const role_names[N_ROLES] = {"start_time",
                                                "open",
                                                "high",
                                                "low",
                                                "close",
                                                "volume",
                                                "vwap",
                                                "notional",
                                                "num_buyer_volume",
                                                "num_seller_volume",
                                                "num_buyer",
                                                "num_seller",
                                                "num_trades"};

/* NaN where it is missing. */
static double value_at(const fct_arrow_view *view, int64_t row)
{
    if (fct_arrow_view_is_null(view, row))
        return NAN;
    return fct_arrow_is_real(view->type) ? fct_arrow_view_double(view, row)
                                         : (double)fct_arrow_view_int64(view, row);
}

/* The value of a column that may be missing: 0. */
static double value_of(const fct_arrow_view *views, const size_t *roles, int role, int64_t row)
{
    double value = roles[role] == SIZE_MAX ? NAN : value_at(&views[roles[role]], row);
    return isfinite(value) ? value : 0;
}

/* A bar has all of its prices and a volume; counts are numbers that a panel holds, too. */
static bool is_possible(int role, double value)
{
    bool is_needed = role >= OPEN && role <= VOLUME;
    if (isnan(value))
        return !is_needed;
    if (role >= N_BUYER)
        return value >= 0 && value <= MAX_COUNT;
    return isfinite(value) && (value >= 0 || (role != VOLUME && role < BUYER_VOLUME));
}

static fct_status check_values(const fct_arrow_view *views, const size_t *roles, int64_t row,
                               size_t number, fct_error *err)
{
    for (int role = OPEN; role < N_ROLES; role++) {
        double value = roles[role] == SIZE_MAX ? NAN : value_at(&views[roles[role]], row);
        if (roles[role] != SIZE_MAX && !is_possible(role, value))
            return fct_error_set(err, FCT_ERROR_ARGUMENT, "row %zu, column %s: no bar has %g there",
                                 number, role_names[role], value);
    }
    return FCT_OK;
}

static fct_status add_bar(const series *s, int64_t day, const fct_arrow_view *views,
                          const size_t *roles, int64_t row, fct_bar_array *bars, fct_error *err)
{
    int64_t start_us;
    int64_t interval_us = s->key->interval_ms * 1000;
    int64_t day_us = day * FCT_US_PER_DAY;
    if (fct_arrow_view_is_null(&views[roles[START]], row) ||
        __builtin_mul_overflow(fct_arrow_view_int64(&views[roles[START]], row), 1000, &start_us) ||
        start_us < day_us || start_us >= day_us + FCT_US_PER_DAY || start_us % interval_us ||
        (bars->n_bars && start_us <= bars->bars[bars->n_bars - 1].start_us))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "row %zu: bars of a day start within it, on the interval, one after "
                             "another, in ms",
                             bars->n_bars + 1);
    FCT_TRY(check_values(views, roles, row, bars->n_bars + 1, err));
    double volume = value_of(views, roles, VOLUME, row);
    double notional = roles[NOTIONAL] != SIZE_MAX ? value_of(views, roles, NOTIONAL, row)
                                                  : value_of(views, roles, VWAP, row) * volume;
    int64_t n_buyer = (int64_t)value_of(views, roles, N_BUYER, row);
    int64_t n_trades = roles[N_TRADES] != SIZE_MAX
                           ? (int64_t)value_of(views, roles, N_TRADES, row)
                           : n_buyer + (int64_t)value_of(views, roles, N_SELLER, row);
    FCT_TRY(fct_bar_array_reserve(bars, 1, err));
    bars->bars[bars->n_bars++] = (fct_bar){
        .start_us = start_us,
        .end_us = start_us + interval_us,
        .first_time_us = start_us,
        .last_time_us = start_us + interval_us - 1,
        .open = value_of(views, roles, OPEN, row),
        .high = value_of(views, roles, HIGH, row),
        .low = value_of(views, roles, LOW, row),
        .close = value_of(views, roles, CLOSE, row),
        .volume = {volume, 0},
        .notional = {notional, 0},
        .buyer_volume = {value_of(views, roles, BUYER_VOLUME, row), 0},
        .seller_volume = {value_of(views, roles, SELLER_VOLUME, row), 0},
        .n_trades = n_trades,
        .n_buyer = n_buyer,
    };
    return FCT_OK;
}

static fct_status find_roles(const fct_arrow_reader *reader, size_t *roles, fct_error *err)
{
    size_t n_fields;
    const fct_arrow_field *fields = fct_arrow_reader_fields(reader, &n_fields);
    for (int role = 0; role < N_ROLES; role++) {
        roles[role] = SIZE_MAX;
        for (size_t i = 0; i < n_fields; i++)
            if (strcmp(fields[i].name, role_names[role]) == 0)
                roles[role] = i;
        bool is_number = roles[role] == SIZE_MAX || fields[roles[role]].type <= FCT_ARROW_DOUBLE;
        bool is_needed = role < VWAP || (role == NOTIONAL && roles[VWAP] == SIZE_MAX);
        if ((roles[role] == SIZE_MAX && is_needed) || !is_number ||
            (role == START && fields[roles[role]].type != FCT_ARROW_INT64))
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "bars for the cache need a column of numbers %s",
                                 role_names[role]);
    }
    return FCT_OK;
}

static fct_status read_bars(const series *s, int64_t day, fct_arrow_reader *reader,
                            fct_bar_array *bars, bool *has_side, fct_error *err)
{
    size_t roles[N_ROLES] = {0};
    size_t n_fields;
    fct_arrow_reader_fields(reader, &n_fields);
    FCT_TRY(find_roles(reader, roles, err));
    *has_side = roles[BUYER_VOLUME] != SIZE_MAX && roles[SELLER_VOLUME] != SIZE_MAX;
    fct_arrow_view *views = calloc(n_fields + 1, sizeof *views);
    if (!views)
        return fct_error_memory(err, n_fields * sizeof *views);
    fct_status status;
    for (;;) {
        int64_t n_rows;
        FCT_TRY_OUT(fct_arrow_reader_next(reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        for (int64_t row = 0; row < n_rows; row++)
            FCT_TRY_OUT(add_bar(s, day, views, roles, row, bars, err));
    }
out:
    free(views);
    return status;
}

fct_status fct_cache_put(fct_cache *cache, const fct_cache_key *key, int64_t day,
                         struct ArrowArrayStream *stream, fct_error *err)
{
    fct_arrow_reader *reader = NULL;
    fct_bar_array bars = {0};
    fct_text source = {0};
    fct_error reason = {0};
    bool has_side;
    series s;
    fct_status status;
    FCT_TRY_OUT(series_start(&s, cache, key, err));
    FCT_TRY_OUT(check_days(day, day < INT64_MAX ? day + 1 : day, err));
    FCT_TRY_OUT(source_now(&s, day, &source, err));
    FCT_TRY_OUT(fct_arrow_reader_open(&reader, stream, err));
    FCT_TRY_OUT(read_bars(&s, day, reader, &bars, &has_side, err));
    status = fct_bar_cache_write(&s.cache, key->symbol, day, fct_text_get(&source), &bars, has_side,
                                 &reason);
    if (status != FCT_OK)
        status = fct_error_set(err, status, "%s", reason.message);
out:
    if (!reader && stream->release)
        stream->release(stream);
    fct_arrow_reader_free(reader);
    fct_bar_array_free(&bars);
    fct_text_free(&source);
    series_end(&s);
    return status;
}
