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

#endif
