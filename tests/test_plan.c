/* Plans on panels: values against plain loops, and the same bits however the work is cut. */
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arch.h"
#include "base/block.h"
#include "base/text.h"
#include "expr/schedule.h"
#include "ops/ops.h"
#include "panel/rows.h"
#include "support/panel.h"

#define MINUTE INT64_C(60000)

static fct_plan *compile(const char *text, bool strict)
{
    fct_plan *plan;
    fct_error err = {0};
    const fct_plan_options options = {.strict_cross_sections = strict};
    if (fct_plan_compile(text, &options, &plan, &err) != FCT_OK)
        fail_msg("%s: %s", text, err.message);
    return plan;
}

static fct_panel *run(const fct_plan *plan, const fct_panel *panel, int n_threads)
{
    fct_panel *out;
    fct_error err = {0};
    const fct_run options = {.n_threads = n_threads};
    if (fct_plan_run(plan, panel, &options, &out, &err) != FCT_OK)
        fail_msg("%s", err.message);
    return out;
}

/* Columns x, y, g (1, 2, 3 or missing) and w; symbols come late, go early and lack one row in seven where `ragged`. */
static fct_panel *make_panel(size_t n_symbols, int64_t n_times, bool ragged)
{
    static const char *const names[] = {"x", "y", "g", "w"};
    fct_job job;
    fct_panel *panel;
    uint64_t seed = 5;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < 4; c++)
        assert_int_equal(fct_panel_rows_add_column(&rows, names[c], FCT_PANEL_DOUBLE, NULL),
                         FCT_OK);
    assert_int_equal(fct_panel_rows_reserve(&rows, n_symbols * (size_t)n_times, NULL), FCT_OK);
    for (int64_t t = 0; t < n_times; t++)
        for (size_t s = 0; s < n_symbols; s++) {
            char name[24];
            size_t n = (size_t)snprintf(name, sizeof name, "S%03zu", s);
            uint64_t bits[4];
            for (size_t c = 0; c < 4; c++) {
                seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
                bits[c] = seed >> 33;
            }
            if (ragged && (t < (int64_t)(s % 5) * 7 || t >= n_times - (int64_t)(s % 3) * 11 ||
                           bits[3] % 7 == 0))
                continue;
            size_t row = rows.n_rows++;
            assert_int_equal(fct_text_set_add(&rows.symbols, name, n, &rows.symbol[row], NULL),
                             FCT_OK);
            rows.start_ms[row] = t * MINUTE;
            rows.end_ms[row] = (t + 1) * MINUTE;
            rows.columns[0].values[row] = bits[0] % 40 == 0 ? NAN : (double)(bits[0] % 1009) - 300;
            rows.columns[1].values[row] = bits[1] % 30 == 0 ? NAN : (double)(bits[1] % 31) / 7;
            rows.columns[2].values[row] = bits[2] % 4 ? (double)(bits[2] % 4) : NAN;
            rows.columns[3].values[row] = (double)(bits[3] % 11);
        }
    assert_int_equal(fct_panel_from_rows(&rows, &panel, NULL), FCT_OK);
    fct_job_end(&job);
    return panel;
}

static double cell(const fct_panel *panel, size_t column, size_t symbol, int64_t row)
{
    return panel->columns[column].cells[fct_panel_cell_index(panel, symbol, row)];
}

/* ---- Plain values ----------------------------------------------------------------------------- */

/* The mean of the last d rows of x - y, NaN unless all are there. */
static double mean_difference(const fct_panel *panel, size_t s, int64_t row, int64_t d)
{
    double sum = 0;
    if (row < d - 1)
        return NAN;
    for (int64_t r = row - d + 1; r <= row; r++)
        sum += cell(panel, 0, s, r) - cell(panel, 1, s, r);
    return sum / (double)d;
}

/* (values below) / (n - 1) among the rows of one end_time; values is by symbol and row. */
static double cross_rank(const fct_panel *panel,
                         double (*value)(const fct_panel *, size_t, int64_t), size_t symbol,
                         int64_t row)
{
    double own = value(panel, symbol, row);
    double below = 0;
    double n = 0;
    int64_t end = fct_panel_end_ms(panel, symbol, row);
    if (isnan(own))
        return NAN;
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t r = 0; r < panel->symbol_rows[s]; r++)
            if (fct_panel_end_ms(panel, s, r) == end && !isnan(value(panel, s, r))) {
                n++;
                below += value(panel, s, r) < own;
            }
    return n > 1 ? below / (n - 1) : NAN;
}

static double value_x(const fct_panel *panel, size_t s, int64_t row)
{
    return cell(panel, 0, s, row);
}

static double value_mean(const fct_panel *panel, size_t s, int64_t row)
{
    return mean_difference(panel, s, row, 5);
}

static void assert_near(double got, double wanted, size_t s, int64_t row, const char *what)
{
    bool same = isnan(wanted) ? isnan(got) : fabs(got - wanted) <= 1e-12 * (1 + fabs(wanted));
    if (!same)
        fail_msg("%s, symbol %zu, row %lld: %.17g instead of %.17g", what, s, (long long)row, got,
                 wanted);
}

