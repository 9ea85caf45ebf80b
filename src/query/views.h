/* Views over a store, for queries. */
#ifndef FCT_QUERY_VIEWS_H
#define FCT_QUERY_VIEWS_H

#include "store/sql.h"

/* Makes the view `trades`, and one for each data type with its columns as they are. */
fct_status fct_views_of_store(fct_sql *sql, const char *root, fct_error *err);

/* Makes a view over one file, Parquet or CSV by its suffix. */
fct_status fct_view_of_file(fct_sql *sql, const char *name, const char *path, fct_error *err);

/* Like fct_view_of_file, but Parquet whatever the path's suffix. */
fct_status fct_view_of_parquet(fct_sql *sql, const char *name, const char *path, fct_error *err);

#endif
