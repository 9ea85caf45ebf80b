#include "shard/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bars/request.h"
#include "base/digest.h"
#include "base/time.h"

fct_status fct_shard_mark_day(const fct_store *store, const fct_store_day *day, fct_shard_mark *out,
                              fct_error *err)
{
    fct_text text = {0};
    fct_status status = FCT_OK;
    *out = (fct_shard_mark){0};
    for (size_t i = 0; i < day->n_files; i++) {
        fct_file_info info = {0};
        if (!store->is_remote)
            FCT_TRY_OUT(fct_file_stat(day->files[i], &info, err));
        out->n_bytes += info.size_bytes;
        FCT_TRY_OUT(fct_text_append_format(&text, err, "%s:%" PRId64 ":%" PRId64 "\n",
                                           fct_path_name(day->files[i]), info.size_bytes,
                                           info.modified_ns));
    }
    out->digest = fct_digest_of(fct_text_get(&text), text.length);
out:
    fct_text_free(&text);
    return status;
}

fct_status fct_shard_source_add(fct_shard_source *source, const char *symbol, int64_t day,
                                const fct_shard_mark *mark, fct_error *err)
{
    return fct_text_append_format(&source->text, err, "%s:%" PRId64 ":%016" PRIx64 "\n", symbol,
                                  day, mark->digest);
}

static void print_digest(const fct_text *text, char hex[FCT_SHARD_HEX + 1])
{
    snprintf(hex, FCT_SHARD_HEX + 1, "%016" PRIx64,
             fct_digest_of(fct_text_get(text), text->length));
}

void fct_shard_source_end(fct_shard_source *source, char hex[FCT_SHARD_HEX + 1])
{
    print_digest(&source->text, hex);
    fct_text_free(&source->text);
}

fct_status fct_shard_source_of_file(const char *path, char hex[FCT_SHARD_HEX + 1], fct_error *err)
{
    fct_file_info info;
    fct_text text = {0};
    FCT_TRY(fct_file_stat(path, &info, err));
    FCT_TRY(fct_text_append_format(&text, err, "%" PRId64 ":%" PRId64, info.size_bytes,
                                   info.modified_ns));
    print_digest(&text, hex);
    fct_text_free(&text);
    return FCT_OK;
}

void fct_shard_days(int64_t from_ms, int64_t to_ms, int64_t *first_day, int64_t *end_day)
{
    if (from_ms != INT64_MIN) {
        int64_t day = fct_floor_div(from_ms, FCT_MS_PER_DAY) - 1;
        *first_day = day > *first_day ? day : *first_day;
    }
    if (to_ms != INT64_MAX) {
        int64_t day = fct_floor_div(to_ms - 1, FCT_MS_PER_DAY) + 2;
        *end_day = day < *end_day ? day : *end_day;
    }
}

/* ---- What it was ------------------------------------------------------------------------------ */

static fct_status changed(const char *what, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_INTEGRITY,
                         "%s is not what it was when the plan was made: plan again", what);
}

static fct_status store_changed(const struct fct_shard_plan *plan, const fct_shard *shard,
                                fct_error *err)
{
    char what[160];
    bool is_one = shard->end_symbol - shard->first_symbol == 1;
    snprintf(what, sizeof what, "the store, in its files of %.64s%s%.64s,",
             plan->symbols.names[shard->first_symbol], is_one ? "" : " to ",
             is_one ? "" : plan->symbols.names[shard->end_symbol - 1]);
    return changed(what, err);
}

static fct_status check_selection(const struct fct_shard_plan *plan, const fct_shard *shard,
                                  const fct_store_selection *selection, fct_error *err)
{
    char hex[FCT_SHARD_HEX + 1];
    fct_shard_source source = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < selection->n_symbols; i++) {
        const fct_store_symbol *symbol = &selection->symbols[i];
        for (size_t day = 0; day < symbol->days.n_days; day++) {
            fct_shard_mark mark;
            FCT_TRY_OUT(fct_shard_mark_day(&selection->store, &symbol->days.days[day], &mark, err));
            FCT_TRY_OUT(fct_shard_source_add(&source, symbol->symbol, symbol->days.days[day].day,
                                             &mark, err));
        }
    }
out:
    fct_shard_source_end(&source, hex);
    if (status != FCT_OK || (shard->source && strcmp(hex, shard->source) == 0))
        return status;
    return store_changed(plan, shard, err);
}

fct_status fct_shard_source_select(const struct fct_shard_plan *plan, const fct_shard *shard,
                                   fct_job *job, fct_store_selection *out, fct_error *err)
{
    fct_store_request wanted = fct_bars_store_request(&plan->bars);
    void (*on_message)(fct_message_level, const char *, void *) = job->run.on_message;
    wanted.symbols = plan->symbols.names + shard->first_symbol;
    wanted.n_symbols = shard->end_symbol - shard->first_symbol;
    wanted.missing = FCT_MISSING_SKIP;
    fct_shard_days(shard->from_ms, shard->to_ms, &wanted.first_day, &wanted.end_day);
    /* What lacks was told of when the plan was made. */
    job->run.on_message = NULL;
    fct_status status = fct_store_select(&wanted, job, out, err);
    job->run.on_message = on_message;
    /* A store that this machine does not see at all is another matter. */
    if (status == FCT_ERROR_NOT_FOUND &&
        (fct_path_is_remote(plan->bars.store) || fct_file_exists(plan->bars.store)))
        return store_changed(plan, shard, err);
    FCT_TRY(status);
    status = check_selection(plan, shard, out, err);
    if (status != FCT_OK)
        fct_store_selection_free(out);
    return status;
}

static fct_status check_file(const char *path, const char *source, fct_error *err)
{
    char hex[FCT_SHARD_HEX + 1];
    if (!path)
        return FCT_OK;
    FCT_TRY(fct_shard_source_of_file(path, hex, err));
    return strcmp(hex, source) == 0 ? FCT_OK : changed(path, err);
}

fct_status fct_shard_source_check_files(const struct fct_shard_plan *plan, fct_error *err)
{
    FCT_TRY(check_file(plan->panel, plan->panel_source, err));
    return check_file(plan->attributes, plan->attributes_source, err);
}
