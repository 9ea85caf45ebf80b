/* The rows of a Parquet file that the store wrote, block by block. */
#ifndef FCT_STORE_DAY_READER_H
#define FCT_STORE_DAY_READER_H

#include "store/manifest.h"

typedef struct fct_day_reader fct_day_reader;

/*
 * Opens `path`, a file with rows of `source`, whose record names the columns; both must outlive the reader. Asks `job`
 * for a stop while it reads. Freed by fct_day_reader_free.
 */
fct_status fct_day_reader_open(fct_day_reader **out, const char *path, const fct_origin *source,
                               fct_job *job, fct_error *err);
const fct_archive_schema *fct_day_reader_schema(const fct_day_reader *reader);

/*
 * The next rows, valid until the next call; n_rows 0 at the end; no row numbers. FCT_ERROR_DATA where the file is not
 * in (time, id) order.
 */
fct_status fct_day_reader_next(fct_day_reader *reader, fct_archive_block *rows, fct_error *err);
void fct_day_reader_free(fct_day_reader *reader); /* accepts NULL */

/* What a reader holds, for a memory budget. */
size_t fct_day_reader_bytes(void);

#endif
