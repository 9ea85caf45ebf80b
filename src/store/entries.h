/* Every symbol of every market and data type that a store has. */
#ifndef FCT_STORE_ENTRIES_H
#define FCT_STORE_ENTRIES_H

#include "store/paths.h"

typedef struct fct_store_entry {
    char *market, *data_type, *symbol;
} fct_store_entry;

/* Starts as {0}; freed by fct_store_entries_free. */
typedef struct fct_store_entries {
    fct_store_entry *entries;
    size_t n_entries, capacity;
} fct_store_entries;

/*
 * Those that are wanted, in the order of their names. NULL fields of `dataset` and NULL `symbols` mean all; "klines" means
 * those of all intervals. FCT_ERROR_NOT_FOUND where there is none.
 */
fct_status fct_store_entries_list(const fct_store *store, const fct_dataset *dataset,
                                  const char *const *symbols, size_t n_symbols,
                                  fct_store_entries *out, fct_error *err);
void fct_store_entries_free(fct_store_entries *entries);

static inline fct_store_key fct_store_entry_key(const fct_store_entry *entry)
{
    return (fct_store_key){entry->market, entry->data_type, entry->symbol};
}

#endif
