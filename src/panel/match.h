/* Two panels meet on their keys: the columns of one at the rows of another. */
#ifndef FCT_PANEL_MATCH_H
#define FCT_PANEL_MATCH_H

#include "base/run.h"
#include "panel/panel.h"

/* Whether both have the same symbols, rows and times, so that a cell of one lies where that of the other does. */
bool fct_panel_same_keys(const struct fct_panel *a, const struct fct_panel *b);

/* Like fct_panel_like, but every cell is missing. */
fct_status fct_panel_blank(const struct fct_panel *keys, const char *const *names, size_t n_columns,
                           struct fct_panel **out, fct_error *err);

/*
 * A panel with the keys of `keys` and the columns of `from` (texts left out): NaN where `from` has no such row.
 * *n_dropped counts the rows of `from` that `keys` has not. Freed by fct_panel_free.
 */
fct_status fct_panel_match(const struct fct_panel *keys, const struct fct_panel *from,
                           struct fct_panel **out, int64_t *n_dropped, fct_error *err);

/*
 * Factors at the rows of bars: `factors` itself where the keys are the same, else *owned, which is freed by fct_panel_free.
 * Rows that no bar has are left out with a warning; where all are, FCT_ERROR_DATA.
 */
fct_status fct_panel_meet(fct_job *job, const fct_panel *bars, const fct_panel *factors,
                          const fct_panel **met, fct_panel **owned, fct_error *err);

#endif
