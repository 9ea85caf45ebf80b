/* Output formats: each takes a stream of batches to a file descriptor. format.c holds the table of them. */
#ifndef FCT_FORMAT_FORMAT_H
#define FCT_FORMAT_FORMAT_H

#include "arrow/arrow.h"
#include "format/output.h"

/* Reads all batches and counts their rows in out->n_rows; the caller flushes `out`. */
typedef fct_status (*fct_format_write)(fct_arrow_reader *reader, fct_output *out, fct_error *err);

fct_status fct_format_write_csv(fct_arrow_reader *reader, fct_output *out, fct_error *err);
fct_status fct_format_write_json(fct_arrow_reader *reader, fct_output *out, fct_error *err);
fct_status fct_format_write_parquet(fct_arrow_reader *reader, fct_output *out, fct_error *err);
fct_status fct_format_write_arrow(fct_arrow_reader *reader, fct_output *out, fct_error *err);
fct_status fct_format_write_table(fct_arrow_reader *reader, fct_output *out, fct_error *err);

/* Calls `batch` for every batch. `views` has a view a column. */
typedef fct_status (*fct_format_batch)(const fct_arrow_view *views, int64_t n_rows, void *context,
                                       fct_error *err);
fct_status fct_format_each_batch(fct_arrow_reader *reader, fct_output *out, fct_format_batch batch,
                                 void *context, fct_error *err);

#endif
