/* The store as one ingest at a time has it: locked, repaired, with a folder for what is not finished. */
#ifndef FCT_STORE_INGEST_STORE_H
#define FCT_STORE_INGEST_STORE_H

#include "base/file.h"
#include "base/run.h"

typedef struct fct_ingest_store {
    const char *root;     /* the caller's */
    int lock;             /* a file descriptor */
    uint64_t stamp;       /* of this opening ... */
    uint64_t stamp_found; /* ... and of the one before, whoever's it was; 0: none */
} fct_ingest_store;

/*
 * Makes the store where it is absent, waits until no other ingest works on it, then finishes what a killed one
 * had begun and removes what it left. Ended by fct_ingest_store_close.
 */
fct_status fct_ingest_store_open(fct_ingest_store *store, const char *root, fct_job *job,
                                 fct_error *err);
void fct_ingest_store_close(fct_ingest_store *store);

/* Makes an empty folder for item `number` of this ingest; appends its path below the root. */
fct_status fct_ingest_staging_make(const fct_ingest_store *store, size_t number, fct_text *relative,
                                   fct_error *err);
fct_status fct_ingest_staging_remove(const fct_ingest_store *store, const char *relative,
                                     fct_error *err);

#endif
