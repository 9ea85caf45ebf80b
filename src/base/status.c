#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FCT_TEXT2(x) #x
#define FCT_TEXT(x) FCT_TEXT2(x)

const char *fct_version(void)
{
    return FCT_TEXT(FCT_VERSION_MAJOR) "." FCT_TEXT(FCT_VERSION_MINOR) "." FCT_TEXT(
        FCT_VERSION_PATCH);
}

const char *fct_status_name(fct_status status)
{
    static const char *const names[] = {
        [FCT_OK] = "ok",
        [FCT_ERROR_ARGUMENT] = "bad argument",
        [FCT_ERROR_NOT_FOUND] = "not found",
        [FCT_ERROR_IO] = "input/output error",
        [FCT_ERROR_DATA] = "malformed data",
        [FCT_ERROR_INTEGRITY] = "integrity check failed",
        [FCT_ERROR_LIMIT] = "limit exceeded",
        [FCT_ERROR_MEMORY] = "out of memory",
        [FCT_ERROR_UNSUPPORTED] = "unsupported",
        [FCT_ERROR_INTERRUPTED] = "interrupted",
        [FCT_ERROR_PARTIAL] = "partly missing",
        [FCT_ERROR_INTERNAL] = "internal error",
    };
    size_t i = (size_t)status;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}

static void set_message(fct_error *err, fct_status status, const char *format, va_list args)
{
    err->status = status;
    err->position = -1;
    vsnprintf(err->message, sizeof err->message, format, args);
}

fct_status fct_error_set(fct_error *err, fct_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        set_message(err, status, format, args);
        va_end(args);
    }
    return status;
}

fct_status fct_error_set_errno(fct_error *err, fct_status status, int error_number,
                               const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        set_message(err, status, format, args);
        va_end(args);
        char reason[128];
        /* The GNU strerror_r may answer with static text instead of the buffer. */
        const char *text = strerror_r(error_number, reason, sizeof reason);
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, ": %s", text);
    }
    return status;
}

void fct_error_prefix(fct_error *err, const char *format, ...)
{
    if (!err)
        return;
    char prefix[sizeof err->message];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    if (length < 0)
        return;
    size_t n_prefix = (size_t)length < sizeof prefix ? (size_t)length : sizeof prefix - 1;
    if (n_prefix + 2 >= sizeof err->message)
        return;
    size_t room = sizeof err->message - n_prefix - 3;
    size_t n_message = strnlen(err->message, room);
    memmove(err->message + n_prefix + 2, err->message, n_message);
    err->message[n_prefix + 2 + n_message] = '\0';
    memcpy(err->message, prefix, n_prefix);
    memcpy(err->message + n_prefix, ": ", 2);
}
