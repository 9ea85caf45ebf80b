/* Rows become a panel: sorted within each symbol, checked for repeats, laid into tiles. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/threads.h"
#include "base/time.h"
#include "panel/axis.h"
#include "panel/rows.h"

/* Where rows go: `order` holds the row numbers symbol by symbol; those of symbol s are first[s] .. first[s + 1]. */
typedef struct layout {
    fct_panel_rows *rows;
    struct fct_panel *panel;
    uint32_t *order;
    size_t *first;
} layout;

/* ---- Order ------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b, void *context)
{
    const fct_panel_rows *rows = context;
    uint32_t i = *(const uint32_t *)a;
    uint32_t j = *(const uint32_t *)b;
    if (rows->end_ms[i] != rows->end_ms[j])
        return rows->end_ms[i] < rows->end_ms[j] ? -1 : 1;
    if (rows->start_ms[i] != rows->start_ms[j])
        return rows->start_ms[i] < rows->start_ms[j] ? -1 : 1;
    return 0;
}

/* Groups the rows by symbol, in the order of the symbols' names. */
static fct_status group_rows(layout *l, fct_error *err)
{
    fct_panel_rows *rows = l->rows;
    size_t n_symbols = rows->symbols.n_texts;
    uint32_t *new_number;
    FCT_TRY(fct_text_set_sort(&rows->symbols, &new_number, err));
    for (size_t i = 0; i < rows->n_rows; i++)
        rows->symbol[i] = new_number[rows->symbol[i]];
    free(new_number);
    l->first = calloc(n_symbols + 2, sizeof *l->first);
    l->order = calloc(rows->n_rows + 1, sizeof *l->order);
    if (!l->first || !l->order)
        return fct_error_memory(err, (rows->n_rows + 1) * sizeof *l->order);
    size_t *next =
        l->first + 1; /* grows to the end of each symbol, which is where the next begins */
    for (size_t i = 0; i < rows->n_rows; i++)
        next[rows->symbol[i] + 1]++;
    for (size_t s = 0; s < n_symbols; s++)
        next[s + 1] += next[s];
    for (size_t i = 0; i < rows->n_rows; i++)
        l->order[next[rows->symbol[i]]++] = (uint32_t)i;
    return FCT_OK;
}

static fct_status sort_symbol(const layout *l, size_t symbol, fct_error *err)
{
    fct_panel_rows *rows = l->rows;
    uint32_t *order = l->order + l->first[symbol];
    size_t n = l->first[symbol + 1] - l->first[symbol];
    bool in_order = true;
    for (size_t i = 1; in_order && i < n; i++)
        in_order = by_time(&order[i - 1], &order[i], rows) < 0;
    if (in_order)
        return FCT_OK;
    qsort_r(order, n, sizeof *order, by_time, rows);
    for (size_t i = 1; i < n; i++)
        if (by_time(&order[i - 1], &order[i], rows) == 0) {
            char start[24];
            char end[24];
            fct_time_format(rows->start_ms[order[i]], start);
            fct_time_format(rows->end_ms[order[i]], end);
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "two rows have the same key: symbol %s, start_time %s, end_time "
                                 "%s; keep one of them",
                                 rows->symbols.texts[symbol], start, end);
        }
    return FCT_OK;
}

/* ---- Times ------------------------------------------------------------------------------------ */

static bool grid_is_shared(const layout *l)
{
    const fct_panel_rows *rows = l->rows;
    const struct fct_panel *panel = l->panel;
    for (size_t s = 0; s < panel->n_symbols; s++) {
        if (panel->symbol_rows[s] != panel->n_rows)
            return false;
        const uint32_t *mine = l->order + l->first[s];
        for (int64_t r = 0; r < panel->n_rows; r++) {
            if (rows->end_ms[mine[r]] != rows->end_ms[l->order[r]] ||
                rows->start_ms[mine[r]] != rows->start_ms[l->order[r]])
                return false;
            if (r && rows->end_ms[mine[r]] == rows->end_ms[mine[r - 1]])
                return false;
        }
    }
    return true;
}

static fct_status make_shared_times(layout *l, fct_error *err)
{
    struct fct_panel *panel = l->panel;
    size_t n_bytes = ((size_t)panel->n_rows + 1) * sizeof *panel->end_ms;
    panel->start_ms = fct_block_new(n_bytes);
    panel->end_ms = fct_block_new(n_bytes);
    panel->time_ms = malloc(n_bytes);
    if (!panel->start_ms || !panel->end_ms || !panel->time_ms)
        return fct_error_memory(err, n_bytes);
    panel->shared_grid = true;
    panel->n_times = panel->n_rows;
    for (int64_t r = 0; r < panel->n_rows; r++) {
        panel->start_ms[r] = l->rows->start_ms[l->order[r]];
        panel->end_ms[r] = panel->time_ms[r] = l->rows->end_ms[l->order[r]];
    }
    return FCT_OK;
}

