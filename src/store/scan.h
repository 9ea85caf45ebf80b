/* The trades of some days of one symbol, from all their files, in (time, id) order. */
#ifndef FCT_STORE_SCAN_H
#define FCT_STORE_SCAN_H

#include "store/paths.h"
#include "store/trade_file.h"

typedef struct fct_scan fct_scan;

/*
 * Opens the files of `n_days` days, merged by (time, id), then by their place in `days`. A file may hold
 * rows of the day before and after its own. Two days of files are open at a time. `days` and `reading` must
 * outlive the scan. Freed by fct_scan_free.
 */
fct_status fct_scan_open(fct_scan **out, fct_trade_reading *reading, const fct_store_day *days,
                         size_t n_days, fct_error *err);

/* Whether the data names a side; all files must agree. */
bool fct_scan_has_side(const fct_scan *scan);

/*
 * The next trades; n_rows 0 at the end. *restarted turns true where a file proved not to be in order: what was given
 * so far is void, and this block is the first again. That happens at most once.
 */
fct_status fct_scan_next(fct_scan *scan, fct_trades *trades, bool *restarted, fct_error *err);
void fct_scan_free(fct_scan *scan); /* accepts NULL */

#endif
