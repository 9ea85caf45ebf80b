#include "bars/cached_days.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/threads.h"

/* What an outline takes, its texts included, at most. */
enum { OUTLINE_BYTES = 4096 };

typedef struct opening {
    const fct_bars_plan *plan;
    fct_job *job;
    fct_cached_days *days;
    const fct_store_day **sources; /* of each day */
    size_t *symbols;
    bool *is_new;             /* of each day: the index does not have it yet */
    fct_cache_index *indices; /* of each symbol */
    atomic_size_t held_bytes;
    atomic_bool lacks_one;
} opening;

/* Whether there is room for one more outline. */
static bool hold(opening *o)
{
    if (fct_job_memory_hold(o->job, OUTLINE_BYTES, "cached bars", NULL) != FCT_OK)
        return false;
    atomic_fetch_add(&o->held_bytes, OUTLINE_BYTES);
    return true;
}

static fct_status read_index(size_t symbol, int thread, void *context, fct_error *err)
{
    (void)thread;
    opening *o = context;
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(fct_bar_cache_index_path(o->plan->cache, o->plan->selection->symbols[symbol].symbol,
                                         &path, err));
    status = fct_cache_index_read(path.data, &o->indices[symbol], err);
out:
    fct_text_free(&path);
    return status;
}

/* What the index lacks of the days that were found is added. That it cannot be written costs the next load some time. */
static fct_status write_index(size_t symbol, int thread, void *context, fct_error *err)
{
    (void)thread;
    const opening *o = context;
    size_t first = o->days->first[symbol];
    size_t end = o->days->first[symbol + 1];
    fct_text path = {0};
    fct_status status = FCT_OK;
    size_t n = 0;
    for (size_t i = first; i < end; i++)
        n += o->is_new[i];
    if (!n)
        return FCT_OK;
    fct_cache_record *records = calloc(n, sizeof *records);
    if (!records)
        return fct_error_memory(err, n * sizeof *records);
    n = 0;
    for (size_t i = first; i < end; i++)
        if (o->is_new[i])
            fct_cache_outline_record(o->days->days[i].outline, o->days->days[i].day, &records[n++]);
    FCT_TRY_OUT(fct_bar_cache_index_path(o->plan->cache, o->plan->selection->symbols[symbol].symbol,
                                         &path, err));
    status = fct_cache_index_write(path.data, &o->indices[symbol], records, n, err);
    if (status != FCT_ERROR_MEMORY)
        status = FCT_OK;
out:
    fct_text_free(&path);
    free(records);
    return status;
}

static fct_status open_day(size_t i, int thread, void *context, fct_error *err)
{
    (void)thread;
    opening *o = context;
    const char *symbol = o->plan->selection->symbols[o->symbols[i]].symbol;
    if (atomic_load(&o->lacks_one))
        return FCT_OK;
    FCT_TRY(fct_job_check(o->job, err));
    fct_cache_outline **outline = &o->days->days[i].outline;
    FCT_TRY(fct_bar_cache_find(o->plan->cache, symbol, o->sources[i], &o->indices[o->symbols[i]],
                               outline, &o->is_new[i], err));
    if (!*outline || !hold(o))
        atomic_store(&o->lacks_one, true);
    return FCT_OK;
}

static fct_status list_days(opening *o, size_t n_days, fct_error *err)
{
    const fct_store_selection *selection = o->plan->selection;
    fct_cached_days *out = o->days;
    size_t n = 0;
    out->days = calloc(n_days + 1, sizeof *out->days);
    out->first = calloc(selection->n_symbols + 1, sizeof *out->first);
    o->sources = calloc(n_days + 1, sizeof(fct_store_day *));
    o->symbols = calloc(n_days + 1, sizeof *o->symbols);
    o->is_new = calloc(n_days + 1, sizeof *o->is_new);
    o->indices = calloc(selection->n_symbols + 1, sizeof *o->indices);
    if (!out->days || !out->first || !o->sources || !o->symbols || !o->is_new || !o->indices)
        return fct_error_memory(err, (n_days + 1) * sizeof *out->days);
    for (size_t s = 0; s < selection->n_symbols; s++) {
        const fct_store_days *days = &selection->symbols[s].days;
        for (size_t i = 0; i < days->n_days; i++, n++) {
            out->days[n].day = days->days[i].day;
            o->sources[n] = &days->days[i];
            o->symbols[n] = s;
        }
        out->first[s + 1] = n;
    }
    out->n_symbols = selection->n_symbols;
    return FCT_OK;
}

/* All of the days have sides, or none has; else building them says which. */
static bool sides_agree(fct_cached_days *days, size_t n_days)
{
    days->has_side = n_days && fct_cache_outline_has_side(days->days[0].outline);
    for (size_t i = 1; i < n_days; i++)
        if (fct_cache_outline_has_side(days->days[i].outline) != days->has_side)
            return false;
    return true;
}

fct_status fct_cached_days_open(const fct_bars_plan *plan, fct_job *job, fct_cached_days *out,
                                fct_error *err)
{
    opening o = {.plan = plan, .job = job, .days = out};
    size_t n_days = 0;
    fct_status status;
    *out = (fct_cached_days){.interval_us = plan->bar.interval_ms * 1000};
    for (size_t s = 0; s < plan->selection->n_symbols; s++)
        n_days += plan->selection->symbols[s].days.n_days;
    FCT_TRY_OUT(list_days(&o, n_days, err));
    FCT_TRY_OUT(fct_parallel_for(job->run.n_threads, out->n_symbols, read_index, &o, err));
    FCT_TRY_OUT(fct_parallel_for(job->run.n_threads, n_days, open_day, &o, err));
    out->held_bytes = atomic_load(&o.held_bytes);
    if (atomic_load(&o.lacks_one) || !sides_agree(out, n_days)) {
        fct_cached_days_free(out, job);
        goto out;
    }
    atomic_fetch_add(&plan->cache->n_found, (long long)n_days);
    status = fct_parallel_for(job->run.n_threads, out->n_symbols, write_index, &o, err);
out:
    for (size_t s = 0; o.indices && s < plan->selection->n_symbols; s++)
        fct_cache_index_free(&o.indices[s]);
    free(o.indices);
    free(o.is_new);
    free((void *)o.sources);
    free(o.symbols);
    if (status != FCT_OK) {
        out->held_bytes = atomic_load(&o.held_bytes);
        fct_cached_days_free(out, job);
    }
    return status;
}

void fct_cached_days_free(fct_cached_days *days, fct_job *job)
{
    for (size_t i = 0; days->n_symbols && i < days->first[days->n_symbols]; i++)
        fct_cache_outline_free(days->days[i].outline);
    free(days->days);
    free(days->first);
    fct_job_memory_give(job, days->held_bytes);
    *days = (fct_cached_days){0};
}
