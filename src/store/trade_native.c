/* Trades of a Parquet file by the reader of parquet/. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "parquet/reader.h"
#include "store/trade_query.h"
#include "store/trade_source.h"

enum { TIME, PRICE, QUANTITY, SIDE, ID, N_ROLES };

static const char *const roles[N_ROLES] = {"time", "price", "quantity", "side", "id"};

typedef struct native_source {
    fct_parquet_file *file;
    fct_parquet_cursor *cursors[N_ROLES]; /* NULL: no such column */
    bool *wanted;                         /* of each row group; NULL: all */
    size_t group;                         /* behind the one being read ... */
    int64_t n_group_rows; /* ... of which so many rows are left, from the block on */
    int64_t row;          /* the place in the file of the block's first row */
    int64_t n_given;      /* rows of the block, to be skipped */
} native_source;

static void source_free(void *state)
{
    native_source *source = state;
    for (int i = 0; i < N_ROLES; i++)
        fct_parquet_cursor_free(source->cursors[i]);
    fct_parquet_file_close(source->file);
    free(source->wanted);
    free(source);
}

/* Moves on by the rows of the last block, then over row groups without rows that are wanted. */
static void advance(native_source *source)
{
    const fct_parquet_metadata *m = fct_parquet_file_metadata(source->file);
    source->row += source->n_given;
    source->n_group_rows -= source->n_given;
    for (; !source->n_group_rows && source->group < m->n_row_groups; source->group++) {
        if (!source->wanted || source->wanted[source->group])
            source->n_group_rows = m->group_rows[source->group];
        else
            source->row += m->group_rows[source->group];
    }
}

/* The rows that all columns have at hand: pages of different columns may end at different rows. */
static fct_status source_next(void *state, fct_raw_trades *rows, fct_error *err)
{
    native_source *source = state;
    const void *values[N_ROLES] = {NULL};
    const uint8_t *validity[N_ROLES] = {NULL};
    int64_t n_rows = FCT_SQL_CHUNK_ROWS;
    advance(source);
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
        .first_row = source->row,
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
            rows->null_column = roles[i];
        }
    }
    return FCT_OK;
}

static fct_status set_missing(const native_source *source, int role, const char *name,
                              fct_error *err)
{
    const fct_parquet_metadata *m = fct_parquet_file_metadata(source->file);
    const char **names = calloc(m->n_leaves + 1, sizeof *names);
    if (!names)
        return fct_error_memory(err, m->n_leaves * sizeof *names);
    for (size_t i = 0; i < m->n_leaves; i++)
        names[i] = m->leaves[i].name;
    fct_status status =
        fct_trade_query_missing(err, FCT_ERROR_UNSUPPORTED, fct_parquet_file_path(source->file),
                                names, m->n_leaves, roles[role], name);
    free(names);
    return status;
}

static fct_status open_column(native_source *source, int role, const char *name,
                              fct_parquet_read_as as, bool needed, fct_error *err)
{
    size_t column = name ? fct_parquet_file_find(source->file, name) : SIZE_MAX;
    if (column == SIZE_MAX)
        return needed ? set_missing(source, role, name, err) : FCT_OK;
    return fct_parquet_cursor_open(&source->cursors[role], source->file, column, as, err);
}

static bool has_column(const native_source *source, const char *name)
{
    return name && fct_parquet_file_find(source->file, name) != SIZE_MAX;
}

/* ---- Row groups by their statistics ------------------------------------------------------------ */

/* A time of the file's own unit; false where it can be none. */
static bool to_us(int64_t time, int64_t *us)
{
    int64_t divisor;
    int64_t multiplier = fct_time_unit_to_us(time, &divisor);
    return time > 0 && !__builtin_mul_overflow(time, multiplier, us) && (*us /= divisor, true);
}

static bool is_outside(const fct_parquet_chunk_info *times, const fct_time_range *wanted)
{
    int64_t low_us, high_us;
    return times->has_range && to_us(times->low, &low_us) && to_us(times->high, &high_us) &&
           (high_us < wanted->from_us || low_us >= wanted->to_us);
}

static fct_status select_groups(native_source *source, size_t time_column,
                                const fct_time_range *wanted, size_t *n_read, fct_error *err)
{
    const fct_parquet_metadata *m = fct_parquet_file_metadata(source->file);
    *n_read = m->n_row_groups;
    if (!wanted)
        return FCT_OK;
    source->wanted = malloc(m->n_row_groups + 1);
    if (!source->wanted)
        return fct_error_memory(err, m->n_row_groups + 1);
    *n_read = 0;
    for (size_t i = 0; i < m->n_row_groups; i++) {
        source->wanted[i] = !is_outside(&m->chunks[i * m->n_leaves + time_column], wanted);
        *n_read += source->wanted[i];
    }
    for (int i = 0; i < N_ROLES; i++)
        if (source->cursors[i])
            fct_parquet_cursor_select(source->cursors[i], source->wanted);
    return FCT_OK;
}

/* ---- Opening ---------------------------------------------------------------------------------- */

/* The first page of each column shows what no footer says: encodings, codecs that are not known here. */
static fct_status look_ahead(native_source *source, fct_error *err)
{
    for (int i = 0; i < N_ROLES; i++) {
        const void *values;
        const uint8_t *validity;
        int64_t n_rows;
        if (source->cursors[i])
            FCT_TRY(fct_parquet_cursor_peek(source->cursors[i], &values, &validity, &n_rows, err));
    }
    return FCT_OK;
}

fct_status fct_trade_source_open_native(fct_trade_source *out, const char *path,
                                        const fct_column_map *map, const fct_time_range *wanted,
                                        fct_error *err)
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
    size_t n_read;
    FCT_TRY_OUT(select_groups(source, fct_parquet_file_find(source->file, map->time), wanted,
                              &n_read, err));
    FCT_TRY_OUT(look_ahead(source, err));
    *out = (fct_trade_source){
        .has_side = source->cursors[SIDE],
        .has_id = source->cursors[ID],
        .n_row_groups = fct_parquet_file_metadata(source->file)->n_row_groups,
        .n_row_groups_read = n_read,
        .next = source_next,
        .free = source_free,
        .state = source,
    };
    source = NULL;
out:
    if (source)
        source_free(source);
    return status;
}
