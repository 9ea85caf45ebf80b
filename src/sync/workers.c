#include "sync/workers.h"

#include <stdlib.h>
#include <string.h>

#include "sync/contents.h"
#include "sync/store_gate.h"

/* Units that wait for others, so that they are brought to the disk together, while there is more to read. */
enum { MOST_STAGED = 32 };

/* A unit that is not done, or was not taken yet. Its number is that of its file of the ingest. */
typedef struct work {
    fct_ingest_staged staged;
    fct_work_done done;
} work;

struct fct_workers {
    fct_sync_run *sync;
    fct_ingest_options options;
    fct_ingest_call call; /* its job is without progress, which the sync shows itself */
    fct_store_gate gate;
    fct_text temp_dir;

    pthread_mutex_t lock;
    pthread_cond_t given;
    size_t ready[FCT_WORKERS_MOST]; /* units: [first_ready, n_ready) wait */
    size_t first_ready, n_ready;
    work *works; /* FCT_WORKERS_MOST, as all others */
    size_t free_works[FCT_WORKERS_MOST];
    size_t n_free;
    size_t staged[FCT_WORKERS_MOST]; /* works that were read and are to be committed */
    size_t n_staged;
    size_t done[FCT_WORKERS_MOST]; /* works, in the order in which they ended */
    size_t n_done;
    bool is_stopping;
    pthread_t *threads;
    size_t n_threads;
};

/* ---- One unit --------------------------------------------------------------------------------- */

