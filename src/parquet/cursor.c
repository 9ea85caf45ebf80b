/* Reading a column: from row group to row group, page by page. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "parquet/chunk.h"
#include "parquet/codec.h"
#include "parquet/decode.h"
#include "parquet/file.h"
#include "parquet/page.h"

/* What is read at once, how long a header may be, and how large a page, so that a lie costs no memory. */
enum {
    WINDOW_BYTES = 1 << 17,
    MAX_HEADER_BYTES = 1 << 20,
    MAX_PAGE_BYTES = 1 << 28,
    MAX_PAGE_ROWS = 1 << 24
};

struct fct_parquet_cursor {
    const fct_parquet_file *file;
    size_t column;
    const bool *wanted; /* of each row group; NULL: all are */
    size_t group;       /* the row group being read; its chunk is open while group_is_open */
    bool group_is_open;
    int64_t n_group_rows; /* left in it, behind the present page */
    int64_t offset, end;  /* of the chunk's unread bytes in the file */
    uint8_t *window;      /* bytes of the file; those from `window_begin` on are at `offset` */
    size_t window_begin, n_window, window_capacity;
    uint8_t *plain; /* a page decompressed */
    size_t plain_capacity;
    fct_page_decoder decoder;
    size_t n_rows, position; /* of the present block */
};

fct_status fct_parquet_can_read(const fct_parquet_file *file, size_t column, fct_parquet_read_as as,
                                fct_error *err)
{
    enum { MAX_DIGITS = 18, MAX_FIXED_BYTES = 16 };
    const fct_parquet_leaf *leaf = &file->metadata.leaves[column];
    int physical = leaf->physical;
    bool is_decimal = leaf->meaning == FCT_MEANS_DECIMAL;
    bool is_integer = physical == FCT_PHYSICAL_INT32 || physical == FCT_PHYSICAL_INT64;
    bool is_real = physical == FCT_PHYSICAL_FLOAT || physical == FCT_PHYSICAL_DOUBLE;
    bool is_fixed = physical == FCT_PHYSICAL_FIXED && is_decimal && leaf->type_length >= 1 &&
                    leaf->type_length <= MAX_FIXED_BYTES;
    const char *why = NULL;
    if (leaf->is_nested)
        why = "is nested or repeated";
    else if (leaf->meaning == FCT_MEANS_OTHER && is_integer)
        why = "has a logical type that is left to DuckDB";
    else if (as == FCT_READ_BOOL && physical != FCT_PHYSICAL_BOOLEAN)
        why = "is no truth value";
    else if (as == FCT_READ_INT64 && (!is_integer || is_decimal))
        why = "is no whole number";
    else if (as == FCT_READ_DOUBLE && !is_real && !is_integer && !is_fixed)
        why = "is no number of 32 or 64 bits";
    else if (is_decimal &&
             (leaf->scale < 0 || leaf->scale > MAX_DIGITS || leaf->precision > MAX_DIGITS))
        why = "is a decimal with more than 18 digits";
    if (!why)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "%s: the column \"%s\" %s", file->path,
                         leaf->name, why);
}

fct_status fct_parquet_cursor_open(fct_parquet_cursor **out, const fct_parquet_file *file,
                                   size_t column, fct_parquet_read_as as, fct_error *err)
{
    *out = NULL;
    FCT_TRY(fct_parquet_can_read(file, column, as, err));
    fct_parquet_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return fct_error_memory(err, sizeof *cursor);
    cursor->file = file;
    cursor->column = column;
    cursor->decoder = (fct_page_decoder){.leaf = &file->metadata.leaves[column], .as = as};
    *out = cursor;
    return FCT_OK;
}

void fct_parquet_cursor_free(fct_parquet_cursor *cursor)
{
    if (!cursor)
        return;
    fct_page_decoder_free(&cursor->decoder);
    free(cursor->window);
    free(cursor->plain);
    free(cursor);
}

/* Says where: the file, the row group, the column. */
static fct_status located(const fct_parquet_cursor *c, fct_status status, fct_error *err)
{
    if (status == FCT_ERROR_DATA || status == FCT_ERROR_INTEGRITY ||
        status == FCT_ERROR_UNSUPPORTED)
        fct_error_prefix(err, "%s: row group %zu, column \"%s\"", c->file->path, c->group + 1,
                         c->decoder.leaf->name);
    return status;
}

/* ---- Bytes ------------------------------------------------------------------------------------ */

