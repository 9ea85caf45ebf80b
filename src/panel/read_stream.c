/* Reading the rows of a panel from an Arrow stream: which columns are the key, what the others hold. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arrow/arrow.h"
#include "base/time.h"
#include "panel/rows.h"

/* Smaller numbers are ms as they stand: the times of a made-up series, 0, 60000, ...; as seconds they were of 1973. */
#define MIN_EPOCH 100000000

typedef struct key_columns {
    size_t symbol, start, end;
} key_columns;

/* The unit of one time column, known after its first large value. */
typedef struct time_unit {
    const char *name;
    int64_t multiplier, divisor; /* to µs; 0: not yet known */
    bool is_fixed;               /* by the column's type */
} time_unit;

typedef struct reading {
    fct_panel_rows *rows;
    fct_arrow_reader *reader;
    const fct_arrow_field *fields;
    size_t n_fields;
    key_columns key;
    time_unit start, end;
    const char *no_time; /* a time column that holds none, which matters once there are rows */
    bool no_text;        /* the same of symbol */
    size_t *columns;     /* a field's column in the rows; SIZE_MAX for key columns */
} reading;

/* ---- Columns ---------------------------------------------------------------------------------- */

static size_t find_field(const reading *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcasecmp(r->fields[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

/* What a time column's type says of its unit. */
static time_unit unit_of(const fct_arrow_field *field)
{
    time_unit unit = {.name = field->name, .divisor = 1, .is_fixed = true};
    switch (field->type) {
    case FCT_ARROW_DATE32:
        unit.multiplier = FCT_US_PER_DAY;
        break;
    case FCT_ARROW_TIMESTAMP_S:
        unit.multiplier = 1000000;
        break;
    case FCT_ARROW_TIMESTAMP_MS:
        unit.multiplier = 1000;
        break;
    case FCT_ARROW_TIMESTAMP_US:
        unit.multiplier = 1;
        break;
    case FCT_ARROW_TIMESTAMP_NS:
        unit.multiplier = 1;
        unit.divisor = 1000;
        break;
    default:
        unit.is_fixed = false;
    }
    return unit;
}

static fct_status find_key(reading *r, fct_error *err)
{
    r->key = (key_columns){find_field(r, "symbol"), find_field(r, "start_time"),
                           find_field(r, "end_time")};
    if (r->key.symbol == SIZE_MAX || r->key.start == SIZE_MAX || r->key.end == SIZE_MAX)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "a panel needs the columns symbol, start_time and end_time; there is "
                             "no %s",
                             r->key.symbol == SIZE_MAX  ? "symbol"
                             : r->key.start == SIZE_MAX ? "start_time"
                                                        : "end_time");
    r->no_text = !fct_arrow_is_text(r->fields[r->key.symbol].type);
    const size_t times[] = {r->key.start, r->key.end};
    for (size_t i = 0; i < 2; i++) {
        fct_arrow_type type = r->fields[times[i]].type;
        if (fct_arrow_is_text(type) || fct_arrow_is_real(type) || type == FCT_ARROW_BOOL)
            r->no_time = r->fields[times[i]].name;
    }
    r->start = unit_of(&r->fields[r->key.start]);
    r->end = unit_of(&r->fields[r->key.end]);
    return FCT_OK;
}

static fct_status list_columns(reading *r, fct_error *err)
{
    r->columns = calloc(r->n_fields + 1, sizeof *r->columns);
    if (!r->columns)
        return fct_error_memory(err, (r->n_fields + 1) * sizeof *r->columns);
    for (size_t i = 0; i < r->n_fields; i++) {
        r->columns[i] = SIZE_MAX;
        if (i == r->key.symbol || i == r->key.start || i == r->key.end)
            continue;
        const fct_arrow_field *field = &r->fields[i];
        if (find_field(r, field->name) != i)
            return fct_error_set(err, FCT_ERROR_DATA, "two columns are called %s", field->name);
        fct_panel_type type = fct_arrow_is_text(field->type)   ? FCT_PANEL_TEXT
                              : fct_arrow_is_real(field->type) ? FCT_PANEL_DOUBLE
                              : field->type == FCT_ARROW_BOOL  ? FCT_PANEL_BOOL
                                                               : FCT_PANEL_INT64;
        r->columns[i] = r->rows->n_columns;
        FCT_TRY(fct_panel_rows_add_column(r->rows, field->name, type, err));
    }
    return FCT_OK;
}

/* Of a CSV file without rows nobody can tell what its columns hold. */
static fct_status check_key_types(const reading *r, fct_error *err)
{
    if (r->no_text)
        return fct_error_set(err, FCT_ERROR_DATA, "the column symbol must hold texts");
    if (r->no_time)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "the column %s must hold whole numbers (ms since 1970) or timestamps",
                             r->no_time);
    return FCT_OK;
}

/* ---- Rows ------------------------------------------------------------------------------------- */

static fct_status at_row(const reading *r, int64_t row, const char *column, const char *what,
                         fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA, "row %" PRId64 ", column %s: %s",
                         (int64_t)r->rows->n_rows + row + 1, column, what);
}

