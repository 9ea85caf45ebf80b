#include "sync/workers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/store_gate.h"

typedef struct worker {
    fct_workers *workers;
    size_t number; /* its file of the ingest */
    pthread_t thread;
} worker;

struct fct_workers {
    fct_sync_run *sync;
    fct_ingest_options options;
    fct_ingest_call call; /* its job is without progress, which the sync shows itself */
    fct_store_gate gate;
    fct_text temp_dir;

    pthread_mutex_t lock;
    pthread_cond_t given;
    size_t *ready; /* units: [first_ready, n_ready) wait */
    size_t first_ready, n_ready;
    fct_work_done *done;
    size_t n_done;
    bool is_stopping;
    worker *threads;
    size_t n_threads;
};

/* ---- One unit --------------------------------------------------------------------------------- */

/* What servers send in place of an archive is mostly a page of words. */
static bool has_right_beginning(const fct_sync_archive *archive, fct_error *err)
{
    char head[32] = {0};
    size_t n_path = strlen(archive->path);
    bool is_zip = n_path > 4 && strcmp(archive->path + n_path - 4, ".zip") == 0;
    const char *magic = is_zip ? "PK" : "\x1f\x8b";
    ssize_t n = pread(archive->part.fd, head, sizeof head - 1, 0);
    char shown[64];
    if (n >= 2 && memcmp(head, magic, 2) == 0)
        return true;
    for (ssize_t i = 0; i < n; i++)
        head[i] = head[i] < 0 ? '?' : head[i];
    if (n < 1)
        fct_error_set(err, FCT_ERROR_INTEGRITY, "it is empty");
    else
        fct_error_set(err, FCT_ERROR_INTEGRITY, "it is no %s file but begins with \"%s\"",
                      is_zip ? "ZIP" : "gzip",
                      fct_text_quote(head, strnlen(head, (size_t)n), shown, sizeof shown));
    return false;
}

/* The unit's own hash into `sha256`; the published one of a file must be that. */
static fct_work_result check_contents(fct_workers *w, const fct_sync_unit *unit,
                                      fct_work_done *done, char sha256[FCT_CHECKSUM_HEX + 1])
{
    enum { SHOWN_DIGITS = 16 };
    const char *paths[2] = {0};
    for (size_t i = 0; i < unit->n_archives; i++) {
        const fct_sync_archive *archive = &w->sync->archives[unit->archives[i]];
        paths[i] = archive->part.path;
        done->bad = i;
        if (!has_right_beginning(archive, &done->error))
            return FCT_WORK_BAD_CONTENT;
        if (!archive->sha256[0] && unit->n_archives > 1)
            continue;
        fct_status status =
            fct_checksum_file(archive->part.path, &w->call.job, sha256, &done->error);
        if (status != FCT_OK)
            return FCT_WORK_FATAL;
        if (archive->sha256[0] && strcmp(archive->sha256, sha256) != 0) {
            fct_error_set(&done->error, FCT_ERROR_INTEGRITY,
                          "its SHA-256 is %.*s... and its .CHECKSUM says %.*s...", SHOWN_DIGITS,
                          sha256, SHOWN_DIGITS, archive->sha256);
            return FCT_WORK_BAD_CONTENT;
        }
    }
    if (unit->n_archives == 1)
        return FCT_WORK_STORED;
    return fct_checksum_files(paths, unit->n_archives, &w->call.job, sha256, &done->error) == FCT_OK
               ? FCT_WORK_STORED
               : FCT_WORK_FATAL;
}

/* The archive's name in place of the path of its .part file, of which nobody knows. */
static void name_archive(const char *part_path, const char *name, fct_error *error)
{
    char *at = strstr(error->message, part_path);
    size_t n_part = strlen(part_path);
    size_t n_name = strlen(name);
    if (!at || n_name > n_part)
        return;
    memcpy(at, name, n_name);
    memmove(at + n_name, at + n_part, strlen(at + n_part) + 1);
}

