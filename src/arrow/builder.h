/* Small tables, built row by row: what listings answer with. */
#ifndef FCT_ARROW_BUILDER_H
#define FCT_ARROW_BUILDER_H

#include "arrow/arrow.h"
#include "base/text.h"

/*
 * Each row has one value a column, in any order of columns. A failure is kept and told by fct_arrow_builder_end, which must
 * follow. Columns are strings, 64-bit integers, dates, doubles and truth values.
 */
typedef struct fct_arrow_builder {
    const fct_arrow_field *fields;
    fct_arrow_column *columns;
    fct_text *texts;  /* of string columns */
    size_t *n_values; /* of each column */
    size_t n_columns, n_rows;
    fct_status status;
    fct_error err;
} fct_arrow_builder;

/* Room for n_rows rows. `fields` must outlive the builder. */
fct_status fct_arrow_builder_start(fct_arrow_builder *builder, const fct_arrow_field *fields,
                                   size_t n_columns, size_t n_rows, fct_error *err);
void fct_arrow_builder_text(fct_arrow_builder *builder, size_t column, const char *text);
void fct_arrow_builder_int(fct_arrow_builder *builder, size_t column, int64_t value);
void fct_arrow_builder_double(fct_arrow_builder *builder, size_t column, double value);
void fct_arrow_builder_null(fct_arrow_builder *builder, size_t column);

/* A number, or null where it is NaN. */
void fct_arrow_builder_number(fct_arrow_builder *builder, size_t column, double value);

/* The batch of n_rows rows; frees the builder, also on failure. */
fct_status fct_arrow_builder_end(fct_arrow_builder *builder, struct ArrowArray *out,
                                 fct_error *err);

/* Like fct_arrow_builder_end, but as a stream of that one batch. */
fct_status fct_arrow_builder_stream(fct_arrow_builder *builder, struct ArrowArrayStream *out,
                                    fct_error *err);

#endif
