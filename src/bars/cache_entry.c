#include "bars/cache_entry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "parquet/reader.h"
#include "parquet/writer.h"

static const char key_name[] = "factorium.key";
static const char source_name[] = "factorium.source";
static const char side_name[] = "factorium.has_side";
static const char digest_name[] = "factorium.digest";

/* Fields of fct_bar as columns of 8 bytes; the end of a time bar follows from its start. */
static const struct {
    const char *name;
    fct_parquet_type type;
    size_t offset;
} fields[] = {
    {"start_us", FCT_PARQUET_INT64, offsetof(fct_bar, start_us)},
    {"open", FCT_PARQUET_DOUBLE, offsetof(fct_bar, open)},
    {"high", FCT_PARQUET_DOUBLE, offsetof(fct_bar, high)},
    {"low", FCT_PARQUET_DOUBLE, offsetof(fct_bar, low)},
    {"close", FCT_PARQUET_DOUBLE, offsetof(fct_bar, close)},
    {"volume", FCT_PARQUET_DOUBLE, offsetof(fct_bar, volume.high)},
    {"notional", FCT_PARQUET_DOUBLE, offsetof(fct_bar, notional.high)},
    {"num_buyer_volume", FCT_PARQUET_DOUBLE, offsetof(fct_bar, buyer_volume.high)},
    {"num_seller_volume", FCT_PARQUET_DOUBLE, offsetof(fct_bar, seller_volume.high)},
    {"num_trades", FCT_PARQUET_INT64, offsetof(fct_bar, n_trades)},
    {"num_buyer", FCT_PARQUET_INT64, offsetof(fct_bar, n_buyer)},
    {"first_time_us", FCT_PARQUET_INT64, offsetof(fct_bar, first_time_us)},
    {"first_id", FCT_PARQUET_INT64, offsetof(fct_bar, first_id)},
    {"last_time_us", FCT_PARQUET_INT64, offsetof(fct_bar, last_time_us)},
    {"last_id", FCT_PARQUET_INT64, offsetof(fct_bar, last_id)},
    {"volume_rest", FCT_PARQUET_DOUBLE, offsetof(fct_bar, volume.low)},
    {"notional_rest", FCT_PARQUET_DOUBLE, offsetof(fct_bar, notional.low)},
    {"num_buyer_volume_rest", FCT_PARQUET_DOUBLE, offsetof(fct_bar, buyer_volume.low)},
    {"num_seller_volume_rest", FCT_PARQUET_DOUBLE, offsetof(fct_bar, seller_volume.low)},
};

enum { N_FIELDS = sizeof fields / sizeof *fields, FIELD_BYTES = 8, DIGEST_TEXT = 17 };

static void digest_label(fct_digest *digest, const fct_cache_label *label, const char *source)
{
    assert(label->key);
    fct_digest_add(digest, label->key, strlen(label->key) + 1);
    fct_digest_add(digest, source, strlen(source) + 1);
    fct_digest_add(digest, label->has_side ? "1" : "0", 1);
}

/* ---- Writing ---------------------------------------------------------------------------------- */

/* One field of all bars, side by side. */
static void gather(const fct_bar_array *bars, size_t field, char *column)
{
    for (size_t i = 0; i < bars->n_bars; i++)
        memcpy(column + i * FIELD_BYTES, (const char *)&bars->bars[i] + fields[field].offset,
               FIELD_BYTES);
}

static fct_status write_columns(int fd, const char *path, const fct_cache_label *label,
                                const char *columns, size_t n_bars, const char *digest,
                                fct_error *err)
{
    static const size_t sorting = 0;
    const char *metadata[] = {key_name,      label->key, source_name,
                              label->source, side_name,  label->has_side ? "1" : "0",
                              digest_name,   digest};
    const fct_parquet_options options = {.sorting_columns = &sorting,
                                         .n_sorting_columns = 1,
                                         .row_group_rows = n_bars ? (int64_t)n_bars : 1,
                                         .metadata = metadata,
                                         .n_metadata = sizeof metadata / sizeof *metadata / 2};
    fct_parquet_column description[N_FIELDS];
    fct_parquet_values values[N_FIELDS];
    for (size_t i = 0; i < N_FIELDS; i++) {
        description[i] = (fct_parquet_column){.name = fields[i].name, .type = fields[i].type};
        values[i] = (fct_parquet_values){.values = columns + i * n_bars * FIELD_BYTES};
    }
    fct_parquet_writer *writer;
    FCT_TRY(fct_parquet_writer_open(&writer, fd, path, description, N_FIELDS, &options, err));
    fct_status status = fct_parquet_writer_write(writer, values, (int64_t)n_bars, err);
    if (status == FCT_OK)
        status = fct_parquet_writer_close(writer, NULL, err);
    fct_parquet_writer_free(writer);
    return status;
}

