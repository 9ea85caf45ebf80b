/* Operators over groups against their definitions, and figures worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/section.h"

#define N_ NAN

static void operators_are_as_defined(void **state)
{
    (void)state;
    for (const section_case *c = section_group_cases; c->name; c++)
        section_check_reference(c, 30);
}

static void permuting_symbols_permutes_results(void **state)
{
    (void)state;
    for (const section_case *c = section_group_cases; c->name; c++)
        section_check_permutation(c, 31);
}

static void out_may_be_a_series(void **state)
{
    (void)state;
    for (const section_case *c = section_group_cases; c->name; c++)
        section_check_in_place(c, 32);
}

/* ---- By hand ---------------------------------------------------------------------------------- */

enum { N = 7 };

static const double x[N] = {1, 2, 6, N_, 5, 9, 5};
static const double g[N] = {7, -1.5, 7, 7, 7, N_, -1.5};
static const double w[N] = {1, 1, 2, 5, 1, 1, N_};

static const struct {
    const char *name;
    double want[N];
} examples[] = {
    {"group_mean", {4.5, 2, 4.5, N_, 4.5, N_, N_}},
    {"group_neutralize", {-3, -1.5, 2, N_, 1, N_, 1.5}},
    {"group_rank", {1.0 / 3, 0.5, 1, N_, 2.0 / 3, N_, 1}},
    {"group_zscore",
     {-1.1338934190276817, -0.70710678118654752, 0.75592894601845451, N_, 0.37796447300922725, N_,
      0.70710678118654752}},
    {"group_scale", {0, 0, 1, N_, 0.8, N_, 1}},
    {"group_sum", {12, 7, 12, N_, 12, N_, 7}},
    {"group_median", {5, 3.5, 5, N_, 5, N_, 3.5}},
    {"group_std",
     {2.6457513110645907, 2.1213203435596424, 2.6457513110645907, N_, 2.6457513110645907, N_,
      2.1213203435596424}},
    {"group_min", {1, 2, 1, N_, 1, N_, 2}},
    {"group_max", {6, 5, 6, N_, 6, N_, 5}},
    {"group_count", {3, 2, 3, N_, 3, N_, 2}},
    {"group_backfill", {1, 2, 6, 4, 5, 9, 5}},
};

static void operators_are_as_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const fct_op *op =
            fct_op_find(examples[i].name, strlen(examples[i].name), FCT_DIALECT_FACTORIUM);
        assert_non_null(op);
        fct_op_call call = section_call(op, op->min_series);
        const double *two[] = {x, g}, *three[] = {x, w, g};
        double out[N];
        section_run(&call, op->min_series == 3 ? three : two, out, N);
        for (int j = 0; j < N; j++)
            if (!(isnan(out[j]) && isnan(examples[i].want[j])) &&
                !(fabs(out[j] - examples[i].want[j]) <= 1e-15))
                fail_msg("%s, cell %d: %.17g, not %.17g", examples[i].name, j, out[j],
                         examples[i].want[j]);
    }
}

/* One value has no standard deviation to be held within; a far one is held. */
static void backfill_holds_what_is_far(void **state)
{
    (void)state;
    const double one[] = {N_, 3}, far[] = {1, 2, 3, N_}, group[] = {0, 0, 0, 0};
    double out[4];
    fct_op_call call = section_call(fct_op_find("group_backfill", 14, FCT_DIALECT_FACTORIUM), 2);
    section_run(&call, (const double *[]){one, group}, out, 2);
    assert_true(out[0] == 3 && out[1] == 3);
    call.parameters[0] = 0; /* all of them the mean */
    section_run(&call, (const double *[]){far, group}, out, 4);
    assert_true(out[2] == 3 && out[3] == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_as_by_hand),
        cmocka_unit_test(backfill_holds_what_is_far),
        cmocka_unit_test(operators_are_as_defined),
        cmocka_unit_test(permuting_symbols_permutes_results),
        cmocka_unit_test(out_may_be_a_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
