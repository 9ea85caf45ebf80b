/* One archive file (.zip, .csv, .csv.gz) as blocks of typed, checked rows. */
#ifndef FCT_ARCHIVE_READER_H
#define FCT_ARCHIVE_READER_H

#include "base/run.h"
#include "exchange/exchange.h"

#define FCT_ARCHIVE_MAX_COLUMNS 32

/*
 * What a file is: from its path where that says so, else from the options. All names are checked.
 */
typedef struct fct_archive_identity {
    const fct_exchange *exchange;
    const fct_exchange_table *table; /* NULL for "generic" */
    char market[65];
    char data_type[65]; /* the store's: "trades", "klines_1m" */
    char symbol[65];
    int64_t first_day; /* the UTC days the file says it holds; INT64_MIN: any */
    int64_t n_days;
} fct_archive_identity;

/*
 * Path and options together; FCT_ERROR_ARGUMENT where they contradict each other or leave something
 * open (the message names the option that would say it).
 */
fct_status fct_archive_identify(const char *path, const fct_ingest_options *options,
                                fct_archive_identity *identity, fct_error *err);

/* A block of rows. Arrays belong to the reader and hold until the next call. */
typedef struct fct_archive_block {
    int64_t n_rows;
    const int64_t *time_us;    /* each row's time in UTC µs */
    const int64_t *row_number; /* its line in the file, 1-based; of the CSV inside a ZIP */
    const void *columns[FCT_ARCHIVE_MAX_COLUMNS]; /* int64_t, double or uint8_t (bool), as typed */
} fct_archive_block;

typedef struct fct_archive_reader fct_archive_reader;

/*
 * Opens a file. Its .CHECKSUM, where there is one, was checked by then (FCT_ERROR_INTEGRITY), by
 * `sha256` where the caller has it already (else NULL);
 * header or none, names and order of columns, units of time and spelling of booleans are found from
 * its first lines. Memory: fct_archive_reader_bytes(), whatever the file's size.
 */
fct_status fct_archive_open(const char *path, const fct_archive_identity *identity,
                            const char *sha256, const fct_ingest_options *options, fct_job *job,
                            fct_archive_reader **out, fct_error *err);

/*
 * The columns as they shall be stored, and which of them is which (SIZE_MAX: the file has none). An
 * exchange's columns keep names and units; a user's are time, price, quantity, is_buyer_maker, id,
 * the time in µs where the file has text, fractions or seconds and else as it stands there.
 */
typedef struct fct_archive_schema {
    fct_exchange_column columns[FCT_ARCHIVE_MAX_COLUMNS];
    size_t n_columns;
    size_t time, price, quantity, id;
} fct_archive_schema;
const fct_archive_schema *fct_archive_columns(const fct_archive_reader *reader);

/*
 * The next block; n_rows 0 at the end. A bad row is FCT_ERROR_DATA, or goes to the list of bad
 * rows. A damaged file may give rows before it gives FCT_ERROR_INTEGRITY at its end: nothing of it
 * is to be kept before n_rows was 0.
 */
fct_status fct_archive_next(fct_archive_reader *reader, fct_archive_block *block, fct_error *err);

/*
 * What was left out under FCT_BAD_ROW_SKIP so far; `list` (may be NULL) is CSV text with the header
 * "row,column,reason,text", or "" where nothing was. Of very many rows it shows the first
 * megabyte's; all are counted.
 */
int64_t fct_archive_bad_rows(const fct_archive_reader *reader, const char **list);

/* Bytes of the file on disk, and how many of them are read, for progress. */
void fct_archive_position(const fct_archive_reader *reader, int64_t *n_read, int64_t *n_total);

size_t fct_archive_reader_bytes(const fct_ingest_options *options);
void fct_archive_close(fct_archive_reader *reader); /* accepts NULL */

#endif
