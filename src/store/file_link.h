/* A second name for a file. */
#ifndef FCT_STORE_FILE_LINK_H
#define FCT_STORE_FILE_LINK_H

#include "base/file.h"

/* A hard link, or a copy where the file system has none. `to` must not exist. Files so linked are never changed. */
fct_status fct_file_link(const char *from, const char *to, fct_error *err);

#endif
