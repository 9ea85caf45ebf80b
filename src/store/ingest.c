/* fct_ingest: archive files become the days of a store. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "store/ingest_file.h"
#include "store/store.h"

/* Files that wait for others, so that they are brought to the disk together. */
enum { MOST_WAITING = 16 };

/* What has happened so far, counted by all threads. */
typedef struct tally {
    fct_ingest_call *call;
    fct_ingest_staged *staged; /* for each file */
    pthread_mutex_t lock;
    fct_ingest_staged *waiting[MOST_WAITING];
    size_t n_waiting;
    fct_ingest_report report;
    size_t first_failed; /* the lowest index */
    fct_status status;   /* of that one */
    fct_error error;
} tally;

/* ---- Symbols ---------------------------------------------------------------------------------- */

static void symbols_free(fct_ingest_call *call)
{
    for (size_t i = 0; call->symbols && i < call->files.n_symbols; i++) {
        pthread_mutex_destroy(&call->symbols[i].lock);
        fct_symbol_store_free(&call->symbols[i].store);
    }
    free(call->symbols);
}

static fct_status symbols_make(fct_ingest_call *call, fct_error *err)
{
    size_t n = call->files.n_symbols;
    call->symbols = calloc(n + 1, sizeof *call->symbols);
    if (!call->symbols)
        return fct_error_memory(err, n * sizeof *call->symbols);
    for (size_t i = 0; i < n; i++)
        pthread_mutex_init(&call->symbols[i].lock, NULL);
    for (size_t i = 0; i < call->files.n_files; i++) {
        const fct_ingest_file *file = &call->files.files[i];
        if (!file->label)
            continue;
        const fct_exchange_table *table = file->identity.table;
        call->symbols[file->symbol].store =
            (fct_symbol_store){.root = call->store.root,
                               .key = fct_ingest_file_key(file),
                               .is_klines = table && (table->is_klines || table->is_plain),
                               .writer_bytes = fct_ingest_writer_bytes(&file->identity)};
    }
    return FCT_OK;
}

/* ---- Counting --------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void count_days(fct_symbol_store *store, fct_ingest_report *report)
{
    size_t n = store->n_days_written;
    if (n)
        qsort(store->days_written, n, sizeof *store->days_written, by_value);
    for (size_t i = 0; i < n; i++)
        report->n_days += i == 0 || store->days_written[i] != store->days_written[i - 1];
}

/*
 * Rows are counted by what the store holds at the end, so that the counts do not depend on which file came first. A row
 * that an older source no longer shows because a new one has it too had arrived before.
 */
static void count_rows(const fct_origin *source, fct_ingest_report *report)
{
    if (source->is_new)
        report->n_duplicate_rows += source->n_duplicates;
    for (size_t i = 0; i < source->n_source_days; i++) {
        const fct_origin_day *day = &source->days[i];
        if (!source->is_new) {
            int64_t n_hidden = day->n_stored_before - day->n_stored;
            report->n_rows -= n_hidden > 0 ? n_hidden : 0;
            report->n_duplicate_rows += n_hidden > 0 ? n_hidden : 0;
            continue;
        }
        report->n_rows += day->n_stored;
        report->n_duplicate_rows += day->file.n_rows - day->n_stored;
        if (!fct_origin_claims(source, day->file.day))
            report->n_neighbour_rows += day->n_stored;
    }
}

