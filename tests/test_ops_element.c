/*
 * Element-wise operators against their definitions, one cell at a time; over any number of cells, in place of each argument, and
 * in every copy of the kernels that this processor can run.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arch.h"
#include "support/ops.h"

static bool any_nan(const double *s, int n)
{
    for (int i = 0; i < n; i++)
        if (isnan(s[i]))
            return true;
    return false;
}

static double truth(bool is_true, const double *s, int n)
{
    return any_nan(s, n) ? NAN : is_true ? 1 : 0;
}

/* ---- Definitions: of the cells s[0], s[1], ... ------------------------------------------------------- */

#define DEFINE(name, value)                                                                        \
    static double define_##name(const double *s)                                                   \
    {                                                                                              \
        return value;                                                                              \
    }
DEFINE(add, s[0] + s[1])
DEFINE(subtract, s[0] - s[1])
DEFINE(multiply, s[0] * s[1])
DEFINE(divide, s[1] == 0 ? NAN : s[0] / s[1])
DEFINE(power, any_nan(s, 2) ? NAN : pow(s[0], s[1]))
DEFINE(negate, 0 - s[0])
DEFINE(less, truth(s[0] < s[1], s, 2))
DEFINE(less_equal, truth(s[0] <= s[1], s, 2))
DEFINE(greater, truth(s[0] > s[1], s, 2))
DEFINE(greater_equal, truth(s[0] >= s[1], s, 2))
DEFINE(equal, truth(s[0] == s[1], s, 2))
DEFINE(not_equal, truth(s[0] != s[1], s, 2))
DEFINE(logical_and, truth(s[0] != 0 && s[1] != 0, s, 2))
DEFINE(logical_or, truth(s[0] != 0 || s[1] != 0, s, 2))
DEFINE(logical_not, truth(s[0] == 0, s, 1))
DEFINE(if_else, isnan(s[0]) ? NAN : s[0] != 0 ? s[1] : s[2])
DEFINE(abs, fabs(s[0]))
DEFINE(sign, isnan(s[0]) ? NAN : s[0] > 0 ? 1 : s[0] < 0 ? -1 : 0)
DEFINE(inverse, s[0] == 0 ? NAN : 1 / s[0])
DEFINE(log, s[0] > 0 ? log(s[0]) : NAN)
DEFINE(log1p, s[0] > -1 ? log1p(s[0]) : NAN)
DEFINE(log10, s[0] > 0 ? log10(s[0]) : NAN)
DEFINE(log2, s[0] > 0 ? log2(s[0]) : NAN)
DEFINE(exp, exp(s[0]))
DEFINE(sqrt, s[0] >= 0 ? sqrt(s[0]) : NAN)
DEFINE(signed_power, any_nan(s, 2) ? NAN
                     : s[0] == 0   ? (s[1] < 0 ? NAN : 0)
                                   : copysign(pow(fabs(s[0]), s[1]), s[0]))
DEFINE(signed_log1p, s[0] < 0 ? -log1p(-s[0]) : log1p(s[0]))
DEFINE(min, any_nan(s, 2) ? NAN : fmin(s[0], s[1]))
DEFINE(max, any_nan(s, 2) ? NAN : fmax(s[0], s[1]))
DEFINE(clip, any_nan(s, 3) ? NAN : fmin(fmax(s[0], s[1]), s[2]))
DEFINE(round, round(s[0]))
DEFINE(floor, floor(s[0]))
DEFINE(ceil, ceil(s[0]))
DEFINE(tanh, tanh(s[0]))
DEFINE(sigmoid, 1 / (1 + exp(-s[0])))
DEFINE(is_nan, isnan(s[0]) ? 1 : 0)
DEFINE(nan_to, isnan(s[0]) ? s[1] : s[0])
DEFINE(purify, s[0])
DEFINE(tail, any_nan(s, 3) ? NAN : s[0] >= s[1] && s[0] <= s[2] ? s[3] : s[0])

#define ENTRY(name)                                                                                \
    {                                                                                              \
#name, define_##name                                                                       \
    }
static const struct {
    const char *name;
    double (*define)(const double *s);
} operators[] = {
    ENTRY(add),         ENTRY(subtract),      ENTRY(multiply),     ENTRY(divide),
    ENTRY(power),       ENTRY(negate),        ENTRY(less),         ENTRY(less_equal),
    ENTRY(greater),     ENTRY(greater_equal), ENTRY(equal),        ENTRY(not_equal),
    ENTRY(logical_and), ENTRY(logical_or),    ENTRY(logical_not),  ENTRY(if_else),
    ENTRY(abs),         ENTRY(sign),          ENTRY(inverse),      ENTRY(log),
    ENTRY(log1p),       ENTRY(log10),         ENTRY(log2),         ENTRY(exp),
    ENTRY(sqrt),        ENTRY(signed_power),  ENTRY(signed_log1p), ENTRY(min),
    ENTRY(max),         ENTRY(clip),          ENTRY(round),        ENTRY(floor),
    ENTRY(ceil),        ENTRY(tanh),          ENTRY(sigmoid),      ENTRY(is_nan),
    ENTRY(nan_to),      ENTRY(purify),        ENTRY(tail),
};
enum { N_OPERATORS = sizeof operators / sizeof *operators };

/* ---- Cells ------------------------------------------------------------------------------------------- */

static const double cells[] = {NAN,        0,
                               -0.0,       1,
                               -1,         0.5,
                               -0.5,       1.5,
                               2.5,        -2.5,
                               3,          -7,
                               1e-8,       -1e-300,
                               5e-324,     DBL_MIN,
                               1e12,       -1e12,
                               1e9 + 0.25, 0x1p53,
                               -0x1p53,    DBL_MAX,
                               -DBL_MAX,   709.5,
                               -745,       0x1.fffffffffffffp-2};
