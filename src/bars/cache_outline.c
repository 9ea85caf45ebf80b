/* The finished bars of an entry: counted by its footer, read when there is a place for them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bars/cache_fields.h"
#include "bars/cache_index.h"
#include "parquet/chunk.h"
#include "parquet/reader.h"

/* Longer than those of pages that we write. */
enum { MAX_HEADER_BYTES = 64 };

struct fct_cache_outline {
    size_t n_bars;
    fct_cache_label label; /* its texts lie behind the path's */
    uint64_t digest;
    int64_t offset; /* of the first column's page */
    uint8_t header_bytes[FCT_ENTRY_COLUMNS];
    char path[];
};

/* ---- The footer ------------------------------------------------------------------------------- */

/* Of an entry as we write it: a page a column, of values as they are, one behind the other. */
static bool is_as_written(const fct_parquet_metadata *footer, size_t column, size_t field)
{
    bool is_whole = fct_entry_fields[field].type == FCT_PARQUET_INT64;
    const fct_parquet_leaf *leaf = &footer->leaves[column];
    return strcmp(leaf->name, fct_entry_fields[field].name) == 0 &&
           leaf->physical == (is_whole ? FCT_PHYSICAL_INT64 : FCT_PHYSICAL_DOUBLE) &&
           leaf->meaning == FCT_MEANS_VALUE && !leaf->optional && !leaf->is_nested &&
           footer->chunks[column].codec == 0;
}

/* Where the columns lie. */
static fct_status find_columns(fct_cache_outline *o, const fct_parquet_metadata *footer,
                               fct_error *err)
{
    int64_t n_values = (int64_t)(o->n_bars * FCT_FIELD_BYTES);
    if (!o->n_bars)
        return FCT_OK;
    bool fits = footer->n_row_groups == 1 && footer->n_leaves == FCT_ENTRY_FIELDS;
    int64_t next = fits ? footer->chunks[0].offset : 0;
    o->offset = next;
    for (size_t i = 0; fits && i < FCT_ENTRY_COLUMNS; i++) {
        const fct_parquet_chunk_info *chunk = &footer->chunks[i];
        int64_t n_header = chunk->n_bytes - n_values;
        fits = is_as_written(footer, i, i) && chunk->offset == next && n_header > 0 &&
               n_header <= MAX_HEADER_BYTES;
        o->header_bytes[i] = fits ? (uint8_t)n_header : 0;
        next += chunk->n_bytes;
    }
    return fits ? FCT_OK : fct_entry_damaged(o->path, "it is not as it was written", err);
}

/* Room for an outline, with copies of its texts. */
static fct_status new_outline(fct_cache_outline **out, const char *path,
                              const fct_cache_label *label, fct_error *err)
{
    size_t n_path = strlen(path) + 1;
    size_t n_key = strlen(label->key) + 1;
    size_t n_source = strlen(label->source) + 1;
    fct_cache_outline *o = calloc(1, sizeof *o + n_path + n_key + n_source);
    *out = o;
    if (!o)
        return fct_error_memory(err, sizeof *o + n_path + n_key + n_source);
    memcpy(o->path, path, n_path);
    memcpy(o->path + n_path, label->key, n_key);
    memcpy(o->path + n_path + n_key, label->source, n_source);
    o->label = (fct_cache_label){o->path + n_path, o->path + n_path + n_key, label->has_side};
    return FCT_OK;
}

static fct_status make_outline(fct_cache_outline **out, const fct_parquet_metadata *footer,
                               const char *path, const fct_cache_label *label, fct_error *err)
{
    FCT_TRY(new_outline(out, path, label, err));
    fct_cache_outline *o = *out;
    o->n_bars = (size_t)footer->n_rows;
    fct_status status =
        fct_entry_parse_digest(fct_parquet_metadata_value(footer, FCT_ENTRY_DIGEST), &o->digest)
            ? find_columns(o, footer, err)
            : fct_entry_damaged(path, "its digest is none", err);
    if (status != FCT_OK) {
        free(o);
        *out = NULL;
    }
    return status;
}