/* A time as ms, rounded down. */
static fct_status read_time(const reading *r, time_unit *unit, const fct_arrow_view *view,
                            int64_t row, int64_t *time_ms, fct_error *err)
{
    if (fct_arrow_view_is_null(view, row))
        return at_row(r, row, unit->name, "it is missing, and a key must not be", err);
    if (fct_arrow_view_is_above_int64(view, row))
        return at_row(r, row, unit->name, "its time is out of range", err);
    int64_t value = fct_arrow_view_int64(view, row);
    if (!unit->is_fixed && value > -MIN_EPOCH && value < MIN_EPOCH) {
        *time_ms = value;
        return FCT_OK;
    }
    if (!unit->is_fixed) {
        int64_t divisor;
        int64_t multiplier = fct_time_unit_to_us(value, &divisor);
        if (unit->multiplier && (unit->multiplier != multiplier || unit->divisor != divisor))
            return at_row(
                r, row, unit->name,
                "its time is in another unit than those before (s, ms, us and ns are told "
                "apart by size)",
                err);
        unit->multiplier = multiplier;
        unit->divisor = divisor;
    }
    int64_t time_us;
    if (__builtin_mul_overflow(value, unit->multiplier, &time_us))
        return at_row(r, row, unit->name, "its time is out of range", err);
    *time_ms = fct_floor_div(time_us, unit->divisor * 1000);
    return FCT_OK;
}

static fct_status read_keys(reading *r, const fct_arrow_view *views, int64_t n_rows, fct_error *err)
{
    fct_panel_rows *rows = r->rows;
    const fct_arrow_view *symbols = &views[r->key.symbol];
    const char *last = NULL;
    size_t n_last = 0;
    uint32_t number = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        size_t at = rows->n_rows + (size_t)i;
        if (fct_arrow_view_is_null(symbols, i))
            return at_row(r, i, "symbol", "it is missing, and a key must not be", err);
        size_t n_bytes;
        const char *text = fct_arrow_view_text(symbols, i, &n_bytes);
        /* Rows of one symbol often follow each other. */
        if (!last || n_bytes != n_last || memcmp(text, last, n_bytes) != 0)
            FCT_TRY(fct_text_set_add(&rows->symbols, text, n_bytes, &number, err));
        last = text;
        n_last = n_bytes;
        rows->symbol[at] = number;
        FCT_TRY(read_time(r, &r->start, &views[r->key.start], i, &rows->start_ms[at], err));
        FCT_TRY(read_time(r, &r->end, &views[r->key.end], i, &rows->end_ms[at], err));
        if (rows->end_ms[at] < rows->start_ms[at])
            return at_row(r, i, r->end.name, "the row ends before it starts", err);
    }
    return FCT_OK;
}

/* Any non-finite number is missing. */
static void read_reals(const fct_arrow_view *view, int64_t n_rows, double *out)
{
    for (int64_t i = 0; i < n_rows; i++) {
        double value = fct_arrow_view_is_null(view, i) ? NAN : fct_arrow_view_double(view, i);
        out[i] = isfinite(value) ? value : NAN;
    }
}

