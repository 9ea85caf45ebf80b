/* A panel of finished bars, laid into tiles without a table between. */
#ifndef FCT_PANEL_FROM_BARS_H
#define FCT_PANEL_FROM_BARS_H

#include "bars/stream.h"
#include "panel/panel.h"

/*
 * The time bars of `output`, whose lists are read to their ends; what fct_bars would give as a stream, as a panel. `*out` is
 * freed by fct_panel_free.
 */
fct_status fct_panel_from_bars(fct_bars_output *output, fct_job *job, struct fct_panel **out,
                               fct_error *err);

#endif
