/* What is read here of a response's headers; all else is libcurl's. */
#ifndef FCT_ARCHIVE_HTTP_HEADER_H
#define FCT_ARCHIVE_HTTP_HEADER_H

#include <stddef.h>
#include <stdint.h>

enum { FCT_HTTP_ETAG_SIZE = 256, FCT_HTTP_DATE_SIZE = 64 };

/* range_start starts as -1. */
typedef struct fct_http_headers {
    char etag
        [FCT_HTTP_ETAG_SIZE]; /* with its quotes; "": none, or none that is printable and short enough */
    char last_modified[FCT_HTTP_DATE_SIZE];
    int64_t range_start; /* of Content-Range; -1: none */
} fct_http_headers;

/* Takes one line, of `n` bytes. A status line begins the headers of another response. */
void fct_http_header_read(fct_http_headers *headers, const char *line, size_t n);

#endif
