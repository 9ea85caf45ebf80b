/* fct_shard_claim_take: one driver of a plan at a time, who removes its files at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shard/mirror.h"

enum { WAIT_US = 50 * 1000 };

struct fct_shard_claim {
    fct_text folder;    /* on this machine */
    fct_text there;     /* on S3, with a slash; "": nothing is */
    fct_text plan_path; /* where all nodes read it */
    int fd;
};

/* Whether the file behind the descriptor is still the one of that name: whoever had it may have removed it. */
static bool is_same(int fd, const char *path)
{
    struct stat a;
    struct stat b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

/* FCT_OK with claim->fd of -1: it was removed meanwhile, try again. */
static fct_status lock(fct_shard_claim *claim, const char *path, fct_job *job, fct_error *err)
{
    FCT_TRY(fct_folder_make(claim->folder.data, err));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno == ENOENT
                   ? FCT_OK
                   : fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s", path);
    bool is_told = false;
    fct_status status = FCT_OK;
    while (status == FCT_OK && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot lock %s", path);
            break;
        }
        if (!is_told)
            fct_job_message(job, FCT_MESSAGE_NOTE, "waiting for another run of the same request");
        is_told = true;
        status = fct_job_check(job, err);
        usleep(WAIT_US);
    }
    if (status == FCT_OK && is_same(fd, path))
        claim->fd = fd;
    else
        close(fd);
    return status;
}

static fct_status take(fct_shard_claim *claim, const fct_shard_plan *plan, fct_job *job,
                       fct_error *err)
{
    fct_text path = {0};
    fct_status status;
    bool is_there = fct_shard_is_mirrored(plan);
    FCT_TRY_OUT(fct_text_append_format(&claim->folder, err, "%s/%s", plan->local, plan->key));
    if (is_there)
        FCT_TRY_OUT(fct_text_append_format(&claim->there, err, "%s/%s/", plan->work, plan->key));
    FCT_TRY_OUT(fct_text_append_format(&path, err, "%s/.claim", claim->folder.data));
    while (claim->fd < 0)
        FCT_TRY_OUT(lock(claim, path.data, job, err));
    FCT_TRY_OUT(
        fct_text_append_format(&claim->plan_path, err, "%s/%s/plan.json", plan->work, plan->key));
    status = fct_shard_plan_write(plan, claim->plan_path.data, err);
out:
    fct_text_free(&path);
    return status;
}

fct_status fct_shard_claim_take(const fct_shard_plan *plan, const fct_run *run,
                                fct_shard_claim **out, fct_error *err)
{
    fct_job job;
    *out = NULL;
    fct_shard_claim *claim = calloc(1, sizeof *claim);
    if (!claim)
        return fct_error_memory(err, sizeof *claim);
    claim->fd = -1;
    fct_status status = fct_job_start(&job, run, err);
    if (status == FCT_OK) {
        status = take(claim, plan, &job, err);
        fct_job_end(&job);
    }
    if (status == FCT_OK)
        *out = claim;
    else
        fct_shard_claim_end(claim, false);
    return status;
}

/* What cannot be removed stays: the result is there all the same. */
static void remove_all(const fct_shard_claim *claim)
{
    fct_job job;
    fct_status status = fct_tree_remove(claim->folder.data, NULL);
    if (claim->there.data && fct_job_start(&job, NULL, NULL) == FCT_OK) {
        status = fct_shard_remove_there(claim->there.data, &job, NULL);
        fct_job_end(&job);
    }
    (void)status;
}

void fct_shard_claim_end(fct_shard_claim *claim, bool remove_files)
{
    if (!claim)
        return;
    /* Removed while it is held: who waits for it finds that out, and begins anew. */
    if (remove_files && claim->fd >= 0)
        remove_all(claim);
    if (claim->fd >= 0)
        close(claim->fd);
    fct_text_free(&claim->folder);
    fct_text_free(&claim->there);
    fct_text_free(&claim->plan_path);
    free(claim);
}

const char *fct_shard_claim_path(const fct_shard_claim *claim)
{
    return claim->plan_path.data;
}
