/* A table for a person: aligned, times readable, long ones cut in the middle, as wide as the terminal;
 * a few rows of many columns lie on their side, a line for each column. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/time.h"
#include "format/cell.h"
#include "format/format.h"

enum { MAX_WHOLE = 40, N_HEAD = 10, N_TAIL = 10, MAX_CELL = 32, MAX_TURNED = 8, WIDE = 160 };

typedef struct table {
    fct_output *out;
    const fct_arrow_field *fields;
    size_t n_fields;
    char **cells;   /* rows of n_fields texts: the first MAX_WHOLE rows ... */
    size_t n_cells; /* ... rows, and the last N_TAIL in a ring behind them */
    int64_t n_rows;
} table;

/* ---- Cells ------------------------------------------------------------------------------------ */

/* int64 columns of these names hold ms since 1970. */
static bool is_time(const fct_arrow_field *field)
{
    static const char *const names[] = {"start_time", "end_time", "time"};
    for (size_t i = 0; i < 3; i++)
        if (field->type == FCT_ARROW_INT64 && strcmp(field->name, names[i]) == 0)
            return true;
    return false;
}

static void format_cell(const fct_arrow_field *field, const fct_arrow_view *view, int64_t row,
                        char out[FCT_CELL_SIZE])
{
    if (fct_cell_is_null(view, row)) {
        snprintf(out, FCT_CELL_SIZE, "-");
    } else if (fct_cell_is_text(view)) {
        size_t n_bytes;
        const char *text = fct_arrow_view_text(view, row, &n_bytes);
        fct_text_quote(text, n_bytes, out, MAX_CELL + 1);
    } else if (is_time(field)) {
        fct_time_format(fct_arrow_view_int64(view, row), out);
    } else {
        size_t n = fct_cell_format(view, row, out);
        /* A person wants a price, not all digits of a quotient. */
        if (field->type == FCT_ARROW_DOUBLE && n > 12)
            snprintf(out, FCT_CELL_SIZE, "%.8g", fct_arrow_view_double(view, row));
        n = strlen(out);
        if (field->type == FCT_ARROW_DOUBLE && n > 2 && strcmp(out + n - 2, ".0") == 0)
            out[n - 2] = '\0';
    }
}

/* The place of a row's cells: kept whole at first, then only the last ones. */
static size_t place_of(int64_t row)
{
    return row < MAX_WHOLE ? (size_t)row : MAX_WHOLE + (size_t)(row % N_TAIL);
}

static fct_status keep_batch(const fct_arrow_view *views, int64_t n_rows, void *context,
                             fct_error *err)
{
    table *t = context;
    for (int64_t row = 0; row < n_rows; row++, t->n_rows++) {
        /* Of a large batch only its end can be seen. */
        if (t->n_rows >= MAX_WHOLE && row < n_rows - N_TAIL)
            continue;
        for (size_t i = 0; i < t->n_fields; i++) {
            char cell[FCT_CELL_SIZE];
            format_cell(&t->fields[i], &views[i], row, cell);
            char **place = &t->cells[place_of(t->n_rows) * t->n_fields + i];
            free(*place);
            *place = fct_text_copy(cell);
            if (!*place)
                return fct_error_memory(err, FCT_CELL_SIZE);
        }
    }
    return FCT_OK;
}

static const char *cell_at(const table *t, int64_t row, size_t i)
{
    /* The last rows of a table that is just too long still lie among the first. */
    return t->cells[place_of(row) * t->n_fields + i];
}

/* ---- Layout ----------------------------------------------------------------------------------- */

/* Columns on a terminal: bytes that do not continue a character. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

typedef struct layout {
    size_t *widths;
    bool *shown;
    bool cut;      /* rows are left out in the middle */
    int64_t n_top; /* rows above the cut */
} layout;

static void measure(const table *t, layout *l)
{
    l->cut = t->n_rows > MAX_WHOLE;
    l->n_top = l->cut ? N_HEAD : t->n_rows;
    for (size_t i = 0; i < t->n_fields; i++) {
        l->widths[i] = width_of(t->fields[i].name);
        l->shown[i] = true;
        for (int64_t row = 0; row < t->n_rows; row++) {
            if (l->cut && row == l->n_top)
                row = t->n_rows - N_TAIL;
            size_t width = width_of(cell_at(t, row, i));
            l->widths[i] = width > l->widths[i] ? width : l->widths[i];
        }
    }
}

static size_t total_width(const table *t, const layout *l)
{
    size_t total = 0;
    bool gap = false;
    for (size_t i = 0; i < t->n_fields; i++) {
        total += l->shown[i] ? l->widths[i] + 2 : 0;
        gap = gap || !l->shown[i];
    }
    return total + (gap ? 3 : 0);
}

