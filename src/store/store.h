/* Opening a store: a folder here, or files elsewhere that DuckDB reads. */
#ifndef FCT_STORE_STORE_H
#define FCT_STORE_STORE_H

#include "store/paths.h"

/* The list of a store's files that a web server must have, one path below the root a line. */
#define FCT_STORE_FILE_LIST "files.txt"

/*
 * A folder must be there. Of a remote store the files are listed: those of the bucket, or those that its files.txt
 * names. `root` is copied, without slashes at its end. Closed by fct_store_close, also where it failed.
 */
fct_status fct_store_open(fct_store *store, const char *root, fct_error *err);

/* Like fct_store_open, but of a bucket only the files of some symbols (of type->market and type->data_type) are listed, unless
 * these are many. */
fct_status fct_store_open_symbols(fct_store *store, const char *root, const fct_store_key *type,
                                  const char *const *symbols, size_t n_symbols, fct_error *err);
void fct_store_close(fct_store *store);

/* FCT_ERROR_UNSUPPORTED where the store is remote; `what` begins the sentence: "factorium verify". */
fct_status fct_store_check_local(const char *root, const char *what, fct_error *err);

#endif
