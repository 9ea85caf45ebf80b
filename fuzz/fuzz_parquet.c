/* Any bytes as a Parquet file: footer, pages and encodings of every column, read as every type. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parquet/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_column(const fct_parquet_file *file, size_t column, fct_parquet_read_as as)
{
    fct_parquet_cursor *cursor;
    fct_error err;
    if (fct_parquet_cursor_open(&cursor, file, column, as, &err) != FCT_OK)
        return;
    const void *values;
    const uint8_t *validity;
    int64_t n_rows;
    /* A few bytes may say that they are millions of equal rows: some are enough. */
    for (int i = 0; i < 16; i++) {
        if (fct_parquet_cursor_peek(cursor, &values, &validity, &n_rows, &err) != FCT_OK || !n_rows)
            break;
        fct_parquet_cursor_skip(cursor, n_rows);
    }
    fct_parquet_cursor_free(cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    char path[32];
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    fct_parquet_file *file;
    if (fct_parquet_file_open(&file, path, NULL) == FCT_OK) {
        for (size_t i = 0; i < fct_parquet_file_metadata(file)->n_leaves && i < 16; i++)
            for (int as = FCT_READ_INT64; as <= FCT_READ_BOOL; as++)
                read_column(file, i, (fct_parquet_read_as)as);
        fct_parquet_file_close(file);
    }
    close(fd);
    return 0;
}
