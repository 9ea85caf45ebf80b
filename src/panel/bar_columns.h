/* Which columns a panel of bars has, and where each comes from. */
#ifndef FCT_PANEL_BAR_COLUMNS_H
#define FCT_PANEL_BAR_COLUMNS_H

#include "bars/stream.h"
#include "panel/panel.h"

/* Columns that entries of the cache do not have but imply, after those they have. */
enum { FCT_BAR_VWAP = FCT_ENTRY_COLUMNS, FCT_BAR_NUM_SELLER, FCT_BAR_END_MS, FCT_BAR_COLUMNS };

typedef struct fct_bar_column {
    const char *name;
    size_t offset; /* in fct_finished_bar */
    int entry;     /* FCT_ENTRY_* or FCT_BAR_* */
    fct_panel_type type;
    bool is_count_of_side; /* klines do not know it */
} fct_bar_column;

enum { FCT_PANEL_BAR_COLUMNS = 12 };

/* A panel while bars are put into it. */
typedef struct fct_bar_panel {
    fct_bars_output *output;
    fct_job *job;
    struct fct_panel *panel;
    const fct_bar_column *sources[FCT_PANEL_BAR_COLUMNS]; /* of each column of the panel */
} fct_bar_panel;

/*
 * Lays out a panel for the symbols of `output`, of which each has n_rows[i] rows; those of none are left out, and
 * kept[i] tells which the others are. Times and cells are not filled.
 */
fct_status fct_bar_panel_start(fct_bar_panel *bars, const int64_t *n_rows, size_t *kept,
                               fct_error *err);

/* Room for the times and cells, once panel->shared_grid is known. */
fct_status fct_bar_panel_make_times(fct_bar_panel *bars, fct_error *err);
fct_status fct_bar_panel_make_columns(fct_bar_panel *bars, fct_error *err);

#endif
