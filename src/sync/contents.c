#include "sync/contents.h"

#include <string.h>
#include <unistd.h>

/* What servers send in place of an archive is mostly a page of words. */
static bool has_right_beginning(const fct_sync_archive *archive, fct_error *err)
{
    char head[32] = {0};
    size_t n_path = strlen(archive->path);
    bool is_zip = n_path > 4 && strcmp(archive->path + n_path - 4, ".zip") == 0;
    const char *magic = is_zip ? "PK" : "\x1f\x8b";
    ssize_t n = pread(archive->part.fd, head, sizeof head - 1, 0);
    char shown[64];
    if (n >= 2 && memcmp(head, magic, 2) == 0)
        return true;
    for (ssize_t i = 0; i < n; i++)
        head[i] = head[i] < 0 ? '?' : head[i];
    if (n < 1)
        fct_error_set(err, FCT_ERROR_INTEGRITY, "it is empty");
    else
        fct_error_set(err, FCT_ERROR_INTEGRITY, "it is no %s file but begins with \"%s\"",
                      is_zip ? "ZIP" : "gzip",
                      fct_text_quote(head, strnlen(head, (size_t)n), shown, sizeof shown));
    return false;
}

fct_work_result fct_contents_check(const fct_sync_run *sync, const fct_sync_unit *unit,
                                   fct_job *job, char sha256[FCT_CHECKSUM_HEX + 1], size_t *bad,
                                   fct_error *err)
{
    enum { SHOWN_DIGITS = 16 };
    const char *paths[2] = {0};
    for (size_t i = 0; i < unit->n_archives; i++) {
        const fct_sync_archive *archive = &sync->archives[unit->archives[i]];
        paths[i] = archive->part.path;
        *bad = i;
        if (!has_right_beginning(archive, err))
            return FCT_WORK_BAD_CONTENT;
        if (!archive->sha256[0] && unit->n_archives > 1)
            continue;
        fct_status status = fct_checksum_file(archive->part.path, job, sha256, err);
        if (status != FCT_OK)
            return FCT_WORK_FATAL;
        if (archive->sha256[0] && strcmp(archive->sha256, sha256) != 0) {
            fct_error_set(err, FCT_ERROR_INTEGRITY,
                          "its SHA-256 is %.*s... and its .CHECKSUM says %.*s...", SHOWN_DIGITS,
                          sha256, SHOWN_DIGITS, archive->sha256);
            return FCT_WORK_BAD_CONTENT;
        }
    }
    if (unit->n_archives == 1)
        return FCT_WORK_STORED;
    return fct_checksum_files(paths, unit->n_archives, job, sha256, err) == FCT_OK ? FCT_WORK_STORED
                                                                                   : FCT_WORK_FATAL;
}
