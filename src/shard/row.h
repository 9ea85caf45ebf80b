/* A shard's row: what its files hold, written when they are complete. */
#ifndef FCT_SHARD_ROW_H
#define FCT_SHARD_ROW_H

#include "base/file.h"
#include "shard/plan.h"

/* The kinds of files that a shard may have. */
typedef enum fct_shard_file {
    FCT_SHARD_RESULT, /* NNNNN.parquet: rows of the result */
    FCT_SHARD_SENT,   /* NNNNN.sent: for shards of the other axis */
    FCT_SHARD_KEPT,   /* NNNNN.kept: for the same shard of a later stage */
    FCT_SHARD_N_FILES
} fct_shard_file;

typedef struct fct_shard_row {
    int64_t n_rows;
    struct {
        bool is_there;
        int64_t n_bytes;
        char digest[FCT_SHARD_HEX + 1];
    } files[FCT_SHARD_N_FILES];
} fct_shard_row;

/* Appends to `out`: the folder of a stage, a shard's file, its row. */
fct_status fct_shard_stage_folder(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                                  fct_error *err);
fct_status fct_shard_file_path(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                               size_t shard, fct_shard_file file, fct_error *err);
fct_status fct_shard_row_path(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                              size_t shard, fct_error *err);

/* Makes the row of the files that are there. */
fct_status fct_shard_row_make(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                              int64_t n_rows, const bool *is_there, fct_job *job,
                              fct_shard_row *out, fct_error *err);
fct_status fct_shard_row_write(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                               const fct_shard_row *row, fct_error *err);

/*
 * FCT_ERROR_NOT_FOUND: the shard was not run; FCT_ERROR_DATA: the row cannot be read; FCT_ERROR_INTEGRITY: it is of another
 * plan or shard.
 */
fct_status fct_shard_row_read(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                              fct_shard_row *out, fct_error *err);

/* FCT_ERROR_INTEGRITY where a file is not what the row says; each is read. */
fct_status fct_shard_row_check(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                               const fct_shard_row *row, fct_job *job, fct_error *err);

#endif
