/* Text: a string that grows, and the check every user-given name passes. */
#ifndef FCT_BASE_TEXT_H
#define FCT_BASE_TEXT_H

#include "base/status.h"

/* Starts as {0}; `data` is NUL-terminated once something was appended. Freed by fct_text_free. */
typedef struct fct_text {
    char *data;
    size_t length;
    size_t capacity;
} fct_text;

/* Makes room for `n_more` bytes behind the text, for who writes them there himself and adds to `length`. */
fct_status fct_text_reserve(fct_text *text, size_t n_more, fct_error *err);
fct_status fct_text_append(fct_text *text, const char *bytes, size_t n_bytes, fct_error *err);
fct_status fct_text_append_format(fct_text *text, fct_error *err, const char *format, ...)
    FCT_PRINTF(3, 4);
void fct_text_free(fct_text *text);

/* What a text reads as: its characters, or "" before anything was appended. */
static inline const char *fct_text_get(const fct_text *text)
{
    return text->data ? text->data : "";
}

/* A copy of `text` freed by free(), or NULL without memory. */
char *fct_text_copy(const char *text);

/*
 * A symbol, market, data type or exchange: [A-Za-z0-9._-]{1,64}, not "." or "..".
 * Anything else never reaches a path, a URL or SQL. `what` names the thing in the message ("symbol").
 */
fct_status fct_name_check(const char *name, const char *what, fct_error *err);

/*
 * Copies `source` for a message: control characters and quotes as '?', at most `size` - 1 bytes, "..."
 * at the end where it was cut. `source` need not be terminated. Returns `out`.
 */
const char *fct_text_quote(const char *source, size_t n_bytes, char *out, size_t size);

/* How many characters of UTF-8 begin in n_bytes. */
size_t fct_text_n_characters(const char *text, size_t n_bytes);

/* The edit distance of two names without regard to case; for "did you mean". */
size_t fct_text_distance(const char *a, const char *b);

#endif
