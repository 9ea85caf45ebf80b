#include "store/day_writer.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/vector.h"
#include "store/day_file.h"
#include "store/duplicates.h"

struct fct_day_writer {
    const fct_archive_schema *schema;
    char *folder;
    fct_duplicates seen; /* the rows of the last key */
    bool started;
    int64_t last_time_us, last_id;

    fct_day_output output; /* of files[n_files - 1] */
    fct_day_file *files;
    size_t n_files, capacity;
    int64_t n_duplicates;
};

size_t fct_day_writer_bytes(const fct_exchange_column *columns, size_t n_columns)
{
    return sizeof(fct_day_writer) + fct_day_output_bytes(columns, n_columns);
}

fct_status fct_day_file_path(fct_text *out, const char *folder, int64_t day, fct_error *err)
{
    char date[11];
    fct_date_format(day, date);
    return fct_text_append_format(out, err, "%s/%s.parquet", folder, date);
}

fct_status fct_day_writer_open(fct_day_writer **out, const fct_archive_schema *schema,
                               const fct_row_identity *identity, const char *folder, fct_error *err)
{
    *out = NULL;
    fct_day_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return fct_error_memory(err, sizeof *writer);
    *writer =
        (fct_day_writer){.schema = schema, .seen = {.identity = *identity}, .output = {.fd = -1}};
    writer->folder = fct_text_copy(folder);
    if (!writer->folder) {
        free(writer);
        return fct_error_memory(err, 0);
    }
    *out = writer;
    return FCT_OK;
}

static fct_status day_close(fct_day_writer *writer, fct_error *err)
{
    if (writer->output.fd < 0)
        return FCT_OK;
    return fct_day_output_close(&writer->output, &writer->files[writer->n_files - 1].mark, err);
}

static fct_status day_open(fct_day_writer *writer, int64_t day, fct_error *err)
{
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(day_close(writer, err));
    if (writer->n_files == writer->capacity) {
        size_t capacity = writer->capacity ? 2 * writer->capacity : 2;
        fct_day_file *files = realloc(writer->files, capacity * sizeof *files);
        if (!files) {
            status = fct_error_memory(err, capacity * sizeof *files);
            goto out;
        }
        writer->files = files;
        writer->capacity = capacity;
    }
    FCT_TRY_OUT(fct_day_file_path(&path, writer->folder, day, err));
    FCT_TRY_OUT(fct_day_output_open(&writer->output, path.data, writer->schema, err));
    writer->files[writer->n_files++] = (fct_day_file){.day = day};
out:
    fct_text_free(&path);
    return status;
}

/* The first of the ordered rows [first, end) whose time is at least `time_us`. */
static int64_t first_from(const int64_t *times, int64_t first, int64_t end, int64_t time_us)
{
    while (first < end) {
        int64_t middle = first + (end - first) / 2;
        if (times[middle] < time_us)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Rows [first, end), in order and without duplicates, to the files of their days. */
static fct_status rows_write(fct_day_writer *writer, const fct_archive_block *rows, int64_t first,
                             int64_t end, fct_error *err)
{
    const int64_t *times = rows->time_us;
    while (first < end) {
        int64_t day = fct_floor_div(times[first], FCT_US_PER_DAY);
        int64_t next_day_us = (day + 1) * FCT_US_PER_DAY;
        int64_t day_end =
            times[end - 1] < next_day_us ? end : first_from(times, first, end, next_day_us);
        if (!writer->n_files || writer->files[writer->n_files - 1].day != day)
            FCT_TRY(day_open(writer, day, err));
        FCT_TRY(fct_day_output_write(&writer->output, rows, first, day_end - first, err));
        fct_day_file *file = &writer->files[writer->n_files - 1];
        if (!file->n_rows)
            file->first_time_us = times[first];
        file->last_time_us = times[day_end - 1];
        file->n_rows += day_end - first;
        first = day_end;
    }
    return FCT_OK;
}

/* Whether each of `n` rows comes behind the one before it, the first one behind the row before them. */
FCT_CLONES static bool all_behind(const int64_t *times, const int64_t *ids, int64_t n)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= (int64_t)(times[i] < times[i - 1]) |
               ((int64_t)(times[i] == times[i - 1]) & (int64_t)(ids[i] <= ids[i - 1]));
    return !bad;
}

/* The end of the rows from `first` on of which each comes behind the one before it. */
static int64_t ordered_end(const int64_t *times, const int64_t *ids, bool may_repeat, int64_t first,
                           int64_t n_rows)
{
    enum { BLOCK = 256 };
    int64_t i = first + 1;
    while (ids && i + BLOCK <= n_rows && all_behind(times + i, ids + i, BLOCK))
        i += BLOCK;
    if (ids)
        while (i < n_rows &&
               ((times[i] > times[i - 1]) | ((times[i] == times[i - 1]) & (ids[i] > ids[i - 1]))))
            i++;
    else if (may_repeat)
        while (i < n_rows && times[i] >= times[i - 1])
            i++;
    else
        while (i < n_rows && times[i] > times[i - 1])
            i++;
    return i;
}

fct_status fct_day_writer_add(fct_day_writer *writer, const fct_archive_block *rows, bool *in_order,
                              fct_error *err)
{
    const fct_archive_schema *schema = writer->schema;
    const int64_t *times = rows->time_us;
    const int64_t *ids = fct_rows_id(schema, rows);
    bool counts_once = writer->seen.identity.exists;
    *in_order = true;
    for (int64_t i = 0; i < rows->n_rows;) {
        int64_t id = ids ? ids[i] : 0;
        if (writer->started && (times[i] < writer->last_time_us ||
                                (times[i] == writer->last_time_us && id < writer->last_id))) {
            *in_order = false;
            return FCT_OK;
        }
        bool same_key =
            writer->started && times[i] == writer->last_time_us && id == writer->last_id;
        int64_t end = i + 1;
        if (counts_once && same_key) {
            bool is_duplicate;
            FCT_TRY(fct_duplicates_check(&writer->seen, schema, rows, i, &is_duplicate, err));
            writer->n_duplicates += is_duplicate;
            if (!is_duplicate)
                FCT_TRY(rows_write(writer, rows, i, end, err));
        } else {
            end = ordered_end(times, ids, !counts_once, i, rows->n_rows);
            FCT_TRY(rows_write(writer, rows, i, end, err));
            if (counts_once)
                FCT_TRY(fct_duplicates_start(&writer->seen, schema, rows, end - 1, err));
        }
        writer->started = true;
        writer->last_time_us = times[end - 1];
        writer->last_id = ids ? ids[end - 1] : 0;
        i = end;
    }
    return FCT_OK;
}

fct_status fct_day_writer_close(fct_day_writer *writer, fct_day_file **files, size_t *n_files,
                                int64_t *n_duplicates, fct_error *err)
{
    FCT_TRY(day_close(writer, err));
    *files = writer->files;
    *n_files = writer->n_files;
    *n_duplicates = writer->n_duplicates;
    writer->files = NULL;
    writer->n_files = 0;
    return FCT_OK;
}

void fct_day_writer_free(fct_day_writer *writer)
{
    if (!writer)
        return;
    fct_day_output_free(&writer->output);
    fct_duplicates_free(&writer->seen);
    free(writer->files);
    free(writer->folder);
    free(writer);
}
