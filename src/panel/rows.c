#include "panel/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

fct_status fct_panel_rows_add_column(fct_panel_rows *rows, const char *name, fct_panel_type type,
                                     fct_error *err)
{
    fct_panel_rows_column *columns =
        realloc(rows->columns, (rows->n_columns + 1) * sizeof *columns);
    if (!columns)
        return fct_error_memory(err, (rows->n_columns + 1) * sizeof *columns);
    rows->columns = columns;
    columns[rows->n_columns] = (fct_panel_rows_column){.name = fct_text_copy(name), .type = type};
    if (!columns[rows->n_columns].name)
        return fct_error_memory(err, strlen(name) + 1);
    rows->n_columns++;
    return FCT_OK;
}

/* Grows one array; where that fails it stays as it is. */
static bool grow(void *array, size_t n_items, size_t item_bytes)
{
    void **place = array;
    void *grown = realloc(*place, n_items * item_bytes);
    if (grown)
        *place = grown;
    return grown != NULL;
}

fct_status fct_panel_rows_reserve(fct_panel_rows *rows, size_t n_more, fct_error *err)
{
    if (rows->n_rows + n_more <= rows->capacity)
        return FCT_OK;
    size_t capacity = rows->capacity + rows->capacity / 2;
    if (capacity < rows->n_rows + n_more)
        capacity = rows->n_rows + n_more;
    if (capacity >= UINT32_MAX)
        return fct_error_set(err, FCT_ERROR_LIMIT, "a panel holds at most %lu rows",
                             (unsigned long)UINT32_MAX - 1);
    size_t row_bytes = sizeof *rows->symbol + 2 * sizeof *rows->end_ms +
                       rows->n_columns * sizeof *rows->columns[0].values;
    size_t more_bytes = (capacity - rows->capacity) * row_bytes;
    FCT_TRY(fct_job_memory_hold(rows->job, more_bytes, "the rows of the panel", err));
    rows->held_bytes += more_bytes;
    bool ok = grow(&rows->symbol, capacity, sizeof *rows->symbol) &&
              grow(&rows->start_ms, capacity, sizeof *rows->start_ms) &&
              grow(&rows->end_ms, capacity, sizeof *rows->end_ms);
    for (size_t i = 0; ok && i < rows->n_columns; i++)
        ok = grow(&rows->columns[i].values, capacity, sizeof *rows->columns[i].values);
    if (!ok)
        return fct_error_memory(err, capacity * row_bytes);
    rows->capacity = capacity;
    return FCT_OK;
}

void fct_panel_rows_free(fct_panel_rows *rows)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        free(rows->columns[i].name);
        free(rows->columns[i].values);
        fct_text_set_free(&rows->columns[i].texts);
    }
    free(rows->columns);
    free(rows->symbol);
    free(rows->start_ms);
    free(rows->end_ms);
    fct_text_set_free(&rows->symbols);
    if (rows->job)
        fct_job_memory_give(rows->job, rows->held_bytes);
    *rows = (fct_panel_rows){.job = rows->job};
}
