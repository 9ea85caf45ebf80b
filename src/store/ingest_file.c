#include "store/ingest_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/checksum.h"
#include "store/day_file.h"
#include "store/file_new.h"
#include "store/sort.h"

/* A user's own file has time, price, quantity, side and id. */
enum { GENERIC_COLUMNS = 5 };

/* Enough for a million rows or so; more memory would make fewer runs, not a faster sort. */
#define MAX_SORT_BYTES ((size_t)64 << 20)

/* One file while it is read. */
typedef struct file_work {
    fct_ingest_call *call;
    const fct_ingest_file *file;
    fct_ingest_staged *staged;
    fct_text staging_path; /* the whole path of its folder */
    fct_archive_reader *reader;
    bool reads_next;           /* the reader is of file->next_path */
    int64_t n_bad_rows_before; /* of the first file then, and their list */
    fct_text bad_rows_before;
    fct_archive_schema schema;
    fct_day_writer *writer;
    int64_t n_reported; /* bytes of progress */
} file_work;

size_t fct_ingest_writer_bytes(const fct_archive_identity *identity)
{
    fct_exchange_column columns[FCT_ARCHIVE_MAX_COLUMNS];
    if (identity->table)
        return fct_day_writer_bytes(identity->table->columns, identity->table->n_columns);
    for (size_t c = 0; c < GENERIC_COLUMNS; c++)
        columns[c] = (fct_exchange_column){"column", FCT_VALUE_DOUBLE, false};
    return fct_day_writer_bytes(columns, GENERIC_COLUMNS);
}

/* Tells how far the file is read; a file that is read twice is not told of twice. */
static void report_position(file_work *work, int64_t n_read)
{
    if (n_read > work->file->n_bytes)
        n_read = work->file->n_bytes;
    if (n_read > work->n_reported) {
        fct_job_advance(&work->call->job, n_read - work->n_reported, NULL);
        work->n_reported = n_read;
    }
}

static void report_done(file_work *work)
{
    fct_job_advance(&work->call->job, work->file->n_bytes - work->n_reported, work->file->path);
    work->n_reported = work->file->n_bytes;
}

/* ---- What is known of the file ---------------------------------------------------------------- */

/* The options that decide what a row of the file becomes: with others it must be read again. */
static fct_status read_as_make(const file_work *work, char **out, fct_error *err)
{
    const fct_column_map *map = work->call->options->map;
    fct_text text = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&text, err, "%s", work->file->identity.exchange->name));
    const char *const names[] = {"time", "price", "quantity", "is_buyer_maker", "side", "id"};
    const char *const columns[] = {map ? map->time : NULL,     map ? map->price : NULL,
                                   map ? map->quantity : NULL, map ? map->is_buyer_maker : NULL,
                                   map ? map->side : NULL,     map ? map->id : NULL};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (columns[i])
            FCT_TRY_OUT(fct_text_append_format(&text, err, " %s=%s", names[i], columns[i]));
    *out = text.data;
    text = (fct_text){0};
out:
    fct_text_free(&text);
    return status;
}

static fct_status source_start(file_work *work, fct_error *err)
{
    const fct_ingest_file *file = work->file;
    fct_origin *source = &work->staged->source;
    source->is_new = true;
    source->n_bytes = file->n_bytes;
    if (file->identity.first_day != INT64_MIN) {
        source->first_day = file->identity.first_day;
        source->n_days = file->identity.n_days;
    }
    source->label = fct_text_copy(file->label);
    source->name = fct_text_copy(file->name ? file->name : fct_path_name(file->path));
    if (!source->label || !source->name)
        return fct_error_memory(err, 0);
    FCT_TRY(read_as_make(work, &source->read_as, err));
    if (file->sha256) {
        memcpy(source->sha256, file->sha256, sizeof source->sha256);
        return FCT_OK;
    }
    return fct_checksum_file(file->path, &work->call->job, source->sha256, err);
}

