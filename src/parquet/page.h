/* One page of a column: its header, and its values decoded. */
#ifndef FCT_PARQUET_PAGE_H
#define FCT_PARQUET_PAGE_H

#include "parquet/decode.h"
#include "parquet/reader.h"

enum { FCT_PAGE_DATA = 0, FCT_PAGE_INDEX = 1, FCT_PAGE_DICTIONARY = 2, FCT_PAGE_DATA_V2 = 3 };

typedef struct fct_page_header {
    int type;
    int64_t n_plain_bytes, n_packed_bytes;
    bool has_crc;
    uint32_t crc;
    int64_t n_values; /* of a data page rows, nulls included */
    int encoding, level_encoding;
    int64_t n_level_bytes, n_repetition_bytes; /* version 2 */
    bool is_packed;                            /* version 2: values are compressed */
} fct_page_header;

/* How many bytes the header took; 0 where the bytes are no whole header. */
size_t fct_page_header_parse(const uint8_t *bytes, size_t n_bytes, fct_page_header *header);

/* Rows are decoded a block at a time, so that they are used while they are in the cache. */
enum { FCT_PAGE_BLOCK_ROWS = 2048 };

/* What decoding a page needs to know, and the memory it works in. Starts with `leaf` and `as`, all else zero. */
typedef struct fct_page_decoder {
    const fct_parquet_leaf *leaf;
    fct_parquet_read_as as;
    uint64_t *dictionary; /* values as they are read: int64_t or double bits */
    size_t n_dictionary;

    /* The present page, whose bytes must stay where they are until its last row was decoded. */
    const uint8_t *bytes;
    size_t n_bytes;
    int encoding;
    size_t n_rows;   /* left of it */
    size_t n_values; /* taken of it */
    bool has_levels;
    fct_hybrid levels, indices; /* `indices` of a dictionary, or the truth values themselves */
    fct_delta delta;

    /* The present block, FCT_PAGE_BLOCK_ROWS of each */
    uint64_t *values;  /* or bytes, of booleans */
    uint8_t *validity; /* a byte a row */
    uint32_t *scratch; /* indices, levels */
    uint8_t *raw;      /* values as they are stored, where those are not 8 bytes wide */
    bool has_nulls;
} fct_page_decoder;

/*
 * A dictionary, whose values are copied; and a data page, of which nothing is decoded yet. Both take plain bytes, padded by
 * FCT_DECODE_PADDING. Messages do not name the file.
 */
fct_status fct_page_take_dictionary(fct_page_decoder *decoder, const fct_page_header *header,
                                    const uint8_t *bytes, size_t n_bytes, fct_error *err);
fct_status fct_page_start(fct_page_decoder *decoder, const fct_page_header *header,
                          const uint8_t *bytes, size_t n_bytes, fct_error *err);

/* Decodes the next `n_rows` of the page, at most FCT_PAGE_BLOCK_ROWS and no more than are left. */
fct_status fct_page_next(fct_page_decoder *decoder, size_t n_rows, fct_error *err);
void fct_page_decoder_free(fct_page_decoder *decoder);

#endif