static void check_values(const fct_panel *panel)
{
    fct_plan *plan = compile("a = cs_rank(ts_mean(x - y, 5))\n"
                             "b = ts_shift(cs_rank(x), 2) * 10 + 1\n"
                             "c = x\n"
                             "d = 3\n"
                             "e = a\n"
                             "f = cs_count(x > 100 ? y : nan)\n",
                             false);
    fct_panel *out = run(plan, panel, 2);
    assert_int_equal(out->n_columns, 6);
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t r = 0; r < panel->symbol_rows[s]; r++) {
            double rank = r < 2 ? NAN : cross_rank(panel, value_x, s, r - 2);
            assert_near(cell(out, 0, s, r), cross_rank(panel, value_mean, s, r), s, r, "a");
            assert_near(cell(out, 1, s, r), rank * 10 + 1, s, r, "b");
            assert_near(cell(out, 2, s, r), cell(panel, 0, s, r), s, r, "c");
            assert_near(cell(out, 3, s, r), 3, s, r, "d");
            assert_near(cell(out, 4, s, r), cell(out, 0, s, r), s, r, "e");
        }
    /* What is no row of a symbol is missing in every factor. */
    for (size_t c = 0; c < out->n_columns; c++)
        for (size_t tile = 0; tile < out->n_tiles; tile++)
            for (int64_t r = 0; r < fct_panel_tile_rows(out, tile); r++)
                for (size_t lane = 0; lane < FCT_LANES; lane++) {
                    size_t s = tile * FCT_LANES + lane;
                    if (s >= out->n_symbols || r >= out->symbol_rows[s])
                        assert_true(isnan(fct_panel_tile(out, out->columns[c].cells,
                                                         tile)[r * FCT_LANES + (int64_t)lane]));
                }
    fct_panel_free(out);
    fct_plan_free(plan);
}

static void values_are_as_by_plain_loops(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(11, 60, false);
    assert_true(panel->shared_grid);
    check_values(panel);
    fct_panel_free(panel);
    panel = make_panel(11, 60, true);
    assert_false(panel->shared_grid);
    check_values(panel);
    fct_panel_free(panel);
}

static void strict_cross_sections_blank_a_time(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(5, 200, false);
    fct_plan *plan = compile("a = cs_rank(x)", true);
    fct_panel *out = run(plan, panel, 1);
    int64_t n_blank = 0;
    for (int64_t r = 0; r < panel->n_rows; r++) {
        bool missing = false;
        for (size_t s = 0; s < 5; s++)
            missing = missing || isnan(cell(panel, 0, s, r));
        n_blank += missing;
        for (size_t s = 0; s < 5; s++)
            assert_int_equal(isnan(cell(out, 0, s, r)), missing);
    }
    assert_true(n_blank > 0 && n_blank < 200);
    fct_panel_free(out);
    fct_plan_free(plan);
    fct_panel_free(panel);
}

/* ---- All operators ---------------------------------------------------------------------------- */

/* Something for a parameter that must be given. */
static const char *some_value(const fct_operator_parameter *p)
{
    if (p->kind == FCT_PARAMETER_WINDOW)
        return "6";
    if (p->kind == FCT_PARAMETER_INTEGER)
        return "2";
    return strcmp(p->name, "span") == 0 ? "7" : "0.4";
}

/* "o12 = ts_corr(x, y, 6)" for each operator, over series that have gone through a cross-section and a window before. */
static char *all_operators(void)
{
    static const char *const series[] = {"x", "y", "cs_rank(y)", "ts_delta(x, 1)",
                                         "x", "y", "w",          "x"};
    fct_text text = {0};
    fct_operator op;
    for (size_t i = 0; fct_operator_at(i, &op); i++) {
        const char *comma = "";
        assert_int_equal(fct_text_append_format(&text, NULL, "o%zu = %s(", i, op.name), FCT_OK);
        for (int k = 0; k < op.min_series; k++) {
            bool is_group = op.section == FCT_SECTION_GROUP && k == op.min_series - 1;
            assert_int_equal(
                fct_text_append_format(&text, NULL, "%s%s", comma, is_group ? "g" : series[k]),
                FCT_OK);
            comma = ", ";
        }
        for (int k = 0; k < op.n_parameters; k++)
            if (!op.parameters[k].optional) {
                assert_int_equal(fct_text_append_format(&text, NULL, "%s%s=%s", comma,
                                                        op.parameters[k].name,
                                                        some_value(&op.parameters[k])),
                                 FCT_OK);
                comma = ", ";
            }
        assert_int_equal(fct_text_append_format(&text, NULL, ")\n"), FCT_OK);
    }
    return text.data;
}