/* Makes sure that the window holds the next `n_bytes` of the chunk, or all that are left of it. */
static fct_status fill_window(fct_parquet_cursor *c, size_t n_bytes, fct_error *err)
{
    int64_t n_left = c->end - c->offset;
    if ((int64_t)n_bytes > n_left)
        n_bytes = (size_t)n_left;
    if (n_bytes <= c->n_window)
        return FCT_OK;
    size_t n_wanted = n_bytes > WINDOW_BYTES ? n_bytes : WINDOW_BYTES;
    if ((int64_t)n_wanted > n_left)
        n_wanted = (size_t)n_left;
    if (n_wanted + FCT_DECODE_PADDING > c->window_capacity) {
        uint8_t *grown = malloc(n_wanted + FCT_DECODE_PADDING);
        if (!grown)
            return fct_error_memory(err, n_wanted + FCT_DECODE_PADDING);
        if (c->n_window)
            memcpy(grown, c->window + c->window_begin, c->n_window);
        free(c->window);
        c->window = grown;
        c->window_capacity = n_wanted + FCT_DECODE_PADDING;
    } else {
        memmove(c->window, c->window + c->window_begin, c->n_window);
    }
    c->window_begin = 0;
    FCT_TRY(fct_parquet_file_read(c->file, c->window + c->n_window, n_wanted - c->n_window,
                                  c->offset + (int64_t)c->n_window, err));
    c->n_window = n_wanted;
    memset(c->window + n_wanted, 0, FCT_DECODE_PADDING);
    return FCT_OK;
}

/* The bytes stay where they are until the window is filled again. */
static void drop_window(fct_parquet_cursor *c, size_t n_bytes)
{
    c->offset += (int64_t)n_bytes;
    c->window_begin += n_bytes;
    c->n_window -= n_bytes;
}

static fct_status read_header(fct_parquet_cursor *c, fct_page_header *header, fct_error *err)
{
    for (size_t n_bytes = 1 << 10;; n_bytes *= 4) {
        FCT_TRY(fill_window(c, n_bytes, err));
        size_t n_header = fct_page_header_parse(c->window + c->window_begin, c->n_window, header);
        if (n_header) {
            drop_window(c, n_header);
            return FCT_OK;
        }
        if ((int64_t)c->n_window >= c->end - c->offset || n_bytes > MAX_HEADER_BYTES)
            return fct_error_set(err, FCT_ERROR_DATA, "a page's header is damaged");
    }
}

static fct_status check_header(const fct_parquet_cursor *c, const fct_page_header *header,
                               fct_error *err)
{
    bool is_data = header->type == FCT_PAGE_DATA || header->type == FCT_PAGE_DATA_V2;
    if (header->n_packed_bytes < 0 || header->n_packed_bytes > c->end - c->offset ||
        header->n_plain_bytes < 0 || header->n_values < 0 || header->n_level_bytes < 0 ||
        header->n_repetition_bytes < 0 || (is_data && header->n_values > c->n_group_rows))
        return fct_error_set(err, FCT_ERROR_DATA, "a page's header is damaged");
    if (header->n_plain_bytes > MAX_PAGE_BYTES || header->n_values > MAX_PAGE_ROWS)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it has a page of more than %d MB",
                             MAX_PAGE_BYTES >> 20);
    if (header->n_repetition_bytes)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "it is repeated");
    return FCT_OK;
}

/* ---- Pages ------------------------------------------------------------------------------------ */

/*
 * The plain bytes of the page that begins the window: decompressed into `plain`, or as they lie. Version 2 keeps levels
 * beside the compressed values.
 */
static fct_status unpack(fct_parquet_cursor *c, const fct_page_header *header,
                         const uint8_t **bytes, fct_error *err)
{
    int codec = c->file->metadata.chunks[c->group * c->file->metadata.n_leaves + c->column].codec;
    size_t n_plain = (size_t)header->n_plain_bytes;
    size_t n_packed = (size_t)header->n_packed_bytes;
    const uint8_t *packed = c->window + c->window_begin;
    size_t n_levels = header->type == FCT_PAGE_DATA_V2 ? (size_t)header->n_level_bytes : 0;
    if (n_levels > n_plain || n_levels > n_packed)
        return fct_error_set(err, FCT_ERROR_DATA, "a page's header is damaged");
    if (header->type == FCT_PAGE_DATA_V2 && !header->is_packed)
        codec = 0;
    *bytes = packed;
    if (codec == 0 && n_packed == n_plain)
        return FCT_OK;
    if (n_plain + FCT_DECODE_PADDING > c->plain_capacity) {
        free(c->plain);
        c->plain = calloc(1, n_plain + FCT_DECODE_PADDING);
        c->plain_capacity = c->plain ? n_plain + FCT_DECODE_PADDING : 0;
        if (!c->plain)
            return fct_error_memory(err, n_plain + FCT_DECODE_PADDING);
    }
    *bytes = c->plain;
    memcpy(c->plain, packed, n_levels);
    /* A page of nulls alone may have no bytes to decompress. */
    if (n_packed == n_levels && n_plain == n_levels)
        return FCT_OK;
    return fct_parquet_decompress(codec, packed + n_levels, n_packed - n_levels,
                                  c->plain + n_levels, n_plain - n_levels, err);
}

