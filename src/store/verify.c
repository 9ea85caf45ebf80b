/* fct_store_verify: every file of a store is read again, and held against what is known of it. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>

#include "arrow/builder.h"
#include "base/threads.h"
#include "exchange/exchange.h"
#include "store/entries.h"
#include "store/store.h"
#include "store/verify.h"

typedef struct verify_symbol {
    fct_store_days days;
    fct_origins origins;
} verify_symbol;

typedef struct verify {
    const char *root;
    const char *exchange;      /* whose tables; NULL: those of the one that has the market */
    const fct_column_map *map; /* the user's; may be NULL */
    fct_job *job;
    fct_store_entries entries;
    verify_symbol *symbols; /* one an entry */
    fct_verify_day *days;
    size_t n_days;
    fct_trade_reading *readings; /* one a thread */
    fct_findings store;          /* of no day that is there */
    bool given;
} verify;

static void verify_free(void *context)
{
    verify *v = context;
    for (size_t i = 0; v->symbols && i < v->entries.n_entries; i++) {
        fct_store_days_free(&v->symbols[i].days);
        fct_origins_free(&v->symbols[i].origins);
    }
    for (size_t i = 0; v->days && i < v->n_days; i++)
        fct_findings_free(&v->days[i].findings);
    fct_store_entries_free(&v->entries);
    fct_findings_free(&v->store);
    free(v->symbols);
    free(v->days);
    free(v);
}

/* ---- Symbols ---------------------------------------------------------------------------------- */

/* Days that the records have and the store has not. */
static fct_status check_absent_days(verify *v, const fct_store_key *key, const verify_symbol *s,
                                    int64_t from_day, int64_t to_day, fct_error *err)
{
    fct_text repair = {0};
    fct_status status = FCT_OK;
    for (size_t i = 0; i < s->origins.n_sources; i++) {
        const fct_origin *origin = &s->origins.sources[i];
        for (size_t j = 0; j < origin->n_source_days; j++) {
            const fct_origin_day *day = &origin->days[j];
            bool found = false;
            for (size_t k = 0; k < s->days.n_days; k++)
                found = found || s->days.days[k].day == day->file.day;
            if (found || !day->n_stored || day->file.day < from_day || day->file.day >= to_day)
                continue;
            const fct_finding_place place = {key, day->file.day, NULL};
            repair.length = 0;
            FCT_TRY_OUT(fct_text_append_format(&repair, err, "ingest %s again", origin->name));
            FCT_TRY_OUT(fct_findings_add(
                &v->store, true, &place, repair.data, err,
                "the day was ingested, with %" PRId64 " rows, and is not there", day->n_stored));
        }
    }
out:
    fct_text_free(&repair);
    return status;
}

/* What a killed ingest left: the next one finishes or removes it. */
static fct_status check_leftovers(verify *v, fct_error *err)
{
    static const char *const folders[] = {"journal", "tmp"};
    for (size_t i = 0; i < 2; i++) {
        fct_text path = {0};
        fct_status status = fct_store_records_folder(&path, v->root, err);
        if (status == FCT_OK)
            status = fct_text_append_format(&path, err, "/%s", folders[i]);
        DIR *dir = status == FCT_OK ? opendir(path.data) : NULL;
        int64_t n = 0;
        for (struct dirent *entry; dir && (entry = readdir(dir));)
            n += entry->d_name[0] != '.';
        if (dir)
            closedir(dir);
        const fct_finding_place place = {NULL, INT64_MIN, path.data};
        if (n)
            status =
                fct_findings_add(&v->store, false, &place, "run factorium ingest once more", err,
                                 "%" PRId64 " entries are left of an ingest that was cut short", n);
        fct_text_free(&path);
        FCT_TRY(status);
    }
    return FCT_OK;
}

/* Days that no reader would find, or of which none would know what to read. */
static fct_status check_tree(verify *v, const fct_store_key *key, const fct_store_days *days,
                             const fct_names *strange, fct_error *err)
{
    for (size_t i = 0; i < strange->n_names; i++) {
        const fct_finding_place place = {key, INT64_MIN, strange->names[i]};
        FCT_TRY(fct_findings_add(&v->store, true, &place, "rename or remove it", err,
                                 "the folder's name is part of no date: nothing in it is read"));
    }
    for (size_t i = 1; i < days->n_days; i++) {
        const fct_finding_place place = {key, days->days[i].day, NULL};
        if (days->days[i].day == days->days[i - 1].day)
            FCT_TRY(fct_findings_add(&v->store, true, &place, "remove one of the two folders", err,
                                     "the day lies there twice, in folders with and without a "
                                     "leading zero"));
    }
    return FCT_OK;
}

