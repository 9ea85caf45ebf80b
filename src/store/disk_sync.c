#include "store/disk_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/threads.h"

/* They wait for the disk, not for a processor. */
enum { MOST_AT_ONCE = 16 };

typedef struct sync_call {
    const char *root;
    int root_fd;
    const fct_text_set *paths;
} sync_call;

static fct_status sync_file(size_t index, int thread, void *context, fct_error *err)
{
    (void)thread;
    const sync_call *call = context;
    const char *path = call->paths->texts[index];
    int fd = openat(call->root_fd, path, O_RDONLY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    int error_number = errno;
    if (fd >= 0)
        close(fd);
    return is_synced ? FCT_OK
                     : fct_error_set_errno(err, FCT_ERROR_IO, error_number, "cannot write %s/%s",
                                           call->root, path);
}

static fct_status sync_folder(size_t index, int thread, void *context, fct_error *err)
{
    (void)thread;
    const sync_call *call = context;
    const char *path = call->paths->texts[index];
    int fd = openat(call->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? FCT_OK
                               : fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s/%s",
                                                     call->root, path);
    fsync(fd);
    close(fd);
    return FCT_OK;
}

static fct_status sync_all(const char *root, const fct_text_set *paths, fct_work work,
                           fct_error *err)
{
    sync_call call = {.root = root, .paths = paths};
    call.root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (call.root_fd < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot open %s", root);
    fct_status status = fct_parallel_for(MOST_AT_ONCE, paths->n_texts, work, &call, err);
    close(call.root_fd);
    return status;
}

fct_status fct_disk_sync_files(const char *root, const fct_text_set *files, fct_error *err)
{
    return sync_all(root, files, sync_file, err);
}

fct_status fct_disk_sync_folders(const char *root, const fct_text_set *folders, fct_error *err)
{
    return sync_all(root, folders, sync_folder, err);
}
