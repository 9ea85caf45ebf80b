/* Attributes of symbols (sector, capitalisation) as columns of a panel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arrow/arrow.h"
#include "base/text_set.h"
#include "panel/file.h"
#include "panel/panel.h"

/* A table with a row a symbol, while it is read. */
typedef struct attributes {
    const struct fct_panel *panel;
    fct_arrow_reader *reader;
    const fct_arrow_field *fields;
    size_t n_fields;
    size_t key;          /* the field of the symbols */
    double **values;     /* of each field, for each symbol of the panel; NULL: the key */
    fct_text_set *texts; /* of each field: values are numbers in it */
    bool *is_there;      /* of each symbol of the panel */
    int64_t n_rows;
} attributes;

/* ---- Reading ---------------------------------------------------------------------------------- */

static fct_status start(attributes *a, fct_error *err)
{
    size_t n_symbols = a->panel->n_symbols;
    a->key = a->n_fields;
    for (size_t i = 0; i < a->n_fields; i++) {
        if (strcasecmp(a->fields[i].name, "symbol") == 0)
            a->key = i;
        else if (fct_panel_find_column(a->panel, a->fields[i].name))
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "the panel and the attributes both have a column %s: leave it out "
                                 "of one of them",
                                 a->fields[i].name);
    }
    if (a->key == a->n_fields || !fct_arrow_is_text(a->fields[a->key].type))
        return fct_error_set(err, FCT_ERROR_DATA,
                             "attributes need a column symbol that holds texts");
    a->values = calloc(a->n_fields + 1, sizeof *a->values);
    a->texts = calloc(a->n_fields + 1, sizeof *a->texts);
    a->is_there = calloc(n_symbols + 1, sizeof *a->is_there);
    if (!a->values || !a->texts || !a->is_there)
        return fct_error_memory(err, a->n_fields * sizeof *a->texts);
    for (size_t i = 0; i < a->n_fields; i++) {
        if (i == a->key)
            continue;
        a->values[i] = malloc((n_symbols + 1) * sizeof **a->values);
        if (!a->values[i])
            return fct_error_memory(err, n_symbols * sizeof **a->values);
        for (size_t s = 0; s < n_symbols; s++)
            a->values[i][s] = NAN;
    }
    return FCT_OK;
}

