#include "archive/bad_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 100 };

/*
 * Room for one more line of the list: its numbers, its column, its reason and its text, quotes
 * doubled.
 */
enum { MAX_LINE_BYTES = 1024 };

static const char header[] = "row,column,reason,text\n";
static const char more[] = "more,,these rows did not fit this list,\n";

/* As a CSV field; quotes and control characters were replaced before. */
static fct_status append_quoted(fct_text *list, const char *text, fct_error *err)
{
    return fct_text_append_format(list, err, strpbrk(text, ",;") ? "\"%s\"" : "%s", text);
}

fct_status fct_bad_rows_add(fct_bad_rows *rows, const fct_bad_row *bad, fct_error *err)
{
    rows->count++;
    if (rows->full)
        return FCT_OK;
    if (rows->list.length > FCT_BAD_ROWS_LIST_BYTES - MAX_LINE_BYTES) {
        rows->full = true;
        return fct_text_append(&rows->list, more, sizeof more - 1, err);
    }
    if (!rows->list.length)
        FCT_TRY(fct_text_append(&rows->list, header, sizeof header - 1, err));
    char shown[SHOWN_BYTES];
    fct_text_quote(bad->text, bad->n_text, shown, sizeof shown);
    FCT_TRY(fct_text_append_format(&rows->list, err, "%" PRId64 ",%s,", bad->row, bad->column));
    FCT_TRY(append_quoted(&rows->list, bad->reason, err));
    FCT_TRY(fct_text_append(&rows->list, ",", 1, err));
    FCT_TRY(append_quoted(&rows->list, shown, err));
    return fct_text_append(&rows->list, "\n", 1, err);
}

void fct_bad_rows_free(fct_bad_rows *rows)
{
    fct_text_free(&rows->list);
}

fct_status fct_bad_row_error(const char *file, const fct_bad_row *bad, fct_error *err)
{
    char shown[SHOWN_BYTES], where[SHOWN_BYTES] = "";
    fct_text_quote(bad->text, bad->n_text, shown, sizeof shown);
    if (bad->field != SIZE_MAX && bad->column[0])
        snprintf(where, sizeof where, ", column %zu (%s)", bad->field + 1, bad->column);
    else if (bad->field != SIZE_MAX)
        snprintf(where, sizeof where, ", column %zu", bad->field + 1);
    return fct_error_set(err, FCT_ERROR_DATA,
                         "%s: row %" PRId64
                         "%s: \"%s\" %s; correct the file, or leave such rows out "
                         "with --on-bad-row skip",
                         file, bad->row, where, shown, bad->reason);
}
