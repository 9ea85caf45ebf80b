/* Rows read the plain way and field by field: the same rows, to the bit, or left to the other. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/lines.h"
#include "archive/rows_plain.h"

enum { N_FIELDS = 6, N_COLUMNS = 6 };

/* id, price, quantity, something left out, time, side */
static fct_layout layout = {
    .n_fields = N_FIELDS,
    .fields = {{FCT_FIELD_INT64, FCT_RULE_NONE, 0},
               {FCT_FIELD_DOUBLE, FCT_RULE_POSITIVE, 1},
               {FCT_FIELD_DOUBLE, FCT_RULE_NOT_NEGATIVE, 2},
               {FCT_FIELD_IGNORED, FCT_RULE_NONE, 3},
               {FCT_FIELD_TIME, FCT_RULE_NONE, 4},
               {FCT_FIELD_BOOL, FCT_RULE_NONE, 5}},
};

typedef struct row {
    int64_t id, time_us, time;
    double price, quantity;
    int64_t ignored;
    uint8_t side;
} row;

static fct_row_parser parser_into(row *out, locale_t c_locale)
{
    *out = (row){0};
    return (fct_row_parser){
        .layout = &layout,
        .time = {.form = FCT_TIME_WHOLE,
                 .multiplier = 1000,
                 .divisor = 1,
                 .low = INT64_C(315532800000),
                 .high = INT64_C(7258118400000)},
        .c_locale = c_locale,
        .time_us = &out->time_us,
        .columns = {&out->id, &out->price, &out->quantity, &out->ignored, &out->time, &out->side},
    };
}

/* Reads a line both ways; whether it was plain. */
static bool check_line(const char *line)
{
    char buffer[512 + 2 * FCT_LINES_PADDING_BYTES];
    memset(buffer, '7', sizeof buffer);
    char *start = buffer + FCT_LINES_PADDING_BYTES;
    memcpy(start, line, strlen(line));
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    row plain, slow;
    fct_bad_row bad;
    fct_row_parser parser = parser_into(&plain, c_locale);
    const char *next = fct_row_parse_plain(&parser, start, 0);
    parser = parser_into(&slow, c_locale);
    const char *expected = fct_row_parse(&parser, start, 0, &bad);
    freelocale(c_locale);
    if (!next)
        return false;
    if (next != expected || memcmp(&plain, &slow, sizeof plain) != 0)
        fail_msg("read in two ways: %s", line);
    return true;
}

static uint64_t random_below(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

static void put_digits(char *out, uint64_t *state, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + random_below(state, 10));
    out[n] = '\0';
}

static void random_rows(void **state)
{
    (void)state;
    uint64_t seed = 1;
    size_t n_plain = 0;
    for (int i = 0; i < 20000; i++) {
        char id[20], price[2][20], quantity[2][20], line[200];
        put_digits(id, &seed, 1 + random_below(&seed, 17));
        for (int k = 0; k < 2; k++) {
            put_digits(price[k], &seed, 1 + random_below(&seed, 9));
            put_digits(quantity[k], &seed, 1 + random_below(&seed, 9));
        }
        bool whole = random_below(&seed, 4) == 0;
        snprintf(line, sizeof line, "%s,%s%s%s,%s.%s,%.*s,%llu,%s%s\n", id, price[0],
                 whole ? "" : ".", whole ? "" : price[1], quantity[0], quantity[1],
                 (int)(1 + random_below(&seed, 30)), "something_that_is_left_out_____",
                 (unsigned long long)(1600000000000 + random_below(&seed, 1 << 30)),
                 random_below(&seed, 2) ? "true" : "False", random_below(&seed, 5) ? "" : "\r");
        n_plain += check_line(line);
        /* One byte of it changed to any other. */
        size_t n = strlen(line);
        line[random_below(&seed, n - 1)] = (char)(1 + random_below(&seed, 255));
        if (!strchr(line, '\n') || strchr(line, '\n') == line + n - 1)
            (void)check_line(line);
    }
#if defined(__SSE2__)
    assert_in_range(n_plain, 15000, 20000);
#endif
}

static void what_is_plain(void **state)
{
    (void)state;
#if defined(__SSE2__)
    assert_true(check_line("1,2712.16,0.486,x,1723161600115,true\n"));
    assert_true(check_line("1234567890123456,9007199254.740991,0,x,1723161600115,False\r\n"));
    assert_true(check_line("1,12345678901234.5,123456789012345,"
                           "forty_bytes_and_more_that_go_beyond_a_window,1723161600115,false\n"));
#endif
    static const char *const others[] = {
        "-1,1,1,x,1723161600115,true\n",                /* a sign */
        "1,1e3,1,x,1723161600115,true\n",               /* an exponent */
        "1,1.,1,x,1723161600115,true\n",                /* nothing behind the point ... */
        "1,.5,1,x,1723161600115,true\n",                /* ... or before it */
        "1,1.2.3,1,x,1723161600115,true\n",             /* two of them */
        "1,0,1,x,1723161600115,true\n",                 /* a price of zero */
        "1,9007199254740993,1,x,1723161600115,true\n",  /* above 2^53 */
        "1,12345678901234567,1,x,1723161600115,true\n", /* 17 digits */
        "12345678901234567,1,1,x,1723161600115,true\n",
        "1,,1,x,1723161600115,true\n",        /* an empty field */
        "1,1,1,x,1723161600,true\n",          /* seconds among ms */
        "1,1,1,x,1723161600115,1\n",          /* another word */
        "1,1,1,x,1723161600115,tRue\n",       /* no word */
        "1,1,1,\"x,y\",1723161600115,true\n", /* quotes */
        "1,1,1,x,1723161600115\n",            /* a field too few ... */
        "1,1,1,x,1723161600115,true,2\n",     /* ... or too many */
        "1,1,1,x,1723161600115,true\r\r\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (check_line(others[i]))
            fail_msg("taken for plain: %s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows),
        cmocka_unit_test(what_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
