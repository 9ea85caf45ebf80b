#include "archive/rows_plain.h"

#if defined(__SSE2__)

#include <emmintrin.h>

/*
 * A window of 64 bytes as two masks, a bit a byte: where a field may end, and where a point is. All that ends a field
 * (',', CR, LF) is at most ','; so are quotes and blanks, which plain rows have not.
 */
typedef struct window {
    const char *start;
    uint64_t ends, points;
} window;

static inline void window_load(window *w, const char *start)
{
    const __m128i last_end = _mm_set1_epi8(',');
    const __m128i point = _mm_set1_epi8('.');
    *w = (window){.start = start};
    for (size_t i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(start + 16 * i));
        __m128i is_end = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_end), bytes);
        __m128i is_point = _mm_cmpeq_epi8(bytes, point);
        w->ends |= (uint64_t)(unsigned)_mm_movemask_epi8(is_end) << (16 * i);
        w->points |= (uint64_t)(unsigned)_mm_movemask_epi8(is_point) << (16 * i);
    }
}

/* ---- Fields of known length: what is wrong in them is gathered, and asked for once a row -------- */

enum { MAX_DIGITS = 16 };

typedef struct problems {
    __m128i largest; /* of the digits, byte by byte: over 9 where one is none */
    uint64_t any;
} problems;

/* Bytes 0x00, then 0xFF: from `n` on there are 16 bytes of which the last `n` are set. */
static const uint8_t last_bytes[2 * MAX_DIGITS] = {[MAX_DIGITS] = 0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF,
                                                   0xFF};

static inline __m128i load_16(const void *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/* 16 bytes of digits, of which the last `n` count, as a number: neighbours are added up, to 2, 4 and 8 digits. */
static inline uint64_t add_digits(__m128i text, size_t n, problems *bad)
{
    __m128i digits =
        _mm_and_si128(_mm_xor_si128(text, _mm_set1_epi8('0')), load_16(last_bytes + n));
    bad->largest = _mm_max_epu8(bad->largest, digits);
    __m128i tens = _mm_and_si128(digits, _mm_set1_epi16(0xFF));
    __m128i pairs =
        _mm_add_epi16(_mm_mullo_epi16(tens, _mm_set1_epi16(10)), _mm_srli_epi16(digits, 8));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i narrow = _mm_packs_epi32(fours, fours);
    __m128i eights = _mm_madd_epi16(narrow, _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT64_C(0xffffffff)) * 100000000 + (both >> 32);
}

/* Up to 16 digits that end before `end`. */
static inline uint64_t take_digits(const char *end, size_t n, problems *bad)
{
    return add_digits(load_16(end - MAX_DIGITS), n, bad);
}

/* A decimal of `n` bytes that ends before `end`, its point at `point` or SIZE_MAX; false where it is not for here. */
static inline bool take_double(const char *end, size_t n, size_t point, double *value,
                               problems *bad)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool has_point = point != SIZE_MAX;
    size_t n_decimals = has_point ? n - point - 1 : 0;
    size_t n_digits = n - has_point;
    if (n_digits > MAX_DIGITS || (has_point && (!point || !n_decimals)))
        return false;
    /* The digits before the point move up to those behind it. */
    __m128i behind = load_16(last_bytes + n_decimals);
    __m128i text = _mm_or_si128(_mm_and_si128(behind, load_16(end - MAX_DIGITS)),
                                _mm_andnot_si128(behind, load_16(end - MAX_DIGITS - has_point)));
    uint64_t mantissa = add_digits(text, n_digits, bad);
    bad->any |= mantissa >> 53;
    /* Both are exact: the quotient is rounded once, as in fct_scan_double. */
    *value = (double)(int64_t)mantissa / powers[n_decimals];
    return true;
}

