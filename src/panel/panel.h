/* A panel: many symbols' rows in tiles of eight lanes, and the time axis where they meet. */
#ifndef FCT_PANEL_PANEL_H
#define FCT_PANEL_PANEL_H

#include <stdatomic.h>

#include "base/status.h"

/* Symbols of one tile: the lanes of one vector, one cache line a row. */
#define FCT_LANES 8

typedef enum fct_panel_type {
    FCT_PANEL_DOUBLE,
    FCT_PANEL_INT64, /* cells hold whole numbers of at most 2^53, NaN where null */
    FCT_PANEL_BOOL,  /* cells hold 0 or 1 */
    FCT_PANEL_TEXT   /* cells hold indices into `texts` */
} fct_panel_type;

/* Whether a cell holds a whole number exactly, and what is said where not. */
static inline bool fct_panel_holds_whole(int64_t value)
{
    return value >= -(INT64_C(1) << 53) && value <= INT64_C(1) << 53;
}

#define FCT_PANEL_HOLDS_NO_SUCH_WHOLE                                                              \
    "the number has more than 53 bits, which panels cannot hold exactly: leave the column out, "   \
    "or make it a text"

typedef struct fct_panel_column {
    char *name;
    fct_panel_type type;
    double
        *cells;   /* [tile][row][FCT_LANES]; NaN where missing and where a symbol has no such row */
    char **texts; /* FCT_PANEL_TEXT: the different texts in bytewise order */
    size_t n_texts;
    bool is_borrowed; /* all of the above is of the panel's `base` */
} fct_panel_column;

/* Where a row lies. */
typedef struct fct_panel_cell {
    uint32_t symbol, row;
} fct_panel_cell;

/*
 * Symbol s is lane s % 8 of tile s / 8. Its rows are packed from row 0 on in (end_time, start_time) order, so that a
 * rolling operator meets its rows and nothing else. The time axis holds each end_time once, ascending; a cross-section
 * is all rows of one end_time.
 */
struct fct_panel {
    size_t n_symbols, n_tiles;
    char **symbols; /* in bytewise order */
    int64_t n_rows; /* of the symbol that has most; below 2^32 */
    int64_t *symbol_rows;
    size_t *
        tile_first; /* n_tiles + 1: where each tile's cells begin; it has the rows of its longest symbol */
    int64_t n_times;
    int64_t *time_ms;

    /*
     * A shared grid: every symbol has n_rows rows with the same times, no two of one end_time: row r is at time r.
     * Then start_ms and end_ms have n_rows items, and time_first and time_cells are NULL. Otherwise the two lie
     * like cells, and the rows of time t are time_cells[time_first[t]] until before
     * time_cells[time_first[t + 1]], in the order of symbols, then rows.
     */
    bool shared_grid;
    int64_t *start_ms, *end_ms;
    size_t *time_first;
    fct_panel_cell *time_cells;

    fct_panel_column *columns;
    size_t n_columns;

    struct fct_panel *base;     /* a reference to the panel whose columns are borrowed, or NULL */
    atomic_int *key_references; /* panels that share all of the above but the columns */
    atomic_int n_references;    /* its owner's and those of the streams over it */
};

/* Cells of a column. */
static inline size_t fct_panel_n_cells(const struct fct_panel *panel)
{
    return panel->tile_first[panel->n_tiles];
}

/* What its keys and columns take. */
size_t fct_panel_bytes(const struct fct_panel *panel);

/* The cells of a tile of a column: fct_panel_tile_rows rows of FCT_LANES. */
static inline double *fct_panel_tile(const struct fct_panel *panel, const double *cells,
                                     size_t tile)
{
    return (double *)cells + panel->tile_first[tile];
}

static inline int64_t fct_panel_tile_rows(const struct fct_panel *panel, size_t tile)
{
    return (int64_t)((panel->tile_first[tile + 1] - panel->tile_first[tile]) / FCT_LANES);
}

/* Where the cell of a symbol's row lies in a column. */
static inline size_t fct_panel_cell_index(const struct fct_panel *panel, size_t symbol, int64_t row)
{
    return panel->tile_first[symbol / FCT_LANES] + (size_t)row * FCT_LANES + symbol % FCT_LANES;
}

/* The times of a symbol's row. */
static inline int64_t fct_panel_start_ms(const struct fct_panel *panel, size_t symbol, int64_t row)
{
    return panel
        ->start_ms[panel->shared_grid ? (size_t)row : fct_panel_cell_index(panel, symbol, row)];
}

static inline int64_t fct_panel_end_ms(const struct fct_panel *panel, size_t symbol, int64_t row)
{
    return panel
        ->end_ms[panel->shared_grid ? (size_t)row : fct_panel_cell_index(panel, symbol, row)];
}

/* Fills n_tiles, n_rows and tile_first from n_symbols and symbol_rows. */
fct_status fct_panel_lay_tiles(struct fct_panel *panel, fct_error *err);

/* An empty panel with one reference; NULL where memory is out. Freed by fct_panel_free. */
struct fct_panel *fct_panel_new(void);

/* Room for cells, aligned for vectors, that holds anything; NULL where memory is out. Freed by fct_block_free. */
double *fct_panel_cells_new(size_t n_cells);

/*
 * A panel with the symbols, rows and times of another, which it shares, and `n_columns` columns, named by the caller's texts,
 * whose cells hold anything: the caller writes all of them. Freed by fct_panel_free.
 */
fct_status fct_panel_like(const struct fct_panel *panel, const char *const *names, size_t n_columns,
                          struct fct_panel **out, fct_error *err);

/* The column of that name, or NULL; without regard to case where none has the very name. */
const fct_panel_column *fct_panel_find_column(const struct fct_panel *panel, const char *name);

#endif
