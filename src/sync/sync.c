/* fct_sync: checks what is asked for, plans, fetches, answers. */
#include "sync/sync.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "archive/local_file.h"
#include "store/store.h"

enum {
    DEFAULT_JOBS = 8,
    MAX_JOBS = 64,
    MAX_RETRIES = 100,
    DEFAULT_STALL_MS = 30000,
    CONNECT_MS = 20000
};

/* ---- What is asked for ------------------------------------------------------------------------ */

static fct_status check_counts(const fct_sync_request *r, fct_error *err)
{
    if (!r->store || !*r->store)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "no store: name the folder to sync into");
    if (!r->n_symbols)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "no symbols: name some, or say \"all\" where the exchange lists them");
    if (r->from_day >= r->to_day)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the range of days is empty: from_day is the first, to_day the first "
                             "that does not count");
    if (r->n_jobs < 0 || r->n_jobs > MAX_JOBS)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d transfers at once: 1 to %d are possible",
                             r->n_jobs, MAX_JOBS);
    if (r->n_retries < 0 || r->n_retries > MAX_RETRIES)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d retries: 0 to %d are possible",
                             r->n_retries, MAX_RETRIES);
    if (!(r->requests_per_second >= 0) || r->bytes_per_second < 0 || r->retry_wait_ms < 0 ||
        r->stall_ms < 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "a rate or a time is negative");
    return fct_store_check_local(r->store, "factorium sync", err);
}

static void set_periods(fct_sync_run *sync)
{
    const char *interval = sync->request->dataset.interval;
    bool is_klines = sync->table->is_klines;
    int64_t interval_ms = 0;
    sync->only_monthly = sync->table->only_monthly ||
                         (is_klines && fct_exchange_interval_is_monthly(sync->exchange, interval));
    /* Not each day has the beginning of a longer one. */
    bool is_long = is_klines && (fct_interval_parse(interval, &interval_ms, NULL) != FCT_OK ||
                                 interval_ms >= FCT_MS_PER_DAY);
    sync->needs_each_day = !sync->only_monthly && !is_long;
}

static fct_status set_dataset(fct_sync_run *sync, fct_error *err)
{
    const fct_dataset *dataset = &sync->request->dataset;
    const char *own_url = NULL;
    FCT_TRY(fct_exchange_find(dataset->exchange, &sync->exchange, err));
    if (!sync->exchange->base_url)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "the exchange %s publishes no archive",
                             sync->exchange->name);
    FCT_TRY(fct_exchange_table_find(sync->exchange, dataset->market, dataset->data_type,
                                    &sync->table, err));
    strcpy(sync->data_type, sync->table->data_type);
    if (sync->table->is_klines) {
        FCT_TRY(fct_exchange_interval_check(sync->exchange, dataset->interval, err));
        snprintf(sync->data_type, sizeof sync->data_type, "%s_%s", sync->table->data_type,
                 dataset->interval);
    }
    set_periods(sync);
    own_url = sync->exchange->base_url;
    sync->base_url = sync->request->base_url ? sync->request->base_url : own_url;
    sync->is_local = fct_url_is_file(sync->base_url);
    sync->has_checksums = sync->exchange->has_checksums;
    FCT_TRY(fct_url_check(sync->base_url, "the base URL", err));
    if (sync->request->list_url)
        FCT_TRY(fct_url_check(sync->request->list_url, "the URL of the list", err));
    if (sync->is_local)
        FCT_TRY(fct_url_file_path(sync->base_url, &sync->mirror, err));
    return fct_sync_check_mirror(sync, err);
}

/* A mirror that is not mounted has no files, and is not to be taken for one that lacks them. */
fct_status fct_sync_check_mirror(const fct_sync_run *sync, fct_error *err)
{
    DIR *dir = sync->is_local ? opendir(sync->mirror.data) : NULL;
    if (sync->is_local && !dir)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read the mirror %s",
                                   sync->mirror.data);
    if (dir)
        closedir(dir);
    return FCT_OK;
}

/* A day is published once it is over. */
static fct_status set_days(fct_sync_run *sync, fct_error *err)
{
    int64_t today = (int64_t)time(NULL) / 86400;
    sync->from_day = sync->request->from_day;
    sync->to_day = sync->request->to_day;
    if (sync->to_day > today) {
        char date[11];
        fct_date_format(today, date);
        fct_job_message(sync->job, FCT_MESSAGE_NOTE, "days from %s on are not over yet: left out",
                        date);
        sync->to_day = today;
    }
    if (sync->from_day >= sync->to_day)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "none of these days is over yet (UTC)");
    return FCT_OK;
}

