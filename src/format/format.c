#include "format/format.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

static const struct {
    fct_format format;
    const char *name;
    const char *suffixes[4];
    fct_format_write write;
} formats[] = {
    {FCT_FORMAT_CSV, "csv", {".csv"}, fct_format_write_csv},
    {FCT_FORMAT_JSON, "json", {".json"}, fct_format_write_json},
    {FCT_FORMAT_PARQUET, "parquet", {".parquet", ".pq"}, fct_format_write_parquet},
    {FCT_FORMAT_ARROW, "arrow", {".arrow", ".feather", ".ipc"}, fct_format_write_arrow},
    {FCT_FORMAT_TABLE, "table", {".txt"}, fct_format_write_table},
};

enum { N_FORMATS = sizeof formats / sizeof *formats };

static bool has_suffix(const char *text, const char *suffix)
{
    size_t n_text = strlen(text);
    size_t n_suffix = strlen(suffix);
    return n_text > n_suffix && strcasecmp(text + n_text - n_suffix, suffix) == 0;
}

static bool names_format(const char *text, size_t i)
{
    if (strcasecmp(text, formats[i].name) == 0)
        return true;
    for (size_t k = 0; k < 4 && formats[i].suffixes[k]; k++)
        if (has_suffix(text, formats[i].suffixes[k]))
            return true;
    return false;
}

fct_status fct_format_parse(const char *text, fct_format *format, fct_error *err)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (names_format(text, i)) {
            *format = formats[i].format;
            return FCT_OK;
        }
    char shown[80];
    return fct_error_set(err, FCT_ERROR_ARGUMENT,
                         "\"%s\" names no format: there are csv, json, parquet, arrow and table "
                         "(suffixes .csv .json .parquet .pq .arrow .feather .ipc .txt)",
                         fct_text_quote(text, strlen(text), shown, sizeof shown));
}

fct_status fct_format_each_batch(fct_arrow_reader *reader, fct_output *out, fct_format_batch batch,
                                 void *context, fct_error *err)
{
    size_t n_fields;
    fct_arrow_reader_fields(reader, &n_fields);
    fct_arrow_view *views = calloc(n_fields + 1, sizeof *views);
    if (!views)
        return fct_error_memory(err, (n_fields + 1) * sizeof *views);
    fct_status status;
    for (;;) {
        int64_t n_rows;
        FCT_TRY_OUT(fct_job_check(out->job, err));
        FCT_TRY_OUT(fct_arrow_reader_next(reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        FCT_TRY_OUT(batch(views, n_rows, context, err));
        out->n_rows += n_rows;
    }
out:
    free(views);
    return status;
}

static fct_format_write writer_of(fct_format format)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (formats[i].format == format)
            return formats[i].write;
    return NULL;
}

/* Takes the stream over. */
static fct_status write_stream(struct ArrowArrayStream *stream, int fd, const char *path,
                               fct_format format, const fct_run *run, int64_t *n_rows,
                               fct_error *err)
{
    fct_format_write write = writer_of(format);
    if (!write) {
        stream->release(stream);
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "%d is no format", (int)format);
    }
    fct_arrow_reader *reader;
    FCT_TRY(fct_arrow_reader_open(&reader, stream, err));
    fct_job job;
    fct_status status = fct_job_start(&job, run, err);
    if (status != FCT_OK) {
        fct_arrow_reader_free(reader);
        return status;
    }
    fct_output out = {.fd = fd, .path = path, .job = &job};
    FCT_TRY_OUT(write(reader, &out, err));
    FCT_TRY_OUT(fct_output_flush(&out, err));
    if (n_rows)
        *n_rows = out.n_rows;
out:
    fct_output_free(&out);
    fct_arrow_reader_free(reader);
    fct_job_end(&job);
    return status;
}

fct_status fct_write_fd(struct ArrowArrayStream *stream, int fd, fct_format format,
                        const fct_run *run, int64_t *n_rows, fct_error *err)
{
    return write_stream(stream, fd, "the output",
                        format == FCT_FORMAT_AUTO ? FCT_FORMAT_CSV : format, run, n_rows, err);
}

fct_status fct_write_file(struct ArrowArrayStream *stream, const char *path, fct_format format,
                          const fct_run *run, int64_t *n_rows, fct_error *err)
{
    fct_atomic_file file = {.fd = -1};
    fct_status status = FCT_OK;
    if (format == FCT_FORMAT_AUTO)
        FCT_TRY_OUT(fct_format_parse(path, &format, err));
    FCT_TRY_OUT(fct_file_check_folder(path, err));
    FCT_TRY_OUT(fct_atomic_file_open_named(&file, path, err));
    FCT_TRY_OUT(write_stream(stream, file.fd, path, format, run, n_rows, err));
    FCT_TRY_OUT(fct_atomic_file_commit(&file, err));
out:
    fct_atomic_file_abort(&file);
    if (stream->release)
        stream->release(stream);
    return status;
}
