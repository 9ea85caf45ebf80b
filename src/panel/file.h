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
} fct_table_part;

/* Like fct_panel_read, of a part. */
fct_status fct_panel_read_part(const char *path, const fct_table_part *part, const fct_run *run,
                               fct_panel **out, fct_error *err);

#endif
