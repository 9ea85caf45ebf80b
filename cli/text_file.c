#include "text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum { MAX_TEXT_BYTES = 64 << 20 };

static char *fail(const invocation *in, const char *path, const char *what, char *text)
{
    fprintf(stderr, "factorium %s: error: %s: %s\n", in->verb->name, path, what);
    free(text);
    return NULL;
}

static char *read_all(const invocation *in, const char *path, FILE *file)
{
    char *text = NULL;
    size_t n = 0;
    size_t capacity = 0;
    do {
        if (n + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            char *larger = capacity <= MAX_TEXT_BYTES ? realloc(text, capacity) : NULL;
            if (!larger)
                return fail(in, path, "it is too large for a file of expressions", text);
            text = larger;
        }
        n += fread(text + n, 1, capacity - n - 1, file);
    } while (!feof(file) && !ferror(file));
    if (ferror(file))
        return fail(in, path, strerror(errno), text);
    text[n] = '\0';
    /* Editors of Windows begin a text with a byte-order mark. */
    if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
        n -= strlen(BYTE_ORDER_MARK);
        memmove(text, text + strlen(BYTE_ORDER_MARK), n + 1);
    }
    if (strlen(text) != n)
        return fail(in, path, "it holds a NUL byte: is this a text?", text);
    return text;
}

char *read_text_file(const invocation *in, const char *path)
{
    if (strcmp(path, "-") == 0)
        return read_all(in, "stdin", stdin);
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(in, path, strerror(errno), NULL);
    char *text = read_all(in, path, file);
    fclose(file);
    return text;
}
