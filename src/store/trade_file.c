#include "store/trade_file.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/time.h"
#include "store/paths.h"
#include "store/trade_checks.h"
#include "store/trade_source.h"

/* 1980-01-01 and 2200-01-01: a time outside is not a trade's, and a time in another unit falls outside. */
#define MIN_TIME_US INT64_C(315532800000000)
#define MAX_TIME_US INT64_C(7258118400000000)

struct fct_trade_file {
    const char *path; /* the caller's, as is: */
    fct_trade_reading *reading;
    fct_trade_source source;
    bool sorted, is_native;
    int64_t next_row;                      /* the place in the file of the next row */
    int64_t n_to_skip;                     /* rows of the source that were given before */
    int64_t unit_multiplier, unit_divisor; /* 0: no row seen yet */
    int64_t last_time_us, last_id;
    int64_t time_us[FCT_SQL_CHUNK_ROWS];
};

static fct_status open_sql(fct_trade_file *file, fct_trade_reading *reading, fct_error *err)
{
    if (!reading->sql)
        FCT_TRY(fct_sql_open_for(&reading->sql, file->path, reading->sql_memory_bytes,
                                 reading->temp_dir, err));
    return fct_trade_source_open_sql(&file->source, reading->sql, file->path, reading->map,
                                     file->sorted, reading->job, err);
}

static fct_status open_source(fct_trade_file *file, fct_trade_reading *reading, fct_error *err)
{
    fct_error why = {0};
    bool is_remote = fct_path_is_remote(file->path);
    if (is_remote && reading->engine == FCT_ENGINE_NATIVE)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "%s: the native engine reads files of this machine only", file->path);
    if (reading->engine == FCT_ENGINE_AUTO && (file->sorted || is_remote))
        fct_job_message(reading->job, FCT_MESSAGE_DETAIL, "%s: DuckDB engine, because: %s",
                        file->path,
                        is_remote ? "it is on another machine"
                                  : "the symbol has a file that is not in (time, id) order");
    if (reading->engine == FCT_ENGINE_DUCKDB || file->sorted || is_remote)
        return open_sql(file, reading, err);
    fct_status status = fct_trade_source_open_native(&file->source, file->path, reading->map,
                                                     reading->wanted, &why);
    file->is_native = status == FCT_OK;
    if (file->is_native) {
        fct_job_message(reading->job, FCT_MESSAGE_DETAIL,
                        "%s: native engine, %zu of %zu row groups", file->path,
                        file->source.n_row_groups_read, file->source.n_row_groups);
        return FCT_OK;
    }
    if (reading->engine == FCT_ENGINE_NATIVE || status != FCT_ERROR_UNSUPPORTED) {
        if (err)
            *err = why;
        return status;
    }
    fct_job_message(reading->job, FCT_MESSAGE_DETAIL, "%s: DuckDB engine, because: %s", file->path,
                    why.message);
    return open_sql(file, reading, err);
}

fct_status fct_trade_file_open(fct_trade_file **out, fct_trade_reading *reading, const char *path,
                               bool sort, fct_error *err)
{
    fct_trade_file *file = calloc(1, sizeof *file);
    *out = file;
    if (!file)
        return fct_error_memory(err, sizeof *file);
    file->path = path;
    file->reading = reading;
    file->sorted = sort;
    file->last_time_us = INT64_MIN;
    file->last_id = INT64_MIN;
    fct_status status = open_source(file, reading, err);
    if (status != FCT_OK) {
        fct_trade_file_free(file);
        *out = NULL;
    }
    return status;
}

bool fct_trade_file_has_side(const fct_trade_file *file)
{
    return file->source.has_side;
}

bool fct_trade_file_has_id(const fct_trade_file *file)
{
    return file->source.has_id;
}

void fct_trade_file_free(fct_trade_file *file)
{
    if (!file)
        return;
    if (file->source.free)
        file->source.free(file->source.state);
    free(file);
}

/* ---- Checks: kernels ask whether, and a second pass finds where --------------------------------- */

/* The row of the file, from 1. */
static int64_t row_number(const fct_raw_trades *rows, int64_t i)
{
    return (rows->row ? rows->row[i] : rows->first_row + i) + 1;
}

static fct_status check_not_null(const fct_trade_file *file, const fct_raw_trades *rows,
                                 fct_error *err)
{
    if (rows->null_row < 0)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_DATA,
                         "%s: row %" PRId64 ": the %s is missing or is no known word", file->path,
                         row_number(rows, rows->null_row), rows->null_column);
}

static bool price_is_bad(double price)
{
    return !(price > 0 && price <= DBL_MAX);
}

static bool quantity_is_bad(double quantity)
{
    return !(quantity >= 0 && quantity <= DBL_MAX);
}

static fct_status check_values(const fct_trade_file *file, const fct_raw_trades *rows,
                               fct_error *err)
{
    const double *price = rows->price;
    const double *quantity = rows->quantity;
    if (fct_trades_are_good(price, quantity, rows->n_rows))
        return FCT_OK;
    for (int64_t i = 0; i < rows->n_rows; i++) {
        bool of_price = price_is_bad(price[i]);
        if (of_price || quantity_is_bad(quantity[i]))
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s: row %" PRId64 ": the %s is %g, which no trade has",
                                 file->path, row_number(rows, i), of_price ? "price" : "quantity",
                                 of_price ? price[i] : quantity[i]);
    }
    return FCT_OK;
}