/* Columns of the terminal, 0 where the table goes elsewhere. */
static size_t terminal_width(const table *t)
{
    struct winsize size;
    return ioctl(t->out->fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Leaves columns out, from the middle, until the rest fits the terminal. */
static void fit(const table *t, layout *l)
{
    size_t terminal = terminal_width(t);
    if (!terminal)
        return;
    size_t middle = t->n_fields / 2;
    size_t left = middle;
    size_t right = middle;
    while (total_width(t, l) > terminal && (left > 1 || right + 1 < t->n_fields)) {
        bool to_the_right =
            right + 1 < t->n_fields && (right - middle <= middle - left || left <= 1);
        if (to_the_right)
            l->shown[right++] = false;
        else
            l->shown[--left] = false;
    }
}

static fct_status put_cell(const table *t, const char *text, size_t width, bool to_the_right,
                           bool first, fct_error *err)
{
    char padding[MAX_CELL * 4];
    size_t own = width_of(text);
    size_t n = width > own ? width - own : 0;
    n = n < sizeof padding ? n : sizeof padding;
    memset(padding, ' ', sizeof padding);
    if (!first)
        FCT_TRY(fct_output_put(t->out, "  ", 2, err));
    if (to_the_right)
        FCT_TRY(fct_output_put(t->out, padding, n, err));
    FCT_TRY(fct_output_put(t->out, text, strlen(text), err));
    return to_the_right ? FCT_OK : fct_output_put(t->out, padding, n, err);
}

static bool is_right(const table *t, size_t i)
{
    return t->fields[i].type <= FCT_ARROW_DOUBLE && t->fields[i].type != FCT_ARROW_BOOL &&
           !is_time(&t->fields[i]);
}

/* One line; row -1 is the header, -2 the line where rows are left out. */
static fct_status put_line(const table *t, const layout *l, int64_t row, fct_error *err)
{
    bool in_gap = false;
    bool first = true;
    for (size_t i = 0; i < t->n_fields; i++) {
        if (!l->shown[i]) {
            if (!in_gap)
                FCT_TRY(put_cell(t, "…", 1, false, first, err));
            in_gap = true;
            continue;
        }
        const char *text = row == -1 ? t->fields[i].name : row == -2 ? "…" : cell_at(t, row, i);
        FCT_TRY(put_cell(t, text, l->widths[i], is_right(t, i), first, err));
        in_gap = first = false;
    }
    return fct_output_put(t->out, "\n", 1, err);
}

static fct_status put_count(const table *t, fct_error *err)
{
    char count[32];
    char grouped[48];
    size_t n = (size_t)snprintf(count, sizeof count, "%lld", (long long)t->n_rows);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            grouped[k++] = ',';
        grouped[k++] = count[i];
    }
    char line[128];
    int length = snprintf(line, sizeof line, "%.*s row%s × %zu column%s\n", (int)k, grouped,
                          t->n_rows == 1 ? "" : "s", t->n_fields, t->n_fields == 1 ? "" : "s");
    return fct_output_put(t->out, line, (size_t)length, err);
}

/* ---- On its side ------------------------------------------------------------------------------ */

static bool is_turned(const table *t, const layout *l)
{
    size_t terminal = terminal_width(t);
    return t->n_rows && t->n_rows <= MAX_TURNED && t->n_fields > (size_t)t->n_rows &&
           total_width(t, l) > (terminal ? terminal : WIDE);
}

/* A line for each column: its name, then its cells of all rows. Ends with what does not fit left out. */
static fct_status put_turned(const table *t, fct_error *err)
{
    size_t terminal = terminal_width(t);
    size_t widths[MAX_TURNED + 1] = {0};
    for (size_t i = 0; i < t->n_fields; i++) {
        size_t name = width_of(t->fields[i].name);
        widths[0] = name > widths[0] ? name : widths[0];
        for (int64_t row = 0; row < t->n_rows; row++) {
            size_t width = width_of(cell_at(t, row, i));
            widths[row + 1] = width > widths[row + 1] ? width : widths[row + 1];
        }
    }
    int64_t n_shown = 0;
    for (size_t total = widths[0]; n_shown < t->n_rows; n_shown++) {
        total += widths[n_shown + 1] + 2;
        if (terminal && n_shown && total + (n_shown + 1 < t->n_rows ? 3 : 0) > terminal)
            break;
    }
    for (size_t i = 0; i < t->n_fields; i++) {
        FCT_TRY(put_cell(t, t->fields[i].name, widths[0], false, true, err));
        for (int64_t row = 0; row < n_shown; row++)
            FCT_TRY(put_cell(t, cell_at(t, row, i), widths[row + 1], true, false, err));
        FCT_TRY(fct_output_put(t->out, n_shown < t->n_rows ? "  …\n" : "\n",
                               n_shown < t->n_rows ? 6 : 1, err));
    }
    return put_count(t, err);
}

static fct_status put_table(const table *t, layout *l, fct_error *err)
{
    measure(t, l);
    if (is_turned(t, l))
        return put_turned(t, err);
    fit(t, l);
    FCT_TRY(put_line(t, l, -1, err));
    for (int64_t row = 0; row < t->n_rows; row++) {
        if (l->cut && row == l->n_top) {
            FCT_TRY(put_line(t, l, -2, err));
            row = t->n_rows - N_TAIL;
        }
        FCT_TRY(put_line(t, l, row, err));
    }
    return put_count(t, err);
}

fct_status fct_format_write_table(fct_arrow_reader *reader, fct_output *out, fct_error *err)
{
    table t = {.out = out};
    layout l = {0};
    fct_status status;
    t.fields = fct_arrow_reader_fields(reader, &t.n_fields);
    t.n_cells = (MAX_WHOLE + N_TAIL) * t.n_fields;
    t.cells = calloc(t.n_cells + 1, sizeof *t.cells);
    l.widths = calloc(t.n_fields + 1, sizeof *l.widths);
    l.shown = calloc(t.n_fields + 1, sizeof *l.shown);
    if (!t.cells || !l.widths || !l.shown) {
        status = fct_error_memory(err, (t.n_cells + 1) * sizeof *t.cells);
        goto out;
    }
    FCT_TRY_OUT(fct_format_each_batch(reader, out, keep_batch, &t, err));
    FCT_TRY_OUT(put_table(&t, &l, err));
out:
    for (size_t i = 0; t.cells && i < t.n_cells; i++)
        free(t.cells[i]);
    free(t.cells);
    free(l.widths);
    free(l.shown);
    return status;
}
