/* What bars and verify use of a sync. */
#ifndef FCT_CLI_SYNC_H
#define FCT_CLI_SYNC_H

#include <factorium.h>

#include "session.h"

/* Tries after the first, where nobody says otherwise. */
enum { SYNC_RETRIES = 5 };

/* The symbols of an option "A,B|@FILE|all". Freed by sync_symbols_free. */
typedef struct sync_symbols {
    const char **symbols;
    size_t n_symbols;
    char *text;
} sync_symbols;

bool option_sync_symbols(const invocation *in, size_t i, sync_symbols *out);
void sync_symbols_free(sync_symbols *symbols);

/* "klines" and the like, in whose name their interval is not. */
bool is_bare_klines(const char *data_type);

/*
 * Fetches what a request for bars lacks. Its symbols may be patterns and "all"; they become the names found, which are kept in
 * *found for sync_symbols_free. False, with the exit code, where that failed altogether, or where such data gives no bars; a
 * day that is missing is for the bars to complain about.
 */
bool sync_first(session *s, fct_bars_request *bars, const char *base_url, sync_symbols *found,
                int *code);

/* The counts of a sync, a line each. */
void say_sync_report(session *s, const fct_sync_report *report, double seconds);

#endif
