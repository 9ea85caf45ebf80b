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

/*
 * Fetches what a request for bars lacks. False, with the exit code, where that failed altogether; a day that is missing
 * is for the bars to complain about.
 */
bool sync_first(session *s, const fct_bars_request *bars, const char *base_url, int *code);

/* The counts of a sync, a line each. */
void say_sync_report(session *s, const fct_sync_report *report, double seconds);

#endif
