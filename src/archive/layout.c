#include "archive/layout.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "archive/scan.h"

/* A field's text without blanks and quotes around it. */
typedef struct token {
    const char *start;
    size_t length;
} token;

typedef struct first_line {
    token tokens[FCT_LAYOUT_MAX_FIELDS];
    size_t n_tokens;
} first_line;

static token trimmed(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    if (end - start >= 2 && *start == '"' && end[-1] == '"') {
        start++;
        end--;
    }
    return (token){start, (size_t)(end - start)};
}

static fct_status split(const char *line, const char *line_end, first_line *out, fct_error *err)
{
    for (const char *p = line;; p++) {
        const char *end = fct_scan_field_end(p);
        while (*end != ',' && end < line_end)
            end++;
        if (out->n_tokens == FCT_LAYOUT_MAX_FIELDS)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "its first line has more than %d columns: this is no table of "
                                 "trades",
                                 FCT_LAYOUT_MAX_FIELDS);
        out->tokens[out->n_tokens++] = trimmed(p, end);
        p = end;
        if (p >= line_end)
            return FCT_OK;
    }
}

/* `translated`: what follows a slash does not count. */
static bool token_is(token t, const char *name, bool translated)
{
    size_t n = strlen(name);
    bool ends = t.length == n || (translated && t.length > n && t.start[n] == '/');
    return ends && strncasecmp(t.start, name, n) == 0;
}

/* Looks like a number: good enough to tell a row, even a bad one, from a line of names. */
static bool token_is_number(token t)
{
    bool has_digit = false;
    for (size_t i = 0; i < t.length; i++) {
        char c = t.start[i];
        if (!fct_is_digit(c) && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E')
            return false;
        has_digit |= fct_is_digit(c);
    }
    return has_digit;
}

static bool is_header(const first_line *line)
{
    bool has_name = false;
    for (size_t i = 0; i < line->n_tokens; i++) {
        token t = line->tokens[i];
        if (token_is_number(t))
            return false;
        char c = t.length ? (char)(t.start[0] | 0x20) : '0';
        has_name |= c >= 'a' && c <= 'z';
    }
    return has_name;
}

/* A list of the header's names, for messages about one that is not there. */
static fct_status describe(const first_line *line, fct_text *out, fct_error *err)
{
    enum { MAX_SHOWN = 20 };
    for (size_t i = 0; i < line->n_tokens && i < MAX_SHOWN; i++) {
        char shown[48];
        fct_text_quote(line->tokens[i].start, line->tokens[i].length, shown, sizeof shown);
        FCT_TRY(fct_text_append_format(out, err, "%s%s", i ? ", " : "", shown));
    }
    return FCT_OK;
}

static fct_status no_such_column(const first_line *line, const char *name, const char *what_to_do,
                                 fct_error *err)
{
    fct_text names = {0};
    char shown[48];
    fct_status status = describe(line, &names, err);
    if (status == FCT_OK)
        status = fct_error_set(err, FCT_ERROR_DATA, "its header has no column \"%s\", only %s: %s",
                               fct_text_quote(name, strlen(name), shown, sizeof shown),
                               fct_text_get(&names), what_to_do);
    fct_text_free(&names);
    return status;
}

/*
 * The field whose header reads `name`; SIZE_MAX where there is none; an error where there are two.
 */
static fct_status find_name(const first_line *line, const char *name, bool translated,
                            size_t *field, fct_error *err)
{
    *field = SIZE_MAX;
    for (size_t i = 0; i < line->n_tokens; i++) {
        if (!token_is(line->tokens[i], name, translated))
            continue;
        if (*field != SIZE_MAX)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "its header has the column \"%s\" twice: give each its own name",
                                 name);
        *field = i;
    }
    return FCT_OK;
}

