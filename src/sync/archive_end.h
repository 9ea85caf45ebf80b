/* How archives end, and with them their units. */
#ifndef FCT_SYNC_ARCHIVE_END_H
#define FCT_SYNC_ARCHIVE_END_H

#include "sync/workers.h"

/* The state of transfer.c's loop. */
typedef struct fct_transfer_loop {
    fct_sync_run *sync;
    fct_workers *workers; /* NULL: a dry run */
    size_t n_open;        /* units whose outcome is not known */
    size_t n_handed_over, most_handed_over;
    fct_sync_archive **active;
    size_t n_active;
    size_t next;   /* archives from here on had no turn yet */
    size_t *later; /* archives for another turn */
    size_t n_later, later_capacity;
    int n_unreachable; /* files in a row without any answer */
    bool told_of_others;
    int64_t n_bytes_ended; /* of requests that ended */
    fct_transfer *transfers;
} fct_transfer_loop;

/* ---- Archives ---- */

/* Lets it wait for another turn. */
fct_status fct_archive_wait(fct_transfer_loop *loop, fct_sync_archive *archive,
                            int64_t not_before_ms, fct_error *err);

/* It is whole: its units go to the workers, where all they need is there. */
fct_status fct_archive_complete(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err);
fct_status fct_archive_not_changed(fct_transfer_loop *loop, fct_sync_archive *archive,
                                   fct_error *err);
fct_status fct_archive_absent(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err);
fct_status fct_archive_lost(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err,
                            const char *format, ...) FCT_PRINTF(4, 5);

/* Ends the units of an archive that another process stored since they were planned. */
fct_status fct_archive_stored_by_others(fct_transfer_loop *loop, fct_sync_archive *archive,
                                        fct_error *err);
void fct_archive_fetch_free(fct_sync_archive *archive);

/* Cuts its request: nobody waits for it any more. */
void fct_archive_cancel(fct_transfer_loop *loop, fct_sync_archive *archive);

/* ---- Units ---- */

fct_status fct_unit_stored(fct_transfer_loop *loop, fct_sync_unit *unit, bool is_unchanged,
                           fct_error *err);
fct_status fct_unit_failed(fct_transfer_loop *loop, fct_sync_unit *unit, const char *reason,
                           fct_error *err);

#endif
