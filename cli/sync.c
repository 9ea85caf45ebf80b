/* factorium sync: from the exchanges' archives into the store. */
#include <ctype.h>
#include <factorium.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "selection.h"
#include "sync.h"
#include "verbs.h"

#define MS_PER_DAY INT64_C(86400000)

enum {
    STORE,
    SYMBOLS,
    EXCHANGE,
    MARKET,
    TYPE,
    INTERVAL,
    FROM,
    TO,
    DAYS,
    LISTED_BEFORE,
    PERIOD,
    JOBS,
    REQUEST_RATE,
    LIMIT_RATE,
    RETRIES,
    RETRY_WAIT,
    STALL,
    BASE_URL,
    LIST_URL,
    KEEP_ARCHIVES,
    REFRESH,
    UNCHECKED,
    ON_BAD_ROW,
    DRY_RUN,
    OUTPUT,
    FORMAT
};

static const option options[] = {
    [STORE] = {"store", 0, "DIR", "the store to write; made when it is not there"},
    [SYMBOLS] = {"symbols", 's', "A,B|@FILE|all",
                 "names, patterns like \"*USDT\", or a file of them"},
    [EXCHANGE] = {"exchange", 0, "NAME", "whose archive: factorium exchanges lists them [binance]"},
    [MARKET] = {"market", 'm', "M", "spot, futures_um, futures_cm, ..."},
    [TYPE] = {"type", 't', "T", "trades, aggTrades, klines, ..."},
    [INTERVAL] = {"interval", 'i', "I", "of klines: 1m, 1h, ..."},
    [FROM] = {"from", 0, "DATE", "first day"},
    [TO] = {"to", 0, "DATE", "the day that counts no more [today]"},
    [DAYS] = {"days", 0, "N", "N days from --from on; alone, the N complete UTC days before today"},
    [LISTED_BEFORE] = {"listed-before", 0, "DATE",
                       "only symbols that have a file of an earlier day"},
    [PERIOD] = {"period", 0, "auto|daily|monthly",
                "which files; auto takes a month's where it saves requests [auto]"},
    [JOBS] = {"jobs", 'j', "N", "transfers at once [8]"},
    [REQUEST_RATE] = {"request-rate", 0, "N", "requests a second at most [no limit]"},
    [LIMIT_RATE] = {"limit-rate", 0, "SIZE", "bytes a second at most, as in 10MB [no limit]"},
    [RETRIES] = {"retries", 0, "N", "tries after the first [5]"},
    [RETRY_WAIT] = {"retry-wait", 0, "I", "before the second try; doubled with each [1s]"},
    [STALL] = {"stall", 0, "I", "cut a transfer of which nothing came for so long [30s]"},
    [BASE_URL] = {"base-url", 0, "URL", "a mirror: https://, http:// or file:///"},
    [LIST_URL] = {"list-url", 0, "URL", "where the mirror's bucket lists [base URL without /data]"},
    [KEEP_ARCHIVES] = {"keep-archives", 0, "DIR",
                       "keep the files fetched, in the archive's layout"},
    [REFRESH] = {"refresh", 0, NULL, "look whether what is there was published again"},
    [UNCHECKED] = {"unchecked", 0, NULL, "take files beside which no .CHECKSUM is published"},
    [ON_BAD_ROW] = {"on-bad-row", 0, "stop|skip",
                    "refuse the file, or leave the row out and list it [stop]"},
    [DRY_RUN] = {"dry-run", 0, NULL, "list URLs and sizes, fetch nothing"},
    [OUTPUT] = {"output", 'o', "FILE", "where to write the report, in the format of its suffix"},
    [FORMAT] = {"format", 'f', "F", "of the report: table, json, csv, ... [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

/* ---- Options ---------------------------------------------------------------------------------- */

/* The names of a file: blanks, commas and ends of lines part them, and what follows a # does not count. */
static bool read_names(const invocation *in, const char *path, char **text)
{
    enum { MAX_BYTES = 1 << 20 };
    FILE *file = fopen(path, "re");
    size_t n = 0;
    *text = calloc(1, MAX_BYTES + 1);
    if (file && *text)
        n = fread(*text, 1, MAX_BYTES, file);
    bool good = file && *text && !ferror(file) && n < MAX_BYTES;
    if (file)
        fclose(file);
    if (!good)
        return option_error(in, SYMBOLS, "the file cannot be read, or is larger than 1 MB");
    bool is_comment = false;
    for (char *c = *text; *c; c++) {
        is_comment = *c == '#' || (is_comment && *c != '\n');
        if (is_comment || isspace((unsigned char)*c))
            *c = ',';
    }
    return true;
}

static bool split_names(const invocation *in, char *text, sync_symbols *out)
{
    for (char *rest = text, *name; (name = strtok_r(rest, ",", &rest));) {
        const char **grown = realloc(out->symbols, (out->n_symbols + 1) * sizeof *grown);
        if (!grown)
            return option_error(in, SYMBOLS, "out of memory");
        out->symbols = grown;
        out->symbols[out->n_symbols++] = name;
    }
    return out->n_symbols > 0 || option_error(in, SYMBOLS, "it names no symbol");
}

bool option_sync_symbols(const invocation *in, size_t i, sync_symbols *out)
{
    *out = (sync_symbols){0};
    const char *value = in->values[i];
    if (!value) {
        fprintf(stderr,
                "factorium %s: error: say which symbols: --symbols A,B, @FILE, a pattern or all\n",
                in->verb->name);
        return false;
    }
    if (value[0] == '@') {
        if (!read_names(in, value + 1, &out->text))
            return false;
    } else {
        out->text = strdup(value);
        if (!out->text)
            return option_error(in, i, "out of memory");
    }
    return split_names(in, out->text, out);
}

void sync_symbols_free(sync_symbols *symbols)
{
    free(symbols->symbols);
    free(symbols->text);
}

static bool option_time(const invocation *in, size_t i, int64_t *out)
{
    fct_error err;
    if (!in->values[i] || fct_interval_parse(in->values[i], out, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool option_rate(const invocation *in, size_t i, double *out)
{
    if (!in->values[i])
        return true;
    char *end;
    *out = strtod(in->values[i], &end);
    if (end != in->values[i] && !*end && isfinite(*out) && *out > 0)
        return true;
    return option_error(in, i, "a number above zero is needed");
}

static bool option_day(const invocation *in, size_t i, int64_t *out)
{
    fct_error err;
    if (!in->values[i] || fct_date_parse(in->values[i], out, &err) == FCT_OK)
        return true;
    return option_error(in, i, "%s", err.message);
}

static bool option_days(const invocation *in, fct_sync_request *request)
{
    int64_t from_ms;
    int64_t to_ms;
    if (!option_range(in, FROM, TO, DAYS, &from_ms, &to_ms))
        return false;
    if (!in->values[FROM] && !in->values[DAYS]) {
        fprintf(stderr, "factorium sync: error: say which days: --from DATE, or --days N\n");
        return false;
    }
    request->from_day = from_ms / MS_PER_DAY;
    request->to_day = to_ms ? to_ms / MS_PER_DAY : (int64_t)time(NULL) / 86400;
    if (from_ms % MS_PER_DAY || to_ms % MS_PER_DAY) {
        fprintf(stderr, "factorium sync: error: archives are of whole days: give dates\n");
        return false;
    }
    return true;
}

static bool make_request(const invocation *in, fct_sync_request *r)
{
    static const char *const periods[] = {"auto", "daily", "monthly", NULL};
    static const char *const bad_rows[] = {"stop", "skip", NULL};
    int period = 0;
    int on_bad_row = 0;
    int64_t n_jobs = 0;
    int64_t n_retries = SYNC_RETRIES;
    uint64_t bytes_per_second = 0;
    *r = (fct_sync_request){
        .store = in->values[STORE],
        .dataset = {.exchange = in->values[EXCHANGE],
                    .market = in->values[MARKET],
                    .data_type = in->values[TYPE],
                    .interval = in->values[INTERVAL]},
        .base_url = in->values[BASE_URL],
        .list_url = in->values[LIST_URL],
        .keep_archives = in->values[KEEP_ARCHIVES],
        .refresh = in->values[REFRESH],
        .unchecked = in->values[UNCHECKED],
        .dry_run = in->values[DRY_RUN],
    };
    if (!option_store(in, STORE) || !option_days(in, r) ||
        !option_day(in, LISTED_BEFORE, &r->listed_before_day) ||
        !option_word(in, PERIOD, periods, &period) ||
        !option_word(in, ON_BAD_ROW, bad_rows, &on_bad_row) ||
        !option_count(in, JOBS, 1, 64, &n_jobs) || !option_count(in, RETRIES, 0, 100, &n_retries) ||
        !option_rate(in, REQUEST_RATE, &r->requests_per_second) ||
        !option_bytes(in, LIMIT_RATE, &bytes_per_second) ||
        !option_time(in, RETRY_WAIT, &r->retry_wait_ms) || !option_time(in, STALL, &r->stall_ms))
        return false;
    r->period = (fct_sync_period)period;
    r->on_bad_row = (fct_on_bad_row)on_bad_row;
    r->n_jobs = (int)n_jobs;
    r->n_retries = (int)n_retries;
    r->bytes_per_second = (int64_t)bytes_per_second;
    return true;
}

/* ---- The run ---------------------------------------------------------------------------------- */

static void say_count(session *s, int64_t n, const char *what)
{
    if (n)
        session_say(s, "  %12" PRId64 "  %s", n, what);
}

void say_sync_report(session *s, const fct_sync_report *report, double seconds)
{
    session_say(s, "%" PRId64 " files fetched in %.1f s (%.0f MB/s):", report->n_fetched, seconds,
                seconds > 0 ? (double)report->bytes_fetched / 1e6 / seconds : 0);
    say_count(s, report->n_there, "files already in the store");
    say_count(s, report->n_missing, "files missing upstream");
    say_count(s, report->n_failed, "files failed");
    say_count(s, report->n_requests, "requests");
    say_count(s, report->n_retries, "of them tries after the first");
    say_count(s, report->bytes_fetched, "bytes fetched");
    say_count(s, report->n_rows, "rows stored");
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool lacks(session *s, const char *what, int *code)
{
    fprintf(stderr, "factorium %s: error: --sync needs %s\n", s->invocation->verb->name, what);
    *code = EXIT_USAGE;
    return false;
}

/* "klines_1m" of the store is the type "klines" and the interval "1m" of an archive. */
static void split_type(const char *stored, char type[65], fct_dataset *dataset)
{
    const char *bar = strstr(stored, "lines_");
    snprintf(type, 65, "%.*s", bar ? (int)(bar + 5 - stored) : 64, stored);
    dataset->data_type = type;
    dataset->interval = bar ? bar + 6 : dataset->interval;
}

bool is_bare_klines(const char *data_type)
{
    static const char ending[] = "lines";
    size_t n = data_type ? strlen(data_type) : 0;
    return n >= strlen(ending) && strcmp(data_type + n - strlen(ending), ending) == 0;
}

/* Whether bars can be made of it: asked before much is fetched. */
static bool gives_bars(session *s, const fct_dataset *dataset, int *code)
{
    fct_column_map map;
    fct_error err = {0};
    bool is_klines = is_bare_klines(dataset->data_type);
    fct_status status = fct_exchange_column_map(dataset, &map, &err);
    if (status != FCT_OK) {
        *code = session_end(s, status, &err);
        return false;
    }
    if (is_klines && !dataset->interval)
        return lacks(s, "the interval of the klines: -i 1h", code);
    if (is_klines ? strcmp(dataset->interval, "1mo") != 0 : map.price != NULL)
        return true;
    fprintf(stderr, "factorium %s: error: %s%s%s give no bars: factorium sql reads them\n",
            s->invocation->verb->name, dataset->data_type, is_klines ? "_" : "",
            is_klines ? dataset->interval : "");
    *code = EXIT_USAGE;
    return false;
}

/* The names of the answer, symbol by symbol. */
static bool read_found(const invocation *in, struct ArrowArrayStream *answer, sync_symbols *found)
{
    enum { SYMBOL = 2, OFFSETS = 1, BYTES = 2 };
    size_t n_bytes;
    FILE *text = open_memstream(&found->text, &n_bytes);
    if (!text)
        return false;
    for (struct ArrowArray batch; answer->get_next(answer, &batch) == 0 && batch.release;
         batch.release(&batch)) {
        const struct ArrowArray *column = batch.children[SYMBOL];
        const int32_t *offsets = (const int32_t *)column->buffers[OFFSETS] + column->offset;
        const char *bytes = column->buffers[BYTES];
        int n_last = -1;
        for (int64_t i = 0; i < column->length; i++) {
            const char *name = bytes + offsets[i];
            int n = offsets[i + 1] - offsets[i];
            if (n != n_last || memcmp(name, name - n, (size_t)n) != 0)
                fprintf(text, "%.*s,", n, name);
            n_last = n;
        }
    }
    return fclose(text) == 0 && split_names(in, found->text, found);
}

bool sync_first(session *s, fct_bars_request *bars, const char *base_url, sync_symbols *found,
                int *code)
{
    struct ArrowArrayStream stream;
    fct_sync_report report;
    fct_error err = {0};
    char type[65];
    double start = now_seconds();
    if (!bars->n_symbols)
        return lacks(s, "--symbols A,B, @FILE, a pattern or all", code);
    if (!bars->dataset.market || !bars->dataset.data_type)
        return lacks(s, "--market and --type", code);
    if (!bars->from_ms)
        return lacks(s, "--from DATE, or --days N", code);
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    int64_t to_ms = bars->to_ms ? bars->to_ms : now_ms;
    fct_sync_request request = {
        .store = bars->store,
        .dataset = bars->dataset,
        .symbols = bars->symbols,
        .n_symbols = bars->n_symbols,
        .from_day = bars->from_ms / MS_PER_DAY,
        .to_day = (to_ms + MS_PER_DAY - 1) / MS_PER_DAY,
        .base_url = base_url,
        .n_retries = SYNC_RETRIES,
    };
    split_type(bars->dataset.data_type, type, &request.dataset);
    if (!gives_bars(s, &request.dataset, code))
        return false;
    fct_status status = fct_sync(&request, &s->run, &report, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL) {
        *code = session_end(s, status, &err);
        return false;
    }
    bool good = read_found(s->invocation, &stream, found);
    stream.release(&stream);
    say_sync_report(s, &report, now_seconds() - start);
    bars->symbols = found->symbols;
    bars->n_symbols = found->n_symbols;
    *code = EXIT_FAILED;
    return good;
}

static int sync_all(session *s, const invocation *in, const fct_sync_request *request,
                    fct_format format)
{
    struct ArrowArrayStream stream;
    fct_sync_report report;
    fct_error err = {0};
    double start = now_seconds();
    fct_status status = fct_sync(request, &s->run, &report, &stream, &err);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return session_end(s, status, &err);
    if (request->dry_run)
        session_say(s, "%" PRId64 " files would be fetched", report.n_fetched);
    else
        say_sync_report(s, &report, now_seconds() - start);
    return write_answer(s, in, OUTPUT, format, &stream, "rows", status, &err);
}

static int run(const invocation *in)
{
    session s;
    fct_sync_request request;
    sync_symbols symbols = {0};
    fct_format format;
    int code = EXIT_USAGE;
    if (session_start(&s, in) && make_request(in, &request) &&
        option_sync_symbols(in, SYMBOLS, &symbols) && option_format(in, FORMAT, OUTPUT, &format) &&
        option_output(in, OUTPUT)) {
        say_range(&s, request.from_day * MS_PER_DAY, request.to_day * MS_PER_DAY);
        request.symbols = symbols.symbols;
        request.n_symbols = symbols.n_symbols;
        code = sync_all(&s, in, &request, format);
    }
    sync_symbols_free(&symbols);
    return code;
}

const cli_verb sync_verb = {
    .name = "sync",
    .summary = "fetch what a store lacks from an exchange's archive",
    .operands = "",
    .description =
        "Fetches the archive files of the wanted symbols and days that the store has not, checks "
        "each\n"
        "against its published checksum and ingests it; files are removed then. What is cut short "
        "is\n"
        "gone on with the next time. Prints what was there, fetched, missing upstream or failed, "
        "and "
        "why;\n"
        "exits with 3 where something is missing or failed. Proxies and certificates are those of "
        "the\n"
        "environment: https_proxy, no_proxy, CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR.",
    .options = options,
    .examples =
        "  factorium sync --store store -s BTCUSDT,ETHUSDT -m futures_um -t aggTrades \\\n"
        "      --from 2024-08-01 --to 2024-09-01\n"
        "  factorium sync --store store -s '*USDT' -m spot -t klines -i 1h --days 7 -f json",
    .run = run,
};
