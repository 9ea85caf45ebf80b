/* One value of a column of a batch. */
#include "arrow/formats.h"

bool fct_arrow_view_is_null(const fct_arrow_view *view, int64_t row)
{
    return fct_arrow_is_null(view->validity, view->offset + row);
}

static const char *offset_text(bool is_large, const void *offsets, const char *bytes, int64_t i,
                               size_t *n_bytes)
{
    int64_t begin = is_large ? ((const int64_t *)offsets)[i] : ((const int32_t *)offsets)[i];
    int64_t end = is_large ? ((const int64_t *)offsets)[i + 1] : ((const int32_t *)offsets)[i + 1];
    *n_bytes = (size_t)(end - begin);
    return *n_bytes ? bytes + begin : "";
}

static const char *viewed_text(const fct_arrow_text_view *text, const void *const *data,
                               size_t *n_bytes)
{
    *n_bytes = (size_t)text->n_bytes;
    if (text->n_bytes <= FCT_ARROW_INSIDE_BYTES)
        return text->inside;
    return (const char *)data[text->outside.buffer] + text->outside.offset;
}

const char *fct_arrow_view_text(const fct_arrow_view *view, int64_t row, size_t *n_bytes)
{
    int64_t i = view->offset + row;
    if (view->type == FCT_ARROW_STRING_VIEW)
        return viewed_text((const fct_arrow_text_view *)view->offsets + i, view->data, n_bytes);
    if (view->type != FCT_ARROW_DICTIONARY_STRING)
        return offset_text(view->type == FCT_ARROW_LARGE_STRING, view->offsets, view->values, i,
                           n_bytes);
    /* Signed or not makes no difference below the dictionary's length, which was checked. */
    const struct ArrowArray *texts = view->dictionary;
    i = texts->offset + fct_arrow_index_at(view->values, view->index_bytes, false, i);
    if (view->dictionary_type == FCT_ARROW_STRING_VIEW)
        return viewed_text((const fct_arrow_text_view *)texts->buffers[1] + i, texts->buffers + 2,
                           n_bytes);
    return offset_text(view->dictionary_type == FCT_ARROW_LARGE_STRING, texts->buffers[1],
                       texts->buffers[2], i, n_bytes);
}

double fct_arrow_view_double(const fct_arrow_view *view, int64_t row)
{
    int64_t i = view->offset + row;
    return view->type == FCT_ARROW_FLOAT ? (double)((const float *)view->values)[i]
                                         : ((const double *)view->values)[i];
}

int64_t fct_arrow_view_int64(const fct_arrow_view *view, int64_t row)
{
    const void *values = view->values;
    int64_t i = view->offset + row;
    switch (view->type) {
    case FCT_ARROW_BOOL:
        return ((const uint8_t *)values)[i / 8] >> (i % 8) & 1;
    case FCT_ARROW_INT8:
        return ((const int8_t *)values)[i];
    case FCT_ARROW_UINT8:
        return ((const uint8_t *)values)[i];
    case FCT_ARROW_INT16:
        return ((const int16_t *)values)[i];
    case FCT_ARROW_UINT16:
        return ((const uint16_t *)values)[i];
    case FCT_ARROW_INT32:
    case FCT_ARROW_DATE32:
        return ((const int32_t *)values)[i];
    case FCT_ARROW_UINT32:
        return ((const uint32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

bool fct_arrow_view_is_above_int64(const fct_arrow_view *view, int64_t row)
{
    return view->type == FCT_ARROW_UINT64 && fct_arrow_view_int64(view, row) < 0;
}
