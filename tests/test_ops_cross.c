/* Cross-sectional operators against their definitions, and figures worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/cross_sort.h"
#include "support/section.h"

#define N_ NAN

static const section_case *find_case(const char *name)
{
    const section_case *lists[] = {section_cross_cases, section_group_cases};
    for (int i = 0; i < 2; i++)
        for (const section_case *c = lists[i]; c->name; c++)
            if (strcmp(c->name, name) == 0)
                return c;
    return NULL;
}

static void every_operator_has_a_reference(void **state)
{
    (void)state;
    const fct_op *op;
    for (size_t i = 0; (op = fct_op_at(i)); i++)
        if (op->class == FCT_OP_CROSS && !find_case(op->name))
            fail_msg("%s has no plain definition in tests/support/section_cases.c", op->name);
}

static void operators_are_as_defined(void **state)
{
    (void)state;
    for (const section_case *c = section_cross_cases; c->name; c++)
        section_check_reference(c, 20);
}

static void permuting_symbols_permutes_results(void **state)
{
    (void)state;
    for (const section_case *c = section_cross_cases; c->name; c++)
        section_check_permutation(c, 21);
}

static void out_may_be_a_series(void **state)
{
    (void)state;
    for (const section_case *c = section_cross_cases; c->name; c++)
        section_check_in_place(c, 22);
}

/* ---- By hand ---------------------------------------------------------------------------------- */

enum { N = 5 };

typedef struct example {
    const char *name;
    double parameters[2];
    double x[N], y[N];
    double want[N];
} example;

static const example examples[] = {
    {"rank", {0}, {30, 10, N_, 20, 10}, {0}, {1, 0.375, N_, 0.75, 0.375}},
    {"cs_rank", {0}, {30, 10, N_, 20, 10}, {0}, {1, 0, N_, 2.0 / 3, 0}},
    {"cs_rank", {0}, {N_, N_, 7, N_, N_}, {0}, {N_, N_, N_, N_, N_}},
    {"rank", {0}, {N_, N_, 7, N_, N_}, {0}, {N_, N_, 1, N_, N_}},
    {"rank", {0}, {-0.0, 0.0, 1, -1, N_}, {0}, {0.625, 0.625, 1, 0.25, N_}},
    {"cs_mean", {0}, {1, 2, N_, 3, 6}, {0}, {3, 3, N_, 3, 3}},
    {"cs_median", {0}, {1, 2, N_, 3, 6}, {0}, {2.5, 2.5, N_, 2.5, 2.5}},
    {"cs_std",
     {0},
     {2, 4, N_, 4, 6},
     {0},
     {1.632993161855452, 1.632993161855452, N_, 1.632993161855452, 1.632993161855452}},
    {"cs_std", {0}, {0.1, 0.1, 0.1, 0.1, N_}, {0}, {0, 0, 0, 0, N_}},
    {"cs_sum", {0}, {1e16, 1, -1e16, 1, N_}, {0}, {2, 2, 2, 2, N_}},
    {"cs_min", {0}, {1, -2, N_, 3, 6}, {0}, {-2, -2, N_, -2, -2}},
    {"cs_max", {0}, {1, -2, N_, 3, INFINITY}, {0}, {3, 3, N_, 3, N_}},
    {"cs_count", {0}, {1, 2, N_, 3, 6}, {0}, {4, 4, N_, 4, 4}},
    {"cs_demean", {0}, {1, 2, N_, 3, 6}, {0}, {-2, -1, N_, 0, 3}},
    {"cs_zscore", {0}, {1, 2, 3, N_, N_}, {0}, {-1, 0, 1, N_, N_}},
    {"cs_zscore", {0}, {0.1, 0.1, 0.1, 0.1, 0.1}, {0}, {N_, N_, N_, N_, N_}},
    {"cs_normalize", {0, 1.5}, {1, 2, N_, 3, 6}, {0}, {-1.5, -1, N_, 0, 1.5}},
    {"cs_normalize", {1, 0}, {1, 2, 3, N_, N_}, {0}, {-1, 0, 1, N_, N_}},
    {"scale", {2}, {1, -2, N_, 3, -4}, {0}, {0.2, -0.4, N_, 0.6, -0.8}},
    {"scale", {1}, {0, 0, N_, 0, 0}, {0}, {N_, N_, N_, N_, N_}},
    {"cs_scale_down", {0}, {1, 2, N_, 3, 5}, {0}, {0, 0.25, N_, 0.5, 1}},
    {"cs_winsorize", {0.25}, {1, 2, 3, 4, 100}, {0}, {2, 2, 3, 4, 4}},
    {"cs_winsorize", {0.1}, {0, 10, 20, 30, 40}, {0}, {4, 10, 20, 30, 36}},
    {"cs_winsorize_std", {1}, {1, 2, 3, N_, N_}, {0}, {1, 2, 3, N_, N_}},
    {"cs_winsorize_std", {0.5}, {1, 2, 3, N_, N_}, {0}, {1.5, 2, 2.5, N_, N_}},
    {"cs_mad_clip", {2}, {1, 2, 3, 4, 100}, {0}, {1, 2, 3, 4, 3 + 2 * 1.4826}},
    {"cs_quantile",
     {0, 1},
     {3, 1, N_, 2, N_},
     {0},
     {0.967421566101701, -0.967421566101701, N_, 0, N_}},
    {"cs_quantile", {1, 1}, {3, 1, N_, 2, 4}, {0}, {0.625, 0.125, N_, 0.375, 0.875}},
    {"cs_quantile", {2, 2}, {3, N_, N_, 2, N_}, {0}, {2, N_, N_, -2, N_}},
    {"cs_truncate", {0.25}, {1, -2, N_, 3, -4}, {0}, {1, -2, N_, 2.5, -2.5}},
    {"cs_bucket", {2}, {1, 2, 3, 4, N_}, {0}, {0, 0, 1, 1, N_}},
    {"cs_bucket", {5}, {1, 2, 2, 2, 3}, {0}, {0, 1, 1, 1, 4}},
    {"cs_neutralize", {0}, {1, 3, 2, 6, N_}, {1, 2, 3, 4, 5}, {0.1, 0.7, -1.7, 0.9, N_}},
    {"cs_neutralize", {0}, {1, 2, N_, 3, 6}, {7, 7, 7, 7, 7}, {-2, -1, N_, 0, 3}},
    {"cs_neutralize", {0}, {1, 3, N_, N_, N_}, {5, 4, 3, 2, 1}, {0, 0, N_, N_, N_}},
    {"cs_neutralize", {0}, {1, N_, N_, N_, N_}, {5, 4, 3, 2, 1}, {N_, N_, N_, N_, N_}},
    {"cs_vector_neut", {0}, {1, 2, 3, N_, 4}, {0, 1, 1, 5, N_}, {1, -0.5, 0.5, N_, N_}},
    {"cs_vector_neut", {0}, {1, 2, 3, N_, 4}, {0, 0, 0, 5, N_}, {N_, N_, N_, N_, N_}},
};

