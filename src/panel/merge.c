/* Two panels become one: they meet on the key, and what one side lacks is missing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "panel/rows.h"

/* A panel's place in the merge. */
typedef struct side {
    const struct fct_panel *panel;
    const fct_panel_column **columns;
    size_t first_column; /* in the rows */
    size_t symbol;       /* the next one */
} side;

static fct_status add_columns(fct_panel_rows *rows, side *s, fct_error *err)
{
    s->first_column = rows->n_columns;
    s->columns = calloc(s->panel->n_columns + 1, sizeof *s->columns);
    if (!s->columns)
        return fct_error_memory(err, s->panel->n_columns * sizeof *s->columns);
    for (size_t i = 0; i < s->panel->n_columns; i++) {
        s->columns[i] = &s->panel->columns[i];
        for (size_t j = 0; j < s->first_column; j++)
            if (strcmp(rows->columns[j].name, s->columns[i]->name) == 0)
                return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                     "both panels have a column %s: leave it out of one of them",
                                     s->columns[i]->name);
        FCT_TRY(fct_panel_rows_add_column(rows, s->columns[i]->name, s->columns[i]->type, err));
    }
    return FCT_OK;
}

/* Which of two rows of one symbol comes first: -1, 0 or 1. */
static int compare(const side *a, int64_t row_a, const side *b, int64_t row_b)
{
    int64_t end_a = fct_panel_end_ms(a->panel, a->symbol, row_a);
    int64_t end_b = fct_panel_end_ms(b->panel, b->symbol, row_b);
    int64_t start_a = fct_panel_start_ms(a->panel, a->symbol, row_a);
    int64_t start_b = fct_panel_start_ms(b->panel, b->symbol, row_b);
    if (end_a != end_b)
        return end_a < end_b ? -1 : 1;
    return start_a < start_b ? -1 : start_a > start_b;
}

static fct_status copy_row(fct_panel_rows *rows, const side *s, int64_t row, fct_error *err)
{
    return fct_panel_rows_copy(rows, s->panel, s->symbol, row, row + 1, s->columns,
                               s->panel->n_columns, s->first_column, err);
}

/* Adds b's cells to the row that was copied last. */
static fct_status add_cells(fct_panel_rows *rows, const side *b, int64_t row, fct_error *err)
{
    FCT_TRY(copy_row(rows, b, row, err));
    rows->n_rows--;
    for (size_t i = 0; i < b->panel->n_columns; i++) {
        double *values = rows->columns[b->first_column + i].values;
        values[rows->n_rows - 1] = values[rows->n_rows];
    }
    return FCT_OK;
}

static fct_status merge_symbol(fct_panel_rows *rows, const side *a, int64_t n_a, const side *b,
                               int64_t n_b, fct_error *err)
{
    for (int64_t i = 0, j = 0; i < n_a || j < n_b;) {
        int order = j == n_b ? -1 : i == n_a ? 1 : compare(a, i, b, j);
        FCT_TRY(copy_row(rows, order <= 0 ? a : b, order <= 0 ? i : j, err));
        if (order == 0)
            FCT_TRY(add_cells(rows, b, j, err));
        i += order <= 0;
        j += order >= 0;
    }
    return FCT_OK;
}

static fct_status merge_symbols(fct_panel_rows *rows, side *a, side *b, fct_error *err)
{
    while (a->symbol < a->panel->n_symbols || b->symbol < b->panel->n_symbols) {
        int order = b->symbol == b->panel->n_symbols ? -1
                    : a->symbol == a->panel->n_symbols
                        ? 1
                        : strcmp(a->panel->symbols[a->symbol], b->panel->symbols[b->symbol]);
        int64_t n_a = order <= 0 ? a->panel->symbol_rows[a->symbol] : 0;
        int64_t n_b = order >= 0 ? b->panel->symbol_rows[b->symbol] : 0;
        FCT_TRY(fct_job_check(rows->job, err));
        FCT_TRY(merge_symbol(rows, a, n_a, b, n_b, err));
        a->symbol += order <= 0;
        b->symbol += order >= 0;
    }
    return FCT_OK;
}

fct_status fct_panel_merge(const fct_panel *a, const fct_panel *b, const fct_run *run,
                           fct_panel **out, fct_error *err)
{
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_panel_rows rows = {.job = &job};
    side left = {.panel = a};
    side right = {.panel = b};
    fct_status status;
    FCT_TRY_OUT(add_columns(&rows, &left, err));
    FCT_TRY_OUT(add_columns(&rows, &right, err));
    FCT_TRY_OUT(merge_symbols(&rows, &left, &right, err));
    status = fct_panel_from_rows(&rows, out, err);
out:
    free(left.columns);
    free(right.columns);
    fct_panel_rows_free(&rows);
    fct_job_end(&job);
    return status;
}
