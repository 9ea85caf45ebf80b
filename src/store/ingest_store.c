#include "store/ingest_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/paths.h"

static fct_status append_record_path(fct_text *out, const char *root, const char *name,
                                     fct_error *err)
{
    FCT_TRY(fct_store_records_folder(out, root, err));
    return fct_text_append_format(out, err, "/%s", name);
}

/* The system lets go of the lock when the process ends, however it ends. */
static fct_status lock(fct_ingest_store *store, fct_job *job, fct_error *err)
{
    fct_text path = {0};
    bool told = false;
    fct_status status;
    FCT_TRY_OUT(append_record_path(&path, store->root, "lock", err));
    store->lock = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (store->lock < 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write to the store: %s",
                                     path.data);
        goto out;
    }
    while (flock(store->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot lock %s", path.data);
            goto out;
        }
        if (!told)
            fct_job_message(job, FCT_MESSAGE_NOTE, "waiting for another ingest into %s",
                            store->root);
        told = true;
        FCT_TRY_OUT(fct_job_check(job, err));
        struct timespec moment = {.tv_nsec = 50 * 1000000L};
        nanosleep(&moment, NULL);
    }
out:
    fct_text_free(&path);
    return status;
}

/* The lock's file holds a number that every holder changes: who finds his own again knows that nobody came between. */
static void stamp(fct_ingest_store *store)
{
    uint64_t own = 0;
    if (pread(store->lock, &store->stamp_found, sizeof own, 0) != (ssize_t)sizeof own)
        store->stamp_found = 0;
    if (getrandom(&own, sizeof own, 0) != (ssize_t)sizeof own || !own)
        own = store->stamp_found + 1;
    store->stamp = own;
    /* Without it, everybody is a stranger: slower, not wrong. */
    if (pwrite(store->lock, &own, sizeof own, 0) != (ssize_t)sizeof own)
        store->stamp = 0;
}

static fct_status repair(const fct_ingest_store *store, fct_job *job, fct_error *err)
{
    fct_text path = {0};
    size_t n_finished = 0;
    fct_status status;
    FCT_TRY_OUT(fct_journal_recover(store->root, &n_finished, err));
    if (n_finished)
        fct_job_message(job, FCT_MESSAGE_NOTE, "%s: finished what an interrupted ingest had begun",
                        store->root);
    FCT_TRY_OUT(append_record_path(&path, store->root, "tmp", err));
    FCT_TRY_OUT(fct_tree_remove(path.data, err));
    FCT_TRY_OUT(fct_folder_make(path.data, err));
out:
    fct_text_free(&path);
    return status;
}

fct_status fct_ingest_store_open(fct_ingest_store *store, const char *root, fct_job *job,
                                 fct_error *err)
{
    *store = (fct_ingest_store){.root = root, .lock = -1};
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(fct_store_records_folder(&path, root, err));
    FCT_TRY_OUT(fct_folder_make(path.data, err));
    FCT_TRY_OUT(lock(store, job, err));
    stamp(store);
    FCT_TRY_OUT(repair(store, job, err));
out:
    fct_text_free(&path);
    if (status != FCT_OK)
        fct_ingest_store_close(store);
    return status;
}

void fct_ingest_store_close(fct_ingest_store *store)
{
    if (store->lock >= 0)
        close(store->lock);
    store->lock = -1;
}

fct_status fct_ingest_staging_make(const fct_ingest_store *store, size_t number, fct_text *relative,
                                   fct_error *err)
{
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(relative, err, ".factorium/tmp/%zu", number));
    FCT_TRY_OUT(fct_path_join(&path, store->root, relative->data, err));
    FCT_TRY_OUT(fct_folder_make(path.data, err));
out:
    fct_text_free(&path);
    return status;
}

fct_status fct_ingest_staging_remove(const fct_ingest_store *store, const char *relative,
                                     fct_error *err)
{
    fct_text path = {0};
    fct_status status = fct_path_join(&path, store->root, relative, err);
    if (status == FCT_OK)
        status = fct_tree_remove(path.data, err);
    fct_text_free(&path);
    return status;
}
