/* SHA-256 of files, and the .CHECKSUM file that an exchange publishes beside an archive. */
#ifndef FCT_ARCHIVE_CHECKSUM_H
#define FCT_ARCHIVE_CHECKSUM_H

#include "base/run.h"

#define FCT_CHECKSUM_HEX 64

/* The SHA-256 of a file in lower-case hex digits. `job` is asked now and then whether to go on. */
fct_status fct_checksum_file(const char *path, fct_job *job, char hex[FCT_CHECKSUM_HEX + 1],
                             fct_error *err);

/*
 * Reads `path`.CHECKSUM: 64 hex digits, blanks, a name. Sets *found to whether there is one, and
 * `hex` in lower case. FCT_ERROR_INTEGRITY where it does not read like that.
 */
fct_status fct_checksum_published(const char *path, bool *found, char hex[FCT_CHECKSUM_HEX + 1],
                                  fct_error *err);

/*
 * Reads the text of such a file, which ends with NUL; false where it does not read like that, or where it names another
 * file than `name` (NULL: any).
 */
bool fct_checksum_parse(const char *text, const char *name, char hex[FCT_CHECKSUM_HEX + 1]);

/* The SHA-256 of files one behind the other, as fct_checksum_file of one. */
fct_status fct_checksum_files(const char *const *paths, size_t n_paths, fct_job *job,
                              char hex[FCT_CHECKSUM_HEX + 1], fct_error *err);

/*
 * FCT_ERROR_INTEGRITY with the beginnings of both sums where a .CHECKSUM beside `path` does not
 * match it. `known` is what fct_checksum_file gave for the file; NULL: it is computed here.
 */
fct_status fct_checksum_verify(const char *path, const char *known, fct_job *job, fct_error *err);

#endif
