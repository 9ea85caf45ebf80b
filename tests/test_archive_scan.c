/* Scanners of CSV fields: decimals equal strtod, whole numbers at their limits, words, times. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/row_time.h"
#include "archive/scan.h"

static locale_t c_locale;

static int make_locale(void **state)
{
    (void)state;
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c_locale ? 0 : -1;
}

static int free_locale(void **state)
{
    (void)state;
    freelocale(c_locale);
    return 0;
}

static uint64_t next_bits(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* `field` as the reader sees it: followed by `end`, and by bytes that may be loaded. */
static const char *in_line(const char *field, char end)
{
    static char line[256];
    memset(line, 0, sizeof line);
    snprintf(line, sizeof line - 32, "%s%c", field, end);
    return line;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_double(const char *text)
{
    static const char ends[] = {',', '\n', '\r'};
    for (size_t e = 0; e < sizeof ends; e++) {
        const char *line = in_line(text, ends[e]), *reason = NULL;
        double value = -1;
        const char *end = fct_scan_double(line, c_locale, &value, &reason);
        double expected = strtod(text, NULL);
        if (end != line + strlen(text) || !same_bits(value, expected))
            fail_msg("%s: %.17g instead of %.17g (%s)", text, value, expected,
                     reason ? reason : "");
    }
}

static void random_decimals_equal_strtod(void **state)
{
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 1000000; i++) {
        char text[64];
        uint64_t a = next_bits(&bits), b = next_bits(&bits);
        int n_whole = 1 + (int)(a % 12), n_decimals = (int)(a / 16 % 12);
        uint64_t whole = b % 1000000000000, fraction = next_bits(&bits);
        snprintf(text, sizeof text, "%llu", (unsigned long long)whole);
        text[n_whole] = '\0';
        size_t used = strlen(text);
        if (n_decimals) {
            snprintf(text + used, sizeof text - used, ".%020llu", (unsigned long long)fraction);
            text[used + 1 + (size_t)n_decimals] = '\0';
        }
        check_double(text);
    }
}

/* Every length around the fast path's limits, with digits that carry. */
static void long_decimals_equal_strtod(void **state)
{
    (void)state;
    uint64_t bits = 7;
    for (int n_whole = 1; n_whole <= 24; n_whole++) {
        for (int n_decimals = 0; n_decimals <= 24; n_decimals++) {
            for (int kind = 0; kind < 12; kind++) {
                char text[64];
                int n = 0;
                for (int i = 0; i < n_whole + n_decimals; i++) {
                    if (i == n_whole)
                        text[n++] = '.';
                    text[n++] = kind == 0   ? '9'
                                : kind == 1 ? '0'
                                            : (char)('0' + next_bits(&bits) % 10);
                }
                text[n] = '\0';
                check_double(text);
            }
        }
    }
}

static void special_decimals_equal_strtod(void **state)
{
    (void)state;
    static const char *const texts[] = {"0",
                                        "0.0",
                                        "-0",
                                        "-0.00",
                                        "1",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740994",
                                        "0.9007199254740993",
                                        "900719925474099.3",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "99999999999999999999999",
                                        "3.832e+07",
                                        "1e22",
                                        "1E-22",
                                        "-1.5e3",
                                        "+7.25",
                                        "1.",
                                        ".5",
                                        "5e-324",
                                        "2.2250738585072011e-308",
                                        "1.7976931348623157e308",
                                        "0.1",
                                        "0.2",
                                        "0.3",
                                        "1e-400",
                                        "123456789012345678.1",
                                        "1234567890123456789",
                                        "0000000000000000000000001.5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_double(texts[i]);
}

static void no_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {{"", "is empty"},
                 {"nan", "is not a number"},
                 {"NaN", "is not a number"},
                 {"inf", "is not a number"},
                 {"-Infinity", "is not a number"},
                 {"0x1p3", "is not a number"},
                 {"1.2.3", "is not a number"},
                 {".", "is not a number"},
                 {"-", "is not a number"},
                 {"1e", "is not a number"},
                 {"1e+", "is not a number"},
                 {"12a", "is not a number"},
                 {"1 2", "is not a number"},
                 {"--1", "is not a number"},
                 {"1e999", "is too large for a number"},
                 {"-1e999", "is too large for a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *reason = NULL;
        double value;
        assert_null(fct_scan_double(in_line(cases[i].text, ','), c_locale, &value, &reason));
        assert_string_equal(reason, cases[i].reason);
    }
    const char *reason = NULL;
    double value;
    assert_null(
        fct_scan_double("1\0002,\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", c_locale, &value, &reason));
    assert_string_equal(reason, "holds a NUL byte");
}

static void whole_numbers(void **state)
{
    (void)state;
    static const char *const good[] = {"0",
                                       "7",
                                       "-7",
                                       "+7",
                                       "12345678",
                                       "123456789",
                                       "1234567812345678",
                                       "12345678123456789",
                                       "999999999999999999",
                                       "1000000000000000000",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "00000000000000000000012"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *reason = NULL, *line = in_line(good[i], i % 2 ? ',' : '\n');
        int64_t value = 0;
        const char *end = fct_scan_int64(line, &value, &reason);
        assert_ptr_equal(end, line + strlen(good[i]));
        assert_true(value == strtoll(good[i], NULL, 10));
    }
    uint64_t bits = 3;
    for (int i = 0; i < 200000; i++) {
        int64_t expected = (int64_t)(next_bits(&bits) >> (next_bits(&bits) % 64)), value;
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)expected);
        const char *reason = NULL;
        assert_non_null(fct_scan_int64(in_line(text, ','), &value, &reason));
        assert_true(value == expected);
    }
    static const struct {
        const char *text, *reason;
    } bad[] = {{"", "is empty"},
               {"9223372036854775808", "is too large for 64 bits"},
               {"-9223372036854775809", "is too large for 64 bits"},
               {"99999999999999999999999999999", "is too large for 64 bits"},
               {"1.0", "is not a whole number"},
               {"1e3", "is not a whole number"},
               {"12345678x", "is not a whole number"},
               {"-", "is not a whole number"},
               {"0x10", "is not a whole number"},
               {"1234567:", "is not a whole number"},
               {"1234567/", "is not a whole number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *reason = NULL;
        int64_t value;
        assert_null(fct_scan_int64(in_line(bad[i].text, ','), &value, &reason));
        assert_string_equal(reason, bad[i].reason);
    }
}