/* Runs all factors of a plan as one program, cut as told. */
static fct_panel *run_cut(const fct_plan *plan, const fct_panel *panel, int n_threads,
                          int64_t block_rows, size_t tile_rows)
{
    fct_program program = {0};
    fct_job job;
    fct_panel *out = NULL;
    size_t n = plan->n_factors;
    const fct_run options = {.n_threads = n_threads};
    uint32_t *roots = calloc(n, sizeof *roots);
    const char **names = calloc(n, sizeof *names);
    double **factors = calloc(n, sizeof *factors);
    const double **columns = calloc(plan->graph.columns.n_texts + 1, sizeof *columns);
    assert_true(roots && names && factors && columns);
    for (size_t i = 0; i < n; i++) {
        roots[i] = plan->factors[i].node;
        names[i] = plan->factors[i].name;
    }
    for (size_t i = 0; i < plan->graph.columns.n_texts; i++)
        columns[i] = fct_panel_find_column(panel, plan->graph.columns.texts[i])->cells;
    assert_int_equal(fct_job_start(&job, &options, NULL), FCT_OK);
    assert_int_equal(fct_program_make(&program, &plan->graph, roots, n, 0, NULL), FCT_OK);
    assert_int_equal(fct_panel_like(panel, names, n, &out, NULL), FCT_OK);
    for (size_t i = 0; i < n; i++) {
        factors[i] = out->columns[i].cells;
        for (size_t k = 0; k < fct_panel_n_cells(panel); k++)
            factors[i][k] = NAN;
    }
    fct_execution execution = {
        .program = &program,
        .panel = panel,
        .layout = fct_layout_of(&program, panel, n_threads, block_rows, tile_rows),
        .job = &job,
        .columns = columns,
        .factors = factors,
    };
    assert_int_equal(fct_execute(&execution, NULL), FCT_OK);
    fct_program_free(&program);
    fct_job_end(&job);
    free(roots);
    free(names);
    free(factors);
    free(columns);
    return out;
}

static void every_cut_gives_the_same_bits(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = make_panel(19, 150, ragged);
        fct_panel *whole = run(plan, panel, 1);
        static const int threads[] = {2, 4, 7};
        for (size_t i = 0; i < 3; i++) {
            fct_panel *again = run(plan, panel, threads[i]);
            test_panel_assert_same(whole, again);
            fct_panel_free(again);
        }
        static const int64_t blocks[] = {0, 1, 7, 64, 149};
        static const size_t rows[] = {512, 1, 3, 64, 10};
        for (size_t i = 0; i < 5; i++) {
            if (ragged && blocks[i])
                continue;
            fct_panel *again = run_cut(plan, panel, 2, blocks[i], rows[i]);
            test_panel_assert_same(whole, again);
            fct_panel_free(again);
        }
        fct_panel_free(whole);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
    free(text);
}

/* Operators do not know what comes: with the last times cut off, the values before them stay as they are. */
static void nothing_looks_ahead(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = make_panel(9, 120, ragged);
        fct_panel *whole = run(plan, panel, 1);
        static const int64_t ends[] = {1, 2, 37, 119};
        for (size_t i = 0; i < 4; i++) {
            fct_panel *part;
            fct_panel *expected;
            const fct_panel_selection selection = {.to_ms = ends[i] * MINUTE};
            assert_int_equal(fct_panel_slice(panel, &selection, NULL, &part, NULL), FCT_OK);
            assert_int_equal(fct_panel_slice(whole, &selection, NULL, &expected, NULL), FCT_OK);
            fct_panel *out = run(plan, part, 2);
            test_panel_assert_same(expected, out);
            fct_panel_free(out);
            fct_panel_free(expected);
            fct_panel_free(part);
        }
        fct_panel_free(whole);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
    free(text);
}

/* The panel with its symbols in the opposite order of names: S000 is what S018 was. */
static fct_panel *reverse_symbols(const fct_panel *panel)
{
    fct_job job;
    fct_panel *reversed;
    const fct_panel_column **columns = calloc(panel->n_columns, sizeof *columns);
    assert_non_null(columns);
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < panel->n_columns; c++) {
        columns[c] = &panel->columns[c];
        assert_int_equal(fct_panel_rows_add_column(&rows, columns[c]->name, columns[c]->type, NULL),
                         FCT_OK);
    }
    for (size_t s = 0; s < panel->n_symbols; s++) {
        size_t first = rows.n_rows;
        uint32_t number;
        const char *name = panel->symbols[panel->n_symbols - 1 - s];
        assert_int_equal(fct_panel_rows_copy(&rows, panel, s, 0, panel->symbol_rows[s], columns,
                                             panel->n_columns, 0, NULL),
                         FCT_OK);
        assert_int_equal(fct_text_set_add(&rows.symbols, name, strlen(name), &number, NULL),
                         FCT_OK);
        for (size_t row = first; row < rows.n_rows; row++)
            rows.symbol[row] = number;
    }
    assert_int_equal(fct_panel_from_rows(&rows, &reversed, NULL), FCT_OK);
    fct_job_end(&job);
    free(columns);
    return reversed;
}

