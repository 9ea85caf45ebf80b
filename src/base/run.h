/* One long call while it runs: its threads, its memory budget, its reports to the caller. */
#ifndef FCT_BASE_RUN_H
#define FCT_BASE_RUN_H

#include <pthread.h>

#include "base/status.h"

/*
 * Made from the caller's fct_run at the entry of a public function, shared by its threads. All functions
 * below may be called from any thread.
 */
typedef struct fct_job {
    fct_run run; /* n_threads resolved to at least 1 */
    pthread_mutex_t report_lock;
    fct_progress progress;
    int64_t reported_ms; /* when on_progress was last called */

    pthread_mutex_t memory_lock;
    pthread_cond_t memory_freed;
    size_t memory_used_bytes;
    size_t memory_peak_bytes;
} fct_job;

/* `run` may be NULL. FCT_ERROR_ARGUMENT for a thread count outside 0..1024. Ended by fct_job_end. */
fct_status fct_job_start(fct_job *job, const fct_run *run, fct_error *err);
void fct_job_end(fct_job *job);

/* FCT_ERROR_INTERRUPTED once the caller wants to stop. Cheap enough for every block of rows. */
fct_status fct_job_check(fct_job *job, fct_error *err);

/* Starts a stage: its name, unit and total (0: unknown). `stage` and `unit` are static text. */
void fct_job_stage(fct_job *job, const char *stage, const char *unit, int64_t total);

/* Adds to what is done; `item` (may be NULL) was just finished. Reports at most ten times a second. */
void fct_job_advance(fct_job *job, int64_t done, const char *item);

/* Adds to the total of the stage. */
void fct_job_more(fct_job *job, int64_t more);

/* What is on its way, and the bytes that came; reported at most ten times a second. `transfers` hold for the call. */
void fct_job_transfers(fct_job *job, const fct_transfer *transfers, size_t n_transfers,
                       int64_t n_bytes);

/* A message to the caller, formatted; dropped where the caller did not ask for messages. */
void fct_job_message(fct_job *job, fct_message_level level, const char *format, ...)
    FCT_PRINTF(3, 4);

/*
 * Takes `n_bytes` of the memory limit, waiting until other holders gave back enough. A request over the whole
 * limit is FCT_ERROR_LIMIT with `what` in the message. Hold at most one piece a thread while waiting for
 * another: the wait ends only when someone else gives back.
 */
fct_status fct_job_memory_take(fct_job *job, size_t n_bytes, const char *what, fct_error *err);

/* Like fct_job_memory_take, but for memory that is held to the end of the call: it never waits. */
fct_status fct_job_memory_hold(fct_job *job, size_t n_bytes, const char *what, fct_error *err);
void fct_job_memory_give(fct_job *job, size_t n_bytes);

/* A clock that never jumps, in ms. */
int64_t fct_clock_ms(void);

#endif
