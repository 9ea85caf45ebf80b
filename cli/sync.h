/* What bars and verify use of a sync. */
#ifndef FCT_CLI_SYNC_H
#define FCT_CLI_SYNC_H

#include <factorium.h>

#include "session.h"

/* The symbols of an option "A,B|@FILE|all". Freed by sync_symbols_free. */
typedef struct sync_symbols {
    const char **symbols;
    size_t n_symbols;
    char *text;
} sync_symbols;

bool option_sync_symbols(const invocation *in, size_t i, sync_symbols *out);
void sync_symbols_free(sync_symbols *symbols);

/* Two lines of counts. */
void say_sync_report(session *s, const fct_sync_report *report, double seconds);

#endif
