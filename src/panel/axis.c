#include "panel/axis.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/threads.h"

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

/*
 * Where the walk along a tile's rows stands: eight symbols side by side, so that memory is read once. Symbols lack rows
 * here and there, as if by chance: steps do not branch on it.
 */
typedef struct walk {
    const int64_t *end_ms;   /* of the tile's rows, FCT_LANES apart */
    int64_t next[FCT_LANES]; /* row */
    int64_t n_rows[FCT_LANES];
} walk;

static walk walk_start(const struct fct_panel *panel, size_t tile)
{
    walk w = {.end_ms = panel->end_ms + panel->tile_first[tile]};
    for (size_t lane = 0; lane < FCT_LANES; lane++)
        if (tile * FCT_LANES + lane < panel->n_symbols)
            w.n_rows[lane] = panel->symbol_rows[tile * FCT_LANES + lane];
    return w;
}

/* When the lane's next row ends; INT64_MAX where it has no more. */
static inline int64_t next_end(const walk *w, size_t lane)
{
    int64_t row = w->next[lane];
    return row < w->n_rows[lane] ? w->end_ms[(size_t)row * FCT_LANES + lane] : INT64_MAX;
}

/*
 * The different end times of a tile's rows, ascending. Returns how many. *repeats is set where a symbol has two rows of
 * one time, as bars that are not of time may.
 */
static size_t list_tile_times(const struct fct_panel *panel, size_t tile, int64_t *out,
                              bool *repeats)
{
    walk w = walk_start(panel, tile);
    for (size_t n = 0;;) {
        int64_t earliest = INT64_MAX;
        for (size_t lane = 0; lane < FCT_LANES; lane++) {
            int64_t end_ms = next_end(&w, lane);
            earliest = end_ms < earliest ? end_ms : earliest;
        }
        if (earliest == INT64_MAX)
            return n;
        bool is_new = !n || out[n - 1] != earliest;
        *repeats |= !is_new;
        out[n] = earliest;
        n += is_new;
        for (size_t lane = 0; lane < FCT_LANES; lane++)
            w.next[lane] += next_end(&w, lane) == earliest;
    }
}

enum { RANGE_TIMES = 1024 };

typedef struct axis {
    struct fct_panel *panel;
    pthread_mutex_t lock;
    int64_t *times; /* of the tiles that were looked at so far */
    size_t n_times;
    bool repeats;    /* a symbol has several rows of one time */
    size_t n_ranges; /* into which the times are cut, so that the rows of one stay in the cache */
} axis;

/* ---- The times -------------------------------------------------------------------------------- */

static fct_status add_times(axis *a, const int64_t *mine, size_t n_mine, fct_error *err)
{
    if (has_times(a->times, a->n_times, mine, n_mine))
        return FCT_OK;
    size_t n_bytes = (a->n_times + n_mine) * sizeof(int64_t);
    int64_t *merged = malloc(n_bytes);
    if (!merged)
        return fct_error_memory(err, n_bytes);
    a->n_times = merge_times(a->times, a->n_times, mine, n_mine, merged);
    free(a->times);
    a->times = merged;
    return FCT_OK;
}

/* The union is the same in whatever order the tiles come. */
static fct_status collect_tile(size_t tile, int thread, void *context, fct_error *err)
{
    (void)thread;
    axis *a = context;
    size_t n_rows = 0;
    for (size_t s = tile * FCT_LANES; s < (tile + 1) * FCT_LANES && s < a->panel->n_symbols; s++)
        n_rows += (size_t)a->panel->symbol_rows[s];
    int64_t *mine = malloc((n_rows + 1) * sizeof *mine);
    if (!mine)
        return fct_error_memory(err, n_rows * sizeof *mine);
    bool repeats = false;
    size_t n_mine = list_tile_times(a->panel, tile, mine, &repeats);
    pthread_mutex_lock(&a->lock);
    a->repeats |= repeats;
    fct_status status = add_times(a, mine, n_mine, err);
    pthread_mutex_unlock(&a->lock);
    free(mine);
    return status;
}

/* ---- The rows of each time -------------------------------------------------------------------- */

