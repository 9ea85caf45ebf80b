/* "--map time=ts,price=px,...": a column map from text. */
#ifndef FCT_CLI_MAP_H
#define FCT_CLI_MAP_H

#include <factorium.h>

#include "options.h"

/* The map's names point into *storage, which the caller frees. False, with a message, where the text is wrong. */
bool option_map(const invocation *in, size_t i, fct_column_map *map, char **storage);

/* "A,B,C" cut at its commas, without blanks around, into *storage as well. False where memory is out. */
bool split_list(const char *text, const char ***items, size_t *n_items, char **storage);

#endif
