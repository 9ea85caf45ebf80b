#include "sync/archive_end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Units ------------------------------------------------------------------------------------ */

/* What is left of an archive whose last unit ended. */
static fct_status archive_dispose(fct_sync_run *sync, fct_sync_archive *archive, fct_error *err)
{
    const fct_sync_request *request = sync->request;
    fct_text path = {0};
    fct_text line = {0};
    fct_status status = FCT_OK;
    bool is_kept = request->keep_archives && archive->state == FCT_ARCHIVE_COMPLETE;
    if (archive->part.fd < 0)
        return FCT_OK;
    if (archive->state == FCT_ARCHIVE_LOST && archive->n_bad_contents == 0) {
        fct_part_release(&archive->part); /* what came of it is the next sync's beginning */
        return FCT_OK;
    }
    if (!is_kept) {
        fct_part_remove(&archive->part);
        return FCT_OK;
    }
    FCT_TRY_OUT(fct_path_join(&path, request->keep_archives, archive->path, err));
    FCT_TRY_OUT(fct_part_keep(&archive->part, path.data, err));
    if (archive->sha256[0]) {
        FCT_TRY_OUT(fct_text_append_format(&path, err, ".CHECKSUM"));
        FCT_TRY_OUT(fct_text_append_format(&line, err, "%s  %s\n", archive->sha256,
                                           fct_path_name(archive->path)));
        FCT_TRY_OUT(fct_file_write_atomic(path.data, line.data, line.length, err));
    }
out:
    fct_text_free(&path);
    fct_text_free(&line);
    return status;
}

/* Frees what is known of a symbol all of whose units ended. */
static void symbol_end(fct_sync_run *sync, size_t symbol)
{
    fct_ingest_symbol *ingest = &sync->ingest_symbols[symbol];
    if (--sync->symbols[symbol].n_units_left > 0)
        return;
    pthread_mutex_lock(&ingest->lock);
    fct_symbol_store_free(&ingest->store);
    ingest->is_loaded = false;
    pthread_mutex_unlock(&ingest->lock);
}

/* Its files are worth a try now. */
static fct_status wake(fct_transfer_loop *loop, fct_sync_unit *unit, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    if (!unit->is_dormant)
        return FCT_OK;
    unit->is_dormant = false;
    loop->n_open++;
    sync->symbols[unit->symbol].n_units_left++;
    for (size_t i = 0; i < unit->n_archives; i++) {
        fct_sync_archive *archive = &sync->archives[unit->archives[i]];
        if (archive->state == FCT_ARCHIVE_DORMANT)
            FCT_TRY(fct_archive_wait(loop, archive, 0, err));
    }
    fct_job_more(sync->job, 1);
    return FCT_OK;
}

static bool lacks_day(const fct_sync_unit *month, const fct_sync_unit *day)
{
    return !(month->days_there >> (day->first_day - month->first_day) & 1);
}

static bool is_in_store(const fct_sync_unit *unit)
{
    return unit->outcome == FCT_SYNC_FETCHED || unit->outcome == FCT_SYNC_UNCHANGED;
}

/* The days that a month's file turned out not to have: their own files were asked for, or are now. */
static fct_status look_for_days(fct_transfer_loop *loop, const fct_sync_unit *month, fct_error *err)
{
    for (size_t i = 0; i < month->n_day_units; i++) {
        fct_sync_unit *day = &loop->sync->units[month->first_day_unit + i];
        if (!lacks_day(month, day))
            continue;
        if (day->outcome == FCT_SYNC_REPLACED)
            day->outcome = FCT_SYNC_MISSING;
        FCT_TRY(wake(loop, day, err));
    }
    return FCT_OK;
}

static fct_status unit_end(fct_transfer_loop *loop, fct_sync_unit *unit, fct_sync_outcome outcome,
                           fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    fct_sync_archive *first = &sync->archives[unit->archives[0]];
    unit->outcome = outcome;
    if (is_in_store(unit))
        FCT_TRY(look_for_days(loop, unit, err));
    for (size_t i = 0; i < unit->n_archives; i++) {
        fct_sync_archive *archive = &sync->archives[unit->archives[i]];
        if (archive->n_bytes > 0)
            unit->n_bytes += archive->n_bytes;
        if (archive->n_units_left == 1 && archive->state == FCT_ARCHIVE_ACTIVE)
            fct_archive_cancel(loop, archive);
        if (--archive->n_units_left == 0)
            FCT_TRY(archive_dispose(sync, archive, err));
    }
    loop->n_open--;
    symbol_end(sync, unit->symbol);
    fct_job_advance(sync->job, 1, first->path);
    return FCT_OK;
}

/* The exchange has it not, or no more: others may hold what it would have. */
static fct_status unit_absent(fct_transfer_loop *loop, fct_sync_unit *unit, fct_error *err)
{
    fct_sync_outcome outcome = unit->n_others ? FCT_SYNC_REPLACED : FCT_SYNC_MISSING;
    if (unit->is_stored) {
        unit->reason = fct_text_copy("the exchange has it no more");
        return unit->reason ? unit_end(loop, unit, FCT_SYNC_THERE, err) : fct_error_memory(err, 0);
    }
    for (size_t i = 0; i < unit->n_others; i++) {
        fct_sync_unit *other = &loop->sync->units[unit->first_other + i];
        FCT_TRY(wake(loop, other, err));
        if (is_in_store(other) && lacks_day(other, unit))
            outcome = FCT_SYNC_MISSING;
    }
    return unit_end(loop, unit, outcome, err);
}

