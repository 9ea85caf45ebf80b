#include "store/day_plan.h"

#include <stdlib.h>
#include <string.h>

#include "store/day_subtract.h"
#include "store/file_new.h"

/* A source with rows of the day. Those of one day stand in the order in which their files count. */
typedef struct contender {
    fct_origin *source; /* of the symbol, a changed copy of it, or the new one */
    fct_origin_day *day;
    size_t index; /* of the symbol's sources; SIZE_MAX: the new one */
    bool was_owner;
    fct_text part; /* where its rows are now */
} contender;

typedef struct day_state {
    fct_day_plan *plan;
    int64_t day;
    char date[11];
    contender *contenders;
    size_t n_contenders;
    bool had_owner, has_owner; /* the owner is the first of the contenders */
    bool is_owner_new;         /* another source than before */
    bool is_anyone_dropped;    /* see contender_drop */
    bool is_folder_written;
} day_state;

void fct_day_plan_free(fct_day_plan *plan)
{
    for (size_t i = 0; plan->changed && i < plan->symbol->sources.n_sources; i++)
        if (plan->changed[i]) {
            fct_origin_free(plan->changed[i]);
            free(plan->changed[i]);
        }
    free(plan->changed);
    fct_journal_free(&plan->journal);
}

/* ---- Paths, relative to the root -------------------------------------------------------------- */

/* The day's folder as seen from the root. */
static fct_status append_folder(fct_text *out, const fct_symbol_store *symbol, int64_t day,
                                fct_error *err)
{
    return fct_store_day_folder(out, ".", &symbol->key, day, err);
}

static fct_status append_owner_path(fct_text *out, const fct_symbol_store *symbol, int64_t day,
                                    fct_error *err)
{
    FCT_TRY(append_folder(out, symbol, day, err));
    return fct_text_append_format(out, err, "/data.parquet");
}

fct_status fct_day_extra_path(fct_text *out, const fct_symbol_store *symbol, const char *label,
                              int64_t day, fct_error *err)
{
    FCT_TRY(append_folder(out, symbol, day, err));
    return fct_text_append_format(out, err, "/data-%s.parquet", label);
}

fct_status fct_day_part_path(fct_text *out, const fct_symbol_store *symbol,
                             const fct_origin *source, const fct_origin_day *day, fct_error *err)
{
    if (day->is_owner)
        return append_owner_path(out, symbol, day->file.day, err);
    return fct_origin_spill_path(out, &symbol->key, source->label, day->file.day, err);
}

static fct_status absolute(const day_state *d, const fct_text *relative, fct_text *out,
                           fct_error *err)
{
    out->length = 0;
    return fct_path_join(out, d->plan->symbol->root, relative->data, err);
}

/* ---- Steps of the journal --------------------------------------------------------------------- */

typedef enum place { OWNER, SPILL, EXTRA } place;

static fct_status append_place(fct_text *out, const day_state *d, place where, const char *label,
                               fct_error *err)
{
    const fct_symbol_store *symbol = d->plan->symbol;
    return where == OWNER   ? append_owner_path(out, symbol, d->day, err)
           : where == SPILL ? fct_origin_spill_path(out, &symbol->key, label, d->day, err)
                            : fct_day_extra_path(out, symbol, label, d->day, err);
}

static fct_status plan_remove(day_state *d, place where, const char *label, fct_error *err)
{
    fct_text path = {0};
    fct_status status = append_place(&path, d, where, label, err);
    if (status == FCT_OK)
        status = fct_journal_remove(&d->plan->journal, path.data, err);
    fct_text_free(&path);
    return status;
}

static fct_status plan_move(day_state *d, const char *staged, place where, const char *label,
                            int64_t n_bytes, fct_error *err)
{
    fct_text path = {0};
    fct_status status = append_place(&path, d, where, label, err);
    if (status == FCT_OK)
        status = fct_journal_move(&d->plan->journal, staged, path.data, err);
    fct_text_free(&path);
    if (where != SPILL) {
        d->plan->bytes_written += n_bytes;
        d->is_folder_written = true;
    }
    return status;
}

