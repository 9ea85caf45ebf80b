#include "report/page_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "arrow/arrow.h"
#include "base/text_set.h"
#include "format/number.h"

#define PUT(...) FCT_TRY(fct_text_append_format(out, err, __VA_ARGS__))

/* ---- Texts and numbers ------------------------------------------------------------------------ */

fct_status fct_page_text(fct_text *out, const char *text, fct_error *err)
{
    PUT("\"");
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == '<')
            PUT("\\u%04x", byte);
        else
            FCT_TRY(fct_text_append(out, c, 1, err));
    }
    PUT("\"");
    return FCT_OK;
}

fct_status fct_page_number(fct_text *out, double value, fct_error *err)
{
    char text[FCT_NUMBER_SIZE];
    if (!isfinite(value))
        return fct_text_append(out, "null", 4, err);
    return fct_text_append(out, text, fct_format_double(value, text), err);
}

/* ---- Series ----------------------------------------------------------------------------------- */

fct_status fct_page_base64(fct_text *out, const void *bytes, size_t n_bytes, fct_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;
    FCT_TRY(fct_text_reserve(out, n_bytes / 3 * 4 + 8, err));
    char *to = out->data + out->length;
    char *start = to;
    *to++ = '"';
    for (size_t i = 0; i < n_bytes; i += 3) {
        size_t left = n_bytes - i;
        uint32_t triple = (uint32_t)p[i] << 16 | (uint32_t)(left > 1 ? p[i + 1] : 0) << 8 |
                          (left > 2 ? p[i + 2] : 0);
        *to++ = digits[triple >> 18];
        *to++ = digits[triple >> 12 & 63];
        *to++ = left > 1 ? digits[triple >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[triple & 63] : '=';
    }
    *to++ = '"';
    *to = '\0';
    out->length += (size_t)(to - start);
    return FCT_OK;
}

static double join(const double *x, size_t n, fct_joining how)
{
    double sum = 0;
    double last = NAN;
    double lowest = NAN;
    size_t n_valid = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            continue;
        sum += x[i];
        last = x[i];
        lowest = lowest < x[i] ? lowest : x[i];
        n_valid++;
    }
    if (!n_valid)
        return NAN;
    return how == FCT_JOIN_MEAN ? sum / (double)n_valid : how == FCT_JOIN_LAST ? last : lowest;
}

fct_status fct_page_series(fct_text *out, const double *x, size_t n, size_t every, fct_joining how,
                           fct_error *err)
{
    size_t n_items = (n + every - 1) / every;
    float *items = malloc((n_items + 1) * sizeof *items);
    if (!items)
        return fct_error_memory(err, n_items * sizeof *items);
    for (size_t i = 0; i < n_items; i++) {
        size_t first = i * every;
        items[i] = (float)join(x + first, n - first < every ? n - first : every, how);
    }
    fct_status status = fct_page_base64(out, items, n_items * sizeof *items, err);
    free(items);
    return status;
}

/* ---- Tables ----------------------------------------------------------------------------------- */

/* A column as it grows, batch by batch. */
typedef struct page_column {
    fct_text values;
    fct_text_set texts;
} page_column;

static fct_status add_value(page_column *c, const fct_arrow_view *view, int64_t row, fct_error *err)
{
    fct_text *out = &c->values;
    if (out->length)
        PUT(",");
    if (fct_arrow_view_is_null(view, row)) {
        PUT("null");
    } else if (fct_arrow_is_text(view->type)) {
        size_t n_bytes;
        uint32_t number;
        const char *text = fct_arrow_view_text(view, row, &n_bytes);
        FCT_TRY(fct_text_set_add(&c->texts, text, n_bytes, &number, err));
        PUT("%" PRIu32, number);
    } else if (view->type == FCT_ARROW_DOUBLE) {
        FCT_TRY(fct_page_number(out, fct_arrow_view_double(view, row), err));
    } else if (view->type == FCT_ARROW_BOOL) {
        PUT("%s", fct_arrow_view_int64(view, row) ? "true" : "false");
    } else {
        PUT("%" PRId64, fct_arrow_view_int64(view, row));
    }
    return FCT_OK;
}

static fct_status put_columns(fct_text *out, const fct_arrow_field *fields, page_column *columns,
                              size_t n_columns, fct_error *err)
{
    PUT("{\"columns\":[");
    for (size_t i = 0; i < n_columns; i++)
        PUT("%s\"%s\"", i ? "," : "", fields[i].name);
    PUT("],\"texts\":[");
    for (size_t i = 0; i < n_columns; i++) {
        PUT("%s%s", i ? "," : "", fct_arrow_is_text(fields[i].type) ? "[" : "null");
        for (uint32_t k = 0; k < columns[i].texts.n_texts; k++) {
            PUT("%s", k ? "," : "");
            FCT_TRY(fct_page_text(out, columns[i].texts.texts[k], err));
        }
        PUT("%s", fct_arrow_is_text(fields[i].type) ? "]" : "");
    }
    PUT("],\"data\":[");
    for (size_t i = 0; i < n_columns; i++) {
        PUT("%s[", i ? "," : "");
        FCT_TRY(
            fct_text_append(out, fct_text_get(&columns[i].values), columns[i].values.length, err));
        PUT("]");
    }
    PUT("]}");
    return FCT_OK;
}

fct_status fct_page_table(fct_text *out, struct ArrowArrayStream *stream, fct_error *err)
{
    fct_arrow_reader *reader = NULL;
    fct_arrow_view *views = NULL;
    page_column *columns = NULL;
    size_t n_columns = 0;
    int64_t n_rows;
    fct_status status;
    FCT_TRY_OUT(fct_arrow_reader_open(&reader, stream, err));
    const fct_arrow_field *fields = fct_arrow_reader_fields(reader, &n_columns);
    views = calloc(n_columns + 1, sizeof *views);
    columns = calloc(n_columns + 1, sizeof *columns);
    if (!views || !columns) {
        status = fct_error_memory(err, n_columns * sizeof *columns);
        goto out;
    }
    for (;;) {
        FCT_TRY_OUT(fct_arrow_reader_next(reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        for (size_t i = 0; i < n_columns; i++)
            for (int64_t row = 0; row < n_rows; row++)
                FCT_TRY_OUT(add_value(&columns[i], &views[i], row, err));
    }
    status = put_columns(out, fields, columns, n_columns, err);
out:
    for (size_t i = 0; columns && i < n_columns; i++) {
        fct_text_free(&columns[i].values);
        fct_text_set_free(&columns[i].texts);
    }
    free(columns);
    free(views);
    fct_arrow_reader_free(reader);
    return status;
}
