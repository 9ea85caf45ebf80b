/* What of a store a request means: market, data type, symbols, days; and what of it is missing. */
#ifndef FCT_STORE_SELECT_H
#define FCT_STORE_SELECT_H

#include "base/run.h"
#include "store/store.h"

typedef struct fct_store_request {
    const char *root;
    const char *exchange;  /* NULL: the one that has the market */
    const char *market;    /* NULL: the only one there is */
    const char *data_type; /* NULL: the only one of trades or klines; "klines" with its interval */
    const char *interval;
    int64_t bar_ms; /* "klines" without an interval: those of which such bars can be made; 0: any */
    const char *const *symbols; /* NULL: all */
    size_t n_symbols;
    int64_t first_day, end_day; /* INT64_MIN, INT64_MAX: no bound */
    fct_missing missing;
} fct_store_request;

/* One symbol and its days. */
typedef struct fct_store_symbol {
    const char *symbol;
    fct_store_days days;
} fct_store_symbol;

/* Symbols in the order of their names, each once. Freed by fct_store_selection_free. */
typedef struct fct_store_selection {
    fct_store store;
    char *market;
    char *data_type;
    fct_names names;
    fct_store_symbol *symbols;
    size_t n_symbols;
    int64_t n_missing_days; /* symbol-days asked for that the store lacks */
} fct_store_selection;

/*
 * Whether the store's data type `stored` is one of klines ("klines", "indexPriceKlines"), and how long they are: its end says
 * so ("klines_1h"). One without such an end is of 1 minute, as other programs leave it.
 */
bool fct_store_klines_interval(const char *stored, const char *data_type, int64_t *interval_ms);

/* Whether bars of `bar_ms` can be made of them: those of more than a day are not where such bars begin. */
bool fct_store_klines_fit(int64_t klines_ms, int64_t bar_ms);

/*
 * FCT_ERROR_NOT_FOUND says what is missing and what there is instead; with FCT_MISSING_SKIP each missing piece is a
 * warning and counts in n_missing_days, and only a store with nothing at all of what was asked fails.
 */
fct_status fct_store_select(const fct_store_request *request, fct_job *job,
                            fct_store_selection *out, fct_error *err);
void fct_store_selection_free(fct_store_selection *selection);

#endif