/* Every byte at every place among eight digits. */
static void eight_digits_take_digits_only(void **state)
{
    (void)state;
    for (int place = 0; place < 8; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[16] = "12345678";
            text[place] = (char)byte;
            uint64_t value = 0;
            bool is_digit = byte >= '0' && byte <= '9';
            bool taken = fct_scan_8_digits(text, &value);
            if (taken) {
                assert_true(is_digit);
                assert_true(value == strtoull(text, NULL, 10));
            }
        }
    }
}

static void words(void **state)
{
    (void)state;
    const char *reason = NULL;
    uint8_t value;
    static const char *const yes[] = {"true", "True", "TRUE", "1"}, *const no[] = {"false", "False",
                                                                                   "FALSE", "0"};
    for (int i = 0; i < 4; i++) {
        value = 9;
        assert_non_null(fct_scan_bool(in_line(yes[i], ','), &value, &reason));
        assert_int_equal(value, 1);
        assert_non_null(fct_scan_bool(in_line(no[i], '\n'), &value, &reason));
        assert_int_equal(value, 0);
    }
    static const char *const neither[] = {"", "tRUE", "truely", "2", "10", "yes", "t"};
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        assert_null(fct_scan_bool(in_line(neither[i], ','), &value, &reason));
    assert_string_equal(reason, "is neither true nor false");
    static const struct {
        const char *text;
        uint8_t sold;
    } sides[] = {{"buy", 0}, {"Buy", 0},  {"BUY", 0},  {"b", 0}, {"B", 0},
                 {"1", 0},   {"sell", 1}, {"Sell", 1}, {"S", 1}, {"-1", 1}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        value = 9;
        assert_non_null(fct_scan_side(in_line(sides[i].text, ','), &value, &reason));
        assert_int_equal(value, sides[i].sold);
    }
    assert_null(fct_scan_side(in_line("bought", ','), &value, &reason));
    assert_null(fct_scan_side(in_line("0", ','), &value, &reason));
    assert_string_equal(reason, "is no side (buy or sell, b or s, 1 or -1)");
}