static inline uint8_t take_bool(const char *p, size_t n, problems *bad)
{
    uint64_t text, yes, no;
    memcpy(&text, p, sizeof text);
    memcpy(&yes, "true\0\0\0", sizeof yes);
    memcpy(&no, "false\0\0", sizeof no);
    text |= 0x20; /* True and False, too */
    bool is_true = (n == 4) & ((text & UINT64_C(0xffffffff)) == yes);
    bool is_false = (n == 5) & ((text & UINT64_C(0xffffffffff)) == no);
    bad->any |= !(is_true | is_false);
    return is_true;
}

static inline bool take_time(const fct_row_time *time, const char *end, size_t n, int64_t *time_us,
                             int64_t *stored, problems *bad)
{
    if (n > MAX_DIGITS || time->form != FCT_TIME_WHOLE || time->stores_us)
        return false;
    int64_t value = (int64_t)take_digits(end, n, bad);
    if (value < time->low || value >= time->high)
        return false;
    *stored = value;
    *time_us = time->divisor == 1 ? value * time->multiplier : value / time->divisor;
    return true;
}

/* ---- The row ---------------------------------------------------------------------------------- */

/* The field of `n` bytes at `p`, whose point is at `point`; false where the row is not plain. */
static inline bool take_field(fct_row_parser *parser, const fct_field *field, const char *p,
                              size_t n, size_t point, size_t row, problems *bad)
{
    void *column = parser->columns[field->column];
    switch (field->kind) {
    case FCT_FIELD_INT64:
        if (n > MAX_DIGITS)
            return false;
        ((int64_t *)column)[row] = (int64_t)take_digits(p + n, n, bad);
        return true;
    case FCT_FIELD_DOUBLE: {
        double *value = (double *)column + row;
        if (!take_double(p + n, n, point, value, bad))
            return false;
        bad->any |= (uint64_t)(field->rule == FCT_RULE_POSITIVE) & (uint64_t) !(*value > 0);
        return true;
    }
    case FCT_FIELD_BOOL:
        ((uint8_t *)column)[row] = take_bool(p, n, bad);
        return true;
    case FCT_FIELD_TIME:
        return take_time(&parser->time, p + n, n, parser->time_us + row, (int64_t *)column + row,
                         bad);
    case FCT_FIELD_IGNORED:
        return true;
    default:
        return false;
    }
}

static inline bool has_problems(const problems *bad)
{
    __m128i nines = _mm_set1_epi8(9);
    __m128i good = _mm_cmpeq_epi8(_mm_max_epu8(bad->largest, nines), nines);
    return bad->any || _mm_movemask_epi8(good) != 0xFFFF;
}

const char *fct_row_parse_plain(fct_row_parser *parser, const char *line, size_t row)
{
    const fct_layout *layout = parser->layout;
    size_t n_fields = layout->n_fields;
    problems bad = {.largest = _mm_setzero_si128()};
    window w;
    window_load(&w, line);
    size_t begin = 0; /* of the field, in the window */
    for (size_t f = 0;; f++) {
        if (!w.ends) {
            window_load(&w, w.start + begin);
            begin = 0;
        }
        size_t end = w.ends ? (size_t)__builtin_ctzll(w.ends) : 0;
        if (end == begin) /* longer than a window, or empty */
            return NULL;
        w.ends &= w.ends - 1;
        uint64_t points = w.points >> begin & ((UINT64_C(1) << (end - begin)) - 1);
        size_t point = points ? (size_t)__builtin_ctzll(points) : SIZE_MAX;
        const char *p = w.start + begin;
        if (!take_field(parser, &layout->fields[f], p, end - begin, point, row, &bad))
            return NULL;
        const char *stop = w.start + end;
        if (f + 1 == n_fields) {
            stop += *stop == '\r';
            return *stop == '\n' && !has_problems(&bad) ? stop + 1 : NULL;
        }
        if (*stop != ',')
            return NULL;
        begin = end + 1;
    }
}

#else

const char *fct_row_parse_plain(fct_row_parser *parser, const char *line, size_t row)
{
    (void)parser, (void)line, (void)row;
    return NULL;
}

#endif