/* The next page: a dictionary is taken, a data page begun. */
static fct_status read_page(fct_parquet_cursor *c, fct_error *err)
{
    fct_page_header header;
    const uint8_t *bytes = NULL;
    FCT_TRY(read_header(c, &header, err));
    FCT_TRY(check_header(c, &header, err));
    bool is_dictionary = header.type == FCT_PAGE_DICTIONARY;
    bool is_data = header.type == FCT_PAGE_DATA || header.type == FCT_PAGE_DATA_V2;
    size_t n_packed = (size_t)header.n_packed_bytes;
    FCT_TRY(fill_window(c, n_packed, err));
    if (header.has_crc && fct_parquet_crc(c->window + c->window_begin, n_packed) != header.crc)
        return fct_error_set(err, FCT_ERROR_INTEGRITY, "a page's CRC does not hold: it is damaged");
    if (is_dictionary || is_data)
        FCT_TRY(unpack(c, &header, &bytes, err));
    drop_window(c, n_packed);
    size_t n_plain = (size_t)header.n_plain_bytes;
    if (is_dictionary)
        return fct_page_take_dictionary(&c->decoder, &header, bytes, n_plain, err);
    if (!is_data)
        return FCT_OK;
    FCT_TRY(fct_page_start(&c->decoder, &header, bytes, n_plain, err));
    c->n_group_rows -= header.n_values;
    return FCT_OK;
}

static void open_group(fct_parquet_cursor *c)
{
    const fct_parquet_metadata *m = &c->file->metadata;
    const fct_parquet_chunk_info *chunk = &m->chunks[c->group * m->n_leaves + c->column];
    c->offset = chunk->offset;
    c->end = chunk->offset + chunk->n_bytes;
    c->window_begin = 0;
    c->n_window = 0;
    c->n_group_rows = m->group_rows[c->group];
    c->group_is_open = true;
    free(c->decoder.dictionary);
    c->decoder.dictionary = NULL;
    c->decoder.n_dictionary = 0;
}

/* Decodes the next rows, of this page or a later one, of this row group or a later one. */
static fct_status next_block(fct_parquet_cursor *c, fct_error *err)
{
    const fct_parquet_metadata *m = &c->file->metadata;
    fct_page_decoder *d = &c->decoder;
    while (!d->n_rows) {
        if (c->group == m->n_row_groups)
            return FCT_OK;
        if (!c->group_is_open && c->wanted && !c->wanted[c->group]) {
            c->group++;
            continue;
        }
        if (!c->group_is_open)
            open_group(c);
        if (!c->n_group_rows) {
            c->group_is_open = false;
            c->group++;
            continue;
        }
        if (c->offset >= c->end)
            return fct_error_set(err, FCT_ERROR_DATA, "its pages hold %" PRId64 " rows too few",
                                 c->n_group_rows);
        FCT_TRY(read_page(c, err));
    }
    size_t n = d->n_rows < FCT_PAGE_BLOCK_ROWS ? d->n_rows : FCT_PAGE_BLOCK_ROWS;
    c->position = c->n_rows = 0; /* nothing is at hand where it fails */
    FCT_TRY(fct_page_next(d, n, err));
    c->n_rows = n;
    return FCT_OK;
}

void fct_parquet_cursor_select(fct_parquet_cursor *c, const bool *wanted)
{
    c->wanted = wanted;
}

fct_status fct_parquet_cursor_peek(fct_parquet_cursor *c, const void **values,
                                   const uint8_t **validity, int64_t *n_rows, fct_error *err)
{
    fct_status status = c->position == c->n_rows ? next_block(c, err) : FCT_OK;
    if (status != FCT_OK)
        return located(c, status, err);
    size_t value_bytes = c->decoder.as == FCT_READ_BOOL ? 1 : 8;
    *values =
        c->decoder.values ? (const char *)c->decoder.values + c->position * value_bytes : NULL;
    *validity = c->decoder.has_nulls ? c->decoder.validity + c->position : NULL;
    *n_rows = (int64_t)(c->n_rows - c->position);
    return FCT_OK;
}

void fct_parquet_cursor_skip(fct_parquet_cursor *c, int64_t n_rows)
{
    c->position += (size_t)n_rows;
}
