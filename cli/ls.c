/* factorium ls: what a store holds. */
#include <factorium.h>
#include <stdio.h>

#include "selection.h"
#include "verbs.h"

enum { STORE, SYMBOLS, MARKET, TYPE, FILES, OUTPUT, FORMAT };

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to look into; s3:// and https:// too"},
    [SYMBOLS] = {"symbols", 's', "A,B|all", "which symbols [all]"},
    [MARKET] = {"market", 'm', "M", "which market [all]"},
    [TYPE] = {"type", 't', "T", "which data type [all]"},
    [FILES] = {"files", 0, NULL, "list the data files instead, as paths below DIR"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static int list(session *s, const invocation *in, const symbol_list *symbols, fct_format format)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    const fct_dataset dataset = {.market = in->values[MARKET], .data_type = in->values[TYPE]};
    fct_status status = (in->values[FILES] ? fct_store_files : fct_store_list)(
        in->values[STORE], &dataset, symbols->symbols, symbols->n_symbols, &s->run, &stream, &err);
    if (status != FCT_OK)
        return session_end(s, status, &err);
    return write_answer(s, in, OUTPUT, format, &stream, in->values[FILES] ? "files" : "symbols",
                        status, &err);
}

static int run(const invocation *in)
{
    session s;
    symbol_list symbols = {0};
    fct_format format;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && option_store(in, STORE) && option_symbols(in, SYMBOLS, &symbols) &&
        option_format(in, FORMAT, OUTPUT, &format))
        code = list(&s, in, &symbols, format);
    symbols_free(&symbols);
    return code;
}

const cli_verb ls_verb = {
    .name = "ls",
    .summary = "list what a store holds",
    .operands = "",
    .description =
        "A row a market, data type and symbol: its days, the gaps between them, rows and "
        "bytes. Rows are\n"
        "taken from the files' footers; nothing else is read. --files > DIR/files.txt makes a "
        "store\n"
        "readable through a web server.",
    .options = options,
    .examples = "  factorium ls --store store\n"
                "  factorium ls --store store --market spot --format json",
    .run = run,
};
