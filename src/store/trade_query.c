#include "store/trade_query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const fct_column_map fct_canonical_map = {
    .time = "time",
    .price = "price",
    .quantity = "quantity",
    .is_buyer_maker = "is_buyer_maker",
    .id = "id",
};

/* ---- How a column of each kind becomes the number that is wanted; %s is the column ------------- */

typedef enum role { ROLE_TIME, ROLE_NUMBER, ROLE_BUYER_MAKER, ROLE_SIDE, ROLE_ID } role;

static const struct {
    role role;
    fct_sql_kind kind;
    const char *before, *after;
} conversions[] = {
    {ROLE_TIME, FCT_SQL_INTEGER, "CAST(", " AS BIGINT)"},
    {ROLE_TIME, FCT_SQL_TIMESTAMP, "epoch_us(", ")"},
    /* Decimal seconds become whole µs. */
    {ROLE_TIME, FCT_SQL_NUMBER, "CAST(round(1e6 * ", ") AS BIGINT)"},
    {ROLE_NUMBER, FCT_SQL_INTEGER, "CAST(", " AS DOUBLE)"},
    {ROLE_NUMBER, FCT_SQL_NUMBER, "CAST(", " AS DOUBLE)"},
    {ROLE_NUMBER, FCT_SQL_TEXT, "CAST(", " AS DOUBLE)"},
    /* What is none of the known words becomes NULL, which the reader of the rows refuses. */
    {ROLE_BUYER_MAKER, FCT_SQL_BOOLEAN, "CAST(", " AS BOOLEAN)"},
    {ROLE_BUYER_MAKER, FCT_SQL_INTEGER, "CASE ", " WHEN 0 THEN false WHEN 1 THEN true END"},
    {ROLE_BUYER_MAKER, FCT_SQL_TEXT, "CASE lower(",
     ") WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END"},
    {ROLE_SIDE, FCT_SQL_INTEGER, "CASE ", " WHEN 1 THEN false WHEN -1 THEN true END"},
    {ROLE_SIDE, FCT_SQL_TEXT, "CASE lower(",
     ") WHEN 'buy' THEN false WHEN 'b' THEN false WHEN '1' THEN false WHEN 'sell' THEN true "
     "WHEN 's' THEN true WHEN '-1' THEN true END"},
    {ROLE_ID, FCT_SQL_INTEGER, "CAST(", " AS BIGINT)"},
};

static const fct_sql_column *find(const fct_sql_columns *columns, const char *name)
{
    for (size_t i = 0; name && i < columns->n_columns; i++)
        if (strcmp(columns->columns[i].name, name) == 0)
            return &columns->columns[i];
    /* DuckDB's names know no case, nor do those of people. */
    for (size_t i = 0; name && i < columns->n_columns; i++)
        if (strcasecmp(columns->columns[i].name, name) == 0)
            return &columns->columns[i];
    return NULL;
}

fct_status fct_trade_query_missing(fct_error *err, fct_status code, const char *file,
                                   const char *const *names, size_t n_names, const char *what,
                                   const char *name)
{
    fct_text list = {0};
    fct_status status;
    if (!name)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the column map does not say which column is the %s: add %s=NAME",
                             what, what);
    for (size_t i = 0; i < n_names; i++) {
        char quoted[80];
        fct_text_quote(names[i], strlen(names[i]), quoted, sizeof quoted);
        FCT_TRY_OUT(fct_text_append_format(&list, err, "%s%s", i ? ", " : "", quoted));
    }
    status =
        fct_error_set(err, code,
                      "%s has no column \"%s\" for the %s; its columns are: %s. Say which it is "
                      "with --map %s=NAME",
                      file, name, what, fct_text_get(&list), what);
out:
    fct_text_free(&list);
    return status;
}

static fct_status set_missing(fct_error *err, const char *file, const fct_sql_columns *columns,
                              const char *what, const char *name)
{
    const char **names = calloc(columns->n_columns + 1, sizeof *names);
    if (!names)
        return fct_error_memory(err, columns->n_columns * sizeof *names);
    for (size_t i = 0; i < columns->n_columns; i++)
        names[i] = columns->columns[i].name;
    fct_status status =
        fct_trade_query_missing(err, FCT_ERROR_DATA, file, names, columns->n_columns, what, name);
    free(names);
    return status;
}

