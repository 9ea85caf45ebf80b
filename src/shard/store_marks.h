/* What a plan of a store is made from: the days there are, and the size of each. */
#ifndef FCT_SHARD_STORE_MARKS_H
#define FCT_SHARD_STORE_MARKS_H

#include "bars/request.h"
#include "shard/source.h"

/* Starts as {0}; freed by fct_shard_store_free. Only symbols with days are among the chosen. */
typedef struct fct_shard_store {
    fct_store_selection selection;
    const fct_store_symbol **symbols; /* chosen, in bytewise order */
    size_t n_symbols;
    size_t *first_mark; /* of each symbol's days; n_symbols + 1 */
    fct_shard_mark *marks;
    double *weights; /* of each symbol: bytes, or days where sizes are not known */
    fct_bars_resolved resolved;
} fct_shard_store;

/* Selects what the request means, and asks for the sizes of its files. */
fct_status fct_shard_store_open(fct_shard_store *store, const fct_bars_request *request,
                                fct_job *job, fct_error *err);
void fct_shard_store_free(fct_shard_store *store);

/* How heavy a day is: its bytes, or 1. */
double fct_shard_mark_weight(const fct_shard_mark *mark);

/* Makes shard->n_bytes and, in `hex`, what its source is, from its symbols and times. */
fct_status fct_shard_store_describe(const fct_shard_store *store, const fct_bars_request *request,
                                    fct_shard *shard, char hex[FCT_SHARD_HEX + 1], fct_error *err);

#endif