/* A second file of the same name and days: nothing new, or not to be decided here. */
static fct_status check_same_as(file_work *work, fct_error *err)
{
    const fct_ingest_file *first = &work->call->files.files[work->file->same_as];
    char sha256[FCT_SHA256_TEXT];
    FCT_TRY(fct_checksum_file(first->path, &work->call->job, sha256, err));
    if (strcmp(sha256, work->staged->source.sha256) != 0)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s and %s say that they hold the same days of %s but differ: "
                             "ingest one of them",
                             first->path, work->file->path, work->file->identity.symbol);
    work->staged->result.is_unchanged = true;
    return FCT_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static fct_status staging_make(file_work *work, fct_error *err)
{
    work->staged->staging.length = 0;
    work->staging_path.length = 0;
    size_t number = (size_t)(work->file - work->call->files.files);
    FCT_TRY(fct_ingest_staging_make(&work->call->store, number, &work->staged->staging, err));
    return fct_path_join(&work->staging_path, work->call->store.root, work->staged->staging.data,
                         err);
}

static void reading_end(file_work *work)
{
    fct_day_writer_free(work->writer);
    fct_archive_close(work->reader);
    work->writer = NULL;
    work->reader = NULL;
    work->reads_next = false;
    work->n_bad_rows_before = 0;
    fct_text_free(&work->bad_rows_before);
}

static fct_status reading_start(file_work *work, fct_error *err)
{
    fct_ingest_call *call = work->call;
    const char *sha256 =
        work->file->next_path ? NULL : work->staged->source.sha256; /* it is of both */
    FCT_TRY(fct_archive_open(work->file->path, &work->file->identity, sha256, call->options,
                             &call->job, &work->reader, err));
    work->schema = *fct_archive_columns(work->reader);
    fct_row_identity identity =
        fct_row_identity_of(&work->schema, work->staged->symbol->store.is_klines);
    return fct_day_writer_open(&work->writer, &work->schema, &identity, work->staging_path.data,
                               err);
}

static bool is_same_schema(const fct_archive_schema *a, const fct_archive_schema *b)
{
    bool is_same = a->n_columns == b->n_columns;
    for (size_t c = 0; is_same && c < a->n_columns; c++)
        is_same = strcmp(a->columns[c].name, b->columns[c].name) == 0;
    return is_same;
}

/* Goes on with the second file where there is one that was not read yet. The writer keeps the first one's schema. */
static fct_status reading_go_on(file_work *work, bool *goes_on, fct_error *err)
{
    fct_ingest_call *call = work->call;
    const fct_ingest_file *file = work->file;
    fct_archive_reader *next = NULL;
    *goes_on = file->next_path && !work->reads_next;
    if (!*goes_on)
        return FCT_OK;
    FCT_TRY(fct_archive_open(file->next_path, &file->identity, NULL, call->options, &call->job,
                             &next, err));
    if (!is_same_schema(fct_archive_columns(next), &work->schema)) {
        fct_archive_close(next);
        return fct_error_set(err, FCT_ERROR_DATA, "%s has other columns than %s", file->next_path,
                             file->path);
    }
    const char *list;
    work->n_bad_rows_before = fct_archive_bad_rows(work->reader, &list);
    work->bad_rows_before.length = 0;
    fct_status status = fct_text_append(&work->bad_rows_before, list, strlen(list), err);
    fct_archive_close(work->reader);
    work->reader = next;
    work->reads_next = true;
    return status;
}

static fct_status next_block(file_work *work, fct_archive_block *block, fct_error *err)
{
    int64_t n_read = 0;
    int64_t n_total = 0;
    const fct_archive_identity *identity = &work->file->identity;
    for (bool goes_on = true; goes_on;) {
        FCT_TRY(fct_job_check(&work->call->job, err));
        FCT_TRY(fct_archive_next(work->reader, block, err));
        fct_archive_position(work->reader, &n_read, &n_total);
        if (!work->reads_next)
            report_position(work, n_read);
        goes_on = block->n_rows > 0;
        if (!goes_on)
            FCT_TRY(reading_go_on(work, &goes_on, err));
        else if (work->file->keeps_day_only)
            fct_rows_keep(&work->schema, block, identity->first_day * FCT_US_PER_DAY,
                          (identity->first_day + identity->n_days) * FCT_US_PER_DAY);
        if (block->n_rows)
            break;
    }
    return FCT_OK;
}

