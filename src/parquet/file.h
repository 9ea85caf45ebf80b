/* What the files of parquet/ share of an open file. */
#ifndef FCT_PARQUET_FILE_H
#define FCT_PARQUET_FILE_H

#include "parquet/reader.h"

struct fct_parquet_file {
    int fd;
    char *path;
    fct_parquet_metadata metadata;
    uint8_t *bytes; /* of a small file, all of them; else NULL */
    int64_t n_bytes;
};

/* Exactly `n_bytes` from `offset` on. */
fct_status fct_parquet_file_read(const fct_parquet_file *file, void *bytes, size_t n_bytes,
                                 int64_t offset, fct_error *err);

#endif
