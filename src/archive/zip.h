/* The one CSV member of a ZIP file. */
#ifndef FCT_ARCHIVE_ZIP_H
#define FCT_ARCHIVE_ZIP_H

#include <zip.h>

#include "base/status.h"

typedef struct fct_zip_member {
    zip_t *zip;
    zip_file_t *file; /* gives the bytes as they are stored: compressed where `deflated` */
    char *name;
    bool deflated;
    uint64_t compressed_bytes;
    uint64_t expected_bytes;
    uint32_t expected_crc;
} fct_zip_member;

/* On failure *member is empty. */
fct_status fct_zip_member_open(const char *path, fct_zip_member *member, fct_error *err);
void fct_zip_member_close(fct_zip_member *member);

#endif
