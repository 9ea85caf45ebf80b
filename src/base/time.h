/* Time: civil dates, scanning of dates in file names, units told apart by magnitude. */
#ifndef FCT_BASE_TIME_H
#define FCT_BASE_TIME_H

#include "base/text.h"

#define FCT_MS_PER_DAY INT64_C(86400000)
#define FCT_US_PER_DAY INT64_C(86400000000)
#define FCT_MAX_INTERVAL_MS (366 * FCT_MS_PER_DAY)

/* Days since 1970-01-01 of a civil date, and back. Any year that fits; months 1..12. */
int64_t fct_day_from_civil(int64_t year, int month, int day_of_month);
void fct_day_to_civil(int64_t day, int *year, int *month, int *day_of_month);

/* Reads at *text and moves it behind what was read; false, *text unmoved, where it does not fit. */
bool fct_scan_digits(const char **text, int n_digits, int64_t *value);
bool fct_scan_date(const char **text, int64_t *day);

/* a / b rounded towards minus infinity, for b > 0. */
static inline int64_t fct_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/*
 * How a time of unknown unit becomes µs: time × (the return value) / *us_divisor. Seconds, ms, µs and ns are
 * told apart by magnitude; valid for times from
 * May 1970 to 2286.
 */
int64_t fct_time_unit_to_us(int64_t magnitude_sample, int64_t *us_divisor);

#endif
