/* fct_report_write: the page's frame with everything put into its places. */
#include <string.h>

#include "base/file.h"
#include "report/assets.h"
#include "report/page_data.h"

static fct_status put_asset(fct_text *out, fct_asset asset, fct_error *err)
{
    return fct_text_append(out, asset.data, asset.n_bytes, err);
}

/* A text between tags. */
static fct_status put_escaped(fct_text *out, const char *text, fct_error *err)
{
    for (const char *c = text; *c; c++) {
        const char *entity = *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : *c == '&' ? "&amp;" : NULL;
        FCT_TRY(fct_text_append(out, entity ? entity : c, entity ? strlen(entity) : 1, err));
    }
    return FCT_OK;
}

static fct_status put_place(const char *name, size_t n, const fct_evaluation *e,
                            const fct_report_request *request, fct_job *job, fct_text *out,
                            fct_error *err)
{
    if (n == 5 && memcmp(name, "title", n) == 0)
        return put_escaped(out, request->title ? request->title : e->factors[0].name, err);
    if (n == 7 && memcmp(name, "version", n) == 0)
        return put_escaped(out, fct_version(), err);
    if (n == 5 && memcmp(name, "style", n) == 0)
        return put_asset(out, fct_asset_style(), err);
    if (n == 6 && memcmp(name, "script", n) == 0)
        return put_asset(out, fct_asset_script(), err);
    if (n == 6 && memcmp(name, "charts", n) == 0)
        return put_asset(out, fct_asset_charts(), err);
    return fct_page_data(e, request, job, out, err);
}

/* The frame has places such as {{title}}. */
static fct_status fill_page(const fct_evaluation *e, const fct_report_request *request,
                            fct_job *job, fct_text *out, fct_error *err)
{
    fct_asset page = fct_asset_page();
    const char *end = page.data + page.n_bytes;
    for (const char *at = page.data; at < end;) {
        const char *open = memmem(at, (size_t)(end - at), "{{", 2);
        if (!open)
            return fct_text_append(out, at, (size_t)(end - at), err);
        const char *close = memmem(open, (size_t)(end - open), "}}", 2);
        if (!close)
            return fct_error_set(err, FCT_ERROR_INTERNAL, "the report's frame is broken");
        FCT_TRY(fct_text_append(out, at, (size_t)(open - at), err));
        FCT_TRY(put_place(open + 2, (size_t)(close - open - 2), e, request, job, out, err));
        at = close + 2;
    }
    return FCT_OK;
}

fct_status fct_report_write(const fct_evaluation *e, const fct_report_request *request,
                            const char *path, const fct_run *run, fct_error *err)
{
    static const fct_report_request nothing;
    fct_text page = {0};
    fct_job job;
    if (!e->factors[0].series.all)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "a report needs an evaluation with its series: with_series");
    if (request && request->backtest &&
        (request->backtest->n_factors != e->n_factors || request->backtest->n_times != e->n_times))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "the backtest of a report must be of the same factors and bars");
    FCT_TRY(fct_file_check_folder(path, err));
    FCT_TRY(fct_job_start(&job, run, err));
    fct_status status;
    FCT_TRY_OUT(fill_page(e, request ? request : &nothing, &job, &page, err));
    status = fct_file_write_named(path, page.data, page.length, err);
out:
    fct_text_free(&page);
    fct_job_end(&job);
    return status;
}
