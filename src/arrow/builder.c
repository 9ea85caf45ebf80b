#include "arrow/builder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/formats.h"

static void builder_free(fct_arrow_builder *b)
{
    for (size_t i = 0; i < b->n_columns; i++) {
        if (b->columns) {
            free(b->columns[i].values);
            free(b->columns[i].offsets);
            free(b->columns[i].validity);
        }
        if (b->texts)
            fct_text_free(&b->texts[i]);
    }
    free(b->columns);
    free(b->texts);
    free(b->n_values);
}

fct_status fct_arrow_builder_start(fct_arrow_builder *b, const fct_arrow_field *fields,
                                   size_t n_columns, size_t n_rows, fct_error *err)
{
    *b = (fct_arrow_builder){.fields = fields, .n_columns = n_columns, .n_rows = n_rows};
    b->columns = calloc(n_columns + 1, sizeof *b->columns);
    b->texts = calloc(n_columns + 1, sizeof *b->texts);
    b->n_values = calloc(n_columns + 1, sizeof *b->n_values);
    bool complete = b->columns && b->texts && b->n_values;
    for (size_t i = 0; complete && i < n_columns; i++) {
        fct_arrow_column *column = &b->columns[i];
        if (fields[i].type == FCT_ARROW_STRING)
            column->offsets = calloc(n_rows + 1, sizeof *column->offsets);
        else
            column->values = calloc(n_rows + 1, sizeof(int64_t));
        column->validity = calloc(n_rows / 8 + 1, 1);
        complete = column->validity && (column->offsets || column->values);
    }
    if (complete)
        return FCT_OK;
    builder_free(b);
    return fct_error_memory(err, (n_rows + 1) * sizeof(int64_t));
}

/* The row that the column's next value is of; marked valid. */
static size_t take_row(fct_arrow_builder *b, size_t column)
{
    size_t row = b->n_values[column]++;
    assert(row < b->n_rows);
    b->columns[column].validity[row / 8] |= (uint8_t)(1 << (row % 8));
    return row;
}

void fct_arrow_builder_text(fct_arrow_builder *b, size_t column, const char *text)
{
    size_t row = take_row(b, column);
    if (b->status == FCT_OK)
        b->status = fct_text_append(&b->texts[column], text, strlen(text), &b->err);
    if (b->status == FCT_OK && b->texts[column].length > INT32_MAX)
        b->status = fct_error_set(&b->err, FCT_ERROR_LIMIT, "a column holds more than 2 GiB");
    b->columns[column].offsets[row + 1] = (int32_t)b->texts[column].length;
}

void fct_arrow_builder_int(fct_arrow_builder *b, size_t column, int64_t value)
{
    size_t row = take_row(b, column);
    void *values = b->columns[column].values;
    if (b->fields[column].type == FCT_ARROW_BOOL)
        ((uint8_t *)values)[row / 8] |= (uint8_t)((value != 0) << (row % 8));
    else if (fct_arrow_type_bytes(b->fields[column].type) == 4)
        ((int32_t *)values)[row] = (int32_t)value;
    else
        ((int64_t *)values)[row] = value;
}

void fct_arrow_builder_double(fct_arrow_builder *b, size_t column, double value)
{
    size_t row = take_row(b, column);
    ((double *)b->columns[column].values)[row] = value;
}

void fct_arrow_builder_null(fct_arrow_builder *b, size_t column)
{
    size_t row = take_row(b, column);
    b->columns[column].validity[row / 8] &= (uint8_t) ~(1 << (row % 8));
    b->columns[column].null_count++;
    if (b->columns[column].offsets)
        b->columns[column].offsets[row + 1] = b->columns[column].offsets[row];
}

void fct_arrow_builder_number(fct_arrow_builder *b, size_t column, double value)
{
    if (isnan(value))
        fct_arrow_builder_null(b, column);
    else
        fct_arrow_builder_double(b, column, value);
}

fct_status fct_arrow_builder_end(fct_arrow_builder *b, struct ArrowArray *out, fct_error *err)
{
    fct_status status = b->status;
    if (status != FCT_OK) {
        if (err)
            *err = b->err;
        builder_free(b);
        return status;
    }
    for (size_t i = 0; i < b->n_columns; i++) {
        assert(b->n_values[i] == b->n_rows);
        if (b->columns[i].offsets) {
            b->columns[i].values = b->texts[i].data;
            b->texts[i] = (fct_text){0};
        }
    }
    status =
        fct_arrow_batch_make(b->fields, b->columns, b->n_columns, (int64_t)b->n_rows, out, err);
    builder_free(b);
    return status;
}

/* ---- One batch as a stream -------------------------------------------------------------------- */

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    (void)err;
    struct ArrowArray *batch = context;
    *out = *batch;
    batch->release = NULL;
    return FCT_OK;
}

static void batch_free(void *context)
{
    struct ArrowArray *batch = context;
    if (batch->release)
        batch->release(batch);
    free(batch);
}

fct_status fct_arrow_builder_stream(fct_arrow_builder *b, struct ArrowArrayStream *out,
                                    fct_error *err)
{
    const fct_arrow_field *fields = b->fields;
    size_t n_columns = b->n_columns;
    struct ArrowArray *batch = calloc(1, sizeof *batch);
    if (!batch && b->status == FCT_OK)
        b->status = fct_error_memory(&b->err, sizeof *batch);
    struct ArrowArray made = {0};
    fct_status status = fct_arrow_builder_end(b, &made, err);
    if (status != FCT_OK) {
        free(batch);
        return status;
    }
    *batch = made;
    const fct_arrow_source source = {.next = next_batch, .free = batch_free, .context = batch};
    return fct_arrow_stream_make(fields, n_columns, source, out, err);
}
