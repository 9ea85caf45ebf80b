/* From streams to panels. */
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
