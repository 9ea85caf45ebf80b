/* Thrift's compact protocol, reading: hostile bytes end in a flag, never beyond their end. */
#ifndef FCT_PARQUET_THRIFT_READ_H
#define FCT_PARQUET_THRIFT_READ_H

#include "base/status.h"

/* Starts as {.next = bytes, .end = bytes + n}. Once `broken`, every read gives zero and every loop ends. */
typedef struct fct_thrift_reader {
    const uint8_t *next, *end;
    int depth;
    bool broken;
} fct_thrift_reader;

/*
 * The fields of a struct, one after the other:
 *     for (fct_thrift_field f = {0}; fct_thrift_next_field(r, &f);)
 *         switch (f.id) { case 1: x = fct_thrift_read_int(r, &f); break; default: fct_thrift_skip(r, &f); }
 */
typedef struct fct_thrift_field {
    int id;
    int type; /* the compact protocol's number */
} fct_thrift_field;

bool fct_thrift_next_field(fct_thrift_reader *reader, fct_thrift_field *field);

/* The value of a field; of another type than asked for it is skipped and counts as 0, false or empty. */
int64_t fct_thrift_read_int(fct_thrift_reader *reader, const fct_thrift_field *field);
bool fct_thrift_read_bool(fct_thrift_reader *reader, const fct_thrift_field *field);
const uint8_t *fct_thrift_read_bytes(fct_thrift_reader *reader, const fct_thrift_field *field,
                                     size_t *n_bytes);
bool fct_thrift_enter(fct_thrift_reader *reader, const fct_thrift_field *field);
void fct_thrift_skip(fct_thrift_reader *reader, const fct_thrift_field *field);

/*
 * A list: how many elements it has (no more than bytes are left), and what each is as a field of its own. Structs
 * as elements are read with fct_thrift_next_field right away.
 */
size_t fct_thrift_read_list(fct_thrift_reader *reader, const fct_thrift_field *field,
                            fct_thrift_field *element);

#endif
