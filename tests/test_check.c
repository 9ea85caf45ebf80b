/* The universe's rules, and the search for what looks ahead. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/check.h"
#include "panel/match.h"
#include "support/panel.h"

/* ---- Universe --------------------------------------------------------------------------------- */

static const char *const symbols[] = {"BTCUSDT",    "BTCUPUSDT", "JUPUSDT",
                                      "USDCUSDT",   "ETHUSDT",   "ETHBEARUSDT",
                                      "XBULL-USDT", "ADA3LUSDT", "ADA3SUSDT"};
enum { N_SYMBOLS = sizeof symbols / sizeof *symbols, N_TIMES = 40 };

static fct_panel *pairs(void)
{
    static const char *const columns[] = {"close", "volume", "tier"};
    fct_panel *panel = test_panel_make(columns, 3, N_SYMBOLS, symbols, N_TIMES);
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t r = 0; r < panel->n_rows; r++)
            panel->columns[2].cells[fct_panel_cell_index(panel, s, r)] = (double)(s % 3);
    return panel;
}

static double mark_of(const fct_panel *universe, const char *symbol, int64_t row)
{
    for (size_t s = 0; s < universe->n_symbols; s++)
        if (strcmp(universe->symbols[s], symbol) == 0)
            return universe->columns[0].cells[fct_panel_cell_index(universe, s, row)];
    fail_msg("no symbol %s", symbol);
    return NAN;
}

