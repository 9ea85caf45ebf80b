/* factorium bars: bars of the store's trades. */
#include <factorium.h>
#include <stdio.h>
#include <stdlib.h>

#include "bars_shape.h"
#include "executor.h"
#include "selection.h"
#include "sync.h"
#include "verbs.h"

enum {
    STORE,
    SYMBOLS,
    EXCHANGE,
    MARKET,
    TYPE,
    FROM,
    TO,
    DAYS,
    INTERVAL,
    BAR,
    OUTPUT,
    FORMAT,
    MAP,
    MISSING,
    FILL,
    DROP_LAST,
    NO_SIDES,
    NOTIONAL,
    NUM_TRADES,
    ENGINE,
    CACHE,
    NO_CACHE,
    SYNC,
    BASE_URL,
    EXECUTOR,
    SHARDS,
    WORK
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to read; s3:// and https:// too"},
    [SYMBOLS] = {"symbols", 's', "A,B|all",
                 "which symbols; with --sync also patterns, @FILE [all]"},
    [EXCHANGE] = {"exchange", 0, "NAME", "whose column names the store has [binance]"},
    [MARKET] = {"market", 'm', "M", "spot, futures_um, futures_cm, ... [the only one there is]"},
    [TYPE] = {"type", 't', "T", "trades, aggTrades, ... [the only one there is]"},
    [FROM] = {"from", 0, "DATE",
              "first day, or first moment \"YYYY-MM-DD HH:MM:SS\" [all there is]"},
    [TO] = {"to", 0, "DATE", "the day, or the moment, that counts no more"},
    [DAYS] = {"days", 0, "N", "N days from --from on; alone, the N complete UTC days before today"},
    [INTERVAL] = {"interval", 'i', "I",
                  "time bars: a whole number and ms, s, m, h or d [1m, or the klines' own]"},
    [BAR] = {"bar", 'b', "KIND:X", "tick:1000, volume:500, dollar:1e6 or time:1m"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    [MISSING] = {"missing", 0, "error|skip", "what to do about symbols and days not there [error]"},
    BARS_SHAPE_OPTIONS,
    [NO_CACHE] = {"no-cache", 0, NULL, "neither use nor keep daily bars"},
    [SYNC] = {"sync", 0, NULL, "fetch first what the store lacks, as factorium sync does"},
    [BASE_URL] = {"base-url", 0, "URL", "a mirror to fetch from: https://, http:// or file:///"},
    [EXECUTOR] = EXECUTOR_OPTION,
    [SHARDS] = SHARDS_OPTION,
    [WORK] = WORK_OPTION,
    {NULL, 0, NULL, NULL},
};

static const executor_options executor = {.executor = EXECUTOR, .shards = SHARDS, .work = WORK};

/* What a request points to. */
typedef struct storage {
    symbol_list symbols;
    sync_symbols wanted, found; /* of --sync */
    bars_shape shape;
} storage;

static const bars_shape_options shape = BARS_SHAPE_PLACES;

/* ---- Request ---------------------------------------------------------------------------------- */

static bool choose_bar(const invocation *in, fct_bars_request *request)
{
    fct_error err;
    if (in->values[BAR] && in->values[INTERVAL])
        return option_error(in, BAR, "give either --bar or --interval");
    size_t i = in->values[BAR] ? BAR : INTERVAL;
    bool is_klines = i == INTERVAL && is_bare_klines(in->values[TYPE]);
    /* What is fetched are klines of that length; in the store others may do. */
    if (!(is_klines && in->values[SYNC]) &&
        (!in->values[i] || fct_bar_spec_parse(in->values[i], &request->bar, &err) == FCT_OK))
        return true;
    if (is_klines) {
        request->dataset.interval = in->values[INTERVAL]; /* as exchanges write it, "1w" too */
        return true;
    }
    return option_error(in, i, "%s", err.message);
}

static bool choose_symbols(const invocation *in, fct_bars_request *request, storage *kept)
{
    if (in->values[SYNC] && in->values[SYMBOLS]) {
        if (!option_sync_symbols(in, SYMBOLS, &kept->wanted))
            return false;
        request->symbols = kept->wanted.symbols;
        request->n_symbols = kept->wanted.n_symbols;
        return true;
    }
    if (!option_symbols(in, SYMBOLS, &kept->symbols))
        return false;
    request->symbols = kept->symbols.symbols;
    request->n_symbols = kept->symbols.n_symbols;
    return true;
}

static bool make_request(const invocation *in, fct_bars_request *request, storage *kept)
{
    static const char *const missing_words[] = {"error", "skip", NULL};
    int missing = 0;
    *request = (fct_bars_request){
        .store = in->values[STORE],
        .dataset = {.exchange = in->values[EXCHANGE],
                    .market = in->values[MARKET],
                    .data_type = in->values[TYPE]},
        .no_cache = in->values[NO_CACHE],
    };
    if (!option_store(in, STORE) || !choose_bar(in, request) ||
        !option_range(in, FROM, TO, DAYS, &request->from_ms, &request->to_ms) ||
        !choose_symbols(in, request, kept) || !option_word(in, MISSING, missing_words, &missing) ||
        !option_bars_shape(in, &shape, request, &kept->shape))
        return false;
    request->missing = (fct_missing)missing;
    return true;
}

static int make_bars(session *s, const invocation *in, const fct_bars_request *request,
                     fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_status status = fct_bars(request, &s->run, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return session_end(s, status, &err);
    return write_answer(s, in, OUTPUT, format, &stream, "bars", status, &err);
}

static int make_by_shards(session *s, const invocation *in, const fct_bars_request *request,
                          fct_format format)
{
    fct_shard_request wanted = {.bars = request};
    struct ArrowArrayStream stream;
    executor_run shards = {0};
    fct_error err = {0};
    int code;
    fct_status status = executor_open(s, &executor, &wanted, &shards, &stream, &code, &err);
    if (stream.release)
        code = write_answer(s, in, OUTPUT, format, &stream, "bars", status, &err);
    else if (code == EXIT_OK)
        code = session_end(s, status, &err);
    executor_end(&shards, code == EXIT_OK || code == EXIT_PARTIAL);
    return code;
}

static int run(const invocation *in)
{
    session s;
    fct_bars_request request;
    storage kept = {0};
    fct_format format;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && make_request(in, &request, &kept) &&
        option_format(in, FORMAT, OUTPUT, &format) &&
        (!in->values[SYNC] || option_output(in, OUTPUT))) {
        say_range(&s, request.from_ms, request.to_ms);
        if (!in->values[SYNC] || sync_first(&s, &request, in->values[BASE_URL], &kept.found, &code))
            code = in->values[EXECUTOR] ? make_by_shards(&s, in, &request, format)
                                        : make_bars(&s, in, &request, format);
    }
    symbols_free(&kept.symbols);
    sync_symbols_free(&kept.wanted);
    sync_symbols_free(&kept.found);
    free(kept.shape.map_text);
    return code;
}

const cli_verb bars_verb = {
    .name = "bars",
    .summary = "build bars from the trades of a store",
    .operands = "",
    .description =
        "Reads the trades of the wanted symbols and days and writes their bars: time bars by "
        "default,\n"
        "tick, volume or dollar bars with --bar. Dates are UTC; a range is half-open: --from "
        "2024-08-08\n"
        "--to 2024-08-10 is two days. Trades count in (time, id) order, whatever the files' order. "
        "With\n"
        "--sync the days that the store lacks are fetched from the exchange's archive first; with "
        "--executor\n"
        "shards are run on other machines, with the same result (docs/scale.md).",
    .options = options,
    .examples = "  factorium bars --store store --symbols BTCUSDT,ETHUSDT --from 2024-08-08 --days "
                "2 -o bars.parquet\n"
                "  factorium bars --store store --bar dollar:1e6 --format csv | head",
    .run = run,
};
