/* Time bars of one day after another become one series: bars that two days share are merged. */
#ifndef FCT_BARS_JOIN_H
#define FCT_BARS_JOIN_H

#include "bars/list.h"

/*
 * Growing array of unfinished bars. Starts as {0}, or with the job in whose budget its memory is held; freed by
 * fct_bar_array_free, which leaves the job.
 */
typedef struct fct_bar_array {
    fct_bar *bars;
    size_t n_bars, capacity;
    fct_job *job; /* NULL: no budget */
} fct_bar_array;

fct_status fct_bar_array_reserve(fct_bar_array *array, size_t n_more, fct_error *err);
void fct_bar_array_free(fct_bar_array *array);

/* Adds a series in time order to another: a bar that both have is merged. */
fct_status fct_bar_array_merge(fct_bar_array *into, const fct_bar_array *bars, fct_error *err);

/* The end of a symbol's series that later days may still change. Starts as {0}. */
typedef struct fct_bar_join {
    fct_bar_array pending;
    int64_t final_us; /* bars that start before are in the list */
} fct_bar_join;

/*
 * Takes the bars of `day`, whose array may be taken with them, the days coming in ascending order. A bar is final, and goes to `list`, when no later day
 * can reach it: a day's files may hold rows of the day before.
 */
fct_status fct_bar_join_add(fct_bar_join *join, fct_bar_array *bars, int64_t day,
                            fct_bar_list *list, fct_job *job, fct_error *err);

/* No day comes any more. */
fct_status fct_bar_join_end(fct_bar_join *join, fct_bar_list *list, fct_job *job, fct_error *err);
void fct_bar_join_free(fct_bar_join *join);

#endif
