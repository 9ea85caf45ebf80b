/* A panel as an object: making, freeing, asking what it holds. */
#include "panel/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/block.h"
#include "base/text.h"

struct fct_panel *fct_panel_new(void)
{
    struct fct_panel *panel = calloc(1, sizeof *panel);
    atomic_int *key_references = malloc(sizeof *key_references);
    if (!panel || !key_references) {
        free(panel);
        free(key_references);
        return NULL;
    }
    atomic_init(&panel->n_references, 1);
    atomic_init(key_references, 1);
    panel->key_references = key_references;
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
    return fct_block_new(n_bytes);
}

size_t fct_panel_bytes(const struct fct_panel *panel)
{
    size_t n_cells = fct_panel_n_cells(panel);
    size_t key = 2 * (size_t)panel->n_rows * sizeof(int64_t);
    if (!panel->shared_grid) {
        key = 2 * n_cells * sizeof(int64_t) + (size_t)panel->n_times * sizeof *panel->time_first;
        for (size_t s = 0; s < panel->n_symbols; s++)
            key += (size_t)panel->symbol_rows[s] * sizeof *panel->time_cells;
    }
    return key + panel->n_columns * n_cells * sizeof(double);
}

static void column_free(fct_panel_column *column)
{
    if (column->is_borrowed)
        return;
    for (size_t i = 0; i < column->n_texts; i++)
        free(column->texts[i]);
    free(column->texts);
    free(column->name);
    fct_block_free(column->cells);
}

/* Symbols, rows and times. */
static void keys_free(struct fct_panel *panel)
{
    for (size_t i = 0; panel->symbols && i < panel->n_symbols; i++)
        free(panel->symbols[i]);
    free(panel->symbols);
    free(panel->symbol_rows);
    free(panel->tile_first);
    free(panel->time_ms);
    fct_block_free(panel->start_ms);
    fct_block_free(panel->end_ms);
    free(panel->time_first);
    fct_block_free(panel->time_cells);
    free(panel->key_references);
}

void fct_panel_free(fct_panel *panel)
{
    if (!panel || atomic_fetch_sub(&panel->n_references, 1) > 1)
        return;
    if (atomic_fetch_sub(panel->key_references, 1) == 1)
        keys_free(panel);
    for (size_t i = 0; i < panel->n_columns; i++)
        column_free(&panel->columns[i]);
    free(panel->columns);
    fct_panel_free(panel->base);
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

/* ---- Panels beside others --------------------------------------------------------------------- */

static fct_status add_column(struct fct_panel *panel, const char *name, size_t n_cells,
                             fct_error *err)
{
    fct_panel_column *column = &panel->columns[panel->n_columns++];
    column->name = fct_text_copy(name);
    column->cells = fct_panel_cells_new(n_cells);
    return column->name && column->cells ? FCT_OK : fct_error_memory(err, n_cells * sizeof(double));
}

fct_status fct_panel_like(const struct fct_panel *panel, const char *const *names, size_t n_columns,
                          struct fct_panel **out, fct_error *err)
{
    size_t n_cells = fct_panel_n_cells(panel);
    fct_status status = FCT_OK;
    struct fct_panel *copy = malloc(sizeof *copy);
    if (!copy)
        return fct_error_memory(err, sizeof *copy);
    *copy = *panel;
    atomic_init(&copy->n_references, 1);
    atomic_fetch_add(copy->key_references, 1);
    copy->base = NULL;
    copy->n_columns = 0;
    copy->columns = calloc(n_columns + 1, sizeof *copy->columns);
    if (!copy->columns)
        status = fct_error_memory(err, n_columns * sizeof *copy->columns);
    for (size_t i = 0; status == FCT_OK && i < n_columns; i++)
        status = add_column(copy, names[i], n_cells, err);
    if (status == FCT_OK)
        *out = copy;
    else
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
