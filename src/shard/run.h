/* Running a shard: what each axis does. */
#ifndef FCT_SHARD_RUN_H
#define FCT_SHARD_RUN_H

#include "shard/row.h"

/* A shard while it runs. */
typedef struct fct_shard_running {
    const struct fct_shard_plan *plan;
    size_t stage, shard;
    fct_job *job;
    int64_t n_rows;                   /* of its result, or that it passes on */
    bool is_there[FCT_SHARD_N_FILES]; /* the files that it wrote */
} fct_shard_running;

fct_status fct_shard_run_bars(fct_shard_running *running, fct_error *err);
fct_status fct_shard_run_factors(fct_shard_running *running, fct_error *err);

/* Writes a stream, which is released, as the shard's result. */
fct_status fct_shard_write_result(fct_shard_running *running, struct ArrowArrayStream *stream,
                                  fct_error *err);

#endif
