/* fct_shard_run: a shard that is done is left alone; one that is not writes its files, then its row. */
#include "shard/run.h"

#include "shard/mirror.h"

#include <inttypes.h>

fct_status fct_shard_write_result(fct_shard_running *running, struct ArrowArrayStream *stream,
                                  fct_error *err)
{
    fct_text path = {0};
    fct_status status = fct_shard_file_path(&path, running->plan, running->stage, running->shard,
                                            FCT_SHARD_RESULT, err);
    if (status != FCT_OK)
        stream->release(stream);
    else
        status = fct_write_file(stream, path.data, FCT_FORMAT_PARQUET, &running->job->run,
                                &running->n_rows, err);
    running->is_there[FCT_SHARD_RESULT] = status == FCT_OK;
    fct_text_free(&path);
    return status;
}

/* Whether a failure to read a row, or a file, says that the shard is to be run (again). */
static bool is_undone(fct_status status)
{
    return status == FCT_ERROR_NOT_FOUND || status == FCT_ERROR_DATA ||
           status == FCT_ERROR_INTEGRITY;
}

/* Whether the row and the files are there as they should be. What is not is made anew. */
static fct_status look(const fct_shard_running *r, fct_shard_row *row, bool *is_done,
                       fct_error *err)
{
    fct_error why = {0};
    fct_status status = fct_shard_row_read(r->plan, r->stage, r->shard, row, &why);
    /* What is on S3 was put there whole, and is not fetched to be looked at. */
    if (status == FCT_OK && !fct_shard_is_mirrored(r->plan))
        status = fct_shard_row_check(r->plan, r->stage, r->shard, row, r->job, &why);
    *is_done = status == FCT_OK;
    if (is_undone(status) && status != FCT_ERROR_NOT_FOUND)
        fct_job_message(r->job, FCT_MESSAGE_WARNING, "made again: %s", why.message);
    if (status == FCT_OK || is_undone(status))
        return FCT_OK;
    if (err)
        *err = why;
    return status;
}

/* Every shard of the stages before has its row; of which shards lack them, the first is named. */
static fct_status check_before(const fct_shard_running *r, fct_error *err)
{
    for (size_t stage = 0; stage < r->stage; stage++) {
        size_t n_missing = 0;
        size_t first = 0;
        size_t n_shards = r->plan->stages[stage].n_shards;
        for (size_t i = n_shards; i-- > 0;) {
            fct_shard_row row;
            fct_error why = {0};
            fct_status status = fct_shard_row_read(r->plan, stage, i, &row, &why);
            if (status != FCT_OK && !is_undone(status)) {
                if (err)
                    *err = why;
                return status;
            }
            first = status == FCT_OK ? first : i;
            n_missing += status != FCT_OK;
        }
        if (n_missing)
            return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                                 "stage %zu waits for stage %zu, of which %zu of %zu shards were "
                                 "not run, the first of them shard %zu",
                                 r->stage, stage, n_missing, n_shards, first);
    }
    return FCT_OK;
}

static fct_status make_folder(const fct_shard_running *r, fct_error *err)
{
    fct_text path = {0};
    fct_status status = fct_shard_stage_folder(&path, r->plan, r->stage, err);
    if (status == FCT_OK)
        status = fct_folder_make(path.data, err);
    fct_text_free(&path);
    return status;
}

static fct_status run_shard(fct_shard_running *r, fct_shard_row *row, fct_error *err)
{
    FCT_TRY(check_before(r, err));
    FCT_TRY(make_folder(r, err));
    FCT_TRY(r->plan->stages[r->stage].axis == FCT_SHARD_BARS ? fct_shard_run_bars(r, err)
                                                             : fct_shard_run_factors(r, err));
    FCT_TRY(
        fct_shard_row_make(r->plan, r->stage, r->shard, r->n_rows, r->is_there, r->job, row, err));
    FCT_TRY(fct_shard_row_write(r->plan, r->stage, r->shard, row, err));
    return fct_shard_push(r->plan, r->stage, r->shard, row, r->job, err);
}

fct_status fct_shard_run(const fct_shard_plan *plan, size_t stage, size_t shard, const fct_run *run,
                         fct_shard_report *report, fct_error *err)
{
    fct_job job;
    fct_shard_row row = {0};
    bool is_done = false;
    FCT_TRY(fct_shard_find(plan, stage, shard, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_shard_running r = {.plan = plan, .stage = stage, .shard = shard, .job = &job};
    fct_status status = fct_shard_pull_before(plan, stage, shard, &job, err);
    if (status == FCT_OK)
        status = look(&r, &row, &is_done, err);
    if (status == FCT_OK && !is_done)
        status = run_shard(&r, &row, err);
    if (status == FCT_OK && report) {
        *report = (fct_shard_report){.was_done = is_done, .n_rows = row.n_rows};
        for (int i = 0; i < FCT_SHARD_N_FILES; i++)
            report->n_bytes += row.files[i].n_bytes;
    }
    fct_job_end(&job);
    return status;
}
