/*
 * The index of a series of entries: what their footers say, in one small file beside them, so that a load opens each entry
 * once. It only saves time: an entry that is not as its record says does not have the digest of its record.
 */
#ifndef FCT_BARS_CACHE_INDEX_H
#define FCT_BARS_CACHE_INDEX_H

#include "bars/cache_entry.h"

/* Its dot keeps it from readers of all files of a folder. */
#define FCT_CACHE_INDEX_NAME ".index"

/* What the footer of an entry says; as it is in the file. */
typedef struct fct_cache_record {
    int64_t day;
    uint64_t source; /* digest of the label's source */
    uint64_t digest; /* of the label and the columns */
    int64_t offset;  /* of the first column's page in the entry */
    uint32_t n_bars;
    uint8_t has_side;
    uint8_t header_bytes[FCT_ENTRY_COLUMNS]; /* of the one page of each column, before its values */
} fct_cache_record;

/* Starts as {0}; freed by fct_cache_index_free. */
typedef struct fct_cache_index {
    fct_cache_record *records; /* by day */
    size_t n_records;
} fct_cache_index;

/* Reads an index. One that is not there, or not whole, is empty: only a lack of memory fails. */
fct_status fct_cache_index_read(const char *path, fct_cache_index *out, fct_error *err);

/* The same of the bytes of one. */
fct_status fct_cache_index_parse(const void *bytes, size_t n_bytes, fct_cache_index *out,
                                 fct_error *err);
void fct_cache_index_free(fct_cache_index *index);

/* The record of a day, or NULL. */
const fct_cache_record *fct_cache_index_find(const fct_cache_index *index, int64_t day);

/* Writes the index with some records, by day, in place of those that it has of their days. */
fct_status fct_cache_index_write(const char *path, const fct_cache_index *index,
                                 const fct_cache_record *records, size_t n_records, fct_error *err);

/* Removes the index that has a record of an entry: it may not be true any more. */
fct_status fct_cache_index_remove(const char *entry_path, fct_error *err);

#endif
