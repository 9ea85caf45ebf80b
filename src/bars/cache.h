/* The daily cache of time bars: where entries lie, what they depend on, and what is done when one cannot be used. */
#ifndef FCT_BARS_CACHE_H
#define FCT_BARS_CACHE_H

#include <stdatomic.h>

#include "bars/cache_index.h"
#include "store/select.h"

/* The folder of entries; a new number, in both lines, leaves those of an older version aside. */
#define FCT_CACHE_VERSION_NUMBER 3
#define FCT_CACHE_VERSION "bars-3"

/*
 * The cache as one call sees it: bars of one market and data type, one interval, one set of columns. May be shared by
 * threads; processes share the folder. Starts as {0}; ended by fct_bar_cache_close.
 */
typedef struct fct_bar_cache {
    fct_text folder;   /* FOLDER/bars-3 */
    fct_text columns;  /* which columns of the trades mean what */
    fct_text interval; /* the name of the last folder: "interval=1m-5f0c2a91" */
    const char *market, *data_type;
    int64_t interval_us;
    fct_job *job;
    atomic_bool gave_up; /* an entry could not be written: no other is tried */
    atomic_llong n_found, n_made;
} fct_bar_cache;

/*
 * `folder` NULL: STORE/.cache. `map` as in fct_bars_plan. `market` and `data_type` must outlive the cache. Makes no
 * folder yet.
 */
fct_status fct_bar_cache_open(fct_bar_cache *cache, const char *store, const char *folder,
                              const char *market, const char *data_type, const fct_column_map *map,
                              int64_t interval_us, fct_job *job, fct_error *err);

/* Says in a detail message how much came from the cache. */
void fct_bar_cache_close(fct_bar_cache *cache);

/* The path of an entry, appended to `out`. */
fct_status fct_bar_cache_path(const fct_bar_cache *cache, const char *symbol, int64_t day,
                              fct_text *out, fct_error *err);

/* The path of the index of a symbol's entries, appended to `out`. */
fct_status fct_bar_cache_index_path(const fct_bar_cache *cache, const char *symbol, fct_text *out,
                                    fct_error *err);

/* Size, times and inode of each file of the day: what tells that its trades are still those. Replaces `out`. */
fct_status fct_bar_cache_source(const fct_store_day *day, fct_text *out, fct_error *err);

/* Whether the day's bars are cached, and then the bars. A broken entry is a warning, and not found. */
fct_status fct_bar_cache_get(fct_bar_cache *cache, const char *symbol, int64_t day,
                             const char *source, fct_bar_array *bars, bool *has_side, bool *found,
                             fct_error *err);

/*
 * The outline of the day's entry, by the index or from its footer (then *is_new); `out` is NULL where there is none that
 * is whole and of these trades, without a message.
 */
fct_status fct_bar_cache_find(fct_bar_cache *cache, const char *symbol, const fct_store_day *day,
                              const fct_cache_index *index, fct_cache_outline **out, bool *is_new,
                              fct_error *err);

/* Keeps the bars. */
fct_status fct_bar_cache_write(const fct_bar_cache *cache, const char *symbol, int64_t day,
                               const char *source, const fct_bar_array *bars, bool has_side,
                               fct_error *err);

/* Like fct_bar_cache_write, for bars that are only kept for later. That they cannot be kept is a message, no failure. */
fct_status fct_bar_cache_put(fct_bar_cache *cache, const char *symbol, int64_t day,
                             const char *source, const fct_bar_array *bars, bool has_side,
                             fct_error *err);

#endif
