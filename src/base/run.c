#include "base/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, REPORT_EVERY_MS = 100, WAIT_MS = 50 };

int64_t fct_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

fct_status fct_job_start(fct_job *job, const fct_run *run, fct_error *err)
{
    *job = (fct_job){.run = run ? *run : (fct_run){0}};
    if (job->run.n_threads < 0 || job->run.n_threads > MAX_THREADS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%d threads: ask for 1 to %d, or 0 for one each processor",
                             job->run.n_threads, MAX_THREADS);
    if (job->run.n_threads == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        job->run.n_threads = n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n;
    }
    if (job->run.memory_limit_bytes)
        fct_memory_release(); /* what runs without a limit left would come on top */
    pthread_mutex_init(&job->report_lock, NULL);
    pthread_mutex_init(&job->memory_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&job->memory_freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return FCT_OK;
}

void fct_job_end(fct_job *job)
{
    pthread_mutex_destroy(&job->report_lock);
    pthread_mutex_destroy(&job->memory_lock);
    pthread_cond_destroy(&job->memory_freed);
}

fct_status fct_job_check(fct_job *job, fct_error *err)
{
    if (job->run.should_stop && job->run.should_stop(job->run.user))
        return fct_error_set(err, FCT_ERROR_INTERRUPTED, "interrupted");
    return FCT_OK;
}

static void report(fct_job *job, const char *item)
{
    job->reported_ms = fct_clock_ms();
    job->progress.item = item;
    job->run.on_progress(&job->progress, job->run.user);
    job->progress.item = NULL;
}

void fct_job_stage(fct_job *job, const char *stage, const char *unit, int64_t total)
{
    pthread_mutex_lock(&job->report_lock);
    job->progress = (fct_progress){.stage = stage, .unit = unit, .total = total};
    if (job->run.on_progress)
        report(job, NULL);
    pthread_mutex_unlock(&job->report_lock);
}

void fct_job_advance(fct_job *job, int64_t done, const char *item)
{
    pthread_mutex_lock(&job->report_lock);
    job->progress.done += done;
    bool finished = job->progress.total > 0 && job->progress.done >= job->progress.total;
    if (job->run.on_progress && (finished || fct_clock_ms() - job->reported_ms >= REPORT_EVERY_MS))
        report(job, item);
    pthread_mutex_unlock(&job->report_lock);
}

void fct_job_more(fct_job *job, int64_t more)
{
    pthread_mutex_lock(&job->report_lock);
    job->progress.total += more;
    pthread_mutex_unlock(&job->report_lock);
}

void fct_job_transfers(fct_job *job, const fct_transfer *transfers, size_t n_transfers,
                       int64_t n_bytes)
{
    if (!job->run.on_progress)
        return;
    pthread_mutex_lock(&job->report_lock);
    job->progress.n_bytes = n_bytes;
    if (fct_clock_ms() - job->reported_ms >= REPORT_EVERY_MS) {
        job->progress.transfers = transfers;
        job->progress.n_transfers = n_transfers;
        report(job, NULL);
        job->progress.transfers = NULL;
        job->progress.n_transfers = 0;
    }
    pthread_mutex_unlock(&job->report_lock);
}

void fct_job_message(fct_job *job, fct_message_level level, const char *format, ...)
{
    if (!job->run.on_message)
        return;
    char text[sizeof((fct_error *)0)->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&job->report_lock);
    job->run.on_message(level, text, job->run.user);
    pthread_mutex_unlock(&job->report_lock);
}

static void wait_a_moment(fct_job *job)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&job->memory_freed, &job->memory_lock, &until);
}

fct_status fct_job_memory_take(fct_job *job, size_t n_bytes, const char *what, fct_error *err)
{
    size_t limit = job->run.memory_limit_bytes;
    if (limit && n_bytes > limit)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "%s needs %zu MiB of working memory and the limit is %zu MiB: raise "
                             "--memory-limit",
                             what, (n_bytes >> 20) + 1, limit >> 20);
    fct_status status = FCT_OK;
    pthread_mutex_lock(&job->memory_lock);
    while (limit && job->memory_used_bytes + n_bytes > limit) {
        /* Wakes now and then, so that a stop is seen while waiting. */
        wait_a_moment(job);
        status = fct_job_check(job, err);
        if (status != FCT_OK)
            break;
    }
    if (status == FCT_OK) {
        job->memory_used_bytes += n_bytes;
        if (job->memory_used_bytes > job->memory_peak_bytes)
            job->memory_peak_bytes = job->memory_used_bytes;
    }
    pthread_mutex_unlock(&job->memory_lock);
    return status;
}

fct_status fct_job_memory_hold(fct_job *job, size_t n_bytes, const char *what, fct_error *err)
{
    size_t limit = job->run.memory_limit_bytes;
    pthread_mutex_lock(&job->memory_lock);
    bool fits = !limit || (n_bytes <= limit && job->memory_used_bytes <= limit - n_bytes);
    size_t needed = job->memory_used_bytes + n_bytes;
    if (fits) {
        job->memory_used_bytes += n_bytes;
        if (job->memory_used_bytes > job->memory_peak_bytes)
            job->memory_peak_bytes = job->memory_used_bytes;
    }
    pthread_mutex_unlock(&job->memory_lock);
    if (fits)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_LIMIT,
                         "%s need %zu MiB or more, and the memory limit is %zu MiB: raise "
                         "--memory-limit or ask for less at a time",
                         what, (needed >> 20) + 1, limit >> 20);
}

void fct_job_memory_give(fct_job *job, size_t n_bytes)
{
    pthread_mutex_lock(&job->memory_lock);
    job->memory_used_bytes -= n_bytes;
    pthread_cond_broadcast(&job->memory_freed);
    pthread_mutex_unlock(&job->memory_lock);
}
