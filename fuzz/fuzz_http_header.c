/* Any lines as a response's headers: what is kept of them is text that can be sent back. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/http_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_text(const char *text, size_t size)
{
    if (memchr(text, '\0', size) == NULL)
        abort();
    for (; *text; text++)
        if (!isprint((unsigned char)*text))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fct_http_headers headers = {.range_start = -1};
    const char *text = (const char *)data;
    while (size) {
        const char *end = memchr(text, '\n', size);
        size_t n = end ? (size_t)(end - text) + 1 : size;
        /* A copy of just that size: what is read behind the line shows. */
        char *line = malloc(n);
        if (!line)
            abort();
        memcpy(line, text, n);
        fct_http_header_read(&headers, line, n);
        free(line);
        text += n;
        size -= n;
    }
    require_text(headers.etag, sizeof headers.etag);
    require_text(headers.last_modified, sizeof headers.last_modified);
    if (headers.range_start < -1)
        abort();
    return 0;
}
