#include "archive/scan.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* Why a field that is no number is none, in the order in which a reader would want to know. */
static const char *no_number(const char *p, const char *reason)
{
    if (fct_ends_field(*p))
        return "is empty";
    const char *end = fct_scan_field_end(p);
    if (memchr(p, '\0', (size_t)(end - p)))
        return "holds a NUL byte";
    return reason;
}

const char *fct_scan_int64_slowly(const char *p, int64_t *value, const char **reason)
{
    const char *start = p;
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    const char *digits = p;
    bool fits = true;
    int64_t v = 0;
    for (; fct_is_digit(*p); p++)
        fits = fits && !__builtin_mul_overflow(v, 10, &v) &&
               !(negative ? __builtin_sub_overflow(v, *p - '0', &v)
                          : __builtin_add_overflow(v, *p - '0', &v));
    if (p == digits || !fct_ends_field(*p)) {
        *reason = no_number(start, "is not a whole number");
        return NULL;
    }
    if (!fits) {
        *reason = "is too large for 64 bits";
        return NULL;
    }
    *value = v;
    return p;
}

const char *fct_scan_double_slowly(const char *p, locale_t c_locale, double *value,
                                   const char **reason)
{
    const char *start = p;
    p += *p == '-' || *p == '+';
    size_t n_digits = 0;
    for (; fct_is_digit(*p); p++)
        n_digits++;
    if (*p == '.')
        for (p++; fct_is_digit(*p); p++)
            n_digits++;
    bool good = n_digits > 0;
    if (good && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '-' || *p == '+';
        good = fct_is_digit(*p);
        while (fct_is_digit(*p))
            p++;
    }
    if (!good || !fct_ends_field(*p)) {
        /* strtod would take "nan", "inf" and hexadecimal, none of which is a price. */
        *reason = no_number(start, "is not a number");
        return NULL;
    }
    char *end;
    double v = strtod_l(start, &end, c_locale);
    if (end != p || !isfinite(v)) {
        *reason = "is too large for a number";
        return NULL;
    }
    *value = v;
    return p;
}

/* One word of a field and what it means. */
typedef struct word {
    const char *text;
    uint8_t value;
} word;

static const char *scan_word(const char *p, const word *words, size_t n_words, bool any_case,
                             uint8_t *value)
{
    for (size_t i = 0; i < n_words; i++) {
        size_t n = strlen(words[i].text);
        int different = any_case ? strncasecmp(p, words[i].text, n) : strncmp(p, words[i].text, n);
        if (different == 0 && fct_ends_field(p[n])) {
            *value = words[i].value;
            return p + n;
        }
    }
    return NULL;
}

const char *fct_scan_bool_slowly(const char *p, uint8_t *value, const char **reason)
{
    static const word words[] = {{"true", 1}, {"false", 0}, {"True", 1}, {"False", 0},
                                 {"TRUE", 1}, {"FALSE", 0}, {"1", 1},    {"0", 0}};
    const char *end = scan_word(p, words, sizeof words / sizeof *words, false, value);
    if (!end)
        *reason = no_number(p, "is neither true nor false");
    return end;
}

const char *fct_scan_side(const char *p, uint8_t *sold, const char **reason)
{
    static const word words[] = {{"buy", 0}, {"sell", 1}, {"b", 0}, {"s", 1}, {"1", 0}, {"-1", 1}};
    const char *end = scan_word(p, words, sizeof words / sizeof *words, true, sold);
    if (!end)
        *reason = no_number(p, "is no side (buy or sell, b or s, 1 or -1)");
    return end;
}

const char *fct_scan_field_end(const char *p)
{
    if (*p == '"') {
        for (p++; *p != '\n'; p++) {
            if (*p != '"')
                continue;
            if (p[1] != '"')
                return p + 1;
            p++;
        }
        return p;
    }
    while (*p != ',' && *p != '\n' && !(*p == '\r' && p[1] == '\n'))
        p++;
    return p;
}
