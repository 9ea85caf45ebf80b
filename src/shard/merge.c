/* fct_shard_merge: all shards are checked, then their results read as one. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "shard/making.h"
#include "shard/mirror.h"
#include "store/sql.h"

/* ---- What is there ---------------------------------------------------------------------------- */

/* Whether a name is that of a row of one of the stage's shards. */
static bool is_row_name(const char *name, size_t n_shards)
{
    char wanted[32];
    char *end;
    unsigned long shard = strtoul(name, &end, 10);
    snprintf(wanted, sizeof wanted, "%05lu.json", shard);
    return shard < n_shards && strcmp(name, wanted) == 0;
}

/* A folder of a stage holds one row for each shard, and no other. */
static fct_status check_names(const struct fct_shard_plan *plan, size_t stage, fct_error *err)
{
    fct_text path = {0};
    fct_status status = fct_shard_stage_folder(&path, plan, stage, err);
    DIR *folder = status == FCT_OK ? opendir(path.data) : NULL;
    if (status == FCT_OK && !folder && errno != ENOENT)
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path.data);
    const struct dirent *entry;
    while (folder && status == FCT_OK && (entry = readdir(folder))) {
        size_t n = strlen(entry->d_name);
        bool is_row =
            entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
        if (is_row && !is_row_name(entry->d_name, plan->stages[stage].n_shards))
            status = fct_error_set(err, FCT_ERROR_INTEGRITY,
                                   "%s/%s is the row of no shard of stage %zu, or a second one: "
                                   "remove it",
                                   path.data, entry->d_name, stage);
    }
    if (folder)
        closedir(folder);
    fct_text_free(&path);
    return status;
}

typedef struct checking {
    const struct fct_shard_plan *plan;
    fct_job *job;
    size_t stage;
    bool rows_alone; /* the files are on S3, where they were put whole, and not needed here */
    bool *is_missing;
} checking;

static fct_status check_shard(size_t shard, int thread, void *context, fct_error *err)
{
    (void)thread;
    const checking *c = context;
    fct_shard_row row;
    FCT_TRY(fct_job_check(c->job, err));
    fct_status status = fct_shard_row_read(c->plan, c->stage, shard, &row, err);
    c->is_missing[shard] = status == FCT_ERROR_NOT_FOUND;
    if (c->is_missing[shard])
        return FCT_OK;
    FCT_TRY(status);
    fct_job_advance(c->job, 1, NULL);
    if (c->rows_alone)
        return FCT_OK;
    return fct_shard_row_check(c->plan, c->stage, shard, &row, c->job, err);
}

static fct_status name_missing(const checking *c, size_t n_shards, fct_error *err)
{
    enum { MAX_LISTED = 12 };
    fct_text list = {0};
    size_t n_missing = 0;
    for (size_t i = 0; i < n_shards; i++)
        if (c->is_missing[i] && n_missing++ < MAX_LISTED)
            FCT_TRY(fct_text_append_format(&list, err, "%s%zu", n_missing > 1 ? ", " : "", i));
    if (!n_missing)
        return FCT_OK;
    fct_error_set(err, FCT_ERROR_NOT_FOUND,
                  "%zu of %zu shards of stage %zu were not run: %s%s; factorium run does",
                  n_missing, n_shards, c->stage, fct_text_get(&list),
                  n_missing > MAX_LISTED ? ", ..." : "");
    fct_text_free(&list);
    return FCT_ERROR_NOT_FOUND;
}

static fct_status check_stage(const struct fct_shard_plan *plan, size_t stage, fct_job *job,
                              fct_error *err)
{
    size_t n_shards = plan->stages[stage].n_shards;
    bool is_last = stage + 1 == plan->n_stages;
    checking c = {.plan = plan,
                  .job = job,
                  .stage = stage,
                  .rows_alone = !is_last && fct_shard_is_mirrored(plan)};
    const fct_shard_wanted wanted = {.stage = stage, .results = is_last, .no_others = true};
    FCT_TRY(fct_shard_pull(plan, &wanted, job, err));
    FCT_TRY(check_names(plan, stage, err));
    c.is_missing = calloc(n_shards, sizeof *c.is_missing);
    if (!c.is_missing)
        return fct_error_memory(err, n_shards);
    fct_job_stage(job, "merge", "shards", (int64_t)n_shards);
    fct_status status = fct_parallel_for(job->run.n_threads, n_shards, check_shard, &c, err);
    if (status == FCT_OK)
        status = name_missing(&c, n_shards, err);
    free(c.is_missing);
    return status;
}

/* ---- The result ------------------------------------------------------------------------------- */

/* The results of the last stage: in the order of the shards, or of the rows' keys. */
static fct_status append_query(fct_text *query, const struct fct_shard_plan *plan, fct_error *err)
{
    fct_text path = {0};
    fct_text pattern = {0};
    size_t stage = plan->n_stages - 1;
    bool is_bars = !plan->factors.n_names;
    bool by_time = is_bars ? plan->bars.bar.kind == FCT_BAR_TIME : stage == 0;
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(query, err, "SELECT * FROM read_parquet(["));
    for (size_t i = 0; i < plan->stages[stage].n_shards; i++) {
        pattern.length = 0;
        FCT_TRY_OUT(fct_shard_file_path(&path, plan, stage, i, FCT_SHARD_RESULT, err));
        FCT_TRY_OUT(fct_sql_append_pattern(&pattern, path.data, err));
        FCT_TRY_OUT(fct_text_append_format(query, err, "%s", i ? ", " : ""));
        FCT_TRY_OUT(fct_sql_append_literal(query, pattern.data, err));
    }
    FCT_TRY_OUT(fct_text_append_format(query, err, "], hive_partitioning = false)"));
    if (by_time)
        status =
            fct_text_append_format(query, err, " ORDER BY %s",
                                   is_bars ? "start_time, symbol" : "end_time, symbol, start_time");
out:
    fct_text_free(&path);
    fct_text_free(&pattern);
    return status;
}

static fct_status open_result(const struct fct_shard_plan *plan, const fct_run *run,
                              struct ArrowArrayStream *out, fct_error *err)
{
    fct_text query = {0};
    fct_sql *sql;
    fct_status status;
    FCT_TRY_OUT(append_query(&query, plan, err));
    FCT_TRY_OUT(
        fct_sql_open(&sql, run ? run->memory_limit_bytes / 2 : 0, run ? run->temp_dir : NULL, err));
    FCT_TRY_OUT(fct_sql_stream(sql, query.data, NULL, 0, plan->local, run, out, err));
out:
    fct_text_free(&query);
    return status;
}

fct_status fct_shard_merge(const fct_shard_plan *plan, const fct_run *run,
                           struct ArrowArrayStream *out, fct_error *err)
{
    fct_job job;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = FCT_OK;
    for (size_t stage = 0; stage < plan->n_stages && status == FCT_OK; stage++)
        status = check_stage(plan, stage, &job, err);
    fct_job_end(&job);
    FCT_TRY(status);
    FCT_TRY(open_result(plan, run, out, err));
    return fct_shard_tell_missing(plan->n_missing_days, plan->n_left_out, err);
}
