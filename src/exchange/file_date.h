/* The date at the end of an archive file's name. */
#ifndef FCT_EXCHANGE_FILE_DATE_H
#define FCT_EXCHANGE_FILE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Cuts "YYYY-MM-DD" or "YYYY-MM" from the end of the `*n` bytes at `name`; what stands before it is the caller's. False
 * where there is none.
 */
bool fct_file_date_cut(const char *name, size_t *n, int64_t *first_day, int64_t *n_days);

/* The same for a suffix such as ".zip". */
bool fct_file_suffix_cut(const char *name, size_t *n, const char *suffix);

#endif
