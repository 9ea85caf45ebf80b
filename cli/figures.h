/* The figures of a report as files, drawn by a browser without a window. */
#ifndef FCT_CLI_FIGURES_H
#define FCT_CLI_FIGURES_H

#include "session.h"

/* The program that draws; `wanted` may be NULL. NULL, with a message, where there is none. Freed with free(). */
char *find_browser(const invocation *in, const char *wanted);

/* Writes folder/NAME.format for each figure of a page, format "svg" or "png". The folder is made where it lacks. */
fct_status write_figures(session *s, const char *browser, const char *page, const char *folder,
                         const char *format, fct_error *err);

#endif