/* Adds rows to their days. A failure to write is the store's, not the file's. */
static fct_status add_rows(file_work *work, const fct_archive_block *block, bool *in_order,
                           fct_error *err)
{
    fct_status status = fct_day_writer_add(work->writer, block, in_order, err);
    work->staged->result.is_fatal = status == FCT_ERROR_IO;
    return status;
}

static fct_status read_in_order(file_work *work, bool *in_order, fct_error *err)
{
    fct_archive_block block;
    *in_order = true;
    FCT_TRY(reading_start(work, err));
    for (;;) {
        FCT_TRY(next_block(work, &block, err));
        if (!block.n_rows)
            return FCT_OK;
        FCT_TRY(add_rows(work, &block, in_order, err));
        if (!*in_order)
            return FCT_OK;
    }
}

static fct_status read_sorted(file_work *work, size_t sort_bytes, fct_error *err)
{
    fct_archive_block block;
    fct_sorter *sorter = NULL;
    bool in_order;
    fct_status status;
    FCT_TRY(reading_start(work, err));
    FCT_TRY_OUT(fct_sorter_open(&sorter, &work->schema, sort_bytes, work->call->temp_dir, err));
    for (;;) {
        FCT_TRY_OUT(next_block(work, &block, err));
        if (!block.n_rows)
            break;
        status = fct_sorter_add(sorter, &block, err);
        work->staged->result.is_fatal = status == FCT_ERROR_IO;
        if (status != FCT_OK)
            goto out;
    }
    for (;;) {
        FCT_TRY_OUT(fct_job_check(&work->call->job, err));
        FCT_TRY_OUT(fct_sorter_next(sorter, &block, err));
        if (!block.n_rows)
            break;
        FCT_TRY_OUT(add_rows(work, &block, &in_order, err));
        if (!in_order) {
            status = fct_error_set(err, FCT_ERROR_INTERNAL, "sorted rows are not in order");
            goto out;
        }
    }
out:
    fct_sorter_free(sorter);
    return status;
}

static size_t sort_bytes_of(const fct_job *job)
{
    size_t limit = job->run.memory_limit_bytes;
    size_t n_bytes = limit / (2 * (size_t)job->run.n_threads);
    if (!limit || n_bytes > MAX_SORT_BYTES)
        return MAX_SORT_BYTES;
    return n_bytes < FCT_SORT_MIN_BYTES ? FCT_SORT_MIN_BYTES : n_bytes;
}

/* The rows in order of time go straight to their days; where they are not, the file is read again and sorted. */
static fct_status read_rows(file_work *work, size_t *memory_bytes, fct_error *err)
{
    fct_ingest_call *call = work->call;
    bool in_order;
    *memory_bytes =
        fct_archive_reader_bytes(call->options) + work->staged->symbol->store.writer_bytes;
    fct_status status = fct_job_memory_take(&call->job, *memory_bytes, work->file->path, err);
    if (status != FCT_OK) {
        *memory_bytes = 0;
        return status;
    }
    FCT_TRY(staging_make(work, err));
    FCT_TRY(read_in_order(work, &in_order, err));
    if (in_order)
        return FCT_OK;
    reading_end(work);
    FCT_TRY(fct_ingest_staging_remove(&call->store, work->staged->staging.data, err));
    fct_job_message(&call->job, FCT_MESSAGE_DETAIL, "%s: rows are not in order of time: sorting",
                    work->file->path);
    /* All of it is taken at once: who holds a part while waiting for the rest might wait for ever. */
    fct_job_memory_give(&call->job, *memory_bytes);
    size_t sort_bytes = sort_bytes_of(&call->job);
    *memory_bytes += sort_bytes;
    status = fct_job_memory_take(&call->job, *memory_bytes, work->file->path, err);
    if (status != FCT_OK) {
        *memory_bytes = 0;
        return status;
    }
    FCT_TRY(staging_make(work, err));
    return read_sorted(work, sort_bytes, err);
}

/* ---- What was read ---------------------------------------------------------------------------- */

