/* What bars are like: options that the verbs which make bars of a store share. */
#ifndef FCT_CLI_BARS_SHAPE_H
#define FCT_CLI_BARS_SHAPE_H

#include <factorium.h>

#include "options.h"

/* A verb has these under the names of its own that stand here, side by side. */
/* clang-format off */
#define BARS_SHAPE_OPTIONS                                                                         \
    [MAP] = {"map", 0, "NAME=COLUMN,...",                                                          \
             "columns of a store by others: time=ts,price=px,quantity=sz,..."},                    \
    [FILL] = {"fill", 0, "none|previous",                                                          \
              "intervals without trades: no bar, or the last close [none]"},                       \
    [DROP_LAST] = {"drop-last", 0, NULL,                                                           \
                   "leave out the unfinished last tick, volume or dollar bar"},                    \
    [NO_SIDES] = {"no-sides", 0, NULL, "leave out buyers and sellers"},                            \
    [NOTIONAL] = {"notional", 0, NULL, "add the sum of price x quantity"},                         \
    [NUM_TRADES] = {"num-trades", 0, NULL, "add the number of trades"},                            \
    [ENGINE] = {"engine", 0, "auto|native|duckdb",                                                 \
                "who reads the store; -v says who read what [auto]"},                              \
    [CACHE] = {"cache", 0, "DIR", "where the daily bars are kept [.cache in the store]"}
/* clang-format on */

/* Where they are. */
typedef struct bars_shape_options {
    size_t map, fill, drop_last, no_sides, notional, num_trades, engine, cache;
} bars_shape_options;

#define BARS_SHAPE_PLACES                                                                          \
    {                                                                                              \
        MAP, FILL, DROP_LAST, NO_SIDES, NOTIONAL, NUM_TRADES, ENGINE, CACHE                        \
    }

/* What *request points to. Freed by free(map_text). */
typedef struct bars_shape {
    char *map_text;
    fct_column_map map;
} bars_shape;

/* Puts them into the request. False, with a message, where one is wrong. */
bool option_bars_shape(const invocation *in, const bars_shape_options *where,
                       fct_bars_request *request, bars_shape *kept);

#endif
