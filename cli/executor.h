/* Requests by shards: planned here, run by the Python package on an executor, merged here. */
#ifndef FCT_CLI_EXECUTOR_H
#define FCT_CLI_EXECUTOR_H

#include <factorium.h>

#include "session.h"

/* Where the options of a verb are. */
typedef struct executor_options {
    size_t executor, shards, work;
} executor_options;

/* clang-format off */
#define EXECUTOR_OPTION                                                                            \
    {"executor", 0, "URL", "by shards on ray://..., dask://..., spark://... or local://N"}
#define SHARDS_OPTION {"shards", 0, "N", "into how many shards at most [64]"}
#define WORK_OPTION                                                                                \
    {"work", 0, "DIR", "what all nodes see, for shards' files [FACTORIUM_WORK, .shards in the store]"}
/* clang-format on */

/* A request by shards under way. Starts as {0}; ended by executor_end. */
typedef struct executor_run {
    fct_shard_plan *plan;
    fct_shard_claim *claim;
} executor_run;

/*
 * Plans `request`, whose shards and work folder are those of the options, runs it and opens the result. FCT_ERROR_PARTIAL
 * comes with a stream, which is to be released before executor_end. Where an option is wrong, or the executor told what is,
 * *code is set to the exit code and the status is FCT_ERROR_ARGUMENT; nothing is left to say.
 */
fct_status executor_open(session *s, const executor_options *at, fct_shard_request *request,
                         executor_run *run, struct ArrowArrayStream *out, int *code,
                         fct_error *err);

/* Removes the shards' files where the result was taken; else they stay, and the same request goes on with them. */
void executor_end(executor_run *run, bool was_taken);

#endif
