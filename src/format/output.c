#include "format/output.h"

#include "base/file.h"

enum { FLUSH_BYTES = 1 << 18 };

fct_status fct_output_flush(fct_output *out, fct_error *err)
{
    FCT_TRY(fct_job_check(out->job, err));
    FCT_TRY(fct_fd_write(out->fd, fct_text_get(&out->buffer), out->buffer.length, out->path, err));
    out->buffer.length = 0;
    return FCT_OK;
}

fct_status fct_output_room(fct_output *out, size_t n_bytes, char **room, fct_error *err)
{
    if (out->buffer.length >= FLUSH_BYTES)
        FCT_TRY(fct_output_flush(out, err));
    FCT_TRY(fct_text_reserve(&out->buffer, n_bytes, err));
    *room = out->buffer.data + out->buffer.length;
    return FCT_OK;
}

void fct_output_took(fct_output *out, size_t n_bytes)
{
    out->buffer.length += n_bytes;
    out->n_bytes += (int64_t)n_bytes;
}

fct_status fct_output_put(fct_output *out, const void *bytes, size_t n_bytes, fct_error *err)
{
    if (out->buffer.length >= FLUSH_BYTES)
        FCT_TRY(fct_output_flush(out, err));
    FCT_TRY(fct_text_append(&out->buffer, bytes, n_bytes, err));
    out->n_bytes += (int64_t)n_bytes;
    return FCT_OK;
}

void fct_output_free(fct_output *out)
{
    fct_text_free(&out->buffer);
}
