#include "shard/store_marks.h"

#include <stdlib.h>

#include "base/threads.h"

typedef struct marking {
    fct_shard_store *store;
    fct_job *job;
} marking;

static fct_status mark_symbol(size_t item, int thread, void *context, fct_error *err)
{
    (void)thread;
    const marking *m = context;
    fct_shard_store *store = m->store;
    const fct_store_days *days = &store->symbols[item]->days;
    FCT_TRY(fct_job_check(m->job, err));
    for (size_t i = 0; i < days->n_days; i++) {
        fct_shard_mark *mark = &store->marks[store->first_mark[item] + i];
        FCT_TRY(fct_shard_mark_day(&store->selection.store, &days->days[i], mark, err));
        store->weights[item] += fct_shard_mark_weight(mark);
    }
    return FCT_OK;
}

double fct_shard_mark_weight(const fct_shard_mark *mark)
{
    return mark->n_bytes ? (double)mark->n_bytes : 1;
}

static fct_status mark(fct_shard_store *store, fct_job *job, fct_error *err)
{
    const fct_store_selection *selection = &store->selection;
    size_t n = selection->n_symbols;
    store->symbols = calloc(n + 1, sizeof *store->symbols);
    store->first_mark = calloc(n + 1, sizeof *store->first_mark);
    store->weights = calloc(n + 1, sizeof *store->weights);
    if (!store->symbols || !store->first_mark || !store->weights)
        return fct_error_memory(err, n * sizeof *store->symbols);
    size_t n_marks = 0;
    for (size_t i = 0; i < n; i++) {
        if (!selection->symbols[i].days.n_days)
            continue;
        store->symbols[store->n_symbols] = &selection->symbols[i];
        n_marks += selection->symbols[i].days.n_days;
        store->first_mark[++store->n_symbols] = n_marks;
    }
    store->marks = calloc(n_marks + 1, sizeof *store->marks);
    if (!store->marks)
        return fct_error_memory(err, n_marks * sizeof *store->marks);
    marking m = {store, job};
    return fct_parallel_for(job->run.n_threads, store->n_symbols, mark_symbol, &m, err);
}

fct_status fct_shard_store_open(fct_shard_store *store, const fct_bars_request *request,
                                fct_job *job, fct_error *err)
{
    const fct_store_request wanted = fct_bars_store_request(request);
    FCT_TRY(fct_bars_request_check(request, err));
    FCT_TRY(fct_store_select(&wanted, job, &store->selection, err));
    FCT_TRY(fct_bars_resolve(request, &store->selection, &store->resolved, err));
    return mark(store, job, err);
}

void fct_shard_store_free(fct_shard_store *store)
{
    free(store->symbols);
    free(store->first_mark);
    free(store->marks);
    free(store->weights);
    fct_store_selection_free(&store->selection);
}

fct_status fct_shard_store_describe(const fct_shard_store *store, const fct_bars_request *request,
                                    fct_shard *shard, char hex[FCT_SHARD_HEX + 1], fct_error *err)
{
    const fct_store_request wanted = fct_bars_store_request(request);
    int64_t first_day = wanted.first_day;
    int64_t end_day = wanted.end_day;
    fct_shard_source source = {0};
    fct_status status = FCT_OK;
    fct_shard_days(shard->from_ms, shard->to_ms, &first_day, &end_day);
    shard->n_bytes = 0;
    for (size_t i = shard->first_symbol; i < shard->end_symbol; i++) {
        const fct_store_symbol *symbol = store->symbols[i];
        for (size_t day = 0; day < symbol->days.n_days; day++) {
            const fct_shard_mark *mark = &store->marks[store->first_mark[i] + day];
            int64_t number = symbol->days.days[day].day;
            if (number < first_day || number >= end_day)
                continue;
            FCT_TRY_OUT(fct_shard_source_add(&source, symbol->symbol, number, mark, err));
            bool is_own =
                number >=
                    first_day + (shard->from_ms != INT64_MIN && first_day > wanted.first_day) &&
                number < end_day - (shard->to_ms != INT64_MAX && end_day < wanted.end_day);
            shard->n_bytes += is_own ? mark->n_bytes : 0;
        }
    }
out:
    fct_shard_source_end(&source, hex);
    return status;
}
