/* The rows of one file of a day that no earlier file of that day has. */
#ifndef FCT_STORE_DAY_SUBTRACT_H
#define FCT_STORE_DAY_SUBTRACT_H

#include "store/day_reader.h"

typedef struct fct_day_part {
    const char *path; /* Parquet, in (time, id) order */
    const fct_origin *source;
} fct_day_part;

typedef struct fct_day_subtraction {
    fct_day_part part;
    const fct_day_part *earlier;
    size_t n_earlier;
    bool is_klines;
    size_t writer_bytes; /* fct_day_output_bytes of such rows */
} fct_day_subtraction;

/*
 * Writes to `out_path` the rows of `part` that none of the `earlier` files has; rows are the same when id, time, price
 * and quantity are (of klines: all columns). Where none are left there is no file and *n_rows is 0. Rows of one file
 * are never compared with each other. All have an identity (see fct_row_identity_of). Takes memory of the job.
 */
fct_status fct_day_subtract(const fct_day_subtraction *subtraction, const char *out_path,
                            fct_job *job, int64_t *n_rows, fct_file_mark *mark, fct_error *err);

#endif
