#include "bars/klines.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bars/bar.h"
#include "base/threads.h"
#include "base/time.h"
#include "parquet/reader.h"
#include "store/sql.h"

enum {
    OPEN_TIME,
    OPEN,
    HIGH,
    LOW,
    CLOSE,
    VOLUME,
    QUOTE_VOLUME,
    TAKER_VOLUME,
    COUNT,
    CLOSE_TIME,
    N_COLUMNS
};

static const struct {
    const char *name;
    bool is_whole;
} columns[N_COLUMNS] = {
    [OPEN_TIME] = {"open_time", true},
    [OPEN] = {"open", false},
    [HIGH] = {"high", false},
    [LOW] = {"low", false},
    [CLOSE] = {"close", false},
    [VOLUME] = {"volume", false},
    [QUOTE_VOLUME] = {"quote_volume", false},
    [TAKER_VOLUME] = {"taker_buy_volume", false},
    [COUNT] = {"count", true},
    [CLOSE_TIME] = {"close_time", true},
};

typedef struct klines {
    const fct_bars_plan *plan;
    fct_job *job;
    fct_bar_list *lists;
    fct_sql **sql;    /* one a thread, made when first needed */
    size_t n_columns; /* all where nothing but CLOSE_TIME says how long they are */
} klines;

/* Where a symbol's reading stands. */
typedef struct series {
    const klines *klines;
    fct_bar_list *list;
    const char *path;
    int64_t n_rows;         /* read of the file */
    fct_finished_bar *bars; /* of the file */
    size_t n_bars, capacity;
    int64_t file_after_ms; /* where the last bar of the file before starts */
    bool out_of_order;     /* a bar of the file starts no later than the one before it */
    fct_bar longer;        /* what the klines of a longer bar came to so far */
    bool has_longer;
} series;

/* ---- Rows ------------------------------------------------------------------------------------- */

static fct_status bad_row(const series *s, int64_t row, const char *column, const char *why,
                          fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA, "%s, row %" PRId64 ", column %s: %s", s->path,
                         s->n_rows + row + 1, column, why);
}

/* A time in ms, or -1 where it is none. */
static int64_t time_at(const void *values, int64_t row)
{
    int64_t divisor;
    int64_t time = ((const int64_t *)values)[row];
    int64_t multiplier = fct_time_unit_to_us(time, &divisor);
    int64_t time_us;
    if (time <= 0 || __builtin_mul_overflow(time, multiplier, &time_us))
        return -1;
    return fct_floor_div(time_us, divisor * 1000);
}

static fct_status make_bar(const series *s, const void *const *values, int64_t row,
                           fct_finished_bar *bar, fct_error *err)
{
    double v[N_COLUMNS];
    for (size_t i = OPEN; i < COUNT; i++) {
        v[i] = ((const double *)values[i])[row];
        if (!(v[i] >= 0) || isinf(v[i]))
            return bad_row(s, row, columns[i].name, "it is no number of at least 0", err);
    }
    int64_t start_ms = time_at(values[OPEN_TIME], row);
    if (start_ms < 0)
        return bad_row(s, row, "open_time", "it is no time", err);
    int64_t end_ms = start_ms + s->klines->plan->klines_ms;
    if (s->klines->n_columns > CLOSE_TIME && time_at(values[CLOSE_TIME], row) + 1 != end_ms)
        return bad_row(s, row, "close_time",
                       "the kline is not of 1 minute, as those are whose folder does not say how "
                       "long they are: call it klines_1h, for example",
                       err);
    double vwap = v[VOLUME] > 0 ? v[QUOTE_VOLUME] / v[VOLUME] : NAN;
    /* Published sums are rounded: their ratio must not leave the range of the prices. */
    vwap = vwap < v[LOW] ? v[LOW] : vwap > v[HIGH] ? v[HIGH] : vwap;
    *bar = (fct_finished_bar){
        .start_ms = start_ms,
        .end_ms = end_ms,
        .open = v[OPEN],
        .high = v[HIGH],
        .low = v[LOW],
        .close = v[CLOSE],
        .volume = v[VOLUME],
        .vwap = vwap,
        .notional = v[QUOTE_VOLUME],
        .num_buyer_volume = v[TAKER_VOLUME],
        .num_seller_volume = v[VOLUME] - v[TAKER_VOLUME],
        .num_buyer = -1,
        .num_seller = -1,
        .num_trades = ((const int64_t *)values[COUNT])[row],
    };
    return FCT_OK;
}

