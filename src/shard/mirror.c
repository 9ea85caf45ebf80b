#include "shard/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/bucket.h"

enum { N_DIGITS = 5 };

static bool is_s3(const char *path)
{
    return strncasecmp(path, "s3://", 5) == 0;
}

bool fct_shard_is_mirrored(const struct fct_shard_plan *plan)
{
    return is_s3(plan->work);
}

/* ---- Here ------------------------------------------------------------------------------------- */

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

/* Others may write to /tmp: a folder there that is somebody else's is not to be trusted. */
static fct_status make_own(const char *path, fct_error *err)
{
    struct stat info;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot make %s", path);
    if (lstat(path, &info) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot look at %s", path);
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 022))
        return fct_error_set(err, FCT_ERROR_IO,
                             "%s is not a folder of this user's own: set TMPDIR to another place",
                             path);
    return FCT_OK;
}

fct_status fct_shard_local_folder(const char *work, char **out, fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    *out = NULL;
    if (is_s3(work)) {
        FCT_TRY_OUT(fct_text_append_format(&path, err, "%s/factorium-shards-%ld",
                                           temporary_folder(), (long)geteuid()));
        FCT_TRY_OUT(make_own(path.data, err));
    }
    /* The copy's folder is the user's; below it, a plan's key tells plans apart. */
    *out = fct_text_copy(path.data ? path.data : work);
    status = *out ? FCT_OK : fct_error_memory(err, 0);
out:
    fct_text_free(&path);
    return status;
}

/* ---- From there ------------------------------------------------------------------------------- */

static fct_status stage_url(const struct fct_shard_plan *plan, size_t stage, fct_text *out,
                            fct_error *err)
{
    return fct_text_append_format(out, err, "%s/%s/stage-%zu/", plan->work, plan->key, stage);
}

/* The number in a name that is a shard's file; SIZE_MAX for any other, which is nothing of ours. */
static size_t shard_of(const char *name, const char **suffix)
{
    size_t number = 0;
    for (int i = 0; i < N_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return SIZE_MAX;
        number = number * 10 + (size_t)(name[i] - '0');
    }
    *suffix = name + N_DIGITS;
    return number;
}

/* Whether there is a name for shard `shard`, with that suffix. */
static bool has_file(const fct_text_set *names, size_t shard, const char *suffix)
{
    char name[32];
    snprintf(name, sizeof name, "%05zu%s", shard, suffix);
    return fct_text_set_find(names, name) != UINT32_MAX;
}

/* A row counts where the file is there, too, that every shard of its stage has. */
static bool is_done_there(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                          const fct_text_set *names)
{
    bool is_last = stage + 1 == plan->n_stages;
    return has_file(names, shard, ".json") &&
           has_file(names, shard, is_last ? ".parquet" : ".sent");
}

static bool is_wanted(const struct fct_shard_plan *plan, const fct_shard_wanted *wanted,
                      const fct_text_set *names, const char *name)
{
    const char *suffix;
    size_t shard = shard_of(name, &suffix);
    if (shard >= plan->stages[wanted->stage].n_shards || (wanted->one && shard != wanted->shard))
        return false;
    if (strcmp(suffix, ".json") == 0)
        return is_done_there(plan, wanted->stage, shard, names);
    return (wanted->results && strcmp(suffix, ".parquet") == 0) ||
           (wanted->sent && strcmp(suffix, ".sent") == 0) ||
           (wanted->kept && shard == wanted->shard && strcmp(suffix, ".kept") == 0);
}

static fct_status remove_stale_rows(const struct fct_shard_plan *plan,
                                    const fct_shard_wanted *wanted, const fct_text_set *names,
                                    fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < plan->stages[wanted->stage].n_shards; i++) {
        if (wanted->one && i != wanted->shard)
            continue;
        FCT_TRY_OUT(fct_shard_row_path(&path, plan, wanted->stage, i, err));
        if (!is_done_there(plan, wanted->stage, i, names))
            FCT_TRY_OUT(fct_file_remove(path.data, err));
    }
out:
    fct_text_free(&path);
    return status;
}