/* Symbols in another order have the same values, to the bit. */
static void symbols_may_be_permuted(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = make_panel(19, 90, ragged);
        fct_panel *reversed = reverse_symbols(panel);
        fct_panel *out = run(plan, panel, 1);
        fct_panel *expected = reverse_symbols(out);
        fct_panel *got = run(plan, reversed, 2);
        test_panel_assert_same(expected, got);
        fct_panel_free(got);
        fct_panel_free(expected);
        fct_panel_free(out);
        fct_panel_free(reversed);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
    free(text);
}

static double value_x_or_0(const fct_panel *panel, size_t s, int64_t row)
{
    double x = cell(panel, 0, s, row);
    return isnan(x) ? 0 : x;
}

/* Times have rows of their own number, also where no cell of a series is missing. */
static void short_cross_sections_have_no_more_rows(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(19, 90, true);
    fct_plan *plan = compile("a = rank(1); b = cs_rank(nan_to(x, 0)); c = cs_bucket(1, 3)", false);
    fct_panel *out = run(plan, panel, 1);
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t row = 0; row < panel->symbol_rows[s]; row++) {
            int64_t t = 0;
            while (panel->time_ms[t] != fct_panel_end_ms(panel, s, row))
                t++;
            double n = (double)(panel->time_first[t + 1] - panel->time_first[t]);
            assert_true(cell(out, 0, s, row) == (n + 1) / 2 / n);
            double rank = cross_rank(panel, value_x_or_0, s, row);
            assert_true(isnan(rank) ? isnan(cell(out, 1, s, row)) : cell(out, 1, s, row) == rank);
            assert_true(cell(out, 2, s, row) == 0);
        }
    fct_panel_free(out);
    fct_plan_free(plan);
    fct_panel_free(panel);
}

/* What columns and buffers held before shows in no cell: of small ones, which the allocator fills, ... */
static void used_memory_shows_nowhere(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = make_panel(19, 90, ragged);
        fct_panel *expected = run(plan, panel, 1);
        for (int fill = 1; fill < 256; fill += 85) {
            mallopt(M_PERTURB, fill);
            fct_panel *got = run(plan, panel, 2);
            mallopt(M_PERTURB, 0);
            test_panel_assert_same(expected, got);
            fct_panel_free(got);
        }
        fct_panel_free(expected);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
    free(text);
}

/* ... and of large ones, which are kept. */
static void kept_memory_shows_nowhere(void **state)
{
    (void)state;
    enum { N_BLOCKS = 8 };
    fct_plan *plan = compile(
        "a = ts_mean(x, 5); b = cs_rank(ts_delta(x, 2)) + ts_std(rank(y), 3); x; c = 1", false);
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = make_panel(17, 13000, ragged);
        size_t n_cells = fct_panel_n_cells(panel);
        assert_true(n_cells * sizeof(double) > FCT_BLOCK_KEPT_FROM);
        fct_memory_release();
        fct_panel *expected = run(plan, panel, 2);
        double *blocks[N_BLOCKS];
        for (size_t i = 0; i < N_BLOCKS; i++) {
            blocks[i] = fct_panel_cells_new(n_cells);
            for (size_t k = 0; k < n_cells; k++)
                blocks[i][k] = 12345;
        }
        for (size_t i = 0; i < N_BLOCKS; i++)
            fct_block_free(blocks[i]);
        size_t n_kept = fct_block_usage_now().kept_bytes;
        fct_panel *got = run(plan, panel, 2);
        assert_true(fct_block_usage_now().kept_bytes < n_kept);
        test_panel_assert_same(expected, got);
        fct_panel_free(got);
        fct_panel_free(expected);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
}

/* Processors with fewer instructions come to the same bits. */
static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    fct_panel *panel = make_panel(19, 150, false);
    fct_panel *best = run(plan, panel, 1);
    static const fct_arch levels[] = {FCT_ARCH_V3, FCT_ARCH_BASE};
    for (size_t i = 0; i < 2; i++) {
        fct_arch_limit(levels[i]);
        fct_panel *out = run(plan, panel, 2);
        test_panel_assert_same(best, out);
        fct_panel_free(out);
    }
    fct_arch_limit(FCT_ARCH_V4);
    fct_panel_free(best);
    fct_panel_free(panel);
    fct_plan_free(plan);
    free(text);
}

/* Each operator alone gives what it gives beside all others. */
static void sharing_changes_no_bit(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_panel *panel = make_panel(10, 80, false);
    fct_plan *plan = compile(text, false);
    fct_panel *all = run(plan, panel, 2);
    char *line = strtok(text, "\n");
    for (size_t i = 0; i < plan->n_factors; i++, line = strtok(NULL, "\n")) {
        const char *names[] = {plan->factors[i].name};
        const fct_panel_selection selection = {.columns = names, .n_columns = 1};
        fct_panel *expected;
        assert_int_equal(fct_panel_slice(all, &selection, NULL, &expected, NULL), FCT_OK);
        fct_plan *alone = compile(line, false);
        fct_panel *out = run(alone, panel, 1);
        test_panel_assert_same(expected, out);
        fct_panel_free(out);
        fct_panel_free(expected);
        fct_plan_free(alone);
    }
    fct_panel_free(all);
    fct_plan_free(plan);
    fct_panel_free(panel);
    free(text);
}

