/*
 * A file's column of times: its unit and form are those of the first row, and every row must keep
 * to them.
 */
#ifndef FCT_ARCHIVE_ROW_TIME_H
#define FCT_ARCHIVE_ROW_TIME_H

#include "archive/scan.h"
#include "base/time.h"

typedef enum fct_time_form {
    FCT_TIME_UNKNOWN = 0, /* no row was read yet */
    FCT_TIME_WHOLE,       /* 1723161256322 */
    FCT_TIME_DECIMAL,     /* 1784851200.0547 */
    FCT_TIME_TEXT         /* 2013-12-01 00:00:00.123, in UTC */
} fct_time_form;

typedef struct fct_row_time {
    bool any_form; /* a user's file, where other forms than whole numbers are welcome */
    fct_time_form form;
    bool stores_us; /* what is stored is µs; otherwise whole numbers as they stand in the file */
    int64_t multiplier, divisor; /* from the file's unit to µs */
    int64_t low, high;           /* times outside [low, high) in the file's unit are refused */
} fct_row_time;

/*
 * Reads the time at `p`, for the first row also its unit. `time_us` is UTC µs, `stored` what the
 * store keeps.
 */
const char *fct_row_time_scan_slowly(fct_row_time *time, const char *p, int64_t *time_us,
                                     int64_t *stored, const char **reason);

static inline const char *fct_row_time_scan(fct_row_time *time, const char *p, int64_t *time_us,
                                            int64_t *stored, const char **reason)
{
    if (time->form != FCT_TIME_WHOLE || time->stores_us)
        return fct_row_time_scan_slowly(time, p, time_us, stored, reason);
    int64_t value;
    const char *end = fct_scan_int64(p, &value, reason);
    if (!end || value < time->low || value >= time->high)
        return fct_row_time_scan_slowly(time, p, time_us, stored, reason);
    *stored = value;
    *time_us = time->divisor == 1 ? value * time->multiplier : value / time->divisor;
    return end;
}

#endif
