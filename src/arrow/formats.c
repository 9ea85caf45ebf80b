#include "arrow/formats.h"

#include <string.h>

static const struct {
    fct_arrow_type type;
    const char *format; /* a timestamp's goes on with its time zone */
    size_t n_bytes;
} types[] = {
    {FCT_ARROW_BOOL, "b", 0},
    {FCT_ARROW_INT8, "c", 1},
    {FCT_ARROW_INT16, "s", 2},
    {FCT_ARROW_INT32, "i", 4},
    {FCT_ARROW_INT64, "l", 8},
    {FCT_ARROW_UINT8, "C", 1},
    {FCT_ARROW_UINT16, "S", 2},
    {FCT_ARROW_UINT32, "I", 4},
    {FCT_ARROW_UINT64, "L", 8},
    {FCT_ARROW_FLOAT, "f", 4},
    {FCT_ARROW_DOUBLE, "g", 8},
    {FCT_ARROW_STRING, "u", 0},
    {FCT_ARROW_LARGE_STRING, "U", 0},
    {FCT_ARROW_STRING_VIEW, "vu", 16},
    {FCT_ARROW_TIMESTAMP_S, "tss:", 8},
    {FCT_ARROW_TIMESTAMP_MS, "tsm:", 8},
    {FCT_ARROW_TIMESTAMP_US, "tsu:", 8},
    {FCT_ARROW_TIMESTAMP_NS, "tsn:", 8},
    {FCT_ARROW_DATE32, "tdD", 4},
};

enum { N_TYPES = sizeof types / sizeof *types };

const char *fct_arrow_format(fct_arrow_type type)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].type == type)
            return types[i].format;
    return "n";
}

bool fct_arrow_type_of(const char *format, fct_arrow_type *type)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        size_t n = strlen(types[i].format);
        bool has_zone = types[i].format[n - 1] == ':';
        if (has_zone ? strncmp(format, types[i].format, n) == 0
                     : strcmp(format, types[i].format) == 0) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

bool fct_arrow_is_text(fct_arrow_type type)
{
    return type == FCT_ARROW_STRING || type == FCT_ARROW_LARGE_STRING ||
           type == FCT_ARROW_STRING_VIEW || type == FCT_ARROW_DICTIONARY_STRING;
}

bool fct_arrow_is_real(fct_arrow_type type)
{
    return type == FCT_ARROW_FLOAT || type == FCT_ARROW_DOUBLE;
}

size_t fct_arrow_type_bytes(fct_arrow_type type)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].type == type)
            return types[i].n_bytes;
    return 0;
}
