/* The trades of one day of one symbol, from all its files, in (time, id) order. */
#ifndef FCT_STORE_SCAN_H
#define FCT_STORE_SCAN_H

#include "store/paths.h"
#include "store/trade_file.h"

typedef struct fct_scan fct_scan;

/*
 * Opens the files of a day, merged by (time, id), then by their place in `files`. The file names must outlive the
 * scan. FCT_ERROR_DATA where some files name a side and others do not. Freed by fct_scan_free.
 */
fct_status fct_scan_open(fct_scan **out, fct_sql *sql, char *const *files, size_t n_files,
                         const fct_column_map *map, fct_job *job, fct_error *err);
bool fct_scan_has_side(const fct_scan *scan);

/*
 * The next trades; n_rows 0 at the end. *restarted turns true where a file proved not to be in order: what was given
 * so far is void, and this block is the first again. It happens at most once a file.
 */
fct_status fct_scan_next(fct_scan *scan, fct_trades *trades, bool *restarted, fct_error *err);
void fct_scan_free(fct_scan *scan); /* accepts NULL */

#endif
