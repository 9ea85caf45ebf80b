/* Trades of a Parquet file by DuckDB. */
#include <stdlib.h>

#include "store/trade_query.h"
#include "store/trade_source.h"

typedef struct sql_source {
    fct_trade_query query;
    fct_sql_cursor *cursor;
    bool sorted;
    int64_t n_given;
} sql_source;

/* Columns of the answer, as fct_trade_query gives them. */
enum { TIME, PRICE, QUANTITY, SIDE };

static void source_free(void *state)
{
    sql_source *source = state;
    fct_sql_cursor_free(source->cursor);
    fct_trade_query_free(&source->query);
    free(source);
}

static int id_column(const sql_source *source)
{
    return source->query.has_side ? SIDE + 1 : SIDE;
}

static void find_null(const sql_source *source, const fct_sql_chunk *chunk, fct_raw_trades *rows)
{
    static const char *const names[] = {"time", "price", "quantity", "side", "id"};
    int n_columns = id_column(source) + source->query.has_id;
    for (int column = 0; column < n_columns; column++) {
        const uint64_t *valid = chunk->validity[column];
        for (int64_t i = 0; valid && i < chunk->n_rows; i++)
            if (!(valid[i / 64] >> (i % 64) & 1)) {
                rows->null_row = i;
                rows->null_column =
                    column == SIDE && !source->query.has_side ? "id" : names[column];
                return;
            }
    }
}

static fct_status source_next(void *state, fct_raw_trades *rows, fct_error *err)
{
    sql_source *source = state;
    fct_sql_chunk chunk;
    FCT_TRY(fct_sql_cursor_next(source->cursor, &chunk, err));
    int id = id_column(source);
    *rows = (fct_raw_trades){
        .n_rows = chunk.n_rows,
        .first_row = source->n_given,
        .time = chunk.values[TIME],
        .price = chunk.values[PRICE],
        .quantity = chunk.values[QUANTITY],
        .is_buyer_maker = source->query.has_side ? chunk.values[SIDE] : NULL,
        .id = source->query.has_id ? chunk.values[id] : NULL,
        .row = source->sorted ? chunk.values[id + source->query.has_id] : NULL,
        .null_row = -1,
    };
    source->n_given += chunk.n_rows;
    find_null(source, &chunk, rows);
    return FCT_OK;
}

fct_status fct_trade_source_open_sql(fct_trade_source *out, fct_sql *sql, const char *path,
                                     const fct_column_map *map, bool sort, fct_job *job,
                                     fct_error *err)
{
    *out = (fct_trade_source){0};
    fct_status status;
    fct_sql_columns columns = {0};
    sql_source *source = calloc(1, sizeof *source);
    if (!source)
        return fct_error_memory(err, sizeof *source);
    source->sorted = sort;
    FCT_TRY_OUT(fct_sql_describe(sql, path, &columns, err));
    FCT_TRY_OUT(fct_trade_query_make(&source->query, path, &columns, map, err));
    const fct_text *query = sort ? &source->query.sorted : &source->query.in_file_order;
    FCT_TRY_OUT(fct_sql_cursor_open(&source->cursor, sql, query->data, path, job, err));
    *out = (fct_trade_source){.has_side = source->query.has_side,
                              .has_id = source->query.has_id,
                              .next = source_next,
                              .free = source_free,
                              .state = source};
    source = NULL;
out:
    fct_sql_columns_free(&columns);
    if (source)
        source_free(source);
    return status;
}