static fct_status set_file(fct_workers *w, const fct_sync_unit *unit, const char *sha256,
                           fct_ingest_file *file, fct_error *err)
{
    const fct_sync_archive *archive = &w->sync->archives[unit->archives[0]];
    fct_file_info info;
    FCT_TRY(fct_file_stat(archive->part.path, &info, err));
    *file = (fct_ingest_file){
        .path = archive->part.path,
        .label = unit->label,
        .n_bytes = info.size_bytes,
        .modified_ns = info.modified_ns,
        .identity = w->sync->symbols[unit->symbol].identity,
        .symbol = unit->symbol,
        .same_as = SIZE_MAX,
        .sha256 = sha256,
        .name = fct_path_name(archive->path),
    };
    file->identity.first_day = unit->first_day;
    file->identity.n_days = unit->n_days;
    if (unit->n_archives == 2) {
        file->next_path = w->sync->archives[unit->archives[1]].part.path;
        file->keeps_day_only = true;
    }
    return FCT_OK;
}

/* What the store has of the unit now. */
static int64_t count_rows(fct_workers *w, const fct_sync_unit *unit)
{
    fct_ingest_symbol *symbol = &w->call.symbols[unit->symbol];
    int64_t n_rows = 0;
    pthread_mutex_lock(&symbol->lock);
    const fct_origin *origin = fct_origins_find(&symbol->store.sources, unit->label);
    for (size_t i = 0; origin && i < origin->n_source_days; i++)
        n_rows += origin->days[i].n_stored;
    pthread_mutex_unlock(&symbol->lock);
    return n_rows;
}