/* The archive's name in place of the path of its .part file, of which nobody knows. */
static void name_archive(const char *part_path, const char *name, fct_error *error)
{
    char *at = strstr(error->message, part_path);
    size_t n_part = strlen(part_path);
    size_t n_name = strlen(name);
    if (!at || n_name > n_part)
        return;
    memmove(at + n_name, at + n_part, strlen(at + n_part) + 1);
    for (size_t i = 0; i < n_name; i++)
        at[i] = name[i];
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
static void note_rows(fct_workers *w, const fct_sync_unit *unit, fct_work_done *done)
{
    fct_ingest_symbol *symbol = &w->call.symbols[unit->symbol];
    pthread_mutex_lock(&symbol->lock);
    const fct_origin *origin = fct_origins_find(&symbol->store.sources, unit->label);
    for (size_t i = 0; origin && i < origin->n_source_days; i++) {
        int64_t day = origin->days[i].file.day - unit->first_day;
        done->n_rows += origin->days[i].n_stored;
        if (day >= 0 && day < unit->n_days)
            done->days |= UINT32_C(1) << day;
    }
    pthread_mutex_unlock(&symbol->lock);
}

static bool is_idle(fct_workers *w)
{
    pthread_mutex_lock(&w->lock);
    bool idle = w->first_ready == w->n_ready && !w->n_staged;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

static void work_end(fct_workers *w, size_t index)
{
    pthread_mutex_lock(&w->lock);
    w->done[w->n_done++] = index;
    pthread_mutex_unlock(&w->lock);
    fct_fetcher_wake(w->sync->fetcher);
}

/* What came of it, unless it was not even read. */
static void note_outcome(fct_workers *w, work *one, fct_status status)
{
    fct_work_done *done = &one->done;
    const fct_ingest_result *result = &one->staged.result;
    const fct_sync_unit *unit = &w->sync->units[done->unit];
    bool is_fatal =
        result->is_fatal || status == FCT_ERROR_MEMORY || status == FCT_ERROR_INTERRUPTED;
    done->is_unchanged = result->is_unchanged;
    if (status == FCT_OK)
        note_rows(w, unit, done);
    done->bad = 0;
    for (size_t i = 0; i < unit->n_archives; i++) {
        const fct_sync_archive *archive = &w->sync->archives[unit->archives[i]];
        if (strstr(done->error.message, archive->part.path))
            done->bad = i;
        name_archive(archive->part.path, fct_path_name(archive->path), &done->error);
    }
    done->result = status == FCT_OK                ? FCT_WORK_STORED
                   : is_fatal                      ? FCT_WORK_FATAL
                   : status == FCT_ERROR_INTEGRITY ? FCT_WORK_BAD_CONTENT
                                                   : FCT_WORK_FAILED;
}

static void commit_staged(fct_workers *w)
{
    size_t works[FCT_WORKERS_MOST];
    fct_ingest_staged *staged[FCT_WORKERS_MOST];
    fct_error error = {0};
    pthread_mutex_lock(&w->lock);
    size_t n = w->n_staged;
    memcpy(works, w->staged, n * sizeof *works);
    w->n_staged = 0;
    pthread_mutex_unlock(&w->lock);
    if (!n)
        return;
    for (size_t i = 0; i < n; i++)
        staged[i] = &w->works[works[i]].staged;
    fct_status status = fct_ingest_commit(&w->call, staged, n, &error);
    for (size_t i = 0; i < n; i++) {
        bool is_done = staged[i]->result.is_stored || staged[i]->result.is_unchanged;
        if (!is_done) {
            staged[i]->result.is_fatal = true;
            w->works[works[i]].done.error = error;
        }
        note_outcome(w, &w->works[works[i]], is_done ? FCT_OK : status);
        fct_ingest_staged_end(&w->call, staged[i]); /* behind the gate it is another's folder */
    }
    fct_store_gate_leave(&w->gate, n, is_idle(w));
    for (size_t i = 0; i < n; i++)
        work_end(w, works[i]);
}

/* Who has staged something is inside, and leaves once that is committed: it is not to be waited for before. */
static fct_status enter_store(fct_workers *w, fct_error *err)
{
    bool is_inside;
    FCT_TRY(fct_store_gate_enter(&w->gate, false, &is_inside, err));
    if (is_inside)
        return FCT_OK;
    commit_staged(w);
    return fct_store_gate_enter(&w->gate, true, &is_inside, err);
}

/* Reads a unit. Where there is something to be stored, it is left among the staged ones, still inside. */
static void stage_unit(fct_workers *w, size_t index)
{
    work *one = &w->works[index];
    fct_work_done *done = &one->done;
    const fct_sync_unit *unit = &w->sync->units[done->unit];
    char sha256[FCT_CHECKSUM_HEX + 1] = "";
    done->result =
        fct_contents_check(w->sync, unit, &w->call.job, sha256, &done->bad, &done->error);
    if (done->result != FCT_WORK_STORED) {
        work_end(w, index);
        return;
    }
    fct_status status = set_file(w, unit, sha256, &w->call.files.files[index], &done->error);
    if (status == FCT_OK)
        status = enter_store(w, &done->error);
    if (status != FCT_OK) {
        done->result = FCT_WORK_FATAL;
        work_end(w, index);
        return;
    }
    status = fct_ingest_file_stage(&w->call, index, &one->staged, &done->error);
    if (status == FCT_OK && !one->staged.result.is_unchanged) {
        pthread_mutex_lock(&w->lock);
        w->staged[w->n_staged++] = index;
        pthread_mutex_unlock(&w->lock);
        return;
    }
    note_outcome(w, one, status);
    fct_ingest_staged_end(&w->call, &one->staged);
    fct_store_gate_leave(&w->gate, 1, is_idle(w));
    work_end(w, index);
}

/* ---- Threads ---------------------------------------------------------------------------------- */

static void *run(void *context)
{
    fct_workers *w = context;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->first_ready == w->n_ready && !w->n_staged && !w->is_stopping)
            pthread_cond_wait(&w->given, &w->lock);
        if (w->is_stopping)
            break;
        bool commits = w->first_ready == w->n_ready || w->n_staged >= MOST_STAGED;
        size_t index = 0;
        if (!commits) {
            index = w->free_works[--w->n_free];
            w->works[index] = (work){.done.unit = w->ready[w->first_ready++]};
        }
        pthread_mutex_unlock(&w->lock);
        if (commits)
            commit_staged(w);
        else
            stage_unit(w, index);
        pthread_mutex_lock(&w->lock);
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
    while (w->n_threads < n_threads && pthread_create(&w->threads[w->n_threads], NULL, run, w) == 0)
        w->n_threads++;
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
    w->call.files.files = calloc(FCT_WORKERS_MOST, sizeof *w->call.files.files);
    w->works = calloc(FCT_WORKERS_MOST, sizeof *w->works);
    w->threads = calloc(n_threads, sizeof *w->threads);
    if (!w->call.files.files || !w->works || !w->threads) {
        status = fct_error_memory(err, FCT_WORKERS_MOST * sizeof *w->works);
        goto out;
    }
    for (size_t i = 0; i < FCT_WORKERS_MOST; i++)
        w->free_works[w->n_free++] = i;
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
        size_t index = w->done[0];
        memmove(w->done, w->done + 1, --w->n_done * sizeof *w->done);
        *done = w->works[index].done;
        w->free_works[w->n_free++] = index;
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
        pthread_join(w->threads[i], NULL);
    for (size_t i = 0; i < w->n_staged; i++)
        fct_ingest_staged_end(&w->call, &w->works[w->staged[i]].staged);
    fct_store_gate_end(&w->gate);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->given);
    free(w->call.files.files);
    free(w->works);
    free(w->threads);
    fct_text_free(&w->temp_dir);
    fct_job_end(&w->call.job);
    free(w);
}
