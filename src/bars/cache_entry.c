#include "bars/cache_entry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars/cache_fields.h"
#include "base/file.h"
#include "parquet/reader.h"

const fct_entry_field fct_entry_fields[FCT_ENTRY_FIELDS] = {
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

uint64_t fct_entry_digest(fct_digest *digest, const fct_cache_label *label, const void *columns,
                          size_t n_bytes)
{
    assert(label->key && label->source);
    fct_digest_restart(digest);
    fct_digest_add(digest, label->key, strlen(label->key) + 1);
    fct_digest_add(digest, label->source, strlen(label->source) + 1);
    fct_digest_add(digest, label->has_side ? "1" : "0", 1);
    fct_digest_add(digest, columns, n_bytes);
    return fct_digest_value(digest);
}

bool fct_entry_parse_digest(const char *text, uint64_t *digest)
{
    char *end;
    *digest = strtoull(text, &end, 16);
    return strlen(text) == FCT_DIGEST_TEXT - 1 && !*end;
}

fct_status fct_entry_damaged(const char *path, const char *why, fct_error *err)
{
    return fct_error_set(err, FCT_ERROR_INTEGRITY, "the cache entry %s is damaged: %s", path, why);
}

fct_status fct_entry_as_damage(fct_status status, fct_error *err)
{
    if (status == FCT_ERROR_DATA || status == FCT_ERROR_UNSUPPORTED || status == FCT_ERROR_LIMIT)
        status = FCT_ERROR_INTEGRITY;
    if (err && status == FCT_ERROR_INTEGRITY)
        err->status = status;
    return status;
}

fct_status fct_entry_check(const fct_parquet_metadata *footer, const char *path,
                           const fct_cache_label *wanted, fct_cache_label *found, fct_error *err)
{
    const char *side = fct_parquet_metadata_value(footer, FCT_ENTRY_SIDE);
    found->key = fct_parquet_metadata_value(footer, FCT_ENTRY_KEY);
    found->source = fct_parquet_metadata_value(footer, FCT_ENTRY_SOURCE);
    if (!found->key || !side || !found->source ||
        !fct_parquet_metadata_value(footer, FCT_ENTRY_DIGEST) ||
        !fct_parquet_metadata_value(footer, FCT_ENTRY_DIGEST_REST))
        return fct_entry_damaged(path, "it does not say what it is of", err);
    found->has_side = strcmp(side, "1") == 0;
    if (wanted->key && strcmp(found->key, wanted->key) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "%s is of other bars", path);
    if (wanted->source && strcmp(found->source, wanted->source) != 0)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the source of %s has changed", path);
    if (footer->n_rows < 0 || footer->n_rows > FCT_ENTRY_MAX_BARS)
        return fct_entry_damaged(path, "its number of bars is none", err);
    return FCT_OK;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

/* One field of all bars, side by side. */
static void gather(const fct_bar_array *bars, size_t field, char *column)
{
    for (size_t i = 0; i < bars->n_bars; i++)
        memcpy(column + i * FCT_FIELD_BYTES,
               (const char *)&bars->bars[i] + fct_entry_fields[field].offset, FCT_FIELD_BYTES);
}

static fct_status write_columns(int fd, const char *path, const fct_cache_label *label,
                                const char *columns, size_t n_bars, fct_error *err)
{
    static const size_t sorting = 0;
    char digest[FCT_DIGEST_TEXT];
    char rest[FCT_DIGEST_TEXT];
    size_t n_first = FCT_ENTRY_COLUMNS * n_bars * FCT_FIELD_BYTES;
    size_t n_rest = (FCT_ENTRY_FIELDS - FCT_ENTRY_COLUMNS) * n_bars * FCT_FIELD_BYTES;
    const char *metadata[] = {FCT_ENTRY_KEY,         label->key,
                              FCT_ENTRY_SOURCE,      label->source,
                              FCT_ENTRY_SIDE,        label->has_side ? "1" : "0",
                              FCT_ENTRY_DIGEST,      digest,
                              FCT_ENTRY_DIGEST_REST, rest};
    const fct_parquet_options options = {.sorting_columns = &sorting,
                                         .n_sorting_columns = 1,
                                         .n_plain_columns = FCT_ENTRY_COLUMNS,
                                         .row_group_rows = n_bars ? (int64_t)n_bars : 1,
                                         .metadata = metadata,
                                         .n_metadata = sizeof metadata / sizeof *metadata / 2};
    fct_parquet_column description[FCT_ENTRY_FIELDS];
    fct_parquet_values values[FCT_ENTRY_FIELDS];
    fct_digest *work = fct_digest_new();
    if (!work)
        return fct_error_memory(err, 1);
    snprintf(digest, sizeof digest, "%016" PRIx64, fct_entry_digest(work, label, columns, n_first));
    snprintf(rest, sizeof rest, "%016" PRIx64,
             fct_entry_digest(work, label, columns + n_first, n_rest));
    fct_digest_free(work);
    for (size_t i = 0; i < FCT_ENTRY_FIELDS; i++) {
        description[i] = (fct_parquet_column){.name = fct_entry_fields[i].name,
                                              .type = fct_entry_fields[i].type};
        values[i] = (fct_parquet_values){.values = columns + i * n_bars * FCT_FIELD_BYTES};
    }
    fct_parquet_writer *writer;
    FCT_TRY(
        fct_parquet_writer_open(&writer, fd, path, description, FCT_ENTRY_FIELDS, &options, err));
    fct_status status = fct_parquet_writer_write(writer, values, (int64_t)n_bars, err);
    if (status == FCT_OK)
        status = fct_parquet_writer_close(writer, NULL, err);
    fct_parquet_writer_free(writer);
    return status;
}

/* Room for all columns of an entry, in the budget of its bars: the columns, and what the file's pages take beside them. */
static fct_status columns_new(const fct_bar_array *bars, size_t n_bars, char **columns,
                              size_t *n_bytes, fct_error *err)
{
    *n_bytes = 2 * n_bars * FCT_ENTRY_FIELDS * FCT_FIELD_BYTES + 1;
    if (bars->job)
        FCT_TRY(fct_job_memory_hold(bars->job, *n_bytes, "cached bars", err));
    *columns = malloc(n_bars * FCT_ENTRY_FIELDS * FCT_FIELD_BYTES + 1);
    if (*columns)
        return FCT_OK;
    if (bars->job)
        fct_job_memory_give(bars->job, *n_bytes);
    return fct_error_memory(err, *n_bytes);
}

static void columns_free(const fct_bar_array *bars, char *columns, size_t n_bytes)
{
    free(columns);
    if (bars->job)
        fct_job_memory_give(bars->job, n_bytes);
}

fct_status fct_cache_entry_write(const char *path, const fct_cache_label *label,
                                 const fct_bar_array *bars, fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    fct_status status;
    char *columns;
    size_t n_bytes;
    FCT_TRY(columns_new(bars, bars->n_bars, &columns, &n_bytes, err));
    for (size_t i = 0; i < FCT_ENTRY_FIELDS; i++)
        gather(bars, i, columns + i * bars->n_bars * FCT_FIELD_BYTES);
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    FCT_TRY_OUT(write_columns(file.fd, path, label, columns, bars->n_bars, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    columns_free(bars, columns, n_bytes);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

typedef struct entry {
    const fct_parquet_file *file;
    const char *path;
    fct_cache_label label; /* key and source are the file's */
    size_t n_bars;
} entry;

static fct_status read_column(const entry *e, size_t field, char *out, fct_error *err)
{
    size_t column = fct_parquet_file_find(e->file, fct_entry_fields[field].name);
    if (column == SIZE_MAX)
        return fct_entry_damaged(e->path, "it lacks a column", err);
    fct_parquet_cursor *cursor;
    FCT_TRY(fct_parquet_cursor_open(
        &cursor, e->file, column,
        fct_entry_fields[field].type == FCT_PARQUET_INT64 ? FCT_READ_INT64 : FCT_READ_DOUBLE, err));
    fct_status status;
    size_t n = 0;
    for (;;) {
        const void *values;
        const uint8_t *validity;
        int64_t n_rows;
        FCT_TRY_OUT(fct_parquet_cursor_peek(cursor, &values, &validity, &n_rows, err));
        if (!n_rows)
            break;
        if (validity || (size_t)n_rows > e->n_bars - n) {
            status = fct_entry_damaged(e->path, "its columns differ in length", err);
            goto out;
        }
        memcpy(out + n * FCT_FIELD_BYTES, values, (size_t)n_rows * FCT_FIELD_BYTES);
        n += (size_t)n_rows;
        fct_parquet_cursor_skip(cursor, n_rows);
    }
    if (n != e->n_bars)
        status = fct_entry_damaged(e->path, "its columns differ in length", err);
out:
    fct_parquet_cursor_free(cursor);
    return status;
}

/* Columns [first, end), one behind the other, as their digest says that they are. */
static fct_status read_columns(const entry *e, size_t first, size_t end, const char *digest_key,
                               char *out, fct_error *err)
{
    uint64_t recorded;
    size_t n_bytes = e->n_bars * FCT_FIELD_BYTES;
    for (size_t i = first; i < end; i++)
        FCT_TRY(read_column(e, i, out + (i - first) * n_bytes, err));
    fct_digest *digest = fct_digest_new();
    if (!digest)
        return fct_error_memory(err, 1);
    uint64_t found = fct_entry_digest(digest, &e->label, out, (end - first) * n_bytes);
    fct_digest_free(digest);
    if (!fct_entry_parse_digest(fct_parquet_file_value(e->file, digest_key), &recorded) ||
        found != recorded)
        return fct_entry_damaged(e->path, "its digest does not hold", err);
    return FCT_OK;
}

/* All of it, as bars that can still be added up. */
static fct_status read_bars(const entry *e, int64_t interval_us, char *columns, fct_bar_array *bars,
                            fct_error *err)
{
    size_t n_bars = e->n_bars;
    size_t n_bytes = n_bars * FCT_FIELD_BYTES;
    FCT_TRY(read_columns(e, 0, FCT_ENTRY_COLUMNS, FCT_ENTRY_DIGEST, columns, err));
    FCT_TRY(read_columns(e, FCT_ENTRY_COLUMNS, FCT_ENTRY_FIELDS, FCT_ENTRY_DIGEST_REST,
                         columns + FCT_ENTRY_COLUMNS * n_bytes, err));
    if (n_bars)
        memset(bars->bars, 0, n_bars * sizeof *bars->bars);
    for (size_t field = 0; field < FCT_ENTRY_FIELDS; field++)
        for (size_t i = 0; i < n_bars; i++)
            memcpy((char *)&bars->bars[i] + fct_entry_fields[field].offset,
                   columns + field * n_bytes + i * FCT_FIELD_BYTES, FCT_FIELD_BYTES);
    for (size_t i = 0; i < n_bars; i++)
        bars->bars[i].end_us = bars->bars[i].start_us + interval_us;
    bars->n_bars = n_bars;
    return FCT_OK;
}

fct_status fct_cache_entry_read(const char *path, fct_cache_label *label, int64_t interval_us,
                                fct_bar_array *bars, fct_error *err)
{
    fct_parquet_file *file = NULL;
    char *columns = NULL;
    size_t n_bytes;
    bool lacks_room = false;
    fct_status status;
    if (!fct_file_exists(path))
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "there is no %s", path);
    FCT_TRY_OUT(fct_parquet_file_open(&file, path, err));
    const fct_parquet_metadata *footer = fct_parquet_file_metadata(file);
    entry e = {.file = file, .path = path};
    FCT_TRY_OUT(fct_entry_check(footer, path, label, &e.label, err));
    e.n_bars = (size_t)footer->n_rows;
    lacks_room = true;
    FCT_TRY_OUT(columns_new(bars, e.n_bars, &columns, &n_bytes, err));
    FCT_TRY_OUT(fct_bar_array_reserve(bars, e.n_bars, err));
    lacks_room = false;
    status = read_bars(&e, interval_us, columns, bars, err);
    label->has_side = e.label.has_side;
out:
    if (columns)
        columns_free(bars, columns, n_bytes);
    fct_parquet_file_close(file);
    if (status != FCT_OK)
        fct_bar_array_free(bars);
    return lacks_room ? status : fct_entry_as_damage(status, err);
}
