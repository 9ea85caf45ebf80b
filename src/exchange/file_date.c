#include "exchange/file_date.h"

#include <string.h>

#include "base/time.h"

enum { DATE_LENGTH = 10, MONTH_LENGTH = 7 };

bool fct_file_suffix_cut(const char *name, size_t *n, const char *suffix)
{
    size_t n_suffix = strlen(suffix);
    if (*n < n_suffix || memcmp(name + *n - n_suffix, suffix, n_suffix) != 0)
        return false;
    *n -= n_suffix;
    return true;
}

static bool scan(const char *text, int64_t *day)
{
    return fct_scan_date(&text, day) && *text == '\0';
}

bool fct_file_date_cut(const char *name, size_t *n, int64_t *first_day, int64_t *n_days)
{
    char text[DATE_LENGTH + 1] = {0};
    if (*n >= DATE_LENGTH) {
        memcpy(text, name + *n - DATE_LENGTH, DATE_LENGTH);
        if (scan(text, first_day)) {
            *n_days = 1;
            *n -= DATE_LENGTH;
            return true;
        }
    }
    if (*n < MONTH_LENGTH)
        return false;
    memcpy(text, name + *n - MONTH_LENGTH, MONTH_LENGTH);
    memcpy(text + MONTH_LENGTH, "-01", 4);
    if (!scan(text, first_day))
        return false;
    int year, month, day_of_month;
    fct_day_to_civil(*first_day, &year, &month, &day_of_month);
    *n_days = fct_day_from_civil(year + month / 12, month % 12 + 1, 1) - *first_day;
    *n -= MONTH_LENGTH;
    return true;
}