static fct_status reserve(series *s, fct_error *err)
{
    if (s->n_bars < s->capacity)
        return FCT_OK;
    size_t capacity = s->capacity ? s->capacity * 2 : 1440;
    fct_finished_bar *bars = realloc(s->bars, capacity * sizeof *bars);
    if (!bars)
        return fct_error_memory(err, capacity * sizeof *bars);
    s->bars = bars;
    s->capacity = capacity;
    return FCT_OK;
}

static fct_status add_rows(series *s, const void *const *values, int64_t n_rows, fct_error *err)
{
    for (int64_t i = 0; i < n_rows; i++) {
        fct_finished_bar bar = {0};
        FCT_TRY(make_bar(s, values, i, &bar, err));
        if (bar.start_ms <= (s->n_bars ? s->bars[s->n_bars - 1].start_ms : s->file_after_ms)) {
            s->out_of_order = true;
            return FCT_OK;
        }
        FCT_TRY(reserve(s, err));
        s->bars[s->n_bars++] = bar;
    }
    s->n_rows += n_rows;
    return FCT_OK;
}

/* ---- Files ------------------------------------------------------------------------------------ */

static fct_status add_pages(series *s, fct_parquet_cursor *const *cursors, fct_error *err)
{
    for (;;) {
        const void *values[N_COLUMNS];
        int64_t n_rows = INT64_MAX;
        for (size_t i = 0; i < s->klines->n_columns; i++) {
            const uint8_t *validity;
            int64_t n_at_hand;
            FCT_TRY(fct_parquet_cursor_peek(cursors[i], &values[i], &validity, &n_at_hand, err));
            n_rows = n_at_hand < n_rows ? n_at_hand : n_rows;
            for (int64_t row = 0; validity && row < n_at_hand; row++)
                if (!validity[row])
                    return bad_row(s, row, columns[i].name, "it is missing", err);
        }
        if (!n_rows)
            return FCT_OK;
        FCT_TRY(add_rows(s, values, n_rows, err));
        if (s->out_of_order)
            return FCT_OK;
        for (size_t i = 0; i < s->klines->n_columns; i++)
            fct_parquet_cursor_skip(cursors[i], n_rows);
    }
}

static fct_status read_native(series *s, fct_error *err)
{
    fct_parquet_file *file;
    fct_parquet_cursor *cursors[N_COLUMNS] = {NULL};
    fct_status status;
    FCT_TRY(fct_parquet_file_open(&file, s->path, err));
    for (size_t i = 0; i < s->klines->n_columns; i++) {
        size_t column = fct_parquet_file_find(file, columns[i].name);
        if (column == SIZE_MAX) {
            status = fct_error_set(err, FCT_ERROR_DATA,
                                   "%s has no column %s, as klines of the exchange do", s->path,
                                   columns[i].name);
            goto out;
        }
        FCT_TRY_OUT(fct_parquet_cursor_open(&cursors[i], file, column,
                                            columns[i].is_whole ? FCT_READ_INT64 : FCT_READ_DOUBLE,
                                            err));
    }
    status = add_pages(s, cursors, err);
out:
    for (size_t i = 0; i < N_COLUMNS; i++)
        fct_parquet_cursor_free(cursors[i]);
    fct_parquet_file_close(file);
    return status;
}

