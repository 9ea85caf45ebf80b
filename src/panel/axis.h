/* The time axis of a panel whose symbols have times of their own. */
#ifndef FCT_PANEL_AXIS_H
#define FCT_PANEL_AXIS_H

#include "panel/panel.h"

/* Makes time_ms, time_first and time_cells from symbol_rows and end_ms of the rows. */
fct_status fct_panel_make_axis(struct fct_panel *panel, int n_threads, fct_error *err);

/* The same for rows that end on a grid; *made is false where they do not, and nothing is done. */
fct_status fct_panel_make_grid_axis(struct fct_panel *panel, int n_threads, bool *made,
                                    fct_error *err);

/* The symbol's first row that ends at or after a time. */
int64_t fct_panel_find_row(const struct fct_panel *panel, size_t symbol, int64_t time_ms);

/* Where all symbols have the same times, keeps them once and sets shared_grid, and the axis is made. */
fct_status fct_panel_share_grid(struct fct_panel *panel, fct_error *err);

#endif
