/* factorium verify: reads a store again and says what is wrong with it. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "map.h"
#include "selection.h"
#include "sync.h"
#include "verbs.h"

#define MS_PER_DAY INT64_C(86400000)

enum {
    STORE,
    SYMBOLS,
    EXCHANGE,
    MAP,
    MARKET,
    TYPE,
    FROM,
    TO,
    DAYS,
    REPAIR,
    BASE_URL,
    OUTPUT,
    FORMAT
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to read"},
    [SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},
    [EXCHANGE] = {"exchange", 0, "NAME", "whose column names the store has [binance]"},
    [MAP] = {"map", 0, "NAME=COLUMN,...",
             "columns of a store by others: time=ts,price=px,quantity=sz,..."},
    [MARKET] = {"market", 'm', "M", "which market [all]"},
    [TYPE] = {"type", 't', "T", "which data type [all]"},
    [FROM] = {"from", 0, "DATE", "first day [all there is]"},
    [TO] = {"to", 0, "DATE", "the day that counts no more"},
    [DAYS] = {"days", 0, "N", "N days from --from on; alone, the N complete UTC days before today"},
    [REPAIR] = {"repair", 0, NULL, "fetch the damaged days again from their exchange's archive"},
    [BASE_URL] = {"base-url", 0, "URL", "a mirror of it: https://, http:// or file:///"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

/* What is asked for. */
typedef struct verification {
    fct_dataset dataset;
    symbol_list symbols;
    fct_column_map map;
    char *map_text;
    int64_t from_day, to_day;
    fct_format format;
} verification;

static fct_status look(session *s, const invocation *in, const verification *v,
                       fct_verify_report *report, struct ArrowArrayStream *stream, fct_error *err)
{
    return fct_store_verify_mapped(in->values[STORE], &v->dataset, in->values[MAP] ? &v->map : NULL,
                                   v->symbols.symbols, v->symbols.n_symbols, v->from_day, v->to_day,
                                   &s->run, report, stream, err);
}

/* Fetches what is damaged, and looks again. */
static fct_status repair(session *s, const invocation *in, const verification *v,
                         fct_verify_report *report, struct ArrowArrayStream *stream, fct_error *err)
{
    const fct_sync_request how = {.base_url = in->values[BASE_URL], .n_retries = SYNC_RETRIES};
    fct_sync_report fetched;
    session_say(s, "problems: %" PRId64 ": fetching their days again", report->n_problems);
    fct_status status = fct_store_repair(in->values[STORE], stream, &how, &s->run, &fetched, err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return status;
    session_say(s, "files fetched again: %" PRId64 ", not to be had: %" PRId64, fetched.n_fetched,
                fetched.n_missing + fetched.n_failed);
    return look(s, in, v, report, stream, err);
}

static int verify(session *s, const invocation *in, const verification *v)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_verify_report report;
    fct_status status = look(s, in, v, &report, &stream, &err);
    if (status == FCT_ERROR_INTEGRITY && in->values[REPAIR])
        status = repair(s, in, v, &report, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_INTEGRITY)
        return session_end(s, status, &err);
    int code = EXIT_OK;
    if (report.n_problems + report.n_notes)
        code = write_answer(s, in, OUTPUT, v->format, &stream, "findings", status, &err);
    else
        stream.release(&stream);
    if (code == EXIT_OK || code == EXIT_INTEGRITY)
        session_say(s,
                    "days: %" PRId64 ", files: %" PRId64 ", rows: %" PRId64 ", problems: %" PRId64
                    ", notes: %" PRId64,
                    report.n_days, report.n_files, report.n_rows, report.n_problems,
                    report.n_notes);
    return code;
}

static int run(const invocation *in)
{
    session s;
    verification v = {.dataset = {.exchange = in->values[EXCHANGE],
                                  .market = in->values[MARKET],
                                  .data_type = in->values[TYPE]}};
    int64_t from_ms;
    int64_t to_ms;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && option_store(in, STORE) &&
        option_symbols(in, SYMBOLS, &v.symbols) &&
        (!in->values[MAP] || option_map(in, MAP, &v.map, &v.map_text)) &&
        option_range(in, FROM, TO, DAYS, &from_ms, &to_ms) &&
        option_format(in, FORMAT, OUTPUT, &v.format)) {
        v.from_day = from_ms / MS_PER_DAY;
        v.to_day = to_ms ? to_ms / MS_PER_DAY : from_ms ? INT64_MAX : 0;
        code = verify(&s, in, &v);
    }
    symbols_free(&v.symbols);
    free(v.map_text);
    return code;
}

const cli_verb verify_verb = {
    .name = "verify",
    .summary = "read a store again and say what is wrong",
    .operands = "",
    .description =
        "Reads every file: page checksums, values against statistics, the order of rows, the day "
        "of each,\n"
        "repeated ids, and rows, sizes and digests against the records of ingest. Each finding\n"
        "says how to repair it. Gaps in the ids are notes: exchanges publish such days. Exits\n"
        "with 4 where there is a problem. --repair fetches the damaged days again and looks once "
        "more.",
    .options = options,
    .examples = "  factorium verify --store store\n"
                "  factorium verify --store store --symbols BTCUSDT --format json",
    .run = run,
};
