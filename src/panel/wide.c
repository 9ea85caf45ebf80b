/* One column of a panel with times down and symbols across, as an Arrow stream. */
#include <math.h>
#include <stdlib.h>

#include "arrow/arrow.h"
#include "panel/panel.h"

enum { BATCH_CELLS = 1 << 20 };

typedef struct wide {
    struct fct_panel *panel; /* a reference */
    const double *cells;
    int64_t time; /* the next one */
    fct_arrow_field *fields;
} wide;

static void wide_free(void *context)
{
    wide *w = context;
    fct_panel_free(w->panel);
    free(w->fields);
    free(w);
}

/* The cells of times [first, first + n_times), a symbol after another; NaN where a symbol has no row. */
static void fill(const wide *w, int64_t first, size_t n_times, double *const *symbols)
{
    const struct fct_panel *panel = w->panel;
    for (size_t t = 0; t < n_times; t++) {
        int64_t time = first + (int64_t)t;
        for (size_t s = 0; s < panel->n_symbols; s++)
            symbols[s][t] =
                panel->shared_grid ? w->cells[fct_panel_cell_index(panel, s, time)] : NAN;
        for (size_t i = panel->shared_grid ? 0 : panel->time_first[time];
             !panel->shared_grid && i < panel->time_first[time + 1]; i++) {
            fct_panel_cell cell = panel->time_cells[i];
            symbols[cell.symbol][t] = w->cells[fct_panel_cell_index(panel, cell.symbol, cell.row)];
        }
    }
}

static fct_status mark_missing(fct_arrow_column *column, size_t n_times, fct_error *err)
{
    const double *values = column->values;
    for (size_t t = 0; t < n_times; t++)
        column->null_count += isnan(values[t]);
    if (!column->null_count)
        return FCT_OK;
    column->validity = calloc(n_times / 8 + 1, 1);
    if (!column->validity)
        return fct_error_memory(err, n_times / 8 + 1);
    for (size_t t = 0; t < n_times; t++)
        column->validity[t / 8] |= (uint8_t)(!isnan(values[t]) << (t % 8));
    return FCT_OK;
}

static fct_status fill_columns(const wide *w, size_t n_times, fct_arrow_column *columns,
                               double **symbols, fct_error *err)
{
    size_t n_symbols = w->panel->n_symbols;
    int64_t *times = malloc((n_times + 1) * sizeof *times);
    columns[0].values = times;
    if (!times)
        return fct_error_memory(err, n_times * sizeof *times);
    for (size_t t = 0; t < n_times; t++)
        times[t] = w->panel->time_ms[w->time + (int64_t)t];
    for (size_t s = 0; s < n_symbols; s++) {
        columns[1 + s].values = symbols[s] = malloc((n_times + 1) * sizeof(double));
        if (!symbols[s])
            return fct_error_memory(err, n_times * sizeof(double));
    }
    fill(w, w->time, n_times, symbols);
    for (size_t s = 0; s < n_symbols; s++)
        FCT_TRY(mark_missing(&columns[1 + s], n_times, err));
    return FCT_OK;
}

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    wide *w = context;
    size_t n_columns = 1 + w->panel->n_symbols;
    size_t n_times = BATCH_CELLS / n_columns + 1;
    *out = (struct ArrowArray){0};
    if ((int64_t)n_times > w->panel->n_times - w->time)
        n_times = (size_t)(w->panel->n_times - w->time);
    if (!n_times)
        return FCT_OK;
    fct_arrow_column *columns = calloc(n_columns, sizeof *columns);
    double **symbols = calloc(n_columns, sizeof *symbols);
    fct_status status = FCT_OK;
    if (!columns || !symbols) {
        status = fct_error_memory(err, n_columns * sizeof *columns);
        goto out;
    }
    FCT_TRY_OUT(fill_columns(w, n_times, columns, symbols, err));
    FCT_TRY_OUT(fct_arrow_batch_make(w->fields, columns, n_columns, (int64_t)n_times, out, err));
    w->time += (int64_t)n_times;
out:
    for (size_t i = 0; columns && i < n_columns; i++) {
        free(columns[i].values);
        free(columns[i].validity);
    }
    free(columns);
    free(symbols);
    return status;
}

fct_status fct_panel_wide_stream(const fct_panel *panel, const char *column,
                                 struct ArrowArrayStream *out, fct_error *err)
{
    *out = (struct ArrowArrayStream){0};
    const fct_panel_column *found = fct_panel_find_column(panel, column);
    if (!found)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the panel has no column %.100s", column);
    if (found->type == FCT_PANEL_TEXT)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the column %.100s holds texts: only numbers go wide", column);
    wide *w = calloc(1, sizeof *w);
    if (!w)
        return fct_error_memory(err, sizeof *w);
    /* The count of references is all that ever changes in a panel. */
    w->panel = (struct fct_panel *)panel;
    atomic_fetch_add(&w->panel->n_references, 1);
    w->cells = found->cells;
    w->fields = calloc(1 + panel->n_symbols, sizeof *w->fields);
    if (!w->fields) {
        wide_free(w);
        return fct_error_memory(err, (1 + panel->n_symbols) * sizeof *w->fields);
    }
    w->fields[0] = (fct_arrow_field){"end_time", FCT_ARROW_INT64, false};
    for (size_t s = 0; s < panel->n_symbols; s++)
        w->fields[1 + s] = (fct_arrow_field){panel->symbols[s], FCT_ARROW_DOUBLE, true};
    const fct_arrow_source source = {.next = next_batch, .free = wide_free, .context = w};
    return fct_arrow_stream_make(w->fields, 1 + panel->n_symbols, source, out, err);
}
