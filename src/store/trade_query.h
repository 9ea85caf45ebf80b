/* Which columns of a Parquet file are the trades', and the SQL that reads them. */
#ifndef FCT_STORE_TRADE_QUERY_H
#define FCT_STORE_TRADE_QUERY_H

#include "store/sql.h"

/* The columns of the answer, in this order; side, id and row only where the query has them. */
typedef struct fct_trade_query {
    fct_text in_file_order; /* SQL; $1 is the file */
    fct_text sorted;        /* the same by (time, id, place in the file), with that place */
    bool has_side;
    bool has_id;
} fct_trade_query;

/* The names that `factorium ingest --map` writes, whatever they were called before. */
extern const fct_column_map fct_canonical_map;

/*
 * `map` may be NULL, then, and where the file has none of the columns it names, the canonical names count. Each name
 * is looked up in `columns` before it becomes part of SQL. FCT_ERROR_DATA where a needed column lacks or
 * has a type that is no number; the message lists what there is. Freed by fct_trade_query_free.
 */
fct_status fct_trade_query_make(fct_trade_query *out, const char *file,
                                const fct_sql_columns *columns, const fct_column_map *map,
                                fct_error *err);

/* What to say, as `code`, of a file that has `names` and not the column `name` (NULL: not even said) for what it is. */
fct_status fct_trade_query_missing(fct_error *err, fct_status code, const char *file,
                                   const char *const *names, size_t n_names, const char *what,
                                   const char *name);
void fct_trade_query_free(fct_trade_query *query);

#endif