/* ---- Shared windows --------------------------------------------------------------------------- */

/* Calls that share a walk; d and min_periods go to the places. x * (y - 1) has zeros of both signs, and missing values. */
#define X "x * (y - 1), %d, "
#define XY "x, y * w, %d, "
static const char *const families[][FCT_OP_MAX_TOGETHER] = {
    {"ts_std(" X "%d)", "ts_var(" X "%d)", "ts_zscore(" X "%d)", "ts_cv(" X "%d)", "ts_ir(" X "%d)",
     "ts_av_diff(" X "%d)", "ts_mean(" X "%d)"},
    {"ts_min(" X "%d)", "ts_max(" X "%d)", "ts_min_diff(" X "%d)", "ts_max_diff(" X "%d)"},
    {"ts_argmin(" X "%d)", "ts_argmax(" X "%d)", "ts_argmin_pos(" X "%d)",
     "ts_argmax_pos(" X "%d)"},
    {"ts_corr(" XY "%d)", "ts_cov(" XY "%d)", "ts_beta(" XY "%d)", "ts_alpha(" XY "%d)",
     "ts_resid(" XY "%d)", "ts_rsquare(" XY "%d)"},
    {"ts_slope(" X "%d)", "ts_trend_rsquare(" X "%d)", "ts_trend_resid(" X "%d)"},
    {"ts_percentile(" X "0.8, %d)", "ts_median(" X "%d)", "ts_mad(" X "%d)",
     "ts_percentile(" X "0.2, %d)", "ts_entropy(" X "5, %d)"},
};
#undef X
#undef XY
enum { N_FAMILIES = sizeof families / sizeof *families };

/* Factors f0, f1 ... of a family, from the `first` to before the `end`. */
static fct_plan *compile_family(size_t family, size_t first, size_t end, int d, int min_periods)
{
    fct_text text = {0};
    for (size_t i = first; i < end; i++) {
        char formula[100];
        snprintf(formula, sizeof formula, families[family][i], d, min_periods);
        assert_int_equal(fct_text_append_format(&text, NULL, "f%zu = %s\n", i, formula), FCT_OK);
    }
    fct_plan *plan = compile(text.data, false);
    fct_text_free(&text);
    return plan;
}

/* How many calls the step with the most of them has. */
static size_t most_calls(const fct_plan *plan)
{
    fct_program program = {0};
    uint32_t roots[FCT_OP_MAX_TOGETHER];
    size_t most = 0;
    for (size_t i = 0; i < plan->n_factors; i++)
        roots[i] = plan->factors[i].node;
    assert_int_equal(fct_program_make(&program, &plan->graph, roots, plan->n_factors, 0, NULL),
                     FCT_OK);
    for (size_t i = 0; i < program.n_passes; i++)
        for (size_t k = 0; k < program.passes[i].n_steps; k++)
            if (program.passes[i].steps[k].n_calls > most)
                most = program.passes[i].steps[k].n_calls;
    fct_program_free(&program);
    return most;
}

static void assert_same_column(const fct_panel *a, size_t column_a, const fct_panel *b,
                               size_t column_b, const char *formula, int d)
{
    for (size_t s = 0; s < a->n_symbols; s++)
        for (int64_t r = 0; r < a->symbol_rows[s]; r++) {
            double x = cell(a, column_a, s, r);
            double y = cell(b, column_b, s, r);
            if (isnan(x) ? !isnan(y) : memcmp(&x, &y, sizeof x) != 0)
                fail_msg("%s, d %d, symbol %zu, row %lld: %.17g alone, %.17g with others", formula,
                         d, s, (long long)r, x, y);
        }
}

/* In all cuts and copies of the kernels, also where not all of a family are wanted. */
static void check_family(const fct_panel *panel, size_t family, int d, int min_periods)
{
    size_t n = 0;
    fct_panel *alone[FCT_OP_MAX_TOGETHER];
    for (; n < FCT_OP_MAX_TOGETHER && families[family][n]; n++) {
        fct_plan *plan = compile_family(family, n, n + 1, d, min_periods);
        assert_int_equal(most_calls(plan), 1);
        alone[n] = run(plan, panel, 1);
        fct_plan_free(plan);
    }
    for (size_t first = 0; first + 2 <= n; first++) {
        fct_plan *plan = compile_family(family, first, n, d, min_periods);
        assert_int_equal(most_calls(plan), n - first);
        for (int arch = FCT_ARCH_BASE; arch <= (int)FCT_ARCH_V4; arch++) {
            static const int64_t blocks[] = {0, 7, 64, 301};
            static const size_t rows[] = {512, 3, 64, 10};
            fct_arch_limit((fct_arch)arch);
            for (size_t cut = 0; cut < (first ? 1 : 4); cut++) {
                fct_panel *shared = run_cut(plan, panel, 2, blocks[cut], rows[cut]);
                for (size_t i = first; i < n; i++)
                    assert_same_column(alone[i], 0, shared, i - first, families[family][i], d);
                fct_panel_free(shared);
            }
        }
        fct_plan_free(plan);
    }
    for (size_t i = 0; i < n; i++)
        fct_panel_free(alone[i]);
}

