/* The time axis of rows that end on a grid, as those of time bars do: no row is compared with another. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/threads.h"
#include "panel/axis.h"

enum { PIECE_SLOTS = 512, PARTS_A_THREAD = 8 };

/* Slots are the times of the grid, whether or not a row ends there. */
typedef struct grid {
    struct fct_panel *panel;
    int64_t base_ms, step_ms;
    size_t n_rows; /* of all symbols */
    size_t n_slots, n_parts;
    size_t *next; /* of each slot how many rows it has; then where its next one goes */
    bool count;
    atomic_bool is_none; /* a row lies beside the grid */
} grid;

/* The smallest step between two rows of the longest symbol; 0 where it has none. */
static int64_t smallest_step(const struct fct_panel *panel)
{
    size_t longest = 0;
    int64_t step = INT64_MAX;
    for (size_t s = 1; s < panel->n_symbols; s++)
        if (panel->symbol_rows[s] > panel->symbol_rows[longest])
            longest = s;
    for (int64_t row = 1; row < panel->n_rows; row++) {
        int64_t here =
            fct_panel_end_ms(panel, longest, row) - fct_panel_end_ms(panel, longest, row - 1);
        step = here < step ? here : step;
    }
    return step == INT64_MAX ? 0 : step;
}

/* False where slots would be many more than rows. */
static bool choose_grid(grid *g)
{
    const struct fct_panel *panel = g->panel;
    int64_t last_ms = INT64_MIN;
    g->base_ms = INT64_MAX;
    for (size_t s = 0; s < panel->n_symbols; s++) {
        int64_t n = panel->symbol_rows[s];
        if (!n)
            continue;
        int64_t first = fct_panel_end_ms(panel, s, 0);
        int64_t last = fct_panel_end_ms(panel, s, n - 1);
        g->base_ms = first < g->base_ms ? first : g->base_ms;
        last_ms = last > last_ms ? last : last_ms;
        g->n_rows += (size_t)n;
    }
    if (!g->n_rows)
        return false;
    int64_t span_ms;
    g->step_ms = smallest_step(panel);
    if (g->step_ms <= 0 || __builtin_sub_overflow(last_ms, g->base_ms, &span_ms) ||
        (size_t)(span_ms / g->step_ms) >= 4 * g->n_rows)
        return false;
    g->n_slots = (size_t)(span_ms / g->step_ms) + 1;
    return true;
}

/* Some slots of one symbol, whose rows from *row on are counted, or put where the counts say. */
static bool walk_slots(const grid *g, size_t symbol, size_t end, int64_t *row)
{
    struct fct_panel *panel = g->panel;
    const int64_t *ends = panel->end_ms + fct_panel_cell_index(panel, symbol, 0);
    int64_t n_rows = panel->symbol_rows[symbol];
    double slots_a_ms = 1 / (double)g->step_ms;
    bool fits = true;
    int64_t r = *row;
    for (; r < n_rows; r++) {
        int64_t behind_ms = ends[r * FCT_LANES] - g->base_ms;
        /* Multiplied, rounded, and held against the time: dividing would take longer than all the rest. */
        size_t slot = (size_t)((double)behind_ms * slots_a_ms + 0.5);
        if (slot >= end)
            break;
        fits &= (int64_t)slot * g->step_ms == behind_ms;
        if (!g->count)
            panel->time_cells[g->next[slot]] = (fct_panel_cell){(uint32_t)symbol, (uint32_t)r};
        g->next[slot]++;
    }
    *row = r;
    return fits;
}

/* A part of the slots, piece by piece: the rows of a piece stay in the cache. */
static fct_status walk_part(size_t part, int thread, void *context, fct_error *err)
{
    (void)thread;
    grid *g = context;
    const struct fct_panel *panel = g->panel;
    size_t begin = g->n_slots * part / g->n_parts;
    size_t end = g->n_slots * (part + 1) / g->n_parts;
    bool fits = true;
    int64_t *rows = malloc(panel->n_symbols * sizeof *rows);
    if (!rows)
        return fct_error_memory(err, panel->n_symbols * sizeof *rows);
    for (size_t s = 0; s < panel->n_symbols; s++)
        rows[s] = fct_panel_find_row(panel, s, g->base_ms + (int64_t)begin * g->step_ms);
    for (; begin < end; begin += PIECE_SLOTS) {
        size_t piece_end = end - begin < PIECE_SLOTS ? end : begin + PIECE_SLOTS;
        for (size_t s = 0; s < panel->n_symbols; s++)
            fits &= walk_slots(g, s, piece_end, &rows[s]);
    }
    free(rows);
    if (!fits)
        atomic_store(&g->is_none, true);
    return FCT_OK;
}

/* Slots that have rows become times. */
static fct_status make_times(grid *g, fct_error *err)
{
    struct fct_panel *panel = g->panel;
    size_t n_times = 0;
    size_t n_cells = 0;
    for (size_t i = 0; i < g->n_slots; i++)
        n_times += g->next[i] > 0;
    panel->time_ms = malloc(n_times * sizeof *panel->time_ms);
    panel->time_first = malloc((n_times + 1) * sizeof *panel->time_first);
    panel->time_cells = (fct_panel_cell *)(void *)fct_panel_cells_new(g->n_rows);
    if (!panel->time_ms || !panel->time_first || !panel->time_cells)
        return fct_error_memory(err, (g->n_rows + 1) * sizeof *panel->time_cells);
    for (size_t i = 0, t = 0; i < g->n_slots; i++) {
        size_t n_here = g->next[i];
        g->next[i] = n_cells;
        if (!n_here)
            continue;
        panel->time_ms[t] = g->base_ms + (int64_t)i * g->step_ms;
        panel->time_first[t++] = n_cells;
        n_cells += n_here;
    }
    panel->time_first[n_times] = n_cells;
    panel->n_times = (int64_t)n_times;
    return FCT_OK;
}

fct_status fct_panel_make_grid_axis(struct fct_panel *panel, int n_threads, bool *made,
                                    fct_error *err)
{
    grid g = {.panel = panel, .count = true, .n_parts = (size_t)n_threads * PARTS_A_THREAD};
    fct_status status = FCT_OK;
    *made = false;
    if (!choose_grid(&g))
        return FCT_OK;
    g.next = calloc(g.n_slots, sizeof *g.next);
    if (!g.next)
        return fct_error_memory(err, g.n_slots * sizeof *g.next);
    FCT_TRY_OUT(fct_parallel_for(n_threads, g.n_parts, walk_part, &g, err));
    if (atomic_load(&g.is_none))
        goto out;
    FCT_TRY_OUT(make_times(&g, err));
    g.count = false;
    FCT_TRY_OUT(fct_parallel_for(n_threads, g.n_parts, walk_part, &g, err));
    *made = true;
out:
    free(g.next);
    return status;
}
