/* What becomes of the files of one day when a source's rows of it change. */
#ifndef FCT_STORE_DAY_PLAN_H
#define FCT_STORE_DAY_PLAN_H

#include "store/day_commit.h"
#include "store/journal.h"

/* One commit while it is planned: nothing of the store is touched, all goes to staging folders and the journal. */
typedef struct fct_day_plan {
    fct_symbol_store *symbol;
    fct_origin *source;    /* the new one whose turn it is */
    const fct_origin *old; /* the one it replaces, or NULL */
    const char *staging;
    fct_journal journal;
    fct_origin **changed; /* for each source of the symbol, NULL or a copy with changes */
    int64_t bytes_written;
    size_t n_days_written; /* behind those of the symbol; it has room for them */
} fct_day_plan;

fct_status fct_day_plan_day(fct_day_plan *plan, int64_t day, fct_job *job, fct_error *err);
void fct_day_plan_free(fct_day_plan *plan);

/* Paths below the root: all rows of a source of one day; those of them that are new in that day's folder. */
fct_status fct_day_part_path(fct_text *out, const fct_symbol_store *symbol,
                             const fct_origin *source, const fct_origin_day *day, fct_error *err);
fct_status fct_day_extra_path(fct_text *out, const fct_symbol_store *symbol, const char *label,
                              int64_t day, fct_error *err);

#endif