/* Statistics of one window are computed in one step, and have the bits that each has alone. */
static void statistics_of_one_window_are_shared(void **state)
{
    (void)state;
    static const int windows[] = {1, 2, 20, 250, 280};
    fct_panel *panel = make_panel(10, 320, false);
    for (size_t family = 0; family < N_FAMILIES; family++)
        for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
            check_family(panel, family, windows[i], windows[i]);
            if (windows[i] > 1)
                check_family(panel, family, windows[i], windows[i] / 2);
        }
    fct_panel_free(panel);
}

/* Every operator that says it shares a walk is in a family above. */
static void all_shared_operators_are_checked(void **state)
{
    (void)state;
    const fct_op *op;
    for (size_t i = 0; (op = fct_op_at(i)); i++) {
        bool is_checked = !op->together;
        assert_int_equal(op->together != NULL, op->together_bytes != NULL);
        for (size_t family = 0; family < N_FAMILIES; family++)
            for (size_t k = 0; k < FCT_OP_MAX_TOGETHER && families[family][k]; k++) {
                size_t n = strlen(op->name);
                is_checked |=
                    strncmp(families[family][k], op->name, n) == 0 && families[family][k][n] == '(';
            }
        if (!is_checked)
            fail_msg("%s shares a walk, and no family has it", op->name);
    }
}

/* A walk of several reads its series before calls that stand between them in the plan; for those it must still be there. */
static void a_shared_series_stays_for_others(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(10, 60, false);
    fct_plan *shared = compile("a = ts_mean(x * y, 5); b = ts_delta(abs(x * y), 2); "
                               "c = ts_std(x * y, 5); d = ts_max(abs(x * y), 5) - a + c",
                               false);
    assert_int_equal(most_calls(shared), 2);
    fct_panel *all = run(shared, panel, 1);
    static const char *const alone[] = {
        "ts_mean(x * y, 5)",
        "ts_delta(abs(x * y), 2)",
        "ts_std(x * y, 5)",
        "ts_max(abs(x * y), 5) - ts_mean(x * y, 5) + ts_std(x * y, 5)",
    };
    for (size_t i = 0; i < 4; i++) {
        fct_plan *plan = compile(alone[i], false);
        fct_panel *out = run(plan, panel, 1);
        assert_same_column(out, 0, all, i, alone[i], 5);
        fct_panel_free(out);
        fct_plan_free(plan);
    }
    fct_panel_free(all);
    fct_plan_free(shared);
    fct_panel_free(panel);
}

/* What differs in its series, its window or its min_periods has a walk of its own. */
static void other_windows_are_not_shared(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ts_mean(x, 20); ts_std(y, 20)",    "ts_mean(x, 20); ts_std(x, 21)",
        "ts_mean(x, 20); ts_std(x, 20, 7)", "ts_corr(x, y, 20); ts_beta(y, x, 20)",
        "ts_mean(x, 20); ts_max(x, 20)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fct_plan *plan = compile(texts[i], false);
        assert_int_equal(most_calls(plan), 1);
        fct_plan_free(plan);
    }
}

/* ---- Limits and errors ------------------------------------------------------------------------ */

static void small_panels(void **state)
{
    (void)state;
    char *text = all_operators();
    fct_plan *plan = compile(text, false);
    static const size_t sizes[][2] = {{0, 0}, {1, 1}, {1, 40}, {30, 1}, {8, 5}};
    for (size_t i = 0; i < 5; i++) {
        fct_panel *panel = make_panel(sizes[i][0], (int64_t)sizes[i][1], false);
        fct_panel *out = run(plan, panel, 3);
        assert_int_equal(fct_panel_n_rows(out), sizes[i][0] * sizes[i][1]);
        fct_panel_free(out);
        fct_panel_free(panel);
    }
    fct_plan_free(plan);
    free(text);
}

static void wrong_columns(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(2, 3, false);
    fct_panel *out;
    fct_error err = {0};
    fct_plan *plan = compile("a = x\nb = ts_mean(weight + yy, 2)", false);
    assert_int_equal(fct_plan_run(plan, panel, NULL, &out, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "line 2, column 13: there is no column weight"));
    assert_non_null(strstr(err.message, "there are: x, y, g, w"));
    assert_int_equal(err.position, 18);
    assert_null(out);
    fct_plan_free(plan);
    plan = compile("a = X + yy", false);
    assert_int_equal(fct_plan_run(plan, panel, NULL, &out, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "did you mean y?"));
    fct_plan_free(plan);
    fct_panel_free(panel);
}

