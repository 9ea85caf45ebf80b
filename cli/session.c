#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

static atomic_bool interrupted; /* by a signal, for every thread */

/* The second signal does not wait for the library to come to its end. */
static void on_signal(int number)
{
    (void)number;
    if (atomic_exchange(&interrupted, true))
        _exit(EXIT_INTERRUPTED);
}

bool session_interrupted(void)
{
    return interrupted;
}

static bool should_stop(void *user)
{
    (void)user;
    return interrupted;
}

static void on_message(fct_message_level level, const char *text, void *user)
{
    session *s = user;
    static const char *const prefixes[] = {"", "", "warning: ", "error: "};
    bool shown = level == FCT_MESSAGE_DETAIL ? s->verbose : level == FCT_MESSAGE_ERROR || !s->quiet;
    if (!shown)
        return;
    if (level == FCT_MESSAGE_ERROR)
        snprintf(s->last_error, sizeof s->last_error, "%s", text);
    progress_clear(s);
    fprintf(stderr, "%s%s\n", prefixes[level], text);
}

static void on_progress(const fct_progress *progress, void *user)
{
    progress_show(user, progress);
}

bool session_start(session *s, const invocation *in)
{
    size_t first = count_options(in->verb->options);
    static const char *const kinds[] = {"auto", "json", "none", NULL};
    int64_t n_threads = 0;
    uint64_t memory_limit = 0;
    int kind = PROGRESS_AUTO;
    if (!option_count(in, first + COMMON_THREADS, 1, 1024, &n_threads) ||
        !option_bytes(in, first + COMMON_MEMORY_LIMIT, &memory_limit) ||
        !option_word(in, first + COMMON_PROGRESS, kinds, &kind))
        return false;
    *s = (session){
        .invocation = in,
        .quiet = common_value(in, COMMON_QUIET),
        .verbose = common_value(in, COMMON_VERBOSE),
        .run =
            {
                .n_threads = (int)n_threads,
                .memory_limit_bytes = memory_limit,
                .temp_dir = common_value(in, COMMON_TEMP_DIR),
                .should_stop = should_stop,
                .on_message = on_message,
                .on_progress = on_progress,
                .user = s,
            },
    };
    s->progress = (progress_kind)kind;
    if (kind == PROGRESS_AUTO && s->quiet)
        s->progress = PROGRESS_NONE;
    else if (kind == PROGRESS_AUTO && !isatty(STDERR_FILENO))
        s->progress = PROGRESS_LINES;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return true;
}

void session_say(session *s, const char *format, ...)
{
    if (s->quiet)
        return;
    progress_clear(s);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int session_end(session *s, fct_status status, const fct_error *err)
{
    static const int exit_codes[] = {
        [FCT_OK] = EXIT_OK,
        [FCT_ERROR_ARGUMENT] = EXIT_USAGE,
        [FCT_ERROR_INTEGRITY] = EXIT_INTEGRITY,
        [FCT_ERROR_INTERRUPTED] = EXIT_INTERRUPTED,
        [FCT_ERROR_PARTIAL] = EXIT_PARTIAL,
        [FCT_ERROR_INTERNAL] = 0,
    };
    progress_clear(s);
    if (status == FCT_OK)
        return EXIT_OK;
    const char *kind = status == FCT_ERROR_PARTIAL ? "warning" : "error";
    bool was_said = strcmp(err->message, s->last_error) == 0;
    if (!was_said && (status != FCT_ERROR_PARTIAL || !s->quiet))
        fprintf(stderr, "factorium %s: %s: %s\n", s->invocation->verb->name, kind, err->message);
    return exit_codes[status] ? exit_codes[status] : EXIT_FAILED;
}