/* Days and records of a symbol. */
static fct_status read_symbol(verify *v, size_t i, int64_t from_day, int64_t to_day, fct_error *err)
{
    const fct_store_key key = fct_store_entry_key(&v->entries.entries[i]);
    verify_symbol *s = &v->symbols[i];
    fct_error why = {0};
    const fct_store store = fct_store_folder(v->root);
    FCT_TRY(fct_job_check(v->job, err));
    fct_names strange = {0};
    fct_status status =
        fct_store_days_inspect(&store, &key, from_day, to_day, &s->days, &strange, err);
    if (status == FCT_OK)
        status = check_tree(v, &key, &s->days, &strange, err);
    fct_names_free(&strange);
    FCT_TRY(status);
    status = fct_origins_load(v->root, &key, &s->origins, &why);
    if (status == FCT_ERROR_DATA) {
        const fct_finding_place place = {&key, INT64_MIN, NULL};
        return fct_findings_add(&v->store, true, &place, "remove it and ingest its file again", err,
                                "%s", why.message);
    }
    if (status != FCT_OK)
        return fct_error_set(err, status, "%s", why.message);
    return check_absent_days(v, &key, s, from_day, to_day, err);
}

/* The user's columns, those of the data type, or the canonical ones; whether it is one of trades at all. */
static fct_status choose_map(const verify *v, fct_verify_day *day, fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    day->is_trades = true;
    day->map = v->map;
    FCT_TRY(fct_exchange_find_of(v->exchange, day->key.market, &exchange, err));
    if (fct_exchange_table_find(exchange, day->key.market, day->key.data_type, &table, NULL) !=
        FCT_OK)
        return FCT_OK;
    day->map = v->map ? v->map : &table->map;
    day->is_trades = !table->is_klines && !table->is_plain;
    return FCT_OK;
}

static fct_status list_days(verify *v, fct_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < v->entries.n_entries; i++)
        n += v->symbols[i].days.n_days;
    v->days = calloc(n + 1, sizeof *v->days);
    if (!v->days)
        return fct_error_memory(err, (n + 1) * sizeof *v->days);
    for (size_t i = 0; i < v->entries.n_entries; i++)
        for (size_t j = 0; j < v->symbols[i].days.n_days; j++) {
            fct_verify_day *day = &v->days[v->n_days++];
            day->key = fct_store_entry_key(&v->entries.entries[i]);
            day->day = &v->symbols[i].days.days[j];
            day->origins = &v->symbols[i].origins;
            FCT_TRY(choose_map(v, day, err));
        }
    return FCT_OK;
}

static fct_status check_day(size_t item, int thread, void *context, fct_error *err)
{
    verify *v = context;
    FCT_TRY(fct_verify_day_run(&v->days[item], &v->readings[thread], err));
    fct_job_advance(v->job, 1, v->days[item].key.symbol);
    return FCT_OK;
}

/* What verify cannot know of files that an older version wrote: a note for each symbol. */
static fct_status note_digests(verify *v, fct_error *err)
{
    for (size_t i = 0, next; i < v->n_days; i = next) {
        size_t n = 0;
        for (next = i; next < v->n_days && v->days[next].origins == v->days[i].origins; next++)
            n += v->days[next].n_without_digest;
        const fct_finding_place place = {&v->days[i].key, INT64_MIN, NULL};
        if (n)
            FCT_TRY(fct_findings_add(
                &v->store, false, &place, "factorium ingest --again records them", err,
                "the records have no digest of %zu file%s: only sizes, rows and times are compared",
                n, n == 1 ? "" : "s"));
    }
    return FCT_OK;
}

static fct_status check_days(verify *v, fct_error *err)
{
    size_t n_threads = (size_t)v->job->run.n_threads;
    size_t share = v->job->run.memory_limit_bytes / n_threads;
    v->readings = calloc(n_threads, sizeof *v->readings);
    if (!v->readings)
        return fct_error_memory(err, n_threads * sizeof *v->readings);
    for (size_t i = 0; i < n_threads; i++)
        v->readings[i] = (fct_trade_reading){
            .job = v->job, .sql_memory_bytes = share, .temp_dir = v->job->run.temp_dir};
    fct_job_stage(v->job, "verify", "days", (int64_t)v->n_days);
    fct_status status = fct_parallel_for((int)n_threads, v->n_days, check_day, v, err);
    for (size_t i = 0; i < n_threads; i++)
        fct_sql_close(v->readings[i].sql);
    free(v->readings);
    v->readings = NULL;
    return status;
}

/* ---- The answer ------------------------------------------------------------------------------- */

enum { SEVERITY, MARKET, TYPE, SYMBOL, DAY, FILE_NAME, WHAT, REPAIR, N_COLUMNS };

static const fct_arrow_field fields[N_COLUMNS] = {
    [SEVERITY] = {"severity", FCT_ARROW_STRING, false},
    [MARKET] = {"market", FCT_ARROW_STRING, true},
    [TYPE] = {"data_type", FCT_ARROW_STRING, true},
    [SYMBOL] = {"symbol", FCT_ARROW_STRING, true},
    [DAY] = {"day", FCT_ARROW_DATE32, true},
    [FILE_NAME] = {"file", FCT_ARROW_STRING, true},
    [WHAT] = {"what", FCT_ARROW_STRING, false},
    [REPAIR] = {"repair", FCT_ARROW_STRING, true},
};

