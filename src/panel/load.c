/* From streams to panels. */
#include "panel/from_bars.h"
#include "panel/rows.h"

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
