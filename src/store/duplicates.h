/* Which rows arrived before. Rows come in (time, id) order, so only those of the present key are remembered. */
#ifndef FCT_STORE_DUPLICATES_H
#define FCT_STORE_DUPLICATES_H

#include "store/rows.h"

/* Starts as {.identity = …}. Freed by fct_duplicates_free. */
typedef struct fct_duplicates {
    fct_row_identity identity;
    bool started;
    int64_t time_us, id; /* the present key */
    uint64_t *values;    /* of each distinct row of that key, identity.n_columns a row */
    size_t n_rows, capacity;
} fct_duplicates;

/*
 * Whether row `i` has the same key and values as one seen since that key began; if not, it is remembered. Values are
 * compared as numbers, so that 0 and -0 are one. FCT_ERROR_DATA where a key has thousands of different rows.
 */
fct_status fct_duplicates_check(fct_duplicates *seen, const fct_archive_schema *schema,
                                const fct_archive_block *rows, int64_t i, bool *is_duplicate,
                                fct_error *err);

/* Like fct_duplicates_check for a row that is known to start a key of its own. */
fct_status fct_duplicates_start(fct_duplicates *seen, const fct_archive_schema *schema,
                                const fct_archive_block *rows, int64_t i, fct_error *err);

void fct_duplicates_free(fct_duplicates *seen);

#endif