fct_status fct_cache_outline_read(fct_cache_outline **out, const char *path,
                                  const fct_cache_label *label, fct_error *err)
{
    fct_parquet_metadata footer;
    fct_cache_label found;
    fct_status status;
    *out = NULL;
    FCT_TRY_OUT(fct_parquet_footer_read(&footer, path, err));
    FCT_TRY_OUT(fct_entry_check(&footer, path, label, &found, err));
    status = make_outline(out, &footer, path, &found, err);
out:
    fct_parquet_metadata_free(&footer);
    return fct_entry_as_damage(status, err);
}

/* ---- The record ------------------------------------------------------------------------------- */

void fct_cache_outline_record(const fct_cache_outline *o, int64_t day, fct_cache_record *record)
{
    *record = (fct_cache_record){
        .day = day,
        .source = fct_digest_of(o->label.source, strlen(o->label.source)),
        .digest = o->digest,
        .offset = o->offset,
        .n_bars = (uint32_t)o->n_bars,
        .has_side = o->label.has_side,
    };
    memcpy(record->header_bytes, o->header_bytes, sizeof record->header_bytes);
}

fct_status fct_cache_outline_of(fct_cache_outline **out, const char *path,
                                const fct_cache_label *label, const fct_cache_record *record,
                                fct_error *err)
{
    *out = NULL;
    if (record->source != fct_digest_of(label->source, strlen(label->source)))
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the source of %s has changed", path);
    FCT_TRY(new_outline(out, path, label, err));
    fct_cache_outline *o = *out;
    o->label.has_side = record->has_side;
    o->n_bars = record->n_bars;
    o->digest = record->digest;
    o->offset = record->offset;
    memcpy(o->header_bytes, record->header_bytes, sizeof o->header_bytes);
    return FCT_OK;
}

void fct_cache_outline_free(fct_cache_outline *outline)
{
    free(outline);
}

size_t fct_cache_outline_n_bars(const fct_cache_outline *outline)
{
    return outline->n_bars;
}

bool fct_cache_outline_has_side(const fct_cache_outline *outline)
{
    return outline->label.has_side;
}

/* ---- The columns ------------------------------------------------------------------------------ */

/*
 * One call puts each column where it belongs, and each page's header aside. Whether the headers are what they should be does
 * not matter: the digest tells whether the values are.
 */
static fct_status read_columns(const fct_cache_outline *o, int fd, char *columns, fct_error *err)
{
    uint8_t headers[FCT_ENTRY_COLUMNS][UINT8_MAX];
    struct iovec parts[2 * FCT_ENTRY_COLUMNS];
    size_t n_values = o->n_bars * FCT_FIELD_BYTES;
    size_t n_all = 0;
    for (size_t i = 0; i < FCT_ENTRY_COLUMNS; i++) {
        parts[2 * i] = (struct iovec){headers[i], o->header_bytes[i]};
        parts[2 * i + 1] = (struct iovec){columns + i * n_values, n_values};
        n_all += o->header_bytes[i] + n_values;
    }
    ssize_t n_read;
    do
        n_read = preadv(fd, parts, 2 * FCT_ENTRY_COLUMNS, o->offset);
    while (n_read < 0 && errno == EINTR);
    return n_read == (ssize_t)n_all ? FCT_OK : fct_entry_damaged(o->path, "it is cut off", err);
}

/* The file may be another by now, or the record of it wrong: then its digest tells. */
fct_status fct_cache_outline_columns(const fct_cache_outline *o, fct_digest *digest, void *columns,
                                     fct_error *err)
{
    size_t n_bytes = FCT_ENTRY_COLUMNS * o->n_bars * FCT_FIELD_BYTES;
    if (!o->n_bars)
        return FCT_OK;
    int fd = open(o->path, O_RDONLY | O_CLOEXEC);
    fct_status status = fd >= 0 ? read_columns(o, fd, columns, err)
                                : fct_entry_damaged(o->path, strerror(errno), err);
    if (fd >= 0)
        close(fd);
    if (status == FCT_OK && fct_entry_digest(digest, &o->label, columns, n_bytes) != o->digest)
        status = fct_entry_damaged(o->path, "its digest does not hold", err);
    if (status != FCT_OK)
        (void)!fct_cache_index_remove(o->path, NULL);
    return status;
}
