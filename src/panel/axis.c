#include "panel/axis.h"

#include <stdlib.h>

/* Two ascending lists become one without repeats. Returns its length. */
static size_t merge_times(const int64_t *a, size_t n_a, const int64_t *b, size_t n_b, int64_t *out)
{
    size_t n = 0;
    for (size_t i = 0, j = 0; i < n_a || j < n_b;) {
        int64_t next = j == n_b || (i < n_a && a[i] <= b[j]) ? a[i++] : b[j++];
        if (!n || out[n - 1] != next)
            out[n++] = next;
    }
    return n;
}

/* Whether every time of `b` is in `a`; both ascend. */
static bool has_times(const int64_t *a, size_t n_a, const int64_t *b, size_t n_b)
{
    for (size_t i = 0, j = 0; j < n_b; j++) {
        while (i < n_a && a[i] < b[j])
            i++;
        if (i == n_a || a[i] != b[j])
            return false;
    }
    return true;
}

/* The different end times of all symbols, which mostly share them. */
static fct_status list_times(struct fct_panel *panel, size_t n_rows, fct_error *err)
{
    size_t n_bytes = (n_rows + 1) * sizeof(int64_t);
    int64_t *times = malloc(n_bytes);
    int64_t *merged = malloc(n_bytes);
    int64_t *mine = malloc(n_bytes);
    if (!times || !merged || !mine) {
        free(times);
        free(merged);
        free(mine);
        return fct_error_memory(err, n_bytes);
    }
    size_t n = 0;
    for (size_t s = 0; s < panel->n_symbols; s++) {
        size_t n_mine = (size_t)panel->symbol_rows[s];
        for (size_t i = 0; i < n_mine; i++)
            mine[i] = fct_panel_end_ms(panel, s, (int64_t)i);
        if (has_times(times, n, mine, n_mine))
            continue;
        n = merge_times(times, n, mine, n_mine, merged);
        int64_t *swap = times;
        times = merged;
        merged = swap;
    }
    free(merged);
    free(mine);
    panel->time_ms = times;
    panel->n_times = (int64_t)n;
    return FCT_OK;
}

/* Which rows each time has. */
static fct_status list_time_cells(struct fct_panel *panel, size_t n_rows, fct_error *err)
{
    size_t n_times = (size_t)panel->n_times;
    panel->time_first = calloc(n_times + 2, sizeof *panel->time_first);
    panel->time_cells = malloc((n_rows + 1) * sizeof *panel->time_cells);
    if (!panel->time_first || !panel->time_cells)
        return fct_error_memory(err, (n_rows + 1) * sizeof *panel->time_cells);
    size_t *next = panel->time_first + 1;
    for (int fill = 0; fill < 2; fill++) {
        for (size_t s = 0; s < panel->n_symbols; s++) {
            size_t t = 0;
            for (int64_t row = 0; row < panel->symbol_rows[s]; row++) {
                while (panel->time_ms[t] < fct_panel_end_ms(panel, s, row))
                    t++;
                if (fill)
                    panel->time_cells[next[t]++] = (fct_panel_cell){(uint32_t)s, (uint32_t)row};
                else
                    next[t + 1]++;
            }
        }
        for (size_t t = 0; !fill && t < n_times; t++)
            next[t + 1] += next[t];
    }
    return FCT_OK;
}

fct_status fct_panel_make_axis(struct fct_panel *panel, fct_error *err)
{
    size_t n_rows = 0;
    for (size_t s = 0; s < panel->n_symbols; s++)
        n_rows += (size_t)panel->symbol_rows[s];
    FCT_TRY(list_times(panel, n_rows, err));
    return list_time_cells(panel, n_rows, err);
}
