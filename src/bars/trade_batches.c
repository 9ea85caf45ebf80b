#include "bars/trade_batches.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "archive/scan.h"
#include "arrow/arrow.h"
#include "base/time.h"
#include "exchange/exchange.h"
#include "store/trade_query.h"

/* 1980-01-01 and 2200-01-01, as in files. */
#define MIN_TIME_US INT64_C(315532800000000)
#define MAX_TIME_US INT64_C(7258118400000000)

typedef enum trade_role { SYMBOL, TIME, PRICE, QUANTITY, MAKER, SIDE, ID, N_ROLES } trade_role;

static const char *const role_names[N_ROLES] = {"symbol",         "time", "price", "quantity",
                                                "is_buyer_maker", "side", "id"};

/* One trade of a batch, and where it came. */
typedef struct row {
    int64_t time_us, id;
    double price, quantity;
    uint32_t symbol, place;
    uint8_t is_buyer_maker;
} row;

struct fct_trade_batches_state {
    fct_arrow_reader *reader;
    const fct_arrow_field *fields;
    size_t n_fields;
    fct_arrow_view *views;
    size_t columns[N_ROLES]; /* SIZE_MAX: none */
    int64_t from_us, to_us;
    size_t n_wanted;             /* of batches->symbols; 0: all */
    int64_t multiplier, divisor; /* of times; 0: not yet known */
    int64_t n_rows_before;
    row *rows;
    size_t n_rows, capacity;
    void *arrays; /* the runs' columns */
    fct_trade_run *runs;
    size_t n_runs, runs_capacity;
};

typedef struct fct_trade_batches_state state;

/* ---- Columns ------------------------------------------------------------------------------------ */

