#include "format/number.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t put_digits(uint64_t value, char *out)
{
    char reversed[20];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

size_t fct_format_int64(int64_t value, char *out)
{
    size_t n = 0;
    if (value < 0)
        out[n++] = '-';
    n += put_digits(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, out + n);
    out[n] = '\0';
    return n;
}

/*
 * Most numbers here are decimals of a few digits. whole / 10^k, both exact, is rounded once, as reading "whole with k
 * decimals" is: where it gives the number back, these are its digits, and the smallest k makes them the fewest.
 */
static size_t put_short_decimal(double magnitude, char *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
    for (size_t k = 0; k < sizeof powers / sizeof *powers; k++) {
        double whole = nearbyint(magnitude * powers[k]);
        if (whole >= 1e15)
            return 0;
        if (whole / powers[k] != magnitude)
            continue;
        char digits[24];
        size_t n_digits = put_digits((uint64_t)whole, digits);
        size_t n_whole = n_digits > k ? n_digits - k : 0;
        size_t n = 0;
        memcpy(out, digits, n_whole);
        n += n_whole;
        if (!n_whole)
            out[n++] = '0';
        out[n++] = '.';
        for (size_t i = n_digits; i < k; i++)
            out[n++] = '0';
        memcpy(out + n, digits + n_whole, n_digits - n_whole);
        n += n_digits - n_whole;
        if (!k)
            out[n++] = '0';
        return n;
    }
    return 0;
}

/* printf and strtod may use another sign than '.', where the program has set a locale. */
static void put_point(char *out)
{
    for (char *c = out; *c; c++)
        if (*c == ',')
            *c = '.';
}

static size_t put_by_trial(double magnitude, char *out)
{
    assert(out);
    for (int n_digits = 15; n_digits <= 17; n_digits++) {
        snprintf(out, FCT_NUMBER_SIZE - 4, "%.*g", n_digits, magnitude);
        if (strtod(out, NULL) == magnitude)
            break;
    }
    put_point(out);
    size_t n = strlen(out);
    if (!strpbrk(out, ".e"))
        n += (size_t)snprintf(out + n, FCT_NUMBER_SIZE - 4 - n, ".0");
    return n;
}

size_t fct_format_double(double value, char *out)
{
    if (!isfinite(value)) {
        return (size_t)snprintf(out, FCT_NUMBER_SIZE, "%s",
                                isnan(value) ? "nan"
                                : value > 0  ? "inf"
                                             : "-inf");
    }
    size_t n = 0;
    if (signbit(value))
        out[n++] = '-';
    double magnitude = fabs(value);
    size_t n_short =
        magnitude == 0 || magnitude >= 1e-5 ? put_short_decimal(magnitude, out + n) : 0;
    n += n_short ? n_short : put_by_trial(magnitude, out + n);
    out[n] = '\0';
    return n;
}
