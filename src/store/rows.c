#include "store/rows.h"

#include <string.h>

/* Moves row `from` of an array to place `to`. */
static void move_value(const void *array, size_t value_bytes, int64_t from, int64_t to)
{
    char *bytes = (char *)array; /* the block is the caller's, to be changed */
    memcpy(bytes + (size_t)to * value_bytes, bytes + (size_t)from * value_bytes, value_bytes);
}

void fct_rows_keep(const fct_archive_schema *schema, fct_archive_block *rows, int64_t from_us,
                   int64_t to_us)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n_rows; i++) {
        if (rows->time_us[i] < from_us || rows->time_us[i] >= to_us)
            continue;
        if (n < i) {
            move_value(rows->time_us, sizeof(int64_t), i, n);
            move_value(rows->row_number, sizeof(int64_t), i, n);
            for (size_t c = 0; c < schema->n_columns; c++)
                move_value(rows->columns[c], fct_value_bytes(schema->columns[c].type), i, n);
        }
        n++;
    }
    rows->n_rows = n;
}
