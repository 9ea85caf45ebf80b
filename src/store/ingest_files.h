/* The archive files that an ingest was given: found, identified, grouped by symbol. */
#ifndef FCT_STORE_INGEST_FILES_H
#define FCT_STORE_INGEST_FILES_H

#include "archive/reader.h"
#include "base/file.h"
#include "store/paths.h"

typedef struct fct_ingest_file {
    char *path;
    char *real_path;
    char *label; /* see fct_origin; NULL where the file could not be identified */
    int64_t n_bytes, modified_ns;
    fct_archive_identity identity;
    size_t symbol;     /* which of the symbols */
    size_t same_as;    /* an earlier file with the same label of the same symbol; SIZE_MAX: none */
    fct_status status; /* of the identification */
    fct_error *error;  /* NULL where status is FCT_OK */

    /* Of files that a sync fetched; zeros otherwise. */
    const char *name;      /* by which the records shall know it */
    const char *next_path; /* a second file that is read behind the first, as one with it */
    const char *sha256;    /* what is known of the content already */
    bool keeps_day_only;   /* rows outside the day that the file says it holds are left out */
} fct_ingest_file;

/* Starts as {0}; freed by fct_ingest_files_free. */
typedef struct fct_ingest_files {
    fct_ingest_file *files;
    size_t n_files, capacity;
    size_t n_symbols;
    int64_t n_bytes;
} fct_ingest_files;

/*
 * Walks `paths` in order, folders in the order of names. Of a folder only .zip, .csv and .csv.gz files count, nothing
 * hidden; a file that was named must be one. A file reached twice counts once. FCT_ERROR_NOT_FOUND where a path
 * does not exist or a folder has no such file. What a file cannot be identified for is its own failure, not the
 * call's.
 */
fct_status fct_ingest_files_find(const char *const *paths, size_t n_paths,
                                 const fct_ingest_options *options, fct_ingest_files *out,
                                 fct_error *err);
void fct_ingest_files_free(fct_ingest_files *files);

/* The key of a file's symbol; valid as long as the file. */
fct_store_key fct_ingest_file_key(const fct_ingest_file *file);

#endif
