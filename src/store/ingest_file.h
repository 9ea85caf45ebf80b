/* One archive file on its way into the store: is it new, read it, put it in its place. */
#ifndef FCT_STORE_INGEST_FILE_H
#define FCT_STORE_INGEST_FILE_H

#include "store/day_commit.h"
#include "store/ingest_files.h"
#include "store/ingest_store.h"

/* One symbol; its files wait for each other only while they take their places. */
typedef struct fct_ingest_symbol {
    pthread_mutex_t lock;
    bool is_loaded;
    fct_symbol_store store;
} fct_ingest_symbol;

/* What all files of one ingest share. */
typedef struct fct_ingest_call {
    fct_job job;
    const fct_ingest_options *options;
    fct_ingest_store store;
    fct_ingest_files files;
    fct_ingest_symbol *symbols;
    const char *temp_dir; /* for sorting */
} fct_ingest_call;

typedef struct fct_ingest_result {
    bool is_unchanged;
    bool is_fatal;      /* what failed would fail for every other file too */
    int64_t n_bad_rows; /* left out */
} fct_ingest_result;

/* Reads file `index` and stores its rows. Nothing of a file that fails is stored. */
fct_status fct_ingest_file_run(fct_ingest_call *call, size_t index, fct_ingest_result *result,
                               fct_error *err);

/* Bytes of one row group of the rows of a symbol while they are written. */
size_t fct_ingest_writer_bytes(const fct_archive_identity *identity);

#endif