static bool is_idle(fct_workers *w)
{
    pthread_mutex_lock(&w->lock);
    bool idle = w->first_ready == w->n_ready;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

static void store_unit(fct_workers *w, size_t number, fct_work_done *done)
{
    const fct_sync_unit *unit = &w->sync->units[done->unit];
    fct_ingest_file *file = &w->call.files.files[number];
    fct_ingest_result result = {0};
    char sha256[FCT_CHECKSUM_HEX + 1] = "";
    done->result = check_contents(w, unit, done, sha256);
    if (done->result != FCT_WORK_STORED)
        return;
    fct_status status = set_file(w, unit, sha256, file, &done->error);
    if (status == FCT_OK)
        status = fct_store_gate_enter(&w->gate, &done->error);
    if (status != FCT_OK) {
        done->result = FCT_WORK_FATAL;
        return;
    }
    done->bad = 0;
    status = fct_ingest_file_run(&w->call, number, &result, &done->error);
    done->is_unchanged = result.is_unchanged;
    if (status == FCT_OK)
        done->n_rows = count_rows(w, unit);
    fct_store_gate_leave(&w->gate, is_idle(w));
    for (size_t i = 0; i < unit->n_archives; i++) {
        const fct_sync_archive *archive = &w->sync->archives[unit->archives[i]];
        if (strstr(done->error.message, archive->part.path))
            done->bad = i;
        name_archive(archive->part.path, fct_path_name(archive->path), &done->error);
    }
    bool is_fatal =
        result.is_fatal || status == FCT_ERROR_MEMORY || status == FCT_ERROR_INTERRUPTED;
    done->result = status == FCT_OK                ? FCT_WORK_STORED
                   : is_fatal                      ? FCT_WORK_FATAL
                   : status == FCT_ERROR_INTEGRITY ? FCT_WORK_BAD_CONTENT
                                                   : FCT_WORK_FAILED;
}

/* ---- Threads ---------------------------------------------------------------------------------- */

static void *run(void *context)
{
    worker *self = context;
    fct_workers *w = self->workers;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->first_ready == w->n_ready && !w->is_stopping)
            pthread_cond_wait(&w->given, &w->lock);
        if (w->is_stopping)
            break;
        fct_work_done done = {.unit = w->ready[w->first_ready++]};
        pthread_mutex_unlock(&w->lock);
        store_unit(w, self->number, &done);
        pthread_mutex_lock(&w->lock);
        w->done[w->n_done++] = done;
        fct_fetcher_wake(w->sync->fetcher);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Warnings of the ingest go where those of the sync go, one at a time. */
static void forward_message(fct_message_level level, const char *text, void *user)
{
    fct_workers *w = user;
    fct_job_message(w->sync->job, level, "%s", text);
}

static bool forward_stop(void *user)
{
    fct_workers *w = user;
    return fct_job_check(w->sync->job, NULL) != FCT_OK;
}

static fct_status start_job(fct_workers *w, fct_error *err)
{
    fct_run run = w->sync->job->run;
    run.on_progress = NULL;
    run.on_message = w->sync->job->run.on_message ? forward_message : NULL;
    run.should_stop = forward_stop;
    run.user = w;
    return fct_job_start(&w->call.job, &run, err);
}

static fct_status start_threads(fct_workers *w, size_t n_threads, fct_error *err)
{
    for (; w->n_threads < n_threads; w->n_threads++) {
        worker *self = &w->threads[w->n_threads];
        *self = (worker){.workers = w, .number = w->n_threads};
        if (pthread_create(&self->thread, NULL, run, self) != 0)
            break;
    }
    return w->n_threads ? FCT_OK : fct_error_set(err, FCT_ERROR_IO, "cannot start a thread");
}

fct_status fct_workers_start(fct_sync_run *sync, fct_workers **out, fct_error *err)
{
    fct_status status;
    fct_workers *w = calloc(1, sizeof *w);
    if (!w)
        return fct_error_memory(err, sizeof *w);
    size_t n_threads = (size_t)sync->job->run.n_threads;
    w->sync = sync;
    w->options = (fct_ingest_options){.on_bad_row = sync->request->on_bad_row,
                                      .again = sync->request->again};
    status = start_job(w, err);
    if (status != FCT_OK) {
        free(w);
        return status;
    }
    w->call.options = &w->options;
    w->call.store.root = sync->request->store;
    w->call.symbols = sync->ingest_symbols;
    fct_store_gate_init(&w->gate, &w->call, sync->n_symbols);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    w->call.files.files = calloc(n_threads, sizeof *w->call.files.files);
    w->ready = calloc(FCT_WORKERS_MOST, sizeof *w->ready);
    w->done = calloc(FCT_WORKERS_MOST, sizeof *w->done);
    w->threads = calloc(n_threads, sizeof *w->threads);
    if (!w->call.files.files || !w->ready || !w->done || !w->threads) {
        status = fct_error_memory(err, FCT_WORKERS_MOST * sizeof *w->done);
        goto out;
    }
    w->call.temp_dir = sync->job->run.temp_dir;
    if (!w->call.temp_dir) {
        FCT_TRY_OUT(fct_store_records_folder(&w->temp_dir, sync->request->store, err));
        FCT_TRY_OUT(fct_text_append_format(&w->temp_dir, err, "/tmp"));
        w->call.temp_dir = w->temp_dir.data;
    }
    FCT_TRY_OUT(start_threads(w, n_threads, err));
    *out = w;
    return FCT_OK;
out:
    fct_workers_stop(w);
    return status;
}

void fct_workers_give(fct_workers *w, size_t unit)
{
    pthread_mutex_lock(&w->lock);
    if (w->first_ready) {
        memmove(w->ready, w->ready + w->first_ready,
                (w->n_ready - w->first_ready) * sizeof *w->ready);
        w->n_ready -= w->first_ready;
        w->first_ready = 0;
    }
    w->ready[w->n_ready++] = unit;
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->lock);
}

bool fct_workers_take(fct_workers *w, fct_work_done *done)
{
    pthread_mutex_lock(&w->lock);
    bool has_one = w->n_done > 0;
    if (has_one) {
        *done = w->done[0];
        memmove(w->done, w->done + 1, --w->n_done * sizeof *w->done);
    }
    pthread_mutex_unlock(&w->lock);
    return has_one;
}

void fct_workers_stop(fct_workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_broadcast(&w->given);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i].thread, NULL);
    fct_store_gate_end(&w->gate);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->given);
    free(w->call.files.files);
    free(w->ready);
    free(w->done);
    free(w->threads);
    fct_text_free(&w->temp_dir);
    fct_job_end(&w->call.job);
    free(w);
}
