#include "archive/row_time.h"

/* 1980-01-01 and 2200-01-01: no exchange is older, and a later time is a slip of the unit. */
static const int64_t first_us = INT64_C(315532800000000);
static const int64_t end_us = INT64_C(7258118400000000);

static const char no_time[] = "is no time between 1980 and 2200";
static const char other_unit[] =
    "is in another unit of time than the first row: s, ms, us and ns must not be mixed in a file";
static const char other_form[] = "is written in another form than the time of the first row";

/* What was read of one field, before anything is checked. */
typedef struct field_time {
    fct_time_form form;
    int64_t whole;       /* in the file's unit; of text in µs */
    int64_t fraction_e9; /* billionths of the file's unit */
    const char *end;
} field_time;

/* Up to nine digits behind a point, in billionths; further ones are finer than anything stored. */
static const char *scan_fraction(const char *p, int64_t *fraction_e9)
{
    int64_t scale = 100000000;
    *fraction_e9 = 0;
    for (; fct_is_digit(*p); p++, scale /= 10)
        *fraction_e9 += (*p - '0') * scale;
    return p;
}

static bool scan_text(const char *p, field_time *out)
{
    int64_t day, hour, minute, second, fraction_e9 = 0;
    if (!fct_scan_date(&p, &day) || (*p != ' ' && *p != 'T'))
        return false;
    p++;
    if (!fct_scan_digits(&p, 2, &hour) || *p++ != ':' || !fct_scan_digits(&p, 2, &minute) ||
        *p++ != ':' || !fct_scan_digits(&p, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (*p == '.') {
        if (!fct_is_digit(p[1]))
            return false;
        p = scan_fraction(p + 1, &fraction_e9);
    }
    if (*p == 'Z')
        p++;
    else if (strncmp(p, "+00:00", 6) == 0)
        p += 6;
    *out = (field_time){.form = FCT_TIME_TEXT, .end = p};
    out->whole =
        day * FCT_US_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000000 + fraction_e9 / 1000;
    return fct_ends_field(*p);
}

static bool scan_field(const char *p, bool any_form, field_time *out, const char **reason)
{
    if (any_form && scan_text(p, out))
        return true;
    size_t n_digits = 0;
    while (fct_is_digit(p[n_digits]))
        n_digits++;
    if (any_form && n_digits > 0 && n_digits <= 18 && p[n_digits] == '.') {
        *out = (field_time){.form = FCT_TIME_DECIMAL};
        for (size_t i = 0; i < n_digits; i++)
            out->whole = out->whole * 10 + (p[i] - '0');
        out->end = scan_fraction(p + n_digits + 1, &out->fraction_e9);
        if (fct_ends_field(*out->end))
            return true;
    }
    *out = (field_time){.form = FCT_TIME_WHOLE};
    out->end = fct_scan_int64_slowly(p, &out->whole, reason);
    if (!out->end && any_form && !fct_ends_field(*p))
        *reason = "is no time: a number since 1970 or YYYY-MM-DD HH:MM:SS in UTC is";
    return out->end != NULL;
}

/* Sets the unit by the first time; false where its magnitude fits none. */
static bool set_unit(fct_row_time *time, const field_time *field)
{
    int64_t multiplier = 1, divisor = 1;
    if (field->form != FCT_TIME_TEXT)
        multiplier = fct_time_unit_to_us(field->whole, &divisor);
    int64_t low = first_us * divisor / multiplier, high = end_us * divisor / multiplier;
    if (field->whole < low || field->whole >= high)
        return false;
    /* Seconds become µs as well, or a later row with a fraction would not fit what is stored. */
    bool stores_us = time->any_form && (field->form != FCT_TIME_WHOLE || multiplier == 1000000);
    *time = (fct_row_time){.any_form = time->any_form,
                           .form = field->form,
                           .stores_us = stores_us,
                           .multiplier = multiplier,
                           .divisor = divisor,
                           .low = low,
                           .high = high};
    return true;
}

/* Whether `value` is a time in some unit, for telling a changed unit from nonsense. */
static bool is_time_in_its_unit(int64_t value)
{
    int64_t divisor, multiplier = fct_time_unit_to_us(value, &divisor);
    return value >= first_us * divisor / multiplier && value < end_us * divisor / multiplier;
}

const char *fct_row_time_scan_slowly(fct_row_time *time, const char *p, int64_t *time_us,
                                     int64_t *stored, const char **reason)
{
    field_time field;
    if (!scan_field(p, time->any_form, &field, reason))
        return NULL;
    if (time->form == FCT_TIME_UNKNOWN && !set_unit(time, &field)) {
        *reason = no_time;
        return NULL;
    }
    bool is_text = field.form == FCT_TIME_TEXT;
    if (is_text != (time->form == FCT_TIME_TEXT) ||
        (field.form == FCT_TIME_DECIMAL && !time->stores_us)) {
        *reason = other_form;
        return NULL;
    }
    if (field.whole < time->low || field.whole >= time->high) {
        *reason = !is_text && is_time_in_its_unit(field.whole) ? other_unit : no_time;
        return NULL;
    }
    *time_us = field.whole * time->multiplier / time->divisor +
               field.fraction_e9 * time->multiplier / time->divisor / 1000000000;
    *stored = time->stores_us ? *time_us : field.whole;
    return field.end;
}