static size_t find_symbol(const struct fct_panel *panel, const char *text, size_t n_bytes)
{
    size_t low = 0;
    size_t high = panel->n_symbols;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(panel->symbols[middle], text, n_bytes);
        if (order == 0)
            order = panel->symbols[middle][n_bytes] ? 1 : 0;
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static fct_status read_value(attributes *a, size_t field, const fct_arrow_view *view, int64_t row,
                             size_t symbol, fct_error *err)
{
    uint32_t number;
    size_t n_bytes;
    double value;
    if (fct_arrow_view_is_null(view, row))
        return FCT_OK;
    if (fct_arrow_is_text(view->type)) {
        const char *text = fct_arrow_view_text(view, row, &n_bytes);
        FCT_TRY(fct_text_set_add(&a->texts[field], text, n_bytes, &number, err));
        a->values[field][symbol] = number;
        return FCT_OK;
    }
    if (fct_arrow_is_real(view->type)) {
        value = fct_arrow_view_double(view, row);
    } else {
        int64_t whole = fct_arrow_view_int64(view, row);
        if (fct_arrow_view_is_above_int64(view, row) || !fct_panel_holds_whole(whole))
            return fct_error_set(err, FCT_ERROR_DATA, "row %lld, column %s: %s",
                                 (long long)(a->n_rows + row + 1), a->fields[field].name,
                                 FCT_PANEL_HOLDS_NO_SUCH_WHOLE);
        value = (double)whole;
    }
    a->values[field][symbol] = isfinite(value) ? value : NAN;
    return FCT_OK;
}

static fct_status read_row(attributes *a, const fct_arrow_view *views, int64_t row, fct_error *err)
{
    size_t n_bytes;
    int64_t number = a->n_rows + row + 1;
    if (fct_arrow_view_is_null(&views[a->key], row))
        return fct_error_set(err, FCT_ERROR_DATA, "row %lld: the symbol is missing",
                             (long long)number);
    const char *text = fct_arrow_view_text(&views[a->key], row, &n_bytes);
    size_t symbol = find_symbol(a->panel, text, n_bytes);
    if (symbol == SIZE_MAX)
        return FCT_OK;
    if (a->is_there[symbol])
        return fct_error_set(
            err, FCT_ERROR_DATA,
            "row %lld: the symbol %s comes twice; attributes have one row a symbol",
            (long long)number, a->panel->symbols[symbol]);
    a->is_there[symbol] = true;
    for (size_t i = 0; i < a->n_fields; i++)
        if (i != a->key)
            FCT_TRY(read_value(a, i, &views[i], row, symbol, err));
    return FCT_OK;
}

static fct_status read_rows(attributes *a, fct_error *err)
{
    fct_status status = FCT_OK;
    fct_arrow_view *views = calloc(a->n_fields + 1, sizeof *views);
    if (!views)
        return fct_error_memory(err, a->n_fields * sizeof *views);
    for (;;) {
        int64_t n_rows;
        FCT_TRY_OUT(fct_arrow_reader_next(a->reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        for (int64_t row = 0; row < n_rows; row++)
            FCT_TRY_OUT(read_row(a, views, row, err));
        a->n_rows += n_rows;
    }
out:
    free(views);
    return status;
}

/* ---- The panel -------------------------------------------------------------------------------- */

/* Texts in bytewise order, as columns have them; the set's texts move to the column. */
static fct_status sort_texts(attributes *a, size_t field, fct_panel_column *column, fct_error *err)
{
    uint32_t *new_number;
    FCT_TRY(fct_text_set_sort(&a->texts[field], &new_number, err));
    for (size_t s = 0; s < a->panel->n_symbols; s++)
        if (!isnan(a->values[field][s]))
            a->values[field][s] = new_number[(uint32_t)a->values[field][s]];
    free(new_number);
    column->texts = a->texts[field].texts;
    column->n_texts = a->texts[field].n_texts;
    a->texts[field].texts = NULL;
    a->texts[field].n_texts = 0;
    return FCT_OK;
}

static void fill_column(const struct fct_panel *panel, const double *values, double *cells)
{
    for (size_t tile = 0; tile < panel->n_tiles; tile++) {
        double *out = fct_panel_tile(panel, cells, tile);
        int64_t n_rows = fct_panel_tile_rows(panel, tile);
        for (int64_t row = 0; row < n_rows; row++)
            for (size_t lane = 0; lane < FCT_LANES; lane++) {
                size_t s = tile * FCT_LANES + lane;
                bool is_row = s < panel->n_symbols && row < panel->symbol_rows[s];
                out[row * FCT_LANES + (int64_t)lane] = is_row ? values[s] : NAN;
            }
    }
}

static fct_status fill_columns(attributes *a, struct fct_panel *joined, fct_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < a->n_fields; i++) {
        if (i == a->key)
            continue;
        fct_panel_column *column = &joined->columns[at++];
        column->type = fct_arrow_is_text(a->fields[i].type)   ? FCT_PANEL_TEXT
                       : fct_arrow_is_real(a->fields[i].type) ? FCT_PANEL_DOUBLE
                       : a->fields[i].type == FCT_ARROW_BOOL  ? FCT_PANEL_BOOL
                                                              : FCT_PANEL_INT64;
        if (column->type == FCT_PANEL_TEXT)
            FCT_TRY(sort_texts(a, i, column, err));
        fill_column(a->panel, a->values[i], column->cells);
    }
    return FCT_OK;
}

/* Puts the panel's own columns before the attributes, borrowed. */
static fct_status borrow_columns(const struct fct_panel *panel, struct fct_panel *joined,
                                 fct_error *err)
{
    size_t n = panel->n_columns + joined->n_columns;
    fct_panel_column *columns = calloc(n + 1, sizeof *columns);
    if (!columns)
        return fct_error_memory(err, n * sizeof *columns);
    for (size_t i = 0; i < panel->n_columns; i++) {
        columns[i] = panel->columns[i];
        columns[i].is_borrowed = true;
    }
    if (joined->n_columns)
        memcpy(columns + panel->n_columns, joined->columns, joined->n_columns * sizeof *columns);
    free(joined->columns);
    joined->columns = columns;
    joined->n_columns = n;
    joined->base = (struct fct_panel *)panel;
    atomic_fetch_add(&joined->base->n_references, 1);
    return FCT_OK;
}

static fct_status make_panel(attributes *a, struct fct_panel **out, fct_error *err)
{
    fct_status status;
    struct fct_panel *joined = NULL;
    const char **names = calloc(a->n_fields + 1, sizeof *names);
    size_t n = 0;
    if (!names)
        return fct_error_memory(err, a->n_fields * sizeof *names);
    for (size_t i = 0; i < a->n_fields; i++)
        if (i != a->key)
            names[n++] = a->fields[i].name;
    FCT_TRY_OUT(fct_panel_like(a->panel, names, n, &joined, err));
    FCT_TRY_OUT(fill_columns(a, joined, err));
    FCT_TRY_OUT(borrow_columns(a->panel, joined, err));
    *out = joined;
    joined = NULL;
out:
    fct_panel_free(joined);
    free(names);
    return status;
}

static void attributes_free(attributes *a)
{
    for (size_t i = 0; i < a->n_fields; i++) {
        if (a->values)
            free(a->values[i]);
        if (a->texts)
            fct_text_set_free(&a->texts[i]);
    }
    free(a->values);
    free(a->texts);
    free(a->is_there);
    fct_arrow_reader_free(a->reader);
}

fct_status fct_panel_join(const fct_panel *panel, struct ArrowArrayStream *table,
                          const fct_run *run, fct_panel **out, fct_error *err)
{
    attributes a = {.panel = panel};
    fct_status status;
    (void)run;
    *out = NULL;
    FCT_TRY(fct_arrow_reader_open(&a.reader, table, err));
    a.fields = fct_arrow_reader_fields(a.reader, &a.n_fields);
    FCT_TRY_OUT(start(&a, err));
    FCT_TRY_OUT(read_rows(&a, err));
    status = make_panel(&a, out, err);
out:
    attributes_free(&a);
    return status;
}

fct_status fct_panel_join_file(const fct_panel *panel, const char *path, const fct_run *run,
                               fct_panel **out, fct_error *err)
{
    struct ArrowArrayStream table;
    *out = NULL;
    FCT_TRY(fct_table_open(path, run, &table, err));
    fct_status status = fct_panel_join(panel, &table, run, out, err);
    if (status != FCT_OK)
        fct_error_prefix(err, "%s", path);
    return status;
}
