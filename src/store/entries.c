#include "store/entries.h"

#include <stdlib.h>
#include <string.h>

void fct_store_entries_free(fct_store_entries *entries)
{
    for (size_t i = 0; i < entries->n_entries; i++) {
        free(entries->entries[i].market);
        free(entries->entries[i].data_type);
        free(entries->entries[i].symbol);
    }
    free(entries->entries);
    *entries = (fct_store_entries){0};
}

static fct_status add_entry(fct_store_entries *list, const char *market, const char *data_type,
                            const char *symbol, fct_error *err)
{
    if (list->n_entries == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        fct_store_entry *entries = realloc(list->entries, capacity * sizeof *entries);
        if (!entries)
            return fct_error_memory(err, capacity * sizeof *entries);
        list->entries = entries;
        list->capacity = capacity;
    }
    fct_store_entry *entry = &list->entries[list->n_entries++];
    *entry = (fct_store_entry){.market = fct_text_copy(market),
                               .data_type = fct_text_copy(data_type),
                               .symbol = fct_text_copy(symbol)};
    return entry->market && entry->data_type && entry->symbol ? FCT_OK : fct_error_memory(err, 64);
}

static bool is_wanted(const char *name, const char *const *wanted, size_t n_wanted)
{
    for (size_t i = 0; wanted && i < n_wanted; i++)
        if (strcmp(name, wanted[i]) == 0)
            return true;
    return !wanted;
}

static bool is_type(const char *data_type, const fct_dataset *dataset)
{
    size_t n = dataset->data_type ? strlen(dataset->data_type) : 0;
    return !n || strcmp(data_type, dataset->data_type) == 0 ||
           (strncmp(data_type, dataset->data_type, n) == 0 && data_type[n] == '_' &&
            (!dataset->interval || strcmp(data_type + n + 1, dataset->interval) == 0));
}

fct_status fct_store_entries_list(const fct_store *store, const fct_dataset *dataset,
                                  const char *const *symbols, size_t n_symbols,
                                  fct_store_entries *out, fct_error *err)
{
    static const fct_dataset any;
    fct_names markets = {0};
    fct_names types = {0};
    fct_names names = {0};
    fct_status status;
    dataset = dataset ? dataset : &any;
    FCT_TRY_OUT(fct_store_names_list(store, NULL, NULL, &markets, err));
    for (size_t m = 0; m < markets.n_names; m++) {
        if (dataset->market && strcmp(markets.names[m], dataset->market) != 0)
            continue;
        fct_names_free(&types);
        FCT_TRY_OUT(fct_store_names_list(store, markets.names[m], NULL, &types, err));
        for (size_t t = 0; t < types.n_names; t++) {
            if (!is_type(types.names[t], dataset))
                continue;
            fct_names_free(&names);
            FCT_TRY_OUT(fct_store_names_list(store, markets.names[m], types.names[t], &names, err));
            for (size_t s = 0; s < names.n_names; s++)
                if (is_wanted(names.names[s], symbols, n_symbols))
                    FCT_TRY_OUT(
                        add_entry(out, markets.names[m], types.names[t], names.names[s], err));
        }
    }
    if (!out->n_entries)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "the store %s has nothing of what was asked for", store->root);
out:
    fct_names_free(&markets);
    fct_names_free(&types);
    fct_names_free(&names);
    return status;
}
