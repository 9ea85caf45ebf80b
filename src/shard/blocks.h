/*
 * Columns on their way from one stage to another: a file holds the rows of a shard, cut into a segment for each shard that
 * reads them. A reader opens the file, and reads its own segment and nothing else.
 */
#ifndef FCT_SHARD_BLOCKS_H
#define FCT_SHARD_BLOCKS_H

#include "base/run.h"
#include "panel/rows.h"
#include "shard/plan.h"

/* Which rows go to which segment: those of some symbols, those that end in some span of time, or all of them. */
typedef struct fct_blocks_target {
    const fct_shard *shards; /* one for each segment */
    size_t n_shards;
} fct_blocks_target;

/* What is written. The symbols are known by their places in the plan. */
typedef struct fct_blocks_content {
    const struct fct_shard_plan *plan;
    const struct fct_panel *panel;          /* rows */
    const fct_panel_column *const *columns; /* their columns ... */
    const char *const *names;               /* ... and names */
    size_t n_columns;
} fct_blocks_content;

fct_status fct_blocks_write(const char *path, const fct_blocks_content *content,
                            const fct_blocks_target *target, fct_job *job, fct_error *err);

/* Where a segment is read from. */
typedef struct fct_blocks_source {
    const char *path;
    const struct fct_shard_plan *plan;
    size_t segment, n_segments;
    const fct_shard_names *wanted; /* columns; those that the file has not are left out */
    bool is_first; /* of the files whose rows come together: the columns are added */
} fct_blocks_source;

/*
 * Adds the rows of a segment to `rows`. FCT_ERROR_INTEGRITY where the file is not as it was written, is of another plan, or
 * has not the columns that the first file had.
 */
fct_status fct_blocks_read(const fct_blocks_source *source, fct_panel_rows *rows, fct_error *err);

#endif
