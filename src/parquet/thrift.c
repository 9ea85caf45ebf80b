#include "parquet/thrift.h"

#include <assert.h>
#include <string.h>

void fct_thrift_raw(fct_thrift_writer *writer, const void *bytes, size_t n_bytes)
{
    if (writer->status == FCT_OK)
        writer->status = fct_text_append(&writer->out, bytes, n_bytes, writer->err);
}

static void write_varint(fct_thrift_writer *writer, uint64_t value)
{
    char bytes[10];
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (char)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (char)value;
    fct_thrift_raw(writer, bytes, n);
}

static void write_zigzag(fct_thrift_writer *writer, int64_t value)
{
    write_varint(writer, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

/* Fields come in rising order, at most 15 apart: the short form always does. */
static void write_field(fct_thrift_writer *writer, int field, fct_thrift_type type)
{
    int delta = field - writer->last_field[writer->depth];
    assert(delta >= 1 && delta <= 15);
    char byte = (char)(delta << 4 | (int)type);
    writer->last_field[writer->depth] = field;
    fct_thrift_raw(writer, &byte, 1);
}

void fct_thrift_bool(fct_thrift_writer *writer, int field, bool value)
{
    write_field(writer, field, value ? FCT_THRIFT_TRUE : FCT_THRIFT_FALSE);
}

void fct_thrift_i16(fct_thrift_writer *writer, int field, int64_t value)
{
    write_field(writer, field, FCT_THRIFT_I16);
    write_zigzag(writer, value);
}

void fct_thrift_i32(fct_thrift_writer *writer, int field, int64_t value)
{
    write_field(writer, field, FCT_THRIFT_I32);
    write_zigzag(writer, value);
}

void fct_thrift_i64(fct_thrift_writer *writer, int field, int64_t value)
{
    write_field(writer, field, FCT_THRIFT_I64);
    write_zigzag(writer, value);
}

void fct_thrift_binary(fct_thrift_writer *writer, int field, const void *bytes, size_t n_bytes)
{
    write_field(writer, field, FCT_THRIFT_BINARY);
    write_varint(writer, n_bytes);
    fct_thrift_raw(writer, bytes, n_bytes);
}

void fct_thrift_text(fct_thrift_writer *writer, int field, const char *text)
{
    fct_thrift_binary(writer, field, text, strlen(text));
}

void fct_thrift_element_struct(fct_thrift_writer *writer)
{
    assert(writer->depth + 1 < FCT_THRIFT_MAX_DEPTH);
    writer->last_field[++writer->depth] = 0;
}

void fct_thrift_struct(fct_thrift_writer *writer, int field)
{
    write_field(writer, field, FCT_THRIFT_STRUCT);
    fct_thrift_element_struct(writer);
}

void fct_thrift_struct_end(fct_thrift_writer *writer)
{
    assert(writer->depth > 0);
    writer->depth--;
    fct_thrift_raw(writer, "", 1);
}

void fct_thrift_list(fct_thrift_writer *writer, int field, fct_thrift_type type, size_t n_elements)
{
    write_field(writer, field, FCT_THRIFT_LIST);
    char byte = (char)((n_elements < 15 ? n_elements : 15) << 4 | (unsigned)type);
    fct_thrift_raw(writer, &byte, 1);
    if (n_elements >= 15)
        write_varint(writer, n_elements);
}

void fct_thrift_element_i32(fct_thrift_writer *writer, int64_t value)
{
    write_zigzag(writer, value);
}

void fct_thrift_element_text(fct_thrift_writer *writer, const char *text)
{
    write_varint(writer, strlen(text));
    fct_thrift_raw(writer, text, strlen(text));
}
