/* The header of a page. */
#include "parquet/chunk.h"
#include "parquet/page.h"
#include "parquet/thrift_read.h"

/* DataPageHeader and DictionaryPageHeader begin alike: { 1: num_values, 2: encoding, 3: definition levels' encoding } */
static void parse_data_header(fct_thrift_reader *r, fct_page_header *header)
{
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        if (f.id == 1)
            header->n_values = fct_thrift_read_int(r, &f);
        else if (f.id == 2)
            header->encoding = (int)fct_thrift_read_int(r, &f);
        else if (f.id == 3 && f.type != 1 && f.type != 2)
            header->level_encoding = (int)fct_thrift_read_int(r, &f);
        else
            fct_thrift_skip(r, &f);
    }
}

static void parse_data_header_v2(fct_thrift_reader *r, fct_page_header *header)
{
    header->is_packed = true;
    for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);) {
        switch (f.id) {
        case 1:
            header->n_values = fct_thrift_read_int(r, &f);
            break;
        case 4:
            header->encoding = (int)fct_thrift_read_int(r, &f);
            break;
        case 5:
            header->n_level_bytes = fct_thrift_read_int(r, &f);
            break;
        case 6:
            header->n_repetition_bytes = fct_thrift_read_int(r, &f);
            break;
        case 7:
            header->is_packed = fct_thrift_read_bool(r, &f);
            break;
        default:
            fct_thrift_skip(r, &f);
        }
    }
}

size_t fct_page_header_parse(const uint8_t *bytes, size_t n_bytes, fct_page_header *header)
{
    fct_thrift_reader r = {.next = bytes, .end = bytes + n_bytes};
    *header = (fct_page_header){.type = -1, .level_encoding = FCT_ENCODING_RLE};
    for (fct_thrift_field f = {0}; fct_thrift_next_field(&r, &f);) {
        switch (f.id) {
        case 1:
            header->type = (int)fct_thrift_read_int(&r, &f);
            break;
        case 2:
            header->n_plain_bytes = fct_thrift_read_int(&r, &f);
            break;
        case 3:
            header->n_packed_bytes = fct_thrift_read_int(&r, &f);
            break;
        case 4:
            header->has_crc = true;
            header->crc = (uint32_t)fct_thrift_read_int(&r, &f);
            break;
        case 5:
        case 7:
            if (fct_thrift_enter(&r, &f))
                parse_data_header(&r, header);
            break;
        case 8:
            if (fct_thrift_enter(&r, &f))
                parse_data_header_v2(&r, header);
            break;
        default:
            fct_thrift_skip(&r, &f);
        }
    }
    return r.broken ? 0 : (size_t)(r.next - bytes);
}
