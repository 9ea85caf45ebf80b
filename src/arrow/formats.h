/* The table of types: what Arrow calls them and how wide a value is. */
#ifndef FCT_ARROW_FORMATS_H
#define FCT_ARROW_FORMATS_H

#include "arrow/arrow.h"

/* The format string of a type, "l" for int64. Static text. */
const char *fct_arrow_format(fct_arrow_type type);

/* The type of a format string; false for one that is not read here. */
bool fct_arrow_type_of(const char *format, fct_arrow_type *type);

/* Bytes of one value; 0 for booleans (bits) and strings (any). */
size_t fct_arrow_type_bytes(fct_arrow_type type);

/* One text of a string view column: up to 12 bytes lie in it, longer ones in the data buffer `buffer`. */
typedef struct fct_arrow_text_view {
    int32_t n_bytes;
    union {
        char inside[12];
        struct {
            char begin[4];
            int32_t buffer, offset;
        } outside;
    };
} fct_arrow_text_view;

enum { FCT_ARROW_INSIDE_BYTES = 12 };

static inline bool fct_arrow_is_null(const uint8_t *validity, int64_t i)
{
    return validity && !(validity[i / 8] >> (i % 8) & 1);
}

static inline int64_t fct_arrow_index_at(const void *indices, size_t n_bytes, bool is_signed,
                                         int64_t i)
{
    /* Branches, not a conditional expression: that would mix the signs of its two sides. */
    if (n_bytes == 8)
        return ((const int64_t *)indices)[i];
    if (is_signed) {
        if (n_bytes == 1)
            return ((const int8_t *)indices)[i];
        return n_bytes == 2 ? ((const int16_t *)indices)[i] : ((const int32_t *)indices)[i];
    }
    if (n_bytes == 1)
        return ((const uint8_t *)indices)[i];
    return n_bytes == 2 ? ((const uint16_t *)indices)[i] : ((const uint32_t *)indices)[i];
}

#endif