fct_status fct_unit_stored(fct_transfer_loop *loop, fct_sync_unit *unit, bool is_unchanged,
                           fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    for (size_t i = 0; i < unit->n_archives; i++)
        FCT_TRY(fct_sync_validators_save(sync, &sync->archives[unit->archives[i]], err));
    return unit_end(loop, unit, is_unchanged ? FCT_SYNC_UNCHANGED : FCT_SYNC_FETCHED, err);
}

fct_status fct_unit_failed(fct_transfer_loop *loop, fct_sync_unit *unit, const char *reason,
                           fct_error *err)
{
    const fct_sync_run *sync = loop->sync;
    unit->reason = fct_text_copy(reason);
    if (!unit->reason)
        return fct_error_memory(err, strlen(reason) + 1);
    fct_job_message(sync->job, FCT_MESSAGE_ERROR, "%s: %s", unit->label, reason);
    return unit_end(loop, unit, FCT_SYNC_FAILED, err);
}

/* Ends a unit, or hands it over, once that can be said. */
static fct_status unit_look(fct_transfer_loop *loop, size_t index, fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    fct_sync_unit *unit = &sync->units[index];
    size_t n_complete = 0;
    size_t n_same = 0;
    if (unit->outcome != FCT_SYNC_OPEN || unit->is_dormant || unit->is_handed_over)
        return FCT_OK;
    for (size_t i = 0; i < unit->n_archives; i++) {
        const fct_sync_archive *archive = &sync->archives[unit->archives[i]];
        n_complete += archive->state == FCT_ARCHIVE_COMPLETE;
        n_same += archive->state == FCT_ARCHIVE_NOT_CHANGED;
        if (archive->state == FCT_ARCHIVE_LOST)
            return fct_unit_failed(loop, unit, archive->reason, err);
        if (archive->state == FCT_ARCHIVE_ABSENT)
            return unit_absent(loop, unit, err);
    }
    if (n_same == unit->n_archives)
        return unit_end(loop, unit, FCT_SYNC_UNCHANGED, err);
    if (n_complete + n_same < unit->n_archives)
        return FCT_OK;
    for (size_t i = 0; i < unit->n_archives && n_same; i++) {
        /* One of two changed: the other is needed, too. */
        fct_sync_archive *archive = &sync->archives[unit->archives[i]];
        if (archive->state == FCT_ARCHIVE_NOT_CHANGED)
            return fct_archive_wait(loop, archive, 0, err);
    }
    if (sync->request->dry_run)
        return unit_end(loop, unit, FCT_SYNC_PLANNED, err);
    unit->is_handed_over = true;
    loop->n_handed_over++;
    fct_workers_give(loop->workers, index);
    return FCT_OK;
}

/* ---- Archives --------------------------------------------------------------------------------- */

void fct_archive_fetch_free(fct_sync_archive *archive)
{
    if (archive->fetch)
        fct_text_free(&archive->fetch->text);
    free(archive->fetch);
    free(archive->url);
    archive->fetch = NULL;
    archive->url = NULL;
}

static fct_status archive_end(fct_transfer_loop *loop, fct_sync_archive *archive,
                              fct_archive_state state, fct_error *err)
{
    archive->state = state;
    for (size_t i = 0; i < archive->n_units; i++)
        FCT_TRY(unit_look(loop, archive->units[i], err));
    return FCT_OK;
}

fct_status fct_archive_complete(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err)
{
    return archive_end(loop, archive, FCT_ARCHIVE_COMPLETE, err);
}

fct_status fct_archive_not_changed(fct_transfer_loop *loop, fct_sync_archive *archive,
                                   fct_error *err)
{
    archive->is_conditional = false;
    archive->wants_checksum = false;
    return archive_end(loop, archive, FCT_ARCHIVE_NOT_CHANGED, err);
}

fct_status fct_archive_absent(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err)
{
    fct_job_message(loop->sync->job, FCT_MESSAGE_DETAIL, "%s: the exchange has no such file",
                    fct_path_name(archive->path));
    return archive_end(loop, archive, FCT_ARCHIVE_ABSENT, err);
}

fct_status fct_archive_lost(fct_transfer_loop *loop, fct_sync_archive *archive, fct_error *err,
                            const char *format, ...)
{
    char reason[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    free(archive->reason);
    archive->reason = fct_text_copy(reason);
    if (!archive->reason)
        return fct_error_memory(err, strlen(reason) + 1);
    return archive_end(loop, archive, FCT_ARCHIVE_LOST, err);
}

fct_status fct_archive_stored_by_others(fct_transfer_loop *loop, fct_sync_archive *archive,
                                        fct_error *err)
{
    fct_sync_run *sync = loop->sync;
    const fct_store_key *key = &sync->symbols[archive->symbol].key;
    for (size_t i = 0; i < archive->n_units; i++) {
        fct_sync_unit *unit = &sync->units[archive->units[i]];
        fct_text record = {0};
        fct_text path = {0};
        fct_file_info info;
        if (unit->outcome != FCT_SYNC_OPEN || unit->is_handed_over)
            continue;
        fct_status status = fct_origin_record_path(&record, key, unit->label, err);
        if (status == FCT_OK)
            status = fct_path_join(&path, sync->request->store, record.data, err);
        bool is_new = status == FCT_OK && fct_file_stat(path.data, &info, NULL) == FCT_OK &&
                      info.modified_ns > sync->planned_at_ns;
        fct_text_free(&record);
        fct_text_free(&path);
        FCT_TRY(status);
        if (is_new)
            FCT_TRY(unit_end(loop, unit, FCT_SYNC_THERE, err));
    }
    return FCT_OK;
}
