/* A panel as an Arrow stream: rows in (end_time, symbol) order, missing cells as nulls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "panel/panel.h"

enum { BATCH_ROWS = 1 << 16, N_KEYS = 3 };

typedef struct export
{
    struct fct_panel *panel; /* a reference */
    int64_t time;            /* the next row: where in the time axis, and which of its rows */
    size_t position;
    fct_arrow_field *fields;
    fct_panel_cell *cells; /* BATCH_ROWS: the rows of the present batch */
}
export;

static void export_free(void *context)
{
    export *e = context;
    fct_panel_free(e->panel);
    free(e->fields);
    free(e->cells);
    free(e);
}

/* Lists the next rows. */
static size_t list_rows(export *e)
{
    const struct fct_panel *panel = e->panel;
    size_t n = 0;
    while (n < BATCH_ROWS && e->time < panel->n_times) {
        size_t first = panel->shared_grid ? 0 : panel->time_first[e->time];
        size_t n_here =
            panel->shared_grid ? panel->n_symbols : panel->time_first[e->time + 1] - first;
        for (; n < BATCH_ROWS && e->position < n_here; e->position++)
            e->cells[n++] = panel->shared_grid
                                ? (fct_panel_cell){(uint32_t)e->position, (uint32_t)e->time}
                                : panel->time_cells[first + e->position];
        if (e->position < n_here)
            break;
        e->position = 0;
        e->time++;
    }
    return n;
}

/* ---- Columns ---------------------------------------------------------------------------------- */

static fct_status export_times(const export *e, size_t n_rows, bool of_end, fct_arrow_column *out,
                               fct_error *err)
{
    int64_t *values = malloc((n_rows + 1) * sizeof *values);
    if (!values)
        return fct_error_memory(err, n_rows * sizeof *values);
    for (size_t i = 0; i < n_rows; i++)
        values[i] = of_end ? fct_panel_end_ms(e->panel, e->cells[i].symbol, e->cells[i].row)
                           : fct_panel_start_ms(e->panel, e->cells[i].symbol, e->cells[i].row);
    out->values = values;
    return FCT_OK;
}

/* Texts by their numbers; UINT32_MAX is a null. */
static fct_status export_texts(char *const *texts, const uint32_t *numbers, size_t n_rows,
                               fct_arrow_column *out, fct_error *err)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_bytes += numbers[i] == UINT32_MAX ? 0 : strlen(texts[numbers[i]]);
    if (n_bytes > INT32_MAX)
        return fct_error_set(err, FCT_ERROR_LIMIT, "a batch has more than 2 GiB of text");
    out->offsets = malloc((n_rows + 1) * sizeof *out->offsets);
    char *bytes = malloc(n_bytes + 1);
    out->values = bytes;
    if (!out->offsets || !bytes)
        return fct_error_memory(err, n_bytes + 1);
    int32_t end = 0;
    for (size_t i = 0; i < n_rows; i++) {
        out->offsets[i] = end;
        size_t n = numbers[i] == UINT32_MAX ? 0 : strlen(texts[numbers[i]]);
        if (n)
            memcpy(bytes + end, texts[numbers[i]], n);
        end += (int32_t)n;
    }
    out->offsets[n_rows] = end;
    return FCT_OK;
}

static fct_status export_symbols(const export *e, size_t n_rows, fct_arrow_column *out,
                                 fct_error *err)
{
    uint32_t *numbers = malloc((n_rows + 1) * sizeof *numbers);
    if (!numbers)
        return fct_error_memory(err, n_rows * sizeof *numbers);
    for (size_t i = 0; i < n_rows; i++)
        numbers[i] = e->cells[i].symbol;
    fct_status status = export_texts(e->panel->symbols, numbers, n_rows, out, err);
    free(numbers);
    return status;
}

/* Marks the missing cells; no bitmap where none is. */
static fct_status export_validity(const double *cells, size_t n_rows, fct_arrow_column *out,
                                  fct_error *err)
{
    for (size_t i = 0; i < n_rows; i++)
        out->null_count += isnan(cells[i]);
    if (!out->null_count)
        return FCT_OK;
    out->validity = calloc(n_rows / 8 + 1, 1);
    if (!out->validity)
        return fct_error_memory(err, n_rows / 8 + 1);
    for (size_t i = 0; i < n_rows; i++)
        out->validity[i / 8] |= (uint8_t)(!isnan(cells[i]) << (i % 8));
    return FCT_OK;
}

static fct_status export_wholes(const double *cells, size_t n_rows, fct_arrow_column *out,
                                fct_error *err)
{
    int64_t *values = malloc((n_rows + 1) * sizeof *values);
    if (!values)
        return fct_error_memory(err, n_rows * sizeof *values);
    for (size_t i = 0; i < n_rows; i++)
        values[i] = isnan(cells[i]) ? 0 : (int64_t)cells[i];
    out->values = values;
    return FCT_OK;
}

