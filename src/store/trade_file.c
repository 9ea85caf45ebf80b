#include "store/trade_file.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/time.h"
#include "store/trade_query.h"

/* 1980-01-01 and 2200-01-01: a time outside is not a trade's, and a time in another unit falls outside. */
#define MIN_TIME_US INT64_C(315532800000000)
#define MAX_TIME_US INT64_C(7258118400000000)

struct fct_trade_file {
    const char *path; /* the caller's */
    fct_trade_query query;
    fct_sql_cursor *cursor;
    bool sorted;
    int64_t n_rows_before;                 /* the present chunk */
    int64_t unit_multiplier, unit_divisor; /* 0: no row seen yet */
    int64_t last_time_us, last_id;
    int64_t time_us[FCT_SQL_CHUNK_ROWS];
};

/* Columns of the answer, as fct_trade_query gives them. */
enum { TIME, PRICE, QUANTITY, SIDE };

fct_status fct_trade_file_open(fct_trade_file **out, fct_sql *sql, const char *path,
                               const fct_column_map *map, bool sort, fct_job *job, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_sql_columns columns = {0};
    fct_trade_file *file = calloc(1, sizeof *file);
    if (!file)
        return fct_error_memory(err, sizeof *file);
    file->path = path;
    file->sorted = sort;
    file->last_time_us = INT64_MIN;
    file->last_id = INT64_MIN;
    FCT_TRY_OUT(fct_sql_describe(sql, path, &columns, err));
    FCT_TRY_OUT(fct_trade_query_make(&file->query, path, &columns, map, err));
    const fct_text *query = sort ? &file->query.sorted : &file->query.in_file_order;
    FCT_TRY_OUT(fct_sql_cursor_open(&file->cursor, sql, query->data, path, job, err));
    *out = file;
    file = NULL;
out:
    fct_sql_columns_free(&columns);
    fct_trade_file_free(file);
    return status;
}

bool fct_trade_file_has_side(const fct_trade_file *file)
{
    return file->query.has_side;
}

bool fct_trade_file_has_id(const fct_trade_file *file)
{
    return file->query.has_id;
}

void fct_trade_file_free(fct_trade_file *file)
{
    if (!file)
        return;
    fct_sql_cursor_free(file->cursor);
    fct_trade_query_free(&file->query);
    free(file);
}

/* ---- Checks: one pass a column that only asks whether, and a second only where something is wrong -- */

static int id_column(const fct_trade_file *file)
{
    return file->query.has_side ? SIDE + 1 : SIDE;
}

/* The row of the file, from 1. Sorted answers carry it as their last column. */
static int64_t row_number(const fct_trade_file *file, const fct_sql_chunk *chunk, int64_t i)
{
    if (!file->sorted)
        return file->n_rows_before + i + 1;
    const int64_t *rows = chunk->values[id_column(file) + file->query.has_id];
    return rows[i] + 1;
}

static fct_status check_not_null(const fct_trade_file *file, const fct_sql_chunk *chunk,
                                 fct_error *err)
{
    static const char *const names[] = {"time", "price", "quantity", "side", "id"};
    int n_columns = id_column(file) + file->query.has_id;
    for (int column = 0; column < n_columns; column++) {
        const uint64_t *valid = chunk->validity[column];
        for (int64_t i = 0; valid && i < chunk->n_rows; i++)
            if (!(valid[i / 64] >> (i % 64) & 1))
                return fct_error_set(err, FCT_ERROR_DATA,
                                     "%s: row %" PRId64 ": the %s is missing or is no known word",
                                     file->path, row_number(file, chunk, i),
                                     column == SIDE && !file->query.has_side ? "id"
                                                                             : names[column]);
    }
    return FCT_OK;
}

static bool price_is_bad(double price)
{
    return !(price > 0 && price <= DBL_MAX);
}

static bool quantity_is_bad(double quantity)
{
    return !(quantity >= 0 && quantity <= DBL_MAX);
}

