/* Where a verb's bars come from: a file, or a store. The options are the first of every such verb. */
#ifndef FCT_CLI_PANEL_SOURCE_H
#define FCT_CLI_PANEL_SOURCE_H

#include <factorium.h>

#include "selection.h"

enum {
    PANEL_BARS,
    PANEL_STORE,
    PANEL_SYMBOLS,
    PANEL_EXCHANGE,
    PANEL_MARKET,
    PANEL_TYPE,
    PANEL_FROM,
    PANEL_TO,
    PANEL_DAYS,
    PANEL_INTERVAL,
    PANEL_BAR,
    PANEL_MISSING,
    PANEL_NO_CACHE,
    PANEL_ATTRIBUTES,
    N_PANEL_OPTIONS
};

/* clang-format off */
#define PANEL_OPTIONS                                                                              \
    [PANEL_BARS] = {"bars", 'b', "FILE", "bars, Parquet or CSV: symbol, start_time, end_time, ..."}, \
    [PANEL_STORE] = {"store", 0, "DIR", "or bars made of this store"},                             \
    [PANEL_SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},                          \
    [PANEL_EXCHANGE] = {"exchange", 0, "NAME", "whose column names the store has [binance]"},      \
    [PANEL_MARKET] = {"market", 'm', "M", "which market of the store [the only one there is]"},    \
    [PANEL_TYPE] = {"type", 't', "T", "which data type of the store [the only one there is]"},     \
    [PANEL_FROM] = {"from", 0, "DATE", "first day, or first moment [all there is]"},               \
    [PANEL_TO] = {"to", 0, "DATE", "the day, or the moment, that counts no more"},                 \
    [PANEL_DAYS] = {"days", 0, "N", "N days from --from on; alone, the N days before today"},      \
    [PANEL_INTERVAL] = {"interval", 'i', "I", "length of the store's bars [1m]"},                  \
    [PANEL_BAR] = {"bar", 0, "KIND:X", "or tick:1000, volume:500, dollar:1e6"},                    \
    [PANEL_MISSING] = {"missing", 0, "error|skip", "about symbols, days, columns not there [error]"}, \
    [PANEL_NO_CACHE] = {"no-cache", 0, NULL, "neither use nor keep daily bars"},                   \
    [PANEL_ATTRIBUTES] = {"attributes", 'a', "FILE",                                               \
                          "columns of symbols (sector, ...): a row a symbol, Parquet or CSV"}
/* clang-format on */

/* Which columns of a file of bars are needed; names NULL: all. The names are others'. */
typedef struct needed_columns {
    const char **names; /* freed with free() */
    size_t n_names;
} needed_columns;

/* Those of a plan and n_more others, of which NULL is none. Without memory all columns are needed. */
needed_columns columns_of_plan(const fct_plan *plan, const char *const *more, size_t n_more);

/*
 * What the options ask of a store; of a file the range and the symbols count. False, with a message, where one is wrong.
 * *symbols, which it points to, is freed by symbols_free.
 */
bool panel_source_request(const invocation *in, fct_bars_request *request, symbol_list *symbols);

/* The same for shards: *request points to `bars` and to *selection. */
void panel_source_shards(const invocation *in, const fct_bars_request *bars,
                         fct_panel_selection *selection, fct_shard_request *request);

/*
 * Loads the panel. FCT_ERROR_PARTIAL comes with one. Where an option is wrong, *is_usage is set and the message was printed.
 * Freed by fct_panel_free.
 */
fct_status panel_source_load(session *s, const invocation *in, const needed_columns *columns,
                             fct_panel **out, bool *is_usage, fct_error *err);

/* Whether what is not there is left out: --missing skip. */
bool skips_missing(const invocation *in);

/*
 * What of the plan the panel's columns suffice for: a published set reads more than most bars have. FCT_ERROR_PARTIAL comes
 * with a plan of fewer factors. Freed by fct_plan_free.
 */
fct_status fit_plan(session *s, const fct_plan *plan, const fct_panel *panel, fct_plan **fitted,
                    fct_error *err);

/* Something more was left out: it becomes the session's end, and what was its end before a warning. */
void add_partial(session *s, fct_status *status, fct_error *err, const fct_error *more);

#endif
