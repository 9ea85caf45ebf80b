#include "store/day_commit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/day_plan.h"
#include "store/file_new.h"

void fct_symbol_store_free(fct_symbol_store *symbol)
{
    fct_origins_free(&symbol->sources);
    free(symbol->days_written);
    symbol->days_written = NULL;
    symbol->n_days_written = 0;
}

fct_status fct_bad_rows_path(fct_text *out, const fct_store_key *key, const char *label,
                             fct_error *err)
{
    return fct_text_append_format(out, err, ".factorium/bad_rows/%s-%s-%s-%s.csv", key->market,
                                  key->data_type, key->symbol, label);
}

/* ---- Is a source still all there? ------------------------------------------------------------- */

static fct_status has_file(const char *root, const fct_text *relative, int64_t n_bytes, bool *has,
                           fct_error *err)
{
    fct_text path = {0};
    fct_file_info info;
    fct_status status = fct_path_join(&path, root, relative->data, err);
    if (status == FCT_OK)
        *has = fct_file_stat(path.data, &info, NULL) == FCT_OK &&
               (n_bytes < 0 || info.size_bytes == n_bytes);
    fct_text_free(&path);
    return status;
}

fct_status fct_origin_is_complete(const fct_symbol_store *symbol, const fct_origin *source,
                                  bool *is_complete, fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    *is_complete = true;
    for (size_t i = 0; i < source->n_source_days && *is_complete; i++) {
        const fct_origin_day *day = &source->days[i];
        path.length = 0;
        FCT_TRY_OUT(fct_day_part_path(&path, symbol, source, day, err));
        FCT_TRY_OUT(has_file(symbol->root, &path, day->file.mark.n_bytes, is_complete, err));
        if (day->is_owner || !day->n_stored || !*is_complete)
            continue;
        path.length = 0;
        FCT_TRY_OUT(fct_day_extra_path(&path, symbol, source->label, day->file.day, err));
        FCT_TRY_OUT(has_file(symbol->root, &path, -1, is_complete, err));
    }
out:
    fct_text_free(&path);
    return status;
}

/* ---- Records ---------------------------------------------------------------------------------- */

static fct_status record_stage(fct_day_plan *plan, const fct_origin *source, fct_error *err)
{
    char *json = NULL;
    fct_text staged = {0};
    fct_text path = {0};
    fct_text record = {0};
    fct_status status;
    FCT_TRY_OUT(fct_origin_to_json(source, &json, err));
    FCT_TRY_OUT(fct_text_append_format(&staged, err, "%s/%s.json", plan->staging, source->label));
    FCT_TRY_OUT(fct_path_join(&path, plan->symbol->root, staged.data, err));
    FCT_TRY_OUT(fct_file_write_new(path.data, json, strlen(json), err));
    FCT_TRY_OUT(fct_origin_record_path(&record, &plan->symbol->key, source->label, err));
    FCT_TRY_OUT(fct_journal_move(&plan->journal, staged.data, record.data, err));
out:
    free(json);
    fct_text_free(&staged);
    fct_text_free(&path);
    fct_text_free(&record);
    return status;
}

static fct_status bad_rows_stage(fct_day_plan *plan, fct_error *err)
{
    fct_text staged = {0};
    fct_text list = {0};
    fct_status status;
    FCT_TRY_OUT(fct_bad_rows_path(&list, &plan->symbol->key, plan->source->label, err));
    if (plan->source->n_bad_rows) {
        FCT_TRY_OUT(fct_text_append_format(&staged, err, "%s/bad_rows.csv", plan->staging));
        FCT_TRY_OUT(fct_journal_move(&plan->journal, staged.data, list.data, err));
    } else if (plan->old && plan->old->n_bad_rows) {
        FCT_TRY_OUT(fct_journal_remove(&plan->journal, list.data, err));
    }
out:
    fct_text_free(&staged);
    fct_text_free(&list);
    return status;
}

/* ---- All of it -------------------------------------------------------------------------------- */

/* Makes room beforehand: once the files are in place, nothing may fail. */
static fct_status reserve(fct_day_plan *plan, fct_error *err)
{
    fct_symbol_store *symbol = plan->symbol;
    size_t n_days = plan->source->n_source_days + (plan->old ? plan->old->n_source_days : 0);
    size_t n_bytes =
        (symbol->n_days_written + plan->n_days_written + n_days + 1) * sizeof *symbol->days_written;
    int64_t *days = realloc(symbol->days_written, n_bytes);
    if (!days)
        return fct_error_memory(err, n_bytes);
    symbol->days_written = days;
    return FCT_OK;
}

