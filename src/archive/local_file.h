/* Mirrors on this machine: what file:/// addresses mean. */
#ifndef FCT_ARCHIVE_LOCAL_FILE_H
#define FCT_ARCHIVE_LOCAL_FILE_H

#include "base/text.h"

bool fct_url_is_file(const char *url);

/* Appends the path of a file:/// address, %20 and the like as what they stand for. */
fct_status fct_url_file_path(const char *url, fct_text *path, fct_error *err);

/* Opens it for reading. False, with errno set, where that cannot be, or where it is no regular file. */
bool fct_local_file_open(const char *path, int *fd, int64_t *n_bytes);

#endif