/* What a panel's columns do not suffice for is left out, and the rest is as it was. */
static void plans_fit_a_panel(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(5, 40, true);
    fct_plan *plan = compile("_d = ts_delta(x, 2)\na = cs_rank(_d)\nb = _d / cap\n"
                             "c = group_rank(x, sector)\nd = ts_sum(_d, 9) - y",
                             true);
    fct_plan *less =
        compile("a = cs_rank(ts_delta(x, 2))\nd = ts_sum(ts_delta(x, 2), 9) - y", true);
    fct_plan *fitted;
    fct_error err = {0};
    assert_int_equal(fct_plan_fit(plan, panel, &fitted, &err), FCT_OK);
    assert_int_equal(fct_plan_n_factors(plan), 4);
    assert_int_equal(fct_plan_n_factors(fitted), 2);
    assert_string_equal(fct_plan_factor_name(fitted, 1), "d");
    assert_string_equal(fct_plan_factor_text(fitted, 1), "ts_sum(_d, 9) - y");
    assert_int_equal(fct_plan_n_columns(fitted), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fct_plan_look_back(fitted, i), fct_plan_look_back(less, i));
    fct_plan_free(plan);
    fct_panel *out = run(fitted, panel, 2);
    fct_panel *expected = run(less, panel, 1);
    test_panel_assert_same(expected, out);
    fct_panel_free(expected);
    fct_panel_free(out);
    fct_plan_free(fitted);
    fct_plan_free(less);
    plan = compile("b = x / cap + sector", false);
    assert_int_equal(fct_plan_fit(plan, panel, &fitted, &err), FCT_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "every factor needs a column that is not there: cap, sector");
    assert_null(fitted);
    fct_plan_free(plan);
    fct_panel_free(panel);
}

static void memory_is_told_and_kept(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(40, 500, true);
    fct_panel *out;
    fct_error err = {0};
    size_t needed;
    size_t least;
    fct_plan *plan = compile("a = cs_rank(ts_mean(x, 5)) + ts_mean(cs_rank(y), 5)", false);
    assert_int_equal(fct_plan_memory(plan, panel, NULL, &needed, NULL), FCT_OK);
    assert_true(needed >= 3 * fct_panel_n_cells(panel) * sizeof(double));
    /* Columns that are not read are held, too. */
    fct_plan *narrow = compile("a = x", false);
    assert_int_equal(fct_plan_memory(narrow, panel, NULL, &least, NULL), FCT_OK);
    assert_true(least >= (panel->n_columns + 1) * fct_panel_n_cells(panel) * sizeof(double));
    fct_plan_free(narrow);
    fct_run options = {.memory_limit_bytes = needed - 1};
    assert_int_equal(fct_plan_run(plan, panel, &options, &out, &err), FCT_ERROR_LIMIT);
    assert_non_null(strstr(err.message, "raise --memory-limit"));
    assert_null(out);
    options.memory_limit_bytes = needed;
    assert_int_equal(fct_plan_run(plan, panel, &options, &out, &err), FCT_OK);
    fct_panel_free(out);
    fct_plan_free(plan);
    fct_panel_free(panel);
}

static bool stop_soon(void *user)
{
    int *left = user;
    return --*left < 0;
}

static void stopping(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(40, 500, false);
    fct_panel *out;
    fct_plan *plan = compile("a = cs_rank(ts_mean(x, 5))", false);
    for (int left = 0; left < 5; left++) {
        int count = left;
        const fct_run options = {.n_threads = 1, .should_stop = stop_soon, .user = &count};
        assert_int_equal(fct_plan_run(plan, panel, &options, &out, NULL), FCT_ERROR_INTERRUPTED);
        assert_null(out);
    }
    fct_plan_free(plan);
    fct_panel_free(panel);
}

static void plans_explain_themselves(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(12, 50, false);
    char *text;
    fct_plan *plan = compile("a = cs_rank(ts_mean(x, 5) - y); b = ts_std(cs_rank(x), 10)", false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fct_plan_explain(plan, i ? panel : NULL, NULL, &text, NULL), FCT_OK);
        assert_non_null(strstr(text, "2 factors of 2 columns: x, y\nlook-back: 9 rows\n"));
        assert_non_null(strstr(text, "ts_mean(x, 5)"));
        assert_non_null(strstr(text, "-> stored"));
        assert_non_null(strstr(text, "-> b"));
        assert_true((strstr(text, "memory: panel ") != NULL) == (i == 1));
        free(text);
    }
    fct_plan_free(plan);
    fct_panel_free(panel);
}

/* ---- Wide panels and attributes --------------------------------------------------------------- */

