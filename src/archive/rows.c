#include "archive/rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "archive/lines.h"
#include "archive/scan.h"

static const char *check_rule(fct_field_rule rule, double value)
{
    if (rule == FCT_RULE_NONE || value > 0 || (rule == FCT_RULE_NOT_NEGATIVE && value == 0))
        return NULL;
    return value < 0 ? "is negative" : "is zero, and a price is above zero";
}

/* Reads one field into its column. Returns where it ends, or NULL with *reason. */
static inline const char *scan_field(fct_row_parser *parser, const fct_field *field, const char *p,
                                     size_t row, const char **reason)
{
    void *column = parser->columns[field->column];
    switch (field->kind) {
    case FCT_FIELD_INT64:
        return fct_scan_int64(p, (int64_t *)column + row, reason);
    case FCT_FIELD_DOUBLE: {
        double *value = (double *)column + row;
        const char *end = fct_scan_double(p, parser->c_locale, value, reason);
        if (end && field->rule != FCT_RULE_NONE && !(*value > 0)) {
            *reason = check_rule(field->rule, *value);
            return *reason ? NULL : end;
        }
        return end;
    }
    case FCT_FIELD_BOOL:
        return fct_scan_bool(p, (uint8_t *)column + row, reason);
    case FCT_FIELD_SIDE:
        return fct_scan_side(p, (uint8_t *)column + row, reason);
    case FCT_FIELD_TIME:
        return fct_row_time_scan(&parser->time, p, parser->time_us + row, (int64_t *)column + row,
                                 reason);
    case FCT_FIELD_OPTIONAL:
        if (fct_ends_field(*p)) {
            ((double *)column)[row] = NAN;
            return p;
        }
        return fct_scan_double(p, parser->c_locale, (double *)column + row, reason);
    case FCT_FIELD_IGNORED:
        break;
    }
    return fct_scan_field_end(p);
}

/* A field in quotes or between blanks, read again from a copy without them. */
static const char *scan_bare(fct_row_parser *parser, const fct_field *field, const char *p,
                             size_t row, const char **reason)
{
    char bare[128 + FCT_LINES_PADDING_BYTES] = {0};
    const char *start = p;
    while (*start == ' ' || *start == '\t')
        start++;
    const char *end = fct_scan_field_end(start);
    const char *stop = end;
    while (*stop == ' ' || *stop == '\t')
        stop++;
    if (!fct_ends_field(*stop))
        return NULL;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (end - start >= 2 && *start == '"' && end[-1] == '"') {
        start++;
        end--;
    }
    size_t n = (size_t)(end - start);
    bool is_bare_already = start == p && end == stop;
    if (is_bare_already || n >= sizeof bare - FCT_LINES_PADDING_BYTES)
        return NULL;
    memcpy(bare, start, n);
    bare[n] = '\n';
    const char *bare_end = scan_field(parser, field, bare, row, reason);
    return bare_end == bare + n ? stop : NULL;
}

static size_t count_fields(const char *line)
{
    size_t n = 1;
    for (const char *p = line;; p++) {
        p = fct_scan_field_end(p);
        while (*p != ',' && *p != '\n')
            p++;
        if (*p == '\n')
            return n;
        n++;
    }
}

static const char *line_end(const char *p)
{
    while (*p != '\n')
        p++;
    return p;
}

static const char *fail_row(fct_row_parser *parser, const char *line, fct_bad_row *bad)
{
    const char *end = line_end(line);
    snprintf(parser->reason_text, sizeof parser->reason_text,
             "has %zu columns where the file's first line has %zu", count_fields(line),
             parser->layout->n_fields);
    *bad = (fct_bad_row){.field = SIZE_MAX,
                         .column = "",
                         .reason = parser->reason_text,
                         .text = line,
                         .n_text = (size_t)(end - line)};
    return NULL;
}

static const char *fail_field(fct_row_parser *parser, size_t field, const char *start,
                              const char *reason, fct_bad_row *bad)
{
    const fct_layout *layout = parser->layout;
    if (layout->is_users_own && layout->fields[field].kind == FCT_FIELD_INT64) {
        /* Many exchanges number trades by words, and a user can do without. */
        snprintf(parser->reason_text, sizeof parser->reason_text,
                 "%s; ids must be whole numbers: leave id out of --map", reason);
        reason = parser->reason_text;
    }
    *bad = (fct_bad_row){.field = field,
                         .column = fct_layout_field_name(layout, field),
                         .reason = reason,
                         .text = start,
                         .n_text = (size_t)(fct_scan_field_end(start) - start)};
    return NULL;
}

const char *fct_row_parse(fct_row_parser *parser, const char *line, size_t row, fct_bad_row *bad)
{
    const fct_layout *layout = parser->layout;
    const char *p = line;
    for (size_t f = 0;; f++) {
        const char *start = p, *reason = NULL;
        p = scan_field(parser, &layout->fields[f], start, row, &reason);
        if (!p)
            p = scan_bare(parser, &layout->fields[f], start, row, &reason);
        if (!p)
            return fail_field(parser, f, start, reason, bad);
        if (*p == ',' && f + 1 < layout->n_fields) {
            p++;
            continue;
        }
        if (*p == '\r' && p[1] == '\n')
            p++;
        else if (*p == '\r')
            return fail_field(parser, f, start, "holds a control character", bad);
        bool line_ends = *p == '\n', is_last = f + 1 == layout->n_fields;
        if (line_ends && is_last)
            return p + 1;
        return fail_row(parser, line, bad);
    }
}
