/* Which version of a file the store has, in the server's words: .factorium/fetched/MARKET/TYPE/SYMBOL/NAME. */
#include <stdlib.h>
#include <string.h>

#include "sync/sync.h"

enum { MAX_BYTES = 1024 };

static fct_status append_path(fct_text *out, const fct_sync_run *sync,
                              const fct_sync_archive *archive, fct_error *err)
{
    const fct_store_key *key = &sync->symbols[archive->symbol].key;
    FCT_TRY(fct_store_records_folder(out, sync->request->store, err));
    return fct_text_append_format(out, err, "/fetched/%s/%s/%s/%s", key->market, key->data_type,
                                  key->symbol, fct_path_name(archive->path));
}

/* A line of the text into `out`, one that was cut as none; returns the next one. */
static const char *take_line(const char *text, char *out, size_t size)
{
    size_t n = strcspn(text, "\n");
    out[0] = '\0';
    if (n < size && text[n]) {
        memcpy(out, text, n);
        out[n] = '\0';
    }
    return text[n] ? text + n + 1 : text + n;
}

fct_status fct_sync_validators_load(const fct_sync_run *sync, fct_sync_archive *archive,
                                    fct_error *err)
{
    fct_text path = {0};
    char *text = NULL;
    size_t n_bytes;
    fct_status status;
    FCT_TRY_OUT(append_path(&path, sync, archive, err));
    if (fct_file_exists(path.data) &&
        fct_file_read(path.data, MAX_BYTES, &text, &n_bytes, NULL) == FCT_OK) {
        const char *next = take_line(text, archive->etag, sizeof archive->etag);
        take_line(next, archive->last_modified, sizeof archive->last_modified);
    }
out:
    free(text);
    fct_text_free(&path);
    return status;
}

/* Without waiting for the disk: what a power cut takes costs a request. */
static fct_status write_soon(const char *path, const fct_text *text, fct_error *err)
{
    fct_atomic_file file;
    FCT_TRY(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    fct_status status = fct_fd_write(file.fd, text->data, text->length, path, err);
    if (status == FCT_OK)
        status = fct_atomic_file_commit(&file, err);
    fct_atomic_file_abort(&file);
    return status;
}

fct_status fct_sync_validators_save(const fct_sync_run *sync, const fct_sync_archive *archive,
                                    fct_error *err)
{
    fct_text path = {0};
    fct_text text = {0};
    fct_status status;
    FCT_TRY_OUT(append_path(&path, sync, archive, err));
    if (!archive->etag[0] && !archive->last_modified[0]) {
        status = fct_file_remove(path.data, err);
        goto out;
    }
    FCT_TRY_OUT(
        fct_text_append_format(&text, err, "%s\n%s\n", archive->etag, archive->last_modified));
    status = write_soon(path.data, &text, err);
out:
    fct_text_free(&path);
    fct_text_free(&text);
    return status;
}
