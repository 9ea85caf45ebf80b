/*
 * Any bytes as expressions: no crash; what compiles prints as a text that compiles to the same, and runs on a small panel with
 * the same bits for one thread and for two. The first byte says which dialect.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_set.h"
#include "panel/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_SYMBOLS = 10, N_TIMES = 40, MAX_WORK_BYTES = 64 << 20 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Columns x, y, w and g; the last symbol lacks every third row. */
static fct_panel *make_panel(void)
{
    static const char *const names[] = {"x", "y", "w", "g"};
    fct_job job;
    fct_panel *panel;
    uint32_t seed = 1;
    require(fct_job_start(&job, NULL, NULL) == FCT_OK);
    fct_panel_rows rows = {.job = &job};
    for (size_t c = 0; c < 4; c++)
        require(fct_panel_rows_add_column(&rows, names[c], FCT_PANEL_DOUBLE, NULL) == FCT_OK);
    require(fct_panel_rows_reserve(&rows, N_SYMBOLS * N_TIMES, NULL) == FCT_OK);
    for (int64_t t = 0; t < N_TIMES; t++)
        for (int s = 0; s < N_SYMBOLS; s++) {
            char name[4] = {'S', (char)('0' + s), 0, 0};
            if (s == N_SYMBOLS - 1 && t % 3 == 0)
                continue;
            size_t row = rows.n_rows++;
            require(fct_text_set_add(&rows.symbols, name, 2, &rows.symbol[row], NULL) == FCT_OK);
            rows.start_ms[row] = t * 60000;
            rows.end_ms[row] = (t + 1) * 60000;
            for (int c = 0; c < 4; c++) {
                seed = seed * 1664525 + 1013904223;
                uint32_t draw = seed >> 16;
                rows.columns[c].values[row] = draw % 9 == 0 ? NAN : (double)(draw % 13) - 4;
            }
        }
    require(fct_panel_from_rows(&rows, &panel, NULL) == FCT_OK);
    fct_job_end(&job);
    return panel;
}

static fct_panel *run(const fct_plan *plan, const fct_panel *panel, int n_threads)
{
    fct_panel *out;
    size_t n_bytes;
    const fct_run options = {.n_threads = n_threads};
    if (fct_plan_memory(plan, panel, &options, &n_bytes, NULL) != FCT_OK ||
        n_bytes > MAX_WORK_BYTES)
        return NULL;
    return fct_plan_run(plan, panel, &options, &out, NULL) == FCT_OK ? out : NULL;
}

static void check_run(const fct_plan *plan, const fct_panel *panel)
{
    fct_panel *one = run(plan, panel, 1);
    fct_panel *two = run(plan, panel, 2);
    require((one == NULL) == (two == NULL));
    for (size_t c = 0; one && c < one->n_columns; c++)
        for (size_t i = 0; i < fct_panel_n_cells(one); i++) {
            double a = one->columns[c].cells[i];
            double b = two->columns[c].cells[i];
            require(isnan(a) ? isnan(b) : isfinite(a) && memcmp(&a, &b, sizeof a) == 0);
        }
    fct_panel_free(one);
    fct_panel_free(two);
}

static void check_print(const fct_plan *plan)
{
    char *first;
    char *second;
    fct_plan *again;
    require(fct_plan_text(plan, &first, NULL) == FCT_OK);
    require(fct_plan_compile(first, NULL, &again, NULL) == FCT_OK);
    require(fct_plan_text(again, &second, NULL) == FCT_OK);
    require(strcmp(first, second) == 0);
    free(first);
    free(second);
    fct_plan_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fct_panel *panel;
    fct_plan *plan;
    char *explanation;
    if (!size)
        return 0;
    if (!panel)
        panel = make_panel();
    char *text = malloc(size);
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    const fct_plan_options options = {.dialect = (fct_dialect)(data[0] % 3)};
    if (fct_plan_compile(text, &options, &plan, NULL) == FCT_OK) {
        check_print(plan);
        check_run(plan, panel);
        require(fct_plan_explain(plan, panel, NULL, &explanation, NULL) == FCT_OK);
        free(explanation);
        fct_plan_free(plan);
    }
    free(text);
    return 0;
}
