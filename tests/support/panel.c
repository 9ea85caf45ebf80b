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

fct_panel *test_panel_make(const char *const *columns, size_t n_columns, size_t n_symbols,
                           const char *const *symbols, int64_t n_times)
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

void test_panel_assert_same(const fct_panel *a, const fct_panel *b)
{
    assert_int_equal(a->n_symbols, b->n_symbols);
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_times, b->n_times);
    assert_int_equal(a->shared_grid, b->shared_grid);
    assert_int_equal(a->n_columns, b->n_columns);
    for (size_t s = 0; s < a->n_symbols; s++) {
        assert_string_equal(a->symbols[s], b->symbols[s]);
        assert_int_equal(a->symbol_rows[s], b->symbol_rows[s]);
        for (int64_t r = 0; r < a->symbol_rows[s]; r++) {
            size_t cell = fct_panel_cell_index(a, s, r);
            assert_int_equal(fct_panel_start_ms(a, s, r), fct_panel_start_ms(b, s, r));
            assert_int_equal(fct_panel_end_ms(a, s, r), fct_panel_end_ms(b, s, r));
            for (size_t c = 0; c < a->n_columns; c++) {
                double x = a->columns[c].cells[cell];
                double y = b->columns[c].cells[cell];
                assert_true(isnan(x) ? isnan(y) : memcmp(&x, &y, sizeof x) == 0);
            }
        }
    }
    for (size_t c = 0; c < a->n_columns; c++)
        assert_string_equal(a->columns[c].name, b->columns[c].name);
}