static fct_status append_query(const series *s, fct_text *query, fct_sql *sql, fct_error *err)
{
    fct_sql_columns there;
    fct_status status = FCT_OK;
    FCT_TRY(fct_sql_describe(sql, s->path, &there, err));
    bool is_timestamp = false;
    for (size_t i = 0; i < there.n_columns; i++)
        is_timestamp = is_timestamp || (there.columns[i].kind == FCT_SQL_TIMESTAMP &&
                                        strcasecmp(there.columns[i].name, "open_time") == 0);
    fct_sql_columns_free(&there);
    FCT_TRY(fct_text_append_format(query, err, "SELECT "));
    for (size_t i = 0; status == FCT_OK && i < s->klines->n_columns; i++) {
        bool is_made = is_timestamp && (i == OPEN_TIME || i == CLOSE_TIME);
        status = fct_text_append_format(
            query, err, "%sCAST(%s\"%s\"%s AS %s)", i ? ", " : "", is_made ? "epoch_us(" : "",
            columns[i].name, is_made ? ")" : "", columns[i].is_whole ? "BIGINT" : "DOUBLE");
    }
    if (status == FCT_OK)
        status = fct_text_append_format(
            query, err, " FROM read_parquet($1, hive_partitioning = false) ORDER BY 1");
    return status;
}

static fct_status read_sql(series *s, fct_sql *sql, fct_error *err)
{
    fct_text query = {0};
    fct_sql_cursor *cursor = NULL;
    fct_status status;
    FCT_TRY_OUT(append_query(s, &query, sql, err));
    FCT_TRY_OUT(fct_sql_cursor_open(&cursor, sql, query.data, s->path, s->klines->job, err));
    for (;;) {
        fct_sql_chunk chunk;
        FCT_TRY_OUT(fct_sql_cursor_next(cursor, &chunk, err));
        if (!chunk.n_rows)
            break;
        for (size_t i = 0; i < s->klines->n_columns; i++)
            for (int64_t row = 0; chunk.validity[i] && row < chunk.n_rows; row++)
                if (!(chunk.validity[i][row / 64] >> (row % 64) & 1)) {
                    status = bad_row(s, row, columns[i].name, "it is missing", err);
                    goto out;
                }
        FCT_TRY_OUT(add_rows(s, chunk.values, chunk.n_rows, err));
        if (s->out_of_order) {
            status = fct_error_set(err, FCT_ERROR_DATA,
                                   "%s holds a kline that starts no later than the one before it, "
                                   "or than the day before",
                                   s->path);
            break;
        }
    }
out:
    fct_sql_cursor_free(cursor);
    fct_text_free(&query);
    return status;
}

static void start_file(series *s)
{
    s->n_rows = 0;
    s->n_bars = 0;
    s->out_of_order = false;
}

/* As the file lies, by our own reader, where that does; else sorted, by DuckDB. */
static fct_status read_file(series *s, fct_sql **sql, fct_error *err)
{
    fct_engine engine = s->klines->plan->engine;
    fct_job *job = s->klines->job;
    const char *because = "it is on another machine";
    fct_error why = {0};
    start_file(s);
    bool is_remote = fct_path_is_remote(s->path);
    if (is_remote && engine == FCT_ENGINE_NATIVE)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "%s: the native engine reads files of this machine only", s->path);
    if (engine != FCT_ENGINE_DUCKDB && !is_remote) {
        fct_status status = read_native(s, &why);
        if (status == FCT_OK && s->out_of_order)
            status = fct_error_set(&why, FCT_ERROR_UNSUPPORTED,
                                   "%s is not in the order of its times", s->path);
        if (status == FCT_OK)
            fct_job_message(job, FCT_MESSAGE_DETAIL, "%s: native engine", s->path);
        if (status != FCT_ERROR_UNSUPPORTED || engine == FCT_ENGINE_NATIVE) {
            if (status != FCT_OK && err)
                *err = why;
            return status;
        }
        because = why.message;
        start_file(s);
    }
    if (engine == FCT_ENGINE_AUTO)
        fct_job_message(job, FCT_MESSAGE_DETAIL, "%s: DuckDB engine, because: %s", s->path,
                        because);
    if (!*sql)
        FCT_TRY(fct_sql_open_for(sql, s->path, 0, NULL, err));
    return read_sql(s, *sql, err);
}

static fct_status end_longer(series *s, fct_error *err)
{
    if (!s->has_longer)
        return FCT_OK;
    fct_finished_bar bar = fct_bar_finish(&s->longer);
    bar.num_buyer = bar.num_seller = -1;
    s->has_longer = false;
    return fct_bar_list_append(s->list, s->klines->job, &bar, err);
}

