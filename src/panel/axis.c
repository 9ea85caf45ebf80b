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

/* Where the walk along a tile's rows stands: eight symbols side by side, so that memory is read once. */
typedef struct walk {
    const struct fct_panel *panel;
    size_t tile, n_lanes;
    int64_t next[FCT_LANES]; /* row */
} walk;

static walk walk_start(const struct fct_panel *panel, size_t tile)
{
    size_t n_left = panel->n_symbols - tile * FCT_LANES;
    return (walk){panel, tile, n_left < FCT_LANES ? n_left : FCT_LANES, {0}};
}

/* Whether the lane's next row ends at or before `time_ms`. */
static bool has_row(const walk *w, size_t lane, int64_t time_ms)
{
    size_t symbol = w->tile * FCT_LANES + lane;
    return w->next[lane] < w->panel->symbol_rows[symbol] &&
           fct_panel_end_ms(w->panel, symbol, w->next[lane]) <= time_ms;
}

/* The different end times of a tile's rows, ascending. Returns how many. */
static size_t list_tile_times(const struct fct_panel *panel, size_t tile, int64_t *out)
{
    walk w = walk_start(panel, tile);
    for (size_t n = 0;;) {
        int64_t earliest = INT64_MAX;
        for (size_t lane = 0; lane < w.n_lanes; lane++) {
            size_t symbol = tile * FCT_LANES + lane;
            if (w.next[lane] == panel->symbol_rows[symbol])
                continue;
            int64_t end_ms = fct_panel_end_ms(panel, symbol, w.next[lane]);
            earliest = end_ms < earliest ? end_ms : earliest;
        }
        if (earliest == INT64_MAX)
            return n;
        out[n++] = earliest;
        for (size_t lane = 0; lane < w.n_lanes; lane++)
            while (has_row(&w, lane, earliest))
                w.next[lane]++;
    }
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
    for (size_t tile = 0; tile < panel->n_tiles; tile++) {
        size_t n_mine = list_tile_times(panel, tile, mine);
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

/* Counts the rows of each time in next[t + 1], or, when the counts are known, puts them from next[t] on. */
static void walk_tile(const struct fct_panel *panel, size_t tile, size_t *next, bool count)
{
    walk w = walk_start(panel, tile);
    for (size_t t = 0; t < (size_t)panel->n_times; t++)
        for (size_t lane = 0; lane < w.n_lanes; lane++)
            for (; has_row(&w, lane, panel->time_ms[t]); w.next[lane]++) {
                if (count)
                    next[t + 1]++;
                else
                    panel->time_cells[next[t]++] = (fct_panel_cell){
                        (uint32_t)(tile * FCT_LANES + lane), (uint32_t)w.next[lane]};
            }
}

/* Which rows each time has, in the order of symbols. */
static fct_status list_time_cells(struct fct_panel *panel, size_t n_rows, fct_error *err)
{
    size_t n_times = (size_t)panel->n_times;
    panel->time_first = calloc(n_times + 2, sizeof *panel->time_first);
    panel->time_cells = malloc((n_rows + 1) * sizeof *panel->time_cells);
    if (!panel->time_first || !panel->time_cells)
        return fct_error_memory(err, (n_rows + 1) * sizeof *panel->time_cells);
    size_t *next = panel->time_first + 1; /* ends where the next time begins */
    for (size_t tile = 0; tile < panel->n_tiles; tile++)
        walk_tile(panel, tile, next, true);
    for (size_t t = 0; t < n_times; t++)
        next[t + 1] += next[t];
    for (size_t tile = 0; tile < panel->n_tiles; tile++)
        walk_tile(panel, tile, next, false);
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
