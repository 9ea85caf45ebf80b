/* factorium sql: a query over a store, its bars, or a panel. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>

#include "map.h"
#include "selection.h"
#include "verbs.h"

enum {
    STORE,
    PANEL,
    SYMBOLS,
    EXCHANGE,
    MARKET,
    TYPE,
    FROM,
    TO,
    DAYS,
    INTERVAL,
    MAP,
    MISSING,
    OUTPUT,
    FORMAT,
    ALLOW_EXTERNAL
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store of the views trades and bars; s3:// too"},
    [PANEL] = {"panel", 0, "FILE", "the file of the view panel, Parquet or CSV"},
    [SYMBOLS] = {"symbols", 's', "A,B|all", "bars: of which symbols [all]"},
    [EXCHANGE] = {"exchange", 0, "NAME", "whose column names the store has [binance]"},
    [MARKET] = {"market", 'm', "M", "bars: of which market [the only one there is]"},
    [TYPE] = {"type", 't', "T", "bars: of which data type [the only one there is]"},
    [FROM] = {"from", 0, "DATE", "bars: first day, or first moment [all there is]"},
    [TO] = {"to", 0, "DATE", "bars: the day, or the moment, that counts no more"},
    [DAYS] = {"days", 0, "N", "bars: N days from --from on; alone, the N days before today"},
    [INTERVAL] = {"interval", 'i', "I", "bars: their length [1m, or the klines' own]"},
    [MAP] = {"map", 0, "NAME=COLUMN,...",
             "columns of a store by others: time=ts,price=px,quantity=sz,..."},
    [MISSING] = {"missing", 0, "error|skip",
                 "bars: what to do about symbols and days not there [error]"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    [ALLOW_EXTERNAL] = {"allow-external", 0, NULL,
                        "let the query read other files and the network"},
    {NULL, 0, NULL, NULL},
};

/* What the request points to. */
typedef struct storage {
    symbol_list symbols;
    fct_column_map map;
    char *map_text;
} storage;

static bool make_bars_request(const invocation *in, fct_bars_request *bars, storage *kept)
{
    static const char *const missing_words[] = {"error", "skip", NULL};
    int missing = 0;
    fct_error err;
    *bars = (fct_bars_request){
        .dataset = {.exchange = in->values[EXCHANGE],
                    .market = in->values[MARKET],
                    .data_type = in->values[TYPE]},
    };
    if (!option_symbols(in, SYMBOLS, &kept->symbols) ||
        !option_word(in, MISSING, missing_words, &missing) ||
        (in->values[MAP] && !option_map(in, MAP, &kept->map, &kept->map_text)) ||
        !option_range(in, FROM, TO, DAYS, &bars->from_ms, &bars->to_ms))
        return false;
    bars->symbols = kept->symbols.symbols;
    bars->n_symbols = kept->symbols.n_symbols;
    bars->map = in->values[MAP] ? &kept->map : NULL;
    bars->missing = (fct_missing)missing;
    if (in->values[INTERVAL] &&
        fct_interval_parse(in->values[INTERVAL], &bars->bar.interval_ms, &err) != FCT_OK)
        return option_error(in, INTERVAL, "%s", err.message);
    return true;
}

static int query(session *s, const invocation *in, const fct_bars_request *bars, fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    const fct_query_request request = {
        .store = in->values[STORE],
        .panel = in->values[PANEL],
        .bars = bars,
        .allow_external = in->values[ALLOW_EXTERNAL],
    };
    fct_status status = fct_query(&request, in->operands[0], &s->run, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return session_end(s, status, &err);
    return write_answer(s, in, OUTPUT, format, &stream, "rows", status, &err);
}

static int run(const invocation *in)
{
    session s;
    fct_bars_request bars;
    storage kept = {0};
    fct_format format;
    int code = EXIT_USAGE;
    if (!session_start(&s, in))
        return code;
    if (in->n_operands != 1)
        fprintf(stderr, "factorium sql: error: give one query, in quotes: 'SELECT ...'\n");
    else if (make_bars_request(in, &bars, &kept) && option_format(in, FORMAT, OUTPUT, &format))
        code = query(&s, in, &bars, format);
    symbols_free(&kept.symbols);
    free(kept.map_text);
    return code;
}

const cli_verb sql_verb = {
    .name = "sql",
    .summary = "query a store, its bars or a panel",
    .operands = "'SELECT ...'",
    .description =
        "Runs one query by DuckDB over the views trades (all trades of --store), bars (made of "
        "them) and\n"
        "panel (the file of --panel), and over each data type as it is stored (aggTrades, "
        "klines_1m, ...).\n"
        "Nothing is changed, and nothing else is read unless --allow-external says so.",
    .options = options,
    .examples = "  factorium sql --store store 'SELECT symbol, count(*) FROM trades GROUP BY ALL'\n"
                "  factorium sql --store store -i 1h \"FROM bars WHERE symbol = 'BTCUSDT'\"",
    .run = run,
};
