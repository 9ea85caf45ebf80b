/* The config file: "name = value" lines, for one verb below a line "[verb]". */
#ifndef FCT_CLI_CONFIG_H
#define FCT_CLI_CONFIG_H

#include "options.h"

/*
 * Fills values that nobody gave before from --config, FACTORIUM_CONFIG or $XDG_CONFIG_HOME/factorium/config
 * (~/.config/...), if there is one. Prints what is wrong, with file and line, and returns false.
 */
bool take_config(invocation *in);

#endif
