/* Views over a store, for queries. */
#ifndef FCT_QUERY_VIEWS_H
#define FCT_QUERY_VIEWS_H

#include "store/sql.h"

/* How trades are found among the data types of a store. */
typedef struct fct_trades_view {
    const char *exchange;      /* NULL: the one that has the market */
    const fct_column_map *map; /* NULL: the columns of the exchange, or the canonical ones */
    bool is_read;              /* by the query: a store without trades is an error then */
} fct_trades_view;

/*
 * Makes the view `trades`, and one for each data type with its columns as they are. A data type that might be one of trades,
 * but has not their columns, is a warning where others are, as it is not in a view that is read.
 */
fct_status fct_views_of_store(fct_sql *sql, const char *root, const fct_trades_view *trades,
                              const fct_run *run, fct_error *err);

/* Makes a view over one file, Parquet or CSV by its suffix. */
fct_status fct_view_of_file(fct_sql *sql, const char *name, const char *path, fct_error *err);

/* Like fct_view_of_file, but Parquet whatever the path's suffix. */
fct_status fct_view_of_parquet(fct_sql *sql, const char *name, const char *path, fct_error *err);

#endif
