#include "bars/join.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

fct_status fct_bar_array_reserve(fct_bar_array *array, size_t n_more, fct_error *err)
{
    if (array->n_bars + n_more <= array->capacity)
        return FCT_OK;
    size_t capacity =
        array->capacity * 2 > array->n_bars + n_more ? array->capacity * 2 : array->n_bars + n_more;
    size_t n_bytes = (capacity - array->capacity) * sizeof(fct_bar);
    if (array->job)
        FCT_TRY(fct_job_memory_hold(array->job, n_bytes, "bars", err));
    fct_bar *grown = realloc(array->bars, capacity * sizeof *grown);
    if (!grown) {
        if (array->job)
            fct_job_memory_give(array->job, n_bytes);
        return fct_error_memory(err, capacity * sizeof *grown);
    }
    array->bars = grown;
    array->capacity = capacity;
    return FCT_OK;
}

void fct_bar_array_free(fct_bar_array *array)
{
    free(array->bars);
    if (array->job && array->capacity)
        fct_job_memory_give(array->job, array->capacity * sizeof(fct_bar));
    *array = (fct_bar_array){.job = array->job};
}

void fct_bar_join_free(fct_bar_join *join)
{
    fct_bar_array_free(&join->pending);
}

fct_status fct_bar_array_merge(fct_bar_array *into, const fct_bar_array *bars, fct_error *err)
{
    fct_bar_array out = {.job = bars->job};
    FCT_TRY(fct_bar_array_reserve(&out, into->n_bars + bars->n_bars, err));
    for (size_t i = 0, j = 0; i < into->n_bars || j < bars->n_bars;) {
        const fct_bar *a = i < into->n_bars ? &into->bars[i] : NULL;
        const fct_bar *b = j < bars->n_bars ? &bars->bars[j] : NULL;
        fct_bar *to = &out.bars[out.n_bars++];
        assert(out.bars && (a || b));
        if (a && (!b || a->start_us <= b->start_us)) {
            *to = *a;
            i++;
            if (!b || b->start_us != a->start_us)
                continue;
            fct_bar_add_bar(to, b);
        } else {
            *to = *b;
        }
        j++;
    }
    fct_bar_array_free(into);
    *into = out;
    return FCT_OK;
}

/* Hands on the bars that end by `until_us`. */
static fct_status flush(fct_bar_join *join, int64_t until_us, fct_bar_list *list, fct_job *job,
                        fct_error *err)
{
    fct_bar_array *pending = &join->pending;
    size_t n_final = 0;
    for (; n_final < pending->n_bars && pending->bars[n_final].end_us <= until_us; n_final++) {
        fct_finished_bar bar = fct_bar_finish(&pending->bars[n_final]);
        FCT_TRY(fct_bar_list_append(list, job, &bar, err));
        join->final_us = pending->bars[n_final].end_us;
    }
    pending->n_bars -= n_final;
    if (!pending->n_bars)
        fct_bar_array_free(pending);
    else if (n_final)
        memmove(pending->bars, pending->bars + n_final, pending->n_bars * sizeof *pending->bars);
    return FCT_OK;
}

fct_status fct_bar_join_add(fct_bar_join *join, fct_bar_array *bars, int64_t day,
                            fct_bar_list *list, fct_job *job, fct_error *err)
{
    if (!bars->n_bars)
        return FCT_OK;
    if (bars->bars[0].start_us < join->final_us) {
        char date[11];
        fct_date_format(day, date);
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the files of %s hold trades from before the day before: ingest "
                             "their source again, which puts every trade into its own day",
                             date);
    }
    /* Mostly the days do not touch: then what waits is final, and the new bars wait in its place. */
    const fct_bar_array *pending = &join->pending;
    if (pending->n_bars && pending->bars[pending->n_bars - 1].end_us <= bars->bars[0].start_us)
        FCT_TRY(flush(join, day * FCT_US_PER_DAY, list, job, err));
    if (!pending->n_bars) {
        fct_bar_array_free(&join->pending);
        join->pending = *bars;
        *bars = (fct_bar_array){.job = bars->job};
    } else {
        FCT_TRY(fct_bar_array_merge(&join->pending, bars, err));
    }
    return flush(join, day * FCT_US_PER_DAY, list, job, err);
}

fct_status fct_bar_join_end(fct_bar_join *join, fct_bar_list *list, fct_job *job, fct_error *err)
{
    return flush(join, INT64_MAX, list, job, err);
}
