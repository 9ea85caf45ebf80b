/* A panel as an object: making, freeing, asking what it holds. */
#include "panel/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "base/text.h"

enum { HUGE_PAGE_BYTES = 1 << 21 };

struct fct_panel *fct_panel_new(void)
{
    struct fct_panel *panel = calloc(1, sizeof *panel);
    if (panel)
        atomic_init(&panel->n_references, 1);
    return panel;
}

fct_status fct_panel_lay_tiles(struct fct_panel *panel, fct_error *err)
{
    panel->n_tiles = (panel->n_symbols + FCT_LANES - 1) / FCT_LANES;
    panel->tile_first = calloc(panel->n_tiles + 1, sizeof *panel->tile_first);
    if (!panel->tile_first)
        return fct_error_memory(err, (panel->n_tiles + 1) * sizeof *panel->tile_first);
    for (size_t tile = 0; tile < panel->n_tiles; tile++) {
        int64_t n_rows = 0;
        for (size_t s = tile * FCT_LANES; s < (tile + 1) * FCT_LANES && s < panel->n_symbols; s++)
            n_rows = panel->symbol_rows[s] > n_rows ? panel->symbol_rows[s] : n_rows;
        panel->n_rows = n_rows > panel->n_rows ? n_rows : panel->n_rows;
        panel->tile_first[tile + 1] = panel->tile_first[tile] + (size_t)n_rows * FCT_LANES;
    }
    return FCT_OK;
}

