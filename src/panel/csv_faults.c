#include "panel/csv_faults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "archive/lines.h"
#include "base/run.h"
#include "base/text.h"
#include "panel/panel.h"

enum { MAX_LINE_BYTES = 1 << 20 };

/* A CSV file, a record at a time. */
typedef struct csv {
    const char *path;
    fct_source *source;
    fct_lines lines;
    char delimiter; /* 0: not yet known */
    int64_t n_lines;
    int64_t line;   /* at which the record begins */
    fct_text cells; /* of the record, each with a NUL behind it */
    size_t n_cells; /* 0: the file is at its end */
} csv;

static void csv_close(csv *c)
{
    fct_lines_free(&c->lines);
    fct_source_close(c->source);
    fct_text_free(&c->cells);
}

static fct_status csv_open(csv *c, const char *path, fct_error *err)
{
    const fct_source_limits limits = {.max_bytes = UINT64_MAX, .max_ratio = UINT64_MAX};
    *c = (csv){.path = path};
    FCT_TRY(fct_source_open(path, &limits, &c->source, err));
    return fct_lines_init(&c->lines, c->source, MAX_LINE_BYTES, err);
}

/* Of those that tables have, the one that the header has most often. */
static char delimiter_of(const char *line, size_t n_bytes)
{
    static const char delimiters[] = {',', ';', '\t', '|'};
    size_t n_best = 0;
    char best = ',';
    for (size_t i = 0; i < sizeof delimiters; i++) {
        size_t n = 0;
        for (size_t j = 0; j < n_bytes; j++)
            n += line[j] == delimiters[i];
        best = n > n_best ? delimiters[i] : best;
        n_best = n > n_best ? n : n_best;
    }
    return best;
}

/* The cells of one line; a cell in quotes may go on in the next. */
static fct_status add_line(csv *c, const char *line, size_t n_bytes, bool *in_quotes,
                           fct_error *err)
{
    for (size_t i = 0; i < n_bytes; i++) {
        if (line[i] == '"') {
            bool is_doubled = *in_quotes && i + 1 < n_bytes && line[i + 1] == '"';
            if (!is_doubled) {
                *in_quotes = !*in_quotes;
                continue;
            }
            i++;
        }
        bool ends = !*in_quotes && line[i] == c->delimiter;
        FCT_TRY(fct_text_append(&c->cells, ends ? "" : &line[i], 1, err));
        c->n_cells += ends;
    }
    return FCT_OK;
}

/* The next record that is not empty. */
static fct_status next_record(csv *c, fct_error *err)
{
    bool in_quotes = false;
    c->cells.length = 0;
    c->n_cells = 0;
    do {
        fct_lines *lines = &c->lines;
        fct_lines_state state = FCT_LINES_SOME;
        if (lines->begin == lines->whole_end)
            FCT_TRY(fct_lines_fill(lines, &state, err));
        if (state == FCT_LINES_LONG)
            return fct_error_set(err, FCT_ERROR_DATA, "%s: a line is too long", c->path);
        if (state == FCT_LINES_END)
            return FCT_OK;
        const char *line = lines->buffer + lines->begin;
        size_t n_bytes =
            (size_t)((const char *)memchr(line, '\n', lines->whole_end - lines->begin) - line);
        lines->begin += n_bytes + 1;
        c->n_lines++;
        if (!in_quotes)
            c->line = c->n_lines;
        n_bytes -= n_bytes && line[n_bytes - 1] == '\r';
        if (!c->delimiter)
            c->delimiter = delimiter_of(line, n_bytes);
        FCT_TRY(add_line(c, line, n_bytes, &in_quotes, err));
    } while (in_quotes || (!c->n_cells && !c->cells.length));
    c->n_cells++;
    return fct_text_append(&c->cells, "", 1, err);
}

static const char *cell_of(const csv *c, size_t i)
{
    const char *cell = c->cells.data;
    while (i--)
        cell += strlen(cell) + 1;
    return cell;
}

/* ---- Rows with too few or too many cells ------------------------------------------------------ */

