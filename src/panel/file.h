/* Tables from files. */
#ifndef FCT_PANEL_FILE_H
#define FCT_PANEL_FILE_H

#include "base/text.h"

/* The rows of a file in Parquet, or in CSV with a header, by its suffix. The caller releases the stream; `run` holds until then. */
fct_status fct_table_open(const char *path, const fct_run *run, struct ArrowArrayStream *out,
                          fct_error *err);

#endif