static void wide_streams(void **state)
{
    (void)state;
    fct_panel *panel = make_panel(3, 40, true);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    fct_error err = {0};
    assert_int_equal(fct_panel_wide_stream(panel, "none", &stream, &err), FCT_ERROR_NOT_FOUND);
    assert_int_equal(fct_panel_wide_stream(panel, "w", &stream, &err), FCT_OK);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(schema.n_children, 4);
    assert_string_equal(schema.children[0]->name, "end_time");
    assert_string_equal(schema.children[3]->name, "S002");
    schema.release(&schema);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, panel->n_times);
    int64_t n_values = 0;
    for (size_t s = 0; s < 3; s++) {
        const struct ArrowArray *column = batch.children[1 + s];
        const double *values = column->buffers[1];
        n_values += column->length - column->null_count;
        for (int64_t r = 0; r < panel->symbol_rows[s]; r++) {
            int64_t t = 0;
            while (panel->time_ms[t] != fct_panel_end_ms(panel, s, r))
                t++;
            assert_true(values[t] == cell(panel, 3, s, r));
        }
    }
    assert_int_equal(n_values,
                     panel->symbol_rows[0] + panel->symbol_rows[1] + panel->symbol_rows[2]);
    batch.release(&batch);
    stream.release(&stream);
    fct_panel_free(panel);
}

static void attributes_join(void **state)
{
    (void)state;
    const char *path = "/tmp/fct_test_attributes.csv";
    fct_panel *panel = make_panel(4, 10, false);
    fct_panel *joined;
    fct_error err = {0};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("symbol,sector,cap\nS001,mining,5\nS000,banks,7.5\nS009,other,1\nS003,banks,\n", file);
    fclose(file);
    if (fct_panel_join_file(panel, path, NULL, &joined, &err) != FCT_OK)
        fail_msg("%s", err.message);
    fct_panel_free(panel); /* its columns live on in the other */
    const fct_panel_column *sector = fct_panel_find_column(joined, "sector");
    const fct_panel_column *cap = fct_panel_find_column(joined, "cap");
    assert_int_equal(sector->type, FCT_PANEL_TEXT);
    assert_string_equal(sector->texts[(int)sector->cells[fct_panel_cell_index(joined, 1, 9)]],
                        "mining");
    assert_true(isnan(sector->cells[fct_panel_cell_index(joined, 2, 0)]));
    assert_true(cap->cells[fct_panel_cell_index(joined, 0, 3)] == 7.5);
    assert_true(isnan(cap->cells[fct_panel_cell_index(joined, 3, 3)]));

    /* A text is a group and nothing else. */
    fct_panel *out;
    fct_plan *plan = compile("a = group_count(x, sector)", false);
    assert_int_equal(fct_plan_run(plan, joined, NULL, &out, &err), FCT_OK);
    fct_panel_free(out);
    fct_plan_free(plan);
    static const char *const wrong[] = {"sector", "sector + 1", "cs_rank(sector)",
                                        "group_mean(sector, x, sector)"};
    for (size_t i = 0; i < 4; i++) {
        plan = compile(wrong[i], false);
        assert_int_equal(fct_plan_run(plan, joined, NULL, &out, &err), FCT_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, "holds texts"));
        fct_plan_free(plan);
    }

    file = fopen(path, "w");
    fputs("symbol,id\nS001,9007199254740993\n", file);
    fclose(file);
    fct_panel *exact;
    assert_int_equal(fct_panel_join_file(joined, path, NULL, &exact, &err), FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "row 1, column id: the number has more than 53 bits"));
    file = fopen(path, "w");
    fputs("symbol,x\nS001,1\n", file);
    fclose(file);
    fct_panel *twice;
    assert_int_equal(fct_panel_join_file(joined, path, NULL, &twice, &err), FCT_ERROR_ARGUMENT);
    file = fopen(path, "w");
    fputs("symbol,z\nS001,1\nS001,2\n", file);
    fclose(file);
    assert_int_equal(fct_panel_join_file(joined, path, NULL, &twice, &err), FCT_ERROR_DATA);
    assert_non_null(strstr(err.message, "row 2: the symbol S001 comes twice"));
    remove(path);
    fct_panel_free(joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_as_by_plain_loops),
        cmocka_unit_test(strict_cross_sections_blank_a_time),
        cmocka_unit_test(every_cut_gives_the_same_bits),
        cmocka_unit_test(nothing_looks_ahead),
        cmocka_unit_test(symbols_may_be_permuted),
        cmocka_unit_test(short_cross_sections_have_no_more_rows),
        cmocka_unit_test(used_memory_shows_nowhere),
        cmocka_unit_test(kept_memory_shows_nowhere),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(sharing_changes_no_bit),
        cmocka_unit_test(statistics_of_one_window_are_shared),
        cmocka_unit_test(all_shared_operators_are_checked),
        cmocka_unit_test(a_shared_series_stays_for_others),
        cmocka_unit_test(other_windows_are_not_shared),
        cmocka_unit_test(small_panels),
        cmocka_unit_test(wrong_columns),
        cmocka_unit_test(plans_fit_a_panel),
        cmocka_unit_test(memory_is_told_and_kept),
        cmocka_unit_test(stopping),
        cmocka_unit_test(plans_explain_themselves),
        cmocka_unit_test(wide_streams),
        cmocka_unit_test(attributes_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
