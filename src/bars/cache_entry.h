/* A file of the cache: the unfinished bars of one day, and the digest without which they are not believed. */
#ifndef FCT_BARS_CACHE_ENTRY_H
#define FCT_BARS_CACHE_ENTRY_H

#include "bars/join.h"
#include "base/digest.h"

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
 * FCT_ERROR_INTEGRITY where a single bit is not what was written, FCT_ERROR_LIMIT where the bars do not fit their budget.
 */
fct_status fct_cache_entry_read(const char *path, fct_cache_label *label, int64_t interval_us,
                                fct_bar_array *bars, fct_error *err);

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

/* What the footer of an entry says: how many bars there are, before there is room for them. */
typedef struct fct_cache_outline fct_cache_outline;

/*
 * Reads the footer and checks its label; errors as of fct_cache_entry_read. No descriptor stays open. Freed by
 * fct_cache_outline_free.
 */
fct_status fct_cache_outline_read(fct_cache_outline **out, const char *path,
                                  const fct_cache_label *label, fct_error *err);
void fct_cache_outline_free(fct_cache_outline *outline); /* accepts NULL */

/*
 * The same from a record of the index, which spares the footer. FCT_ERROR_NOT_FOUND where the record is of another source.
 */
struct fct_cache_record;
fct_status fct_cache_outline_of(fct_cache_outline **out, const char *path,
                                const fct_cache_label *label, const struct fct_cache_record *record,
                                fct_error *err);

/* The record for the index. */
void fct_cache_outline_record(const fct_cache_outline *outline, int64_t day,
                              struct fct_cache_record *record);
size_t fct_cache_outline_n_bars(const fct_cache_outline *outline);
bool fct_cache_outline_has_side(const fct_cache_outline *outline);

/*
 * Reads all bars: column i's go to `columns` from i * n_bars on, 8 bytes each. `digest` is for working with.
 * FCT_ERROR_INTEGRITY where the columns' digest does not hold, or the file has gone; the index is then removed, too.
 */
fct_status fct_cache_outline_columns(const fct_cache_outline *outline, fct_digest *digest,
                                     void *columns, fct_error *err);

#endif