static fct_panel *universe_of(const fct_panel *bars, const fct_universe_rules *rules)
{
    fct_panel *universe;
    fct_error err = {0};
    if (fct_universe(bars, rules, NULL, &universe, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(universe->n_columns, 1);
    assert_string_equal(universe->columns[0].name, "universe");
    return universe;
}

static void test_names(void **state)
{
    (void)state;
    fct_panel *bars = pairs();
    fct_panel *u = universe_of(bars, &(fct_universe_rules){.without_stablecoins = true});
    assert_true(mark_of(u, "USDCUSDT", 5) == 0);
    assert_true(mark_of(u, "BTCUSDT", 5) == 1 && mark_of(u, "BTCUPUSDT", 5) == 1);
    fct_panel_free(u);
    u = universe_of(bars, &(fct_universe_rules){.without_leveraged = true});
    assert_true(mark_of(u, "BTCUPUSDT", 0) == 0 && mark_of(u, "ETHBEARUSDT", 0) == 0);
    assert_true(mark_of(u, "ADA3LUSDT", 0) == 0 && mark_of(u, "ADA3SUSDT", 0) == 0);
    /* JUP is a name of its own; of XBULL there is neither X nor XBEAR. */
    assert_true(mark_of(u, "JUPUSDT", 0) == 1 && mark_of(u, "XBULL-USDT", 0) == 1);
    assert_true(mark_of(u, "BTCUSDT", 0) == 1 && mark_of(u, "USDCUSDT", 0) == 1);
    fct_panel_free(u);
    fct_panel_free(bars);
}

static void test_rules(void **state)
{
    (void)state;
    fct_panel *bars = pairs();
    fct_panel *u = universe_of(bars, &(fct_universe_rules){.min_history = 7});
    assert_true(mark_of(u, "ETHUSDT", 5) == 0 && mark_of(u, "ETHUSDT", 6) == 1);
    fct_panel_free(u);

    static const char *const tags[] = {"0", "2.0"};
    u = universe_of(bars, &(fct_universe_rules){.tag_column = "tier", .tags = tags, .n_tags = 2});
    for (size_t s = 0; s < N_SYMBOLS; s++)
        assert_true(u->columns[0].cells[fct_panel_cell_index(u, s, 3)] == (s % 3 != 1));
    fct_panel_free(u);

    const fct_universe_rules small = {.min_notional = 22500, .notional_window = 4};
    u = universe_of(bars, &small);
    for (size_t s = 0; s < N_SYMBOLS; s++)
        for (int64_t r = 0; r < N_TIMES; r++) {
            double sum = 0;
            for (int64_t k = r - 3; k <= r; k++) {
                size_t at = fct_panel_cell_index(bars, s, k < 0 ? 0 : k);
                sum += k < 0 ? NAN : bars->columns[0].cells[at] * bars->columns[1].cells[at];
            }
            assert_true(u->columns[0].cells[fct_panel_cell_index(u, s, r)] == (sum / 4 >= 22500));
        }
    /* A mask, and rules together. */
    fct_universe_rules both = {.mask = u, .min_history = 20};
    fct_panel *v = universe_of(bars, &both);
    for (size_t s = 0; s < N_SYMBOLS; s++)
        for (int64_t r = 0; r < N_TIMES; r++) {
            size_t at = fct_panel_cell_index(u, s, r);
            assert_true(v->columns[0].cells[at] == (r >= 19 && u->columns[0].cells[at] == 1));
        }
    fct_panel_free(v);
    fct_panel_free(u);

    fct_error err;
    assert_int_equal(
        fct_universe(bars, &(fct_universe_rules){.tag_column = "sector"}, NULL, &u, &err),
        FCT_ERROR_NOT_FOUND);
    assert_int_equal(fct_universe(bars, &(fct_universe_rules){.min_history = -1}, NULL, &u, &err),
                     FCT_ERROR_ARGUMENT);
    assert_int_equal(
        fct_universe(bars, &(fct_universe_rules){.min_notional = (double)NAN}, NULL, &u, &err),
        FCT_ERROR_ARGUMENT);
    fct_panel_free(bars);
}

/* The mean notional of the last three rows, and a row that has none; of the column where it is there. */
static void test_notional(void **state)
{
    (void)state;
    static const char *const columns[] = {"close", "volume", "notional"};
    static const double close[] = {2, 2, 2, 2, 2, 2, 2, 2};
    static const double volume[] = {5, 10, 15, 4, (double)NAN, 30, 30, 30};
    /* Sums of three, twice: 60, 58; nothing while the fifth is among them; 180. */
    static const double in[] = {0, 0, 1, 0, 0, 0, 0, 1};
    fct_panel *bars = test_panel_make(columns, 3, 1, NULL, 8);
    for (int64_t r = 0; r < 8; r++) {
        bars->columns[0].cells[fct_panel_cell_index(bars, 0, r)] = close[r];
        bars->columns[1].cells[fct_panel_cell_index(bars, 0, r)] = volume[r];
        bars->columns[2].cells[fct_panel_cell_index(bars, 0, r)] = r == 4 ? 1e9 : 0;
    }
    const fct_universe_rules rules = {.min_notional = 20, .notional_window = 3};
    fct_panel *two;
    const fct_panel_selection selection = {.columns = columns, .n_columns = 2};
    assert_int_equal(fct_panel_slice(bars, &selection, NULL, &two, NULL), FCT_OK);
    fct_panel *u = universe_of(two, &rules);
    for (int64_t r = 0; r < 8; r++)
        assert_true(mark_of(u, "S000", r) == in[r]);
    fct_panel_free(u);
    /* A row of 10^9 counts for three rows and leaves nothing behind. */
    u = universe_of(bars, &rules);
    for (int64_t r = 0; r < 8; r++)
        assert_true(mark_of(u, "S000", r) == (r >= 4 && r < 7));
    fct_panel_free(u);
    fct_panel_free(two);
    fct_panel_free(bars);
}

/* ---- Look-ahead ------------------------------------------------------------------------------- */

static uint64_t seed = 3;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

/* Random walks; `later` is the return of the next row and some noise, `innocent` is noise. */
static fct_panel *walks(const char *later_name)
{
    const char *const columns[] = {"close", later_name, "innocent"};
    fct_panel *panel = test_panel_make(columns, 3, 15, NULL, 120);
    for (size_t s = 0; s < panel->n_symbols; s++) {
        double price = 100;
        for (int64_t r = 0; r < panel->n_rows; r++) {
            double before = price;
            price *= exp(0.04 * (uniform() - 0.5));
            panel->columns[0].cells[fct_panel_cell_index(panel, s, r)] = price;
            panel->columns[2].cells[fct_panel_cell_index(panel, s, r)] = uniform();
            if (r)
                panel->columns[1].cells[fct_panel_cell_index(panel, s, r - 1)] =
                    price / before - 1 + 0.01 * (uniform() - 0.5);
        }
    }
    return panel;
}

/* How many findings, and the words of the first. */
static int64_t check(const fct_panel *bars, const char *text, char what[240])
{
    fct_plan *plan;
    fct_error err = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t n;
    what[0] = '\0';
    if (fct_plan_compile(text, NULL, &plan, &err) != FCT_OK)
        fail_msg("%s", err.message);
    if (fct_plan_check(plan, bars, NULL, NULL, &stream, &n, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, n);
    if (n) {
        const struct ArrowArray *texts = batch.children[7];
        const int32_t *offsets = texts->buffers[1];
        snprintf(what, 240, "%.*s", offsets[1], (const char *)texts->buffers[2]);
    }
    batch.release(&batch);
    stream.release(&stream);
    fct_plan_free(plan);
    return n;
}

static void test_look_ahead(void **state)
{
    (void)state;
    char what[240];
    fct_panel *bars = walks("later");
    /* Factors of every kind that know nothing. */
    assert_int_equal(check(bars,
                           "cs_rank(-ts_delta(close, 5))\n"
                           "cs_zscore(ts_std(close, 10) / close) + innocent\n"
                           "ts_ewm_mean(close, 12) / close",
                           what),
                     0);
    /* A factor of future returns, and its column. */
    assert_int_equal(check(bars, "cs_rank(later)", what), 2);
    assert_non_null(strstr(what, "over the 1 rows that follow"));
    assert_true(check(bars, "0 - later + innocent * 0.001", what) >= 1);
    fct_panel_free(bars);
    /* By its name alone, where it knows too little to be told by returns. */
    bars = walks("fwd_return_1");
    assert_int_equal(check(bars, "fwd_return_1 * 0 + innocent", what), 2);
    assert_non_null(strstr(what, "fwd"));
    fct_plan *plan;
    fct_error err;
    assert_int_equal(fct_plan_compile("ts_shift(close, -1)", NULL, &plan, &err),
                     FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "looks ahead"));
    fct_panel_free(bars);
}

/* ---- What is no plan -------------------------------------------------------------------------- */

/* z-scores by the mean and deviation of all times: a statistic of the whole sample. */
static fct_status standardise_all(void *context, const fct_panel *bars, const fct_run *run,
                                  fct_panel **out, fct_error *err)
{
    static const char *const innocent[] = {"innocent"};
    const fct_panel_selection selection = {.columns = innocent, .n_columns = 1};
    (void)context;
    FCT_TRY(fct_panel_slice(bars, &selection, run, out, err));
    double *cells = (*out)->columns[0].cells;
    double sum = 0;
    double n = 0;
    for (size_t i = 0; i < fct_panel_n_cells(bars); i++)
        if (!isnan(cells[i])) {
            sum += cells[i];
            n++;
        }
    for (size_t i = 0; i < fct_panel_n_cells(bars); i++)
        cells[i] -= sum / n;
    return FCT_OK;
}

/* Factors combined by ICs that are known by then. */
static fct_status combine(void *context, const fct_panel *bars, const fct_run *run, fct_panel **out,
                          fct_error *err)
{
    static const char *const names[] = {"combined"};
    const fct_combine_request request = {.how = FCT_COMBINE_IC, .min_times = 5};
    (void)context;
    /* So few rows have no return at all. */
    if (bars->n_rows < 3)
        return fct_panel_blank(bars, names, 1, out, err);
    return fct_combine(bars, bars, &request, run, out, err);
}

static int64_t check_any(fct_status (*compute)(void *, const fct_panel *, const fct_run *,
                                               fct_panel **, fct_error *),
                         const fct_panel *bars)
{
    const fct_check_subject subject = {.compute = compute};
    struct ArrowArrayStream stream;
    fct_error err = {0};
    int64_t n;
    if (fct_check(&subject, bars, NULL, NULL, &stream, &n, &err) != FCT_OK)
        fail_msg("%s", err.message);
    struct ArrowArray batch;
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    for (int64_t i = 0; i < n; i++) {
        const int32_t *offsets = batch.children[1]->buffers[1];
        const char *kind = (const char *)batch.children[1]->buffers[2] + offsets[i];
        assert_memory_equal(kind, "changes", 7);
    }
    batch.release(&batch);
    stream.release(&stream);
    return n;
}

static void test_truncation(void **state)
{
    (void)state;
    static const char *const two[] = {"close", "innocent"};
    fct_panel *bars = walks("later");
    fct_panel *ragged = test_panel_make_ragged(two, 2, 15, 120);
    assert_int_equal(check_any(standardise_all, bars), 1);
    assert_int_equal(check_any(standardise_all, ragged), 1);
    fct_panel_free(bars);
    bars = test_panel_make(two, 2, 15, NULL, 120);
    assert_int_equal(check_any(combine, bars), 0);
    assert_int_equal(check_any(combine, ragged), 0);
    fct_panel_free(ragged);
    fct_panel_free(bars);
}

static void test_bad_requests(void **state)
{
    (void)state;
    fct_panel *bars = walks("later");
    fct_plan *plan;
    fct_error err;
    struct ArrowArrayStream stream;
    assert_int_equal(fct_plan_compile("close", NULL, &plan, NULL), FCT_OK);
    assert_int_equal(
        fct_plan_check(plan, bars, &(fct_check_request){.n_cuts = -1}, NULL, &stream, NULL, &err),
        FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_plan_check(plan, bars, &(fct_check_request){.suspicious_ic = 2}, NULL,
                                    &stream, NULL, &err),
                     FCT_ERROR_ARGUMENT);
    fct_plan_free(plan);
    assert_int_equal(fct_plan_compile("close", NULL, &plan, NULL), FCT_OK);
    fct_panel *one_time =
        test_panel_make((const char *const[]){"close", "later", "innocent"}, 3, 15, NULL, 1);
    assert_int_equal(fct_plan_check(plan, one_time, NULL, NULL, &stream, NULL, &err),
                     FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "they have 1 time"));
    /* What cannot fit the limit is refused before anything is made. */
    assert_int_equal(fct_plan_check(plan, bars, NULL, &(fct_run){.memory_limit_bytes = 100000},
                                    &stream, NULL, &err),
                     FCT_ERROR_LIMIT);
    assert_non_null(strstr(err.message, "whole and cut"));
    fct_panel_free(one_time);
    fct_plan_free(plan);
    assert_int_equal(fct_plan_compile("nothing", NULL, &plan, NULL), FCT_OK);
    assert_int_equal(fct_plan_check(plan, bars, NULL, NULL, &stream, NULL, &err),
                     FCT_ERROR_NOT_FOUND);
    fct_plan_free(plan);
    fct_panel_free(bars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_rules),
        cmocka_unit_test(test_notional),   cmocka_unit_test(test_look_ahead),
        cmocka_unit_test(test_truncation), cmocka_unit_test(test_bad_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
