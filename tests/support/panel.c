#include "support/panel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "panel/rows.h"

#define START INT64_C(1723075200000)
#define MINUTE INT64_C(60000)

static double random_cell(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    uint64_t bits = *seed >> 33;
    return bits % 50 == 0 ? NAN : 100 + (double)(bits % 100003) / 997;
}

static fct_panel *make(const char *const *columns, size_t n_columns, size_t n_symbols,
                       const char *const *symbols, int64_t n_times, bool ragged)
{
    fct_job job;
    fct_panel *panel;
    uint64_t seed = 11;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < n_columns; c++)
        assert_int_equal(fct_panel_rows_add_column(&rows, columns[c], FCT_PANEL_DOUBLE, NULL),
                         FCT_OK);
    assert_int_equal(fct_panel_rows_reserve(&rows, n_symbols * (size_t)n_times, NULL), FCT_OK);
    for (int64_t t = 0; t < n_times; t++)
        for (size_t s = 0; s < n_symbols; s++) {
            char name[24];
            snprintf(name, sizeof name, "S%03zu", s);
            const char *symbol = symbols ? symbols[s] : name;
            double dice = ragged ? random_cell(&seed) : 0;
            if (ragged && !(dice > 110))
                continue;
            size_t row = rows.n_rows++;
            assert_int_equal(
                fct_text_set_add(&rows.symbols, symbol, strlen(symbol), &rows.symbol[row], NULL),
                FCT_OK);
            rows.start_ms[row] = START + t * MINUTE;
            rows.end_ms[row] = START + (t + 1) * MINUTE;
            for (size_t c = 0; c < n_columns; c++)
                rows.columns[c].values[row] = random_cell(&seed);
        }
    assert_int_equal(fct_panel_from_rows(&rows, &panel, NULL), FCT_OK);
    fct_job_end(&job);
    return panel;
}

fct_panel *test_panel_make(const char *const *columns, size_t n_columns, size_t n_symbols,
                           const char *const *symbols, int64_t n_times)
{
    return make(columns, n_columns, n_symbols, symbols, n_times, false);
}

fct_panel *test_panel_make_ragged(const char *const *columns, size_t n_columns, size_t n_symbols,
                                  int64_t n_times)
{
    return make(columns, n_columns, n_symbols, NULL, n_times, true);
}

/* Each row stands once, under the time at which it ends, in the order of symbols, then rows. */
static const char *wrong_axis(const fct_panel *p)
{
    if (p->shared_grid)
        return memcmp(p->time_ms, p->end_ms, (size_t)p->n_rows * sizeof *p->end_ms) == 0
                   ? NULL
                   : "the times of a shared grid";
    size_t n_rows = 0;
    for (size_t s = 0; s < p->n_symbols; s++)
        n_rows += (size_t)p->symbol_rows[s];
    if (p->time_first[0] != 0 || p->time_first[p->n_times] != n_rows)
        return "how many rows the axis has";
    for (int64_t t = 0; t < p->n_times; t++) {
        if ((t && p->time_ms[t] <= p->time_ms[t - 1]) || p->time_first[t] >= p->time_first[t + 1])
            return "the order of times, or one without rows";
        for (size_t i = p->time_first[t]; i < p->time_first[t + 1]; i++) {
            const fct_panel_cell *cell = &p->time_cells[i];
            if (cell->symbol >= p->n_symbols || cell->row >= p->symbol_rows[cell->symbol] ||
                fct_panel_end_ms(p, cell->symbol, cell->row) != p->time_ms[t])
                return "a row under another time";
            if (i > p->time_first[t] &&
                (cell->symbol < cell[-1].symbol ||
                 (cell->symbol == cell[-1].symbol && cell->row <= cell[-1].row)))
                return "the order of the rows of a time";
        }
    }
    return NULL;
}

static bool is_same_row(const fct_panel *a, const fct_panel *b, size_t symbol, int64_t row)
{
    size_t cell = fct_panel_cell_index(a, symbol, row);
    if (fct_panel_start_ms(a, symbol, row) != fct_panel_start_ms(b, symbol, row) ||
        fct_panel_end_ms(a, symbol, row) != fct_panel_end_ms(b, symbol, row))
        return false;
    for (size_t c = 0; c < a->n_columns; c++) {
        double x = a->columns[c].cells[cell];
        double y = b->columns[c].cells[cell];
        if (isnan(x) ? !isnan(y) : memcmp(&x, &y, sizeof x) != 0)
            return false;
    }
    return true;
}

/* What differs; NULL where nothing does. */
static const char *difference(const fct_panel *a, const fct_panel *b)
{
    if (a->n_symbols != b->n_symbols || a->n_rows != b->n_rows || a->n_times != b->n_times ||
        a->shared_grid != b->shared_grid || a->n_columns != b->n_columns)
        return "how many there are";
    for (size_t c = 0; c < a->n_columns; c++)
        if (strcmp(a->columns[c].name, b->columns[c].name) != 0)
            return "the name of a column";
    for (size_t s = 0; s < a->n_symbols; s++) {
        if (strcmp(a->symbols[s], b->symbols[s]) != 0 || a->symbol_rows[s] != b->symbol_rows[s])
            return "a symbol";
        for (int64_t row = 0; row < a->symbol_rows[s]; row++)
            if (!is_same_row(a, b, s, row))
                return "a row";
    }
    const char *wrong = wrong_axis(a);
    return wrong ? wrong : wrong_axis(b);
}

bool test_panel_is_same(const fct_panel *a, const fct_panel *b)
{
    return !difference(a, b);
}

void test_panel_assert_same(const fct_panel *a, const fct_panel *b)
{
    const char *what = difference(a, b);
    if (what)
        fail_msg("the panels differ: %s", what);
}