static fct_status export_truths(const double *cells, size_t n_rows, fct_arrow_column *out,
                                fct_error *err)
{
    uint8_t *bits = calloc(n_rows / 8 + 1, 1);
    if (!bits)
        return fct_error_memory(err, n_rows / 8 + 1);
    for (size_t i = 0; i < n_rows; i++)
        bits[i / 8] |= (uint8_t)((cells[i] == 1) << (i % 8));
    out->values = bits;
    return FCT_OK;
}

static fct_status export_column(const export *e, const fct_panel_column *column, size_t n_rows,
                                fct_arrow_column *out, fct_error *err)
{
    fct_status status;
    uint32_t *numbers = NULL;
    double *cells = malloc((n_rows + 1) * sizeof *cells);
    if (!cells)
        return fct_error_memory(err, n_rows * sizeof *cells);
    for (size_t i = 0; i < n_rows; i++)
        cells[i] =
            column->cells[fct_panel_cell_index(e->panel, e->cells[i].symbol, e->cells[i].row)];
    FCT_TRY_OUT(export_validity(cells, n_rows, out, err));
    switch (column->type) {
    case FCT_PANEL_DOUBLE:
        out->values = cells;
        cells = NULL;
        break;
    case FCT_PANEL_INT64:
        status = export_wholes(cells, n_rows, out, err);
        break;
    case FCT_PANEL_BOOL:
        status = export_truths(cells, n_rows, out, err);
        break;
    case FCT_PANEL_TEXT:
        numbers = malloc((n_rows + 1) * sizeof *numbers);
        if (!numbers) {
            status = fct_error_memory(err, n_rows * sizeof *numbers);
            break;
        }
        for (size_t i = 0; i < n_rows; i++)
            numbers[i] = isnan(cells[i]) ? UINT32_MAX : (uint32_t)cells[i];
        status = export_texts(column->texts, numbers, n_rows, out, err);
        break;
    }
out:
    free(numbers);
    free(cells);
    return status;
}

/* ---- The stream ------------------------------------------------------------------------------- */

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    export *e = context;
    const struct fct_panel *panel = e->panel;
    size_t n_columns = N_KEYS + panel->n_columns;
    size_t n_rows = list_rows(e);
    *out = (struct ArrowArray){0};
    if (!n_rows)
        return FCT_OK;
    fct_arrow_column *columns = calloc(n_columns, sizeof *columns);
    if (!columns)
        return fct_error_memory(err, n_columns * sizeof *columns);
    fct_status status;
    FCT_TRY_OUT(export_times(e, n_rows, false, &columns[0], err));
    FCT_TRY_OUT(export_times(e, n_rows, true, &columns[1], err));
    FCT_TRY_OUT(export_symbols(e, n_rows, &columns[2], err));
    for (size_t i = 0; i < panel->n_columns; i++)
        FCT_TRY_OUT(export_column(e, &panel->columns[i], n_rows, &columns[N_KEYS + i], err));
    status = fct_arrow_batch_make(e->fields, columns, n_columns, (int64_t)n_rows, out, err);
out:
    for (size_t i = 0; i < n_columns; i++) {
        free(columns[i].values);
        free(columns[i].offsets);
        free(columns[i].validity);
    }
    free(columns);
    return status;
}

static void name_fields(export *e)
{
    static const fct_arrow_type types[] = {
        [FCT_PANEL_DOUBLE] = FCT_ARROW_DOUBLE,
        [FCT_PANEL_INT64] = FCT_ARROW_INT64,
        [FCT_PANEL_BOOL] = FCT_ARROW_BOOL,
        [FCT_PANEL_TEXT] = FCT_ARROW_STRING,
    };
    e->fields[0] = (fct_arrow_field){"start_time", FCT_ARROW_INT64, false};
    e->fields[1] = (fct_arrow_field){"end_time", FCT_ARROW_INT64, false};
    e->fields[2] = (fct_arrow_field){"symbol", FCT_ARROW_STRING, false};
    for (size_t i = 0; i < e->panel->n_columns; i++)
        e->fields[N_KEYS + i] =
            (fct_arrow_field){e->panel->columns[i].name, types[e->panel->columns[i].type], true};
}

fct_status fct_panel_stream(const fct_panel *panel, struct ArrowArrayStream *out, fct_error *err)
{
    *out = (struct ArrowArrayStream){0};
    export *e = calloc(1, sizeof *e);
    if (!e)
        return fct_error_memory(err, sizeof *e);
    /* The count of references is all that ever changes in a panel. */
    e->panel = (struct fct_panel *)panel;
    atomic_fetch_add(&e->panel->n_references, 1);
    e->fields = calloc(N_KEYS + panel->n_columns, sizeof *e->fields);
    e->cells = malloc(BATCH_ROWS * sizeof *e->cells);
    if (!e->fields || !e->cells) {
        export_free(e);
        return fct_error_memory(err, BATCH_ROWS * sizeof *e->cells);
    }
    name_fields(e);
    const fct_arrow_source source = {.next = next_batch, .free = export_free, .context = e};
    return fct_arrow_stream_make(e->fields, N_KEYS + panel->n_columns, source, out, err);
}