static fct_status copy_column_name(const fct_archive_schema *schema, size_t column, char **out,
                                   fct_error *err)
{
    if (column == SIZE_MAX)
        return FCT_OK;
    *out = fct_text_copy(schema->columns[column].name);
    return *out ? FCT_OK : fct_error_memory(err, 0);
}

/* Of two files the lists one behind the other, under one header. */
static fct_status bad_rows_write(file_work *work, const char *list, fct_error *err)
{
    fct_text path = {0};
    fct_text *before = &work->bad_rows_before;
    fct_status status;
    if (before->length) {
        const char *rows = strchr(list, '\n');
        rows = rows ? rows + 1 : "";
        FCT_TRY_OUT(fct_text_append(before, rows, strlen(rows), err));
        list = before->data;
    }
    FCT_TRY_OUT(fct_path_join(&path, work->staging_path.data, "bad_rows.csv", err));
    FCT_TRY_OUT(fct_file_write_new(path.data, list, strlen(list), err));
out:
    fct_text_free(&path);
    return status;
}

/* Completes the source's record; the file must not have changed while it was read. */
static fct_status source_finish(file_work *work, fct_error *err)
{
    fct_origin *source = &work->staged->source;
    const fct_archive_schema *schema = &work->schema;
    fct_day_file *files = NULL;
    size_t n_files = 0;
    const char *list = "";
    fct_file_info info;
    fct_status status;
    FCT_TRY_OUT(fct_file_stat(work->file->path, &info, err));
    if (info.size_bytes != work->file->n_bytes || info.modified_ns != work->file->modified_ns) {
        status = fct_error_set(err, FCT_ERROR_IO, "%s changed while it was read: ingest it again",
                               work->file->path);
        goto out;
    }
    FCT_TRY_OUT(copy_column_name(schema, schema->time, &source->time_column, err));
    FCT_TRY_OUT(copy_column_name(schema, schema->price, &source->price_column, err));
    FCT_TRY_OUT(copy_column_name(schema, schema->quantity, &source->quantity_column, err));
    FCT_TRY_OUT(copy_column_name(schema, schema->id, &source->id_column, err));
    source->n_bad_rows = fct_archive_bad_rows(work->reader, &list) + work->n_bad_rows_before;
    work->staged->result.is_fatal = true;
    if (source->n_bad_rows)
        FCT_TRY_OUT(bad_rows_write(work, list, err));
    FCT_TRY_OUT(fct_day_writer_close(work->writer, &files, &n_files, &source->n_duplicates, err));
    work->staged->result.is_fatal = false;
    source->days = calloc(n_files + 1, sizeof *source->days);
    if (!source->days) {
        status = fct_error_memory(err, n_files * sizeof *source->days);
        goto out;
    }
    source->n_source_days = n_files;
    for (size_t i = 0; i < n_files; i++)
        source->days[i] = (fct_origin_day){.file = files[i], .n_stored = files[i].n_rows};
out:
    free(files);
    return status;
}

fct_status fct_ingest_file_stage(fct_ingest_call *call, size_t index, fct_ingest_staged *staged,
                                 fct_error *err)
{
    const fct_ingest_file *file = &call->files.files[index];
    file_work work = {.call = call, .file = file, .staged = staged};
    size_t memory_bytes = 0;
    fct_status status;
    *staged = (fct_ingest_staged){.file = file, .symbol = &call->symbols[file->symbol]};
    FCT_TRY_OUT(fct_job_check(&call->job, err));
    FCT_TRY_OUT(source_start(&work, err));
    if (file->same_as != SIZE_MAX)
        FCT_TRY_OUT(check_same_as(&work, err));
    else
        FCT_TRY_OUT(fct_ingest_check_unchanged(call, staged, err));
    if (staged->result.is_unchanged)
        goto out;
    FCT_TRY_OUT(read_rows(&work, &memory_bytes, err));
    FCT_TRY_OUT(source_finish(&work, err));
    staged->result.n_bad_rows = staged->source.n_bad_rows;
out:
    reading_end(&work);
    if (memory_bytes)
        fct_job_memory_give(&call->job, memory_bytes);
    if (status != FCT_OK)
        fct_ingest_staged_end(call, staged);
    fct_text_free(&work.staging_path);
    report_done(&work);
    return status;
}
