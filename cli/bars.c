/* factorium bars: bars of the store's trades. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "progress.h"
#include "session.h"
#include "verbs.h"

#define MS_PER_DAY INT64_C(86400000)

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
    NO_CACHE
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to read"},
    [SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},
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
    [MAP] = {"map", 0, "NAME=COLUMN,...",
             "columns of a store by others: time=ts,price=px,quantity=sz,..."},
    [MISSING] = {"missing", 0, "error|skip", "what to do about symbols and days not there [error]"},
    [FILL] = {"fill", 0, "none|previous",
              "intervals without trades: no bar, or the last close [none]"},
    [DROP_LAST] = {"drop-last", 0, NULL,
                   "leave out the unfinished last tick, volume or dollar bar"},
    [NO_SIDES] = {"no-sides", 0, NULL, "leave out buyers and sellers"},
    [NOTIONAL] = {"notional", 0, NULL, "add the sum of price x quantity"},
    [NUM_TRADES] = {"num-trades", 0, NULL, "add the number of trades"},
    [ENGINE] = {"engine", 0, "auto|native|duckdb",
                "who reads the store; -v says who read what [auto]"},
    [CACHE] = {"cache", 0, "DIR", "where the daily bars are kept [.cache in the store]"},
    [NO_CACHE] = {"no-cache", 0, NULL, "neither use nor keep daily bars"},
    {NULL, 0, NULL, NULL},
};

/* What a request points to. */
typedef struct storage {
    char *symbols_text, *map_text;
    const char **symbols;
    fct_column_map map;
} storage;

/* ---- Times ------------------------------------------------------------------------------------ */

