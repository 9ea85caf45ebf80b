/* Files in a staging folder: new ones, and second names of others. The journal that moves them brings them to the disk. */
#ifndef FCT_STORE_FILE_NEW_H
#define FCT_STORE_FILE_NEW_H

#include "base/file.h"

/* Makes a file, which must not exist yet. */
fct_status fct_file_write_new(const char *path, const void *bytes, size_t n_bytes, fct_error *err);

/* A hard link, or a copy where the file system has none. `to` must not exist. Files so linked are never changed. */
fct_status fct_file_link(const char *from, const char *to, fct_error *err);

#endif
