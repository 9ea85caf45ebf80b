#include "support/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/file.h"

static char folder[64];

const char *test_path(const char *name)
{
    static char paths[8][256];
    static unsigned turn;
    if (!folder[0]) {
        strcpy(folder, "/tmp/factorium-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void test_folder_remove(void)
{
    if (folder[0])
        assert_int_equal(fct_tree_remove(folder, NULL), FCT_OK);
    folder[0] = '\0';
}

static void make_parent(const char *path)
{
    char parent[256];
    snprintf(parent, sizeof parent, "%.*s", (int)(fct_path_name(path) - path), path);
    assert_int_equal(fct_folder_make(parent, NULL), FCT_OK);
}

void test_write(const char *path, const void *bytes, size_t n_bytes)
{
    make_parent(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

void test_write_text(const char *path, const char *text)
{
    test_write(path, text, strlen(text));
}

void test_write_gzip(const char *path, const void *bytes, size_t n_bytes)
{
    make_parent(path);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    if (n_bytes)
        assert_int_equal(gzwrite(file, bytes, (unsigned)n_bytes), n_bytes);
    assert_int_equal(gzclose(file), Z_OK);
}

void test_write_zip(const char *path, const test_member *members, size_t n_members)
{
    make_parent(path);
    unlink(path);
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    for (size_t i = 0; i < n_members; i++) {
        const test_member *m = &members[i];
        size_t n = m->n_bytes ? m->n_bytes : strlen(m->bytes);
        size_t n_name = strlen(m->name);
        if (n_name && m->name[n_name - 1] == '/') {
            assert_true(zip_dir_add(zip, m->name, 0) >= 0);
            continue;
        }
        zip_source_t *source = zip_source_buffer(zip, m->bytes, n, 0);
        assert_non_null(source);
        zip_int64_t index = zip_file_add(zip, m->name, source, 0);
        assert_true(index >= 0);
        if (m->stored)
            assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0),
                             0);
        if (m->password)
            assert_int_equal(
                zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_256, m->password), 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

static void keep_message(fct_message_level level, const char *text, void *user)
{
    test_archive *archive = user;
    if (archive->n_messages == TEST_MAX_MESSAGES)
        return;
    archive->levels[archive->n_messages] = level;
    snprintf(archive->messages[archive->n_messages], sizeof archive->messages[0], "%s", text);
    archive->n_messages++;
}

static size_t value_bytes(fct_value_type type)
{
    return type == FCT_VALUE_BOOL ? 1 : 8;
}

static void *append(void *array, int64_t n_before, const void *more, int64_t n_more, size_t size)
{
    array = realloc(array, (size_t)(n_before + n_more) * size + 1);
    assert_non_null(array);
    if (n_more)
        memcpy((char *)array + (size_t)n_before * size, more, (size_t)n_more * size);
    return array;
}

static void keep_block(test_archive *archive, const fct_archive_block *block)
{
    int64_t n = archive->n_rows;
    archive->time_us = append(archive->time_us, n, block->time_us, block->n_rows, 8);
    archive->row_number = append(archive->row_number, n, block->row_number, block->n_rows, 8);
    for (size_t c = 0; c < archive->schema.n_columns; c++)
        archive->columns[c] = append(archive->columns[c], n, block->columns[c], block->n_rows,
                                     value_bytes(archive->schema.columns[c].type));
    archive->n_rows += block->n_rows;
}

static fct_status read_all(test_archive *archive, const char *path,
                           const fct_ingest_options *options, fct_job *job)
{
    fct_archive_reader *reader = NULL;
    fct_archive_block block = {0};
    fct_error *err = &archive->err;
    FCT_TRY(fct_archive_identify(path, options, &archive->identity, err));
    FCT_TRY(fct_archive_open(path, &archive->identity, NULL, options, job, &reader, err));
    archive->schema = *fct_archive_columns(reader);
    fct_status status;
    do {
        status = fct_archive_next(reader, &block, err);
        if (status == FCT_OK)
            keep_block(archive, &block);
    } while (status == FCT_OK && block.n_rows);
    const char *list;
    archive->n_bad_rows = fct_archive_bad_rows(reader, &list);
    archive->bad_rows = strdup(list);
    fct_archive_position(reader, &archive->n_read, &archive->n_total);
    fct_archive_close(reader);
    return status;
}

test_archive *test_archive_read(const char *path, const fct_ingest_options *options)
{
    test_archive *archive = calloc(1, sizeof *archive);
    assert_non_null(archive);
    fct_run run = {.n_threads = 1, .on_message = keep_message, .user = archive};
    fct_job job;
    assert_int_equal(fct_job_start(&job, &run, NULL), FCT_OK);
    archive->status = read_all(archive, path, options, &job);
    fct_job_end(&job);
    if (archive->status != FCT_OK)
        assert_int_equal(archive->err.status, archive->status);
    return archive;
}

test_archive *test_archive_read_text(const char *name, const char *text,
                                     const fct_ingest_options *options)
{
    const char *path = test_path(name);
    test_write_text(path, text);
    return test_archive_read(path, options);
}

void test_archive_free(test_archive *archive)
{
    if (!archive)
        return;
    free(archive->time_us);
    free(archive->row_number);
    for (size_t c = 0; c < FCT_ARCHIVE_MAX_COLUMNS; c++)
        free(archive->columns[c]);
    free(archive->bad_rows);
    free(archive);
}

const void *test_column(const test_archive *archive, const char *name)
{
    for (size_t c = 0; c < archive->schema.n_columns; c++)
        if (strcmp(archive->schema.columns[c].name, name) == 0)
            return archive->columns[c];
    fail_msg("no column %s", name);
    return NULL;
}

void test_assert_has(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in: %s", words, text);
}
