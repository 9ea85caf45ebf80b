/* A plan of shards as it lies in memory: its JSON, and what that says. */
#ifndef FCT_SHARD_PLAN_H
#define FCT_SHARD_PLAN_H

#include <cjson/cJSON.h>

#include "base/run.h"

enum {
    FCT_SHARD_FORMAT = 1,
    FCT_SHARD_MAX_SHARDS = 10000, /* of a stage */
    FCT_SHARD_MAX_STAGES = 1000,
    FCT_SHARD_HEX = 16 /* digits of a digest */
};

typedef struct fct_shard {
    size_t first_symbol, end_symbol; /* of the plan's symbols */
    int64_t from_ms, to_ms;          /* INT64_MIN, INT64_MAX: open */
    int64_t n_bytes;                 /* an estimate; 0: not known */
    const char *source; /* a digest of what the store's files are like; NULL: it reads none */
} fct_shard;

/* Names of columns, in an order. */
typedef struct fct_shard_names {
    const char **names;
    size_t n_names;
} fct_shard_names;

typedef struct fct_shard_stage {
    fct_shard_axis axis;
    fct_shard *shards;
    size_t n_shards;
    const char *text;      /* what it computes of the columns it reads; "": nothing */
    fct_shard_names sends; /* columns for the shards of later stages of the other axis */
    fct_shard_names keeps; /* columns for the same shard of later stages of this axis */
} fct_shard_stage;

/* Texts are those of `json`. */
struct fct_shard_plan {
    cJSON *json;
    const char *key, *work;
    char *local; /* where the files lie on this machine: `work`, or a copy of what is on S3 */

    fct_bars_request bars; /* of a store, where that is not NULL; its symbols are not set */
    fct_column_map map;
    const char *panel; /* else this file ... */
    bool is_part;      /* ... of which only the plan's symbols and these times count */
    int64_t from_ms, to_ms;
    const char *attributes;
    const char *panel_source, *attributes_source; /* digests of what those two files are like */

    fct_shard_names symbols;
    fct_plan_options options;
    fct_shard_names factors; /* names of the columns of the result; none: bars */
    int64_t n_left_out;      /* expressions without columns */
    fct_shard_stage *stages;
    size_t n_stages;
    int64_t n_missing_days;
};

/* ---- JSON (plan_read.c) ----------------------------------------------------------- */

/* What an axis is called in a plan. */
const char *fct_shard_axis_name(fct_shard_axis axis);

/* Puts the key of all the others in front of the plan's fields; FCT_ERROR_MEMORY alone. */
fct_status fct_shard_plan_seal(cJSON *json, fct_error *err);

/* Takes over `json`, whose key must be its own, also on failure. `path` is for messages. */
fct_status fct_shard_plan_from_json(cJSON *json, const char *path, struct fct_shard_plan **out,
                                    fct_error *err);

/* Like fct_shard_plan_read, of a text. */
fct_status fct_shard_plan_parse(const char *text, const char *path, struct fct_shard_plan **out,
                                fct_error *err);

/* ---- Planning (make.c, make_bars.c, make_factors.c) -------------------------------------------------------- */

/* A plan while it is made. */
typedef struct fct_shard_making {
    const fct_shard_request *request;
    fct_job *job;
    cJSON *json;
} fct_shard_making;

/* Add symbols and stages. FCT_ERROR_PARTIAL where the store lacks days. */
fct_status fct_shard_plan_add_bars(fct_shard_making *making, fct_error *err);
fct_status fct_shard_plan_add_factors(fct_shard_making *making, fct_error *err);

/* FCT_ERROR_NOT_FOUND where there is no such shard. */
fct_status fct_shard_find(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                          fct_error *err);

#endif