/* Names the first; *err stays as it is where there is none. */
static fct_status explain_cells(csv *c, bool *is_explained, fct_error *err)
{
    fct_text header = {0};
    char shown[64];
    fct_status status;
    FCT_TRY_OUT(next_record(c, NULL));
    size_t n = c->n_cells;
    FCT_TRY_OUT(fct_text_append(&header, fct_text_get(&c->cells), c->cells.length, NULL));
    while (c->n_cells && c->n_cells == n)
        FCT_TRY_OUT(next_record(c, NULL));
    *is_explained = c->n_cells > 0;
    if (c->n_cells > n) {
        const char *cell = cell_of(c, n);
        fct_text_quote(cell, strlen(cell), shown, sizeof shown);
        fct_error_set(err, FCT_ERROR_DATA,
                      "%s, line %" PRId64
                      ": it has %zu cells, and the header has %zu: \"%s\" is too many",
                      c->path, c->line, c->n_cells, n, shown);
    } else if (*is_explained) {
        const char *name = header.data;
        for (size_t i = 0; i < c->n_cells; i++)
            name += strlen(name) + 1;
        fct_text_quote(name, strlen(name), shown, sizeof shown);
        fct_error_set(err, FCT_ERROR_DATA,
                      "%s, line %" PRId64
                      ": it has %zu cells, and the header has %zu: there is none for the column %s",
                      c->path, c->line, c->n_cells, n, shown);
    }
out:
    fct_text_free(&header);
    return status;
}

/* ---- Cells that are not what those around them are -------------------------------------------- */

typedef struct odd_cell {
    int64_t line;
    char shown[64];
    int64_t n_odd, n_cells;
} odd_cell;

static bool is_whole(const char *cell)
{
    char *end;
    strtoll(cell, &end, 10);
    return end != cell && !*end;
}

static bool is_number(const char *cell)
{
    char *end;
    strtod(cell, &end);
    return end != cell && !*end;
}

/* The first cell of a column that is no number, and how many are none; line 0: there is none, or it cannot be told. */
static odd_cell find_odd(const char *path, const char *column, bool (*is_good)(const char *cell))
{
    csv c;
    odd_cell odd = {0};
    size_t place = 0;
    fct_status status = csv_open(&c, path, NULL);
    if (status == FCT_OK)
        status = next_record(&c, NULL);
    while (status == FCT_OK && place < c.n_cells && strcasecmp(cell_of(&c, place), column) != 0)
        place++;
    while (status == FCT_OK && c.n_cells > place) {
        status = next_record(&c, NULL);
        if (status != FCT_OK || c.n_cells <= place)
            break;
        const char *cell = cell_of(&c, place);
        odd.n_cells += *cell != '\0';
        if (!*cell || is_good(cell))
            continue;
        if (!odd.n_odd++) {
            odd.line = c.line;
            fct_text_quote(cell, strlen(cell), odd.shown, sizeof odd.shown);
        }
    }
    csv_close(&c);
    return odd;
}

static void explain_times(const char *path, fct_error *err)
{
    static const char *const times[] = {"start_time", "end_time"};
    for (size_t i = 0; i < 2; i++) {
        odd_cell odd = find_odd(path, times[i], is_whole);
        if (!odd.line || odd.n_odd > odd.n_cells / 2)
            continue;
        fct_error_set(err, FCT_ERROR_DATA,
                      "%s, line %" PRId64 ", column %s: \"%s\" is no whole number", path, odd.line,
                      times[i], odd.shown);
        return;
    }
}

void fct_csv_explain(const char *path, fct_error *err)
{
    csv c;
    bool is_explained = false;
    fct_status status = csv_open(&c, path, NULL);
    if (status == FCT_OK)
        status = explain_cells(&c, &is_explained, err);
    csv_close(&c);
    if (status == FCT_OK && !is_explained && strstr(err->message, "must hold whole numbers"))
        explain_times(path, err);
}

/* Numbers but for a few different texts. */
static bool is_suspicious(const fct_panel_column *column)
{
    size_t n_numbers = 0;
    if (column->type != FCT_PANEL_TEXT)
        return false;
    for (size_t i = 0; i < column->n_texts; i++)
        n_numbers += is_number(column->texts[i]);
    return n_numbers < column->n_texts && n_numbers > column->n_texts / 2;
}

void fct_csv_warn_of_texts(const char *path, const fct_panel *panel, const fct_run *run)
{
    fct_job job;
    for (size_t i = 0; i < panel->n_columns; i++) {
        if (!is_suspicious(&panel->columns[i]))
            continue;
        odd_cell odd = find_odd(path, panel->columns[i].name, is_number);
        if (!odd.line || fct_job_start(&job, run, NULL) != FCT_OK)
            continue;
        fct_job_message(&job, FCT_MESSAGE_WARNING,
                        "%s, line %" PRId64 ", column %s: \"%s\" is no number, so that the column "
                        "holds texts",
                        path, odd.line, panel->columns[i].name, odd.shown);
        fct_job_end(&job);
    }
}
