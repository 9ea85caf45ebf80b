/* A Parquet file's footer: columns, row groups, where the pages lie. */
#ifndef FCT_PARQUET_METADATA_H
#define FCT_PARQUET_METADATA_H

#include "base/status.h"

/* What the numbers of a column mean. */
typedef enum fct_parquet_meaning {
    FCT_MEANS_VALUE,
    FCT_MEANS_TIME_MS,
    FCT_MEANS_TIME_US,
    FCT_MEANS_TIME_NS,
    FCT_MEANS_DECIMAL, /* integers of 10^-scale */
    FCT_MEANS_TEXT,
    FCT_MEANS_OTHER /* dates, unsigned numbers, UUIDs, ... */
} fct_parquet_meaning;

/* A leaf of the schema. */
typedef struct fct_parquet_leaf {
    char *name;
    int physical; /* parquet.thrift's Type: 0 boolean, 1 int32, 2 int64, 4 float, 5 double, 6 byte array, ... */
    int type_length; /* bytes of one value of a fixed length */
    fct_parquet_meaning meaning;
    int precision, scale; /* of decimals */
    bool optional;
    bool is_nested; /* inside a group, or repeated: not read here */
} fct_parquet_leaf;

/* One column of one row group. */
typedef struct fct_parquet_chunk_info {
    int codec; /* parquet.thrift's CompressionCodec */
    int64_t n_values;
    int64_t offset, n_bytes; /* its pages, the dictionary's included */
    bool has_range;          /* of an int64 column */
    int64_t low, high;
    bool has_real_range; /* of a double column */
    double real_low, real_high;
} fct_parquet_chunk_info;

typedef struct fct_parquet_metadata {
    fct_parquet_leaf *leaves;
    size_t n_leaves;
    fct_parquet_chunk_info *chunks; /* n_row_groups × n_leaves, by row group */
    int64_t *group_rows;
    size_t n_row_groups;
    int64_t n_rows;
    char **keys, **values; /* n_pairs of key-value metadata */
    size_t n_pairs;
} fct_parquet_metadata;

/*
 * Parses a footer (without its length and magic) of the file `path` (for messages), whose pages lie within
 * its first `n_page_bytes` bytes. FCT_ERROR_DATA where it contradicts itself. Freed by fct_parquet_metadata_free.
 */
fct_status fct_parquet_metadata_parse(fct_parquet_metadata *out, const char *path,
                                      const uint8_t *bytes, size_t n_bytes, int64_t n_page_bytes,
                                      fct_error *err);
void fct_parquet_metadata_free(fct_parquet_metadata *metadata);

/* The column of that name, or SIZE_MAX; without regard to case where none has the very name. */
size_t fct_parquet_metadata_find(const fct_parquet_metadata *metadata, const char *name);

/* The value of a key of the file's metadata, or NULL. */
const char *fct_parquet_metadata_value(const fct_parquet_metadata *metadata, const char *key);

#endif