static fct_status set_fetcher(fct_sync_run *sync, fct_error *err)
{
    const fct_sync_request *r = sync->request;
    sync->n_jobs = r->n_jobs ? r->n_jobs : DEFAULT_JOBS;
    const fct_fetcher_options options = {
        .n_connections = sync->n_jobs,
        .stall_ms = r->stall_ms ? r->stall_ms : DEFAULT_STALL_MS,
        .connect_ms = CONNECT_MS,
        .bytes_per_second = r->bytes_per_second,
    };
    if (getrandom(&sync->random, sizeof sync->random, 0) != (ssize_t)sizeof sync->random ||
        !sync->random)
        sync->random = 1;
    sync->tokens = 1;
    sync->tokens_at_ms = fct_clock_ms();
    return fct_fetcher_new(&options, &sync->fetcher, err);
}

/* ---- All of it -------------------------------------------------------------------------------- */

static void count(fct_sync_run *sync)
{
    fct_sync_report *report = &sync->report;
    report->n_missing += (int64_t)sync->unlisted_names.n_texts;
    for (size_t i = 0; i < sync->n_units; i++) {
        const fct_sync_unit *unit = &sync->units[i];
        int64_t n = unit->n_archives ? 1 : unit->n_days;
        bool is_there = unit->outcome == FCT_SYNC_THERE || unit->outcome == FCT_SYNC_UNCHANGED;
        report->n_there += is_there ? n : 0;
        report->n_fetched += unit->outcome == FCT_SYNC_FETCHED || unit->outcome == FCT_SYNC_PLANNED;
        report->n_missing += unit->outcome == FCT_SYNC_MISSING;
        report->n_failed += unit->outcome == FCT_SYNC_FAILED;
        report->n_rows += unit->n_rows;
    }
}

static fct_status partial_status(const fct_sync_run *sync, fct_error *err)
{
    const fct_sync_report *r = &sync->report;
    if (!sync->n_symbols && !r->n_missing)
        return fct_error_set(err, FCT_ERROR_PARTIAL,
                             "no symbol is left: none was listed before that day");
    if (!r->n_missing && !r->n_failed)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_PARTIAL,
                         "%" PRId64 " of the files asked for are missing upstream, %" PRId64
                         " failed",
                         r->n_missing, r->n_failed);
}

static int64_t wall_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sync_free(fct_sync_run *sync)
{
    for (size_t i = 0; i < sync->n_archives; i++) {
        free(sync->archives[i].path);
        free(sync->archives[i].reason);
    }
    for (size_t i = 0; i < sync->n_units; i++) {
        free(sync->units[i].label);
        free(sync->units[i].reason);
    }
    for (size_t i = 0; i < sync->n_symbols; i++) {
        pthread_mutex_destroy(&sync->ingest_symbols[i].lock);
        fct_symbol_store_free(&sync->ingest_symbols[i].store);
    }
    free(sync->archives);
    free(sync->units);
    free(sync->symbols);
    free(sync->ingest_symbols);
    fct_text_free(&sync->mirror);
    fct_text_set_free(&sync->symbol_names);
    fct_text_set_free(&sync->unlisted_names);
    fct_fetcher_free(sync->fetcher);
}

static fct_status run_sync(fct_sync_run *sync, struct ArrowArrayStream *out, fct_error *err)
{
    FCT_TRY(set_dataset(sync, err));
    FCT_TRY(set_days(sync, err));
    FCT_TRY(set_fetcher(sync, err));
    FCT_TRY(fct_sync_find_symbols(sync, err));
    sync->planned_at_ns = wall_clock_ns();
    FCT_TRY(fct_sync_plan(sync, err));
    if (!sync->request->dry_run)
        FCT_TRY(fct_sync_remove_leftovers(sync, err));
    fct_status status = fct_sync_transfer(sync, err);
    count(sync);
    FCT_TRY(status);
    FCT_TRY(fct_sync_answer(sync, out, err));
    return partial_status(sync, err);
}

fct_status fct_sync(const fct_sync_request *request, const fct_run *run, fct_sync_report *report,
                    struct ArrowArrayStream *out, fct_error *err)
{
    fct_job job;
    fct_sync_run sync = {.request = request, .job = &job};
    *out = (struct ArrowArrayStream){0};
    if (report)
        *report = sync.report;
    FCT_TRY(check_counts(request, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = run_sync(&sync, out, err);
    if (status != FCT_OK && err)
        fct_url_hide_secret(err->message);
    if (report)
        *report = sync.report;
    sync_free(&sync);
    fct_job_end(&job);
    return status;
}