static fct_status add_to_longer(series *s, const fct_finished_bar *bar, fct_error *err)
{
    fct_bar *longer = &s->longer;
    int64_t interval_us = s->klines->plan->bar.interval_ms * 1000;
    int64_t start_us = fct_floor_div(bar->start_ms * 1000, interval_us) * interval_us;
    if (s->has_longer && longer->start_us != start_us)
        FCT_TRY(end_longer(s, err));
    if (!s->has_longer)
        *longer = (fct_bar){
            .start_us = start_us,
            .end_us = start_us + interval_us,
            .open = bar->open,
            .high = bar->high,
            .low = bar->low,
        };
    s->has_longer = true;
    longer->high = bar->high > longer->high ? bar->high : longer->high;
    longer->low = bar->low < longer->low ? bar->low : longer->low;
    longer->close = bar->close;
    longer->n_trades += bar->num_trades;
    fct_sum_add(&longer->volume, bar->volume);
    fct_sum_add(&longer->notional, bar->notional);
    fct_sum_add(&longer->buyer_volume, bar->num_buyer_volume);
    fct_sum_add(&longer->seller_volume, bar->num_seller_volume);
    return FCT_OK;
}

static fct_status keep_bars(series *s, fct_error *err)
{
    const fct_bars_plan *plan = s->klines->plan;
    for (size_t i = 0; i < s->n_bars; i++) {
        int64_t start_us = s->bars[i].start_ms * 1000;
        s->file_after_ms = s->bars[i].start_ms;
        if (start_us < plan->from_us || start_us >= plan->to_us)
            continue;
        FCT_TRY(plan->bar.interval_ms == plan->klines_ms
                    ? fct_bar_list_append(s->list, s->klines->job, &s->bars[i], err)
                    : add_to_longer(s, &s->bars[i], err));
    }
    return FCT_OK;
}

static fct_status read_symbol(size_t symbol, int thread, void *context, fct_error *err)
{
    const klines *k = context;
    const fct_store_symbol *from = &k->plan->selection->symbols[symbol];
    series s = {.klines = k, .list = &k->lists[symbol], .file_after_ms = INT64_MIN};
    fct_status status = FCT_OK;
    for (size_t day = 0; day < from->days.n_days; day++)
        for (size_t i = 0; i < from->days.days[day].n_files; i++) {
            FCT_TRY_OUT(fct_job_check(k->job, err));
            s.path = from->days.days[day].files[i];
            FCT_TRY_OUT(read_file(&s, &k->sql[thread], err));
            FCT_TRY_OUT(keep_bars(&s, err));
            fct_job_advance(k->job, 1, s.path);
        }
    status = end_longer(&s, err);
out:
    free(s.bars);
    return status;
}

fct_status fct_klines_build(const fct_bars_plan *plan, fct_job *job, fct_bar_list *lists,
                            fct_error *err)
{
    bool says_interval = strchr(plan->selection->data_type, '_') != NULL;
    klines k = {
        .plan = plan,
        .job = job,
        .lists = lists,
        .n_columns = says_interval ? CLOSE_TIME : N_COLUMNS,
    };
    int64_t n_files = 0;
    for (size_t i = 0; i < plan->selection->n_symbols; i++)
        for (size_t j = 0; j < plan->selection->symbols[i].days.n_days; j++)
            n_files += (int64_t)plan->selection->symbols[i].days.days[j].n_files;
    size_t n_threads = (size_t)job->run.n_threads;
    k.sql = calloc(n_threads, sizeof(fct_sql *));
    if (!k.sql)
        return fct_error_memory(err, n_threads * sizeof(fct_sql *));
    fct_job_stage(job, "klines", "files", n_files);
    fct_status status =
        fct_parallel_for((int)n_threads, plan->selection->n_symbols, read_symbol, &k, err);
    for (size_t i = 0; i < n_threads; i++)
        fct_sql_close(k.sql[i]);
    free(k.sql);
    return status;
}
