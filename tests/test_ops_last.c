/* Operators that remember a value or two, beside a look back over all rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "support/rolling.h"

enum { N_ROWS = 700 };

static const double windows[] = {1, 2, 5, 20, 250, 1000};
enum { N_WINDOWS = sizeof windows / sizeof *windows };

/* The first row of the window. */
static size_t oldest(const fct_op_call *call, size_t row)
{
    size_t d = (size_t)call->parameters[0];
    return row + 1 > d ? row + 1 - d : 0;
}

static double reference_backfill(const fct_op_call *call, const double *const *series, size_t row)
{
    for (size_t i = row + 1; i-- > oldest(call, row);)
        if (!isnan(series[0][i]))
            return series[0][i];
    return NAN;
}

static double reference_kth(const fct_op_call *call, const double *const *series, size_t row)
{
    double k = call->parameters[1];
    for (size_t i = row + 1; i-- > oldest(call, row);)
        if (!isnan(series[0][i]) && --k == 0)
            return series[0][i];
    return NAN;
}

static double reference_differing(const fct_op_call *call, const double *const *series, size_t row)
{
    double x = series[0][row];
    for (size_t i = row + 1; i-- > oldest(call, row) && !isnan(x);)
        if (!isnan(series[0][i]) && series[0][i] != x)
            return series[0][i];
    return NAN;
}

/* From the row back to the first of the run of equal values; missing rows lie within a run. */
static double reference_change(const fct_op_call *call, const double *const *series, size_t row)
{
    (void)call;
    double x = series[0][row];
    size_t first = row;
    for (size_t i = row + 1; i-- > 0;) {
        if (!isnan(series[0][i]) && series[0][i] != x)
            break;
        if (!isnan(series[0][i]))
            first = i;
    }
    return isnan(x) ? NAN : (double)(row - first);
}

static double reference_hump(const fct_op_call *call, const double *const *series, size_t row)
{
    double value = NAN;
    for (size_t i = 0; i <= row; i++)
        if (isnan(value) || fabs(series[0][i] - value) > call->parameters[0])
            value = series[0][i];
    return isnan(series[0][row]) ? NAN : value;
}

static double reference_keep(const fct_op_call *call, const double *const *series, size_t row)
{
    for (size_t i = oldest(call, row); i <= row; i++)
        if (!isnan(series[1][i]) && series[1][i] != 0)
            return series[0][row];
    return NAN;
}

static double reference_trade(const fct_op_call *call, const double *const *series, size_t row)
{
    (void)call;
    for (size_t i = row + 1; i-- > 0;) {
        if (series[2][i] > 0)
            return NAN;
        if (series[0][i] > 0)
            return series[1][i];
    }
    return NAN;
}

static void check(const char *name, double extra, test_reference reference)
{
    for (size_t i = 0; i < N_WINDOWS; i++) {
        double parameters[2] = {windows[i], extra};
        fct_op_call call = test_op_call(name, parameters, isnan(extra) ? 1 : 2);
        test_rolling(&call, reference, N_ROWS, 0);
    }
}

static void backfill(void **state)
{
    (void)state;
    check("ts_backfill", NAN, reference_backfill);
    test_rolling_vector("ts_backfill", (const double[]){3}, 1,
                        (const char *const[]){"- 1 - - - 2 3"}, "- 1 1 1 - 2 3");
}

static void kth_element(void **state)
{
    (void)state;
    for (double k = 1; k <= 6; k++)
        check("kth_element", k, reference_kth);
    check("kth_element", 400, reference_kth);
    test_rolling_vector("kth_element", (const double[]){4, 2}, 2,
                        (const char *const[]){"1 - 3 4 - - - 5"}, "- - 1 3 3 3 - -");
}

static void last_diff_value(void **state)
{
    (void)state;
    check("last_diff_value", NAN, reference_differing);
    test_rolling_vector("last_diff_value", (const double[]){4}, 1,
                        (const char *const[]){"1 1 2 2 - 2 2 1 1"}, "- - 1 1 - - - 2 2");
}

static void days_from_last_change(void **state)
{
    (void)state;
    fct_op_call call = test_op_call("days_from_last_change", NULL, 0);
    test_rolling(&call, reference_change, N_ROWS, 0);
    test_rolling_vector("days_from_last_change", NULL, 0, (const char *const[]){"- 5 5 - 5 6 6 5"},
                        "- 0 1 - 3 0 1 0");
}

static void hump(void **state)
{
    (void)state;
    for (double h = 0; h < 3; h += 0.5) {
        fct_op_call call = test_op_call("hump", &h, 1);
        test_rolling(&call, reference_hump, N_ROWS, 0);
    }
    test_rolling_vector("hump", (const double[]){0.5}, 1,
                        (const char *const[]){"1 1.5 1.6 1.2 - 1.0 2"}, "1 1 1.6 1.6 - 1 2");
}

static void keep(void **state)
{
    (void)state;
    check("keep", NAN, reference_keep);
    test_rolling_vector("keep", (const double[]){2}, 1,
                        (const char *const[]){"1 2 3 4 - 6 7", "0 1 0 0 -3 - 0"}, "- 2 3 - - 6 -");
}

static void trade_when(void **state)
{
    (void)state;
    fct_op_call call = test_op_call("trade_when", NULL, 0);
    test_rolling(&call, reference_trade, N_ROWS, 0);
    test_rolling_vector(
        "trade_when", NULL, 0,
        (const char *const[]){"0 1 0 - 1 0 0 1 1", "1 2 3 4 5 6 7 - 9", "0 0 0 0 - 0 1 0 1"},
        "- 2 2 2 5 5 - - -");
}

static void step(void **state)
{
    (void)state;
    test_rolling_vector("ts_step", NULL, 0, NULL, "1 2 3 4");
    test_rolling_vector("ts_step", (const double[]){-1}, 1, NULL, "-1 0 1 2");
    fct_op_call call = test_op_call("ts_step", NULL, 0);
    double out[FCT_OP_LANES];
    call.op->rolling(&call, NULL, INT64_C(5000000000), NULL, out, 1);
    assert_true(out[7] == 5000000001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backfill),   cmocka_unit_test(kth_element),
        cmocka_unit_test(hump),       cmocka_unit_test(last_diff_value),
        cmocka_unit_test(keep),       cmocka_unit_test(days_from_last_change),
        cmocka_unit_test(trade_when), cmocka_unit_test(step),
    };
    return cmocka_run_group_tests_name("ops_last", tests, NULL, NULL);
}
