/* What a page's data is written with: texts and numbers, series as base64, tables by column. */
#ifndef FCT_REPORT_PAGE_VALUES_H
#define FCT_REPORT_PAGE_VALUES_H

#include "base/text.h"

/* Bytes in the page of `n` items of a series. */
static inline size_t fct_page_series_bytes(size_t n)
{
    return (n * sizeof(float) + 2) / 3 * 4 + 2;
}

/* Appends `text` as a JSON text; no '<' is in it, so that it cannot end the script that it lies in. */
fct_status fct_page_text(fct_text *out, const char *text, fct_error *err);

/* Appends a number that reads back as the same; null where it is none. */
fct_status fct_page_number(fct_text *out, double value, fct_error *err);

/* Appends bytes as a text of base64. */
fct_status fct_page_base64(fct_text *out, const void *bytes, size_t n_bytes, fct_error *err);

/* How several values become one item. */
typedef enum fct_joining { FCT_JOIN_MEAN, FCT_JOIN_LAST, FCT_JOIN_LOWEST } fct_joining;

/* Appends a series as base64 of floats; an item stands for `every` values. */
fct_status fct_page_series(fct_text *out, const double *x, size_t n, size_t every, fct_joining how,
                           fct_error *err);

/*
 * Appends a table, which is released: {"columns": [names], "texts": [...], "data": [a list a column]}; "texts" has the different
 * texts of a column of texts, whose list holds their numbers, and null elsewhere.
 */
fct_status fct_page_table(fct_text *out, struct ArrowArrayStream *stream, fct_error *err);

#endif
