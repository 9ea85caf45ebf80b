/* One Parquet file of rows in (time, id) order, as the store holds them. */
#ifndef FCT_STORE_DAY_FILE_H
#define FCT_STORE_DAY_FILE_H

#include "parquet/writer.h"
#include "store/rows.h"

/* Starts as {.fd = -1}. Ended by fct_day_output_free, which removes a file that was not completed. */
typedef struct fct_day_output {
    int fd;
    char *path; /* set while the file is not complete */
    const fct_archive_schema *schema;
    fct_parquet_writer *writer;
    fct_digest *digest; /* of what was written */
} fct_day_output;

/* Makes the file, which must not exist yet. `schema` must outlive the output. */
fct_status fct_day_output_open(fct_day_output *output, const char *path,
                               const fct_archive_schema *schema, fct_error *err);

/* Writes rows [first, first + n) of a block. */
fct_status fct_day_output_write(fct_day_output *output, const fct_archive_block *rows,
                                int64_t first, int64_t n, fct_error *err);

/* Completes the file; the journal that moves it brings it to the disk. */
fct_status fct_day_output_close(fct_day_output *output, fct_file_mark *mark, fct_error *err);
void fct_day_output_free(fct_day_output *output);

size_t fct_day_output_bytes(const fct_exchange_column *columns, size_t n_columns);

#endif
