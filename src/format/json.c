/* JSON: one array with an object a row, null where a value is missing. */
#include <stdio.h>
#include <string.h>

#include "format/cell.h"
#include "format/format.h"

/* The length of the UTF-8 character that begins here, 0 where none does (RFC 3629). */
static size_t character_length(const unsigned char *p, size_t n_left)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;
    if (!n || n > n_left || p[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool outside = (p[0] == 0xED && p[1] >= 0xA0) || (p[0] == 0xF4 && p[1] >= 0x90);
    return overlong || outside ? 0 : n;
}

static fct_status put_character(fct_output *out, const char *character, size_t n_bytes,
                                fct_error *err)
{
    char c = character[0];
    if (n_bytes > 1 || (c >= 0x20 && c != '"' && c != '\\'))
        return fct_output_put(out, character, n_bytes, err);
    char escaped[8];
    int n = c == '"' || c == '\\' ? snprintf(escaped, sizeof escaped, "\\%c", c)
                                  : snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)c);
    return fct_output_put(out, escaped, (size_t)n, err);
}

/* Bytes that are no UTF-8 become U+FFFD, the replacement character. */
static fct_status put_text(fct_output *out, const char *text, size_t n_bytes, fct_error *err)
{
    FCT_TRY(fct_output_put(out, "\"", 1, err));
    for (size_t i = 0; i < n_bytes;) {
        size_t n = character_length((const unsigned char *)text + i, n_bytes - i);
        if (n)
            FCT_TRY(put_character(out, text + i, n, err));
        else
            FCT_TRY(fct_output_put(out, "\\ufffd", 6, err));
        i += n ? n : 1;
    }
    return fct_output_put(out, "\"", 1, err);
}

typedef struct json {
    fct_output *out;
    const fct_arrow_field *fields;
    size_t n_fields;
    bool any_row;
} json;

static fct_status put_cell(fct_output *out, const fct_arrow_view *view, int64_t row, fct_error *err)
{
    if (fct_cell_is_null(view, row))
        return fct_output_put(out, "null", 4, err);
    if (fct_cell_is_text(view)) {
        size_t n_bytes;
        const char *text = fct_arrow_view_text(view, row, &n_bytes);
        return put_text(out, text, n_bytes, err);
    }
    char text[FCT_CELL_SIZE];
    size_t n_bytes = fct_cell_format(view, row, text);
    /* JSON knows no infinity. */
    if (strstr(text, "inf"))
        return fct_output_put(out, "null", 4, err);
    return fct_cell_is_number(view) ? fct_output_put(out, text, n_bytes, err)
                                    : put_text(out, text, n_bytes, err);
}

static fct_status put_batch(const fct_arrow_view *views, int64_t n_rows, void *context,
                            fct_error *err)
{
    json *j = context;
    for (int64_t row = 0; row < n_rows; row++) {
        FCT_TRY(fct_output_put(j->out, j->any_row ? ",\n{" : "\n{", j->any_row ? 3 : 2, err));
        j->any_row = true;
        for (size_t i = 0; i < j->n_fields; i++) {
            if (i)
                FCT_TRY(fct_output_put(j->out, ",", 1, err));
            FCT_TRY(put_text(j->out, j->fields[i].name, strlen(j->fields[i].name), err));
            FCT_TRY(fct_output_put(j->out, ":", 1, err));
            FCT_TRY(put_cell(j->out, &views[i], row, err));
        }
        FCT_TRY(fct_output_put(j->out, "}", 1, err));
    }
    return FCT_OK;
}

fct_status fct_format_write_json(fct_arrow_reader *reader, fct_output *out, fct_error *err)
{
    json j = {.out = out};
    j.fields = fct_arrow_reader_fields(reader, &j.n_fields);
    FCT_TRY(fct_output_put(out, "[", 1, err));
    FCT_TRY(fct_format_each_batch(reader, out, put_batch, &j, err));
    return fct_output_put(out, "\n]\n", 3, err);
}
