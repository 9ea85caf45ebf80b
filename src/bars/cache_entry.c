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
static const char rest_name[] = "factorium.digest_rest";

/*
 * Fields of fct_bar as columns of 8 bytes; the end of a time bar follows from its start. The first FCT_ENTRY_COLUMNS are
 * all that a finished bar needs, as sums are normalised; they have a digest of their own.
 */
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

enum {
    N_FIELDS = sizeof fields / sizeof *fields,
    FIELD_BYTES = 8,
    DIGEST_TEXT = 17,
    MAX_BARS = 1 << 27 /* more than a day has milliseconds */
};

static void digest_label(fct_digest *digest, const fct_cache_label *label)
{
    assert(label->key && label->source);
    fct_digest_add(digest, label->key, strlen(label->key) + 1);
    fct_digest_add(digest, label->source, strlen(label->source) + 1);
    fct_digest_add(digest, label->has_side ? "1" : "0", 1);
}

/* Of the label and of columns that lie one behind the other. */
static fct_status digest_text(const fct_cache_label *label, const void *columns, size_t n_bytes,
                              char out[DIGEST_TEXT], fct_error *err)
{
    fct_digest *digest = fct_digest_new();
    if (!digest)
        return fct_error_memory(err, 1);
    digest_label(digest, label);
    fct_digest_add(digest, columns, n_bytes);
    snprintf(out, DIGEST_TEXT, "%016" PRIx64, fct_digest_value(digest));
    fct_digest_free(digest);
    return FCT_OK;
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
                                const char *columns, size_t n_bars, fct_error *err)
{
    static const size_t sorting = 0;
    char digest[DIGEST_TEXT];
    char rest[DIGEST_TEXT];
    size_t n_first = FCT_ENTRY_COLUMNS * n_bars * FIELD_BYTES;
    size_t n_rest = (N_FIELDS - FCT_ENTRY_COLUMNS) * n_bars * FIELD_BYTES;
    const char *metadata[] = {
        key_name,    label->key, source_name, label->source, side_name, label->has_side ? "1" : "0",
        digest_name, digest,     rest_name,   rest};
    const fct_parquet_options options = {.sorting_columns = &sorting,
                                         .n_sorting_columns = 1,
                                         .row_group_rows = n_bars ? (int64_t)n_bars : 1,
                                         .metadata = metadata,
                                         .n_metadata = sizeof metadata / sizeof *metadata / 2};
    fct_parquet_column description[N_FIELDS];
    fct_parquet_values values[N_FIELDS];
    FCT_TRY(digest_text(label, columns, n_first, digest, err));
    FCT_TRY(digest_text(label, columns + n_first, n_rest, rest, err));
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
    fct_status status;
    size_t n_bytes = bars->n_bars * N_FIELDS * FIELD_BYTES;
    char *columns = malloc(n_bytes + 1);
    if (!columns)
        return fct_error_memory(err, n_bytes + 1);
    for (size_t i = 0; i < N_FIELDS; i++)
        gather(bars, i, columns + i * bars->n_bars * FIELD_BYTES);
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    FCT_TRY_OUT(write_columns(file.fd, path, label, columns, bars->n_bars, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    free(columns);
    return status;
}

/* ---- Opening ---------------------------------------------------------------------------------- */

struct fct_cache_entry {
    fct_parquet_file *file;
    fct_cache_label label; /* key and source are the file's */
    const char *path;      /* the file's */
    size_t n_bars;
};

static fct_status damaged(const char *path, const char *why, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_INTEGRITY, "the cache entry %s is damaged: %s", path, why);
}

/* Whatever is wrong with a file of ours is damage. */
static fct_status as_damage(fct_status status, fct_error *err)
{
    if (status == FCT_ERROR_DATA || status == FCT_ERROR_UNSUPPORTED || status == FCT_ERROR_LIMIT)
        status = FCT_ERROR_INTEGRITY;
    if (err && status == FCT_ERROR_INTEGRITY)
        err->status = status;
    return status;
}

/* Whether the file is an entry, and the one that is looked for. */
static fct_status check_label(fct_cache_entry *entry, const fct_cache_label *wanted, fct_error *err)
{
    fct_cache_label *label = &entry->label;
    const char *side = fct_parquet_file_value(entry->file, side_name);
    label->key = fct_parquet_file_value(entry->file, key_name);
    label->source = fct_parquet_file_value(entry->file, source_name);
    if (!label->key || !side || !label->source ||
        !fct_parquet_file_value(entry->file, digest_name) ||
        !fct_parquet_file_value(entry->file, rest_name))
        return damaged(entry->path, "it does not say what it is of", err);
    label->has_side = strcmp(side, "1") == 0;
    if (wanted->key && strcmp(label->key, wanted->key) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s is of other bars", entry->path);
    if (wanted->source && strcmp(label->source, wanted->source) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the source of %s has changed", entry->path);
    return FCT_OK;
}

fct_status fct_cache_entry_open(fct_cache_entry **out, const char *path,
                                const fct_cache_label *label, fct_error *err)
{
    fct_status status;
    *out = NULL;
    fct_cache_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return fct_error_memory(err, sizeof *entry);
    FCT_TRY_OUT(fct_parquet_file_open(&entry->file, path, err));
    fct_parquet_file_detach(entry->file);
    entry->path = fct_parquet_file_path(entry->file);
    FCT_TRY_OUT(check_label(entry, label, err));
    int64_t n_rows = fct_parquet_file_metadata(entry->file)->n_rows;
    if (n_rows < 0 || n_rows > MAX_BARS) {
        status = damaged(path, "its number of bars is none", err);
        goto out;
    }
    entry->n_bars = (size_t)n_rows;
    *out = entry;
    entry = NULL;
out:
    fct_cache_entry_close(entry);
    return as_damage(status, err);
}

void fct_cache_entry_close(fct_cache_entry *entry)
{
    if (!entry)
        return;
    fct_parquet_file_close(entry->file);
    free(entry);
}

size_t fct_cache_entry_n_bars(const fct_cache_entry *entry)
{
    return entry->n_bars;
}

bool fct_cache_entry_has_side(const fct_cache_entry *entry)
{
    return entry->label.has_side;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static fct_status read_column(const fct_cache_entry *entry, size_t field, char *out, fct_error *err)
{
    size_t column = fct_parquet_file_find(entry->file, fields[field].name);
    if (column == SIZE_MAX)
        return damaged(entry->path, "it lacks a column", err);
    fct_parquet_cursor *cursor;
    FCT_TRY(fct_parquet_cursor_open(
        &cursor, entry->file, column,
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
        if (validity || (size_t)n_rows > entry->n_bars - n) {
            status = damaged(entry->path, "its columns differ in length", err);
            goto out;
        }
        memcpy(out + n * FIELD_BYTES, values, (size_t)n_rows * FIELD_BYTES);
        n += (size_t)n_rows;
        fct_parquet_cursor_skip(cursor, n_rows);
    }
    if (n != entry->n_bars)
        status = damaged(entry->path, "its columns differ in length", err);
out:
    fct_parquet_cursor_free(cursor);
    return status;
}

/* Columns [first, end), one behind the other, as their digest says that they are. */
static fct_status read_columns(const fct_cache_entry *entry, size_t first, size_t end,
                               const char *name, char *out, fct_error *err)
{
    char found[DIGEST_TEXT];
    size_t n_bytes = entry->n_bars * FIELD_BYTES;
    for (size_t i = first; i < end; i++)
        FCT_TRY(read_column(entry, i, out + (i - first) * n_bytes, err));
    FCT_TRY(digest_text(&entry->label, out, (end - first) * n_bytes, found, err));
    if (strcmp(found, fct_parquet_file_value(entry->file, name)) != 0)
        return damaged(entry->path, "its digest does not hold", err);
    return FCT_OK;
}

fct_status fct_cache_entry_columns(const fct_cache_entry *entry, void *columns, fct_error *err)
{
    return as_damage(read_columns(entry, 0, FCT_ENTRY_COLUMNS, digest_name, columns, err), err);
}

/* All of it, as bars that can still be added up. */
static fct_status read_bars(const fct_cache_entry *entry, int64_t interval_us, fct_bar_array *bars,
                            fct_error *err)
{
    size_t n_bars = entry->n_bars;
    size_t n_bytes = n_bars * FIELD_BYTES;
    fct_status status;
    char *columns = malloc(N_FIELDS * n_bytes + 1);
    if (!columns)
        return fct_error_memory(err, N_FIELDS * n_bytes);
    FCT_TRY_OUT(read_columns(entry, 0, FCT_ENTRY_COLUMNS, digest_name, columns, err));
    FCT_TRY_OUT(read_columns(entry, FCT_ENTRY_COLUMNS, N_FIELDS, rest_name,
                             columns + FCT_ENTRY_COLUMNS * n_bytes, err));
    FCT_TRY_OUT(fct_bar_array_reserve(bars, n_bars, err));
    if (n_bars)
        memset(bars->bars, 0, n_bars * sizeof *bars->bars);
    for (size_t field = 0; field < N_FIELDS; field++)
        for (size_t i = 0; i < n_bars; i++)
            memcpy((char *)&bars->bars[i] + fields[field].offset,
                   columns + field * n_bytes + i * FIELD_BYTES, FIELD_BYTES);
    for (size_t i = 0; i < n_bars; i++)
        bars->bars[i].end_us = bars->bars[i].start_us + interval_us;
    bars->n_bars = n_bars;
out:
    free(columns);
    return status;
}

fct_status fct_cache_entry_read(const char *path, fct_cache_label *label, int64_t interval_us,
                                fct_bar_array *bars, fct_error *err)
{
    fct_cache_entry *entry = NULL;
    fct_status status;
    if (!fct_file_exists(path))
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no %s", path);
    FCT_TRY_OUT(fct_cache_entry_open(&entry, path, label, err));
    status = read_bars(entry, interval_us, bars, err);
    label->has_side = entry->label.has_side;
out:
    fct_cache_entry_close(entry);
    if (status != FCT_OK)
        fct_bar_array_free(bars);
    return as_damage(status, err);
}