static bool parse_moment(const invocation *in, size_t i, int64_t *time_ms)
{
    fct_error err;
    if (!in->values[i] || fct_time_parse(in->values[i], time_ms, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool choose_range(const invocation *in, fct_bars_request *request)
{
    int64_t n_days = 0;
    if (!parse_moment(in, FROM, &request->from_ms) || !parse_moment(in, TO, &request->to_ms) ||
        !option_count(in, DAYS, 1, 200000, &n_days))
        return false;
    if (n_days && in->values[TO])
        return option_error(in, DAYS, "it stands instead of --to, not beside it");
    if (n_days && !in->values[FROM])
        request->from_ms = ((int64_t)time(NULL) / 86400 - n_days) * MS_PER_DAY;
    if (n_days)
        request->to_ms = request->from_ms + n_days * MS_PER_DAY;
    if (in->values[FROM] && request->to_ms && request->from_ms >= request->to_ms)
        return option_error(in, FROM,
                            "it is not before --to %s; --to is the first day that does not count",
                            in->values[TO] ? in->values[TO] : "");
    return true;
}

/* "2 days: 2024-08-08, 2024-08-09" */
static void say_range(session *s, const fct_bars_request *request)
{
    int64_t from_ms = request->from_ms;
    int64_t to_ms = request->to_ms;
    if (!from_ms || !to_ms)
        return;
    char first[24];
    char last[24];
    if (from_ms % MS_PER_DAY || to_ms % MS_PER_DAY) {
        fct_time_format(from_ms, first);
        fct_time_format(to_ms, last);
        session_say(s, "from %s until before %s", first, last);
        return;
    }
    int64_t n_days = (to_ms - from_ms) / MS_PER_DAY;
    fct_date_format(from_ms / MS_PER_DAY, first);
    fct_date_format(to_ms / MS_PER_DAY - 1, last);
    if (n_days == 1)
        session_say(s, "1 day: %s", first);
    else
        session_say(s, "%" PRId64 " days: %s%s %s", n_days, first, n_days == 2 ? "," : " to", last);
}

/* ---- Request ---------------------------------------------------------------------------------- */

static bool choose_bar(const invocation *in, fct_bars_request *request)
{
    fct_error err;
    if (in->values[BAR] && in->values[INTERVAL])
        return option_error(in, BAR, "give either --bar or --interval");
    size_t i = in->values[BAR] ? BAR : INTERVAL;
    if (!in->values[i] || fct_bar_spec_parse(in->values[i], &request->bar, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool choose_symbols(const invocation *in, fct_bars_request *request, storage *kept)
{
    const char *text = in->values[SYMBOLS];
    if (!text || strcmp(text, "all") == 0)
        return true;
    if (!split_list(text, &kept->symbols, &request->n_symbols, &kept->symbols_text))
        return option_error(in, SYMBOLS, "out of memory");
    request->symbols = kept->symbols;
    return true;
}

static bool make_request(const invocation *in, fct_bars_request *request, storage *kept)
{
    static const char *const missing_words[] = {"error", "skip", NULL};
    static const char *const fill_words[] = {"none", "previous", NULL};
    static const char *const engine_words[] = {"auto", "native", "duckdb", NULL};
    int missing = 0;
    int fill = 0;
    int engine = 0;
    *request = (fct_bars_request){
        .store = in->values[STORE],
        .dataset = {.exchange = in->values[EXCHANGE],
                    .market = in->values[MARKET],
                    .data_type = in->values[TYPE]},
        .without_sides = in->values[NO_SIDES],
        .with_notional = in->values[NOTIONAL],
        .with_num_trades = in->values[NUM_TRADES],
        .drop_last = in->values[DROP_LAST],
        .no_cache = in->values[NO_CACHE],
        .cache_folder = in->values[CACHE],
    };
    if (!request->store) {
        fprintf(stderr,
                "factorium bars: error: say which store: --store DIR, or FACTORIUM_STORE\n");
        return false;
    }
    if (in->n_operands) {
        fprintf(
            stderr,
            "factorium bars: error: %s: bars takes options only; symbols come as --symbols A,B\n",
            in->operands[0]);
        return false;
    }
    if (!choose_bar(in, request) || !choose_range(in, request) ||
        !choose_symbols(in, request, kept) || !option_word(in, MISSING, missing_words, &missing) ||
        !option_word(in, FILL, fill_words, &fill) ||
        !option_word(in, ENGINE, engine_words, &engine))
        return false;
    request->missing = (fct_missing)missing;
    request->fill_previous = fill == 1;
    request->engine = (fct_engine)engine;
    if (in->values[MAP] && !option_map(in, MAP, &kept->map, &kept->map_text))
        return false;
    request->map = in->values[MAP] ? &kept->map : NULL;
    return true;
}

static bool choose_format(const invocation *in, fct_format *format)
{
    fct_error err;
    size_t i = in->values[FORMAT] ? FORMAT : OUTPUT;
    *format = isatty(STDOUT_FILENO) ? FCT_FORMAT_TABLE : FCT_FORMAT_CSV;
    if (!in->values[i] || fct_format_parse(in->values[i], format, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

/* ---- Running ---------------------------------------------------------------------------------- */

/* Nothing is written where the reader of a pipe went away: it had enough. */
static bool reader_is_gone(fct_status status, const fct_error *err)
{
    return status == FCT_ERROR_IO && strstr(err->message, strerror(32));
}

static int make_bars(session *s, const invocation *in, const fct_bars_request *request,
                     fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_error write_err = {0};
    int64_t n_rows = 0;
    fct_status status = fct_bars(request, &s->run, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return session_end(s, status, &err);
    const char *path = in->values[OUTPUT];
    /* The rows may go to the terminal on which the bar stands. */
    progress_clear(s);
    fct_status written =
        path ? fct_write_file(&stream, path, format, &s->run, &n_rows, &write_err)
             : fct_write_fd(&stream, STDOUT_FILENO, format, &s->run, &n_rows, &write_err);
    if (written != FCT_OK && !path && reader_is_gone(written, &write_err))
        return session_end(s, FCT_OK, NULL);
    if (written != FCT_OK)
        return session_end(s, written, &write_err);
    if (path)
        session_say(s, "%" PRId64 " bars: %s", n_rows, path);
    return session_end(s, status, &err);
}

static int run(const invocation *in)
{
    session s;
    fct_bars_request request;
    storage kept = {0};
    fct_format format;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && make_request(in, &request, &kept) && choose_format(in, &format)) {
        say_range(&s, &request);
        code = make_bars(&s, in, &request, format);
    }
    free(kept.symbols_text);
    free(kept.map_text);
    free(kept.symbols);
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
        "--to 2024-08-10 is two days. Trades count in (time, id) order, whatever the files' order.",
    .options = options,
    .examples = "  factorium bars --store store --symbols BTCUSDT,ETHUSDT --from 2024-08-08 --days "
                "2 -o bars.parquet\n"
                "  factorium bars --store store --bar dollar:1e6 --format csv | head",
    .run = run,
};