/* Start and end of each row, in tiles like the cells. */
static fct_status make_row_times(layout *l, fct_error *err)
{
    struct fct_panel *panel = l->panel;
    size_t n_cells = fct_panel_n_cells(panel);
    panel->start_ms = fct_block_new(n_cells * sizeof *panel->start_ms);
    panel->end_ms = fct_block_new(n_cells * sizeof *panel->end_ms);
    if (!panel->start_ms || !panel->end_ms)
        return fct_error_memory(err, n_cells * sizeof *panel->end_ms);
    memset(panel->start_ms, 0, n_cells * sizeof *panel->start_ms);
    memset(panel->end_ms, 0, n_cells * sizeof *panel->end_ms);
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t r = 0; r < panel->symbol_rows[s]; r++) {
            size_t cell = fct_panel_cell_index(panel, s, r);
            uint32_t row = l->order[l->first[s] + (size_t)r];
            panel->start_ms[cell] = l->rows->start_ms[row];
            panel->end_ms[cell] = l->rows->end_ms[row];
        }
    return FCT_OK;
}

/* ---- Cells ------------------------------------------------------------------------------------ */

static fct_status fill_column(const layout *l, size_t column, fct_error *err)
{
    struct fct_panel *panel = l->panel;
    fct_panel_rows_column *from = &l->rows->columns[column];
    fct_panel_column *to = &panel->columns[column];
    uint32_t *new_number = NULL;
    size_t n_cells = fct_panel_n_cells(panel);
    if (from->type == FCT_PANEL_TEXT)
        FCT_TRY(fct_text_set_sort(&from->texts, &new_number, err));
    to->cells = fct_panel_cells_new(n_cells);
    if (!to->cells) {
        free(new_number);
        return fct_error_memory(err, n_cells * sizeof *to->cells);
    }
    for (size_t i = 0; i < n_cells; i++)
        to->cells[i] = NAN;
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t r = 0; r < panel->symbol_rows[s]; r++) {
            double value = from->values[l->order[l->first[s] + (size_t)r]];
            if (new_number && !isnan(value))
                value = new_number[(size_t)value];
            to->cells[fct_panel_cell_index(panel, s, r)] = value;
        }
    free(new_number);
    to->name = from->name;
    to->type = from->type;
    to->texts = from->texts.texts;
    to->n_texts = from->texts.n_texts;
    free(from->values);
    *from = (fct_panel_rows_column){0};
    return FCT_OK;
}

static fct_status fill_columns(layout *l, fct_error *err)
{
    struct fct_panel *panel = l->panel;
    panel->columns = calloc(l->rows->n_columns + 1, sizeof *panel->columns);
    if (!panel->columns)
        return fct_error_memory(err, (l->rows->n_columns + 1) * sizeof *panel->columns);
    for (; panel->n_columns < l->rows->n_columns; panel->n_columns++)
        FCT_TRY(fill_column(l, panel->n_columns, err));
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static fct_status take_symbols(layout *l, fct_error *err)
{
    struct fct_panel *panel = l->panel;
    panel->n_symbols = l->rows->symbols.n_texts;
    panel->symbol_rows = calloc(panel->n_symbols + 1, sizeof *panel->symbol_rows);
    if (!panel->symbol_rows)
        return fct_error_memory(err, (panel->n_symbols + 1) * sizeof *panel->symbol_rows);
    for (size_t s = 0; s < panel->n_symbols; s++) {
        FCT_TRY(sort_symbol(l, s, err));
        panel->symbol_rows[s] = (int64_t)(l->first[s + 1] - l->first[s]);
    }
    panel->symbols = l->rows->symbols.texts;
    l->rows->symbols = (fct_text_set){0};
    return fct_panel_lay_tiles(panel, err);
}

fct_status fct_panel_from_rows(fct_panel_rows *rows, struct fct_panel **out, fct_error *err)
{
    layout l = {.rows = rows};
    fct_status status;
    *out = NULL;
    l.panel = fct_panel_new();
    if (!l.panel)
        return fct_error_memory(err, sizeof *l.panel);
    FCT_TRY_OUT(group_rows(&l, err));
    FCT_TRY_OUT(take_symbols(&l, err));
    if (grid_is_shared(&l)) {
        FCT_TRY_OUT(make_shared_times(&l, err));
    } else {
        FCT_TRY_OUT(make_row_times(&l, err));
        FCT_TRY_OUT(fct_panel_make_axis(l.panel, l.rows->job->run.n_threads, err));
    }
    FCT_TRY_OUT(fill_columns(&l, err));
    *out = l.panel;
    l.panel = NULL;
out:
    fct_panel_free(l.panel);
    free(l.first);
    free(l.order);
    fct_panel_rows_free(rows);
    return status;
}
