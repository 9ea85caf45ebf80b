/* Findings of a verification, and the check of one day. */
#ifndef FCT_STORE_VERIFY_H
#define FCT_STORE_VERIFY_H

#include "store/manifest.h"
#include "store/trade_file.h"

typedef struct fct_finding {
    bool is_problem;                                          /* else a note */
    int64_t day;                                              /* INT64_MIN: of no day */
    char *market, *data_type, *symbol, *file, *what, *repair; /* NULL: does not apply */
} fct_finding;

/* Findings of one symbol, or of the store. Starts as {0}; freed by fct_findings_free. */
typedef struct fct_findings {
    fct_finding *findings;
    size_t n_findings, capacity;
    int64_t n_files, n_rows;
} fct_findings;

/* Where a finding is of. */
typedef struct fct_finding_place {
    const fct_store_key *key; /* NULL: of the store itself */
    int64_t day;
    const char *file;
} fct_finding_place;

/* Adds a finding with a formatted text; `repair` may be NULL. */
fct_status fct_findings_add(fct_findings *findings, bool is_problem, const fct_finding_place *place,
                            const char *repair, fct_error *err, const char *format, ...)
    FCT_PRINTF(6, 7);
void fct_findings_free(fct_findings *findings);

/*
 * Reads a file's columns with their checksums and holds their values against its footer. *is_readable is false where it
 * was found broken, so that nothing more can be said of its rows.
 */
fct_status fct_verify_file(const char *path, const fct_finding_place *place, const char *repair,
                           fct_job *job, fct_findings *out, bool *is_readable, fct_error *err);

/* One day's folder. */
typedef struct fct_verify_day {
    fct_store_key key;
    const fct_store_day *day;
    const fct_origins *origins; /* of the symbol */
    const fct_column_map *map;
    bool is_trades;
    fct_findings findings;
    size_t n_without_digest;          /* files whose records know none */
    const fct_origin_day *undigested; /* the record of the day's only file, where that knows none */
} fct_verify_day;

/* Reads all files of the day, and its trades in their order. */
fct_status fct_verify_day_run(fct_verify_day *day, fct_trade_reading *reading, fct_error *err);

#endif