int64_t fct_panel_find_row(const struct fct_panel *panel, size_t symbol, int64_t time_ms)
{
    int64_t low = 0;
    int64_t high = panel->symbol_rows[symbol];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (fct_panel_end_ms(panel, symbol, middle) < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Counts the rows of each time of a range in next[t + 1], or, when the counts are known, puts them from next[t] on. */
static void walk_range(const axis *a, size_t tile, size_t range, bool count)
{
    struct fct_panel *panel = a->panel;
    size_t *next = panel->time_first + 1; /* ends where the next time begins */
    size_t n_times = (size_t)panel->n_times;
    size_t begin = n_times * range / a->n_ranges;
    size_t end = n_times * (range + 1) / a->n_ranges;
    walk w = walk_start(panel, tile);
    for (size_t lane = 0; lane < FCT_LANES && begin < end; lane++)
        if (w.n_rows[lane])
            w.next[lane] =
                fct_panel_find_row(panel, tile * FCT_LANES + lane, panel->time_ms[begin]);
    for (size_t t = begin; t < end; t++)
        for (size_t lane = 0; lane < FCT_LANES; lane++) {
            bool has;
            do {
                fct_panel_cell nowhere;
                has = next_end(&w, lane) <= panel->time_ms[t];
                fct_panel_cell *to = has && !count ? &panel->time_cells[next[t]] : &nowhere;
                *to = (fct_panel_cell){(uint32_t)(tile * FCT_LANES + lane), (uint32_t)w.next[lane]};
                next[t + count] += has;
                w.next[lane] += has;
            } while (a->repeats && has);
        }
}

static fct_status count_range(size_t range, int thread, void *context, fct_error *err)
{
    (void)thread;
    (void)err;
    const axis *a = context;
    for (size_t tile = 0; tile < a->panel->n_tiles; tile++)
        walk_range(a, tile, range, true);
    return FCT_OK;
}

static fct_status put_range(size_t range, int thread, void *context, fct_error *err)
{
    (void)thread;
    (void)err;
    const axis *a = context;
    for (size_t tile = 0; tile < a->panel->n_tiles; tile++)
        walk_range(a, tile, range, false);
    return FCT_OK;
}

/* Which rows each time has, in the order of symbols. */
static fct_status list_time_cells(axis *a, int n_threads, fct_error *err)
{
    struct fct_panel *panel = a->panel;
    size_t n_times = (size_t)panel->n_times;
    size_t n_rows = 0;
    for (size_t s = 0; s < panel->n_symbols; s++)
        n_rows += (size_t)panel->symbol_rows[s];
    panel->time_first = calloc(n_times + 2, sizeof *panel->time_first);
    panel->time_cells = fct_block_new((n_rows + 1) * sizeof *panel->time_cells);
    if (!panel->time_first || !panel->time_cells)
        return fct_error_memory(err, (n_rows + 1) * sizeof *panel->time_cells);
    a->n_ranges = n_times / RANGE_TIMES + 1;
    FCT_TRY(fct_parallel_for(n_threads, a->n_ranges, count_range, a, err));
    size_t *next = panel->time_first + 1;
    for (size_t t = 0; t < n_times; t++)
        next[t + 1] += next[t];
    return fct_parallel_for(n_threads, a->n_ranges, put_range, a, err);
}

fct_status fct_panel_make_axis(struct fct_panel *panel, int n_threads, fct_error *err)
{
    axis a = {.panel = panel};
    bool made;
    FCT_TRY(fct_panel_make_grid_axis(panel, n_threads, &made, err));
    if (made)
        return FCT_OK;
    pthread_mutex_init(&a.lock, NULL);
    fct_status status = fct_parallel_for(n_threads, panel->n_tiles, collect_tile, &a, err);
    pthread_mutex_destroy(&a.lock);
    if (status == FCT_OK && !a.times && !(a.times = calloc(1, sizeof *a.times)))
        status = fct_error_memory(err, sizeof *a.times);
    panel->time_ms = a.times;
    panel->n_times = (int64_t)a.n_times;
    return status == FCT_OK ? list_time_cells(&a, n_threads, err) : status;
}

/* ---- A shared grid ---------------------------------------------------------------------------- */

static bool times_are_shared(const struct fct_panel *panel)
{
    for (size_t s = 0; s < panel->n_symbols; s++)
        if (panel->symbol_rows[s] != panel->n_rows)
            return false;
    for (size_t s = 0; s < panel->n_symbols; s++)
        for (int64_t row = 0; row < panel->n_rows; row++) {
            if (fct_panel_end_ms(panel, s, row) != fct_panel_end_ms(panel, 0, row) ||
                fct_panel_start_ms(panel, s, row) != fct_panel_start_ms(panel, 0, row) ||
                (row && fct_panel_end_ms(panel, s, row) == fct_panel_end_ms(panel, s, row - 1)))
                return false;
        }
    return true;
}

fct_status fct_panel_share_grid(struct fct_panel *panel, fct_error *err)
{
    if (!times_are_shared(panel))
        return FCT_OK;
    size_t n_rows = (size_t)panel->n_rows;
    int64_t *start_ms = fct_block_new((n_rows + 1) * sizeof *start_ms);
    int64_t *end_ms = fct_block_new((n_rows + 1) * sizeof *end_ms);
    panel->time_ms = malloc((n_rows + 1) * sizeof *panel->time_ms);
    if (!start_ms || !end_ms || !panel->time_ms) {
        fct_block_free(start_ms);
        fct_block_free(end_ms);
        return fct_error_memory(err, n_rows * sizeof *start_ms);
    }
    for (size_t row = 0; row < n_rows && panel->n_symbols; row++) {
        start_ms[row] = fct_panel_start_ms(panel, 0, (int64_t)row);
        end_ms[row] = fct_panel_end_ms(panel, 0, (int64_t)row);
    }
    fct_block_free(panel->start_ms);
    fct_block_free(panel->end_ms);
    panel->start_ms = start_ms;
    panel->end_ms = end_ms;
    memcpy(panel->time_ms, end_ms, n_rows * sizeof *end_ms);
    panel->n_times = panel->n_rows;
    panel->shared_grid = true;
    return FCT_OK;
}
