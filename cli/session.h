/* One call of the library from the command line: its fct_run, its messages, its progress, its end. */
#ifndef FCT_CLI_SESSION_H
#define FCT_CLI_SESSION_H

#include <factorium.h>

#include "options.h"

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_PARTIAL = 3,
    EXIT_INTEGRITY = 4,
    EXIT_INTERRUPTED = 130
};

/* LINES: a plain line now and then. */
typedef enum progress_kind {
    PROGRESS_AUTO,
    PROGRESS_JSON,
    PROGRESS_NONE,
    PROGRESS_LINES
} progress_kind;

typedef struct session {
    const invocation *invocation;
    fct_run run; /* its user is the session */
    bool quiet, verbose;
    progress_kind progress;
    bool line_is_drawn; /* a progress bar stands on the last line of stderr */
    int64_t stage_start_ms;
    int64_t line_ms; /* when the last plain line was written, since then */
    const char *stage;
    char last_error[sizeof((fct_error *)0)->message]; /* shown as a message */
} session;

/* Reads the common options, catches SIGINT and SIGTERM. False, with a message, where an option is wrong. */
bool session_start(session *s, const invocation *in);

/* Ends the progress line, prints the error if there is one, and returns the exit code of a status. */
int session_end(session *s, fct_status status, const fct_error *err);

/* A line of words to stderr, unless --quiet. */
void session_say(session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether SIGINT or SIGTERM came. */
bool session_interrupted(void);

#endif
