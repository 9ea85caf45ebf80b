#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * Days and civil dates by counting in 400-year eras of years that begin in March, so that the leap day is the
 * last of its year (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
int64_t fct_day_from_civil(int64_t year, int month, int day_of_month)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day_of_month - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void fct_day_to_civil(int64_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day_of_month = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

bool fct_scan_digits(const char **text, int n_digits, int64_t *value)
{
    int64_t v = 0;
    for (int i = 0; i < n_digits; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *text += n_digits;
    *value = v;
    return true;
}

static bool scan_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

bool fct_scan_date(const char **text, int64_t *day)
{
    const char *p = *text;
    int64_t year, month, day_of_month;
    if (!fct_scan_digits(&p, 4, &year) || !scan_char(&p, '-') || !fct_scan_digits(&p, 2, &month) ||
        !scan_char(&p, '-') || !fct_scan_digits(&p, 2, &day_of_month))
        return false;
    if (year < 1970 || year > 2261 || month < 1 || month > 12 || day_of_month < 1)
        return false;
    int64_t days = fct_day_from_civil(year, (int)month, (int)day_of_month);
    /* A 31st of June comes back as the 1st of July. */
    int y, m, d;
    fct_day_to_civil(days, &y, &m, &d);
    if (y != year || m != month || d != day_of_month)
        return false;
    *day = days;
    *text = p;
    return true;
}

fct_status fct_date_parse(const char *text, int64_t *day, fct_error *err)
{
    const char *p = text;
    if (p && fct_scan_date(&p, day) && *p == '\0')
        return FCT_OK;
    char shown[40];
    return fct_error_set(
        err, FCT_ERROR_ARGUMENT, "bad date \"%s\": write a day as YYYY-MM-DD, years 1970 to 2261",
        fct_text_quote(text ? text : "", text ? strlen(text) : 0, shown, sizeof shown));
}

void fct_date_format(int64_t day, char text[11])
{
    int year, month, day_of_month;
    fct_day_to_civil(day, &year, &month, &day_of_month);
    char wide[40];
    snprintf(wide, sizeof wide, "%04d-%02d-%02d", year, month, day_of_month);
    memcpy(text, wide, 10);
    text[10] = '\0';
}

static bool scan_clock(const char **text, int64_t *ms)
{
    const char *p = *text;
    int64_t hour, minute, second, fraction = 0;
    if (!fct_scan_digits(&p, 2, &hour) || !scan_char(&p, ':') || !fct_scan_digits(&p, 2, &minute) ||
        !scan_char(&p, ':') || !fct_scan_digits(&p, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    if (scan_char(&p, '.') && !fct_scan_digits(&p, 3, &fraction))
        return false;
    *ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
    *text = p;
    return true;
}

static bool scan_whole(const char *text, int64_t *value)
{
    const char *p = text;
    bool negative = scan_char(&p, '-');
    int64_t v = 0;
    int n_digits = 0;
    for (; *p >= '0' && *p <= '9'; p++, n_digits++) {
        if (n_digits == 18)
            return false;
        v = v * 10 + (*p - '0');
    }
    *value = negative ? -v : v;
    return n_digits > 0 && *p == '\0';
}

fct_status fct_time_parse(const char *text, int64_t *time_ms, fct_error *err)
{
    int64_t day, clock_ms = 0;
    const char *p = text ? text : "";
    if (fct_scan_date(&p, &day)) {
        bool good = true;
        if (*p == ' ' || *p == 'T') {
            p++;
            good = scan_clock(&p, &clock_ms);
        }
        (void)scan_char(&p, 'Z');
        if (good && *p == '\0') {
            *time_ms = day * FCT_MS_PER_DAY + clock_ms;
            return FCT_OK;
        }
    } else if (scan_whole(p, time_ms)) {
        return FCT_OK;
    }
    char shown[40];
    return fct_error_set(
        err, FCT_ERROR_ARGUMENT,
        "bad time \"%s\": write YYYY-MM-DD, \"YYYY-MM-DD HH:MM:SS\" or whole "
        "milliseconds since 1970",
        fct_text_quote(text ? text : "", text ? strlen(text) : 0, shown, sizeof shown));
}

void fct_time_format(int64_t time_ms, char text[24])
{
    int64_t day = fct_floor_div(time_ms, FCT_MS_PER_DAY);
    int64_t ms = time_ms - day * FCT_MS_PER_DAY;
    char date[11];
    fct_date_format(day, date);
    char wide[80];
    int n = snprintf(wide, sizeof wide, "%s %02d:%02d:%02d", date, (int)(ms / 3600000),
                     (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
    if (ms % 1000 != 0)
        snprintf(wide + n, sizeof wide - (size_t)n, ".%03d", (int)(ms % 1000));
    wide[23] = '\0';
    memcpy(text, wide, 24);
}

static const struct {
    const char *unit;
    int64_t ms;
} interval_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { N_INTERVAL_UNITS = sizeof interval_units / sizeof *interval_units };

fct_status fct_interval_parse(const char *text, int64_t *interval_ms, fct_error *err)
{
    const char *p = text ? text : "";
    int64_t count = 0;
    int n_digits = 0;
    for (; *p >= '0' && *p <= '9' && n_digits < 12; p++, n_digits++)
        count = count * 10 + (*p - '0');
    for (int i = 0; n_digits && i < N_INTERVAL_UNITS; i++) {
        if (strcmp(p, interval_units[i].unit) != 0)
            continue;
        if (count < 1 || count > FCT_MAX_INTERVAL_MS / interval_units[i].ms)
            break;
        *interval_ms = count * interval_units[i].ms;
        return FCT_OK;
    }
    char shown[40];
    return fct_error_set(
        err, FCT_ERROR_ARGUMENT,
        "bad interval \"%s\": write a whole number and ms, s, m, h or d, from 1ms "
        "to 366d (for example 1m)",
        fct_text_quote(text ? text : "", text ? strlen(text) : 0, shown, sizeof shown));
}

void fct_interval_format(int64_t interval_ms, char text[24])
{
    int i = 0;
    while (i < N_INTERVAL_UNITS - 1 && interval_ms % interval_units[i].ms != 0)
        i++;
    snprintf(text, 24, "%" PRId64 "%s", interval_ms / interval_units[i].ms, interval_units[i].unit);
}

int64_t fct_time_unit_to_us(int64_t magnitude_sample, int64_t *us_divisor)
{
    /* 1e10 s is the year 2286 and 1e10 ms is April 1970, and so on by thousands: no overlap between. */
    static const struct {
        int64_t below, multiplier, divisor;
    } units[] = {
        {INT64_C(10000000000), 1000000, 1}, /* seconds */
        {INT64_C(10000000000000), 1000, 1}, /* milliseconds */
        {INT64_C(10000000000000000), 1, 1}, /* microseconds */
        {INT64_MAX, 1, 1000},               /* nanoseconds */
    };
    int i = 0;
    while (magnitude_sample >= units[i].below && i < 3)
        i++;
    *us_divisor = units[i].divisor;
    return units[i].multiplier;
}
