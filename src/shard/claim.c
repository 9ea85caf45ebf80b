/* fct_shard_claim: one driver of a plan at a time, who removes its files at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "shard/plan.h"

enum { WAIT_US = 50 * 1000 };

struct fct_shard_claim {
    fct_text folder;
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
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot lock %s", path);
            break;
        }
        if (!is_told)
            fct_job_message(job, FCT_MESSAGE_NOTE, "waiting for another run of the same request");
        is_told = true;
        if ((status = fct_job_check(job, err)) != FCT_OK)
            break;
        usleep(WAIT_US);
    }
    if (status == FCT_OK && is_same(fd, path))
        claim->fd = fd;
    else
        close(fd);
    return status;
}

fct_status fct_shard_claim_take(const fct_shard_plan *plan, const fct_run *run,
                                fct_shard_claim **out, fct_error *err)
{
    fct_job job;
    fct_text path = {0};
    fct_status status;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_shard_claim *claim = calloc(1, sizeof *claim);
    if (!claim) {
        status = fct_error_memory(err, sizeof *claim);
        goto out;
    }
    claim->fd = -1;
    FCT_TRY_OUT(fct_text_append_format(&claim->folder, err, "%s/%s", plan->work, plan->key));
    FCT_TRY_OUT(fct_text_append_format(&path, err, "%s/.claim", claim->folder.data));
    while (claim->fd < 0)
        FCT_TRY_OUT(lock(claim, path.data, &job, err));
    *out = claim;
out:
    if (!*out)
        fct_shard_claim_end(claim, false);
    fct_text_free(&path);
    fct_job_end(&job);
    return status;
}

void fct_shard_claim_end(fct_shard_claim *claim, bool remove_files)
{
    if (!claim)
        return;
    /* Removed while it is held: who waits for it finds that out, and begins anew. */
    if (remove_files && claim->fd >= 0)
        (void)(fct_tree_remove(claim->folder.data, NULL) == FCT_OK);
    if (claim->fd >= 0)
        close(claim->fd);
    fct_text_free(&claim->folder);
    free(claim);
}
