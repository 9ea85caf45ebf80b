/* Several factors as one: weights by hand, the universe, and that nothing is known before it is over. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "panel/panel.h"
#include "support/near.h"
#include "support/panel.h"

static const char *const columns[] = {"close", "x", "y"};

static fct_panel *take(const fct_panel *panel, size_t first, size_t n, int64_t to_ms)
{
    fct_panel *part;
    const fct_panel_selection selection = {
        .columns = columns + first, .n_columns = n, .from_ms = INT64_MIN / 2, .to_ms = to_ms};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &part, NULL), FCT_OK);
    return part;
}

static fct_panel *combine(const fct_panel *bars, const fct_combine_request *request)
{
    fct_panel *out;
    fct_error err = {0};
    fct_panel *factors = take(bars, 1, 2, INT64_MAX);
    if (fct_combine(bars, factors, request, NULL, &out, &err) != FCT_OK)
        fail_msg("%s", err.message);
    fct_panel_free(factors);
    return out;
}

static double cell(const fct_panel *p, size_t symbol, int64_t row)
{
    return p->columns[0].cells[fct_panel_cell_index(p, symbol, row)];
}

/* Of x (1, 2, 3) the z-scores are -1, 0, 1; of y (5, 5, 2) 1/sqrt 3 twice, -2/sqrt 3. */
static void test_by_hand(void **state)
{
    (void)state;
    static const double cells[3][3] = {{10, 1, 5}, {10, 2, 5}, {10, 3, 2}};
    static const double given[] = {3, -1};
    fct_panel *bars = test_panel_make(columns, 3, 3, NULL, 2);
    for (size_t s = 0; s < 3; s++)
        for (int64_t r = 0; r < 2; r++)
            for (size_t c = 0; c < 3; c++)
                bars->columns[c].cells[fct_panel_cell_index(bars, s, r)] = cells[s][c];
    bars->columns[2].cells[fct_panel_cell_index(bars, 0, 1)] = NAN;
    fct_panel *out = combine(bars, NULL);
    assert_near(cell(out, 0, 0), (-1 + 1 / sqrt(3)) / 2);
    assert_near(cell(out, 2, 0), (1 - 2 / sqrt(3)) / 2);
    /* Without y the first symbol has x alone; y of two is 1/sqrt 2 either way. */
    assert_near(cell(out, 0, 1), -1);
    assert_near(cell(out, 1, 1), (0 + 1 / sqrt(2)) / 2);
    fct_panel_free(out);
    out = combine(
        bars, &(fct_combine_request){.how = FCT_COMBINE_GIVEN, .weights = given, .n_weights = 2});
    assert_near(cell(out, 2, 0), (3 + 2 / sqrt(3)) / 4);
    fct_panel_free(out);

    /* Without the third symbol x is -1/sqrt 2, 1/sqrt 2, and y one value, which says nothing. */
    fct_panel *universe = take(bars, 1, 1, INT64_MAX);
    for (int64_t r = 0; r < 2; r++)
        universe->columns[0].cells[fct_panel_cell_index(universe, 2, r)] = 0;
    out = combine(bars, &(fct_combine_request){.universe = universe});
    assert_near(cell(out, 0, 0), -1 / sqrt(2));
    assert_true(isnan(cell(out, 2, 0)));
    fct_panel_free(out);
    fct_panel_free(universe);
    fct_panel_free(bars);
}

/* What is combined by ICs up to a time is the same, whether or not there are later rows. */
static void assert_knows_nothing_later(const fct_panel *bars, const fct_combine_request *request)
{
    fct_panel *full = combine(bars, request);
    int64_t n_values = 0;
    for (int64_t cut = 30; cut < bars->n_times; cut += 7) {
        fct_panel *before = take(bars, 0, 3, bars->time_ms[cut]);
        fct_panel *part = combine(before, request);
        assert_int_equal(part->n_symbols, full->n_symbols);
        for (size_t s = 0; s < part->n_symbols; s++)
            for (int64_t r = 0; r < part->symbol_rows[s]; r++) {
                double a = cell(part, s, r);
                double b = cell(full, s, r);
                n_values += !isnan(a);
                assert_true((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0);
            }
        fct_panel_free(part);
        fct_panel_free(before);
    }
    assert_true(n_values > 1000);
    fct_panel_free(full);
}

static void test_nothing_is_known_early(void **state)
{
    (void)state;
    const fct_combine_request by_ic = {.how = FCT_COMBINE_IC, .min_times = 5};
    const fct_combine_request later = {
        .how = FCT_COMBINE_IC, .min_times = 5, .horizon = 4, .delay = 2};
    fct_panel *bars = test_panel_make(columns, 3, 15, NULL, 90);
    assert_knows_nothing_later(bars, &by_ic);
    fct_panel_free(bars);
    /* Where symbols lack rows, the same number of rows ends at other times. */
    bars = test_panel_make_ragged(columns, 3, 15, 90);
    assert_false(bars->shared_grid);
    assert_knows_nothing_later(bars, &by_ic);
    assert_knows_nothing_later(bars, &later);
    fct_panel_free(bars);
}

static void test_errors(void **state)
{
    (void)state;
    fct_panel *bars = test_panel_make(columns, 3, 4, NULL, 9);
    static const double weights[] = {1, (double)NAN};
    const struct {
        fct_combine_request request;
        fct_status status;
        const char *says;
    } cases[] = {
        {{.how = (fct_combining)7}, FCT_ERROR_ARGUMENT, "no way to combine"},
        {{.how = FCT_COMBINE_GIVEN, .weights = weights, .n_weights = 1},
         FCT_ERROR_ARGUMENT,
         "1 weights for 2 factors"},
        {{.how = FCT_COMBINE_GIVEN, .weights = weights, .n_weights = 2},
         FCT_ERROR_ARGUMENT,
         "weight 2"},
        {{.min_times = -1}, FCT_ERROR_ARGUMENT, "-1 ICs"},
        {{.price = "vwap"}, FCT_ERROR_NOT_FOUND, "vwap"},
        {{.how = FCT_COMBINE_IC, .horizon = 9}, FCT_ERROR_ARGUMENT, "the longest has 9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_panel *factors = take(bars, 1, 2, INT64_MAX);
        fct_panel *out;
        fct_error err = {0};
        assert_int_equal(fct_combine(bars, factors, &cases[i].request, NULL, &out, &err),
                         cases[i].status);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
        assert_null(out);
        fct_panel_free(factors);
    }
    fct_panel_free(bars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing_is_known_early),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
