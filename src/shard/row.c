#include "shard/row.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "shard/json.h"
#include "shard/mirror.h"

#define MAX_ROW_BYTES ((size_t)1 << 16)
#define MAX_WHOLE INT64_C(1000000000000000)

static const char *const suffixes[FCT_SHARD_N_FILES] = {
    [FCT_SHARD_RESULT] = ".parquet", [FCT_SHARD_SENT] = ".sent", [FCT_SHARD_KEPT] = ".kept"};

/* ---- Paths ------------------------------------------------------------------------------------ */

fct_status fct_shard_stage_folder(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                                  fct_error *err)
{
    return fct_text_append_format(out, err, "%s/%s/stage-%zu", plan->local, plan->key, stage);
}

static fct_status append_path(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                              size_t shard, const char *suffix, fct_error *err)
{
    out->length = 0;
    FCT_TRY(fct_shard_stage_folder(out, plan, stage, err));
    return fct_text_append_format(out, err, "/%05zu%s", shard, suffix);
}

fct_status fct_shard_file_path(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                               size_t shard, fct_shard_file file, fct_error *err)
{
    return append_path(out, plan, stage, shard, suffixes[file], err);
}

fct_status fct_shard_row_path(fct_text *out, const struct fct_shard_plan *plan, size_t stage,
                              size_t shard, fct_error *err)
{
    return append_path(out, plan, stage, shard, ".json", err);
}

/* ---- Digests ---------------------------------------------------------------------------------- */

