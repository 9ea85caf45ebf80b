/* Numbers as text. */
#ifndef FCT_FORMAT_NUMBER_H
#define FCT_FORMAT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { FCT_NUMBER_SIZE = 40 };

/* Each writes text and its NUL into `out` (FCT_NUMBER_SIZE bytes) and returns its length. */

size_t fct_format_int64(int64_t value, char *out);

/*
 * The shortest decimals that read back as the same double; whole numbers keep a ".0", so that a column stays one of
 * doubles. "nan", "inf" and "-inf" where it is not finite.
 */
size_t fct_format_double(double value, char *out);

#endif
