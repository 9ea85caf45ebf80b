#include "format/flatbuffer.h"

#include <string.h>

static fct_flat_position put_zeros(fct_flatbuffer *flat, size_t n_bytes)
{
    fct_flat_position position = flat->out.length;
    if (flat->status == FCT_OK)
        flat->status = fct_text_reserve(&flat->out, n_bytes, flat->err);
    if (flat->status != FCT_OK)
        return 0;
    memset(flat->out.data + position, 0, n_bytes + 1);
    flat->out.length += n_bytes;
    return position;
}

/* Zeros up to a position that is `remainder` behind a multiple of 8. */
static void align(fct_flatbuffer *flat, size_t remainder)
{
    put_zeros(flat, (8 + remainder - flat->out.length % 8) % 8);
}

void fct_flat_set(fct_flatbuffer *flat, fct_flat_position slot, const void *value, size_t n_bytes)
{
    if (flat->status == FCT_OK)
        memcpy(flat->out.data + slot, value, n_bytes);
}

void fct_flat_set_int64(fct_flatbuffer *flat, fct_flat_position slot, int64_t value, size_t n_bytes)
{
    /* Little-endian: the low bytes come first. */
    fct_flat_set(flat, slot, &value, n_bytes);
}

void fct_flat_set_offset(fct_flatbuffer *flat, fct_flat_position slot, fct_flat_position target)
{
    fct_flat_set_int64(flat, slot, (int64_t)(target - slot), 4);
}

void fct_flat_start(fct_flatbuffer *flat)
{
    put_zeros(flat, 8);
}

/* First the vtable: its size, the table's size, where each field lies; then the table, which points back to it. */
fct_flat_position fct_flat_table(fct_flatbuffer *flat, int n_fields, unsigned present)
{
    size_t n_present = (size_t)__builtin_popcount(present);
    align(flat, 0);
    fct_flat_position vtable = put_zeros(flat, 4 + 2 * (size_t)n_fields);
    align(flat, 4);
    fct_flat_position table = put_zeros(flat, 4 + 8 * n_present);
    fct_flat_set_int64(flat, vtable, 4 + 2 * n_fields, 2);
    fct_flat_set_int64(flat, vtable + 2, (int64_t)(4 + 8 * n_present), 2);
    int offset = 4;
    for (int i = 0; i < n_fields; i++)
        if (present >> i & 1) {
            fct_flat_set_int64(flat, vtable + 4 + 2 * (size_t)i, offset, 2);
            offset += 8;
        }
    fct_flat_set_int64(flat, table, (int64_t)(table - vtable), 4);
    return table;
}

fct_flat_position fct_flat_field(const fct_flatbuffer *flat, fct_flat_position table, int field)
{
    if (flat->status != FCT_OK)
        return 0;
    int32_t back;
    uint16_t offset;
    memcpy(&back, flat->out.data + table, 4);
    memcpy(&offset, flat->out.data + (table - (size_t)back) + 4 + 2 * (size_t)field, 2);
    return table + offset;
}

fct_flat_position fct_flat_vector(fct_flatbuffer *flat, size_t n, size_t element_bytes)
{
    align(flat, 4);
    fct_flat_position vector = put_zeros(flat, 4 + n * element_bytes);
    fct_flat_set_int64(flat, vector, (int64_t)n, 4);
    return vector;
}

fct_flat_position fct_flat_string(fct_flatbuffer *flat, const char *text)
{
    size_t n = strlen(text);
    fct_flat_position string = fct_flat_vector(flat, n + 1, 1);
    fct_flat_set_int64(flat, string, (int64_t)n, 4);
    fct_flat_set(flat, string + 4, text, n);
    return string;
}
