/* One page of a column: its header, and its values decoded. */
#ifndef FCT_PARQUET_PAGE_H
#define FCT_PARQUET_PAGE_H

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

/* What decoding a page needs to know, and the memory it works in. */
typedef struct fct_page_decoder {
    const fct_parquet_leaf *leaf;
    fct_parquet_read_as as;
    uint64_t *dictionary; /* values as they are read: int64_t or double bits */
    size_t n_dictionary;
    uint64_t *values;  /* of the present page; bytes of booleans at its beginning */
    uint8_t *validity; /* a byte a row */
    uint32_t *scratch; /* indices, levels */
    size_t capacity;   /* values */
    bool has_nulls;
} fct_page_decoder;

/* Both take plain bytes, padded by FCT_DECODE_PADDING. Messages do not name the file. */
fct_status fct_page_decode_dictionary(fct_page_decoder *decoder, const fct_page_header *header,
                                      const uint8_t *bytes, size_t n_bytes, fct_error *err);
fct_status fct_page_decode(fct_page_decoder *decoder, const fct_page_header *header,
                           const uint8_t *bytes, size_t n_bytes, fct_error *err);
void fct_page_decoder_free(fct_page_decoder *decoder);

#endif