static fct_status check_values(const fct_trade_file *file, const fct_sql_chunk *chunk,
                               fct_error *err)
{
    const double *price = chunk->values[PRICE];
    const double *quantity = chunk->values[QUANTITY];
    unsigned bad = 0;
    for (int64_t i = 0; i < chunk->n_rows; i++)
        bad |= (unsigned)price_is_bad(price[i]) | (unsigned)quantity_is_bad(quantity[i]);
    for (int64_t i = 0; bad && i < chunk->n_rows; i++) {
        bool of_price = price_is_bad(price[i]);
        if (of_price || quantity_is_bad(quantity[i]))
            return fct_error_set(
                err, FCT_ERROR_DATA, "%s: row %" PRId64 ": the %s is %g, which no trade has",
                file->path, row_number(file, chunk, i), of_price ? "price" : "quantity",
                of_price ? price[i] : quantity[i]);
    }
    return FCT_OK;
}

static fct_status convert_times(fct_trade_file *file, const fct_sql_chunk *chunk, fct_error *err)
{
    const int64_t *time = chunk->values[TIME];
    if (!file->unit_divisor)
        file->unit_multiplier = fct_time_unit_to_us(time[0], &file->unit_divisor);
    int64_t multiplier = file->unit_multiplier;
    int64_t divisor = file->unit_divisor;
    /* Bounds in the file's own unit, so that nothing overflows. */
    int64_t low = MIN_TIME_US / multiplier * divisor;
    int64_t high = MAX_TIME_US / multiplier * divisor;
    unsigned bad = 0;
    for (int64_t i = 0; i < chunk->n_rows; i++)
        bad |= (unsigned)(time[i] < low) | (unsigned)(time[i] >= high);
    for (int64_t i = 0; bad && i < chunk->n_rows; i++)
        if (time[i] < low || time[i] >= high)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s: row %" PRId64 ": the time %" PRId64
                                 " is not between 1980 and 2200 in the unit of the rows before",
                                 file->path, row_number(file, chunk, i), time[i]);
    if (divisor == 1)
        for (int64_t i = 0; i < chunk->n_rows; i++)
            file->time_us[i] = time[i] * multiplier;
    else
        for (int64_t i = 0; i < chunk->n_rows; i++)
            file->time_us[i] = time[i] / divisor;
    return FCT_OK;
}

/* Whether the chunk goes on in (time, id) order; keeps its last row for the next. */
static bool chunk_in_order(fct_trade_file *file, const int64_t *id, int64_t n_rows)
{
    const int64_t *time = file->time_us;
    bool in_order = time[0] > file->last_time_us ||
                    (time[0] == file->last_time_us && (!id || id[0] >= file->last_id));
    unsigned disorder = !in_order;
    for (int64_t i = 1; i < n_rows; i++)
        disorder |= time[i] < time[i - 1];
    for (int64_t i = 1; id && i < n_rows; i++)
        disorder |= (unsigned)(time[i] == time[i - 1]) & (unsigned)(id[i] < id[i - 1]);
    file->last_time_us = time[n_rows - 1];
    file->last_id = id ? id[n_rows - 1] : 0;
    return !disorder;
}

fct_status fct_trade_file_next(fct_trade_file *file, fct_trades *trades, bool *in_order,
                               fct_error *err)
{
    *trades = (fct_trades){0};
    *in_order = true;
    fct_sql_chunk chunk;
    FCT_TRY(fct_sql_cursor_next(file->cursor, &chunk, err));
    if (!chunk.n_rows)
        return FCT_OK;
    FCT_TRY(check_not_null(file, &chunk, err));
    FCT_TRY(check_values(file, &chunk, err));
    FCT_TRY(convert_times(file, &chunk, err));
    const int64_t *id = file->query.has_id ? chunk.values[id_column(file)] : NULL;
    if (!file->sorted && !chunk_in_order(file, id, chunk.n_rows)) {
        *in_order = false;
        return FCT_OK;
    }
    file->n_rows_before += chunk.n_rows;
    *trades = (fct_trades){
        .n_rows = chunk.n_rows,
        .time_us = file->time_us,
        .price = chunk.values[PRICE],
        .quantity = chunk.values[QUANTITY],
        .is_buyer_maker = file->query.has_side ? chunk.values[SIDE] : NULL,
        .id = id,
    };
    return FCT_OK;
}
