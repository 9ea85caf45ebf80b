#include "format/plain.h"

#include <stdlib.h>
#include <string.h>

#include "arrow/formats.h"
#include "base/text.h"
#include "format/cell.h"

static const struct {
    fct_arrow_type from;
    fct_parquet_type to;
    bool as_it_lies; /* the same layout */
} conversions[] = {
    {FCT_ARROW_BOOL, FCT_PARQUET_BOOL, false},
    {FCT_ARROW_INT8, FCT_PARQUET_INT64, false},
    {FCT_ARROW_INT16, FCT_PARQUET_INT64, false},
    {FCT_ARROW_INT32, FCT_PARQUET_INT64, false},
    {FCT_ARROW_INT64, FCT_PARQUET_INT64, true},
    {FCT_ARROW_UINT8, FCT_PARQUET_INT64, false},
    {FCT_ARROW_UINT16, FCT_PARQUET_INT64, false},
    {FCT_ARROW_UINT32, FCT_PARQUET_INT64, false},
    {FCT_ARROW_UINT64, FCT_PARQUET_INT64, false},
    {FCT_ARROW_FLOAT, FCT_PARQUET_DOUBLE, false},
    {FCT_ARROW_DOUBLE, FCT_PARQUET_DOUBLE, true},
    {FCT_ARROW_STRING, FCT_PARQUET_STRING, true},
    {FCT_ARROW_LARGE_STRING, FCT_PARQUET_STRING, false},
    {FCT_ARROW_STRING_VIEW, FCT_PARQUET_STRING, false},
    {FCT_ARROW_DICTIONARY_STRING, FCT_PARQUET_STRING, false},
    {FCT_ARROW_TIMESTAMP_S, FCT_PARQUET_TIMESTAMP_MS, false},
    {FCT_ARROW_TIMESTAMP_MS, FCT_PARQUET_TIMESTAMP_MS, true},
    {FCT_ARROW_TIMESTAMP_US, FCT_PARQUET_TIMESTAMP_US, true},
    {FCT_ARROW_TIMESTAMP_NS, FCT_PARQUET_TIMESTAMP_US, false},
    {FCT_ARROW_DATE32, FCT_PARQUET_DATE, true},
};

fct_status fct_plain_type(const fct_arrow_field *field, fct_parquet_type *type, fct_error *err)
{
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
        if (conversions[i].from == field->type) {
            *type = conversions[i].to;
            return FCT_OK;
        }
    return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                         "the column \"%s\" has a type that this format does not write; CSV and "
                         "JSON do",
                         field->name);
}

static bool lies_ready(fct_arrow_type type)
{
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
        if (conversions[i].from == type)
            return conversions[i].as_it_lies;
    return false;
}

static fct_status make_texts(fct_plain_column *out, const fct_arrow_field *field,
                             const fct_arrow_view *view, int64_t n_rows, fct_error *err)
{
    fct_text bytes = {0};
    int32_t *offsets = malloc(((size_t)n_rows + 1) * sizeof *offsets);
    if (!offsets)
        return fct_error_memory(err, ((size_t)n_rows + 1) * sizeof *offsets);
    out->made_offsets = offsets;
    offsets[0] = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        size_t n = 0;
        const char *text = "";
        if (!fct_arrow_view_is_null(view, row))
            text = fct_arrow_view_text(view, row, &n);
        fct_status status = fct_text_append(&bytes, text, n, err);
        if (status == FCT_OK && bytes.length > INT32_MAX)
            status = fct_error_set(err, FCT_ERROR_LIMIT,
                                   "a batch of the column \"%s\" has more than 2 GiB of text",
                                   field->name);
        if (status != FCT_OK) {
            fct_text_free(&bytes);
            return status;
        }
        offsets[row + 1] = (int32_t)bytes.length;
    }
    out->made = bytes.data;
    out->values.values = fct_text_get(&bytes);
    out->values.offsets = offsets;
    return FCT_OK;
}

static fct_status make_bools(fct_plain_column *out, const fct_arrow_view *view, int64_t n_rows,
                             fct_error *err)
{
    uint8_t *values = malloc((size_t)n_rows + 1);
    if (!values)
        return fct_error_memory(err, (size_t)n_rows + 1);
    for (int64_t row = 0; row < n_rows; row++)
        values[row] = (uint8_t)fct_arrow_view_int64(view, row);
    out->values.values = out->made = values;
    return FCT_OK;
}

static fct_status make_doubles(fct_plain_column *out, const fct_arrow_view *view, int64_t n_rows,
                               fct_error *err)
{
    double *values = malloc(((size_t)n_rows + 1) * sizeof *values);
    if (!values)
        return fct_error_memory(err, ((size_t)n_rows + 1) * sizeof *values);
    for (int64_t row = 0; row < n_rows; row++)
        values[row] = fct_arrow_view_double(view, row);
    out->values.values = out->made = values;
    return FCT_OK;
}

static fct_status make_integers(fct_plain_column *out, const fct_arrow_field *field,
                                const fct_arrow_view *view, int64_t n_rows, fct_error *err)
{
    int64_t *values = malloc(((size_t)n_rows + 1) * sizeof *values);
    if (!values)
        return fct_error_memory(err, ((size_t)n_rows + 1) * sizeof *values);
    out->values.values = out->made = values;
    int64_t scale = view->type == FCT_ARROW_TIMESTAMP_S ? 1000 : 1;
    int64_t divisor = view->type == FCT_ARROW_TIMESTAMP_NS ? 1000 : 1;
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t value = fct_arrow_view_is_null(view, row) ? 0 : fct_arrow_view_int64(view, row);
        bool fits = !(view->type == FCT_ARROW_UINT64 && value < 0) && value % divisor == 0 &&
                    !__builtin_mul_overflow(value, scale, &value);
        if (!fits)
            return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                                 "the column \"%s\" holds a value that this format cannot keep "
                                 "exactly; CSV and JSON can",
                                 field->name);
        values[row] = value / divisor;
    }
    return FCT_OK;
}

fct_status fct_plain_column_make(fct_plain_column *out, const fct_arrow_field *field,
                                 const fct_arrow_view *view, int64_t n_rows, fct_error *err)
{
    fct_parquet_type type = FCT_PARQUET_INT64;
    *out =
        (fct_plain_column){.values = {.validity = view->validity, .validity_offset = view->offset}};
    FCT_TRY(fct_plain_type(field, &type, err));
    if (lies_ready(view->type)) {
        if (type == FCT_PARQUET_STRING) {
            out->values.values = view->values ? view->values : "";
            out->values.offsets =
                view->offsets ? (const int32_t *)view->offsets + view->offset : NULL;
        } else {
            int64_t n_bytes = (int64_t)fct_arrow_type_bytes(view->type);
            out->values.values =
                view->values ? (const char *)view->values + n_bytes * view->offset : NULL;
        }
        return FCT_OK;
    }
    switch (type) {
    case FCT_PARQUET_STRING:
        return make_texts(out, field, view, n_rows, err);
    case FCT_PARQUET_BOOL:
        return make_bools(out, view, n_rows, err);
    case FCT_PARQUET_DOUBLE:
        return make_doubles(out, view, n_rows, err);
    default:
        return make_integers(out, field, view, n_rows, err);
    }
}

void fct_plain_column_free(fct_plain_column *column)
{
    free(column->made);
    free(column->made_offsets);
    *column = (fct_plain_column){0};
}
