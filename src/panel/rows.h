/* Rows of a panel to be, in the order in which they came: keys and columns, side by side. */
#ifndef FCT_PANEL_ROWS_H
#define FCT_PANEL_ROWS_H

#include "base/run.h"
#include "base/text_set.h"
#include "panel/panel.h"

typedef struct fct_panel_rows_column {
    char *name;
    fct_panel_type type;
    double *values;
    fct_text_set texts; /* FCT_PANEL_TEXT: values are numbers in it */
} fct_panel_rows_column;

/* Starts as {.job = job}; freed by fct_panel_rows_free. Its memory is held in the job's budget. */
typedef struct fct_panel_rows {
    fct_job *job;
    fct_text_set symbols;
    uint32_t *symbol; /* numbers in it */
    int64_t *start_ms, *end_ms;
    size_t n_rows, capacity;
    fct_panel_rows_column *columns;
    size_t n_columns;
    size_t held_bytes;
} fct_panel_rows;

/* Columns are added before the first row. */
fct_status fct_panel_rows_add_column(fct_panel_rows *rows, const char *name, fct_panel_type type,
                                     fct_error *err);

/* Room for `n_more` rows. The caller fills them and counts them in n_rows. */
fct_status fct_panel_rows_reserve(fct_panel_rows *rows, size_t n_more, fct_error *err);

/* All rows of a stream, which is released, also on failure. */
fct_status fct_panel_rows_read(fct_panel_rows *rows, struct ArrowArrayStream *stream,
                               fct_error *err);

/*
 * Adds rows of a symbol of a panel: its `columns` become those from `first_column` on, which have their types; the others
 * are missing.
 */
fct_status fct_panel_rows_copy(fct_panel_rows *rows, const struct fct_panel *panel, size_t symbol,
                               int64_t first_row, int64_t end_row,
                               const fct_panel_column *const *columns, size_t n_columns,
                               size_t first_column, fct_error *err);

/*
 * Makes the panel; the rows are used up. FCT_ERROR_DATA names a key that two rows have. `*out` is freed by
 * fct_panel_free.
 */
fct_status fct_panel_from_rows(fct_panel_rows *rows, struct fct_panel **out, fct_error *err);

void fct_panel_rows_free(fct_panel_rows *rows);

#endif
