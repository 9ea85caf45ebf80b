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

/* An entry whose columns are read one by one. For one thread at a time. */
typedef struct fct_cache_entry fct_cache_entry;

/* The columns of a finished bar: whole numbers start_us, num_trades and num_buyer; doubles. */
enum {
    FCT_ENTRY_START_US,
    FCT_ENTRY_OPEN,
    FCT_ENTRY_HIGH,
    FCT_ENTRY_LOW,
    FCT_ENTRY_CLOSE,
    FCT_ENTRY_VOLUME,
    FCT_ENTRY_NOTIONAL,
    FCT_ENTRY_BUYER_VOLUME,
    FCT_ENTRY_SELLER_VOLUME,
    FCT_ENTRY_NUM_TRADES,
    FCT_ENTRY_NUM_BUYER,
    FCT_ENTRY_COLUMNS
};

/*
 * Reads the file and checks its label; errors as of fct_cache_entry_read. No descriptor stays open of a file that is not
 * large. Closed by fct_cache_entry_close.
 */
fct_status fct_cache_entry_open(fct_cache_entry **out, const char *path,
                                const fct_cache_label *label, fct_error *err);
void fct_cache_entry_close(fct_cache_entry *entry); /* accepts NULL */
size_t fct_cache_entry_n_bars(const fct_cache_entry *entry);
bool fct_cache_entry_has_side(const fct_cache_entry *entry);

/*
 * Reads all bars: column i's go to `columns` from i * n_bars on, 8 bytes each. FCT_ERROR_INTEGRITY where their digest does
 * not hold.
 */
fct_status fct_cache_entry_columns(const fct_cache_entry *entry, void *columns, fct_error *err);

#endif
