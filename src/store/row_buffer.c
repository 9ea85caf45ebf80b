#include "store/row_buffer.h"

#include <stdlib.h>
#include <string.h>

fct_status fct_row_buffer_open(fct_row_buffer *buffer, const fct_archive_schema *schema,
                               size_t capacity, fct_error *err)
{
    *buffer = (fct_row_buffer){.schema = schema};
    size_t n_bytes = capacity * fct_row_bytes(schema);
    char *memory = malloc(n_bytes ? n_bytes : 1);
    if (!memory)
        return fct_error_memory(err, n_bytes);
    buffer->capacity = capacity;
    buffer->time_us = (int64_t *)(void *)memory;
    memory += capacity * sizeof(int64_t);
    /* Wide columns first, so that each starts where its type may. */
    for (int narrow = 0; narrow < 2; narrow++)
        for (size_t c = 0; c < schema->n_columns; c++) {
            size_t width = fct_value_bytes(schema->columns[c].type);
            if ((width == 1) != narrow)
                continue;
            buffer->columns[c] = memory;
            memory += capacity * width;
        }
    return FCT_OK;
}

void fct_row_buffer_free(fct_row_buffer *buffer)
{
    free(buffer->time_us);
    *buffer = (fct_row_buffer){0};
}

void fct_row_buffer_append(fct_row_buffer *buffer, const fct_archive_block *rows, size_t first,
                           size_t n)
{
    memcpy(buffer->time_us + buffer->n_rows, rows->time_us + first, n * sizeof(int64_t));
    for (size_t c = 0; c < buffer->schema->n_columns; c++) {
        size_t width = fct_value_bytes(buffer->schema->columns[c].type);
        memcpy((char *)buffer->columns[c] + buffer->n_rows * width,
               (const char *)rows->columns[c] + first * width, n * width);
    }
    buffer->n_rows += n;
}

void fct_row_buffer_append_row(fct_row_buffer *buffer, const fct_row_buffer *from, size_t row)
{
    size_t to = buffer->n_rows++;
    buffer->time_us[to] = from->time_us[row];
    for (size_t c = 0; c < buffer->schema->n_columns; c++) {
        if (buffer->schema->columns[c].type == FCT_VALUE_BOOL)
            ((uint8_t *)buffer->columns[c])[to] = ((const uint8_t *)from->columns[c])[row];
        else
            memcpy((int64_t *)buffer->columns[c] + to, (const int64_t *)from->columns[c] + row,
                   sizeof(int64_t));
    }
}

fct_archive_block fct_row_buffer_block(const fct_row_buffer *buffer)
{
    fct_archive_block block = {.n_rows = (int64_t)buffer->n_rows, .time_us = buffer->time_us};
    memcpy(block.columns, buffer->columns, sizeof block.columns);
    return block;
}
