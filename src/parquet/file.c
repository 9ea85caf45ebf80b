/* An open Parquet file: its footer, found and parsed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "parquet/file.h"

enum {
    TAIL_BYTES = 8,
    MAX_FOOTER_BYTES = 1 << 28,
    FIRST_READ_BYTES = 1 << 14,
    SMALL_FILE_BYTES = 1 << 18,
    SHORT_READ_BYTES = 1 << 12
};

fct_status fct_parquet_file_read(const fct_parquet_file *file, void *bytes, size_t n_bytes,
                                 int64_t offset, fct_error *err)
{
    char *to = bytes;
    if (file->bytes && offset <= file->n_bytes && (int64_t)n_bytes <= file->n_bytes - offset) {
        memcpy(to, file->bytes + offset, n_bytes);
        return FCT_OK;
    }
    while (n_bytes) {
        ssize_t n = pread(file->fd, to, n_bytes, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", file->path);
        if (n == 0)
            return fct_error_set(err, FCT_ERROR_DATA, "%s became shorter while it was read",
                                 file->path);
        to += n;
        n_bytes -= (size_t)n;
        offset += n;
    }
    return FCT_OK;
}

static fct_status not_parquet(const fct_parquet_file *file, const char *why, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_DATA, "%s is no whole Parquet file: %s", file->path, why);
}

/*
 * The footer is mostly short: one read of the file's end has it. One read of a file of fewer than `whole_bytes` has all
 * of it.
 */
static fct_status read_footer(fct_parquet_file *file, int64_t whole_bytes, int64_t end_bytes,
                              fct_error *err)
{
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", file->path);
    if (!S_ISREG(st.st_mode) || st.st_size < TAIL_BYTES + 4)
        return not_parquet(file, "it is too short", err);
    int64_t size = st.st_size;
    size_t n_read = (size_t)(size < whole_bytes || size < end_bytes ? size : end_bytes);
    uint8_t *bytes = malloc(n_read);
    if (!bytes)
        return fct_error_memory(err, n_read);
    fct_status status;
    uint32_t length;
    FCT_TRY_OUT(fct_parquet_file_read(file, bytes, n_read, size - (int64_t)n_read, err));
    if (memcmp(bytes + n_read - 4, "PAR1", 4) != 0) {
        status = not_parquet(file,
                             memcmp(bytes + n_read - 4, "PARE", 4) == 0
                                 ? "its footer is encrypted"
                                 : "it does not end in PAR1, as a file that was cut off does not",
                             err);
        goto out;
    }
    memcpy(&length, bytes + n_read - TAIL_BYTES, 4);
    if (length > MAX_FOOTER_BYTES || (int64_t)length > size - TAIL_BYTES - 4) {
        status = not_parquet(file, "its footer would be longer than the file", err);
        goto out;
    }
    int64_t footer_offset = size - TAIL_BYTES - (int64_t)length;
    if (length + TAIL_BYTES > n_read) { /* never of a small file */
        uint8_t *whole = realloc(bytes, length);
        if (!whole) {
            status = fct_error_memory(err, length);
            goto out;
        }
        bytes = whole;
        n_read = length + TAIL_BYTES;
        FCT_TRY_OUT(fct_parquet_file_read(file, bytes, length, footer_offset, err));
    }
    status = fct_parquet_metadata_parse(&file->metadata, file->path,
                                        bytes + n_read - TAIL_BYTES - length, length, footer_offset,
                                        err);
    if (status == FCT_OK && size == (int64_t)n_read) {
        file->bytes = bytes;
        file->n_bytes = size;
        bytes = NULL;
    }
out:
    free(bytes);
    return status;
}

static fct_status open_file(const char *path, int *fd, fct_error *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    return *fd >= 0 ? FCT_OK
                    : fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO,
                                          errno, "cannot open %s", path);
}

fct_status fct_parquet_footer_read(fct_parquet_metadata *out, const char *path, fct_error *err)
{
    fct_parquet_file file = {.path = (char *)path};
    *out = (fct_parquet_metadata){0};
    FCT_TRY(open_file(path, &file.fd, err));
    fct_status status = read_footer(&file, 0, SHORT_READ_BYTES, err);
    close(file.fd);
    free(file.bytes);
    *out = file.metadata;
    return status;
}

fct_status fct_parquet_file_open(fct_parquet_file **out, const char *path, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_parquet_file *file = calloc(1, sizeof *file);
    if (!file)
        return fct_error_memory(err, sizeof *file);
    file->fd = -1;
    file->path = fct_text_copy(path);
    if (!file->path) {
        status = fct_error_memory(err, strlen(path) + 1);
        goto out;
    }
    FCT_TRY_OUT(open_file(path, &file->fd, err));
    FCT_TRY_OUT(read_footer(file, SMALL_FILE_BYTES, FIRST_READ_BYTES, err));
    *out = file;
    file = NULL;
out:
    fct_parquet_file_close(file);
    return status;
}

void fct_parquet_file_close(fct_parquet_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    fct_parquet_metadata_free(&file->metadata);
    free(file->bytes);
    free(file->path);
    free(file);
}

const char *fct_parquet_file_path(const fct_parquet_file *file)
{
    return file->path;
}

const fct_parquet_metadata *fct_parquet_file_metadata(const fct_parquet_file *file)
{
    return &file->metadata;
}

size_t fct_parquet_file_find(const fct_parquet_file *file, const char *name)
{
    return fct_parquet_metadata_find(&file->metadata, name);
}

const char *fct_parquet_file_value(const fct_parquet_file *file, const char *key)
{
    return fct_parquet_metadata_value(&file->metadata, key);
}