static fct_field_kind kind_of(fct_value_type type)
{
    return type == FCT_VALUE_INT64    ? FCT_FIELD_INT64
           : type == FCT_VALUE_DOUBLE ? FCT_FIELD_DOUBLE
                                      : FCT_FIELD_BOOL;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Makes `field` the next stored column. */
static void add_column(fct_layout *layout, size_t field, const fct_exchange_column *column,
                       fct_field_kind kind, fct_field_rule rule)
{
    fct_archive_schema *schema = &layout->schema;
    layout->fields[field] = (fct_field){kind, rule, schema->n_columns};
    schema->columns[schema->n_columns++] = *column;
}

/* Prices and klines' four are above zero; amounts and counts are not below it. */
static fct_field_rule rule_of(const fct_exchange_table *table, const fct_exchange_column *column)
{
    static const char *const prices[] = {"open", "high", "low", "close"};
    if (table->is_plain || column->type != FCT_VALUE_DOUBLE || strcmp(column->name, "ignore") == 0)
        return FCT_RULE_NONE;
    if (same(column->name, table->map.price))
        return FCT_RULE_POSITIVE;
    for (size_t i = 0; table->is_klines && i < sizeof prices / sizeof *prices; i++)
        if (strcmp(column->name, prices[i]) == 0)
            return FCT_RULE_POSITIVE;
    return FCT_RULE_NOT_NEGATIVE;
}

static fct_status find_exchange_columns(fct_layout *layout, const first_line *line,
                                        const fct_exchange_table *table, fct_error *err)
{
    fct_archive_schema *schema = &layout->schema;
    if (table->side_name && !layout->has_header)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "it has no header, by whose names files of this exchange are read: "
                             "fetch it again, or read it with --exchange generic and --map");
    for (size_t c = 0; c < table->n_columns; c++) {
        const fct_exchange_column *column = &table->columns[c];
        size_t field = c < line->n_tokens ? c : SIZE_MAX;
        bool is_side = table->side_name && same(column->name, table->map.is_buyer_maker);
        const char *name = is_side ? table->side_name : column->name;
        if (same(column->name, table->sequence_name)) {
            layout->sequence = schema->id = schema->n_columns;
            schema->columns[schema->n_columns++] = *column;
            continue;
        }
        if (layout->has_header)
            FCT_TRY(find_name(line, name, table->has_translations, &field, err));
        if (field == SIZE_MAX && column->may_lack)
            continue;
        if (field == SIZE_MAX && layout->has_header)
            return no_such_column(line, name,
                                  "if the columns are your own, read the file with --exchange "
                                  "generic and --map",
                                  err);
        if (field == SIZE_MAX)
            return fct_error_set(
                err, FCT_ERROR_DATA,
                "it has %zu columns and %s %s have %zu: it is cut off, or is other "
                "data than its name says",
                line->n_tokens, table->market, table->data_type, table->n_columns);
        bool is_time = same(column->name, table->map.time);
        size_t stored = schema->n_columns;
        if (is_time)
            schema->time = stored;
        if (same(column->name, table->map.price))
            schema->price = stored;
        if (same(column->name, table->map.quantity))
            schema->quantity = stored;
        if (same(column->name, table->map.id))
            schema->id = stored;
        bool is_optional = table->is_plain && column->type == FCT_VALUE_DOUBLE;
        add_column(layout, field, column,
                   is_time       ? FCT_FIELD_TIME
                   : is_side     ? FCT_FIELD_SIDE
                   : is_optional ? FCT_FIELD_OPTIONAL
                                 : kind_of(column->type),
                   rule_of(table, column));
    }
    return FCT_OK;
}

/* "1" is the first field; SIZE_MAX for text that is no position. */
static size_t position_of(const char *name)
{
    size_t position = 0;
    const char *p = name;
    for (; fct_is_digit(*p) && position <= FCT_LAYOUT_MAX_FIELDS; p++)
        position = position * 10 + (size_t)(*p - '0');
    return *p || position == 0 ? SIZE_MAX : position - 1;
}

static fct_status find_mapped(const fct_layout *layout, const first_line *line, const char *name,
                              size_t *field, fct_error *err)
{
    *field = SIZE_MAX;
    if (layout->has_header)
        FCT_TRY(find_name(line, name, false, field, err));
    if (*field == SIZE_MAX)
        *field = position_of(name);
    if (*field == SIZE_MAX && !layout->has_header) {
        char shown[48];
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "--map names the column \"%s\" and the file has no header: give positions "
            "instead, as in --map time=1,price=2,quantity=3",
            fct_text_quote(name, strlen(name), shown, sizeof shown));
    }
    if (*field != SIZE_MAX && *field >= line->n_tokens)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "--map asks for column %zu and the file has %zu columns", *field + 1,
                             line->n_tokens);
    return FCT_OK;
}

