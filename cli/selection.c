#include "selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "progress.h"

#define MS_PER_DAY INT64_C(86400000)

bool option_symbols(const invocation *in, size_t i, symbol_list *out)
{
    const char *text = in->values[i];
    *out = (symbol_list){0};
    if (!text || strcmp(text, "all") == 0)
        return true;
    return split_list(text, &out->symbols, &out->n_symbols, &out->text) ||
           option_error(in, i, "out of memory");
}

void symbols_free(symbol_list *list)
{
    free(list->symbols);
    free(list->text);
}

/* ---- Times ------------------------------------------------------------------------------------ */

static bool parse_moment(const invocation *in, size_t i, int64_t *time_ms)
{
    fct_error err;
    if (!in->values[i] || fct_time_parse(in->values[i], time_ms, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

bool option_range(const invocation *in, size_t from, size_t to, size_t days, int64_t *from_ms,
                  int64_t *to_ms)
{
    int64_t n_days = 0;
    *from_ms = *to_ms = 0;
    if (!parse_moment(in, from, from_ms) || !parse_moment(in, to, to_ms) ||
        !option_count(in, days, 1, 200000, &n_days))
        return false;
    if (n_days && in->values[to])
        return option_error(in, days, "it stands instead of --to, not beside it");
    if (n_days && !in->values[from])
        *from_ms = ((int64_t)time(NULL) / 86400 - n_days) * MS_PER_DAY;
    if (n_days)
        *to_ms = *from_ms + n_days * MS_PER_DAY;
    if (in->values[from] && *to_ms && *from_ms >= *to_ms)
        return option_error(in, from,
                            "it is not before --to %s; --to is the first day that does not count",
                            in->values[to] ? in->values[to] : "");
    return true;
}

void say_range(session *s, int64_t from_ms, int64_t to_ms)
{
    if (!from_ms || !to_ms)
        return;
    char first[24];
    char last[24];
    if (from_ms % MS_PER_DAY || to_ms % MS_PER_DAY) {
        fct_time_format(from_ms, first);
        fct_time_format(to_ms, last);
        session_say(s, "from %s until before %s", first, last);
        return;
    }
    int64_t n_days = (to_ms - from_ms) / MS_PER_DAY;
    fct_date_format(from_ms / MS_PER_DAY, first);
    fct_date_format(to_ms / MS_PER_DAY - 1, last);
    if (n_days == 1)
        session_say(s, "1 day: %s", first);
    else
        session_say(s, "%" PRId64 " days: %s%s %s", n_days, first, n_days == 2 ? "," : " to", last);
}

/* ---- Output ----------------------------------------------------------------------------------- */

static const char *value_of(const invocation *in, size_t i)
{
    return i == SIZE_MAX ? NULL : in->values[i];
}

bool option_format(const invocation *in, size_t format, size_t output, fct_format *out)
{
    fct_error err;
    size_t i = value_of(in, format) ? format : output;
    *out = isatty(STDOUT_FILENO) ? FCT_FORMAT_TABLE : FCT_FORMAT_CSV;
    if (!value_of(in, i) || fct_format_parse(in->values[i], out, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool is_writable_folder(const char *folder, size_t n)
{
    char *copy = n ? strndup(folder, n) : strdup(".");
    bool good = copy && access(copy, W_OK | X_OK) == 0;
    int failure = copy ? errno : ENOMEM;
    free(copy);
    errno = failure;
    return good;
}

bool option_output(const invocation *in, size_t output)
{
    struct stat st;
    const char *path = value_of(in, output);
    if (!path)
        return true;
    const char *slash = strrchr(path, '/');
    bool is_there = lstat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode))
        return option_error(in, output, "it is a folder: name a file in it");
    /* Links, pipes and devices are written where they lead. */
    if ((is_there && !S_ISREG(st.st_mode)) ||
        is_writable_folder(path, slash ? (size_t)(slash - path) + 1 : 0))
        return true;
    return option_error(in, output, "cannot write there: %s", strerror(errno));
}

/* Nothing is written where the reader of a pipe went away: it had enough. */
static bool reader_is_gone(fct_status status, const fct_error *err)
{
    return status == FCT_ERROR_IO && strstr(err->message, strerror(32));
}

int write_answer(session *s, const invocation *in, size_t output, fct_format format,
                 struct ArrowArrayStream *stream, const char *noun, fct_status status,
                 const fct_error *err)
{
    fct_error write_err = {0};
    int64_t n_rows = 0;
    const char *path = value_of(in, output);
    /* The rows may go to the terminal on which the bar stands. */
    progress_clear(s);
    fct_status written =
        path ? fct_write_file(stream, path, format, &s->run, &n_rows, &write_err)
             : fct_write_fd(stream, STDOUT_FILENO, format, &s->run, &n_rows, &write_err);
    if (written != FCT_OK && !path && reader_is_gone(written, &write_err))
        return session_end(s, FCT_OK, NULL);
    if (written != FCT_OK)
        return session_end(s, written, &write_err);
    if (path)
        session_say(s, "%" PRId64 " %s: %s", n_rows, noun, path);
    return session_end(s, status, err);
}