/* Moves what the file `part` holds to another place of the store: a second name of it, in the staging folder, moves. */
static fct_status plan_move_copy(day_state *d, const contender *c, place where, fct_error *err)
{
    fct_text staged = {0};
    fct_text from = {0};
    fct_text to = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&staged, err, "%s/%s.%d.%s", d->plan->staging, d->date,
                                       (int)where, c->source->label));
    FCT_TRY_OUT(absolute(d, &c->part, &from, err));
    FCT_TRY_OUT(absolute(d, &staged, &to, err));
    FCT_TRY_OUT(fct_file_link(from.data, to.data, err));
    FCT_TRY_OUT(plan_move(d, staged.data, where, c->source->label, c->day->file.mark.n_bytes, err));
out:
    fct_text_free(&staged);
    fct_text_free(&from);
    fct_text_free(&to);
    return status;
}

/* ---- Who has rows of the day ------------------------------------------------------------------ */

/* A copy of a source of the symbol that may be changed. */
static fct_status source_change(fct_day_plan *plan, size_t index, fct_origin **out, fct_error *err)
{
    if (!plan->changed[index]) {
        fct_origin *copy = calloc(1, sizeof *copy);
        if (!copy)
            return fct_error_memory(err, sizeof *copy);
        fct_status status = fct_origin_copy(&plan->symbol->sources.sources[index], copy, err);
        if (status != FCT_OK) {
            free(copy);
            return status;
        }
        plan->changed[index] = copy;
    }
    *out = plan->changed[index];
    return FCT_OK;
}

static fct_status contender_change(day_state *d, contender *c, fct_error *err)
{
    if (c->index == SIZE_MAX)
        return FCT_OK;
    FCT_TRY(source_change(d->plan, c->index, &c->source, err));
    c->day = fct_origin_day_find(c->source, d->day);
    return FCT_OK;
}

/* Someone removed the file with a source's rows of the day: then they are lost until that source is read again. */
static fct_status contender_drop(day_state *d, size_t index, fct_error *err)
{
    fct_origin *source;
    FCT_TRY(source_change(d->plan, index, &source, err));
    fct_origin_day *day = fct_origin_day_find(source, d->day);
    size_t n_behind = source->n_source_days - 1 - (size_t)(day - source->days);
    memmove(day, day + 1, n_behind * sizeof *day);
    source->n_source_days--;
    source->sha256[0] = '\0';
    return plan_remove(d, EXTRA, source->label, err);
}

static fct_status contender_add(day_state *d, fct_origin *source, size_t index, fct_error *err)
{
    fct_origin_day *day = fct_origin_day_find(source, d->day);
    if (!day)
        return FCT_OK;
    contender *c = &d->contenders[d->n_contenders++];
    *c = (contender){.source = source, .day = day, .index = index};
    if (index == SIZE_MAX)
        return fct_day_file_path(&c->part, d->plan->staging, d->day, err);
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(fct_day_part_path(&c->part, d->plan->symbol, source, day, err));
    FCT_TRY_OUT(absolute(d, &c->part, &path, err));
    c->was_owner = day->is_owner;
    if (fct_file_exists(path.data)) {
        d->had_owner |= day->is_owner;
    } else {
        d->is_anyone_dropped = true;
        fct_text_free(&c->part);
        d->n_contenders--;
        status = contender_drop(d, index, err);
    }
out:
    fct_text_free(&path);
    return status;
}

