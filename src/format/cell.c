#include "format/cell.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "format/number.h"

bool fct_cell_is_text(const fct_arrow_view *view)
{
    return fct_arrow_is_text(view->type);
}

bool fct_cell_is_number(const fct_arrow_view *view)
{
    return view->type <= FCT_ARROW_DOUBLE;
}

bool fct_cell_is_null(const fct_arrow_view *view, int64_t row)
{
    if (fct_arrow_view_is_null(view, row))
        return true;
    return fct_arrow_is_real(view->type) && isnan(fct_arrow_view_double(view, row));
}

/* Up to how many digits of a second a time of each type has. */
static int fraction_digits(fct_arrow_type type)
{
    return type == FCT_ARROW_TIMESTAMP_S    ? 0
           : type == FCT_ARROW_TIMESTAMP_MS ? 3
           : type == FCT_ARROW_TIMESTAMP_US ? 6
                                            : 9;
}

static size_t format_time(int64_t value, int n_digits, char *out)
{
    int64_t scale = 1;
    for (int i = 0; i < n_digits; i++)
        scale *= 10;
    int64_t seconds = fct_floor_div(value, scale);
    int64_t fraction = value - seconds * scale;
    int64_t day = fct_floor_div(seconds, 86400);
    int second = (int)(seconds - day * 86400);
    int year;
    int month;
    int day_of_month;
    fct_day_to_civil(day, &year, &month, &day_of_month);
    int n = snprintf(out, FCT_CELL_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", year, month, day_of_month,
                     second / 3600, second / 60 % 60, second % 60);
    if (fraction)
        n += snprintf(out + n, FCT_CELL_SIZE - (size_t)n, ".%0*" PRId64, n_digits, fraction);
    return (size_t)n;
}

size_t fct_cell_format(const fct_arrow_view *view, int64_t row, char *out)
{
    switch (view->type) {
    case FCT_ARROW_BOOL:
        return (size_t)snprintf(out, FCT_CELL_SIZE, "%s",
                                fct_arrow_view_int64(view, row) ? "true" : "false");
    case FCT_ARROW_FLOAT:
    case FCT_ARROW_DOUBLE:
        return fct_format_double(fct_arrow_view_double(view, row), out);
    case FCT_ARROW_UINT64:
        return (size_t)snprintf(out, FCT_CELL_SIZE, "%" PRIu64,
                                (uint64_t)fct_arrow_view_int64(view, row));
    case FCT_ARROW_DATE32:
        fct_date_format(fct_arrow_view_int64(view, row), out);
        return strlen(out);
    case FCT_ARROW_TIMESTAMP_S:
    case FCT_ARROW_TIMESTAMP_MS:
    case FCT_ARROW_TIMESTAMP_US:
    case FCT_ARROW_TIMESTAMP_NS:
        return format_time(fct_arrow_view_int64(view, row), fraction_digits(view->type), out);
    default:
        return fct_format_int64(fct_arrow_view_int64(view, row), out);
    }
}
