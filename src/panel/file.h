/* Tables from files. */
#ifndef FCT_PANEL_FILE_H
#define FCT_PANEL_FILE_H

#include "base/text.h"
#include "factorium.h"

/* The rows of a file in Parquet, or in CSV with a header, by its suffix. The caller releases the stream; `run` holds until then. */
fct_status fct_table_open(const char *path, const fct_run *run, struct ArrowArrayStream *out,
                          fct_error *err);

/* Which part of a file of bars is read. */
typedef struct fct_table_part {
    const char *first_symbol, *last_symbol; /* symbols between the two, bytewise; NULL: all */
    const char *const *columns; /* these, where they are there, and the key; NULL: all */
    size_t n_columns;
    bool without_rows;
    enum { FCT_TABLE_ROWS, FCT_TABLE_BY_SYMBOL, FCT_TABLE_BY_TIME } counted; /* see below */
} fct_table_part;

/* Like fct_panel_read, of a part. */
fct_status fct_panel_read_part(const char *path, const fct_table_part *part, const fct_run *run,
                               fct_panel **out, fct_error *err);

/*
 * How many rows a Parquet file of bars has of each symbol and at each end_time, in a column n_rows: a panel with a row for each
 * symbol, and one with a row for each time, all of one symbol. Both are freed by fct_panel_free. FCT_ERROR_UNSUPPORTED of other
 * files; FCT_ERROR_DATA where something is wrong, which reading the rows says better.
 */
fct_status fct_panel_count_rows(const char *path, const fct_run *run, fct_panel **by_symbol,
                                fct_panel **by_time, fct_error *err);

#endif