static fct_status convert_times(fct_trade_file *file, const fct_raw_trades *rows, fct_error *err)
{
    const int64_t *time = rows->time;
    if (!file->unit_divisor)
        file->unit_multiplier = fct_time_unit_to_us(time[0], &file->unit_divisor);
    int64_t multiplier = file->unit_multiplier;
    int64_t divisor = file->unit_divisor;
    /* Bounds in the file's own unit, so that nothing overflows. */
    int64_t low = MIN_TIME_US / multiplier * divisor;
    int64_t high = MAX_TIME_US / multiplier * divisor;
    bool all_good = fct_times_are_within(time, low, high, rows->n_rows);
    for (int64_t i = 0; !all_good && i < rows->n_rows; i++)
        if (time[i] < low || time[i] >= high)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s: row %" PRId64 ": the time %" PRId64
                                 " is not between 1980 and 2200 in the unit of the rows before",
                                 file->path, row_number(rows, i), time[i]);
    fct_times_convert(time, multiplier, divisor, file->time_us, rows->n_rows);
    return FCT_OK;
}

/* The first row of a chunk that comes before the one before it. */
static fct_status refuse_disorder(const fct_trade_file *file, const fct_raw_trades *rows,
                                  fct_error *err)
{
    const int64_t *time = file->time_us;
    int64_t last_time = file->last_time_us;
    int64_t last_id = file->last_id;
    int64_t i = 0;
    for (; i < rows->n_rows; i++) {
        int64_t id = rows->id ? rows->id[i] : 0;
        if (time[i] < last_time || (time[i] == last_time && id < last_id))
            break;
        last_time = time[i];
        last_id = id;
    }
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                         "%s: row %" PRId64 " comes before the row above it in (time, id): the "
                         "native engine does not sort; --engine auto leaves that to DuckDB",
                         file->path, row_number(rows, i));
}

/* Whether the chunk goes on in (time, id) order. */
static bool chunk_in_order(const fct_trade_file *file, const int64_t *id, int64_t n_rows)
{
    const int64_t *time = file->time_us;
    bool in_order = time[0] > file->last_time_us ||
                    (time[0] == file->last_time_us && (!id || id[0] >= file->last_id));
    return in_order && fct_times_are_in_order(time, id, n_rows);
}

/* ---- Blocks ----------------------------------------------------------------------------------- */

/* DuckDB goes on where our reader met a page that it does not know. */
static fct_status fall_back(fct_trade_file *file, const fct_error *why, fct_error *err)
{
    bool has_side = file->source.has_side;
    bool has_id = file->source.has_id;
    fct_job_message(file->reading->job, FCT_MESSAGE_DETAIL,
                    "%s: DuckDB engine from row %" PRId64 " on, because: %s", file->path,
                    file->next_row + 1, why->message);
    file->source.free(file->source.state);
    file->source = (fct_trade_source){0};
    file->is_native = false;
    FCT_TRY(open_sql(file, file->reading, err));
    if (file->source.has_side != has_side || file->source.has_id != has_id)
        return fct_error_set(err, FCT_ERROR_INTERNAL, "%s has other columns for DuckDB",
                             file->path);
    file->n_to_skip = file->next_row;
    return FCT_OK;
}

static void skip_rows(fct_raw_trades *rows, int64_t n)
{
    rows->n_rows -= n;
    rows->first_row += n;
    rows->time += n;
    rows->price += n;
    rows->quantity += n;
    rows->is_buyer_maker = rows->is_buyer_maker ? rows->is_buyer_maker + n : NULL;
    rows->id = rows->id ? rows->id + n : NULL;
    rows->null_row = rows->null_row < n ? -1 : rows->null_row - n;
}

static fct_status next_rows(fct_trade_file *file, fct_raw_trades *rows, fct_error *err)
{
    fct_error why = {0};
    fct_status status = file->source.next(file->source.state, rows, &why);
    if (status == FCT_ERROR_UNSUPPORTED && file->is_native &&
        file->reading->engine == FCT_ENGINE_AUTO) {
        FCT_TRY(fall_back(file, &why, err));
        status = file->source.next(file->source.state, rows, &why);
    }
    while (status == FCT_OK && rows->n_rows && rows->n_rows <= file->n_to_skip) {
        file->n_to_skip -= rows->n_rows;
        status = file->source.next(file->source.state, rows, &why);
    }
    if (status != FCT_OK) {
        if (err)
            *err = why;
        return status;
    }
    if (file->n_to_skip && rows->n_rows)
        skip_rows(rows, file->n_to_skip);
    file->n_to_skip = 0;
    file->next_row = rows->first_row + rows->n_rows;
    return FCT_OK;
}

fct_status fct_trade_file_next(fct_trade_file *file, fct_trades *trades, bool *in_order,
                               fct_error *err)
{
    *trades = (fct_trades){0};
    *in_order = true;
    fct_raw_trades rows;
    FCT_TRY(next_rows(file, &rows, err));
    if (!rows.n_rows)
        return FCT_OK;
    FCT_TRY(check_not_null(file, &rows, err));
    FCT_TRY(check_values(file, &rows, err));
    FCT_TRY(convert_times(file, &rows, err));
    if (!file->sorted && !chunk_in_order(file, rows.id, rows.n_rows)) {
        if (file->reading->engine == FCT_ENGINE_NATIVE)
            return refuse_disorder(file, &rows, err);
        *in_order = false;
        return FCT_OK;
    }
    file->last_time_us = file->time_us[rows.n_rows - 1];
    file->last_id = rows.id ? rows.id[rows.n_rows - 1] : 0;
    *trades = (fct_trades){
        .n_rows = rows.n_rows,
        .time_us = file->time_us,
        .price = rows.price,
        .quantity = rows.quantity,
        .is_buyer_maker = rows.is_buyer_maker,
        .id = rows.id,
    };
    return FCT_OK;
}