static fct_status add_pieces(int fd, const char *path, fct_job *job, fct_digest *digest,
                             int64_t *n_bytes, fct_error *err)
{
    enum { PIECE_BYTES = 1 << 18 };
    char *piece = malloc(PIECE_BYTES);
    fct_status status = FCT_OK;
    if (!piece)
        return fct_error_memory(err, PIECE_BYTES);
    for (;;) {
        FCT_TRY_OUT(fct_job_check(job, err));
        ssize_t n = read(fd, piece, PIECE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = fct_error_set_errno(err, FCT_ERROR_IO, errno, "cannot read %s", path);
        if (n <= 0)
            break;
        fct_digest_add(digest, piece, (size_t)n);
        *n_bytes += n;
    }
out:
    free(piece);
    return status;
}

static fct_status digest_file(const char *path, fct_job *job, char hex[FCT_SHARD_HEX + 1],
                              int64_t *n_bytes, fct_error *err)
{
    *n_bytes = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fct_error_set_errno(err, errno == ENOENT ? FCT_ERROR_NOT_FOUND : FCT_ERROR_IO, errno,
                                   "cannot open %s", path);
    fct_digest *digest = fct_digest_new();
    fct_status status =
        digest ? add_pieces(fd, path, job, digest, n_bytes, err) : fct_error_memory(err, 0);
    if (digest)
        snprintf(hex, FCT_SHARD_HEX + 1, "%016" PRIx64, fct_digest_value(digest));
    fct_digest_free(digest);
    close(fd);
    return status;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

fct_status fct_shard_row_make(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                              int64_t n_rows, const bool *is_there, fct_job *job,
                              fct_shard_row *out, fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    *out = (fct_shard_row){.n_rows = n_rows};
    for (int i = 0; i < FCT_SHARD_N_FILES; i++) {
        out->files[i].is_there = is_there[i];
        if (!is_there[i])
            continue;
        FCT_TRY_OUT(fct_shard_file_path(&path, plan, stage, shard, (fct_shard_file)i, err));
        FCT_TRY_OUT(digest_file(path.data, job, out->files[i].digest, &out->files[i].n_bytes, err));
    }
out:
    fct_text_free(&path);
    return status;
}

static bool add_row(cJSON *json, const struct fct_shard_plan *plan, size_t stage, size_t shard,
                    const fct_shard_row *row)
{
    bool ok = fct_json_add_text(json, "key", plan->key) &&
              fct_json_add_whole(json, "stage", (int64_t)stage) &&
              fct_json_add_whole(json, "shard", (int64_t)shard) &&
              fct_json_add_whole(json, "rows", row->n_rows);
    cJSON *files = ok ? cJSON_AddArrayToObject(json, "files") : NULL;
    ok = files != NULL;
    for (int i = 0; ok && i < FCT_SHARD_N_FILES; i++) {
        char name[32];
        if (!row->files[i].is_there)
            continue;
        cJSON *file = cJSON_CreateObject();
        snprintf(name, sizeof name, "%05zu%s", shard, suffixes[i]);
        ok = fct_json_append(files, file) && fct_json_add_text(file, "name", name) &&
             fct_json_add_whole(file, "bytes", row->files[i].n_bytes) &&
             fct_json_add_text(file, "digest", row->files[i].digest);
    }
    return ok;
}

/* A row that a crash of the machine takes away is one that was not written: its shard is run again. */
static fct_status write_text(const char *path, const char *text, fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    fct_status status;
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    FCT_TRY_OUT(fct_fd_write(file.fd, text, strlen(text), path, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    return status;
}

fct_status fct_shard_row_write(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                               const fct_shard_row *row, fct_error *err)
{
    fct_text path = {0};
    cJSON *json = cJSON_CreateObject();
    char *text = json && add_row(json, plan, stage, shard, row) ? cJSON_Print(json) : NULL;
    fct_status status =
        text ? fct_shard_row_path(&path, plan, stage, shard, err) : fct_error_memory(err, 0);
    if (status == FCT_OK)
        status = write_text(path.data, text, err);
    cJSON_free(text);
    cJSON_Delete(json);
    fct_text_free(&path);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static void read_file(fct_json_reading *r, const cJSON *item, size_t shard, fct_shard_row *out)
{
    char wanted[32];
    const char *name = fct_json_text(r, item, "name");
    const char *digest = fct_json_text(r, item, "digest");
    for (int i = 0; i < FCT_SHARD_N_FILES; i++) {
        snprintf(wanted, sizeof wanted, "%05zu%s", shard, suffixes[i]);
        if (strcmp(name, wanted) != 0 || out->files[i].is_there || strlen(digest) != FCT_SHARD_HEX)
            continue;
        out->files[i].is_there = true;
        out->files[i].n_bytes = fct_json_whole(r, item, "bytes", 0, MAX_WHOLE);
        memcpy(out->files[i].digest, digest, FCT_SHARD_HEX + 1);
        return;
    }
    fct_json_fail(r, "files");
}

static fct_status read_row(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                           const char *text, const char *path, fct_shard_row *out, fct_error *err)
{
    fct_json_reading r = {.path = path, .err = err};
    cJSON *json = cJSON_Parse(text);
    const cJSON *item;
    if (!cJSON_IsObject(json))
        fct_json_fail(&r, "key");
    bool is_ours = strcmp(fct_json_text(&r, json, "key"), plan->key) == 0;
    int64_t its_stage = fct_json_whole(&r, json, "stage", 0, MAX_WHOLE);
    int64_t its_shard = fct_json_whole(&r, json, "shard", 0, MAX_WHOLE);
    out->n_rows = fct_json_whole(&r, json, "rows", 0, MAX_WHOLE);
    const cJSON *files = fct_json_array(&r, json, "files");
    if (r.status == FCT_OK && !is_ours)
        r.status =
            fct_error_set(err, FCT_ERROR_INTEGRITY,
                          "%s is a row of another plan: remove it, and run its shard again", path);
    if (r.status == FCT_OK && (its_stage != (int64_t)stage || its_shard != (int64_t)shard))
        r.status = fct_error_set(err, FCT_ERROR_INTEGRITY,
                                 "%s is the row of shard %" PRId64 " of stage %" PRId64
                                 ", which must not have two: remove it",
                                 path, its_shard, its_stage);
    cJSON_ArrayForEach(item, files) if (r.status == FCT_OK) read_file(&r, item, shard, out);
    cJSON_Delete(json);
    return r.status;
}

fct_status fct_shard_row_read(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                              fct_shard_row *out, fct_error *err)
{
    fct_text path = {0};
    char *text = NULL;
    size_t n_bytes;
    fct_status status;
    *out = (fct_shard_row){0};
    FCT_TRY_OUT(fct_shard_row_path(&path, plan, stage, shard, err));
    FCT_TRY_OUT(fct_file_read(path.data, MAX_ROW_BYTES, &text, &n_bytes, err));
    status = read_row(plan, stage, shard, text, path.data, out, err);
out:
    free(text);
    fct_text_free(&path);
    return status;
}

/* A copy of what is on S3 goes, so that what will be there is looked at; running the shard looks at no file there. */
static fct_status say_differs(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                              const char *path, fct_error *err)
{
    if (!fct_shard_is_mirrored(plan))
        return fct_error_set(err, FCT_ERROR_INTEGRITY,
                             "%s is not what its row says: run shard %zu of stage %zu again", path,
                             shard, stage);
    FCT_TRY(fct_file_remove(path, err));
    return fct_error_set(err, FCT_ERROR_INTEGRITY,
                         "%s/%s/stage-%zu/%s is not what its row says: remove it, and run shard "
                         "%zu of stage %zu again",
                         plan->work, plan->key, stage, fct_path_name(path), shard, stage);
}

fct_status fct_shard_row_check(const struct fct_shard_plan *plan, size_t stage, size_t shard,
                               const fct_shard_row *row, fct_job *job, fct_error *err)
{
    fct_text path = {0};
    fct_status status = FCT_OK;
    for (int i = 0; i < FCT_SHARD_N_FILES; i++) {
        char digest[FCT_SHARD_HEX + 1] = "";
        int64_t n_bytes;
        if (!row->files[i].is_there)
            continue;
        FCT_TRY_OUT(fct_shard_file_path(&path, plan, stage, shard, (fct_shard_file)i, err));
        status = digest_file(path.data, job, digest, &n_bytes, err);
        bool differs = status == FCT_ERROR_NOT_FOUND ||
                       (status == FCT_OK && (n_bytes != row->files[i].n_bytes ||
                                             strcmp(digest, row->files[i].digest) != 0));
        if (differs)
            status = say_differs(plan, stage, shard, path.data, err);
        if (status != FCT_OK)
            break;
    }
out:
    fct_text_free(&path);
    return status;
}

bool fct_shard_is_done(const fct_shard_plan *plan, size_t stage, size_t shard)
{
    fct_shard_row row;
    return fct_shard_find(plan, stage, shard, NULL) == FCT_OK &&
           fct_shard_row_read(plan, stage, shard, &row, NULL) == FCT_OK;
}
