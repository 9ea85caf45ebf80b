/* The bytes of one CSV table: a plain file, a gzip file, or the one CSV member of a ZIP. */
#ifndef FCT_ARCHIVE_SOURCE_H
#define FCT_ARCHIVE_SOURCE_H

#include "base/status.h"

typedef struct fct_source fct_source;

/*
 * What a compressed file may expand to; both hold for what really comes out, whatever its headers
 * say.
 */
typedef struct fct_source_limits {
    uint64_t max_bytes;
    uint64_t max_ratio; /* looked at once more came out than a small repetitive file holds */
} fct_source_limits;

/*
 * Opens `path`; what it is follows from its first bytes. FCT_ERROR_INTEGRITY: cut off, or not what
 * its suffix says. FCT_ERROR_DATA: a ZIP without exactly one CSV, or with a member whose name would
 * leave its folder. Memory: fct_source_bytes, whatever the file's size.
 */
fct_status fct_source_open(const char *path, const fct_source_limits *limits, fct_source **out,
                           fct_error *err);

/*
 * Reads up to `size` bytes; *n_read 0 at the end, where length and CRC of compressed data held.
 * Errors: FCT_ERROR_INTEGRITY, FCT_ERROR_LIMIT, FCT_ERROR_IO; each names the file.
 */
fct_status fct_source_read(fct_source *source, void *bytes, size_t size, size_t *n_read,
                           fct_error *err);

/* The file, and for a ZIP its member, for messages: "a.zip (member a.csv)". */
const char *fct_source_name(const fct_source *source);

/* Whether the bytes carry a checksum that only reading to their end can prove. */
bool fct_source_has_crc(const fct_source *source);

/* Bytes of the file on disk, and how many of them are read. */
void fct_source_position(const fct_source *source, int64_t *n_read, int64_t *n_total);

size_t fct_source_bytes(void);
void fct_source_close(fct_source *source); /* accepts NULL */

#endif