static fct_status contenders_find(day_state *d, fct_error *err)
{
    fct_day_plan *plan = d->plan;
    fct_origins *sources = &plan->symbol->sources;
    bool is_new_added = false;
    d->contenders = calloc(sources->n_sources + 1, sizeof *d->contenders);
    if (!d->contenders)
        return fct_error_memory(err, sources->n_sources * sizeof *d->contenders);
    for (size_t i = 0; i <= sources->n_sources; i++) {
        bool is_end = i == sources->n_sources;
        if (!is_new_added &&
            (is_end || strcmp(sources->sources[i].label, plan->source->label) >= 0)) {
            FCT_TRY(contender_add(d, plan->source, SIZE_MAX, err));
            is_new_added = true;
        }
        if (!is_end && &sources->sources[i] != plan->old)
            FCT_TRY(contender_add(d, plan->changed[i] ? plan->changed[i] : &sources->sources[i], i,
                                  err));
    }
    return FCT_OK;
}

/* Finds the owner and puts it before the others, whose order stays. */
static void owner_find(day_state *d)
{
    size_t owner = SIZE_MAX;
    for (size_t i = 0; i < d->n_contenders; i++)
        if (fct_origin_claims(d->contenders[i].source, d->day) &&
            (owner == SIZE_MAX ||
             fct_origin_owns_before(d->contenders[i].source, d->contenders[owner].source)))
            owner = i;
    const fct_origin_day *old_day = d->plan->old ? fct_origin_day_find(d->plan->old, d->day) : NULL;
    bool was_old_owner = old_day && old_day->is_owner;
    d->had_owner |= was_old_owner;
    d->has_owner = owner != SIZE_MAX;
    d->is_owner_new = d->has_owner != d->had_owner;
    if (!d->has_owner)
        return;
    contender first = d->contenders[owner];
    memmove(d->contenders + 1, d->contenders, owner * sizeof first);
    d->contenders[0] = first;
    d->is_owner_new |= first.index == SIZE_MAX ? !was_old_owner : !first.was_owner;
}

/* ---- Where their rows go ---------------------------------------------------------------------- */

/* All rows of a contender: to data.parquet, or to the spill. */
static fct_status part_place(day_state *d, contender *c, bool is_owner, fct_error *err)
{
    const char *label = c->source->label;
    if (c->index == SIZE_MAX) {
        FCT_TRY(plan_move(d, c->part.data, is_owner ? OWNER : SPILL, label,
                          c->day->file.mark.n_bytes, err));
    } else {
        if (c->was_owner == is_owner)
            return FCT_OK;
        FCT_TRY(contender_change(d, c, err));
        FCT_TRY(plan_move_copy(d, c, is_owner ? OWNER : SPILL, err));
    }
    c->day->is_owner = is_owner;
    if (!is_owner)
        return FCT_OK;
    c->day->n_stored = c->day->file.n_rows;
    c->day->extra = (fct_file_mark){0};
    FCT_TRY(plan_remove(d, SPILL, c->source->label, err));
    return plan_remove(d, EXTRA, c->source->label, err);
}

static bool has_identity(const day_state *d, const fct_origin *source)
{
    return d->plan->symbol->is_klines || source->id_column;
}

static bool may_share_rows(const day_state *d, const contender *a, const contender *b)
{
    return has_identity(d, a->source) && has_identity(d, b->source) &&
           a->day->file.first_time_us <= b->day->file.last_time_us &&
           b->day->file.first_time_us <= a->day->file.last_time_us;
}

