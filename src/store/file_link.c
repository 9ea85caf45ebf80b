#include "store/file_link.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COPY_BYTES = 65536 };

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
            break;
        FCT_TRY(fct_fd_write(to, bytes, (size_t)n, to_path, err));
    }
    if (fsync(to) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", to_path);
    return FCT_OK;
}

fct_status fct_file_link(const char *from, const char *to, fct_error *err)
{
    if (link(from, to) == 0)
        return FCT_OK;
    fct_status status;
    int out = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s", from);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (out < 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", to);
        goto out;
    }
    status = copy(in, out, from, to, err);
out:
    if (out >= 0)
        close(out);
    close(in);
    return status;
}