static void add_text(fct_arrow_builder *b, size_t column, const char *text)
{
    if (text)
        fct_arrow_builder_text(b, column, text);
    else
        fct_arrow_builder_null(b, column);
}

static void add_findings(fct_arrow_builder *b, const fct_findings *findings)
{
    for (size_t i = 0; i < findings->n_findings; i++) {
        const fct_finding *f = &findings->findings[i];
        fct_arrow_builder_text(b, SEVERITY, f->is_problem ? "problem" : "note");
        add_text(b, MARKET, f->market);
        add_text(b, TYPE, f->data_type);
        add_text(b, SYMBOL, f->symbol);
        if (f->day == INT64_MIN)
            fct_arrow_builder_null(b, DAY);
        else
            fct_arrow_builder_int(b, DAY, f->day);
        add_text(b, FILE_NAME, f->file);
        add_text(b, WHAT, f->what);
        add_text(b, REPAIR, f->repair);
    }
}

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    verify *v = context;
    size_t n = v->store.n_findings;
    *out = (struct ArrowArray){0};
    for (size_t i = 0; i < v->n_days; i++)
        n += v->days[i].findings.n_findings;
    if (v->given || !n)
        return FCT_OK;
    v->given = true;
    fct_arrow_builder b;
    FCT_TRY(fct_arrow_builder_start(&b, fields, N_COLUMNS, n, err));
    add_findings(&b, &v->store);
    for (size_t i = 0; i < v->n_days; i++)
        add_findings(&b, &v->days[i].findings);
    return fct_arrow_builder_end(&b, out, err);
}

static void count(const fct_findings *findings, fct_verify_report *report)
{
    report->n_files += findings->n_files;
    report->n_rows += findings->n_rows;
    for (size_t i = 0; i < findings->n_findings; i++) {
        report->n_problems += findings->findings[i].is_problem;
        report->n_notes += !findings->findings[i].is_problem;
    }
}

static fct_status run_checks(verify *v, int64_t from_day, int64_t to_day, fct_error *err)
{
    v->symbols = calloc(v->entries.n_entries, sizeof *v->symbols);
    if (!v->symbols)
        return fct_error_memory(err, v->entries.n_entries * sizeof *v->symbols);
    FCT_TRY(check_leftovers(v, err));
    for (size_t i = 0; i < v->entries.n_entries; i++)
        FCT_TRY(read_symbol(v, i, from_day, to_day, err));
    FCT_TRY(list_days(v, err));
    FCT_TRY(check_days(v, err));
    return note_digests(v, err);
}

fct_status fct_store_verify(const char *root, const fct_dataset *dataset,
                            const char *const *symbols, size_t n_symbols, int64_t from_day,
                            int64_t to_day, const fct_run *run, fct_verify_report *report,
                            struct ArrowArrayStream *out, fct_error *err)
{
    return fct_store_verify_mapped(root, dataset, NULL, symbols, n_symbols, from_day, to_day, run,
                                   report, out, err);
}

fct_status fct_store_verify_mapped(const char *root, const fct_dataset *dataset,
                                   const fct_column_map *map, const char *const *symbols,
                                   size_t n_symbols, int64_t from_day, int64_t to_day,
                                   const fct_run *run, fct_verify_report *report,
                                   struct ArrowArrayStream *out, fct_error *err)
{
    const fct_store store = fct_store_folder(root);
    fct_job job;
    fct_file_info info;
    fct_verify_report counts = {0};
    fct_status status;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY(fct_store_check_local(root, "factorium verify", err));
    FCT_TRY(fct_file_stat(root, &info, err));
    FCT_TRY(fct_job_start(&job, run, err));
    verify *v = calloc(1, sizeof *v);
    if (!v) {
        fct_job_end(&job);
        return fct_error_memory(err, sizeof *v);
    }
    v->root = root;
    v->exchange = dataset ? dataset->exchange : NULL;
    v->map = map;
    v->job = &job;
    bool is_all = !from_day && !to_day;
    FCT_TRY_OUT(fct_store_entries_list(&store, dataset, symbols, n_symbols, &v->entries, err));
    FCT_TRY_OUT(run_checks(v, is_all ? INT64_MIN : from_day, is_all ? INT64_MAX : to_day, err));
    counts.n_days = (int64_t)v->n_days;
    count(&v->store, &counts);
    for (size_t i = 0; i < v->n_days; i++)
        count(&v->days[i].findings, &counts);
    if (!counts.n_days && !counts.n_problems) {
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "the store %s has no days of what was asked for", root);
        goto out;
    }
    const fct_arrow_source source = {next_batch, verify_free, v};
    v = NULL;
    status = fct_arrow_stream_make(fields, N_COLUMNS, source, out, err);
    if (status == FCT_OK && counts.n_problems)
        status = fct_error_set(err, FCT_ERROR_INTEGRITY, "the store %s has %" PRId64 " problem%s",
                               root, counts.n_problems, counts.n_problems == 1 ? "" : "s");
out:
    if (report)
        *report = counts;
    if (v)
        verify_free(v);
    fct_job_end(&job);
    return status;
}