static size_t find_field(const state *s, const char *name)
{
    for (size_t i = 0; name && i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return i;
    for (size_t i = 0; name && i < s->n_fields; i++)
        if (strcasecmp(s->fields[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static fct_status choose_map(const fct_bars_request *request, fct_column_map *map, fct_error *err)
{
    if (!request->map && request->dataset.data_type)
        return fct_exchange_column_map(&request->dataset, map, err);
    *map = request->map ? *request->map : fct_canonical_map;
    if (!request->map)
        map->side = "side";
    return FCT_OK;
}

static fct_status lacks_column(const state *s, trade_role role, const char *name, fct_error *err)
{
    char names[512];
    size_t n = 0;
    names[0] = '\0';
    for (size_t i = 0; i < s->n_fields && n < sizeof names; i++) {
        int more = snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", s->fields[i].name);
        n += more > 0 ? (size_t)more : 0;
    }
    return fct_error_set(err, FCT_ERROR_DATA,
                         "the trades have no column \"%s\", which is to hold the %s; there are: %s",
                         name ? name : "", role_names[role], names);
}

static fct_status check_type(const state *s, trade_role role, fct_error *err)
{
    if (s->columns[role] == SIZE_MAX || fct_arrow_reader_is_missing(s->reader, s->columns[role]))
        return FCT_OK;
    const fct_arrow_field *field = &s->fields[s->columns[role]];
    bool is_text = fct_arrow_is_text(field->type);
    bool fits = role == SYMBOL               ? is_text
                : role == TIME || role == ID ? !is_text && !fct_arrow_is_real(field->type)
                : role == PRICE || role == QUANTITY
                    ? !is_text && field->type < FCT_ARROW_TIMESTAMP_S
                    : !fct_arrow_is_real(field->type);
    if (fits)
        return FCT_OK;
    return fct_error_set(err, FCT_ERROR_DATA,
                         "the column \"%s\" cannot be the trades' %s: it holds %s", field->name,
                         role_names[role],
                         is_text                          ? "texts"
                         : fct_arrow_is_real(field->type) ? "fractions"
                                                          : "numbers or times");
}

static fct_status find_columns(state *s, const fct_bars_request *request, fct_error *err)
{
    fct_column_map map;
    FCT_TRY(choose_map(request, &map, err));
    const char *const names[N_ROLES] = {"symbol",
                                        map.time,
                                        map.price,
                                        map.quantity,
                                        request->without_sides ? NULL : map.is_buyer_maker,
                                        request->without_sides ? NULL : map.side,
                                        map.id};
    for (trade_role r = SYMBOL; r < N_ROLES; r++) {
        s->columns[r] = find_field(s, names[r]);
        if (s->columns[r] == SIZE_MAX && (r == TIME || r == PRICE || r == QUANTITY))
            return lacks_column(s, r, names[r], err);
        FCT_TRY(check_type(s, r, err));
    }
    if (s->columns[MAKER] != SIZE_MAX)
        s->columns[SIDE] = SIZE_MAX;
    return FCT_OK;
}

/* The unit of timestamps is known by their type. */
static void find_unit(state *s)
{
    s->divisor = 1;
    switch (s->fields[s->columns[TIME]].type) {
    case FCT_ARROW_DATE32:
        s->multiplier = FCT_US_PER_DAY;
        break;
    case FCT_ARROW_TIMESTAMP_S:
        s->multiplier = 1000000;
        break;
    case FCT_ARROW_TIMESTAMP_MS:
        s->multiplier = 1000;
        break;
    case FCT_ARROW_TIMESTAMP_US:
        s->multiplier = 1;
        break;
    case FCT_ARROW_TIMESTAMP_NS:
        s->multiplier = 1;
        s->divisor = 1000;
        break;
    default:
        s->divisor = 0;
    }
}

static fct_status list_symbols(fct_trade_batches *batches, const fct_bars_request *request,
                               fct_error *err)
{
    state *s = batches->state;
    for (size_t i = 0; i < request->n_symbols; i++) {
        uint32_t number;
        FCT_TRY(fct_name_check(request->symbols[i], "symbol", err));
        FCT_TRY(fct_text_set_add(&batches->symbols, request->symbols[i],
                                 strlen(request->symbols[i]), &number, err));
    }
    s->n_wanted = batches->symbols.n_texts;
    if (s->columns[SYMBOL] == SIZE_MAX && s->n_wanted != 1)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "the trades have no column symbol: name the one symbol that they are of");
    return FCT_OK;
}

fct_status fct_trade_batches_open(fct_trade_batches *batches, struct ArrowArrayStream *stream,
                                  const fct_bars_request *request, fct_error *err)
{
    state *s = batches->state = calloc(1, sizeof *s);
    if (!s) {
        stream->release(stream);
        return fct_error_memory(err, sizeof *s);
    }
    FCT_TRY(fct_arrow_reader_open(&s->reader, stream, err));
    s->fields = fct_arrow_reader_fields(s->reader, &s->n_fields);
    FCT_TRY(find_columns(s, request, err));
    find_unit(s);
    FCT_TRY(list_symbols(batches, request, err));
    s->from_us = request->from_ms ? request->from_ms * 1000 : INT64_MIN;
    s->to_us = request->to_ms ? request->to_ms * 1000 : INT64_MAX;
    batches->has_side = s->columns[MAKER] != SIZE_MAX || s->columns[SIDE] != SIZE_MAX;
    s->views = calloc(s->n_fields + 1, sizeof *s->views);
    return s->views ? FCT_OK : fct_error_memory(err, (s->n_fields + 1) * sizeof *s->views);
}

/* ---- Rows --------------------------------------------------------------------------------------- */

static fct_status bad_row(const state *s, trade_role role, int64_t i, const char *why,
                          fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA, "row %" PRId64 ", column %s: %s",
                         s->n_rows_before + i + 1, s->fields[s->columns[role]].name, why);
}

static const fct_arrow_view *view_of(const state *s, trade_role role)
{
    return s->columns[role] == SIZE_MAX ? NULL : &s->views[s->columns[role]];
}

static double number_at(const fct_arrow_view *view, int64_t i)
{
    if (fct_arrow_is_real(view->type))
        return fct_arrow_view_double(view, i);
    int64_t whole = fct_arrow_view_int64(view, i);
    return fct_arrow_view_is_above_int64(view, i) ? (double)(uint64_t)whole : (double)whole;
}

static fct_status read_time(state *s, int64_t i, int64_t *time_us, fct_error *err)
{
    int64_t time = fct_arrow_view_int64(view_of(s, TIME), i);
    if (!s->divisor)
        s->multiplier = fct_time_unit_to_us(time, &s->divisor);
    if (__builtin_mul_overflow(time, s->multiplier, time_us))
        return bad_row(s, TIME, i, "the time is out of range", err);
    *time_us = fct_floor_div(*time_us, s->divisor);
    if (*time_us < MIN_TIME_US || *time_us >= MAX_TIME_US)
        return bad_row(s, TIME, i,
                       "the time is not between 1980 and 2200 in the unit of the rows before", err);
    return FCT_OK;
}

/* A word of a text column, by the scanners of files, which want something behind it. */
static fct_status read_word(const state *s, trade_role role, int64_t i, uint8_t *value,
                            fct_error *err)
{
    const fct_arrow_view *view = view_of(s, role);
    size_t n;
    const char *text = fct_arrow_view_text(view, i, &n);
    char field[16];
    const char *reason;
    if (n >= sizeof field)
        return bad_row(s, role, i, "the text is no known word", err);
    memcpy(field, text, n);
    field[n] = '\n';
    const char *end =
        role == MAKER ? fct_scan_bool(field, value, &reason) : fct_scan_side(field, value, &reason);
    return end ? FCT_OK : bad_row(s, role, i, "the text is no known word", err);
}

static fct_status read_side(const state *s, int64_t i, uint8_t *is_buyer_maker, fct_error *err)
{
    trade_role role = s->columns[MAKER] != SIZE_MAX ? MAKER : SIDE;
    const fct_arrow_view *view = view_of(s, role);
    *is_buyer_maker = 0;
    if (!view)
        return FCT_OK;
    if (fct_arrow_view_is_null(view, i))
        return bad_row(s, role, i, "the value is missing", err);
    if (fct_arrow_is_text(view->type))
        return read_word(s, role, i, is_buyer_maker, err);
    int64_t value = fct_arrow_view_int64(view, i);
    bool is_known = role == MAKER ? value == 0 || value == 1 : value == 1 || value == -1;
    *is_buyer_maker = role == MAKER ? value == 1 : value == -1;
    return is_known ? FCT_OK : bad_row(s, role, i, "the number is no side", err);
}

static fct_status read_row(state *s, int64_t i, row *out, fct_error *err)
{
    for (trade_role r = TIME; r <= QUANTITY; r++)
        if (fct_arrow_view_is_null(view_of(s, r), i))
            return bad_row(s, r, i, "the value is missing", err);
    out->place = (uint32_t)i;
    out->price = number_at(view_of(s, PRICE), i);
    out->quantity = number_at(view_of(s, QUANTITY), i);
    if (!(out->price > 0 && out->price <= DBL_MAX))
        return bad_row(s, PRICE, i, "a price is above 0", err);
    if (!(out->quantity >= 0 && out->quantity <= DBL_MAX))
        return bad_row(s, QUANTITY, i, "a quantity is not below 0", err);
    const fct_arrow_view *id = view_of(s, ID);
    out->id = id && !fct_arrow_view_is_null(id, i) ? fct_arrow_view_int64(id, i) : 0;
    return read_side(s, i, &out->is_buyer_maker, err);
}

/* The number of a row's symbol; UINT32_MAX: it is not wanted. Rows of one symbol often follow each other. */
static fct_status read_symbol(fct_trade_batches *batches, int64_t i, const char **last,
                              size_t *n_last, uint32_t *number, fct_error *err)
{
    state *s = batches->state;
    const fct_arrow_view *view = view_of(s, SYMBOL);
    if (!view) {
        *number = 0;
        return FCT_OK;
    }
    if (fct_arrow_view_is_null(view, i))
        return bad_row(s, SYMBOL, i, "the symbol is missing", err);
    size_t n;
    const char *text = fct_arrow_view_text(view, i, &n);
    if (*last && n == *n_last && memcmp(text, *last, n) == 0)
        return FCT_OK;
    *last = text;
    *n_last = n;
    char name[65];
    if (n == 0 || n >= sizeof name || memchr(text, '\0', n))
        return bad_row(s, SYMBOL, i, "a symbol has 1 to 64 letters, digits, '.', '_' or '-'", err);
    memcpy(name, text, n);
    name[n] = '\0';
    if (s->n_wanted) {
        *number = fct_text_set_find(&batches->symbols, name);
        return FCT_OK;
    }
    FCT_TRY(fct_name_check(name, "symbol", err));
    return fct_text_set_add(&batches->symbols, name, n, number, err);
}

static fct_status read_rows(fct_trade_batches *batches, int64_t n_rows, fct_error *err)
{
    state *s = batches->state;
    if (n_rows > UINT32_MAX)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "a batch has more than 2^32 rows: make it smaller");
    if ((size_t)n_rows > s->capacity) {
        free(s->rows);
        s->capacity = 0;
        s->rows = malloc((size_t)n_rows * sizeof *s->rows);
        if (!s->rows)
            return fct_error_memory(err, (size_t)n_rows * sizeof *s->rows);
        s->capacity = (size_t)n_rows;
    }
    const char *last = NULL;
    size_t n_last = 0;
    uint32_t symbol = 0;
    s->n_rows = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        row *at = &s->rows[s->n_rows];
        FCT_TRY(read_symbol(batches, i, &last, &n_last, &symbol, err));
        if (symbol == UINT32_MAX)
            continue;
        at->symbol = symbol;
        FCT_TRY(read_row(s, i, at, err));
        FCT_TRY(read_time(s, i, &at->time_us, err));
        s->n_rows += at->time_us >= s->from_us && at->time_us < s->to_us;
    }
    s->n_rows_before += n_rows;
    return FCT_OK;
}

/* ---- Order ---------------------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
    const row *x = a;
    const row *y = b;
    if (x->symbol != y->symbol)
        return x->symbol < y->symbol ? -1 : 1;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Symbols one after another, each in (time, id) order; mostly they are so already. */
static void put_in_order(state *s)
{
    bool in_order = true;
    for (size_t i = 1; in_order && i < s->n_rows; i++)
        in_order = compare_rows(&s->rows[i - 1], &s->rows[i]) < 0;
    if (!in_order)
        qsort(s->rows, s->n_rows, sizeof *s->rows, compare_rows);
}

static fct_status add_run(state *s, const fct_trade_run *run, fct_error *err)
{
    if (s->n_runs == s->runs_capacity) {
        size_t capacity = s->runs_capacity ? s->runs_capacity * 2 : 8;
        fct_trade_run *grown = realloc(s->runs, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        s->runs = grown;
        s->runs_capacity = capacity;
    }
    s->runs[s->n_runs++] = *run;
    return FCT_OK;
}

/* The rows as columns, and where each symbol's lie in them. */
static fct_status make_runs(fct_trade_batches *batches, fct_error *err)
{
    state *s = batches->state;
    size_t n = s->n_rows;
    free(s->arrays);
    s->arrays = malloc(n * (2 * sizeof(int64_t) + 2 * sizeof(double) + 1) + 1);
    if (!s->arrays)
        return fct_error_memory(err, n * (2 * sizeof(int64_t) + 2 * sizeof(double) + 1));
    int64_t *time_us = s->arrays;
    int64_t *id = time_us + n;
    double *price = (double *)(id + n);
    double *quantity = price + n;
    uint8_t *is_buyer_maker = (uint8_t *)(quantity + n);
    for (size_t i = 0; i < n; i++) {
        time_us[i] = s->rows[i].time_us;
        id[i] = s->rows[i].id;
        price[i] = s->rows[i].price;
        quantity[i] = s->rows[i].quantity;
        is_buyer_maker[i] = s->rows[i].is_buyer_maker;
    }
    s->n_runs = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && s->rows[end].symbol == s->rows[begin].symbol;)
            end++;
        const fct_trade_run run = {
            .symbol = s->rows[begin].symbol,
            .trades =
                {
                    .n_rows = (int64_t)(end - begin),
                    .time_us = time_us + begin,
                    .price = price + begin,
                    .quantity = quantity + begin,
                    .is_buyer_maker = batches->has_side ? is_buyer_maker + begin : NULL,
                    .id = s->columns[ID] == SIZE_MAX ? NULL : id + begin,
                },
        };
        FCT_TRY(add_run(s, &run, err));
    }
    return FCT_OK;
}

fct_status fct_trade_batches_next(fct_trade_batches *batches, const fct_trade_run **runs,
                                  size_t *n_runs, fct_error *err)
{
    state *s = batches->state;
    *runs = NULL;
    *n_runs = 0;
    do {
        int64_t n_rows;
        FCT_TRY(fct_arrow_reader_next(s->reader, s->views, &n_rows, err));
        if (n_rows < 0)
            return FCT_OK;
        FCT_TRY(read_rows(batches, n_rows, err));
    } while (!s->n_rows);
    put_in_order(s);
    FCT_TRY(make_runs(batches, err));
    *runs = s->runs;
    *n_runs = s->n_runs;
    return FCT_OK;
}

void fct_trade_batches_free(fct_trade_batches *batches)
{
    state *s = batches->state;
    fct_text_set_free(&batches->symbols);
    if (!s)
        return;
    fct_arrow_reader_free(s->reader);
    free(s->views);
    free(s->rows);
    free(s->arrays);
    free(s->runs);
    free(s);
    batches->state = NULL;
}
