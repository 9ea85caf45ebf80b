/* Rolling operators on hostile series, beside plain references. */
#include "support/rolling.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arch.h"

size_t test_window(const fct_op_call *call, const double *series, size_t row, double *values)
{
    size_t d = (size_t)call->parameters[0], n = 0;
    for (size_t i = row + 1 > d ? row + 1 - d : 0; i <= row; i++)
        if (!isnan(series[i]))
            values[n++] = series[i];
    return n;
}

static void check_lane(const fct_op_call *call, test_reference reference, const double *out,
                       const double *const *series, size_t n_rows, size_t lane, double tolerance)
{
    double *one[FCT_OP_MAX_SERIES];
    for (size_t k = 0; k < call->n_series; k++) {
        one[k] = malloc(n_rows * sizeof *one[k]);
        assert_non_null(one[k]);
        for (size_t i = 0; i < n_rows; i++) {
            double x = series[k][i * FCT_OP_LANES + lane];
            one[k][i] = isfinite(x) ? x : NAN;
        }
    }
    for (size_t i = 0; i < n_rows; i++) {
        double expected = reference(call, (const double *const *)one, i);
        double actual = out[i * FCT_OP_LANES + lane];
        expected = isfinite(expected) ? expected : NAN;
        bool same = isnan(expected)
                        ? isnan(actual)
                        : fabs(actual - expected) <= tolerance * fmax(1, fabs(expected));
        if (!same)
            fail_msg("%s(d=%g, %g, %g): lane %zu, row %zu: %.17g instead of %.17g", call->op->name,
                     call->parameters[0], call->parameters[1], call->parameters[2], lane, i, actual,
                     expected);
    }
    for (size_t k = 0; k < call->n_series; k++)
        free(one[k]);
}

void test_rolling(const fct_op_call *call, test_reference reference, size_t n_rows,
                  double tolerance)
{
    double *series[FCT_OP_MAX_SERIES] = {NULL};
    const size_t n_cells = n_rows * FCT_OP_LANES;
    for (size_t k = 0; k < call->n_series; k++)
        series[k] = test_series(11 + k, n_rows);
    const double *const *input = (const double *const *)series;
    double *out = malloc(n_cells * sizeof *out), *again = malloc(n_cells * sizeof *again);
    assert_true(out && again);
    test_op_roll(call, input, n_rows, 0, out);
    for (int level = FCT_ARCH_BASE; level <= FCT_ARCH_V4; level++) {
        fct_arch_limit((fct_arch)level);
        test_op_roll(call, input, n_rows, 5 + (uint64_t)level, again);
        test_op_assert_same(call, out, again, n_cells);
    }
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
        check_lane(call, reference, out, input, n_rows, lane, tolerance);
    for (size_t k = 0; k < call->n_series; k++)
        free(series[k]);
    free(out);
    free(again);
}

/* The numbers of a text, one a row, in the first lane; the other lanes are 1. Returns how many. */
static size_t read_vector(const char *text, double *out, size_t capacity)
{
    size_t n = 0;
    while (*(text += strspn(text, " "))) {
        char *end = NULL;
        assert_true(n < capacity);
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
            out[n * FCT_OP_LANES + lane] = 1;
        bool is_missing = text[0] == '-' && (text[1] == ' ' || !text[1]);
        out[n++ * FCT_OP_LANES] = is_missing ? NAN : strtod(text, &end);
        text = is_missing ? text + 1 : end;
    }
    return n;
}

void test_rolling_vector(const char *name, const double *parameters, size_t n_parameters,
                         const char *const *series, const char *expected)
{
    enum { CAPACITY = 64, MAX_SERIES = 4 };
    double data[MAX_SERIES][CAPACITY * FCT_OP_LANES], wanted[CAPACITY * FCT_OP_LANES];
    double out[CAPACITY * FCT_OP_LANES];
    const double *input[MAX_SERIES] = {data[0], data[1], data[2], data[3]};
    fct_op_call call = test_op_call(name, parameters, n_parameters);
    size_t n = read_vector(expected, wanted, CAPACITY);
    for (size_t k = 0; k < call.n_series; k++)
        assert_int_equal(read_vector(series[k], data[k], CAPACITY), n);
    test_op_roll(&call, input, n, 0, out);
    for (size_t i = 0; i < n; i++) {
        double a = out[i * FCT_OP_LANES], b = wanted[i * FCT_OP_LANES];
        if (isnan(a) != isnan(b) || fabs(a - b) > 1e-9)
            fail_msg("%s: row %zu: %.12g instead of %.12g", name, i, a, b);
    }
}
