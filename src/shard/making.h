/* What both ways of planning add to the JSON of a plan. */
#ifndef FCT_SHARD_MAKING_H
#define FCT_SHARD_MAKING_H

#include "shard/plan.h"
#include "shard/store_marks.h"

/* What the store says of the request, its symbols, and how many days it lacks. */
fct_status fct_shard_add_store(fct_shard_making *making, const fct_shard_store *store,
                               fct_error *err);
fct_status fct_shard_add_symbols(fct_shard_making *making, const char *const *symbols, size_t n,
                                 int64_t n_missing_days, fct_error *err);

/* A stage without shards; *shards is where they go. NULL names are none. */
fct_status fct_shard_add_stage(fct_shard_making *making, fct_shard_axis axis, const char *text,
                               const fct_shard_names *sends, const fct_shard_names *keeps,
                               cJSON **shards, fct_error *err);
fct_status fct_shard_add_shard(cJSON *shards, const fct_shard *shard, fct_error *err);

/* FCT_OK where nothing lacks, else FCT_ERROR_PARTIAL that says what does. */
fct_status fct_shard_tell_missing(int64_t n_missing_days, int64_t n_left_out, fct_error *err);

#endif