/* The rows of contender `i` that those before it lack, as a file of the day's folder. */
static fct_status extra_make(day_state *d, size_t i, fct_job *job, fct_error *err)
{
    contender *c = &d->contenders[i];
    fct_day_part *earlier = calloc(i + 1, sizeof *earlier);
    fct_text *paths = calloc(i + 2, sizeof *paths);
    fct_text staged = {0};
    size_t n_earlier = 0;
    int64_t n_stored = c->day->file.n_rows;
    fct_file_mark mark = c->day->extra;
    fct_status status = FCT_OK;
    if (!earlier || !paths) {
        status = fct_error_memory(err, (i + 2) * sizeof *paths);
        goto out;
    }
    for (size_t j = 0; j < i; j++)
        if (may_share_rows(d, &d->contenders[j], c)) {
            FCT_TRY_OUT(absolute(d, &d->contenders[j].part, &paths[n_earlier], err));
            earlier[n_earlier] = (fct_day_part){paths[n_earlier].data, d->contenders[j].source};
            n_earlier++;
        }
    bool was_whole = c->index != SIZE_MAX && !c->was_owner && c->day->n_stored == n_stored;
    if (!n_earlier) {
        if (!was_whole) {
            FCT_TRY_OUT(contender_change(d, c, err));
            FCT_TRY_OUT(plan_move_copy(d, c, EXTRA, err));
            mark = c->day->file.mark;
        }
    } else {
        FCT_TRY_OUT(contender_change(d, c, err));
        FCT_TRY_OUT(fct_text_append_format(&staged, err, "%s/%s.extra.%s", d->plan->staging,
                                           d->date, c->source->label));
        fct_text *part = &paths[i];
        fct_text *out_path = &paths[i + 1];
        FCT_TRY_OUT(absolute(d, &c->part, part, err));
        FCT_TRY_OUT(absolute(d, &staged, out_path, err));
        fct_day_subtraction subtraction = {.part = {part->data, c->source},
                                           .earlier = earlier,
                                           .n_earlier = n_earlier,
                                           .is_klines = d->plan->symbol->is_klines,
                                           .writer_bytes = d->plan->symbol->writer_bytes};
        FCT_TRY_OUT(fct_day_subtract(&subtraction, out_path->data, job, &n_stored, &mark, err));
        if (n_stored)
            FCT_TRY_OUT(plan_move(d, staged.data, EXTRA, c->source->label, mark.n_bytes, err));
        else
            FCT_TRY_OUT(plan_remove(d, EXTRA, c->source->label, err));
    }
    c->day->n_stored = n_stored;
    c->day->extra = n_stored ? mark : (fct_file_mark){0};
out:
    for (size_t j = 0; paths && j < i + 2; j++)
        fct_text_free(&paths[j]);
    free(paths);
    free(earlier);
    fct_text_free(&staged);
    return status;
}

/* Whether what contender `i` adds to the day may be another than before. */
static bool is_extra_affected(const day_state *d, size_t i)
{
    if (d->is_owner_new || d->is_anyone_dropped)
        return true;
    if (d->has_owner && d->contenders[0].index == SIZE_MAX)
        return true;
    return strcmp(d->plan->source->label, d->contenders[i].source->label) <= 0;
}

static fct_status day_place(day_state *d, fct_job *job, fct_error *err)
{
    const char *label = d->plan->source->label;
    bool is_source_there = false;
    for (size_t i = 0; i < d->n_contenders; i++) {
        is_source_there |= d->contenders[i].index == SIZE_MAX;
        FCT_TRY(part_place(d, &d->contenders[i], i == 0 && d->has_owner, err));
    }
    if (!is_source_there) {
        FCT_TRY(plan_remove(d, SPILL, label, err));
        FCT_TRY(plan_remove(d, EXTRA, label, err));
    }
    if (d->had_owner && !d->has_owner)
        FCT_TRY(plan_remove(d, OWNER, label, err));
    for (size_t i = d->has_owner; i < d->n_contenders; i++)
        if (is_extra_affected(d, i))
            FCT_TRY(extra_make(d, i, job, err));
    return FCT_OK;
}

fct_status fct_day_plan_day(fct_day_plan *plan, int64_t day, fct_job *job, fct_error *err)
{
    day_state d = {.plan = plan, .day = day};
    fct_date_format(day, d.date);
    fct_symbol_store *symbol = plan->symbol;
    fct_status status;
    FCT_TRY_OUT(contenders_find(&d, err));
    owner_find(&d);
    FCT_TRY_OUT(day_place(&d, job, err));
    if (d.is_folder_written)
        symbol->days_written[symbol->n_days_written + plan->n_days_written++] = day;
out:
    for (size_t i = 0; i < d.n_contenders; i++)
        fct_text_free(&d.contenders[i].part);
    free(d.contenders);
    return status;
}
