/* From streams to panels. */
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "panel/from_bars.h"
#include "panel/rows.h"
#include "store/sql.h"

static fct_status from_stream(struct ArrowArrayStream *stream, fct_job *job, fct_panel **out,
                              fct_error *err)
{
    fct_panel_rows rows = {.job = job};
    fct_status status = fct_panel_rows_read(&rows, stream, err);
    if (status == FCT_OK)
        status = fct_panel_from_rows(&rows, out, err);
    fct_panel_rows_free(&rows);
    return status;
}

fct_status fct_panel_from_stream(struct ArrowArrayStream *stream, const fct_run *run,
                                 fct_panel **out, fct_error *err)
{
    fct_job job;
    *out = NULL;
    fct_status status = fct_job_start(&job, run, err);
    if (status != FCT_OK) {
        stream->release(stream);
        return status;
    }
    status = from_stream(stream, &job, out, err);
    fct_job_end(&job);
    return status;
}

/* Time bars without gaps to fill go straight into tiles; others by way of a stream. */
static fct_status load(fct_bars_output *output, fct_job *job, fct_panel **out, fct_error *err)
{
    struct ArrowArrayStream stream;
    if (output->by_time && !output->fill_previous)
        return fct_panel_from_bars(output, job, out, err);
    FCT_TRY(fct_bars_stream(output, &stream, err));
    *output = (fct_bars_output){0};
    return from_stream(&stream, job, out, err);
}

/* With `cached`, files of the cache go into the panel as they are, where all of them are there. */
static fct_status collect_and_load(const fct_bars_request *request, fct_job *job,
                                   fct_cached_days *cached, fct_panel **out, fct_error *err)
{
    fct_bars_output output;
    fct_status status = fct_bars_collect(request, job, cached, &output, err);
    if (status == FCT_OK || status == FCT_ERROR_PARTIAL) {
        fct_status made = cached && cached->n_symbols
                              ? fct_panel_from_cached(&output, cached, job, out, err)
                              : load(&output, job, out, err);
        status = made == FCT_OK ? status : made;
        fct_bars_output_free(&output);
    }
    return status;
}

fct_status fct_load_bars(const fct_bars_request *request, const fct_run *run, fct_panel **out,
                         fct_error *err)
{
    fct_cached_days cached = {0};
    fct_error why = {0};
    fct_job job;
    *out = NULL;
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status = collect_and_load(request, &job, &cached, out, &why);
    bool was_cached = cached.n_symbols;
    fct_cached_days_free(&cached, &job);
    /* A broken entry shows late, and is made again; so do limits that only the long way keeps. */
    if (was_cached && (status == FCT_ERROR_INTEGRITY || status == FCT_ERROR_LIMIT))
        status = collect_and_load(request, &job, NULL, out, err);
    else if (err)
        *err = why;
    fct_job_end(&job);
    return status;
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* All rows are looked at before a column of a CSV file gets its type, so that no late one contradicts. */
static const struct {
    const char *suffix, *query;
} file_kinds[] = {
    {".parquet", "SELECT * FROM read_parquet($1, hive_partitioning = false)"},
    {".csv", "SELECT * FROM read_csv($1, header = true, sample_size = -1)"},
    {".csv.gz", "SELECT * FROM read_csv($1, header = true, sample_size = -1)"},
};

static const char *query_of(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof file_kinds / sizeof *file_kinds; i++) {
        size_t n_suffix = strlen(file_kinds[i].suffix);
        if (n > n_suffix && strcasecmp(path + n - n_suffix, file_kinds[i].suffix) == 0)
            return file_kinds[i].query;
    }
    return NULL;
}

fct_status fct_panel_read(const char *path, const fct_run *run, fct_panel **out, fct_error *err)
{
    struct ArrowArrayStream stream;
    fct_file_info info;
    fct_text pattern = {0};
    fct_sql *sql;
    fct_status status;
    *out = NULL;
    FCT_TRY(fct_file_stat(path, &info, err));
    const char *query = query_of(path);
    if (!query || info.is_folder)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is no panel: one is read from a file in .parquet or .csv", path);
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, path, err));
    FCT_TRY_OUT(
        fct_sql_open(&sql, run ? run->memory_limit_bytes / 2 : 0, run ? run->temp_dir : NULL, err));
    const char *parameter = fct_text_get(&pattern);
    FCT_TRY_OUT(fct_sql_stream(sql, query, &parameter, 1, path, run, &stream, err));
    status = fct_panel_from_stream(&stream, run, out, err);
    if (status == FCT_ERROR_DATA)
        fct_error_prefix(err, "%s", path);
out:
    fct_text_free(&pattern);
    return status;
}
