/* What a shard of expressions computes on: bars, or columns that came from stages before. */
#ifndef FCT_SHARD_INPUT_H
#define FCT_SHARD_INPUT_H

#include "panel/panel.h"
#include "shard/run.h"

/* The bars of a shard of the first stage, with `wanted` among their columns. Freed by fct_panel_free. */
fct_status fct_shard_load_bars(const fct_shard_running *running, const fct_shard_names *wanted,
                               fct_panel **out, fct_error *err);

/* The columns `wanted` of a shard of a later stage, all of which earlier stages passed on. */
fct_status fct_shard_load_passed(const fct_shard_running *running, const fct_shard_names *wanted,
                                 fct_panel **out, fct_error *err);

#endif
