/* How far a long call has come: a bar on a terminal, or JSON lines for programs. */
#ifndef FCT_CLI_PROGRESS_H
#define FCT_CLI_PROGRESS_H

#include "session.h"

void progress_show(session *s, const fct_progress *progress);

/* Takes the bar off its line, so that words can stand there. */
void progress_clear(session *s);

#endif