/* One row for each shard, and no other: such a one is not brought here, so it is told of here. */
static fct_status check_rows(const struct fct_shard_plan *plan, size_t stage,
                             const fct_text_set *names, const char *folder, fct_error *err)
{
    for (size_t i = 0; i < names->n_texts; i++) {
        const char *name = names->texts[i];
        size_t n = strlen(name);
        const char *suffix = "";
        if (n < 5 || strcmp(name + n - 5, ".json") != 0)
            continue;
        if (shard_of(name, &suffix) >= plan->stages[stage].n_shards || strcmp(suffix, ".json") != 0)
            return fct_error_set(err, FCT_ERROR_INTEGRITY,
                                 "%s%.64s is the row of no shard of stage %zu, or a second one: "
                                 "remove it",
                                 folder, name, stage);
    }
    return FCT_OK;
}

static fct_status pull(const struct fct_shard_plan *plan, const fct_shard_wanted *wanted,
                       fct_bucket *bucket, fct_error *err)
{
    fct_text url = {0};
    fct_text path = {0};
    fct_text_set names = {0};
    fct_status status;
    FCT_TRY_OUT(stage_url(plan, wanted->stage, &url, err));
    size_t n_prefix = url.length;
    FCT_TRY_OUT(fct_shard_stage_folder(&path, plan, wanted->stage, err));
    FCT_TRY_OUT(fct_text_append(&path, "/", 1, err));
    size_t n_folder = path.length;
    if (wanted->one)
        FCT_TRY_OUT(fct_text_append_format(&url, err, "%05zu.", wanted->shard));
    fct_text_set found = {0};
    status = fct_bucket_list(bucket, url.data, &found, err);
    for (size_t i = 0; status == FCT_OK && i < found.n_texts; i++) {
        uint32_t number;
        char name[64];
        int n = wanted->one ? snprintf(name, sizeof name, "%05zu.%s", wanted->shard, found.texts[i])
                            : snprintf(name, sizeof name, "%s", found.texts[i]);
        if (n > 0 && (size_t)n < sizeof name)
            status = fct_text_set_add(&names, name, (size_t)n, &number, err);
    }
    fct_text_set_free(&found);
    FCT_TRY_OUT(status);
    if (wanted->no_others)
        FCT_TRY_OUT(check_rows(plan, wanted->stage, &names, url.data, err));
    FCT_TRY_OUT(remove_stale_rows(plan, wanted, &names, err));
    for (size_t i = 0; i < names.n_texts; i++) {
        if (!is_wanted(plan, wanted, &names, names.texts[i]))
            continue;
        url.length = n_prefix;
        path.length = n_folder;
        FCT_TRY_OUT(fct_text_append_format(&url, err, "%s", names.texts[i]));
        FCT_TRY_OUT(fct_text_append_format(&path, err, "%s", names.texts[i]));
        if (!fct_file_exists(path.data))
            FCT_TRY_OUT(fct_bucket_get(bucket, url.data, path.data, err));
    }
out:
    fct_text_set_free(&names);
    fct_text_free(&url);
    fct_text_free(&path);
    return status;
}

fct_status fct_shard_pull(const struct fct_shard_plan *plan, const fct_shard_wanted *wanted,
                          fct_job *job, fct_error *err)
{
    fct_bucket *bucket;
    if (!fct_shard_is_mirrored(plan))
        return FCT_OK;
    FCT_TRY(fct_bucket_open(job, &bucket, err));
    fct_status status = pull(plan, wanted, bucket, err);
    fct_bucket_close(bucket);
    return status;
}

fct_status fct_shard_pull_before(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                                 fct_job *job, fct_error *err)
{
    for (size_t i = 0; i < stage; i++) {
        const fct_shard_wanted wanted = {.stage = i, .shard = shard, .sent = true, .kept = true};
        FCT_TRY(fct_shard_pull(plan, &wanted, job, err));
    }
    const fct_shard_wanted own = {.stage = stage, .one = true, .shard = shard};
    return fct_shard_pull(plan, &own, job, err);
}

fct_status fct_shard_refresh(const fct_shard_plan *plan, size_t stage, const fct_run *run,
                             fct_error *err)
{
    fct_job job;
    const fct_shard_wanted wanted = {.stage = stage};
    if (stage >= plan->n_stages)
        return FCT_OK;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = fct_shard_pull(plan, &wanted, &job, err);
    fct_job_end(&job);
    return status;
}

