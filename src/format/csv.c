/* CSV: a header, RFC 4180 quotes, nothing between the commas where a value is missing. */
#include <string.h>

#include "format/cell.h"
#include "format/format.h"

static fct_status put_text(fct_output *out, const char *text, size_t n_bytes, fct_error *err)
{
    bool plain = true;
    for (size_t i = 0; i < n_bytes; i++)
        plain = plain && !strchr(",\"\r\n", text[i]);
    if (plain && n_bytes)
        return fct_output_put(out, text, n_bytes, err);
    /* An empty text is quoted, so that it differs from a missing one. */
    FCT_TRY(fct_output_put(out, "\"", 1, err));
    for (size_t i = 0; i < n_bytes; i++)
        FCT_TRY(
            fct_output_put(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1, err));
    return fct_output_put(out, "\"", 1, err);
}

typedef struct csv {
    fct_output *out;
    size_t n_fields;
} csv;

static fct_status put_cell(fct_output *out, const fct_arrow_view *view, int64_t row, fct_error *err)
{
    if (fct_cell_is_null(view, row))
        return FCT_OK;
    if (fct_cell_is_text(view)) {
        size_t n_bytes;
        const char *text = fct_arrow_view_text(view, row, &n_bytes);
        return put_text(out, text, n_bytes, err);
    }
    char *room;
    FCT_TRY(fct_output_room(out, FCT_CELL_SIZE, &room, err));
    fct_output_took(out, fct_cell_format(view, row, room));
    return FCT_OK;
}

static fct_status put_batch(const fct_arrow_view *views, int64_t n_rows, void *context,
                            fct_error *err)
{
    csv *c = context;
    for (int64_t row = 0; row < n_rows; row++)
        for (size_t i = 0; i < c->n_fields; i++) {
            FCT_TRY(put_cell(c->out, &views[i], row, err));
            FCT_TRY(fct_output_put(c->out, i + 1 < c->n_fields ? "," : "\n", 1, err));
        }
    return FCT_OK;
}

fct_status fct_format_write_csv(fct_arrow_reader *reader, fct_output *out, fct_error *err)
{
    csv c = {.out = out};
    const fct_arrow_field *fields = fct_arrow_reader_fields(reader, &c.n_fields);
    for (size_t i = 0; i < c.n_fields; i++) {
        FCT_TRY(put_text(out, fields[i].name, strlen(fields[i].name), err));
        FCT_TRY(fct_output_put(out, i + 1 < c.n_fields ? "," : "\n", 1, err));
    }
    return fct_format_each_batch(reader, out, put_batch, &c, err);
}
