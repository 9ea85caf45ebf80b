#include "bars/cache_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"

/* Before the records. */
typedef struct index_header {
    char magic[8];
    uint64_t digest; /* of the records */
} index_header;

static const char magic[8] = {'F', 'C', 'T', 'I', 'N', 'D', 'X', '1'};

enum { MAX_INDEX_BYTES = 1 << 26, MAX_BARS = 1 << 27 };

/* The digest tells what was damaged; this, what nobody may believe. */
static bool is_sound(const fct_cache_record *records, size_t n_records)
{
    for (size_t i = 0; i < n_records; i++)
        if ((i && records[i].day <= records[i - 1].day) || records[i].offset < 0 ||
            records[i].n_bars > MAX_BARS || records[i].has_side > 1)
            return false;
    return true;
}

fct_status fct_cache_index_parse(const void *bytes, size_t n_bytes, fct_cache_index *out,
                                 fct_error *err)
{
    index_header header;
    *out = (fct_cache_index){0};
    if (n_bytes <= sizeof header || (n_bytes - sizeof header) % sizeof *out->records)
        return FCT_OK;
    const char *behind = (const char *)bytes + sizeof header;
    n_bytes -= sizeof header;
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0 ||
        fct_digest_of(behind, n_bytes) != header.digest)
        return FCT_OK;
    fct_cache_record *records = malloc(n_bytes);
    if (!records)
        return fct_error_memory(err, n_bytes);
    memcpy(records, behind, n_bytes);
    if (is_sound(records, n_bytes / sizeof *records))
        *out = (fct_cache_index){records, n_bytes / sizeof *records};
    else
        free(records);
    return FCT_OK;
}

fct_status fct_cache_index_read(const char *path, fct_cache_index *out, fct_error *err)
{
    char *bytes;
    size_t n_bytes;
    fct_error reason;
    *out = (fct_cache_index){0};
    fct_status status = fct_file_read(path, MAX_INDEX_BYTES, &bytes, &n_bytes, &reason);
    if (status == FCT_ERROR_MEMORY)
        return fct_error_set(err, status, "%s", reason.message);
    if (status != FCT_OK)
        return FCT_OK;
    status = fct_cache_index_parse(bytes, n_bytes, out, err);
    free(bytes);
    return status;
}

void fct_cache_index_free(fct_cache_index *index)
{
    free(index->records);
    *index = (fct_cache_index){0};
}

const fct_cache_record *fct_cache_index_find(const fct_cache_index *index, int64_t day)
{
    size_t low = 0;
    size_t high = index->n_records;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->records[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->n_records && index->records[low].day == day ? &index->records[low] : NULL;
}

fct_status fct_cache_index_write(const char *path, const fct_cache_index *index,
                                 const fct_cache_record *records, size_t n_records, fct_error *err)
{
    size_t n_room = index->n_records + n_records;
    size_t n_bytes = sizeof(index_header) + n_room * sizeof *records;
    fct_atomic_file file = {.fd = -1};
    fct_status status;
    char *bytes = malloc(n_bytes);
    if (!bytes)
        return fct_error_memory(err, n_bytes);
    fct_cache_record *all = (fct_cache_record *)(void *)(bytes + sizeof(index_header));
    size_t n = 0;
    for (size_t i = 0, j = 0; i < index->n_records || j < n_records; n++) {
        bool is_new =
            j < n_records && (i == index->n_records || records[j].day <= index->records[i].day);
        i += is_new && i < index->n_records && records[j].day == index->records[i].day;
        all[n] = is_new ? records[j++] : index->records[i++];
    }
    n_bytes = n * sizeof *all;
    index_header header = {.digest = fct_digest_of(all, n_bytes)};
    memcpy(header.magic, magic, sizeof magic);
    memcpy(bytes, &header, sizeof header);
    FCT_TRY_OUT(fct_atomic_file_open(&file, path, err));
    file.unsynced = true;
    FCT_TRY_OUT(fct_fd_write(file.fd, bytes, sizeof header + n_bytes, path, err));
    status = fct_atomic_file_commit(&file, err);
out:
    fct_atomic_file_abort(&file);
    free(bytes);
    return status;
}

fct_status fct_cache_index_remove(const char *entry_path, fct_error *err)
{
    fct_text path = {0};
    size_t n_folder = (size_t)(fct_path_name(entry_path) - entry_path);
    fct_status status = fct_text_append(&path, entry_path, n_folder, err);
    if (status == FCT_OK)
        status = fct_text_append_format(&path, err, "%s", FCT_CACHE_INDEX_NAME);
    if (status == FCT_OK)
        status = fct_file_remove(path.data, err);
    fct_text_free(&path);
    return status;
}
