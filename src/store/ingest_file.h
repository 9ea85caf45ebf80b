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
    bool is_stored;
    bool is_fatal;      /* what failed would fail for every other file too */
    int64_t n_bad_rows; /* left out */
} fct_ingest_result;

/* A file that was read: its rows are in a folder of their own, and in the store once they are committed. */
typedef struct fct_ingest_staged {
    const fct_ingest_file *file;
    fct_ingest_symbol *symbol;
    fct_ingest_result result;
    fct_text staging; /* below the root; empty: there is none */
    fct_origin source;
} fct_ingest_staged;

/*
 * Reads file `index`. Nothing of a file that fails stays. One that is not unchanged is to be committed; all are ended by
 * fct_ingest_staged_end.
 */
fct_status fct_ingest_file_stage(fct_ingest_call *call, size_t index, fct_ingest_staged *staged,
                                 fct_error *err);

/*
 * Puts what was staged in its place, with as few waits for the disk as the days allow; all of a file or nothing. Where
 * that fails, it would for others too, and result.is_stored says what was done before.
 */
fct_status fct_ingest_commit(fct_ingest_call *call, fct_ingest_staged *const *staged,
                             size_t n_staged, fct_error *err);

/* Removes what is left of it in the staging folder. */
void fct_ingest_staged_end(fct_ingest_call *call, fct_ingest_staged *staged);

/* Whether the store has just these bytes, read in the same way: result.is_unchanged. */
fct_status fct_ingest_check_unchanged(const fct_ingest_call *call, fct_ingest_staged *staged,
                                      fct_error *err);

/* Bytes of one row group of the rows of a symbol while they are written. */
size_t fct_ingest_writer_bytes(const fct_archive_identity *identity);

#endif
