#include "sync/part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NOTE_BYTES = 1024 };

fct_status fct_part_path(fct_text *out, const char *root, const fct_store_key *key,
                         const char *name, fct_error *err)
{
    FCT_TRY(fct_store_records_folder(out, root, err));
    return fct_text_append_format(out, err, "/parts/%s/%s/%s/%s.part", key->market, key->data_type,
                                  key->symbol, name);
}

static fct_status note_path(fct_text *out, const fct_part *part, fct_error *err)
{
    return fct_text_append_format(out, err, "%s.from", part->path);
}

/* "TOTAL VALIDATOR" on one line. What is not like that says nothing. */
static void read_note(fct_part *part)
{
    fct_text path = {0};
    char *text = NULL;
    size_t n_bytes;
    part->n_total = -1;
    part->validator[0] = '\0';
    if (note_path(&path, part, NULL) == FCT_OK &&
        fct_file_read(path.data, MAX_NOTE_BYTES, &text, &n_bytes, NULL) == FCT_OK) {
        char *end;
        long long n_total = strtoll(text, &end, 10);
        size_t n = *end == ' ' ? strcspn(end + 1, "\n") : 0;
        if (n && n < sizeof part->validator && end[1 + n] == '\n') {
            memcpy(part->validator, end + 1, n);
            part->validator[n] = '\0';
            part->n_total = n_total;
        }
    }
    fct_text_free(&path);
    free(text);
}

/* Whether the file that is open is still the one of that name: who had it before may have removed it. */
static bool is_still_there(const fct_part *part)
{
    struct stat open_one;
    struct stat named_one;
    return fstat(part->fd, &open_one) == 0 && stat(part->path, &named_one) == 0 &&
           open_one.st_ino == named_one.st_ino && open_one.st_dev == named_one.st_dev;
}

static fct_status open_and_lock(fct_part *part, bool *is_mine, fct_error *err)
{
    for (;;) {
        part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (part->fd < 0)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", part->path);
        *is_mine = flock(part->fd, LOCK_EX | LOCK_NB) == 0;
        if (!*is_mine && errno != EWOULDBLOCK)
            return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot lock %s", part->path);
        if (!*is_mine || is_still_there(part))
            return FCT_OK;
        close(part->fd);
    }
}

fct_status fct_part_claim(fct_part *part, const char *root, const fct_store_key *key,
                          const char *name, bool *is_mine, fct_error *err)
{
    fct_text path = {0};
    struct stat st;
    fct_status status;
    *part = (fct_part){.fd = -1, .n_total = -1};
    *is_mine = false;
    FCT_TRY_OUT(fct_part_path(&path, root, key, name, err));
    *strrchr(path.data, '/') = '\0';
    FCT_TRY_OUT(fct_folder_make(path.data, err));
    path.length = 0;
    FCT_TRY_OUT(fct_part_path(&path, root, key, name, err));
    part->path = path.data;
    path = (fct_text){0};
    FCT_TRY_OUT(open_and_lock(part, is_mine, err));
    if (!*is_mine)
        goto out;
    read_note(part);
    part->is_noted = part->validator[0] != '\0';
    if (part->is_noted && fstat(part->fd, &st) == 0)
        part->n_bytes = st.st_size;
    else
        status = fct_part_restart(part, err);
out:
    fct_text_free(&path);
    if (status != FCT_OK || !*is_mine)
        fct_part_release(part);
    return status;
}

fct_status fct_part_note(fct_part *part, const char *validator, int64_t n_total, fct_error *err)
{
    fct_text path = {0};
    fct_text text = {0};
    fct_status status;
    int fd = -1;
    FCT_TRY_OUT(note_path(&path, part, err));
    FCT_TRY_OUT(fct_text_append_format(&text, err, "%" PRId64 " %s\n", n_total, validator));
    /* A note that was cut lacks its end of line, and counts for nothing. */
    fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path.data);
        goto out;
    }
    FCT_TRY_OUT(fct_fd_write(fd, text.data, text.length, path.data, err));
    part->is_noted = true;
out:
    if (fd >= 0)
        close(fd);
    fct_text_free(&path);
    fct_text_free(&text);
    return status;
}

/* Nothing is known any more of what the file holds: the note goes first. */
static void forget(fct_part *part)
{
    fct_text path = {0};
    if (note_path(&path, part, NULL) == FCT_OK)
        unlink(path.data);
    fct_text_free(&path);
    part->is_noted = false;
    part->n_bytes = 0;
    part->n_total = -1;
    part->validator[0] = '\0';
}

fct_status fct_part_restart(fct_part *part, fct_error *err)
{
    forget(part);
    if (ftruncate(part->fd, 0) != 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", part->path);
    return FCT_OK;
}

/* To another file system. */
static fct_status copy_to(const fct_part *part, const char *path, fct_error *err)
{
    enum { CHUNK_BYTES = 256 * 1024 };
    fct_atomic_file file;
    off_t offset = 0;
    char *chunk = malloc(CHUNK_BYTES);
    if (!chunk)
        return fct_error_memory(err, CHUNK_BYTES);
    fct_status status = fct_atomic_file_open(&file, path, err);
    while (status == FCT_OK) {
        ssize_t got = pread(part->fd, chunk, CHUNK_BYTES, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", part->path);
        if (got <= 0)
            break;
        offset += got;
        status = fct_fd_write(file.fd, chunk, (size_t)got, path, err);
    }
    if (status == FCT_OK)
        status = fct_atomic_file_commit(&file, err);
    else
        fct_atomic_file_abort(&file);
    free(chunk);
    return status;
}

fct_status fct_part_keep(fct_part *part, const char *path, fct_error *err)
{
    fct_text folder = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append(&folder, path, (size_t)(fct_path_name(path) - path), err));
    FCT_TRY_OUT(fct_folder_make(folder.data, err));
    forget(part);
    if (rename(part->path, path) != 0) {
        if (errno != EXDEV) {
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", path);
            goto out;
        }
        FCT_TRY_OUT(copy_to(part, path, err));
        unlink(part->path);
    }
    fct_part_release(part);
out:
    fct_text_free(&folder);
    return status;
}

void fct_part_remove(fct_part *part)
{
    if (part->fd >= 0) {
        forget(part);
        unlink(part->path);
    }
    fct_part_release(part);
}

void fct_part_release(fct_part *part)
{
    if (part->fd >= 0)
        close(part->fd);
    free(part->path);
    *part = (fct_part){.fd = -1, .n_total = -1};
}
