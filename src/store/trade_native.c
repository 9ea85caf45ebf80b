/* Trades of a Parquet file by the reader of parquet/. */
#include <stdlib.h>
#include <string.h>

#include "parquet/reader.h"
#include "store/trade_query.h"
#include "store/trade_source.h"

enum { TIME, PRICE, QUANTITY, SIDE, ID, N_ROLES };

typedef struct native_source {
    fct_parquet_file *file;
    fct_parquet_cursor *cursors[N_ROLES]; /* NULL: no such column */
    int64_t n_given;                      /* rows of the last block, to be skipped */
} native_source;

static void source_free(void *state)
{
    native_source *source = state;
    for (int i = 0; i < N_ROLES; i++)
        fct_parquet_cursor_free(source->cursors[i]);
    fct_parquet_file_close(source->file);
    free(source);
}

/* The rows that all columns have at hand: pages of different columns may end at different rows. */
static fct_status source_next(void *state, fct_raw_trades *rows, fct_error *err)
{
    static const char *const names[] = {"time", "price", "quantity", "side", "id"};
    native_source *source = state;
    const void *values[N_ROLES] = {NULL};
    const uint8_t *validity[N_ROLES] = {NULL};
    int64_t n_rows = FCT_SQL_CHUNK_ROWS;
    for (int i = 0; i < N_ROLES; i++) {
        int64_t n_at_hand;
        if (!source->cursors[i])
            continue;
        fct_parquet_cursor_skip(source->cursors[i], source->n_given);
        FCT_TRY(
            fct_parquet_cursor_peek(source->cursors[i], &values[i], &validity[i], &n_at_hand, err));
        n_rows = n_at_hand < n_rows ? n_at_hand : n_rows;
    }
    source->n_given = n_rows;
    *rows = (fct_raw_trades){
        .n_rows = n_rows,
        .time = values[TIME],
        .price = values[PRICE],
        .quantity = values[QUANTITY],
        .is_buyer_maker = values[SIDE],
        .id = values[ID],
        .null_row = -1,
    };
    for (int i = 0; i < N_ROLES; i++) {
        const uint8_t *null = validity[i] ? memchr(validity[i], 0, (size_t)n_rows) : NULL;
        if (null && rows->null_row < 0) {
            rows->null_row = null - validity[i];
            rows->null_column = names[i];
        }
    }
    return FCT_OK;
}

static fct_status open_column(native_source *source, int role, const char *name,
                              fct_parquet_read_as as, bool needed, fct_error *err)
{
    size_t column = name ? fct_parquet_file_find(source->file, name) : SIZE_MAX;
    /* What to say about a column that is not there, trade_query.c knows. */
    if (column == SIZE_MAX)
        return needed ? fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it has not the usual columns")
                      : FCT_OK;
    return fct_parquet_cursor_open(&source->cursors[role], source->file, column, as, err);
}

static bool has_column(const native_source *source, const char *name)
{
    return name && fct_parquet_file_find(source->file, name) != SIZE_MAX;
}

fct_status fct_trade_source_open_native(fct_trade_source *out, const char *path,
                                        const fct_column_map *map, fct_error *err)
{
    *out = (fct_trade_source){0};
    fct_status status;
    native_source *source = calloc(1, sizeof *source);
    if (!source)
        return fct_error_memory(err, sizeof *source);
    FCT_TRY_OUT(fct_parquet_file_open(&source->file, path, err));
    if (!map || (!has_column(source, map->time) && !has_column(source, map->price) &&
                 !has_column(source, map->quantity)))
        map = &fct_canonical_map;
    if (!has_column(source, map->is_buyer_maker) && has_column(source, map->side)) {
        status = fct_error_set(err, FCT_ERROR_UNSUPPORTED, "%s names sides in words", path);
        goto out;
    }
    FCT_TRY_OUT(open_column(source, TIME, map->time, FCT_READ_INT64, true, err));
    FCT_TRY_OUT(open_column(source, PRICE, map->price, FCT_READ_DOUBLE, true, err));
    FCT_TRY_OUT(open_column(source, QUANTITY, map->quantity, FCT_READ_DOUBLE, true, err));
    FCT_TRY_OUT(open_column(source, SIDE, map->is_buyer_maker, FCT_READ_BOOL, false, err));
    FCT_TRY_OUT(open_column(source, ID, map->id, FCT_READ_INT64, false, err));
    *out = (fct_trade_source){source->cursors[SIDE], source->cursors[ID], source_next, source_free,
                              source};
    source = NULL;
out:
    if (source)
        source_free(source);
    return status;
}
