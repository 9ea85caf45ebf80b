/* Arrow C Data Interface: making streams of batches, and reading those of others. */
#ifndef FCT_ARROW_ARROW_H
#define FCT_ARROW_ARROW_H

#include "base/status.h"

typedef enum fct_arrow_type {
    FCT_ARROW_BOOL, /* "b", bit-packed */
    FCT_ARROW_INT8,
    FCT_ARROW_INT16,
    FCT_ARROW_INT32,
    FCT_ARROW_INT64,
    FCT_ARROW_UINT8,
    FCT_ARROW_UINT16,
    FCT_ARROW_UINT32,
    FCT_ARROW_UINT64,
    FCT_ARROW_FLOAT,
    FCT_ARROW_DOUBLE,
    FCT_ARROW_STRING,       /* "u", int32 offsets */
    FCT_ARROW_LARGE_STRING, /* "U", int64 offsets */
    FCT_ARROW_STRING_VIEW,  /* "vu", import only */
    FCT_ARROW_TIMESTAMP_S,
    FCT_ARROW_TIMESTAMP_MS,
    FCT_ARROW_TIMESTAMP_US,
    FCT_ARROW_TIMESTAMP_NS,
    FCT_ARROW_DATE32,
    FCT_ARROW_DICTIONARY_STRING /* import only: any integer index over strings */
} fct_arrow_type;

typedef struct fct_arrow_field {
    const char *name;
    fct_arrow_type type;
    bool nullable;
} fct_arrow_field;

/* One column to be moved into a batch. The buffers are from malloc (NULL allowed where empty). */
typedef struct fct_arrow_column {
    void *values;
    int32_t *offsets;  /* strings only */
    uint8_t *validity; /* NULL: no nulls */
    int64_t null_count;
} fct_arrow_column;

/*
 * A struct array of `n_rows` from `n_columns` columns; their buffers belong to it afterwards (also on
 * failure: they are freed), and `columns` is zeroed.
 */
fct_status fct_arrow_batch_make(const fct_arrow_field *fields, fct_arrow_column *columns,
                                size_t n_columns, int64_t n_rows, struct ArrowArray *out,
                                fct_error *err);

/* Where a stream's batches come from. `next` leaves out->release NULL at the end. */
typedef struct fct_arrow_source {
    fct_status (*next)(void *context, struct ArrowArray *out, fct_error *err);
    void (*free)(void *context); /* may be NULL */
    void *context;
} fct_arrow_source;

/* A stream over a source; the fields are copied. On failure the source is freed. */
fct_status fct_arrow_stream_make(const fct_arrow_field *fields, size_t n_fields,
                                 fct_arrow_source source, struct ArrowArrayStream *out,
                                 fct_error *err);

/* Reading a stream of any producer: everything is checked before it is believed. */
typedef struct fct_arrow_reader fct_arrow_reader;

/* Takes the stream over (it is released by fct_arrow_reader_free, also on failure here). */
fct_status fct_arrow_reader_open(fct_arrow_reader **out, struct ArrowArrayStream *stream,
                                 fct_error *err);
const fct_arrow_field *fct_arrow_reader_fields(const fct_arrow_reader *reader, size_t *n_fields);

/* Whether a column has no type ("n"): all of it is missing. It is read as one of doubles, and may stand for any other. */
bool fct_arrow_reader_is_missing(const fct_arrow_reader *reader, size_t field);

/* A column of the present batch. Values at index offset .. offset + n_rows. */
typedef struct fct_arrow_view {
    fct_arrow_type type;
    fct_arrow_type dictionary_type;
    const void *values;      /* strings: the bytes; dictionary strings: the indices' buffer */
    const void *offsets;     /* strings: int32_t or int64_t by type; string views: the views */
    const void *const *data; /* string views: the buffers that long texts lie in */
    const uint8_t *validity; /* NULL: no nulls */
    int64_t offset;
    const struct ArrowArray *dictionary; /* the texts that indices of `index_bytes` bytes mean */
    size_t index_bytes;
} fct_arrow_view;

/* The next batch: `views` (n_fields of them) hold until the next call; *n_rows < 0 at the end. */
fct_status fct_arrow_reader_next(fct_arrow_reader *reader, fct_arrow_view *views, int64_t *n_rows,
                                 fct_error *err);

/* Whether columns of the type hold texts. */
bool fct_arrow_is_text(fct_arrow_type type);

/* Whether values are floating-point numbers. */
bool fct_arrow_is_real(fct_arrow_type type);

/* Of a row of the batch: whether it is null; its text, where the column is one (not terminated). */
bool fct_arrow_view_is_null(const fct_arrow_view *view, int64_t row);
const char *fct_arrow_view_text(const fct_arrow_view *view, int64_t row, size_t *n_bytes);

/*
 * The value of an integer column of any width, of a boolean, or of a time; of a real column. An unsigned one above INT64_MAX
 * has the same bits, and is told by the third.
 */
int64_t fct_arrow_view_int64(const fct_arrow_view *view, int64_t row);
double fct_arrow_view_double(const fct_arrow_view *view, int64_t row);
bool fct_arrow_view_is_above_int64(const fct_arrow_view *view, int64_t row);

void fct_arrow_reader_free(fct_arrow_reader *reader); /* accepts NULL */

#endif
