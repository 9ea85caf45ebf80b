#include "archive/http_header.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

typedef struct value {
    const char *start;
    size_t length;
} value;

/* The value of the header `name`, without blanks around it; false where the line is another. */
static bool is_header(const char *line, size_t n, const char *name, value *out)
{
    size_t n_name = strlen(name);
    if (n <= n_name || strncasecmp(line, name, n_name) != 0 || line[n_name] != ':')
        return false;
    const char *start = line + n_name + 1;
    const char *end = line + n;
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    *out = (value){start, (size_t)(end - start)};
    return true;
}

/* What is too long, or no text, is as good as none: cut short it would be another. */
static void copy_value(value v, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < v.length; i++)
        if (!isprint((unsigned char)v.start[i]))
            return;
    if (v.length < size) {
        memcpy(out, v.start, v.length);
        out[v.length] = '\0';
    }
}

/* "bytes 1000-1999/5000" */
static int64_t range_start_of(value v)
{
    enum { MAX_DIGITS = 18 };
    static const char unit[] = "bytes ";
    size_t i = sizeof unit - 1;
    int64_t start = 0;
    if (v.length <= i || strncasecmp(v.start, unit, i) != 0)
        return -1;
    size_t first = i;
    for (; i < v.length && i - first < MAX_DIGITS && isdigit((unsigned char)v.start[i]); i++)
        start = start * 10 + (v.start[i] - '0');
    return i > first && i < v.length && v.start[i] == '-' ? start : -1;
}

void fct_http_header_read(fct_http_headers *headers, const char *line, size_t n)
{
    value v;
    if (n > 5 && strncmp(line, "HTTP/", 5) == 0)
        *headers = (fct_http_headers){.range_start = -1};
    else if (is_header(line, n, "ETag", &v))
        copy_value(v, headers->etag, sizeof headers->etag);
    else if (is_header(line, n, "Last-Modified", &v))
        copy_value(v, headers->last_modified, sizeof headers->last_modified);
    else if (is_header(line, n, "Content-Range", &v))
        headers->range_start = range_start_of(v);
}
