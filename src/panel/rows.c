#include "panel/rows.h"

#include <math.h>
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

/* The numbers of a panel's texts as those of the rows' own set. */
static fct_status renumber_texts(fct_text_set *texts, const fct_panel_column *from, double *cells,
                                 size_t n, fct_error *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t number;
        if (isnan(cells[i]))
            continue;
        const char *text = from->texts[(size_t)cells[i]];
        FCT_TRY(fct_text_set_add(texts, text, strlen(text), &number, err));
        cells[i] = number;
    }
    return FCT_OK;
}

fct_status fct_panel_rows_copy(fct_panel_rows *rows, const struct fct_panel *panel, size_t symbol,
                               int64_t first_row, int64_t end_row,
                               const fct_panel_column *const *columns, size_t n_columns,
                               size_t first_column, fct_error *err)
{
    uint32_t number;
    size_t n = (size_t)(end_row - first_row);
    FCT_TRY(fct_panel_rows_reserve(rows, n, err));
    FCT_TRY(fct_text_set_add(&rows->symbols, panel->symbols[symbol], strlen(panel->symbols[symbol]),
                             &number, err));
    for (size_t i = 0; i < n; i++) {
        rows->symbol[rows->n_rows + i] = number;
        rows->start_ms[rows->n_rows + i] =
            fct_panel_start_ms(panel, symbol, first_row + (int64_t)i);
        rows->end_ms[rows->n_rows + i] = fct_panel_end_ms(panel, symbol, first_row + (int64_t)i);
    }
    for (size_t c = 0; c < rows->n_columns; c++) {
        double *to = rows->columns[c].values + rows->n_rows;
        bool is_mine = c >= first_column && c - first_column < n_columns;
        const fct_panel_column *from = is_mine ? columns[c - first_column] : NULL;
        for (size_t i = 0; i < n; i++)
            to[i] = from ? from->cells[fct_panel_cell_index(panel, symbol, first_row + (int64_t)i)]
                         : NAN;
        if (from && from->type == FCT_PANEL_TEXT)
            FCT_TRY(renumber_texts(&rows->columns[c].texts, from, to, n, err));
    }
    rows->n_rows += n;
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
