/* Work folders on S3: what a shard needs is brought to this machine, and what it made is put there. */
#ifndef FCT_SHARD_MIRROR_H
#define FCT_SHARD_MIRROR_H

#include "shard/row.h"

/* Whether the plan's work folder is s3://...; of any other the calls below do nothing, and succeed. */
bool fct_shard_is_mirrored(const struct fct_shard_plan *plan);

/*
 * Where the files of a plan lie on this machine: its work folder, or a folder of this user's own below TMPDIR (/tmp). The
 * caller frees *out with free().
 */
fct_status fct_shard_local_folder(const char *work, char **out, fct_error *err);

/* What of a stage to bring here; rows that are not there, or without their file, are removed here. */
typedef struct fct_shard_wanted {
    size_t stage;
    bool one;     /* of `shard` alone */
    size_t shard; /* whose .kept files are wanted, too */
    bool results, sent, kept;
    bool no_others; /* a row of no shard of the stage is FCT_ERROR_INTEGRITY; not with `one` */
} fct_shard_wanted;
fct_status fct_shard_pull(const struct fct_shard_plan *plan, const fct_shard_wanted *wanted,
                          fct_job *job, fct_error *err);

/* All that a shard of a stage reads, and its own row where that is there. */
fct_status fct_shard_pull_before(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                                 fct_job *job, fct_error *err);

/* Puts a shard's files there, then its row. The result is not needed here any more, and goes. */
fct_status fct_shard_push(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                          const fct_shard_row *row, fct_job *job, fct_error *err);

/* Removes all below an s3://.../ that ends in a slash. */
fct_status fct_shard_remove_there(const char *folder, fct_job *job, fct_error *err);

/* A plan's text, read and written there. */
fct_status fct_shard_get_text(const char *url, size_t max_bytes, fct_text *out, fct_error *err);
fct_status fct_shard_put_text(const char *text, const char *url, fct_error *err);

#endif