enum { N_SPECIAL = sizeof cells / sizeof *cells, N_CELLS = 3003 };

static void fill(double *x, uint64_t seed)
{
    for (size_t i = 0; i < N_CELLS; i++)
        x[i] = test_random(&seed, 2) ? cells[test_random(&seed, N_SPECIAL)]
                                     : (double)test_random(&seed, 2000) / 100 - 10;
}

static void assert_cell(const char *name, size_t i, double got, double want)
{
    if (isinf(want))
        want = NAN;
    if (!(got == want || (isnan(got) && isnan(want))))
        fail_msg("%s: cell %zu is %.17g, not %.17g", name, i, got, want);
}

static void values_are_as_defined(void **state)
{
    (void)state;
    static double series[4][N_CELLS];
    static double out[N_CELLS];
    for (uint64_t k = 0; k < 4; k++)
        fill(series[k], k + 1);
    const double *const all[] = {series[0], series[1], series[2], series[3]};
    for (fct_arch arch = FCT_ARCH_BASE; arch <= FCT_ARCH_V4; arch++) {
        fct_arch_limit(arch);
        for (size_t k = 0; k < N_OPERATORS; k++) {
            fct_op_call call = test_op_call(operators[k].name, NULL, 0);
            for (size_t n = 0; n <= N_CELLS; n = n < 20 ? n + 1 : n + 2983) {
                memset(out, 0, sizeof out);
                call.op->element(&call, all, out, n);
                for (size_t i = 0; i < n; i++) {
                    double s[] = {series[0][i], series[1][i], series[2][i], series[3][i]};
                    assert_cell(call.op->name, i, out[i], operators[k].define(s));
                }
                for (size_t i = n; i < n + 8 && i < N_CELLS; i++)
                    assert_true(out[i] == 0);
            }
        }
    }
}

static void the_result_may_take_the_place_of_an_argument(void **state)
{
    (void)state;
    static double series[FCT_OP_MAX_SERIES][N_CELLS];
    static double want[N_CELLS];
    static double place[N_CELLS];
    for (uint64_t k = 0; k < FCT_OP_MAX_SERIES; k++)
        fill(series[k], k + 1);
    for (size_t k = 0; k < N_OPERATORS; k++) {
        fct_op_call call = test_op_call(operators[k].name, NULL, 0);
        call.n_series = call.op->max_series;
        for (size_t taken = 0; taken < call.n_series; taken++) {
            const double *apart[FCT_OP_MAX_SERIES];
            const double *shared[FCT_OP_MAX_SERIES];
            for (size_t i = 0; i < call.n_series; i++)
                apart[i] = shared[i] = series[i];
            memcpy(place, series[taken], sizeof place);
            shared[taken] = place;
            call.op->element(&call, apart, want, N_CELLS);
            call.op->element(&call, shared, place, N_CELLS);
            test_op_assert_same(&call, want, place, N_CELLS);
        }
    }
}

static void extremes_take_up_to_eight_series(void **state)
{
    (void)state;
    static double series[FCT_OP_MAX_SERIES][N_CELLS];
    static double out[N_CELLS];
    const double *all[FCT_OP_MAX_SERIES];
    for (uint64_t k = 0; k < FCT_OP_MAX_SERIES; k++) {
        fill(series[k], k + 1);
        all[k] = series[k];
    }
    for (int is_max = 0; is_max < 2; is_max++)
        for (size_t n = 2; n <= FCT_OP_MAX_SERIES; n++) {
            fct_op_call call = test_op_call(is_max ? "max" : "min", NULL, 0);
            call.n_series = n;
            call.op->element(&call, all, out, N_CELLS);
            for (size_t i = 0; i < N_CELLS; i++) {
                double want = series[0][i];
                for (size_t k = 1; k < n; k++)
                    want = isnan(want) || isnan(series[k][i]) ? NAN
                           : is_max                           ? fmax(want, series[k][i])
                                                              : fmin(want, series[k][i]);
                assert_cell(call.op->name, i, out[i], want);
            }
        }
}

static void infinite_cells_do_not_come_out(void **state)
{
    (void)state;
    static double series[4][N_CELLS];
    static double out[N_CELLS];
    const double *const all[] = {series[0], series[1], series[2], series[3]};
    uint64_t seed = 3;
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < N_CELLS; i++) {
            uint64_t kind = test_random(&seed, 4);
            series[k][i] = kind == 0 ? INFINITY : kind == 1 ? -INFINITY : kind == 2 ? 0 : 2;
        }
    for (size_t k = 0; k < N_OPERATORS; k++) {
        fct_op_call call = test_op_call(operators[k].name, NULL, 0);
        call.op->element(&call, all, out, N_CELLS);
        for (size_t i = 0; i < N_CELLS; i++)
            if (isinf(out[i]))
                fail_msg("%s: cell %zu is infinite", call.op->name, i);
    }
}

static void every_operator_is_here(void **state)
{
    (void)state;
    size_t n = 0;
    const fct_op *op;
    for (size_t i = 0; (op = fct_op_at(i)); i++) {
        if (op->class != FCT_OP_ELEMENT)
            continue;
        assert_true(n < N_OPERATORS);
        assert_string_equal(op->name, operators[n++].name);
    }
    assert_int_equal(n, N_OPERATORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_is_here),
        cmocka_unit_test(values_are_as_defined),
        cmocka_unit_test(the_result_may_take_the_place_of_an_argument),
        cmocka_unit_test(extremes_take_up_to_eight_series),
        cmocka_unit_test(infinite_cells_do_not_come_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
