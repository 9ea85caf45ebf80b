/*
 * Any bytes as the pages of a column: a dictionary and data pages behind it, of every type, encoding and version, without a
 * footer that would have to be right first. The first two bytes choose the type and what it is read as.
 */
#include <stdlib.h>
#include <string.h>

#include "parquet/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PLAIN_BYTES = 1 << 16, MAX_BLOCKS = 4, MAX_PAGES = 16 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A page in an allocation of exactly its size and padding, so that a sanitizer sees a read past them. */
static fct_status take_page(fct_page_decoder *decoder, const fct_page_header *header,
                            const uint8_t *bytes, size_t n_bytes)
{
    fct_error err = {0};
    uint8_t *page = calloc(1, n_bytes + FCT_DECODE_PADDING);
    require(page != NULL);
    memcpy(page, bytes, n_bytes);
    fct_status status = FCT_OK;
    if (header->type == FCT_PAGE_DICTIONARY) {
        status = fct_page_take_dictionary(decoder, header, page, n_bytes, &err);
    } else if (header->type == FCT_PAGE_DATA || header->type == FCT_PAGE_DATA_V2) {
        status = fct_page_start(decoder, header, page, n_bytes, &err);
        for (int i = 0; status == FCT_OK && decoder->n_rows && i < MAX_BLOCKS; i++) {
            size_t n =
                decoder->n_rows < FCT_PAGE_BLOCK_ROWS ? decoder->n_rows : FCT_PAGE_BLOCK_ROWS;
            status = fct_page_next(decoder, n, &err);
            for (size_t row = 0; status == FCT_OK && row < n; row++) {
                require(!decoder->has_nulls || decoder->validity[row] <= 1);
                require(decoder->as != FCT_READ_BOOL || ((uint8_t *)decoder->values)[row] <= 1);
            }
        }
    }
    require(status == err.status && (status == FCT_OK || err.message[0]));
    free(page);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int physicals[] = {0, 1, 2, 4, 5, 7};
    if (size < 2)
        return 0;
    fct_parquet_leaf leaf = {
        .physical = physicals[data[0] % 6],
        .optional = data[0] & 0x40,
        .meaning = data[0] & 0x80 || data[0] % 6 == 5 ? FCT_MEANS_DECIMAL : FCT_MEANS_VALUE,
        .type_length = 1 + data[1] % 16,
        .scale = data[1] / 16,
        .precision = 18,
    };
    fct_parquet_read_as as = leaf.physical == 0 ? FCT_READ_BOOL
                             : leaf.physical > 2 || leaf.meaning == FCT_MEANS_DECIMAL
                                 ? FCT_READ_DOUBLE
                                 : FCT_READ_INT64;
    fct_page_decoder decoder = {.leaf = &leaf, .as = as};
    const uint8_t *next = data + 2;
    const uint8_t *end = data + size;
    fct_status status = FCT_OK;
    for (int i = 0; status == FCT_OK && next < end && i < MAX_PAGES; i++) {
        fct_page_header header;
        size_t n = fct_page_header_parse(next, (size_t)(end - next), &header);
        if (!n || header.n_plain_bytes < 0 || header.n_plain_bytes > MAX_PLAIN_BYTES ||
            header.n_values < 0 || header.n_values > 1 << 24 || header.n_level_bytes < 0)
            break;
        next += n;
        size_t n_bytes = (size_t)header.n_plain_bytes;
        n_bytes = n_bytes < (size_t)(end - next) ? n_bytes : (size_t)(end - next);
        status = take_page(&decoder, &header, next, n_bytes);
        next += n_bytes;
    }
    fct_page_decoder_free(&decoder);
    return 0;
}