static void count_symbols(fct_ingest_call *call, fct_ingest_report *report)
{
    for (size_t i = 0; i < call->files.n_symbols; i++) {
        fct_symbol_store *store = &call->symbols[i].store;
        count_days(store, report);
        report->bytes_written += store->bytes_written;
        for (size_t j = 0; j < store->sources.n_sources; j++)
            count_rows(&store->sources.sources[j], report);
    }
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* Puts the file's path before a message that does not name it. */
static void name_file(const char *path, fct_error *error)
{
    if (!strstr(error->message, path))
        fct_error_prefix(error, "%s", path);
}

static void note_failure(tally *t, size_t index, fct_status status, fct_error *error)
{
    name_file(t->call->files.files[index].path, error);
    fct_job_message(&t->call->job, FCT_MESSAGE_ERROR, "%s", error->message);
    pthread_mutex_lock(&t->lock);
    t->report.n_files_failed++;
    if (index < t->first_failed) {
        t->first_failed = index;
        t->status = status;
        t->error = *error;
    }
    pthread_mutex_unlock(&t->lock);
}

static void count_file(tally *t, const fct_ingest_staged *staged)
{
    const fct_ingest_result *result = &staged->result;
    pthread_mutex_lock(&t->lock);
    t->report.n_files += result->is_stored;
    t->report.n_files_unchanged += result->is_unchanged;
    if (result->is_stored) {
        t->report.n_bad_rows += result->n_bad_rows;
        t->report.bytes_read += staged->file->n_bytes;
    }
    pthread_mutex_unlock(&t->lock);
}

static fct_status commit(tally *t, fct_ingest_staged *const *staged, size_t n, fct_error *err)
{
    fct_error error = {0};
    fct_status status = fct_ingest_commit(t->call, staged, n, &error);
    bool is_noted = status == FCT_OK || status == FCT_ERROR_INTERRUPTED;
    for (size_t i = 0; i < n; i++) {
        count_file(t, staged[i]);
        if (!is_noted && !staged[i]->result.is_stored && !staged[i]->result.is_unchanged) {
            note_failure(t, (size_t)(staged[i]->file - t->call->files.files), status, &error);
            is_noted = true;
        }
        fct_ingest_staged_end(t->call, staged[i]);
    }
    if (status != FCT_OK && err)
        *err = error;
    return status;
}

/* Commits it with those that wait, once they are enough. */
static fct_status commit_later(tally *t, fct_ingest_staged *staged, fct_error *err)
{
    fct_ingest_staged *taken[MOST_WAITING];
    pthread_mutex_lock(&t->lock);
    t->waiting[t->n_waiting++] = staged;
    size_t n = t->n_waiting == MOST_WAITING ? MOST_WAITING : 0;
    if (n) {
        memcpy(taken, t->waiting, sizeof taken);
        t->n_waiting = 0;
    }
    pthread_mutex_unlock(&t->lock);
    return commit(t, taken, n, err);
}

static fct_status ingest_one(size_t index, int thread, void *context, fct_error *err)
{
    (void)thread;
    tally *t = context;
    const fct_ingest_file *file = &t->call->files.files[index];
    fct_ingest_staged *staged = &t->staged[index];
    fct_error error = {0};
    if (file->status != FCT_OK) {
        error = *file->error;
        note_failure(t, index, file->status, &error);
        return FCT_OK;
    }
    fct_status status = fct_ingest_file_stage(t->call, index, staged, &error);
    if (status == FCT_ERROR_INTERRUPTED) {
        *err = error;
        return status;
    }
    if (status != FCT_OK) {
        note_failure(t, index, status, &error);
        if (!staged->result.is_fatal && status != FCT_ERROR_MEMORY)
            return FCT_OK;
        *err = error;
        return status;
    }
    if (staged->result.is_unchanged) {
        count_file(t, staged);
        fct_ingest_staged_end(t->call, staged);
        return FCT_OK;
    }
    return commit_later(t, staged, err);
}

static fct_status failures_status(const tally *t, fct_error *err)
{
    if (!t->report.n_files_failed)
        return FCT_OK;
    if (err) {
        *err = t->error;
        err->status = t->status;
        if (t->report.n_files_failed > 1)
            fct_error_prefix(err, "%" PRId64 " of %zu files failed; the first",
                             t->report.n_files_failed, t->call->files.n_files);
    }
    return t->status;
}

static fct_status ingest_all(fct_ingest_call *call, fct_ingest_report *report, fct_error *err)
{
    tally t = {.call = call, .first_failed = SIZE_MAX};
    fct_text temp_dir = {0};
    fct_status status;
    pthread_mutex_init(&t.lock, NULL);
    FCT_TRY_OUT(symbols_make(call, err));
    call->temp_dir = call->job.run.temp_dir;
    if (!call->temp_dir) {
        FCT_TRY_OUT(fct_store_records_folder(&temp_dir, call->store.root, err));
        FCT_TRY_OUT(fct_text_append_format(&temp_dir, err, "/tmp"));
        call->temp_dir = temp_dir.data;
    }
    t.staged = calloc(call->files.n_files + 1, sizeof *t.staged);
    if (!t.staged) {
        status = fct_error_memory(err, call->files.n_files * sizeof *t.staged);
        goto out;
    }
    fct_job_stage(&call->job, "ingest", "bytes", call->files.n_bytes);
    status = fct_parallel_for(call->job.run.n_threads, call->files.n_files, ingest_one, &t, err);
    fct_status last = commit(&t, t.waiting, t.n_waiting, status == FCT_OK ? err : NULL);
    if (status == FCT_OK)
        status = last;
    if (status == FCT_OK)
        status = failures_status(&t, err);
    count_symbols(call, &t.report);
    *report = t.report;
out:
    symbols_free(call);
    free(t.staged);
    fct_text_free(&temp_dir);
    pthread_mutex_destroy(&t.lock);
    return status;
}

static fct_status check_arguments(const char *const *paths, size_t n_paths, const char *store,
                                  fct_error *err)
{
    if (!paths || !n_paths)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "no files to ingest: name archive files or folders");
    for (size_t i = 0; i < n_paths; i++)
        if (!paths[i] || !*paths[i])
            return fct_error_set(err, FCT_ERROR_ARGUMENT, "path %zu is empty", i + 1);
    if (!store || !*store)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "no store: name the folder to ingest into");
    return fct_store_check_local(store, "factorium ingest", err);
}

fct_status fct_ingest(const char *const *paths, size_t n_paths, const char *store,
                      const fct_ingest_options *options, const fct_run *run,
                      fct_ingest_report *report, fct_error *err)
{
    static const fct_ingest_options defaults = {0};
    fct_ingest_report done = {0};
    fct_ingest_call call = {.options = options ? options : &defaults, .store = {.lock = -1}};
    fct_status status;
    if (report)
        *report = done;
    FCT_TRY(check_arguments(paths, n_paths, store, err));
    FCT_TRY(fct_job_start(&call.job, run, err));
    FCT_TRY_OUT(fct_ingest_files_find(paths, n_paths, call.options, &call.files, err));
    FCT_TRY_OUT(fct_ingest_store_open(&call.store, store, &call.job, err));
    status = ingest_all(&call, &done, err);
    if (report)
        *report = done;
out:
    fct_ingest_store_close(&call.store);
    fct_ingest_files_free(&call.files);
    fct_job_end(&call.job);
    return status;
}
