#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_CAPACITY = 64, MAX_NAME = 64 };

fct_status fct_text_reserve(fct_text *text, size_t n_more, fct_error *err)
{
    size_t needed = text->length + n_more + 1;
    if (needed < n_more)
        return fct_error_memory(err, SIZE_MAX);
    if (needed <= text->capacity)
        return FCT_OK;
    size_t capacity = text->capacity ? text->capacity : MIN_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (!data)
        return fct_error_memory(err, capacity);
    text->data = data;
    text->capacity = capacity;
    return FCT_OK;
}

fct_status fct_text_append(fct_text *text, const char *bytes, size_t n_bytes, fct_error *err)
{
    FCT_TRY(fct_text_reserve(text, n_bytes, err));
    if (n_bytes)
        memcpy(text->data + text->length, bytes, n_bytes);
    text->length += n_bytes;
    text->data[text->length] = '\0';
    return FCT_OK;
}

fct_status fct_text_append_format(fct_text *text, fct_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return fct_error_set(err, FCT_ERROR_INTERNAL, "cannot format text by \"%s\"", format);
    FCT_TRY(fct_text_reserve(text, (size_t)length, err));
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
    return FCT_OK;
}

void fct_text_free(fct_text *text)
{
    free(text->data);
    *text = (fct_text){0};
}

char *fct_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

const char *fct_text_quote(const char *source, size_t n_bytes, char *out, size_t size)
{
    size_t n = n_bytes < size - 1 ? n_bytes : size - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)source[i];
        out[i] = (c < 0x20 || c == 0x7f || c == '"') ? '?' : (char)c;
    }
    out[n] = '\0';
    if (n < n_bytes && n >= 3)
        memcpy(out + n - 3, "...", 3);
    return out;
}

fct_status fct_name_check(const char *name, const char *what, fct_error *err)
{
    if (!name)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "no %s was given", what);
    size_t length = strlen(name);
    bool good =
        length >= 1 && length <= MAX_NAME && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
    for (size_t i = 0; good && i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '.' || c == '_' || c == '-';
    }
    if (good)
        return FCT_OK;
    char shown[80];
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "bad %s \"%s\": use 1 to 64 letters, digits, '.', '_' or '-'", what,
                         fct_text_quote(name, length, shown, sizeof shown));
}

size_t fct_text_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t n_a = strlen(a), n_b = strlen(b);
    if (n_a > LONGEST || n_b > LONGEST)
        return LONGEST;
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t replaced = diagonal + (same ? 0 : 1);
            size_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = shorter + 1 < replaced ? shorter + 1 : replaced;
        }
    }
    return row[n_b];
}

size_t fct_text_n_characters(const char *text, size_t n_bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}
