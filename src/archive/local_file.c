#include "archive/local_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char scheme[] = "file://";

bool fct_url_is_file(const char *url)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* -1: none. */
static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

fct_status fct_url_file_path(const char *url, fct_text *path, fct_error *err)
{
    for (const char *c = url + strlen(scheme); *c; c++) {
        char byte = *c;
        int high = byte == '%' ? hex_digit(c[1]) : -1;
        int low = high >= 0 ? hex_digit(c[2]) : -1;
        if (low >= 0 && high + low > 0) {
            byte = (char)(unsigned char)(16 * high + low);
            c += 2;
        }
        FCT_TRY(fct_text_append(path, &byte, 1, err));
    }
    return FCT_OK;
}

bool fct_local_file_open(const char *path, int *fd, int64_t *n_bytes)
{
    struct stat info;
    int failure = 0;
    *fd = open(path,
               O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe nobody writes is no reason to wait */
    if (*fd < 0)
        return false;
    if (fstat(*fd, &info) != 0)
        failure = errno;
    else if (!S_ISREG(info.st_mode))
        failure = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    else
        *n_bytes = info.st_size;
    if (failure) {
        close(*fd);
        *fd = -1;
        errno = failure;
    }
    return !failure;
}
