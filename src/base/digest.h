/* A fast 64-bit digest that tells whether bytes are what they were. It is no protection against a forger. */
#ifndef FCT_BASE_DIGEST_H
#define FCT_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct fct_digest fct_digest;

/* NULL where memory is out. Freed by fct_digest_free. */
fct_digest *fct_digest_new(void);
void fct_digest_restart(fct_digest *digest);
void fct_digest_add(fct_digest *digest, const void *bytes, size_t n_bytes);

/* The digest of all that was added since the last restart, however it was cut. */
uint64_t fct_digest_value(const fct_digest *digest);
void fct_digest_free(fct_digest *digest); /* accepts NULL */

/* The digest of one piece. */
uint64_t fct_digest_of(const void *bytes, size_t n_bytes);

#define FCT_DIGEST_TEXT 17 /* 16 hex digits and NUL */

/* What a file is known by. */
typedef struct fct_file_mark {
    int64_t n_bytes;
    char digest[FCT_DIGEST_TEXT]; /* of all its bytes; "": not known */
} fct_file_mark;

/* The digest of what was added since the last restart, as text. */
void fct_digest_text(const fct_digest *digest, char text[FCT_DIGEST_TEXT]);

#endif
