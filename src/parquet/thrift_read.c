#include "parquet/thrift_read.h"

enum {
    TYPE_STOP = 0,
    TYPE_TRUE = 1,
    TYPE_FALSE = 2,
    TYPE_BYTE = 3,
    TYPE_I16 = 4,
    TYPE_I64 = 6,
    TYPE_DOUBLE = 7,
    TYPE_BINARY = 8,
    TYPE_LIST = 9,
    TYPE_SET = 10,
    TYPE_MAP = 11,
    TYPE_STRUCT = 12,
    MAX_DEPTH = 32
};

static uint8_t read_byte(fct_thrift_reader *r)
{
    if (r->broken || r->next == r->end) {
        r->broken = true;
        return 0;
    }
    return *r->next++;
}

static uint64_t read_varint(fct_thrift_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_byte(r);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->broken = true;
    return 0;
}

static int64_t read_zigzag(fct_thrift_reader *r)
{
    uint64_t value = read_varint(r);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

bool fct_thrift_next_field(fct_thrift_reader *r, fct_thrift_field *field)
{
    uint8_t head = read_byte(r);
    if (r->broken || (head & 0xF) == TYPE_STOP)
        return false;
    int delta = head >> 4;
    int64_t id = delta ? field->id + delta : read_zigzag(r);
    field->type = head & 0xF;
    r->broken = r->broken || id < 0 || id > INT16_MAX;
    field->id = r->broken ? 0 : (int)id;
    return !r->broken;
}

static void skip_bytes(fct_thrift_reader *r, uint64_t n)
{
    if (r->broken || n > (uint64_t)(r->end - r->next))
        r->broken = true;
    else
        r->next += n;
}

/* Of a list or a map, where a truth value takes a byte of its own. */
static void skip_element(fct_thrift_reader *r, const fct_thrift_field *element)
{
    if (element->type == TYPE_TRUE || element->type == TYPE_FALSE)
        read_byte(r);
    else
        fct_thrift_skip(r, element);
}

static void skip_elements(fct_thrift_reader *r, const fct_thrift_field *field)
{
    fct_thrift_field element;
    size_t n = fct_thrift_read_list(r, field, &element);
    for (size_t i = 0; i < n && !r->broken; i++)
        skip_element(r, &element);
}

static void skip_map(fct_thrift_reader *r)
{
    uint64_t n = read_varint(r);
    if (!n)
        return;
    uint8_t types = read_byte(r);
    fct_thrift_field key = {0, types >> 4};
    fct_thrift_field value = {0, types & 0xF};
    for (uint64_t i = 0; i < n && !r->broken; i++) {
        skip_element(r, &key);
        skip_element(r, &value);
    }
}

void fct_thrift_skip(fct_thrift_reader *r, const fct_thrift_field *field)
{
    if (++r->depth > MAX_DEPTH)
        r->broken = true;
    switch (r->broken ? TYPE_STOP : field->type) {
    case TYPE_TRUE:
    case TYPE_FALSE:
        break;
    case TYPE_BYTE:
        read_byte(r);
        break;
    case TYPE_I16:
    case TYPE_I16 + 1:
    case TYPE_I64:
        read_varint(r);
        break;
    case TYPE_DOUBLE:
        skip_bytes(r, 8);
        break;
    case TYPE_BINARY:
        skip_bytes(r, read_varint(r));
        break;
    case TYPE_LIST:
    case TYPE_SET:
        skip_elements(r, field);
        break;
    case TYPE_MAP:
        skip_map(r);
        break;
    case TYPE_STRUCT:
        for (fct_thrift_field inner = {0}; fct_thrift_next_field(r, &inner);)
            fct_thrift_skip(r, &inner);
        break;
    default:
        r->broken = true;
    }
    r->depth--;
}

int64_t fct_thrift_read_int(fct_thrift_reader *r, const fct_thrift_field *field)
{
    if (field->type >= TYPE_I16 && field->type <= TYPE_I64)
        return read_zigzag(r);
    if (field->type == TYPE_BYTE)
        return (int8_t)read_byte(r);
    fct_thrift_skip(r, field);
    return 0;
}

bool fct_thrift_read_bool(fct_thrift_reader *r, const fct_thrift_field *field)
{
    fct_thrift_skip(r, field);
    return field->type == TYPE_TRUE;
}

const uint8_t *fct_thrift_read_bytes(fct_thrift_reader *r, const fct_thrift_field *field,
                                     size_t *n_bytes)
{
    *n_bytes = 0;
    if (field->type != TYPE_BINARY) {
        fct_thrift_skip(r, field);
        return r->next;
    }
    uint64_t n = read_varint(r);
    const uint8_t *bytes = r->next;
    skip_bytes(r, n);
    *n_bytes = r->broken ? 0 : (size_t)n;
    return bytes;
}

bool fct_thrift_enter(fct_thrift_reader *r, const fct_thrift_field *field)
{
    if (field->type == TYPE_STRUCT)
        return true;
    fct_thrift_skip(r, field);
    return false;
}

size_t fct_thrift_read_list(fct_thrift_reader *r, const fct_thrift_field *field,
                            fct_thrift_field *element)
{
    *element = (fct_thrift_field){0};
    if (field->type != TYPE_LIST && field->type != TYPE_SET) {
        fct_thrift_skip(r, field);
        return 0;
    }
    uint8_t head = read_byte(r);
    uint64_t n = head >> 4;
    if (n == 15)
        n = read_varint(r);
    element->type = head & 0xF;
    /* Every element takes a byte at least. */
    if (r->broken || n > (uint64_t)(r->end - r->next)) {
        r->broken = true;
        return 0;
    }
    return (size_t)n;
}
