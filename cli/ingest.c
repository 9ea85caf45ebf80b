/* factorium ingest: archive files into the store. */
#include <factorium.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "map.h"
#include "session.h"
#include "verbs.h"

enum {
    STORE,
    EXCHANGE,
    MARKET,
    TYPE,
    INTERVAL,
    SYMBOL,
    MAP,
    ON_BAD_ROW,
    AGAIN,
    MAX_MEMBER_SIZE,
    MAX_RATIO,
    MAX_LINE
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to write; made when it is not there"},
    [EXCHANGE] = {"exchange", 0, "NAME", "whose files they are; generic with --map [binance]"},
    [MARKET] = {"market", 'm', "M",
                "where the path does not say: spot, futures_um, futures_cm, ..."},
    [TYPE] = {"type", 't', "T", "likewise: trades, aggTrades, klines, ..."},
    [INTERVAL] = {"interval", 'i', "I", "likewise: the interval of klines"},
    [SYMBOL] = {"symbol", 's', "S", "likewise: the symbol"},
    [MAP] = {"map", 0, "NAME=COLUMN,...",
             "columns of your own files: time=ts,price=px,quantity=sz,side=side,id=seq"},
    [ON_BAD_ROW] = {"on-bad-row", 0, "stop|skip",
                    "refuse the file, or leave the row out and list it [stop]"},
    [AGAIN] = {"again", 0, NULL, "read files whose content is already in the store"},
    [MAX_MEMBER_SIZE] = {"max-member-size", 0, "SIZE", "largest file inside an archive [64GB]"},
    [MAX_RATIO] = {"max-ratio", 0, "N", "how much an archive may expand [200]"},
    [MAX_LINE] = {"max-line", 0, "SIZE", "longest line [64KB]"},
    {NULL, 0, NULL, NULL},
};

static bool make_options(const invocation *in, fct_ingest_options *out, fct_column_map *map,
                         char **map_text)
{
    static const char *const words[] = {"stop", "skip", NULL};
    int on_bad_row = 0;
    uint64_t max_line = 0;
    int64_t max_ratio = 0;
    *out = (fct_ingest_options){
        .dataset = {.exchange = in->values[EXCHANGE],
                    .market = in->values[MARKET],
                    .data_type = in->values[TYPE],
                    .interval = in->values[INTERVAL]},
        .symbol = in->values[SYMBOL],
        .again = in->values[AGAIN],
    };
    if (!option_word(in, ON_BAD_ROW, words, &on_bad_row) ||
        !option_bytes(in, MAX_MEMBER_SIZE, &out->max_member_bytes) ||
        !option_count(in, MAX_RATIO, 1, 1000000, &max_ratio) ||
        !option_bytes(in, MAX_LINE, &max_line))
        return false;
    if (max_line > UINT32_MAX / 2)
        return option_error(in, MAX_LINE, "lines of at most 2 GB are read");
    out->on_bad_row = (fct_on_bad_row)on_bad_row;
    out->max_ratio = (uint32_t)max_ratio;
    out->max_line_bytes = (uint32_t)max_line;
    if (in->values[MAP]) {
        if (!option_map(in, MAP, map, map_text))
            return false;
        out->map = map;
        if (!out->dataset.exchange)
            out->dataset.exchange = "generic";
    }
    if (!option_store(in, STORE))
        return false;
    if (!in->n_operands) {
        fprintf(stderr, "factorium ingest: error: name the files or folders to ingest\n");
        return false;
    }
    return true;
}

static void say_count(session *s, int64_t n, const char *what)
{
    if (n)
        session_say(s, "  %12" PRId64 "  %s", n, what);
}

static void say_report(session *s, const fct_ingest_report *report, double seconds)
{
    session_say(s, "%" PRId64 " files ingested in %.1f s (%.0f MB/s):", report->n_files, seconds,
                seconds > 0 ? (double)report->bytes_read / 1e6 / seconds : 0);
    say_count(s, report->n_files_unchanged, "files already in the store");
    say_count(s, report->n_files_failed, "files failed");
    say_count(s, report->n_days, "days written");
    say_count(s, report->n_rows, "rows stored");
    say_count(s, report->n_neighbour_rows, "of them in another day than their file's");
    say_count(s, report->n_duplicate_rows, "rows that had arrived before");
    say_count(s, report->n_bad_rows, "bad rows left out");
    say_count(s, report->bytes_written, "bytes written");
}

static int run(const invocation *in)
{
    session s;
    fct_ingest_options ingest_options;
    fct_column_map map;
    char *map_text = NULL;
    fct_ingest_report report = {0};
    fct_error err = {0};
    int code = EXIT_USAGE;
    if (session_start(&s, in) && make_options(in, &ingest_options, &map, &map_text)) {
        struct timespec start;
        struct timespec end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        fct_status status = fct_ingest(in->operands, in->n_operands, in->values[STORE],
                                       &ingest_options, &s.run, &report, &err);
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (report.n_files || report.n_files_unchanged || report.n_files_failed)
            say_report(&s, &report,
                       (double)(end.tv_sec - start.tv_sec) +
                           (double)(end.tv_nsec - start.tv_nsec) / 1e9);
        code = session_end(&s, status, &err);
    }
    free(map_text);
    return code;
}

const cli_verb ingest_verb = {
    .name = "ingest",
    .summary = "put exchange archive files into a store",
    .operands = "PATH...",
    .description =
        "Reads .zip, .csv and .csv.gz files, or all below the folders named, checks every row, and "
        "writes a\n"
        "Parquet file for each symbol and UTC day. Market, type, symbol and date come from the "
        "archive's\n"
        "layout or the file's name. A .CHECKSUM beside a file is checked. The same file again does "
        "nothing;\n"
        "a changed one replaces what it gave before. A file that fails leaves the store as it was.",
    .options = options,
    .examples =
        "  factorium ingest data/futures/um/daily/aggTrades --store store\n"
        "  factorium ingest ticks.csv --store store --market comex --type ticks --symbol GC \\\n"
        "      --map time=time,price=price,quantity=size",
    .run = run,
};
