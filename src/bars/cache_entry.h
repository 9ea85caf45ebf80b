/* A file of the cache: the unfinished bars of one day, and the digest without which they are not believed. */
#ifndef FCT_BARS_CACHE_ENTRY_H
#define FCT_BARS_CACHE_ENTRY_H

#include "bars/join.h"

/* What an entry says of itself. */
typedef struct fct_cache_label {
    const char *key;    /* all that the bars depend on, but for the trades */
    const char *source; /* the files that the trades came from, as they were */
    bool has_side;
} fct_cache_label;

/* Writes an entry, which appears whole or not at all. */
fct_status fct_cache_entry_write(const char *path, const fct_cache_label *label,
                                 const fct_bar_array *bars, fct_error *err);

/*
 * Reads an entry into `bars` (which starts as {0}) and label->has_side. `label` says what is expected; a NULL key
 * or source is any. `interval_us` is the bars'. FCT_ERROR_NOT_FOUND where there is no entry, or one of another key or source;
 * FCT_ERROR_INTEGRITY where a single bit is not what was written.
 */
fct_status fct_cache_entry_read(const char *path, fct_cache_label *label, int64_t interval_us,
                                fct_bar_array *bars, fct_error *err);

#endif
