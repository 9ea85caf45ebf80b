/* A panel of finished bars, laid into tiles without a table between. */
#ifndef FCT_PANEL_FROM_BARS_H
#define FCT_PANEL_FROM_BARS_H

#include "panel/bar_columns.h"

/*
 * The time bars of `output`, whose lists are read to their ends; what fct_bars would give as a stream, as a panel. `*out` is
 * freed by fct_panel_free.
 */
fct_status fct_panel_from_bars(fct_bars_output *output, fct_job *job, struct fct_panel **out,
                               fct_error *err);

/*
 * The same of files of the cache, for the symbols of `output`. FCT_ERROR_INTEGRITY where one of them proves broken, which
 * leaves `output` without its symbols: the bars must be collected anew.
 */
fct_status fct_panel_from_cached(fct_bars_output *output, const fct_cached_days *cached,
                                 fct_job *job, struct fct_panel **out, fct_error *err);

#endif
