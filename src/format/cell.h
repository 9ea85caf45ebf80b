/* One value of a batch as text, the same for CSV, JSON and tables. */
#ifndef FCT_FORMAT_CELL_H
#define FCT_FORMAT_CELL_H

#include "arrow/arrow.h"

enum { FCT_CELL_SIZE = 64 };

/* Whether the column holds texts, which fct_arrow_view_text gives. */
bool fct_cell_is_text(const fct_arrow_view *view);

/* Whether the value is a number or a truth value; else it is a time or a date, which JSON puts into quotes. */
bool fct_cell_is_number(const fct_arrow_view *view);

/* NaN counts as null: it is the only missing value inside. */
bool fct_cell_is_null(const fct_arrow_view *view, int64_t row);

/* A value that is neither null nor a text: its text and NUL, into FCT_CELL_SIZE bytes. Returns the length. */
size_t fct_cell_format(const fct_arrow_view *view, int64_t row, char *out);

#endif
