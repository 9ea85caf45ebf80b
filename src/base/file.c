#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

fct_status fct_file_stat(const char *path, fct_file_info *info, fct_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return fct_error_set_errno(err, absent ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO, errno,
                                   "cannot read %s", path);
    }
    *info = (fct_file_info){
        .size_bytes = st.st_size,
        .modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        .changed_ns = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec,
        .inode = st.st_ino,
        .is_folder = S_ISDIR(st.st_mode),
    };
    return FCT_OK;
}

bool fct_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* One level; false with errno when it is not there in the end. It may be made, or removed, by others meanwhile. */
static bool make_level(const char *path, struct stat *st)
{
    if (mkdir(path, 0777) == 0)
        return stat(path, st) == 0;
    /* A parent may exist and still refuse mkdir with another code, for example on a read-only mount. */
    int error_number = errno;
    bool is_there = stat(path, st) == 0;
    errno = error_number;
    return is_there;
}

/* At most this often are the levels begun again that others remove while they are made. */
enum { MAX_FOLDER_ATTEMPTS = 100 };

fct_status fct_folder_make(const char *path, fct_error *err)
{
    char *copy = fct_text_copy(path);
    if (!copy)
        return fct_error_memory(err, strlen(path) + 1);
    fct_status status = FCT_OK;
    int n_attempts = 1;
    for (char *slash = copy + (*copy == '/');;) {
        struct stat st;
        slash = strchr(slash, '/');
        if (slash)
            *slash = '\0';
        bool is_made = make_level(copy, &st);
        bool is_removed = !is_made && (errno == EEXIST || errno == ENOENT);
        if (is_removed && n_attempts < MAX_FOLDER_ATTEMPTS) {
            n_attempts++;
            memcpy(copy, path, strlen(path));
            slash = copy + (*copy == '/');
            continue;
        }
        if (!is_made)
            status =
                fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot make the folder %s", copy);
        else if (!S_ISDIR(st.st_mode))
            status =
                fct_error_set(err, FCT_ERROR_IO, "%s is a file where a folder is needed", copy);
        if (!slash || status != FCT_OK)
            break;
        *slash++ = '/';
    }
    free(copy);
    return status;
}

fct_status fct_file_remove(const char *path, fct_error *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot remove %s", path);
    return FCT_OK;
}

fct_status fct_file_open_unnamed(const char *folder, int *fd, fct_error *err)
{
    fct_text path = {0};
    FCT_TRY(fct_folder_make(folder, err));
    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return FCT_OK;
    /* Some file systems know no O_TMPFILE. */
    fct_status status = fct_path_join(&path, folder, ".factorium-XXXXXX", err);
    if (status == FCT_OK) {
        *fd = mkostemp(path.data, O_CLOEXEC);
        if (*fd < 0)
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno,
                                         "cannot make a temporary file in %s", folder);
        else
            unlink(path.data);
    }
    fct_text_free(&path);
    return status;
}

fct_status fct_path_join(fct_text *out, const char *folder, const char *name, fct_error *err)
{
    size_t n = strlen(folder);
    FCT_TRY(fct_text_append(out, folder, n, err));
    if (n && *name && folder[n - 1] != '/')
        FCT_TRY(fct_text_append(out, "/", 1, err));
    return fct_text_append(out, name, strlen(name), err);
}

const char *fct_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

fct_status fct_file_read(const char *path, size_t max_bytes, char **data, size_t *n_bytes,
                         fct_error *err)
{
    fct_status status = FCT_OK;
    char *bytes = NULL;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO, errno,
                                   "cannot open %s", path);
    struct stat st;
    if (fstat(fd, &st) != 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
        goto out;
    }
    if (st.st_size < 0 || (uint64_t)st.st_size > max_bytes) {
        status = fct_error_set(err, FCT_ERROR_LIMIT, "%s has %lld bytes and at most %zu are read",
                               path, (long long)st.st_size, max_bytes);
        goto out;
    }
    size_t size = (size_t)st.st_size;
    bytes = malloc(size + 1);
    if (!bytes) {
        status = fct_error_memory(err, size + 1);
        goto out;
    }
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
            goto out;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    bytes[n] = '\0';
    *data = bytes;
    *n_bytes = n;
    bytes = NULL;
out:
    free(bytes);
    close(fd);
    return status;
}

fct_status fct_fd_write(int fd, const void *bytes, size_t n_bytes, const char *path, fct_error *err)
{
    const char *p = bytes;
    while (n_bytes) {
        ssize_t written = write(fd, p, n_bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
        p += written;
        n_bytes -= (size_t)written;
    }
    return FCT_OK;
}

fct_status fct_file_check_folder(const char *path, fct_error *err)
{
    const char *name = fct_path_name(path);
    if (name == path)
        return FCT_OK;
    fct_text folder = {0};
    fct_file_info info;
    fct_status status = fct_text_append(&folder, path, (size_t)(name - path), err);
    if (status == FCT_OK && (fct_file_stat(folder.data, &info, NULL) != FCT_OK || !info.is_folder))
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "cannot write %s: there is no folder %s; make it first", path,
                               folder.data);
    fct_text_free(&folder);
    return status;
}