double *fct_panel_cells_new(size_t n_cells)
{
    size_t n_bytes;
    if (__builtin_mul_overflow(n_cells + FCT_LANES, sizeof(double), &n_bytes))
        return NULL;
    if (n_bytes < HUGE_PAGE_BYTES)
        return aligned_alloc(64, (n_bytes + 63) / 64 * 64);
    n_bytes = (n_bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    double *cells = aligned_alloc(HUGE_PAGE_BYTES, n_bytes);
    /* A hint: where it is not taken, the cells are as good. */
    if (cells)
        (void)madvise(cells, n_bytes, MADV_HUGEPAGE);
    return cells;
}

static void column_free(fct_panel_column *column)
{
    for (size_t i = 0; i < column->n_texts; i++)
        free(column->texts[i]);
    free(column->texts);
    free(column->name);
    free(column->cells);
}

void fct_panel_free(fct_panel *panel)
{
    if (!panel || atomic_fetch_sub(&panel->n_references, 1) > 1)
        return;
    for (size_t i = 0; panel->symbols && i < panel->n_symbols; i++)
        free(panel->symbols[i]);
    for (size_t i = 0; i < panel->n_columns; i++)
        column_free(&panel->columns[i]);
    free(panel->symbols);
    free(panel->symbol_rows);
    free(panel->tile_first);
    free(panel->time_ms);
    free(panel->start_ms);
    free(panel->end_ms);
    free(panel->time_first);
    free(panel->time_cells);
    free(panel->columns);
    free(panel);
}

const fct_panel_column *fct_panel_find_column(const struct fct_panel *panel, const char *name)
{
    const fct_panel_column *near = NULL;
    for (size_t i = 0; i < panel->n_columns; i++) {
        if (strcmp(panel->columns[i].name, name) == 0)
            return &panel->columns[i];
        if (!near && strcasecmp(panel->columns[i].name, name) == 0)
            near = &panel->columns[i];
    }
    return near;
}

/* ---- Copies ----------------------------------------------------------------------------------- */

static void *copy_of(const void *items, size_t n_items, size_t item_bytes)
{
    void *copy = malloc(n_items * item_bytes + 1);
    if (copy && n_items)
        memcpy(copy, items, n_items * item_bytes);
    return copy;
}

/* Symbols, rows and times. */
static bool copy_keys(const struct fct_panel *from, struct fct_panel *to)
{
    size_t n_rows = (size_t)from->n_rows;
    size_t n_times = (size_t)from->n_times;
    size_t n_cells = fct_panel_n_cells(from);
    size_t n_row_times = from->shared_grid ? n_rows : n_cells;
    to->n_tiles = from->n_tiles;
    to->n_rows = from->n_rows;
    to->n_times = from->n_times;
    to->shared_grid = from->shared_grid;
    to->symbols = calloc(from->n_symbols + 1, sizeof *to->symbols);
    to->symbol_rows = copy_of(from->symbol_rows, from->n_symbols, sizeof *to->symbol_rows);
    to->tile_first = copy_of(from->tile_first, from->n_tiles + 1, sizeof *to->tile_first);
    to->time_ms = copy_of(from->time_ms, n_times, sizeof *to->time_ms);
    to->start_ms = copy_of(from->start_ms, n_row_times, sizeof *to->start_ms);
    to->end_ms = copy_of(from->end_ms, n_row_times, sizeof *to->end_ms);
    if (!to->symbols || !to->symbol_rows || !to->tile_first || !to->time_ms || !to->start_ms ||
        !to->end_ms)
        return false;
    for (; to->n_symbols < from->n_symbols; to->n_symbols++)
        if (!(to->symbols[to->n_symbols] = fct_text_copy(from->symbols[to->n_symbols])))
            return false;
    if (from->shared_grid)
        return true;
    to->time_first = copy_of(from->time_first, n_times + 1, sizeof *to->time_first);
    to->time_cells = to->time_first ? copy_of(from->time_cells, from->time_first[n_times],
                                              sizeof *to->time_cells)
                                    : NULL;
    return to->time_cells != NULL;
}

fct_status fct_panel_like(const struct fct_panel *panel, const char *const *names, size_t n_columns,
                          struct fct_panel **out, fct_error *err)
{
    size_t n_cells = fct_panel_n_cells(panel);
    fct_status status = FCT_OK;
    struct fct_panel *copy = fct_panel_new();
    if (!copy || !copy_keys(panel, copy) ||
        !(copy->columns = calloc(n_columns + 1, sizeof *copy->columns))) {
        status = fct_error_memory(err, n_cells * sizeof(double));
        goto out;
    }
    for (; copy->n_columns < n_columns; copy->n_columns++) {
        fct_panel_column *column = &copy->columns[copy->n_columns];
        column->name = fct_text_copy(names[copy->n_columns]);
        column->cells = column->name ? fct_panel_cells_new(n_cells) : NULL;
        if (!column->cells) {
            free(column->name);
            status = fct_error_memory(err, n_cells * sizeof(double));
            goto out;
        }
        for (size_t i = 0; i < n_cells; i++)
            column->cells[i] = NAN;
    }
    *out = copy;
    copy = NULL;
out:
    fct_panel_free(copy);
    return status;
}

/* ---- What it holds ---------------------------------------------------------------------------- */

size_t fct_panel_n_symbols(const fct_panel *panel)
{
    return panel->n_symbols;
}

const char *fct_panel_symbol(const fct_panel *panel, size_t index)
{
    return index < panel->n_symbols ? panel->symbols[index] : NULL;
}

size_t fct_panel_n_columns(const fct_panel *panel)
{
    return panel->n_columns;
}

const char *fct_panel_column_name(const fct_panel *panel, size_t index)
{
    return index < panel->n_columns ? panel->columns[index].name : NULL;
}

int64_t fct_panel_n_rows(const fct_panel *panel)
{
    int64_t n_rows = 0;
    for (size_t s = 0; s < panel->n_symbols; s++)
        n_rows += panel->symbol_rows[s];
    return n_rows;
}

int64_t fct_panel_times(const fct_panel *panel, const int64_t **time_ms)
{
    if (time_ms)
        *time_ms = panel->time_ms;
    return panel->n_times;
}

fct_status fct_panel_symbol_info(const fct_panel *panel, size_t index, fct_panel_info *info,
                                 fct_error *err)
{
    if (index >= panel->n_symbols)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND, "the panel has %zu symbols; %zu is none",
                             panel->n_symbols, index);
    int64_t n_rows = panel->symbol_rows[index];
    *info = (fct_panel_info){.n_rows = n_rows};
    if (n_rows) {
        info->first_start_ms = fct_panel_start_ms(panel, index, 0);
        info->last_end_ms = fct_panel_end_ms(panel, index, n_rows - 1);
    }
    for (size_t c = 0; c < panel->n_columns; c++)
        for (int64_t r = 0; r < n_rows; r++)
            info->n_missing +=
                isnan(panel->columns[c].cells[fct_panel_cell_index(panel, index, r)]);
    return FCT_OK;
}
