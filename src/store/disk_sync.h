/* Files and folders brought to the disk, many at once: a disk takes about as long for some as for one. */
#ifndef FCT_STORE_DISK_SYNC_H
#define FCT_STORE_DISK_SYNC_H

#include "base/text_set.h"

/* Paths are relative to `root`. */
fct_status fct_disk_sync_files(const char *root, const fct_text_set *files, fct_error *err);

/* The entries of folders. One that is gone has none; file systems that cannot sync a folder are left as they are. */
fct_status fct_disk_sync_folders(const char *root, const fct_text_set *folders, fct_error *err);

#endif
