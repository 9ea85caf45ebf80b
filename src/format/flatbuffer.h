/* FlatBuffers, writing, as far as Arrow's file format needs them. */
#ifndef FCT_FORMAT_FLATBUFFER_H
#define FCT_FORMAT_FLATBUFFER_H

#include "base/text.h"

/*
 * The buffer grows forwards: a table is written with its offsets empty, then what they point to, which is
 * patched in. Every field of a table has a slot of 8 bytes, which the format allows and keeps all of them aligned.
 * The first failure stays in `status`. Starts as {.err = err}; the first 4 bytes will name the root.
 */
typedef struct fct_flatbuffer {
    fct_text out;
    fct_status status;
    fct_error *err;
} fct_flatbuffer;

/* A position in the buffer; positions stay as it grows. */
typedef size_t fct_flat_position;

/* A table of `n_fields`, of which those whose bit is set in `present` are there. */
fct_flat_position fct_flat_table(fct_flatbuffer *flat, int n_fields, unsigned present);

/* The slot of a present field. */
fct_flat_position fct_flat_field(const fct_flatbuffer *flat, fct_flat_position table, int field);

/* Values into a slot. */
void fct_flat_set(fct_flatbuffer *flat, fct_flat_position slot, const void *value, size_t n_bytes);
void fct_flat_set_int64(fct_flatbuffer *flat, fct_flat_position slot, int64_t value,
                        size_t n_bytes);
void fct_flat_set_offset(fct_flatbuffer *flat, fct_flat_position slot, fct_flat_position target);

/* A vector of `n` elements of `element_bytes` (4 for offsets), zeroed; the first lies 4 bytes behind. */
fct_flat_position fct_flat_vector(fct_flatbuffer *flat, size_t n, size_t element_bytes);
fct_flat_position fct_flat_string(fct_flatbuffer *flat, const char *text);

/* Reserves the root offset; call first. The root table is then set with fct_flat_set_offset(flat, 0, table). */
void fct_flat_start(fct_flatbuffer *flat);

#endif