static void field_ends(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int length;
    } cases[] = {{"abc,d\n", 3},        {",d\n", 0},     {"\n", 0},
                 {"ab\r\n", 2},         {"a\rb,\n", 3},  {"\"a,b\",c\n", 5},
                 {"\"a\"\"b\",c\n", 6}, {"\"open\n", 5}, {"\"\"\n", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(fct_scan_field_end(cases[i].line) - cases[i].line, cases[i].length);
}

typedef struct time_case {
    const char *text;
    int64_t time_us, stored; /* stored INT64_MIN: refused */
    const char *reason;
} time_case;

/* The fields of one file, one below the other. */
static void check_times(bool any_form, const time_case *cases, size_t n_cases)
{
    fct_row_time time = {.any_form = any_form};
    for (size_t i = 0; i < n_cases; i++) {
        const char *reason = NULL, *line = in_line(cases[i].text, ',');
        int64_t time_us = -1, stored = -1;
        const char *end = fct_row_time_scan(&time, line, &time_us, &stored, &reason);
        if (cases[i].reason) {
            if (end)
                fail_msg("%s was taken", cases[i].text);
            if (!strstr(reason, cases[i].reason))
                fail_msg("%s: %s", cases[i].text, reason);
            continue;
        }
        if (!end)
            fail_msg("%s: %s", cases[i].text, reason);
        assert_ptr_equal(end, line + strlen(cases[i].text));
        assert_true(time_us == cases[i].time_us);
        assert_true(stored == cases[i].stored);
    }
}

#define CHECK_TIMES(any_form, ...)                                                                 \
    do {                                                                                           \
        const time_case cases[] = {__VA_ARGS__};                                                   \
        check_times(any_form, cases, sizeof cases / sizeof *cases);                                \
    } while (0)

static void times_of_exchanges(void **state)
{
    (void)state;
    CHECK_TIMES(false, {"1723161256322", 1723161256322000, 1723161256322, NULL},
                {"1723161256321", 1723161256321000, 1723161256321, NULL},
                {"1723161256322000", 0, 0, "another unit"}, {"1723161256", 0, 0, "another unit"},
                {"0", 0, 0, "no time between 1980 and 2200"}, {"-5", 0, 0, "no time between"},
                {"253402300799000", 0, 0, "no time between"},
                {"1723161256322.5", 0, 0, "not a whole"},
                {"2024-08-08 00:00:00", 0, 0, "not a whole"}, {"", 0, 0, "is empty"});
    CHECK_TIMES(false, {"1735689600000001", 1735689600000001, 1735689600000001, NULL},
                {"1735689600000", 0, 0, "another unit"},
                {"253402300799000000", 0, 0, "no time between"});
    CHECK_TIMES(false, {"1735689600000000999", 1735689600000000, 1735689600000000999, NULL});
    CHECK_TIMES(false, {"1735689600", 1735689600000000, 1735689600, NULL});
    /* The first and the last moment that are taken, in ms. */
    CHECK_TIMES(false, {"315532799999", 0, 0, "no time"},
                {"315532800000", 315532800000000, 315532800000, NULL},
                {"7258118399999", 7258118399999000, 7258118399999, NULL},
                {"7258118400000", 0, 0, "no time"});
    CHECK_TIMES(false, {"9223372036854775807", 0, 0, "no time"},
                {"-9223372036854775808", 0, 0, "no time"},
                {"99999999999999999999", 0, 0, "too large"});
}

static void times_of_users(void **state)
{
    (void)state;
    CHECK_TIMES(true, {"1784851200.0547", 1784851200054700, 1784851200054700, NULL},
                {"1784851201", 1784851201000000, 1784851201000000, NULL},
                {"1784851201.1234567899", 1784851201123456, 1784851201123456, NULL},
                {"1784851201.", 1784851201000000, 1784851201000000, NULL},
                {"1784851201123", 0, 0, "another unit"}, {"1784851201.5x", 0, 0, "is no time"},
                {"2026-07-24 00:00:00", 0, 0, "another form"}, {"1.784e9", 0, 0, "no time"});
    /* Whole seconds become µs too, so that fractions may follow. */
    CHECK_TIMES(true, {"1784851200", 1784851200000000, 1784851200000000, NULL},
                {"1784851200.5", 1784851200500000, 1784851200500000, NULL});
    CHECK_TIMES(true, {"1784851200123", 1784851200123000, 1784851200123, NULL},
                {"1784851200123.5", 0, 0, "another form"});
    CHECK_TIMES(true, {"1784851200123.25", 1784851200123250, 1784851200123250, NULL},
                {"1784851200124", 1784851200124000, 1784851200124000, NULL});
    CHECK_TIMES(true, {"2013-12-01 00:00:00.123", 1385856000123000, 1385856000123000, NULL},
                {"2013-12-01T00:00:00Z", 1385856000000000, 1385856000000000, NULL},
                {"2013-12-01 23:59:59.123456789+00:00", 1385942399123456, 1385942399123456, NULL},
                {"2013-12-01 24:00:00", 0, 0, "is no time"}, {"2013-12-01", 0, 0, "is no time"},
                {"2013-13-01 00:00:00", 0, 0, "is no time"},
                {"2013-12-01 00:00:00+08:00", 0, 0, "is no time"},
                {"1975-12-01 00:00:00", 0, 0, "no time between"},
                {"1385856000", 0, 0, "another form"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_decimals_equal_strtod),
        cmocka_unit_test(long_decimals_equal_strtod),
        cmocka_unit_test(special_decimals_equal_strtod),
        cmocka_unit_test(no_numbers),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(eight_digits_take_digits_only),
        cmocka_unit_test(words),
        cmocka_unit_test(field_ends),
        cmocka_unit_test(times_of_exchanges),
        cmocka_unit_test(times_of_users),
    };
    return cmocka_run_group_tests(tests, make_locale, free_locale);
}
