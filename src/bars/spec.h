#ifndef FCT_BARS_SPEC_H
#define FCT_BARS_SPEC_H

#include "base/status.h"

/* FCT_ERROR_ARGUMENT where kind, interval or threshold are out of their ranges. */
fct_status fct_bar_spec_check(const fct_bar_spec *spec, fct_error *err);

#endif
