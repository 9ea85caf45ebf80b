/* Where formats write: a buffered file descriptor that counts its bytes. */
#ifndef FCT_FORMAT_OUTPUT_H
#define FCT_FORMAT_OUTPUT_H

#include "base/run.h"
#include "base/text.h"

/* Bytes collect in `buffer` and go out in large pieces. Freed by fct_output_free. */
typedef struct fct_output {
    int fd;
    const char *path; /* for messages */
    fct_job *job;
    fct_text buffer;
    int64_t n_bytes; /* given out, the buffer included */
    int64_t n_rows;  /* counted by the format */
} fct_output;

fct_status fct_output_put(fct_output *out, const void *bytes, size_t n_bytes, fct_error *err);

/* Room for `n_bytes` behind the buffer, which the caller fills, then adds to with fct_output_took. */
fct_status fct_output_room(fct_output *out, size_t n_bytes, char **room, fct_error *err);
void fct_output_took(fct_output *out, size_t n_bytes);

/* Writes what is buffered; asks for a stop. */
fct_status fct_output_flush(fct_output *out, fct_error *err);
void fct_output_free(fct_output *out);

#endif
