#include "archive/lines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_CAPACITY = 256 * 1024 };

static size_t capacity_for(size_t max_line_bytes)
{
    /* One line, its CR and LF, and something to read on into. */
    size_t needed = max_line_bytes + 4096;
    return needed < MIN_CAPACITY ? MIN_CAPACITY : needed;
}

size_t fct_lines_bytes(size_t max_line_bytes)
{
    return capacity_for(max_line_bytes) + (size_t)2 * FCT_LINES_PADDING_BYTES;
}

fct_status fct_lines_init(fct_lines *lines, fct_source *source, size_t max_line_bytes,
                          fct_error *err)
{
    *lines = (fct_lines){.source = source,
                         .capacity = capacity_for(max_line_bytes),
                         .max_line_bytes = max_line_bytes};
    lines->memory = calloc(1, fct_lines_bytes(max_line_bytes));
    if (!lines->memory)
        return fct_error_memory(err, fct_lines_bytes(max_line_bytes));
    lines->buffer = lines->memory + FCT_LINES_PADDING_BYTES;
    return FCT_OK;
}

void fct_lines_free(fct_lines *lines)
{
    free(lines->memory);
    *lines = (fct_lines){0};
}

/* Reads until the buffer is full or the file ends. */
static fct_status read_on(fct_lines *lines, fct_error *err)
{
    while (!lines->at_end && lines->filled < lines->capacity) {
        size_t n = 0;
        FCT_TRY(fct_source_read(lines->source, lines->buffer + lines->filled,
                                lines->capacity - lines->filled, &n, err));
        lines->filled += n;
        lines->at_end = n == 0;
    }
    return FCT_OK;
}

static void cut_byte_order_mark(fct_lines *lines)
{
    if (!lines->started && lines->filled >= 3 && memcmp(lines->buffer, "\xef\xbb\xbf", 3) == 0)
        lines->begin = 3;
    lines->started = true;
}

/*
 * Leaves out what is in the buffer of a line that is too long, up to and with its end where that is
 * there.
 */
static void skip_line(fct_lines *lines)
{
    char *end = memchr(lines->buffer, '\n', lines->filled);
    lines->skipping = end == NULL && !lines->at_end;
    lines->begin = end ? (size_t)(end - lines->buffer) + 1 : lines->filled;
}

fct_status fct_lines_fill(fct_lines *lines, fct_lines_state *state, fct_error *err)
{
    assert(lines->begin == lines->whole_end);
    for (;;) {
        memmove(lines->buffer, lines->buffer + lines->begin, lines->filled - lines->begin);
        lines->filled -= lines->begin;
        lines->begin = lines->whole_end = 0;
        FCT_TRY(read_on(lines, err));
        cut_byte_order_mark(lines);
        if (!lines->skipping)
            break;
        skip_line(lines);
    }
    if (lines->filled == lines->begin) {
        *state = FCT_LINES_END;
        lines->whole_end = lines->begin;
        return FCT_OK;
    }
    char *last = memrchr(lines->buffer + lines->begin, '\n', lines->filled - lines->begin);
    if (!last && lines->filled == lines->capacity) {
        *state = FCT_LINES_LONG;
        lines->whole_end = lines->begin;
        lines->skipping = true;
        return FCT_OK;
    }
    if (lines->at_end && lines->buffer[lines->filled - 1] != '\n') {
        /* The padding has room for it. */
        lines->buffer[lines->filled] = '\n';
        last = lines->buffer + lines->filled++;
    }
    lines->whole_end = (size_t)(last - lines->buffer) + 1;
    *state = FCT_LINES_SOME;
    return FCT_OK;
}
