/* One day of one symbol: its files against their records, its trades against each other. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/scan.h"
#include "store/verify.h"

/* The record whose file this is: the owner's data.parquet, or data-LABEL.parquet. */
static const fct_origin *origin_of(const fct_verify_day *u, const char *file,
                                   const fct_origin_day **day)
{
    const char *name = fct_path_name(file);
    bool is_owners = strcmp(name, "data.parquet") == 0;
    for (size_t i = 0; i < u->origins->n_sources; i++) {
        const fct_origin *origin = &u->origins->sources[i];
        *day = fct_origin_day_find(origin, u->day->day);
        if (!*day || (*day)->is_owner != is_owners)
            continue;
        size_t n = strlen(origin->label);
        if (is_owners ||
            (strncmp(name, "data-", 5) == 0 && strncmp(name + 5, origin->label, n) == 0 &&
             strcmp(name + 5 + n, ".parquet") == 0))
            return origin;
    }
    return NULL;
}

static fct_status repair_text(const fct_origin *origin, fct_text *out, fct_error *err)
{
    out->length = 0;
    return origin ? fct_text_append_format(out, err, "remove the file and ingest %s again",
                                           origin->name)
                  : fct_text_append_format(out, err, "write the file again from its source");
}

/* What the file is now. */
static fct_status mark_file(const char *path, fct_job *job, fct_file_mark *mark, fct_error *err)
{
    enum { BLOCK_BYTES = 1 << 18 };
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
    fct_status status = FCT_OK;
    fct_digest *digest = fct_digest_new();
    void *block = malloc(BLOCK_BYTES);
    *mark = (fct_file_mark){0};
    if (!digest || !block) {
        status = fct_error_memory(err, BLOCK_BYTES);
        goto out;
    }
    for (size_t n; (n = fread(block, 1, BLOCK_BYTES, file)) > 0;) {
        FCT_TRY_OUT(fct_job_check(job, err));
        fct_digest_add(digest, block, n);
        mark->n_bytes += (int64_t)n;
    }
    if (ferror(file))
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
    fct_digest_text(digest, mark->digest);
out:
    fclose(file);
    fct_digest_free(digest);
    free(block);
    return status;
}

static fct_status check_record(fct_verify_day *u, const fct_finding_place *place,
                               const fct_origin_day *day, int64_t n_rows, const char *repair,
                               fct_job *job, fct_error *err)
{
    const fct_file_mark *recorded = day->is_owner ? &day->file.mark : &day->extra;
    fct_file_mark mark;
    if (!*recorded->digest) {
        u->n_without_digest++;
        u->undigested = day->is_owner && u->day->n_files == 1 ? day : NULL;
    }
    if (n_rows != day->n_stored)
        return fct_findings_add(&u->findings, true, place, repair, err,
                                "it holds %" PRId64 " rows, and ingest recorded %" PRId64, n_rows,
                                day->n_stored);
    if (!recorded->n_bytes)
        return FCT_OK;
    FCT_TRY(mark_file(place->file, job, &mark, err));
    if (mark.n_bytes != recorded->n_bytes)
        return fct_findings_add(&u->findings, true, place, repair, err,
                                "it has %" PRId64 " bytes, and ingest wrote %" PRId64, mark.n_bytes,
                                recorded->n_bytes);
    if (*recorded->digest && strcmp(mark.digest, recorded->digest) != 0)
        return fct_findings_add(&u->findings, true, place, repair, err,
                                "its bytes are not those that ingest wrote: it was changed or "
                                "replaced");
    return FCT_OK;
}

static fct_status check_file(fct_verify_day *u, fct_job *job, const char *path, bool *all_readable,
                             fct_error *err)
{
    const fct_finding_place place = {&u->key, u->day->day, path};
    const fct_origin_day *day = NULL;
    const fct_origin *origin = origin_of(u, path, &day);
    fct_text repair = {0};
    bool is_readable;
    int64_t n_rows_before = u->findings.n_rows;
    fct_status status;
    FCT_TRY_OUT(repair_text(origin, &repair, err));
    FCT_TRY_OUT(fct_verify_file(path, &place, repair.data, job, &u->findings, &is_readable, err));
    *all_readable = *all_readable && is_readable;
    if (origin && is_readable)
        FCT_TRY_OUT(check_record(u, &place, day, u->findings.n_rows - n_rows_before, repair.data,
                                 job, err));
out:
    fct_text_free(&repair);
    return status;
}

