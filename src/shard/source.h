/* Where a shard's data lies, and whether that is still what it was when the plan was made. */
#ifndef FCT_SHARD_SOURCE_H
#define FCT_SHARD_SOURCE_H

#include "base/file.h"
#include "shard/plan.h"
#include "store/select.h"

/* What the files of one day are like. */
typedef struct fct_shard_mark {
    uint64_t
        digest; /* of their names, sizes and times of change; of a remote store, of the names */
    int64_t n_bytes; /* 0: not known */
} fct_shard_mark;

fct_status fct_shard_mark_day(const fct_store *store, const fct_store_day *day, fct_shard_mark *out,
                              fct_error *err);

/* The digest of marks of symbols and days, in order, as hex digits. Starts as {0}. */
typedef struct fct_shard_source {
    fct_text text;
} fct_shard_source;
fct_status fct_shard_source_add(fct_shard_source *source, const char *symbol, int64_t day,
                                const fct_shard_mark *mark, fct_error *err);
void fct_shard_source_end(fct_shard_source *source, char hex[FCT_SHARD_HEX + 1]); /* and frees it */

/* The same of a file that is read whole. */
fct_status fct_shard_source_of_file(const char *path, char hex[FCT_SHARD_HEX + 1], fct_error *err);

/*
 * The days whose files may hold trades with from_ms <= time < to_ms, those of `first_day` and `end_day` alone: a day's files
 * may hold rows of the day before and after.
 */
void fct_shard_days(int64_t from_ms, int64_t to_ms, int64_t *first_day, int64_t *end_day);

/* The store's files of a shard of bars or symbols; FCT_ERROR_INTEGRITY where they are not what they were. */
fct_status fct_shard_source_select(const struct fct_shard_plan *plan, const fct_shard *shard,
                                   fct_job *job, fct_store_selection *out, fct_error *err);

/* FCT_ERROR_INTEGRITY where the file of bars, or of attributes, is not what it was. */
fct_status fct_shard_source_check_files(const struct fct_shard_plan *plan, fct_error *err);

#endif
