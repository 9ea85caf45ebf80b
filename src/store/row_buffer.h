/* Room for a fixed number of rows, column by column. */
#ifndef FCT_STORE_ROW_BUFFER_H
#define FCT_STORE_ROW_BUFFER_H

#include "store/rows.h"

/* Starts as {0}. The columns lie behind time_us in one allocation. Freed by fct_row_buffer_free. */
typedef struct fct_row_buffer {
    const fct_archive_schema *schema; /* the caller's */
    size_t n_rows, capacity;
    int64_t *time_us;
    void *columns[FCT_ARCHIVE_MAX_COLUMNS];
} fct_row_buffer;

fct_status fct_row_buffer_open(fct_row_buffer *buffer, const fct_archive_schema *schema,
                               size_t capacity, fct_error *err);
void fct_row_buffer_free(fct_row_buffer *buffer);

/* Appends rows [first, first + n) of a block; there must be room. */
void fct_row_buffer_append(fct_row_buffer *buffer, const fct_archive_block *rows, size_t first,
                           size_t n);

/* Appends one row of another buffer of the same schema; there must be room. */
void fct_row_buffer_append_row(fct_row_buffer *buffer, const fct_row_buffer *from, size_t row);

/* What the buffer holds, as a block. */
fct_archive_block fct_row_buffer_block(const fct_row_buffer *buffer);

/* The id of a row; 0 where rows have none. */
static inline int64_t fct_row_buffer_id(const fct_row_buffer *buffer, size_t row)
{
    size_t id = buffer->schema->id;
    return id == SIZE_MAX ? 0 : ((const int64_t *)buffer->columns[id])[row];
}

#endif