/* What the ids and times of a day's trades, in order, say. */
typedef struct sequence {
    bool has_id;
    int64_t first_time_us, last_time_us;
    int64_t n_rows, last_id, n_repeated, n_id_gaps, n_missing_ids, n_falling, n_foreign;
} sequence;

static void look_at(sequence *s, const fct_trades *trades, int64_t day)
{
    int64_t day_us = day * FCT_US_PER_DAY;
    if (!s->n_rows)
        s->first_time_us = trades->time_us[0];
    s->last_time_us = trades->time_us[trades->n_rows - 1];
    for (int64_t i = 0; i < trades->n_rows; i++) {
        int64_t time_us = trades->time_us[i];
        s->n_foreign += time_us < day_us || time_us >= day_us + FCT_US_PER_DAY;
        if (!trades->id)
            continue;
        int64_t id = trades->id[i];
        if (s->has_id && id == s->last_id)
            s->n_repeated++;
        else if (s->has_id && id < s->last_id)
            s->n_falling++;
        else if (s->has_id && id > s->last_id + 1) {
            s->n_id_gaps++;
            s->n_missing_ids += id - s->last_id - 1;
        }
        s->last_id = id;
        s->has_id = true;
    }
    s->n_rows += trades->n_rows;
}

static fct_status report_sequence(fct_verify_day *u, const sequence *s, bool sorted, fct_error *err)
{
    const fct_finding_place place = {&u->key, u->day->day, NULL};
    static const char again[] =
        "ingest its source again, which puts rows in order and each into its day";
    const fct_day_file *recorded = u->undigested ? &u->undigested->file : NULL;
    if (recorded && s->n_rows &&
        (s->first_time_us != recorded->first_time_us || s->last_time_us != recorded->last_time_us))
        FCT_TRY(
            fct_findings_add(&u->findings, true, &place, again, err,
                             "its first or last trade is not at the time that ingest recorded"));
    if (sorted)
        FCT_TRY(fct_findings_add(&u->findings, u->origins->n_sources > 0, &place, again, err,
                                 "rows are not in (time, id) order"));
    if (s->n_repeated)
        FCT_TRY(fct_findings_add(&u->findings, true, &place, again, err,
                                 "%" PRId64 " rows have the id of the row before them",
                                 s->n_repeated));
    if (s->n_foreign)
        FCT_TRY(fct_findings_add(&u->findings, u->origins->n_sources > 0, &place, again, err,
                                 "%" PRId64 " rows are of another day", s->n_foreign));
    if (s->n_falling)
        FCT_TRY(fct_findings_add(&u->findings, false, &place, NULL, err,
                                 "%" PRId64 " ids are smaller than that of the row before",
                                 s->n_falling));
    if (s->n_id_gaps)
        FCT_TRY(fct_findings_add(&u->findings, false, &place, NULL, err,
                                 "%" PRId64 " gaps in the ids, %" PRId64
                                 " ids that are not there: exchanges publish such days",
                                 s->n_id_gaps, s->n_missing_ids));
    return FCT_OK;
}

static fct_status check_trades(fct_verify_day *u, fct_trade_reading *reading, fct_error *err)
{
    const fct_finding_place place = {&u->key, u->day->day, NULL};
    fct_error why = {0};
    fct_scan *scan = NULL;
    sequence s = {0};
    bool sorted = false;
    reading->map = u->map;
    fct_status status = fct_scan_open(&scan, reading, u->day, 1, &why);
    while (status == FCT_OK) {
        fct_trades trades;
        bool restarted;
        status = fct_scan_next(scan, &trades, &restarted, &why);
        if (restarted) {
            s = (sequence){0};
            sorted = true;
        }
        if (status != FCT_OK || !trades.n_rows)
            break;
        look_at(&s, &trades, u->day->day);
    }
    fct_scan_free(scan);
    if (status == FCT_ERROR_MEMORY || status == FCT_ERROR_INTERRUPTED || status == FCT_ERROR_LIMIT)
        return fct_error_set(err, status, "%s", why.message);
    if (status != FCT_OK)
        return fct_findings_add(&u->findings, true, &place, "ingest its source again", err, "%s",
                                why.message);
    return report_sequence(u, &s, sorted, err);
}

fct_status fct_verify_day_run(fct_verify_day *day, fct_trade_reading *reading, fct_error *err)
{
    bool all_readable = true;
    for (size_t i = 0; i < day->day->n_files; i++)
        FCT_TRY(check_file(day, reading->job, day->day->files[i], &all_readable, err));
    return day->is_trades && all_readable ? check_trades(day, reading, err) : FCT_OK;
}
