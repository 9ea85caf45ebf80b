/* One column of one row group: collects values, then writes pages and says what it wrote. */
#ifndef FCT_PARQUET_CHUNK_H
#define FCT_PARQUET_CHUNK_H

#include "parquet/dictionary.h"
#include "parquet/thrift.h"
#include "parquet/writer.h"

/* The numbers parquet.thrift gives to physical types and encodings. */
enum {
    FCT_PHYSICAL_BOOLEAN = 0,
    FCT_PHYSICAL_INT32 = 1,
    FCT_PHYSICAL_INT64 = 2,
    FCT_PHYSICAL_FLOAT = 4,
    FCT_PHYSICAL_DOUBLE = 5,
    FCT_PHYSICAL_BYTE_ARRAY = 6,
    FCT_PHYSICAL_FIXED = 7 /* FIXED_LEN_BYTE_ARRAY */
};
enum {
    FCT_ENCODING_PLAIN = 0,
    FCT_ENCODING_RLE = 3,
    FCT_ENCODING_DELTA_BINARY_PACKED = 5,
    FCT_ENCODING_RLE_DICTIONARY = 8,
    FCT_ENCODING_BYTE_STREAM_SPLIT = 9
};

int fct_parquet_physical_type(fct_parquet_type type);

typedef struct fct_parquet_chunk {
    fct_parquet_column column; /* its name is owned */
    size_t value_bytes;        /* of one value in `values`; 0 for strings */
    void *values;              /* the valid ones only, capacity of them */
    fct_text text;             /* strings: their bytes ... */
    size_t *offsets;           /* ... and where each begins */
    uint8_t *levels;           /* optional columns: 1 where a row is valid */
    size_t n_rows, n_values, capacity;
    bool is_plain; /* numbers as they are, in one page */
    fct_dictionary dictionary;
} fct_parquet_chunk;

fct_status fct_parquet_chunk_make(fct_parquet_chunk *chunk, const fct_parquet_column *column,
                                  size_t capacity, fct_error *err);
void fct_parquet_chunk_free(fct_parquet_chunk *chunk);
size_t fct_parquet_chunk_bytes(const fct_parquet_column *column, size_t capacity);

/* Copies rows [begin, begin + n_rows) of `values`; there is room. */
fct_status fct_parquet_chunk_add(fct_parquet_chunk *chunk, const fct_parquet_values *values,
                                 size_t begin, size_t n_rows, fct_error *err);

/*
 * Appends the chunk's pages to `pages`, its ColumnChunk structure to `meta`, and empties it. `offset` is where
 * `pages` will begin in the file. Returns the size before compression through *n_plain_bytes.
 */
fct_status fct_parquet_chunk_write(fct_parquet_chunk *chunk, const fct_parquet_options *options,
                                   int64_t offset, fct_text *pages, fct_thrift_writer *meta,
                                   int64_t *n_plain_bytes, fct_error *err);

#endif
