#include "store/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk_sync.h"

/* A monthly file moves some dozens of files; a user's file of every day since 1980 some ten thousands. */
enum { MAX_JOURNAL_BYTES = 64 << 20 };

static fct_status add_line(fct_journal *journal, const char *verb, const char *path,
                           const char *second_path, fct_error *err)
{
    return fct_text_append_format(&journal->lines, err, "%s %s%s%s\n", verb, path,
                                  second_path ? " " : "", second_path ? second_path : "");
}

fct_status fct_journal_move(fct_journal *journal, const char *from, const char *to, fct_error *err)
{
    uint32_t number;
    FCT_TRY(fct_text_set_add(&journal->moved, from, strlen(from), &number, err));
    return add_line(journal, "move", from, to, err);
}

fct_status fct_journal_remove(fct_journal *journal, const char *path, fct_error *err)
{
    return add_line(journal, "remove", path, NULL, err);
}

void fct_journal_free(fct_journal *journal)
{
    fct_text_free(&journal->lines);
    fct_text_set_free(&journal->moved);
}

/* ---- Doing it --------------------------------------------------------------------------------- */

/* Removes the folders of a removed file that are empty now, up to the symbol's or to that of all spilled rows. */
static void prune(char *path)
{
    for (;;) {
        char *slash = strrchr(path, '/');
        if (!slash)
            return;
        *slash = '\0';
        const char *name = fct_path_name(path);
        bool may_go = strncmp(name, "day=", 4) == 0 || strncmp(name, "month=", 6) == 0 ||
                      strncmp(name, "year=", 5) == 0 || strstr(path, "/.factorium/spill/");
        if (!may_go || (rmdir(path) != 0 && errno != ENOENT))
            return;
    }
}

/* `folders`: below the root, all that something was moved into. */
static fct_status do_move(const char *root, const char *from, const char *to, fct_text_set *folders,
                          fct_error *err)
{
    fct_text source = {0};
    fct_text target = {0};
    fct_text folder = {0};
    const char *slash = strrchr(to, '/');
    size_t n_folder = slash ? (size_t)(slash - to) : 0;
    uint32_t number;
    fct_status status;
    FCT_TRY_OUT(fct_path_join(&source, root, from, err));
    FCT_TRY_OUT(fct_path_join(&target, root, to, err));
    FCT_TRY_OUT(fct_text_append(&folder, target.data, target.length - strlen(to) + n_folder, err));
    FCT_TRY_OUT(n_folder ? fct_text_set_add(folders, to, n_folder, &number, err)
                         : fct_text_set_add(folders, ".", 1, &number, err));
    /* Most often the folder is there. */
    if (rename(source.data, target.data) == 0)
        goto out;
    if (!fct_file_exists(source.data) && fct_file_exists(target.data))
        goto out; /* done before a kill */
    FCT_TRY_OUT(fct_folder_make(folder.data, err));
    if (rename(source.data, target.data) != 0)
        status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot write %s", target.data);
out:
    fct_text_free(&source);
    fct_text_free(&target);
    fct_text_free(&folder);
    return status;
}

static fct_status do_remove(const char *root, const char *path, fct_error *err)
{
    fct_text target = {0};
    fct_status status;
    FCT_TRY_OUT(fct_path_join(&target, root, path, err));
    FCT_TRY_OUT(fct_file_remove(target.data, err));
    prune(target.data);
out:
    fct_text_free(&target);
    return status;
}

/* Whether a path of a journal stays below the root, so that a forged journal moves nothing else. */
static bool is_inside(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

/* Does one line, which it cuts into words. */
static fct_status do_line(const char *root, char *line, fct_text_set *folders, fct_error *err)
{
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    const char *path = strsep(&rest, " ");
    const char *second_path = strsep(&rest, " ");
    if (path && is_inside(path) && !rest) {
        if (strcmp(verb, "move") == 0 && second_path && is_inside(second_path))
            return do_move(root, path, second_path, folders, err);
        if (strcmp(verb, "remove") == 0 && !second_path)
            return do_remove(root, path, err);
    }
    return fct_error_set(err, FCT_ERROR_DATA, "it has a line that is neither a move nor a removal");
}

/* They stay on the list until all of what they changed is on the disk. */
static fct_status do_lines(const char *root, char *lines, fct_error *err)
{
    fct_text_set folders = {0};
    fct_status status = FCT_OK;
    for (char *line; (line = strsep(&lines, "\n")) != NULL;)
        if (*line)
            FCT_TRY_OUT(do_line(root, line, &folders, err));
    status = fct_disk_sync_folders(root, &folders, err);
out:
    fct_text_set_free(&folders);
    return status;
}

static fct_status journal_folder(fct_text *out, const char *root, fct_error *err)
{
    return fct_text_append_format(out, err, "%s/.factorium/journal", root);
}

fct_status fct_journal_apply(const fct_journal *journal, const char *root, const char *name,
                             bool *recorded, fct_error *err)
{
    *recorded = false;
    fct_text path = {0};
    fct_status status;
    if (journal->lines.length > MAX_JOURNAL_BYTES)
        return fct_error_set(err, FCT_ERROR_LIMIT, "the file has too many days");
    char *lines = fct_text_copy(fct_text_get(&journal->lines));
    if (!lines)
        return fct_error_memory(err, journal->lines.length);
    FCT_TRY_OUT(journal_folder(&path, root, err));
    FCT_TRY_OUT(fct_text_append_format(&path, err, "/%s", name));
    FCT_TRY_OUT(fct_disk_sync_files(root, &journal->moved, err));
    FCT_TRY_OUT(fct_file_write_atomic(path.data, lines, journal->lines.length, err));
    *recorded = true;
    FCT_TRY_OUT(do_lines(root, lines, err));
    FCT_TRY_OUT(fct_file_remove(path.data, err));
    *recorded = false;
out:
    free(lines);
    fct_text_free(&path);
    return status;
}

typedef struct recovery {
    const char *root;
    size_t n_finished;
} recovery;

static fct_status recover_one(const char *path, const fct_file_info *info, void *context,
                              fct_error *err)
{
    (void)info;
    recovery *r = context;
    char *lines = NULL;
    size_t n_bytes;
    fct_status status = FCT_OK;
    /* A name with a dot in front is a journal that was not complete: nothing of it has happened. */
    if (*fct_path_name(path) != '.') {
        FCT_TRY_OUT(fct_file_read(path, MAX_JOURNAL_BYTES, &lines, &n_bytes, err));
        status = do_lines(r->root, lines, err);
        if (status != FCT_OK) {
            fct_error_prefix(err, "cannot finish what %s says", path);
            goto out;
        }
        r->n_finished++;
    }
    FCT_TRY_OUT(fct_file_remove(path, err));
out:
    free(lines);
    return status;
}

fct_status fct_journal_recover(const char *root, size_t *n_finished, fct_error *err)
{
    recovery r = {.root = root};
    fct_text folder = {0};
    fct_status status;
    FCT_TRY_OUT(journal_folder(&folder, root, err));
    FCT_TRY_OUT(fct_folder_make(folder.data, err));
    FCT_TRY_OUT(fct_tree_walk(folder.data, recover_one, &r, err));
out:
    *n_finished = r.n_finished;
    fct_text_free(&folder);
    return status;
}