static fct_status append(fct_text *select, const char *file, const fct_sql_column *column,
                         role wanted, const char *what, fct_error *err)
{
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        if (conversions[i].role != wanted || conversions[i].kind != column->kind)
            continue;
        if (select->length)
            FCT_TRY(fct_text_append(select, ", ", 2, err));
        FCT_TRY(fct_text_append(select, conversions[i].before, strlen(conversions[i].before), err));
        FCT_TRY(fct_sql_append_identifier(select, column->name, err));
        return fct_text_append(select, conversions[i].after, strlen(conversions[i].after), err);
    }
    return fct_error_set(err, FCT_ERROR_DATA,
                         "%s: the column \"%s\" cannot be the %s: it has the wrong type. Say which "
                         "column it is with --map %s=NAME",
                         file, column->name, what, what);
}

static fct_status append_needed(fct_text *select, const char *file, const fct_sql_columns *columns,
                                const char *name, role wanted, const char *what, fct_error *err)
{
    const fct_sql_column *column = find(columns, name);
    if (!column)
        return set_missing(err, file, columns, what, name);
    return append(select, file, column, wanted, what, err);
}

static fct_status compose(fct_trade_query *out, const fct_text *select, const char *id,
                          fct_error *err)
{
    FCT_TRY(fct_text_append_format(&out->in_file_order, err,
                                   "SELECT %s FROM read_parquet($1, hive_partitioning = false)",
                                   select->data));
    FCT_TRY(
        fct_text_append_format(&out->sorted, err,
                               "SELECT %s, file_row_number FROM read_parquet($1, "
                               "hive_partitioning = false, file_row_number = true) ORDER BY 1, ",
                               select->data));
    if (id) {
        FCT_TRY(fct_sql_append_identifier(&out->sorted, id, err));
        FCT_TRY(fct_text_append(&out->sorted, ", ", 2, err));
    }
    return fct_text_append_format(&out->sorted, err, "file_row_number");
}

fct_status fct_trade_query_make(fct_trade_query *out, const char *file,
                                const fct_sql_columns *columns, const fct_column_map *map,
                                fct_error *err)
{
    *out = (fct_trade_query){0};
    fct_text select = {0};
    fct_status status;
    bool known = map && (find(columns, map->time) || find(columns, map->price) ||
                         find(columns, map->quantity));
    if (!map ||
        (!known && find(columns, fct_canonical_map.time) && find(columns, fct_canonical_map.price)))
        map = &fct_canonical_map;
    FCT_TRY_OUT(append_needed(&select, file, columns, map->time, ROLE_TIME, "time", err));
    FCT_TRY_OUT(append_needed(&select, file, columns, map->price, ROLE_NUMBER, "price", err));
    FCT_TRY_OUT(append_needed(&select, file, columns, map->quantity, ROLE_NUMBER, "quantity", err));
    const fct_sql_column *maker = find(columns, map->is_buyer_maker);
    const fct_sql_column *side = maker ? NULL : find(columns, map->side);
    if (maker)
        FCT_TRY_OUT(append(&select, file, maker, ROLE_BUYER_MAKER, "is_buyer_maker", err));
    if (side)
        FCT_TRY_OUT(append(&select, file, side, ROLE_SIDE, "side", err));
    out->has_side = maker || side;
    const fct_sql_column *id = find(columns, map->id);
    if (id)
        FCT_TRY_OUT(append(&select, file, id, ROLE_ID, "id", err));
    out->has_id = id != NULL;
    FCT_TRY_OUT(compose(out, &select, id ? id->name : NULL, err));
out:
    fct_text_free(&select);
    if (status != FCT_OK)
        fct_trade_query_free(out);
    return status;
}

void fct_trade_query_free(fct_trade_query *query)
{
    fct_text_free(&query->in_file_order);
    fct_text_free(&query->sorted);
}
