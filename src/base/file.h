/* Files: whole-file reads, folders, trees, and files that appear complete or not at all. */
#ifndef FCT_BASE_FILE_H
#define FCT_BASE_FILE_H

#include "base/text.h"

typedef struct fct_file_info {
    int64_t size_bytes;
    int64_t modified_ns; /* since 1970 */
    int64_t changed_ns;  /* content or status; cannot be set by a program */
    uint64_t inode;
    bool is_folder;
} fct_file_info;

/* FCT_ERROR_NOT_FOUND where nothing is at `path`, FCT_ERROR_IO where the system refuses to say. */
fct_status fct_file_stat(const char *path, fct_file_info *info, fct_error *err);
bool fct_file_exists(const char *path);

/* Makes a folder and its parents; one that exists is fine. */
fct_status fct_folder_make(const char *path, fct_error *err);

/* Removes a file; one that is not there is fine. */
fct_status fct_file_remove(const char *path, fct_error *err);

/*
 * Removes a folder and all below it, following no links. One that is not there is fine; so is what others put into it
 * meanwhile, which stays.
 */
fct_status fct_tree_remove(const char *path, fct_error *err);

/* The whole file, NUL-terminated behind its end, at most `max_bytes`. The caller frees `*data` with free(). */
fct_status fct_file_read(const char *path, size_t max_bytes, char **data, size_t *n_bytes,
                         fct_error *err);

/* A file without a name in `folder`, which is made: it is gone with its descriptor, or with the process. */
fct_status fct_file_open_unnamed(const char *folder, int *fd, fct_error *err);

/* "a/b" from "a" and "b", appended to `out`; an empty part adds no slash. */
fct_status fct_path_join(fct_text *out, const char *folder, const char *name, fct_error *err);

/* FCT_ERROR_NOT_FOUND where there is no folder for a file to be written: one that is missing is mostly misspelt. */
fct_status fct_file_check_folder(const char *path, fct_error *err);

/* The part behind the last slash. */
const char *fct_path_name(const char *path);

/*
 * Calls `visit` for every regular file below `path` (or for `path` itself when it is one), in the order of
 * their names, so that the order never depends on the file system. Links to files are followed, links to
 * folders are not. What others remove meanwhile is passed over. Stops at the first failure of `visit`.
 */
typedef fct_status (*fct_tree_visit)(const char *path, const fct_file_info *info, void *context,
                                     fct_error *err);
fct_status fct_tree_walk(const char *path, fct_tree_visit visit, void *context, fct_error *err);

/* The same, where a `path` that is not there, or is removed meanwhile, has no files. */
fct_status fct_tree_walk_if_present(const char *path, fct_tree_visit visit, void *context,
                                    fct_error *err);

/*
 * A file that becomes visible under its name when it is complete: it is written as ".<name>.<random>.tmp" beside
 * it, then fsync, rename, fsync of the folder. fct_atomic_file_abort removes what was written; both end
 * the object, and abort after commit or on a zeroed object does nothing. Missing folders are made. With `unsynced`
 * it does without both fsync: for files that carry a digest and can be made again.
 */
typedef struct fct_atomic_file {
    int fd; /* open for reading and writing; valid while `path` is set */
    char *path;
    char *temporary_path; /* NULL: written directly */
    bool unsynced;        /* set between open and commit */
} fct_atomic_file;

fct_status fct_atomic_file_open(fct_atomic_file *file, const char *path, fct_error *err);
fct_status fct_atomic_file_commit(fct_atomic_file *file, fct_error *err);
void fct_atomic_file_abort(fct_atomic_file *file);

/*
 * The same for a path that the user named, as an output: a link is followed, what is replaced keeps its permissions, a
 * folder is an error, and what is no file, as a device or a pipe, is written as it is (`fd` is then for writing alone).
 */
fct_status fct_atomic_file_open_named(fct_atomic_file *file, const char *path, fct_error *err);

/* All bytes to `fd`, through short writes and EINTR. `path` is for the message. */
fct_status fct_fd_write(int fd, const void *bytes, size_t n_bytes, const char *path,
                        fct_error *err);

/* fct_atomic_file of `n_bytes` in one call. */
fct_status fct_file_write_atomic(const char *path, const void *bytes, size_t n_bytes,
                                 fct_error *err);
fct_status fct_file_write_named(const char *path, const void *bytes, size_t n_bytes,
                                fct_error *err);

#endif
