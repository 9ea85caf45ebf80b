/*
 * Numbers and words in CSV fields. A scanner reads at `p` in text that holds a byte which ends any
 * field (the '\n' behind its line) and FCT_LINES_PADDING_BYTES behind that. It returns where it
 * stopped, which is for the caller to check against the field's end, or NULL with *reason where
 * there is no such value.
 */
#ifndef FCT_ARCHIVE_SCAN_H
#define FCT_ARCHIVE_SCAN_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Everything else of the grammar: signs, overflow, what is wrong. */
const char *fct_scan_int64_slowly(const char *p, int64_t *value, const char **reason);

/* Decimal text that the fast path does not take: by strtod in the C locale, which `c_locale` is. */
const char *fct_scan_double_slowly(const char *p, locale_t c_locale, double *value,
                                   const char **reason);

/* True true TRUE 1 False false FALSE 0. */
const char *fct_scan_bool_slowly(const char *p, uint8_t *value, const char **reason);

/* buy b 1 (*sold = 0), sell s -1 (*sold = 1), in any case of letters. */
const char *fct_scan_side(const char *p, uint8_t *sold, const char **reason);

/* The end of the field at `p`, its closing quote included. */
const char *fct_scan_field_end(const char *p);

static inline bool fct_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Whether a number may end before `c`. */
static inline bool fct_ends_field(char c)
{
    return c == ',' || c == '\n' || c == '\r';
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/*
 * Eight digits at once: pairs, then fours, then all, each step a multiplication that adds
 * neighbours (D. Lemire, "Quickly parsing eight digits", 2018).
 */
static inline bool fct_scan_8_digits(const char *p, uint64_t *value)
{
    uint64_t text;
    memcpy(&text, p, sizeof text);
    uint64_t digits = text - UINT64_C(0x3030303030303030);
    /* A byte over 9 carries into its high half when 6 is added; one under '0' has it already. */
    if (((digits + UINT64_C(0x0606060606060606)) | digits) & UINT64_C(0xf0f0f0f0f0f0f0f0))
        return false;
    digits = digits * 10 + (digits >> 8);
    *value = (((digits & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
              (((digits >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
             32;
    return true;
}
#else
static inline bool fct_scan_8_digits(const char *p, uint64_t *value)
{
    (void)p, (void)value;
    return false;
}
#endif

/*
 * true, True, false and False without a branch on which it is: sides of trades are random, and every second branch on
 * them would be mispredicted.
 */
static inline const char *fct_scan_bool(const char *p, uint8_t *value, const char **reason)
{
    uint64_t text, yes, no;
    memcpy(&text, p, sizeof text);
    memcpy(&yes, "true\0\0\0", sizeof yes);
    memcpy(&no, "false\0\0", sizeof no);
    const uint64_t four_bytes = UINT64_C(0xffffffff), five_bytes = UINT64_C(0xffffffffff);
    text |= 0x20; /* of the first letter only */
    bool is_true = (text & four_bytes) == yes;
    bool is_false = (text & five_bytes) == no;
    const char *end = p + 5 - is_true;
    *value = is_true;
    bool is_word = (is_true | is_false) & fct_ends_field(*end);
    return is_word ? end : fct_scan_bool_slowly(p, value, reason);
}

static inline const char *fct_scan_int64(const char *p, int64_t *value, const char **reason)
{
    const char *start = p;
    uint64_t v = 0, eight;
    if (fct_scan_8_digits(p, &v)) {
        p += 8;
        if (fct_scan_8_digits(p, &eight)) {
            v = v * 100000000 + eight;
            p += 8;
        }
    }
    for (; fct_is_digit(*p) && p - start < 19; p++)
        v = v * 10 + (uint64_t)(*p - '0');
    /* 18 digits fit any int64. */
    if (p == start || p - start > 18 || !fct_ends_field(*p))
        return fct_scan_int64_slowly(start, value, reason);
    *value = (int64_t)v;
    return p;
}

/*
 * A mantissa below 2^53 and a power of ten up to 10^22 are both exact doubles, so that one division
 * rounds once and rightly (W. D. Clinger, "How to Read Floating Point Numbers Accurately", 1990).
 */
static inline const char *fct_scan_double(const char *p, locale_t c_locale, double *value,
                                          const char **reason)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    enum { MAX_LENGTH = 19 };
    const char *start = p;
    uint64_t mantissa = 0, eight;
    for (; fct_is_digit(*p); p++)
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    const char *point = p;
    if (*p == '.') {
        p++;
        if (fct_scan_8_digits(p, &eight)) {
            mantissa = mantissa * 100000000 + eight;
            p += 8;
        }
        for (; fct_is_digit(*p); p++)
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    }
    /* Up to 19 characters with a point, or 18 digits, the mantissa cannot have wrapped around. */
    if (point == start || p - start > MAX_LENGTH || mantissa > (UINT64_C(1) << 53) ||
        p == point + 1 || !fct_ends_field(*p))
        return fct_scan_double_slowly(start, c_locale, value, reason);
    size_t n_decimals = p == point ? 0 : (size_t)(p - point - 1);
    *value = (double)mantissa / powers[n_decimals];
    return p;
}

#endif
