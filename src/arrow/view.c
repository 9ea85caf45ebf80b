/* One value of a column of a batch. */
#include "arrow/formats.h"

bool fct_arrow_view_is_null(const fct_arrow_view *view, int64_t row)
{
    return fct_arrow_is_null(view->validity, view->offset + row);
}

const char *fct_arrow_view_text(const fct_arrow_view *view, int64_t row, size_t *n_bytes)
{
    int64_t i = view->offset + row;
    const void *offsets = view->offsets;
    const char *bytes = view->values;
    bool is_large = view->type == FCT_ARROW_LARGE_STRING;
    if (view->type == FCT_ARROW_DICTIONARY_STRING) {
        /* Signed or not makes no difference below the dictionary's length, which was checked. */
        int64_t index = fct_arrow_index_at(view->values, view->index_bytes, false, i);
        i = view->dictionary->offset + index;
        offsets = view->dictionary->buffers[1];
        bytes = view->dictionary->buffers[2];
        is_large = view->dictionary_is_large;
    }
    int64_t begin = is_large ? ((const int64_t *)offsets)[i] : ((const int32_t *)offsets)[i];
    int64_t end = is_large ? ((const int64_t *)offsets)[i + 1] : ((const int32_t *)offsets)[i + 1];
    *n_bytes = (size_t)(end - begin);
    return *n_bytes ? bytes + begin : "";
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
