/* Columns of any Arrow type as one of the few that files are written in. */
#ifndef FCT_FORMAT_PLAIN_H
#define FCT_FORMAT_PLAIN_H

#include "arrow/arrow.h"
#include "parquet/writer.h"

/*
 * The type a column is written as: integers become int64, floats double, texts strings; ns become µs.
 * FCT_ERROR_UNSUPPORTED names a column that none fits.
 */
fct_status fct_plain_type(const fct_arrow_field *field, fct_parquet_type *type, fct_error *err);

/* The rows of one column. Values lie in the batch where its layout allows, else in `made`. */
typedef struct fct_plain_column {
    fct_parquet_values values;
    void *made, *made_offsets;
} fct_plain_column;

/* Freed by fct_plain_column_free before the next batch. */
fct_status fct_plain_column_make(fct_plain_column *out, const fct_arrow_field *field,
                                 const fct_arrow_view *view, int64_t n_rows, fct_error *err);
void fct_plain_column_free(fct_plain_column *column);

#endif
