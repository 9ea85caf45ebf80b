/* Walking and removing folders. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { MAX_DEPTH = 64 };

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* scandir's alphasort follows the locale; the order here shall not. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* What is not there at a depth of 0 is an error: the caller named it. */
static fct_status walk(const char *path, int depth, fct_tree_visit visit, void *context,
                       fct_error *err);

static fct_status walk_entry(const char *folder, const char *name, int depth, fct_tree_visit visit,
                             void *context, fct_error *err)
{
    fct_text path = {0};
    struct stat st;
    fct_status status;
    FCT_TRY_OUT(fct_path_join(&path, folder, name, err));
    /* What vanishes between the listing and its turn, and links to folders, are passed over. */
    if (lstat(path.data, &st) != 0)
        goto out;
    if (S_ISLNK(st.st_mode) && (stat(path.data, &st) != 0 || S_ISDIR(st.st_mode)))
        goto out;
    if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
        status = walk(path.data, depth + 1, visit, context, err);
out:
    fct_text_free(&path);
    return status;
}

static fct_status walk(const char *path, int depth, fct_tree_visit visit, void *context,
                       fct_error *err)
{
    fct_file_info info;
    fct_status status = fct_file_stat(path, &info, err);
    if (status == FCT_ERROR_NOT_FOUND && depth)
        return FCT_OK;
    FCT_TRY(status);
    if (!info.is_folder)
        return visit(path, &info, context, err);
    if (depth > MAX_DEPTH)
        return fct_error_set(err, FCT_ERROR_LIMIT, "%s lies deeper than %d folders", path,
                             MAX_DEPTH);
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_entry, by_bytes);
    if (n < 0 && errno == ENOENT && depth)
        return FCT_OK;
    if (n < 0)
        return fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot list the folder %s", path);
    for (int i = 0; i < n; i++) {
        if (status == FCT_OK)
            status = walk_entry(path, entries[i]->d_name, depth, visit, context, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

fct_status fct_tree_walk(const char *path, fct_tree_visit visit, void *context, fct_error *err)
{
    return walk(path, 0, visit, context, err);
}

fct_status fct_tree_walk_if_present(const char *path, fct_tree_visit visit, void *context,
                                    fct_error *err)
{
    return walk(path, 1, visit, context, err);
}

fct_status fct_tree_remove(const char *path, fct_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT
                   ? FCT_OK
                   : fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot remove %s", path);
    if (!S_ISDIR(st.st_mode))
        return fct_file_remove(path, err);
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_entry, by_bytes);
    fct_status status = FCT_OK;
    for (int i = 0; i < n; i++) {
        fct_text child = {0};
        if (status == FCT_OK)
            status = fct_path_join(&child, path, entries[i]->d_name, err);
        if (status == FCT_OK)
            status = fct_tree_remove(child.data, err);
        fct_text_free(&child);
        free(entries[i]);
    }
    free(entries);
    if (status == FCT_OK && rmdir(path) != 0 && errno != ENOENT && errno != ENOTEMPTY &&
        errno != EEXIST)
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot remove %s", path);
    return status;
}
