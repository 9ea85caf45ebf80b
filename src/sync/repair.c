/* fct_store_repair: the days in which a verification found problems are fetched again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"
#include "exchange/exchange.h"
#include "sync/sync.h"

/* Days of one symbol, one behind the other. */
typedef struct damaged_days {
    char market[65], data_type[65], symbol[65];
    int64_t first_day, end_day;
} damaged_days;

typedef struct damage {
    damaged_days *runs;
    size_t n_runs, capacity;
    int64_t n_others; /* problems of no day of a symbol */
} damage;

/* ---- What was found --------------------------------------------------------------------------- */

enum { SEVERITY, MARKET, TYPE, SYMBOL, DAY, N_READ };

static bool copy_text(const fct_arrow_view *view, int64_t row, char *out, size_t size)
{
    size_t n;
    out[0] = '\0';
    if (fct_arrow_view_is_null(view, row))
        return false;
    const char *text = fct_arrow_view_text(view, row, &n);
    if (n == 0 || n >= size)
        return false;
    memcpy(out, text, n);
    out[n] = '\0';
    return true;
}

static fct_status add_day(damage *d, const damaged_days *day, fct_error *err)
{
    damaged_days *last = d->n_runs ? &d->runs[d->n_runs - 1] : NULL;
    bool is_same = last && strcmp(last->market, day->market) == 0 &&
                   strcmp(last->data_type, day->data_type) == 0 &&
                   strcmp(last->symbol, day->symbol) == 0;
    if (is_same && day->first_day >= last->first_day && day->first_day <= last->end_day) {
        last->end_day = day->end_day > last->end_day ? day->end_day : last->end_day;
        return FCT_OK;
    }
    if (!d->runs || d->n_runs == d->capacity) {
        size_t capacity = d->capacity ? 2 * d->capacity : 16;
        damaged_days *grown = realloc(d->runs, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        d->runs = grown;
        d->capacity = capacity;
    }
    d->runs[d->n_runs++] = *day;
    return FCT_OK;
}

static fct_status read_findings(struct ArrowArrayStream *findings, damage *d, fct_error *err)
{
    static const char *const names[] = {"severity", "market", "data_type", "symbol", "day"};
    enum { MAX_FIELDS = 16 };
    fct_arrow_reader *reader = NULL;
    fct_arrow_view views[MAX_FIELDS];
    size_t places[N_READ];
    size_t n_fields = 0;
    fct_status status;
    FCT_TRY_OUT(fct_arrow_reader_open(&reader, findings, err));
    const fct_arrow_field *fields = fct_arrow_reader_fields(reader, &n_fields);
    for (size_t i = 0; i < N_READ; i++) {
        for (places[i] = 0; places[i] < n_fields; places[i]++)
            if (strcmp(fields[places[i]].name, names[i]) == 0)
                break;
        if (places[i] == n_fields || n_fields > MAX_FIELDS) {
            status =
                fct_error_set(err, FCT_ERROR_ARGUMENT,
                              "these are no findings of fct_store_verify: no column %s", names[i]);
            goto out;
        }
    }
    for (int64_t n_rows;;) {
        FCT_TRY_OUT(fct_arrow_reader_next(reader, views, &n_rows, err));
        if (n_rows < 0)
            break;
        for (int64_t row = 0; row < n_rows; row++) {
            damaged_days day;
            char severity[16];
            copy_text(&views[places[SEVERITY]], row, severity, sizeof severity);
            if (strcmp(severity, "problem") != 0)
                continue;
            bool is_of_day =
                copy_text(&views[places[MARKET]], row, day.market, sizeof day.market) &&
                copy_text(&views[places[TYPE]], row, day.data_type, sizeof day.data_type) &&
                copy_text(&views[places[SYMBOL]], row, day.symbol, sizeof day.symbol) &&
                !fct_arrow_view_is_null(&views[places[DAY]], row);
            d->n_others += !is_of_day;
            if (!is_of_day)
                continue;
            day.first_day = fct_arrow_view_int64(&views[places[DAY]], row);
            day.end_day = day.first_day + 1;
            FCT_TRY_OUT(add_day(d, &day, err));
        }
    }
out:
    fct_arrow_reader_free(reader);
    return status;
}

/* ---- Fetching --------------------------------------------------------------------------------- */

static void add_counts(fct_sync_report *sum, const fct_sync_report *more)
{
    sum->n_there += more->n_there;
    sum->n_fetched += more->n_fetched;
    sum->n_missing += more->n_missing;
    sum->n_failed += more->n_failed;
    sum->n_requests += more->n_requests;
    sum->n_retries += more->n_retries;
    sum->bytes_fetched += more->bytes_fetched;
    sum->n_rows += more->n_rows;
}

static fct_status fetch_run(const char *root, const damaged_days *run_of_days,
                            const fct_sync_request *how, const fct_run *run,
                            fct_sync_report *report, fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    const char *symbols[] = {run_of_days->symbol};
    struct ArrowArrayStream answer;
    fct_sync_request request = how ? *how : (fct_sync_request){0};
    FCT_TRY(fct_exchange_find_of(request.dataset.exchange, run_of_days->market, &exchange, err));
    FCT_TRY(fct_exchange_table_find(exchange, run_of_days->market, run_of_days->data_type, &table,
                                    err));
    request.store = root;
    request.dataset = (fct_dataset){
        .exchange = exchange->name, .market = table->market, .data_type = table->data_type};
    if (table->is_klines)
        request.dataset.interval = run_of_days->data_type + strlen(table->data_type) + 1;
    request.symbols = symbols;
    request.n_symbols = 1;
    request.from_day = run_of_days->first_day;
    request.to_day = run_of_days->end_day;
    request.again = true;
    fct_status status = fct_sync(&request, run, report, &answer, err);
    if (status == FCT_OK || status == FCT_ERROR_PARTIAL)
        answer.release(&answer);
    return status;
}

/* What will not come this way is said, and the rest goes on. */
static void tell(fct_job *job, const damaged_days *days, const fct_error *why)
{
    char first[11];
    fct_date_format(days->first_day, first);
    fct_job_message(job, FCT_MESSAGE_ERROR, "%s %s %s from %s on: %s", days->market,
                    days->data_type, days->symbol, first, why->message);
}

fct_status fct_store_repair(const char *root, struct ArrowArrayStream *findings,
                            const fct_sync_request *how, const fct_run *run,
                            fct_sync_report *report, fct_error *err)
{
    fct_sync_report sum = {0};
    damage d = {0};
    fct_job job;
    fct_status status = fct_job_start(&job, run, err);
    if (status != FCT_OK) {
        findings->release(findings);
        return status;
    }
    FCT_TRY_OUT(read_findings(findings, &d, err));
    for (size_t i = 0; i < d.n_runs; i++) {
        fct_sync_report report_of_run = {0};
        fct_error why = {0};
        status = fetch_run(root, &d.runs[i], how, run, &report_of_run, &why);
        add_counts(&sum, &report_of_run);
        bool ends =
            status == FCT_ERROR_INTERRUPTED || status == FCT_ERROR_MEMORY || status == FCT_ERROR_IO;
        if (ends) {
            if (err)
                *err = why;
            goto out;
        }
        if (status != FCT_OK && status != FCT_ERROR_PARTIAL) {
            tell(&job, &d.runs[i], &why);
            sum.n_failed++;
        }
    }
    status = FCT_OK;
    sum.n_failed += d.n_others;
    if (sum.n_failed || sum.n_missing)
        status = fct_error_set(err, FCT_ERROR_PARTIAL,
                               "%" PRId64 " of the damaged files could not be fetched again",
                               sum.n_failed + sum.n_missing);
out:
    if (report)
        *report = sum;
    free(d.runs);
    fct_job_end(&job);
    return status;
}
