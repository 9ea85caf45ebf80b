/* One line of a table as one row of typed columns, every value checked. */
#ifndef FCT_ARCHIVE_ROWS_H
#define FCT_ARCHIVE_ROWS_H

#include "archive/bad_rows.h"
#include "archive/layout.h"
#include "archive/row_time.h"

/* Where rows go: arrays of as many rows as the caller fills. */
typedef struct fct_row_parser {
    const fct_layout *layout;
    fct_row_time time;
    locale_t c_locale;
    int64_t *time_us;
    void *columns[FCT_ARCHIVE_MAX_COLUMNS];
    char reason_text[128]; /* of a reason that holds numbers */
} fct_row_parser;

/*
 * Reads the line at `line` into row `row` of the arrays. Returns the start of the next line, or
 * NULL with `bad` filled but for its row number. The line ends with '\n'; FCT_LINES_PADDING_BYTES
 * behind that may be read.
 */
const char *fct_row_parse(fct_row_parser *parser, const char *line, size_t row, fct_bad_row *bad);

#endif