/* Timestamps and dates become ms, as those of the key do. */
static fct_status read_wholes(const reading *r, const fct_arrow_field *field,
                              const fct_arrow_view *view, int64_t n_rows, double *out,
                              fct_error *err)
{
    time_unit unit = unit_of(field);
    for (int64_t i = 0; i < n_rows; i++) {
        out[i] = NAN;
        if (fct_arrow_view_is_null(view, i))
            continue;
        int64_t value = fct_arrow_view_int64(view, i);
        if (unit.is_fixed)
            FCT_TRY(read_time(r, &unit, view, i, &value, err));
        if (fct_arrow_view_is_above_int64(view, i) || !fct_panel_holds_whole(value))
            return at_row(r, i, field->name, FCT_PANEL_HOLDS_NO_SUCH_WHOLE, err);
        out[i] = (double)value;
    }
    return FCT_OK;
}

static fct_status read_texts(fct_text_set *texts, const fct_arrow_view *view, int64_t n_rows,
                             double *out, fct_error *err)
{
    for (int64_t i = 0; i < n_rows; i++) {
        uint32_t number;
        size_t n_bytes;
        out[i] = NAN;
        if (fct_arrow_view_is_null(view, i))
            continue;
        const char *text = fct_arrow_view_text(view, i, &n_bytes);
        FCT_TRY(fct_text_set_add(texts, text, n_bytes, &number, err));
        out[i] = number;
    }
    return FCT_OK;
}

static fct_status read_batch(reading *r, const fct_arrow_view *views, int64_t n_rows,
                             fct_error *err)
{
    fct_panel_rows *rows = r->rows;
    if (n_rows)
        FCT_TRY(check_key_types(r, err));
    FCT_TRY(fct_panel_rows_reserve(rows, (size_t)n_rows, err));
    FCT_TRY(read_keys(r, views, n_rows, err));
    for (size_t i = 0; i < r->n_fields; i++) {
        if (r->columns[i] == SIZE_MAX)
            continue;
        fct_panel_rows_column *column = &rows->columns[r->columns[i]];
        double *out = column->values + rows->n_rows;
        if (column->type == FCT_PANEL_TEXT)
            FCT_TRY(read_texts(&column->texts, &views[i], n_rows, out, err));
        else if (column->type == FCT_PANEL_DOUBLE)
            read_reals(&views[i], n_rows, out);
        else
            FCT_TRY(read_wholes(r, &r->fields[i], &views[i], n_rows, out, err));
    }
    rows->n_rows += (size_t)n_rows;
    return FCT_OK;
}

/* A column of a CSV file in which nothing stands comes as texts, and may be a factor that was missing throughout. */
static void number_empty_texts(fct_panel_rows *rows)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        fct_panel_rows_column *column = &rows->columns[i];
        if (column->type == FCT_PANEL_TEXT && !column->texts.n_texts)
            column->type = FCT_PANEL_DOUBLE;
    }
}

fct_status fct_panel_rows_read(fct_panel_rows *rows, struct ArrowArrayStream *stream,
                               fct_error *err)
{
    reading r = {.rows = rows};
    fct_arrow_view *views = NULL;
    fct_status status;
    FCT_TRY(fct_arrow_reader_open(&r.reader, stream, err));
    r.fields = fct_arrow_reader_fields(r.reader, &r.n_fields);
    FCT_TRY_OUT(find_key(&r, err));
    FCT_TRY_OUT(list_columns(&r, err));
    views = calloc(r.n_fields + 1, sizeof *views);
    if (!views) {
        status = fct_error_memory(err, (r.n_fields + 1) * sizeof *views);
        goto out;
    }
    for (;;) {
        int64_t n_rows;
        FCT_TRY_OUT(fct_job_check(rows->job, err));
        FCT_TRY_OUT(fct_arrow_reader_next(r.reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        FCT_TRY_OUT(read_batch(&r, views, n_rows, err));
    }
    number_empty_texts(rows);
out:
    free(views);
    free(r.columns);
    fct_arrow_reader_free(r.reader);
    return status;
}
