/* The store's lock, shared by the threads of one sync, and given up now and then for the sake of others. */
#ifndef FCT_SYNC_STORE_GATE_H
#define FCT_SYNC_STORE_GATE_H

#include "store/ingest_file.h"

typedef struct fct_store_gate {
    fct_ingest_call *call;
    size_t n_symbols;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open, is_opening;
    bool gave_way; /* it was closed because others might wait */
    size_t n_inside;
    int64_t opened_ms;
    uint64_t stamp; /* of our last opening */
} fct_store_gate;

void fct_store_gate_init(fct_store_gate *gate, fct_ingest_call *call, size_t n_symbols);
void fct_store_gate_end(fct_store_gate *gate);

/*
 * Behind it the store is this process's; the records of a symbol are read again where another process was there. Where the
 * store is to be given up once all have left, *is_inside is false, or `may_wait` waits for that.
 */
fct_status fct_store_gate_enter(fct_store_gate *gate, bool may_wait, bool *is_inside,
                                fct_error *err);

/* For so many that entered. `is_idle`: there is nothing to do now. */
void fct_store_gate_leave(fct_store_gate *gate, size_t n, bool is_idle);

#endif
