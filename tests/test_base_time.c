/* Dates, times and intervals against gmtime and hand-picked edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"

static void test_every_day_like_gmtime(void **state)
{
    (void)state;
    for (int64_t day = -40000; day < 120000; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        int year;
        int month;
        int day_of_month;
        fct_day_to_civil(day, &year, &month, &day_of_month);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(day_of_month, tm.tm_mday);
        assert_int_equal(fct_day_from_civil(year, month, day_of_month), day);
    }
}

static void test_date_round_trip(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 106000; day += 7) {
        char text[11];
        fct_date_format(day, text);
        int64_t back;
        assert_int_equal(fct_date_parse(text, &back, NULL), FCT_OK);
        assert_int_equal(back, day);
    }
}

static void test_bad_dates(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "2024",        "2024-13-01", "2024-00-10",
                                      "2024-02-30", "2023-02-29",  "2024-1-1",   "2024-01-01 ",
                                      "1969-12-31", "2262-01-01",  "9999-01-01", "2024/01/01",
                                      "x",          "2024-01-011", "-024-01-01", "2024-01-0\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t day;
        fct_error err = {0};
        if (fct_date_parse(bad[i], &day, &err) != FCT_ERROR_ARGUMENT)
            fail_msg("\"%s\" passed for a date", bad[i]);
        assert_non_null(strstr(err.message, "YYYY-MM-DD"));
        assert_null(strchr(err.message, '\n'));
    }
    assert_int_equal(fct_date_parse(NULL, &(int64_t){0}, NULL), FCT_ERROR_ARGUMENT);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ms; /* -1: an error */
    } cases[] = {
        {"2024-08-08", 1723075200000},
        {"2024-08-08 00:00:01", 1723075201000},
        {"2024-08-08T23:59:59.999Z", 1723161599999},
        {"2024-08-08Z", 1723075200000},
        {"1723075200000", 1723075200000},
        {"0", 0},
        {"2024-08-08 24:00:00", -1},
        {"2024-08-08 00:60:00", -1},
        {"2024-08-08 00:00", -1},
        {"2024-08-08 00:00:01.5", -1},
        {"12345678901234567890", -1},
        {"noon", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time_ms = -1;
        fct_status status = fct_time_parse(cases[i].text, &time_ms, NULL);
        if ((status == FCT_OK) != (cases[i].time_ms >= 0))
            fail_msg("\"%s\": %s", cases[i].text, fct_status_name(status));
        if (status == FCT_OK)
            assert_int_equal(time_ms, cases[i].time_ms);
    }
    char text[24];
    fct_time_format(1723161599999, text);
    assert_string_equal(text, "2024-08-08 23:59:59.999");
    fct_time_format(1723075200000, text);
    assert_string_equal(text, "2024-08-08 00:00:00");
    fct_time_format(-1, text);
    assert_string_equal(text, "1969-12-31 23:59:59.999");
}

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t interval_ms; /* 0: an error */
    } cases[] = {{"1ms", 1},
                 {"500ms", 500},
                 {"1s", 1000},
                 {"1m", 60000},
                 {"90m", 5400000},
                 {"4h", 14400000},
                 {"366d", 31622400000},
                 {"0m", 0},
                 {"-1m", 0},
                 {"1", 0},
                 {"m", 0},
                 {"1M", 0},
                 {"1.5h", 0},
                 {"367d", 0},
                 {"99999999999999999999d", 0},
                 {"1 m", 0},
                 {"1mm", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t interval_ms = 0;
        fct_error err = {0};
        fct_status status = fct_interval_parse(cases[i].text, &interval_ms, &err);
        if (status != (cases[i].interval_ms ? FCT_OK : FCT_ERROR_ARGUMENT))
            fail_msg("\"%s\": %s", cases[i].text, fct_status_name(status));
        if (status != FCT_OK)
            continue;
        assert_int_equal(interval_ms, cases[i].interval_ms);
        char text[24];
        int64_t back;
        fct_interval_format(interval_ms, text);
        assert_int_equal(fct_interval_parse(text, &back, NULL), FCT_OK);
        assert_int_equal(back, interval_ms);
    }
    char text[24];
    fct_interval_format(5400000, text);
    assert_string_equal(text, "90m");
    fct_interval_format(86400000, text);
    assert_string_equal(text, "1d");
}

static void test_units_by_magnitude(void **state)
{
    (void)state;
    static const int64_t seconds[] = {315532800, 1723075200, 4102444800};
    static const int64_t scales[] = {1, 1000, 1000000, 1000000000};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            int64_t divisor;
            int64_t time = seconds[i] * scales[k];
            int64_t multiplier = fct_time_unit_to_us(time, &divisor);
            assert_int_equal(time / divisor * multiplier, seconds[i] * 1000000);
        }
}

static void test_floor_div(void **state)
{
    (void)state;
    assert_int_equal(fct_floor_div(7, 3), 2);
    assert_int_equal(fct_floor_div(-7, 3), -3);
    assert_int_equal(fct_floor_div(-6, 3), -2);
    assert_int_equal(fct_floor_div(0, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_like_gmtime),
        cmocka_unit_test(test_date_round_trip),
        cmocka_unit_test(test_bad_dates),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_units_by_magnitude),
        cmocka_unit_test(test_floor_div),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