fct_status fct_cache_entry_write(const char *path, const fct_cache_label *label,
                                 const fct_bar_array *bars, fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    char digest_text[DIGEST_TEXT];
    fct_status status = FCT_OK;
    size_t n_bytes = bars->n_bars * N_FIELDS * FIELD_BYTES;
    char *columns = malloc(n_bytes + 1);
    fct_digest *digest = fct_digest_new();
    if (!columns || !digest) {
        status = fct_error_memory(err, n_bytes + 1);
        goto out;
    }
    for (size_t i = 0; i < N_FIELDS; i++)
        gather(bars, i, columns + i * bars->n_bars * FIELD_BYTES);
    digest_label(digest, label, label->source);
    fct_digest_add(digest, columns, n_bytes);
    snprintf(digest_text, sizeof digest_text, "%016" PRIx64, fct_digest_value(digest));
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    FCT_TRY_OUT(write_columns(file.fd, path, label, columns, bars->n_bars, digest_text, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    fct_digest_free(digest);
    free(columns);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static fct_status damaged(const char *path, const char *why, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_INTEGRITY, "the cache entry %s is damaged: %s", path, why);
}

/* Puts a column into the bars; the first one says how many there are. */
static fct_status read_column(const fct_parquet_file *file, const char *path, size_t field,
                              fct_bar_array *bars, fct_digest *digest, fct_error *err)
{
    size_t column = fct_parquet_file_find(file, fields[field].name);
    if (column == SIZE_MAX)
        return damaged(path, "it lacks a column", err);
    fct_parquet_cursor *cursor;
    FCT_TRY(fct_parquet_cursor_open(
        &cursor, file, column,
        fields[field].type == FCT_PARQUET_INT64 ? FCT_READ_INT64 : FCT_READ_DOUBLE, err));
    fct_status status;
    size_t n = 0;
    for (;;) {
        const void *values;
        const uint8_t *validity;
        int64_t n_rows;
        FCT_TRY_OUT(fct_parquet_cursor_peek(cursor, &values, &validity, &n_rows, err));
        if (!n_rows)
            break;
        if (validity || (field && n + (size_t)n_rows > bars->n_bars)) {
            status = damaged(path, "its columns differ in length", err);
            goto out;
        }
        if (!field) {
            FCT_TRY_OUT(fct_bar_array_reserve(bars, (size_t)n_rows, err));
            memset(bars->bars + n, 0, (size_t)n_rows * sizeof *bars->bars);
            bars->n_bars += (size_t)n_rows;
        }
        for (int64_t i = 0; i < n_rows; i++)
            memcpy((char *)&bars->bars[n + (size_t)i] + fields[field].offset,
                   (const char *)values + i * FIELD_BYTES, FIELD_BYTES);
        fct_digest_add(digest, values, (size_t)n_rows * FIELD_BYTES);
        n += (size_t)n_rows;
        fct_parquet_cursor_skip(cursor, n_rows);
    }
    if (n != bars->n_bars)
        status = damaged(path, "its columns differ in length", err);
out:
    fct_parquet_cursor_free(cursor);
    return status;
}

/* Whether the file is an entry, and the one that is looked for. */
static fct_status check_label(const fct_parquet_file *file, const char *path,
                              fct_cache_label *label, const char **source, const char **digest,
                              fct_error *err)
{
    const char *key = fct_parquet_file_value(file, key_name);
    const char *side = fct_parquet_file_value(file, side_name);
    *source = fct_parquet_file_value(file, source_name);
    *digest = fct_parquet_file_value(file, digest_name);
    if (!key || !side || !*source || !*digest)
        return damaged(path, "it does not say what it is of", err);
    label->has_side = strcmp(side, "1") == 0;
    if (!label->key)
        label->key = key;
    if (strcmp(key, label->key) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s is of other bars", path);
    if (label->source && strcmp(*source, label->source) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the source of %s has changed", path);
    return FCT_OK;
}

static fct_status read_bars(const fct_parquet_file *file, const char *path,
                            const fct_cache_label *label, const char *source,
                            const char *digest_text, fct_bar_array *bars, fct_error *err)
{
    fct_status status = FCT_OK;
    char found[DIGEST_TEXT];
    fct_digest *digest = fct_digest_new();
    if (!digest)
        return fct_error_memory(err, 1);
    digest_label(digest, label, source);
    for (size_t i = 0; i < N_FIELDS; i++)
        FCT_TRY_OUT(read_column(file, path, i, bars, digest, err));
    snprintf(found, sizeof found, "%016" PRIx64, fct_digest_value(digest));
    if (strcmp(found, digest_text) != 0)
        status = damaged(path, "its digest does not hold", err);
out:
    fct_digest_free(digest);
    return status;
}

fct_status fct_cache_entry_read(const char *path, fct_cache_label *label, int64_t interval_us,
                                fct_bar_array *bars, fct_error *err)
{
    fct_parquet_file *file = NULL;
    const char *source;
    const char *digest;
    fct_status status;
    bool wants_any_key = !label->key;
    if (!fct_file_exists(path))
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no %s", path);
    FCT_TRY_OUT(fct_parquet_file_open(&file, path, err));
    FCT_TRY_OUT(check_label(file, path, label, &source, &digest, err));
    FCT_TRY_OUT(read_bars(file, path, label, source, digest, bars, err));
    for (size_t i = 0; i < bars->n_bars; i++)
        bars->bars[i].end_us = bars->bars[i].start_us + interval_us;
out:
    if (wants_any_key)
        label->key = NULL; /* it was the file's */
    fct_parquet_file_close(file);
    if (status != FCT_OK)
        fct_bar_array_free(bars);
    if (status == FCT_ERROR_DATA || status == FCT_ERROR_UNSUPPORTED || status == FCT_ERROR_LIMIT)
        status = FCT_ERROR_INTEGRITY;
    if (err && status == FCT_ERROR_INTEGRITY)
        err->status = status;
    return status;
}
