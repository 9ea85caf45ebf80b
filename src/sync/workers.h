/* Threads that check what was fetched and put it into the store. */
#ifndef FCT_SYNC_WORKERS_H
#define FCT_SYNC_WORKERS_H

#include "sync/sync.h"

typedef enum fct_work_result {
    FCT_WORK_STORED = 0,
    FCT_WORK_BAD_CONTENT, /* what came is not what was published: archive `bad` of the unit */
    FCT_WORK_FAILED,      /* nothing of it is stored */
    FCT_WORK_FATAL        /* nothing else could be stored either */
} fct_work_result;

typedef struct fct_work_done {
    size_t unit;
    fct_work_result result;
    size_t bad;
    bool is_unchanged; /* the store has these bytes already */
    int64_t n_rows;    /* that the store has of it */
    uint32_t days;     /* a bit for each of its days of which the file has rows */
    fct_error error;
} fct_work_done;

typedef struct fct_workers fct_workers;

/* Units that they have, or are done with and were not taken yet, at most. */
enum { FCT_WORKERS_MOST = 256 };

/* All archives and units must stay where they are. Ended by fct_workers_stop. */
fct_status fct_workers_start(fct_sync_run *sync, fct_workers **out, fct_error *err);

/* Hands over a unit whose archives are complete. */
void fct_workers_give(fct_workers *workers, size_t unit);

/* A unit that is done; false where there is none now. */
bool fct_workers_take(fct_workers *workers, fct_work_done *done);

/* Waits until what is under way ended. Units not begun stay so. Accepts NULL. */
void fct_workers_stop(fct_workers *workers);

#endif