/* ---- To there --------------------------------------------------------------------------------- */

static fct_status push_file(const struct fct_shard_plan *plan, size_t stage, fct_bucket *bucket,
                            const char *path, fct_error *err)
{
    fct_text url = {0};
    fct_status status;
    FCT_TRY_OUT(stage_url(plan, stage, &url, err));
    FCT_TRY_OUT(fct_text_append_format(&url, err, "%s", fct_path_name(path)));
    status = fct_bucket_put(bucket, path, url.data, err);
out:
    fct_text_free(&url);
    return status;
}

fct_status fct_shard_push(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                          const fct_shard_row *row, fct_job *job, fct_error *err)
{
    fct_bucket *bucket;
    fct_text path = {0};
    fct_status status;
    if (!fct_shard_is_mirrored(plan))
        return FCT_OK;
    FCT_TRY(fct_bucket_open(job, &bucket, err));
    for (int i = 0; i < FCT_SHARD_N_FILES; i++) {
        if (!row->files[i].is_there)
            continue;
        FCT_TRY_OUT(fct_shard_file_path(&path, plan, stage, shard, (fct_shard_file)i, err));
        FCT_TRY_OUT(push_file(plan, stage, bucket, path.data, err));
        if (i == FCT_SHARD_RESULT)
            FCT_TRY_OUT(fct_file_remove(path.data, err));
    }
    FCT_TRY_OUT(fct_shard_row_path(&path, plan, stage, shard, err));
    status = push_file(plan, stage, bucket, path.data, err);
out:
    fct_text_free(&path);
    fct_bucket_close(bucket);
    return status;
}

fct_status fct_shard_remove_there(const char *folder, fct_job *job, fct_error *err)
{
    fct_bucket *bucket;
    fct_text url = {0};
    fct_text_set names = {0};
    fct_status status;
    FCT_TRY(fct_bucket_open(job, &bucket, err));
    FCT_TRY_OUT(fct_text_append_format(&url, err, "%s", folder));
    size_t n_prefix = url.length;
    FCT_TRY_OUT(fct_bucket_list(bucket, url.data, &names, err));
    for (size_t i = 0; i < names.n_texts; i++) {
        url.length = n_prefix;
        FCT_TRY_OUT(fct_text_append_format(&url, err, "%s", names.texts[i]));
        FCT_TRY_OUT(fct_bucket_remove(bucket, url.data, err));
    }
out:
    fct_text_set_free(&names);
    fct_text_free(&url);
    fct_bucket_close(bucket);
    return status;
}

/* ---- Texts ------------------------------------------------------------------------------------ */

fct_status fct_shard_get_text(const char *url, size_t max_bytes, fct_text *out, fct_error *err)
{
    fct_job job;
    fct_bucket *bucket;
    *out = (fct_text){0};
    FCT_TRY(fct_job_start(&job, NULL, err));
    fct_status status = fct_bucket_open(&job, &bucket, err);
    if (status == FCT_OK)
        status = fct_bucket_get_text(bucket, url, max_bytes, out, err);
    fct_bucket_close(bucket);
    fct_job_end(&job);
    return status;
}

fct_status fct_shard_put_text(const char *text, const char *url, fct_error *err)
{
    fct_job job;
    fct_bucket *bucket = NULL;
    fct_text path = {0};
    fct_status status;
    FCT_TRY(fct_job_start(&job, NULL, err));
    FCT_TRY_OUT(fct_text_append_format(&path, err, "%s/factorium-plan-%ld-%lld.json",
                                       temporary_folder(), (long)getpid(),
                                       (long long)fct_clock_ms()));
    FCT_TRY_OUT(fct_bucket_open(&job, &bucket, err));
    FCT_TRY_OUT(fct_file_write_atomic(path.data, text, strlen(text), err));
    status = fct_bucket_put(bucket, path.data, url, err);
    unlink(path.data);
out:
    fct_bucket_close(bucket);
    fct_text_free(&path);
    fct_job_end(&job);
    return status;
}
