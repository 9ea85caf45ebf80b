/* factorium verify: reads a store again and says what is wrong with it. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>

#include "selection.h"
#include "verbs.h"

#define MS_PER_DAY INT64_C(86400000)

enum { STORE, SYMBOLS, MARKET, TYPE, FROM, TO, DAYS, OUTPUT, FORMAT };

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to read"},
    [SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},
    [MARKET] = {"market", 'm', "M", "which market [all]"},
    [TYPE] = {"type", 't', "T", "which data type [all]"},
    [FROM] = {"from", 0, "DATE", "first day [all there is]"},
    [TO] = {"to", 0, "DATE", "the day that counts no more"},
    [DAYS] = {"days", 0, "N", "N days from --from on; alone, the N complete UTC days before today"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static int verify(session *s, const invocation *in, const symbol_list *symbols, int64_t from_ms,
                  int64_t to_ms, fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_verify_report report;
    const fct_dataset dataset = {.market = in->values[MARKET], .data_type = in->values[TYPE]};
    int64_t from_day = from_ms / MS_PER_DAY;
    int64_t to_day = to_ms ? to_ms / MS_PER_DAY : from_ms ? INT64_MAX : 0;
    fct_status status =
        fct_store_verify(in->values[STORE], &dataset, symbols->symbols, symbols->n_symbols,
                         from_day, to_day, &s->run, &report, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_INTEGRITY)
        return session_end(s, status, &err);
    int code = EXIT_OK;
    if (report.n_problems + report.n_notes)
        code = write_answer(s, in, OUTPUT, format, &stream, "findings", status, &err);
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
    symbol_list symbols = {0};
    fct_format format;
    int64_t from_ms;
    int64_t to_ms;
    int code = EXIT_USAGE;
    if (!session_start(&s, in))
        return code;
    if (!in->values[STORE] || in->n_operands)
        fprintf(stderr,
                "factorium verify: error: say which store: --store DIR, or FACTORIUM_STORE\n");
    else if (option_symbols(in, SYMBOLS, &symbols) &&
             option_range(in, FROM, TO, DAYS, &from_ms, &to_ms) &&
             option_format(in, FORMAT, OUTPUT, &format))
        code = verify(&s, in, &symbols, from_ms, to_ms, format);
    symbols_free(&symbols);
    return code;
}

const cli_verb verify_verb = {
    .name = "verify",
    .summary = "read a store again and say what is wrong",
    .operands = "",
    .description =
        "Reads every file: page checksums, values against statistics, the order of rows, the day "
        "of "
        "each,\n"
        "repeated ids, and counts against the records of ingest. Each finding says how to repair "
        "it. "
        "Gaps\n"
        "in the ids are notes: exchanges publish such days. Exits with 4 where there is a problem.",
    .options = options,
    .examples = "  factorium verify --store store\n"
                "  factorium verify --store store --symbols BTCUSDT --format json",
    .run = run,
};