/* The days of a new source and of the one that it replaces, merged in ascending order. Starts as {0}. */
typedef struct day_walk {
    const fct_origin *sources[2];
    size_t at[2];
} day_walk;

static day_walk days_of(const fct_origin *source, const fct_origin *old)
{
    static const fct_origin none = {0};
    return (day_walk){.sources = {source, old ? old : &none}};
}

/* INT64_MAX: there is no more. */
static int64_t next_day(day_walk *walk)
{
    int64_t days[2];
    for (size_t i = 0; i < 2; i++)
        days[i] = walk->at[i] < walk->sources[i]->n_source_days
                      ? walk->sources[i]->days[walk->at[i]].file.day
                      : INT64_MAX;
    int64_t day = days[0] < days[1] ? days[0] : days[1];
    for (size_t i = 0; i < 2; i++)
        walk->at[i] += day != INT64_MAX && days[i] == day;
    return day;
}

bool fct_day_sources_meet(const fct_symbol_store *symbol, const fct_origin *a, const fct_origin *b)
{
    if (strcmp(a->label, b->label) == 0 || strcmp(a->sha256, b->sha256) == 0)
        return true;
    day_walk a_days = days_of(a, fct_origins_find(&symbol->sources, a->label));
    day_walk b_days = days_of(b, fct_origins_find(&symbol->sources, b->label));
    int64_t a_day = next_day(&a_days);
    int64_t b_day = next_day(&b_days);
    while (a_day != INT64_MAX && b_day != INT64_MAX) {
        if (a_day == b_day)
            return true;
        if (a_day < b_day)
            a_day = next_day(&a_days);
        else
            b_day = next_day(&b_days);
    }
    return false;
}

static fct_status plan_source(fct_day_plan *plan, const fct_day_source *source, fct_job *job,
                              fct_error *err)
{
    plan->source = source->source;
    plan->staging = source->staging;
    plan->old = fct_origins_find(&plan->symbol->sources, plan->source->label);
    day_walk days = days_of(plan->source, plan->old);
    FCT_TRY(reserve(plan, err));
    for (int64_t day; (day = next_day(&days)) != INT64_MAX;)
        FCT_TRY(fct_day_plan_day(plan, day, job, err));
    FCT_TRY(bad_rows_stage(plan, err));
    return record_stage(plan, plan->source, err);
}

fct_status fct_day_commit(fct_symbol_store *symbol, const fct_day_source *sources, size_t n_sources,
                          fct_job *job, bool *recorded, fct_error *err)
{
    *recorded = false;
    /* Moves the sources: before any is looked at. */
    FCT_TRY(fct_origins_reserve(&symbol->sources, n_sources, err));
    fct_day_plan plan = {.symbol = symbol};
    fct_status status = FCT_OK;
    size_t n_at_end = symbol->sources.n_sources + n_sources;
    plan.changed = calloc(n_at_end, sizeof(*plan.changed));
    if (!plan.changed)
        return fct_error_memory(err, n_at_end * sizeof(*plan.changed));
    for (size_t i = 0; i < n_sources; i++)
        FCT_TRY_OUT(plan_source(&plan, &sources[i], job, err));
    for (size_t i = 0; i < symbol->sources.n_sources; i++)
        if (plan.changed[i])
            FCT_TRY_OUT(record_stage(&plan, plan.changed[i], err));
    FCT_TRY_OUT(fct_job_check(job, err));
    FCT_TRY_OUT(fct_journal_apply(&plan.journal, symbol->root, fct_path_name(sources[0].staging),
                                  recorded, err));
    for (size_t i = 0; i < symbol->sources.n_sources; i++)
        if (plan.changed[i]) {
            fct_origin_free(&symbol->sources.sources[i]);
            symbol->sources.sources[i] = *plan.changed[i];
            *plan.changed[i] = (fct_origin){0};
        }
    symbol->bytes_written += plan.bytes_written;
    symbol->n_days_written += plan.n_days_written;
    for (size_t i = 0; i < n_sources; i++)
        fct_origins_put(&symbol->sources, sources[i].source);
out:
    fct_day_plan_free(&plan);
    return status;
}