static void operators_are_as_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const example *e = &examples[i];
        const fct_op *op = fct_op_find(e->name, strlen(e->name), FCT_DIALECT_FACTORIUM);
        assert_non_null(op);
        fct_op_call call = section_call(op, op->min_series);
        memcpy(call.parameters, e->parameters, sizeof e->parameters);
        const double *series[] = {e->x, e->y};
        double out[N];
        section_run(&call, series, out, N);
        for (int j = 0; j < N; j++)
            if (!(isnan(out[j]) && isnan(e->want[j])) && !(fabs(out[j] - e->want[j]) <= 1e-14))
                fail_msg("%s, example %zu, cell %d: %.17g, not %.17g", e->name, i, j, out[j],
                         e->want[j]);
    }
}

/* A series that regressors explain leaves 0, not its rounding; a regressor that others explain changes nothing. */
static void what_is_explained_leaves_nothing(void **state)
{
    (void)state;
    enum { M = 100 };
    double y[M], x[2][M], sum[M], out[M], with_sum[M];
    uint64_t seed = 5;
    section_fill(x[0], M, SECTION_LEVEL, &seed);
    section_fill(x[1], M, SECTION_TINY, &seed);
    for (int i = 0; i < M; i++) {
        x[1][i] *= 1e250;
        sum[i] = 3 - x[1][i];
        y[i] = x[1][i] * x[1][i];
    }
    fct_op_call call = section_call(fct_op_find("cs_neutralize", 13, FCT_DIALECT_FACTORIUM), 3);
    section_run(&call, (const double *[]){sum, x[0], x[1]}, out, M);
    for (int i = 0; i < M; i++)
        assert_true(out[i] == 0);
    section_run(&call, (const double *[]){y, x[0], x[1]}, out, M);
    call.n_series = 4;
    section_run(&call, (const double *[]){y, x[0], x[1], sum}, with_sum, M);
    for (int i = 0; i < M; i++)
        assert_true(section_same(with_sum[i], out[i]));
}

/* The sort alone, at sizes around its changes of method, with keys that agree in their leading bits. */
static void sorting_is_stable_and_exact(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (size_t n = 0; n < 4000; n = n < 40 ? n + 1 : n * 5 / 4)
        for (section_kind kind = 0; kind < SECTION_KINDS; kind++) {
            double *x = malloc((n + 1) * sizeof *x);
            void *scratch = aligned_alloc(64, (fct_cross_sort_bytes(n) + 127) / 64 * 64);
            assert_true(x && scratch);
            section_fill(x, n, kind, &seed);
            fct_sorted sorted = fct_cross_sort(x, n, scratch);
            size_t n_valid = 0, n_ties = 0;
            for (size_t i = 0; i < n; i++)
                n_valid += isfinite(x[i]) != 0;
            assert_int_equal(sorted.n, n_valid);
            for (size_t i = 0; i < n_valid; i++) {
                assert_true(sorted.order[i] < n && sorted.values[i] == x[sorted.order[i]]);
                if (i) {
                    bool is_tie = sorted.values[i] == sorted.values[i - 1];
                    n_ties += is_tie;
                    assert_true(is_tie ? sorted.order[i] > sorted.order[i - 1]
                                       : sorted.values[i] > sorted.values[i - 1]);
                }
            }
            assert_true(sorted.has_ties == (n_ties > 0));
            free(x);
            free(scratch);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_has_a_reference),
        cmocka_unit_test(operators_are_as_by_hand),
        cmocka_unit_test(operators_are_as_defined),
        cmocka_unit_test(permuting_symbols_permutes_results),
        cmocka_unit_test(out_may_be_a_series),
        cmocka_unit_test(what_is_explained_leaves_nothing),
        cmocka_unit_test(sorting_is_stable_and_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