static fct_status find_user_columns(fct_layout *layout, const first_line *line,
                                    const fct_column_map *map, bool map_is_default, fct_error *err)
{
    fct_archive_schema *schema = &layout->schema;
    const struct {
        const char *name; /* in the file */
        fct_exchange_column stored;
        fct_field_kind kind;
        fct_field_rule rule;
        size_t *role;
    } wanted[] = {
        {map->time, {"time", FCT_VALUE_INT64, false}, FCT_FIELD_TIME, FCT_RULE_NONE, &schema->time},
        {map->price,
         {"price", FCT_VALUE_DOUBLE, false},
         FCT_FIELD_DOUBLE,
         FCT_RULE_POSITIVE,
         &schema->price},
        {map->quantity,
         {"quantity", FCT_VALUE_DOUBLE, false},
         FCT_FIELD_DOUBLE,
         FCT_RULE_NOT_NEGATIVE,
         &schema->quantity},
        {map->is_buyer_maker,
         {"is_buyer_maker", FCT_VALUE_BOOL, false},
         FCT_FIELD_BOOL,
         FCT_RULE_NONE,
         NULL},
        {map->side, {"is_buyer_maker", FCT_VALUE_BOOL, false}, FCT_FIELD_SIDE, FCT_RULE_NONE, NULL},
        {map->id, {"id", FCT_VALUE_INT64, false}, FCT_FIELD_INT64, FCT_RULE_NONE, &schema->id},
    };
    bool has_side = false;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool needed = i < 3 || !map_is_default;
        size_t field;
        if (!wanted[i].name || (wanted[i].stored.type == FCT_VALUE_BOOL && has_side))
            continue;
        FCT_TRY(find_mapped(layout, line, wanted[i].name, &field, err));
        if (field == SIZE_MAX && !needed)
            continue;
        if (field == SIZE_MAX)
            return no_such_column(line, wanted[i].name,
                                  "say which is which, as in --map time=ts,price=px,quantity=size",
                                  err);
        if (layout->fields[field].kind != FCT_FIELD_IGNORED)
            return fct_error_set(err, FCT_ERROR_ARGUMENT,
                                 "--map uses column %zu of the file for both %s and %s", field + 1,
                                 schema->columns[layout->fields[field].column].name,
                                 wanted[i].stored.name);
        has_side |= wanted[i].stored.type == FCT_VALUE_BOOL;
        if (wanted[i].role)
            *wanted[i].role = schema->n_columns;
        add_column(layout, field, &wanted[i].stored, wanted[i].kind, wanted[i].rule);
    }
    return FCT_OK;
}

static fct_status list_ignored(fct_layout *layout, const first_line *line, fct_error *err)
{
    for (size_t i = 0; i < layout->n_fields; i++) {
        if (layout->fields[i].kind != FCT_FIELD_IGNORED)
            continue;
        const char *comma = layout->ignored.length ? ", " : "";
        char shown[48];
        fct_text_quote(line->tokens[i].start, line->tokens[i].length, shown, sizeof shown);
        if (layout->has_header)
            FCT_TRY(fct_text_append_format(&layout->ignored, err, "%s%s", comma, shown));
        else
            FCT_TRY(fct_text_append_format(&layout->ignored, err, "%s%zu", comma, i + 1));
    }
    return FCT_OK;
}

fct_status fct_layout_find(fct_layout *layout, const char *line, const char *line_end,
                           const fct_archive_identity *identity, const fct_column_map *map,
                           fct_error *err)
{
    first_line first = {0};
    *layout = (fct_layout){
        .sequence = SIZE_MAX,
        .schema = {.time = SIZE_MAX, .price = SIZE_MAX, .quantity = SIZE_MAX, .id = SIZE_MAX}};
    FCT_TRY(split(line, line_end, &first, err));
    layout->n_fields = first.n_tokens;
    layout->has_header = is_header(&first);
    layout->is_users_own = identity->table == NULL;
    if (identity->table) {
        FCT_TRY(find_exchange_columns(layout, &first, identity->table, err));
    } else {
        static const fct_column_map usual = {.time = "time",
                                             .price = "price",
                                             .quantity = "quantity",
                                             .is_buyer_maker = "is_buyer_maker",
                                             .side = "side",
                                             .id = "id"};
        FCT_TRY(find_user_columns(layout, &first, map ? map : &usual, !map, err));
    }
    return list_ignored(layout, &first, err);
}

void fct_layout_free(fct_layout *layout)
{
    fct_text_free(&layout->ignored);
}

const char *fct_layout_field_name(const fct_layout *layout, size_t field)
{
    if (field >= layout->n_fields || layout->fields[field].kind == FCT_FIELD_IGNORED)
        return "";
    return layout->schema.columns[layout->fields[field].column].name;
}
