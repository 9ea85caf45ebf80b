/* Thrift's compact protocol, as far as Parquet's headers and footer need it: writing. */
#ifndef FCT_PARQUET_THRIFT_H
#define FCT_PARQUET_THRIFT_H

#include "base/text.h"

enum { FCT_THRIFT_MAX_DEPTH = 16 };

/*
 * Appends to `out`. The first failure stays in `status` and stops all later writes, so that a whole structure is
 * written before anyone asks. Starts as {.err = err}.
 */
typedef struct fct_thrift_writer {
    fct_text out;
    int last_field[FCT_THRIFT_MAX_DEPTH];
    int depth;
    fct_status status;
    fct_error *err;
} fct_thrift_writer;

typedef enum fct_thrift_type {
    FCT_THRIFT_TRUE = 1,
    FCT_THRIFT_FALSE = 2,
    FCT_THRIFT_I16 = 4,
    FCT_THRIFT_I32 = 5,
    FCT_THRIFT_I64 = 6,
    FCT_THRIFT_BINARY = 8,
    FCT_THRIFT_LIST = 9,
    FCT_THRIFT_STRUCT = 12
} fct_thrift_type;

void fct_thrift_bool(fct_thrift_writer *writer, int field, bool value);
void fct_thrift_i16(fct_thrift_writer *writer, int field, int64_t value);
void fct_thrift_i32(fct_thrift_writer *writer, int field, int64_t value);
void fct_thrift_i64(fct_thrift_writer *writer, int field, int64_t value);
void fct_thrift_binary(fct_thrift_writer *writer, int field, const void *bytes, size_t n_bytes);
void fct_thrift_text(fct_thrift_writer *writer, int field, const char *text);

/* A struct as a field; fct_thrift_struct_end closes it. Within a list of structs only the end is written. */
void fct_thrift_struct(fct_thrift_writer *writer, int field);
void fct_thrift_element_struct(fct_thrift_writer *writer);
void fct_thrift_struct_end(fct_thrift_writer *writer);

/* The head of a list; its elements follow, without field numbers. */
void fct_thrift_list(fct_thrift_writer *writer, int field, fct_thrift_type type, size_t n_elements);
void fct_thrift_element_i32(fct_thrift_writer *writer, int64_t value);
void fct_thrift_element_text(fct_thrift_writer *writer, const char *text);

/* Elements that were written before, elsewhere. */
void fct_thrift_raw(fct_thrift_writer *writer, const void *bytes, size_t n_bytes);

#endif
