/* Sorts the rows of a file by (time, id), then as they came, in a fixed amount of memory. */
#ifndef FCT_STORE_SORT_H
#define FCT_STORE_SORT_H

#include "store/rows.h"

/* ---- In memory ---- */

typedef struct fct_sort_key {
    int64_t time_us, id;
    uint32_t row;
} fct_sort_key;

/*
 * A stable sort by (time_us, id). The result lies in `keys` or in `scratch` (of the same size); returns which.
 */
fct_sort_key *fct_sort_keys(fct_sort_key *keys, fct_sort_key *scratch, size_t n_keys);

/* ---- Any number of rows ---- */

typedef struct fct_sorter fct_sorter;

/*
 * Holds at most `memory_bytes` (at least FCT_SORT_MIN_BYTES). Rows that do not fit are written, in sorted runs, to a
 * file without a name in `temp_dir`, which is gone with the sorter or the process. `schema` must outlive it.
 * Freed by fct_sorter_free.
 */
#define FCT_SORT_MIN_BYTES ((size_t)4 << 20)
fct_status fct_sorter_open(fct_sorter **out, const fct_archive_schema *schema, size_t memory_bytes,
                           const char *temp_dir, fct_error *err);
fct_status fct_sorter_add(fct_sorter *sorter, const fct_archive_block *rows, fct_error *err);

/* The rows in order, valid until the next call; n_rows 0 at the end. Nothing can be added after the first call. */
fct_status fct_sorter_next(fct_sorter *sorter, fct_archive_block *rows, fct_error *err);
void fct_sorter_free(fct_sorter *sorter); /* accepts NULL */

#endif
