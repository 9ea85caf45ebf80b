/* The loop of a sync: starts requests, follows each archive until its units are done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/archive_end.h"
#include "sync/workers.h"

enum {
    WAIT_MS = 100,
    TAKEN_WAIT_MS = 200, /* until another process is asked about again */
    MAX_CHECKSUM_BYTES = 4096,
    MAX_BAD_CONTENTS = 2, /* one more try */
    MAX_UNREACHABLE = 8   /* files in a row, with all their tries, and no answer at all */
};

/* ---- What is to be started -------------------------------------------------------------------- */

static size_t index_of(const fct_sync_run *sync, const fct_sync_archive *archive)
{
    return (size_t)(archive - sync->archives);
}

fct_status fct_archive_wait(fct_transfer_loop *loop, fct_sync_archive *archive,
                            int64_t not_before_ms, fct_error *err)
{
    if (loop->n_later == loop->later_capacity) {
        size_t capacity = loop->later_capacity ? 2 * loop->later_capacity : 64;
        size_t *grown = realloc(loop->later, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        loop->later = grown;
        loop->later_capacity = capacity;
    }
    archive->state = FCT_ARCHIVE_LATER;
    archive->not_before_ms = not_before_ms;
    loop->later[loop->n_later++] = index_of(loop->sync, archive);
    return FCT_OK;
}

/* The next archive whose time has come: of those that had a turn first; SIZE_MAX: none. */
static size_t next_archive(fct_transfer_loop *loop)
{
    fct_sync_run *sync = loop->sync;
    int64_t now_ms = fct_clock_ms();
    for (size_t i = 0; i < loop->n_later; i++) {
        size_t index = loop->later[i];
        bool is_later = sync->archives[index].state == FCT_ARCHIVE_LATER;
        if (is_later && sync->archives[index].not_before_ms > now_ms)
            continue;
        memmove(loop->later + i, loop->later + i + 1, (--loop->n_later - i) * sizeof *loop->later);
        if (is_later)
            return index;
        i--; /* it ended meanwhile */
    }
    while (loop->next < sync->n_archives && sync->archives[loop->next].state != FCT_ARCHIVE_WAITING)
        loop->next++;
    return loop->next < sync->n_archives ? loop->next++ : SIZE_MAX;
}

/* ---- One request ------------------------------------------------------------------------------ */

/* Keeps the order: it is that of the lines on the screen. */
static void drop_active(fct_transfer_loop *loop, const fct_sync_archive *archive)
{
    size_t n = 0;
    for (size_t i = 0; i < loop->n_active; i++)
        if (loop->active[i] != archive)
            loop->active[n++] = loop->active[i];
    loop->n_active = n;
}

void fct_archive_cancel(fct_transfer_loop *loop, fct_sync_archive *archive)
{
    drop_active(loop, archive);
    fct_fetcher_cancel(loop->sync->fetcher, archive->fetch);
    fct_archive_fetch_free(archive);
}

static fct_status start_request(fct_transfer_loop *loop, size_t index, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    fct_sync_archive *archive = &sync->archives[index];
    fct_fetch *fetch = calloc(1, sizeof *fetch);
    fct_status status;
    if (!fetch)
        return fct_error_memory(err, sizeof *fetch);
    archive->fetch = fetch;
    FCT_TRY_OUT(fct_sync_url(sync, archive, archive->wants_checksum ? ".CHECKSUM" : "",
                             &archive->url, err));
    fetch->url = archive->url;
    fetch->user = archive;
    fetch->fd = -1;
    fetch->head = sync->request->dry_run;
    fetch->max_text = MAX_CHECKSUM_BYTES;
    if (!archive->wants_checksum && !fetch->head) {
        fct_part *part = &archive->part;
        fetch->fd = part->fd;
        if (archive->is_conditional) {
            FCT_TRY_OUT(fct_part_restart(part, err));
            strcpy(fetch->if_none_match, archive->etag);
            strcpy(fetch->if_modified_since, archive->last_modified);
        } else if (part->n_bytes > 0 && part->validator[0] && !sync->is_local) {
            fetch->resume_from = part->n_bytes;
            strcpy(fetch->validator, part->validator);
        }
    }
    FCT_TRY_OUT(fct_fetcher_start(sync->fetcher, fetch, err));
    archive->state = FCT_ARCHIVE_ACTIVE;
    loop->active[loop->n_active++] = archive;
    return FCT_OK;
out:
    fct_archive_fetch_free(archive);
    return status;
}

/* The whole file is there since an earlier sync, and only what follows it was not done. */
static bool is_whole(const fct_part *part)
{
    return part->n_total > 0 && part->n_bytes == part->n_total;
}

/* With the .part file in hand: another process may have stored it in the meantime, or have it now. */
static fct_status claim(fct_transfer_loop *loop, size_t index, bool *goes_on, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    fct_sync_archive *archive = &sync->archives[index];
    *goes_on = true;
    if (sync->request->dry_run || archive->part.fd >= 0)
        return FCT_OK;
    FCT_TRY(fct_part_claim(&archive->part, sync->request->store,
                           &sync->symbols[archive->symbol].key, fct_path_name(archive->path),
                           goes_on, err));
    if (!*goes_on) {
        if (!loop->told_of_others)
            fct_job_message(sync->job, FCT_MESSAGE_NOTE,
                            "another sync fetches %s: waiting for what it brings",
                            fct_path_name(archive->path));
        loop->told_of_others = true;
        return fct_archive_wait(loop, archive, fct_clock_ms() + TAKEN_WAIT_MS, err);
    }
    FCT_TRY(fct_archive_stored_by_others(loop, archive, err));
    *goes_on = archive->n_units_left > 0;
    if (!*goes_on)
        return FCT_OK;
    if (archive->is_conditional) {
        FCT_TRY(fct_sync_validators_load(sync, archive, err));
        bool is_known = !sync->is_local && (archive->etag[0] || archive->last_modified[0]);
        archive->wants_checksum = !is_known && sync->has_checksums && archive->sha256_there[0];
        archive->is_conditional = is_known || archive->wants_checksum;
    }
    if (!archive->is_conditional && is_whole(&archive->part)) {
        archive->n_bytes = archive->part.n_bytes;
        archive->wants_checksum = sync->has_checksums;
        *goes_on = archive->wants_checksum;
        return *goes_on ? FCT_OK : fct_archive_complete(loop, archive, err);
    }
    return FCT_OK;
}

static fct_status start_some(fct_transfer_loop *loop, int64_t *wait_ms, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    *wait_ms = WAIT_MS;
    while (loop->n_active < (size_t)sync->n_jobs &&
           2 * loop->n_active + loop->n_handed_over + 2 < FCT_WORKERS_MOST &&
           loop->n_handed_over < loop->most_handed_over) {
        bool goes_on;
        size_t index = next_archive(loop);
        if (index == SIZE_MAX)
            return FCT_OK;
        if (sync->archives[index].n_units_left == 0)
            continue;
        FCT_TRY(claim(loop, index, &goes_on, err));
        if (!goes_on)
            continue;
        int64_t turn_ms = fct_sync_take_turn(sync);
        if (turn_ms > 0) {
            *wait_ms = turn_ms < WAIT_MS ? turn_ms : WAIT_MS;
            return fct_archive_wait(loop, &sync->archives[index], fct_clock_ms() + turn_ms, err);
        }
        FCT_TRY(start_request(loop, index, err));
    }
    return FCT_OK;
}

/* ---- What came of a request ------------------------------------------------------------------- */

/* It was not what was published: once more from the beginning, or it is given up. */
static fct_status fetch_once_more(fct_transfer_loop *loop, fct_sync_archive *archive,
                                  const char *reason, fct_error *err)
{
    archive->n_bad_contents++;
    if (archive->n_bad_contents >= MAX_BAD_CONTENTS)
        return fct_archive_lost(loop, archive, err, "%s; it was fetched twice", reason);
    fct_job_message(loop->sync->job, FCT_MESSAGE_DETAIL, "%s: %s: fetched once more",
                    fct_path_name(archive->path), reason);
    FCT_TRY(fct_part_restart(&archive->part, err));
    archive->wants_checksum = archive->is_conditional = false;
    archive->sha256[0] = '\0';
    archive->most_bytes = 0;
    loop->sync->report.n_retries++;
    return fct_archive_wait(loop, archive, 0, err);
}

static fct_status try_again(fct_transfer_loop *loop, fct_sync_archive *archive,
                            const fct_fetch *fetch, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    /* Who gets further with each try gets there; all others have so many. */
    bool got_further = !archive->wants_checksum && fetch->n_written > archive->most_bytes;
    if (got_further) {
        archive->most_bytes = fetch->n_written;
        archive->n_tries = fetch->resumed ? 0 : archive->n_tries;
    }
    archive->n_tries++;
    if (archive->n_tries > sync->request->n_retries) {
        bool is_unreachable = fetch->http_code == 0;
        loop->n_unreachable = is_unreachable ? loop->n_unreachable + 1 : 0;
        const char *tries = archive->n_tries == 1 ? "try" : "tries";
        return fct_archive_lost(loop, archive, err, "%s, after %d %s", fetch->message,
                                archive->n_tries, tries);
    }
    fct_job_message(sync->job, FCT_MESSAGE_DETAIL, "%s: %s: try %d of %d follows",
                    fct_path_name(archive->path), fetch->message, archive->n_tries + 1,
                    sync->request->n_retries + 1);
    return fct_archive_wait(loop, archive, fct_sync_next_try_ms(sync, fetch, archive->n_tries),
                            err);
}

static fct_status after_checksum(fct_transfer_loop *loop, fct_sync_archive *archive,
                                 fct_fetch *fetch, fct_error *err)
{
    const char *name = fct_path_name(archive->path);
    if (fetch->result == FCT_FETCH_NOT_FOUND && loop->sync->request->unchecked)
        return fct_archive_complete(loop, archive, err);
    if (fetch->result == FCT_FETCH_NOT_FOUND && archive->is_conditional)
        return fct_archive_not_changed(loop, archive, err); /* it was taken away, or never was */
    if (fetch->result == FCT_FETCH_NOT_FOUND)
        return fct_archive_lost(
            loop, archive, err,
            "no .CHECKSUM is published beside it: --unchecked takes such files");
    if (!fct_checksum_parse(fct_text_get(&fetch->text), name, archive->sha256)) {
        archive->sha256[0] = '\0';
        return fetch_once_more(loop, archive,
                               "its .CHECKSUM is no line of 64 hex digits and its name", err);
    }
    archive->wants_checksum = false;
    if (!archive->is_conditional)
        return fct_archive_complete(loop, archive, err);
    if (strcmp(archive->sha256, archive->sha256_there) == 0)
        return fct_archive_not_changed(loop, archive, err);
    archive->is_conditional = false;
    return fct_archive_wait(loop, archive, 0, err);
}

static fct_status after_body(fct_transfer_loop *loop, fct_sync_archive *archive,
                             const fct_fetch *fetch, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    if (fetch->result == FCT_FETCH_NOT_FOUND) {
        fct_error why;
        return fct_sync_check_mirror(sync, &why) == FCT_OK
                   ? fct_archive_absent(loop, archive, err)
                   : fct_archive_lost(loop, archive, err, "%s", why.message);
    }
    if (fetch->result == FCT_FETCH_NOT_MODIFIED)
        return fct_archive_not_changed(loop, archive, err);
    archive->n_bytes = sync->request->dry_run ? fetch->n_total : fetch->n_written;
    strcpy(archive->etag, fetch->etag);
    strcpy(archive->last_modified, fetch->last_modified);
    archive->is_conditional = false;
    archive->n_tries = 0;
    if (sync->request->dry_run || !sync->has_checksums || archive->sha256[0])
        return fct_archive_complete(loop, archive, err);
    archive->wants_checksum = true;
    return fct_archive_wait(loop, archive, 0, err);
}

static fct_status after_request(fct_transfer_loop *loop, fct_sync_archive *archive,
                                fct_fetch *fetch, fct_error *err)
{
    fct_part *part = &archive->part;
    bool is_body = fetch->fd >= 0;
    int64_t n_new = fetch->n_written - (fetch->resumed ? fetch->resume_from : 0);
    loop->n_bytes_ended += is_body ? n_new : 0;
    if (fetch->http_code || fetch->result == FCT_FETCH_OK)
        loop->n_unreachable = 0;
    if (is_body)
        part->n_bytes = fetch->n_written;
    switch (fetch->result) {
    case FCT_FETCH_OK:
    case FCT_FETCH_NOT_FOUND:
    case FCT_FETCH_NOT_MODIFIED:
        return archive->wants_checksum ? after_checksum(loop, archive, fetch, err)
                                       : after_body(loop, archive, fetch, err);
    case FCT_FETCH_RESTART:
        if (is_body)
            FCT_TRY(fct_part_restart(part, err));
        return try_again(loop, archive, fetch, err);
    case FCT_FETCH_TRANSIENT:
        return try_again(loop, archive, fetch, err);
    case FCT_FETCH_REFUSED:
        return fct_archive_lost(loop, archive, err, "%s", fetch->message);
    case FCT_FETCH_LOCAL:
        break;
    }
    return fct_error_set(err, fetch->status, "%s: %s", part->path ? part->path : fetch->url,
                         fetch->message);
}

/* Writes down which file the first bytes are of, once there are some. */
static fct_status note_part(fct_sync_archive *archive, fct_error *err)
{
    const fct_fetch *fetch = archive->fetch;
    fct_part *part = &archive->part;
    bool is_strong = fetch->etag[0] == '"';
    const char *validator = is_strong ? fetch->etag : fetch->last_modified;
    if (fetch->fd < 0 || fetch->n_written == 0 || (fetch->resumed && part->is_noted))
        return FCT_OK;
    if (!validator[0] || (part->is_noted && strcmp(part->validator, validator) == 0 &&
                          part->n_total == fetch->n_total))
        return FCT_OK;
    strcpy(part->validator, validator);
    part->n_total = fetch->n_total;
    return fct_part_note(part, validator, fetch->n_total, err);
}

static fct_status take_requests(fct_transfer_loop *loop, fct_error *err)
{
    for (size_t i = 0; i < loop->n_active; i++)
        FCT_TRY(note_part(loop->active[i], err));
    for (fct_fetch *fetch; (fetch = fct_fetcher_next(loop->sync->fetcher));) {
        fct_sync_archive *archive = fetch->user;
        FCT_TRY(note_part(archive, err));
        drop_active(loop, archive);
        archive->fetch = NULL;
        fct_status status = after_request(loop, archive, fetch, err);
        fct_text_free(&fetch->text);
        free(fetch);
        free(archive->url);
        archive->url = NULL;
        FCT_TRY(status);
    }
    return FCT_OK;
}

/* ---- What came of a unit ---------------------------------------------------------------------- */

static fct_status take_units(fct_transfer_loop *loop, fct_error *err)
{
    fct_work_done done;
    while (loop->workers && fct_workers_take(loop->workers, &done)) {
        fct_sync_unit *unit = &loop->sync->units[done.unit];
        fct_sync_archive *bad = &loop->sync->archives[unit->archives[done.bad]];
        unit->is_handed_over = false;
        loop->n_handed_over--;
        switch (done.result) {
        case FCT_WORK_STORED:
            unit->n_rows = done.is_unchanged ? 0 : done.n_rows;
            unit->days_there |= done.days;
            FCT_TRY(fct_unit_stored(loop, unit, done.is_unchanged, err));
            break;
        case FCT_WORK_BAD_CONTENT:
            if (bad->state == FCT_ARCHIVE_COMPLETE)
                FCT_TRY(fetch_once_more(loop, bad, done.error.message, err));
            break;
        case FCT_WORK_FAILED:
            FCT_TRY(fct_unit_failed(loop, unit, done.error.message, err));
            break;
        case FCT_WORK_FATAL:
            if (err)
                *err = done.error;
            return done.error.status;
        }
    }
    return FCT_OK;
}

/* ---- The loop --------------------------------------------------------------------------------- */

/* A server that does not answer at all is not asked for thousands of files. */
static fct_status give_up(fct_transfer_loop *loop, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    for (size_t i = 0; i < sync->n_archives; i++) {
        fct_sync_archive *archive = &sync->archives[i];
        bool waits = archive->state == FCT_ARCHIVE_WAITING || archive->state == FCT_ARCHIVE_LATER;
        if (waits && archive->n_units_left)
            FCT_TRY(fct_archive_lost(loop, archive, err,
                                     "not tried: %d files before it had no answer",
                                     MAX_UNREACHABLE));
    }
    return FCT_OK;
}

static void report_progress(fct_transfer_loop *loop)
{
    int64_t n_bytes = loop->n_bytes_ended;
    for (size_t i = 0; i < loop->n_active; i++) {
        const fct_sync_archive *archive = loop->active[i];
        const fct_fetch *fetch = archive->fetch;
        loop->transfers[i] = (fct_transfer){.name = fct_path_name(archive->path),
                                            .n_bytes = fetch->n_written,
                                            .n_total = fetch->n_total > 0 ? fetch->n_total : 0};
        if (fetch->fd >= 0)
            n_bytes += fetch->n_written - (fetch->resumed ? fetch->resume_from : 0);
    }
    fct_job_transfers(loop->sync->job, loop->transfers, loop->n_active, n_bytes);
}

static fct_status run_loop(fct_transfer_loop *loop, fct_error *err)
{
    while (loop->n_open) {
        int64_t wait_ms;
        FCT_TRY(fct_job_check(loop->sync->job, err));
        FCT_TRY(start_some(loop, &wait_ms, err));
        FCT_TRY(fct_fetcher_run(loop->sync->fetcher, (int)wait_ms, err));
        FCT_TRY(take_requests(loop, err));
        FCT_TRY(take_units(loop, err));
        if (loop->n_unreachable >= MAX_UNREACHABLE)
            FCT_TRY(give_up(loop, err));
        report_progress(loop);
    }
    return FCT_OK;
}

fct_status fct_sync_transfer(fct_sync_run *sync, fct_error *err)
{
    fct_transfer_loop loop = {.sync = sync};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < sync->n_units; i++)
        loop.n_open += sync->units[i].n_archives > 0 && !sync->units[i].is_dormant;
    if (!loop.n_open)
        return FCT_OK;
    loop.most_handed_over = 2 * (size_t)sync->job->run.n_threads + (size_t)sync->n_jobs;
    loop.active = calloc((size_t)sync->n_jobs, sizeof(*loop.active));
    loop.transfers = calloc((size_t)sync->n_jobs, sizeof *loop.transfers);
    if (!loop.active || !loop.transfers) {
        status = fct_error_memory(err, (size_t)sync->n_jobs * sizeof *loop.transfers);
        goto out;
    }
    fct_job_stage(sync->job, "sync", "files", (int64_t)loop.n_open);
    if (!sync->request->dry_run)
        FCT_TRY_OUT(fct_workers_start(sync, &loop.workers, err));
    status = run_loop(&loop, err);
out:
    for (size_t i = 0; i < loop.n_active; i++)
        fct_fetcher_cancel(sync->fetcher, loop.active[i]->fetch);
    fct_workers_stop(loop.workers);
    for (size_t i = 0; i < sync->n_archives; i++) {
        fct_archive_fetch_free(&sync->archives[i]);
        fct_part_release(&sync->archives[i].part);
    }
    sync->report.bytes_fetched += loop.n_bytes_ended;
    free(loop.active);
    free(loop.transfers);
    free(loop.later);
    return status;
}
