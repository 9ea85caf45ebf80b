/* Files that become visible when they are complete. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* The folder a path lies in, to be freed; "." where the path has no slash. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return fct_text_copy(".");
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    char *folder = malloc(n + 1);
    if (folder) {
        memcpy(folder, path, n);
        folder[n] = '\0';
    }
    return folder;
}

fct_status fct_atomic_file_open(fct_atomic_file *file, const char *path, fct_error *err)
{
    *file = (fct_atomic_file){.fd = -1};
    uint64_t random_bits = 0;
    if (getrandom(&random_bits, sizeof random_bits, 0) != (ssize_t)sizeof random_bits)
        random_bits = (uint64_t)getpid();
    fct_text temporary = {0};
    fct_status status;
    char *folder = folder_of(path);
    if (!folder)
        return fct_error_memory(err, strlen(path));
    FCT_TRY_OUT(fct_folder_make(folder, err));
    const char *name = fct_path_name(path);
    FCT_TRY_OUT(fct_text_append_format(&temporary, err, "%.*s.%s.%016llx.tmp", (int)(name - path),
                                       path, name, (unsigned long long)random_bits));
    file->path = fct_text_copy(path);
    if (!file->path) {
        status = fct_error_memory(err, strlen(path));
        goto out;
    }
    file->fd = open(temporary.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
        goto out;
    }
    file->temporary_path = temporary.data;
    temporary = (fct_text){0};
out:
    if (status != FCT_OK) {
        free(file->path);
        *file = (fct_atomic_file){.fd = -1};
    }
    fct_text_free(&temporary);
    free(folder);
    return status;
}

void fct_atomic_file_abort(fct_atomic_file *file)
{
    if (!file->path)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary_path)
        unlink(file->temporary_path);
    free(file->path);
    free(file->temporary_path);
    *file = (fct_atomic_file){.fd = -1};
}

/* Makes a rename last over a power cut. File systems without fsync of folders are left as they are. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* close reports a delayed write error on network file systems, so it is checked like fsync. */
static fct_status finish_writing(fct_atomic_file *file, fct_error *err)
{
    bool synced = file->unsynced || !file->temporary_path || fsync(file->fd) == 0;
    int error_number = errno;
    if (close(file->fd) != 0 && synced) {
        synced = false;
        error_number = errno;
    }
    file->fd = -1;
    if (synced && (!file->temporary_path || rename(file->temporary_path, file->path) == 0))
        return FCT_OK;
    return fct_error_set_errno(err, FCT_ERROR_IO, synced ? errno : error_number, "cannot write %s",
                               file->path);
}

fct_status fct_atomic_file_commit(fct_atomic_file *file, fct_error *err)
{
    char *folder = folder_of(file->path);
    fct_status status =
        folder ? finish_writing(file, err) : fct_error_memory(err, strlen(file->path) + 1);
    if (status == FCT_OK && !file->unsynced && file->temporary_path)
        sync_folder(folder);
    free(folder);
    if (status != FCT_OK) {
        fct_atomic_file_abort(file);
        return status;
    }
    free(file->path);
    free(file->temporary_path);
    *file = (fct_atomic_file){.fd = -1};
    return FCT_OK;
}

static fct_status write_and_commit(fct_atomic_file *file, const void *bytes, size_t n_bytes,
                                   fct_error *err)
{
    fct_status status = fct_fd_write(file->fd, bytes, n_bytes, file->path, err);
    if (status != FCT_OK) {
        fct_atomic_file_abort(file);
        return status;
    }
    return fct_atomic_file_commit(file, err);
}

fct_status fct_file_write_atomic(const char *path, const void *bytes, size_t n_bytes,
                                 fct_error *err)
{
    fct_atomic_file file;
    FCT_TRY(fct_atomic_file_open(&file, path, err));
    return write_and_commit(&file, bytes, n_bytes, err);
}

/* ---- Files that the user names ----------------------------------------------------------------- */

enum { MAX_LINKS = 40 }; /* as the system has it */

/* Where a link leads, one after another, also where nothing is there yet. */
static fct_status follow_links(const char *path, fct_text *target, fct_error *err)
{
    char leads_to[4096];
    FCT_TRY(fct_text_append_format(target, err, "%s", path));
    for (int i = 0; i < MAX_LINKS; i++) {
        ssize_t n = readlink(target->data, leads_to, sizeof leads_to);
        if (n < 0)
            return FCT_OK;
        if ((size_t)n == sizeof leads_to)
            break;
        target->length =
            leads_to[0] == '/' ? 0 : (size_t)(fct_path_name(target->data) - target->data);
        FCT_TRY(fct_text_append(target, leads_to, (size_t)n, err));
    }
    return fct_error_set(err, FCT_ERROR_IO, "%s is a link that leads nowhere", path);
}

/* A device or a pipe takes what it is given; nothing can be put in its place. */
static fct_status open_directly(fct_atomic_file *file, const char *path, fct_error *err)
{
    *file = (fct_atomic_file){.fd = -1};
    file->path = fct_text_copy(path);
    if (!file->path)
        return fct_error_memory(err, strlen(path) + 1);
    file->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (file->fd >= 0)
        return FCT_OK;
    fct_status status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
    fct_atomic_file_abort(file);
    return status;
}

fct_status fct_atomic_file_open_named(fct_atomic_file *file, const char *path, fct_error *err)
{
    fct_text target = {0};
    struct stat st;
    *file = (fct_atomic_file){.fd = -1};
    bool is_there = stat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode))
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%s is a folder: name a file in it", path);
    if (is_there && !S_ISREG(st.st_mode))
        return open_directly(file, path, err);
    fct_status status = follow_links(path, &target, err);
    if (status == FCT_OK)
        status = fct_atomic_file_open(file, target.data, err);
    /* Where the system does not allow it, the file is as readable as a new one. */
    if (status == FCT_OK && is_there)
        (void)!fchmod(file->fd, st.st_mode & 07777);
    fct_text_free(&target);
    return status;
}

fct_status fct_file_write_named(const char *path, const void *bytes, size_t n_bytes, fct_error *err)
{
    fct_atomic_file file;
    FCT_TRY(fct_atomic_file_open_named(&file, path, err));
    return write_and_commit(&file, bytes, n_bytes, err);
}
