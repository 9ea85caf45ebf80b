#include "store/file_new.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COPY_BYTES = 65536 };

static fct_status open_new(const char *path, int *fd, fct_error *err)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
    return FCT_OK;
}

/* A write error may show only now. */
static fct_status close_new(int fd, const char *path, fct_status status, fct_error *err)
{
    if (close(fd) != 0 && status == FCT_OK)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
    return status;
}

fct_status fct_file_write_new(const char *path, const void *bytes, size_t n_bytes, fct_error *err)
{
    int fd;
    FCT_TRY(open_new(path, &fd, err));
    return close_new(fd, path, fct_fd_write(fd, bytes, n_bytes, path, err), err);
}

static fct_status copy(int from, int to, const char *from_path, const char *to_path, fct_error *err)
{
    char bytes[COPY_BYTES];
    for (;;) {
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", from_path);
        if (n == 0)
            return FCT_OK;
        FCT_TRY(fct_fd_write(to, bytes, (size_t)n, to_path, err));
    }
}

fct_status fct_file_link(const char *from, const char *to, fct_error *err)
{
    if (link(from, to) == 0)
        return FCT_OK;
    int out;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s", from);
    fct_status status = open_new(to, &out, err);
    if (status == FCT_OK)
        status = close_new(out, to, copy(in, out, from, to, err), err);
    close(in);
    return status;
}
