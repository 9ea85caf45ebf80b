/* A table's bytes as whole lines in a buffer of fixed size. */
#ifndef FCT_ARCHIVE_LINES_H
#define FCT_ARCHIVE_LINES_H

#include "archive/source.h"

/* Scanners may load this many bytes from any place in a line, and as many that lie before a line. */
#define FCT_LINES_PADDING_BYTES 64

/*
 * buffer[begin .. whole_end) are lines that are complete, the last byte a '\n' (added where the
 * file ends without one). The caller moves `begin` from line to line.
 */
typedef struct fct_lines {
    fct_source *source;
    char *memory; /* the buffer with padding on both sides */
    char *buffer;
    size_t capacity;
    size_t begin, whole_end, filled;
    size_t max_line_bytes;
    bool started;
    bool skipping; /* the rest of a line that is too long */
    bool at_end;
} fct_lines;

/*
 * LONG: the next line is too long. buffer[begin .. begin + 64) shows its start; the next call skips
 * it.
 */
typedef enum fct_lines_state {
    FCT_LINES_SOME, /* at least one line is there */
    FCT_LINES_LONG,
    FCT_LINES_END
} fct_lines_state;

/* Freed by fct_lines_free, also after a failure. The source stays the caller's. */
fct_status fct_lines_init(fct_lines *lines, fct_source *source, size_t max_line_bytes,
                          fct_error *err);

/*
 * Reads on, once `begin` has reached `whole_end`. A byte order mark at the file's start is left
 * out.
 */
fct_status fct_lines_fill(fct_lines *lines, fct_lines_state *state, fct_error *err);

size_t fct_lines_bytes(size_t max_line_bytes);
void fct_lines_free(fct_lines *lines);

#endif
