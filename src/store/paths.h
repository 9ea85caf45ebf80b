/* The Hive tree: ROOT/market=M/data_type=T/symbol=S/year=YYYY/month=MM/day=DD/<files>.parquet. */
#ifndef FCT_STORE_PATHS_H
#define FCT_STORE_PATHS_H

#include "base/file.h"
#include "base/time.h"

/* Names. Freed by fct_names_free. */
typedef struct fct_names {
    char **names;
    size_t n_names;
} fct_names;
void fct_names_free(fct_names *names);
fct_status fct_names_add(fct_names *names, const char *name, fct_error *err); /* a copy of it */
void fct_names_sort(fct_names *names);                                        /* by their bytes */

/* Whether a path is of another machine: s3://, http://, https://. */
bool fct_path_is_remote(const char *path);

/* Where a store is: a folder, or elsewhere and then its files are listed once, when it is opened (store.h). */
typedef struct fct_store {
    const char *root;
    bool is_remote;
    fct_names files; /* remote: paths below the root, sorted */
} fct_store;

static inline fct_store fct_store_folder(const char *root)
{
    return (fct_store){.root = root};
}

/* What the store holds of one symbol lies below a folder that these three name. All are checked names. */
typedef struct fct_store_key {
    const char *market;
    const char *data_type; /* "trades", "klines_1m" */
    const char *symbol;
} fct_store_key;

/* Append to `out`: the folder of one symbol, of one day, and the day's own data file. Names are checked. */
fct_status fct_store_symbol_folder(fct_text *out, const char *root, const fct_store_key *key,
                                   fct_error *err);
fct_status fct_store_day_folder(fct_text *out, const char *root, const fct_store_key *key,
                                int64_t day, fct_error *err);

/* The folder of the store's own records, never read as data: ROOT/.factorium. */
fct_status fct_store_records_folder(fct_text *out, const char *root, fct_error *err);

/* One day that the store has of a symbol, with its Parquet files in the order of their names. */
typedef struct fct_store_day {
    int64_t day; /* since 1970-01-01 */
    char **files;
    size_t n_files;
} fct_store_day;

/* Days in ascending order. Freed by fct_store_days_free. */
typedef struct fct_store_days {
    fct_store_day *days;
    size_t n_days;
} fct_store_days;

/*
 * The days of a symbol within [first_day, end_day). Files whose names start with '.' or '_' do not count.
 * A symbol that is not there has no days. "month=8" is read like "month=08".
 */
fct_status fct_store_days_list(const fct_store *store, const fct_store_key *key, int64_t first_day,
                               int64_t end_day, fct_store_days *out, fct_error *err);

/*
 * Like fct_store_days_list, but a day that lies there twice is given twice, and `strange` takes the paths of the folders whose
 * names are parts of no date ("day=32"), in which nothing is read.
 */
fct_status fct_store_days_inspect(const fct_store *store, const fct_store_key *key,
                                  int64_t first_day, int64_t end_day, fct_store_days *out,
                                  fct_names *strange, fct_error *err);
void fct_store_days_free(fct_store_days *days);

/* The names, sorted, of what lies below ROOT (markets), ROOT/market=M (data types) or ROOT/market=M/data_type=T (symbols): pass NULLs. */
fct_status fct_store_names_list(const fct_store *store, const char *market, const char *data_type,
                                fct_names *out, fct_error *err);

#endif
