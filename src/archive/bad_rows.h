/* Rows that cannot be read: the message about one, and the list of those that were left out. */
#ifndef FCT_ARCHIVE_BAD_ROWS_H
#define FCT_ARCHIVE_BAD_ROWS_H

#include "base/text.h"

/*
 * What the list may grow to; the rows beyond are only counted, so that a hostile file cannot fill
 * the memory.
 */
#define FCT_BAD_ROWS_LIST_BYTES (1024 * 1024)

typedef struct fct_bad_row {
    int64_t row;        /* line of the file, 1-based */
    size_t field;       /* 0-based; SIZE_MAX: the whole row */
    const char *column; /* the field's name, or "" */
    const char *reason; /* "is negative" */
    const char *text;   /* the field, or the row */
    size_t n_text;
} fct_bad_row;

typedef struct fct_bad_rows {
    int64_t count;
    fct_text list; /* CSV: row,column,reason,text */
    bool full;
} fct_bad_rows;

fct_status fct_bad_rows_add(fct_bad_rows *rows, const fct_bad_row *bad, fct_error *err);
void fct_bad_rows_free(fct_bad_rows *rows);

/* FCT_ERROR_DATA that names file, row and column and says what to do. */
fct_status fct_bad_row_error(const char *file, const fct_bad_row *bad, fct_error *err);

#endif
