/* Errors: how a function inside the library reports what went wrong. */
#ifndef FCT_BASE_STATUS_H
#define FCT_BASE_STATUS_H

#include "factorium.h"

#define FCT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Fills *err (when not NULL) and returns `status`, so that a failure is one line: return fct_error_set(…). */
fct_status fct_error_set(fct_error *err, fct_status status, const char *format, ...)
    FCT_PRINTF(3, 4);

/* Like fct_error_set, but adds what errno says: "cannot open x: No such file or directory". */
fct_status fct_error_set_errno(fct_error *err, fct_status status, int error_number,
                               const char *format, ...) FCT_PRINTF(4, 5);

/* Puts "prefix: " before the message already in *err; for a caller who knows the file or the row. */
void fct_error_prefix(fct_error *err, const char *format, ...) FCT_PRINTF(2, 3);

/* FCT_ERROR_MEMORY with the size that was asked for. Inline, so that analysers see that it never is FCT_OK. */
static inline fct_status fct_error_memory(fct_error *err, size_t n_bytes)
{
    fct_error_set(err, FCT_ERROR_MEMORY, "out of memory: could not allocate %zu bytes", n_bytes);
    return FCT_ERROR_MEMORY;
}

/* Returns from the calling function with the status of `call` unless that is FCT_OK. */
#define FCT_TRY(call)                                                                              \
    do {                                                                                           \
        fct_status fct_try_status = (call);                                                        \
        if (fct_try_status != FCT_OK)                                                              \
            return fct_try_status;                                                                 \
    } while (0)

/* Like FCT_TRY in a function with `fct_status status` and a clean-up at its label `out`. */
#define FCT_TRY_OUT(call)                                                                          \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != FCT_OK)                                                                      \
            goto out;                                                                              \
    } while (0)

#endif
