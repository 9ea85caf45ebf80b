/* What a source gave takes its place in the store: days, the other files of those days, records; all or nothing. */
#ifndef FCT_STORE_DAY_COMMIT_H
#define FCT_STORE_DAY_COMMIT_H

#include "store/manifest.h"

/* What the store has of one symbol, while an ingest runs. For one thread at a time. */
typedef struct fct_symbol_store {
    const char *root; /* the caller's */
    fct_store_key key;
    bool is_klines;      /* klines, or a plain table: all columns tell rows apart */
    size_t writer_bytes; /* fct_day_output_bytes of the symbol's rows */
    fct_origins sources;
    int64_t *days_written; /* days whose folder changed, some more than once */
    size_t n_days_written;
    int64_t bytes_written; /* into day folders */
} fct_symbol_store;

/*
 * A new source. Its rows are in the folder `staging` (below the root, relative to it) as YYYY-MM-DD.parquet, its list of
 * bad rows, where it has some, as bad_rows.csv.
 */
typedef struct fct_day_source {
    fct_origin *source;
    const char *staging;
} fct_day_source;

/*
 * How days are laid out, so that their files depend on nothing but the sources:
 *  - A day's data.parquet holds all rows of its owner: of the sources that claim the day, the one that
 *    fct_origin_owns_before all others.
 *  - Every other source S keeps its rows of the day in .factorium/spill, and the day's folder has data-S.parquet with
 *    those of them that neither data.parquet nor the data-….parquet of a lower label has; none, no file.
 *
 * Puts each of `sources`, which do not meet, in the place of the one with its label, and all files where they then belong,
 * with one journal. Each is taken over and left zeroed on success. *recorded: see fct_journal_apply.
 */
fct_status fct_day_commit(fct_symbol_store *symbol, const fct_day_source *sources, size_t n_sources,
                          fct_job *job, bool *recorded, fct_error *err);

/* Whether what two new sources change is not for one journal: they touch the same day, or may be the same. */
bool fct_day_sources_meet(const fct_symbol_store *symbol, const fct_origin *a, const fct_origin *b);

/* Whether all that the store has of `source` is still there. FCT_ERROR_MEMORY or FCT_OK. */
fct_status fct_origin_is_complete(const fct_symbol_store *symbol, const fct_origin *source,
                                  bool *is_complete, fct_error *err);

/* Appends the path, below the root, of the list of bad rows of a source. */
fct_status fct_bad_rows_path(fct_text *out, const fct_store_key *key, const char *label,
                             fct_error *err);

void fct_symbol_store_free(fct_symbol_store *symbol);

#endif
