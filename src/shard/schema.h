/* What columns a shard of the first stage will have, before any is read. */
#ifndef FCT_SHARD_SCHEMA_H
#define FCT_SHARD_SCHEMA_H

#include "shard/making.h"

/*
 * A panel without rows that has the columns of the request's bars and attributes. `store` is NULL where the bars are a file.
 * Freed by fct_panel_free.
 */
fct_status fct_shard_schema(const fct_shard_making *making, const fct_shard_store *store,
                            fct_panel **out, fct_error *err);

#endif
