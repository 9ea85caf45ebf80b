#include "store/select.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "exchange/exchange.h"
#include "store/manifest.h"

enum { MAX_LISTED = 12 };

/* ---- Words for what there is ------------------------------------------------------------------ */

static fct_status append_names(fct_text *text, const fct_names *names, fct_error *err)
{
    for (size_t i = 0; i < names->n_names && i < MAX_LISTED; i++)
        FCT_TRY(fct_text_append_format(text, err, "%s%s", i ? ", " : "", names->names[i]));
    if (names->n_names > MAX_LISTED)
        FCT_TRY(fct_text_append_format(text, err, " and %zu more", names->n_names - MAX_LISTED));
    return FCT_OK;
}

/* "2024-08-08 to 2024-08-10" */
static fct_status append_range(fct_text *text, int64_t first_day, int64_t last_day, fct_error *err)
{
    char first[11];
    char last[11];
    fct_date_format(first_day, first);
    fct_date_format(last_day, last);
    if (first_day == last_day)
        return fct_text_append_format(text, err, "%s", first);
    return fct_text_append_format(text, err, "%s to %s", first, last);
}

static fct_status append_present(fct_text *text, const fct_store_days *days, fct_error *err)
{
    size_t n_ranges = 0;
    for (size_t i = 0; i < days->n_days;) {
        size_t j = i + 1;
        while (j < days->n_days && days->days[j].day == days->days[j - 1].day + 1)
            j++;
        if (n_ranges == MAX_LISTED)
            return fct_text_append_format(text, err, " ...");
        FCT_TRY(fct_text_append_format(text, err, "%s", n_ranges++ ? ", " : ""));
        FCT_TRY(append_range(text, days->days[i].day, days->days[j - 1].day, err));
        i = j;
    }
    return FCT_OK;
}

/* ---- Market and data type --------------------------------------------------------------------- */

bool fct_store_klines_interval(const char *stored, const char *data_type, int64_t *interval_ms)
{
    size_t n = strlen(data_type);
    *interval_ms = 60000;
    if (strncmp(stored, data_type, n) != 0)
        return false;
    const char *interval = strcmp(stored + n, "_1w") == 0 ? "7d" : stored + n + 1;
    return !stored[n] ||
           (stored[n] == '_' && fct_interval_parse(interval, interval_ms, NULL) == FCT_OK);
}

bool fct_store_klines_fit(int64_t klines_ms, int64_t bar_ms)
{
    return bar_ms == klines_ms || (FCT_MS_PER_DAY % klines_ms == 0 && bar_ms % klines_ms == 0);
}

/* `wanted` or, where that is NULL, the only name there is. */
static fct_status choose(const fct_names *there, const char *wanted, const char *what,
                         const char *option, const char *where, char **out, fct_error *err)
{
    fct_text list = {0};
    fct_status status;
    const char *chosen = wanted;
    FCT_TRY_OUT(append_names(&list, there, err));
    if (!wanted && there->n_names == 1)
        chosen = there->names[0];
    if (!chosen) {
        status = there->n_names
                     ? fct_error_set(err, FCT_ERROR_ARGUMENT,
                                     "the store %s has several %ss: choose one with %s: %s", where,
                                     what, option, list.data)
                     : fct_error_set(err, FCT_ERROR_NOT_FOUND,
                                     "%s is no store: it holds no folder %s=...; factorium ingest "
                                     "makes one",
                                     where, strcmp(what, "market") == 0 ? "market" : "data_type");
        goto out;
    }
    bool found = false;
    for (size_t i = 0; i < there->n_names; i++)
        found = found || strcmp(there->names[i], chosen) == 0;
    if (!found) {
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND, "the store %s has no %s %s; it has: %s",
                               where, what, chosen, there->n_names ? list.data : "nothing");
        goto out;
    }
    *out = fct_text_copy(chosen);
    if (!*out)
        status = fct_error_memory(err, strlen(chosen) + 1);
out:
    fct_text_free(&list);
    return status;
}

static fct_status choose_market(const fct_store_request *request, fct_store_selection *out,
                                fct_error *err)
{
    fct_names there = {0};
    fct_status status;
    if (request->market)
        FCT_TRY_OUT(fct_name_check(request->market, "market", err));
    FCT_TRY_OUT(fct_store_names_list(&out->store, NULL, NULL, &there, err));
    FCT_TRY_OUT(
        choose(&there, request->market, "market", "--market", request->root, &out->market, err));
out:
    fct_names_free(&there);
    return status;
}

/* What an exchange says of the data type, or NULL. */
static const fct_exchange_table *table_of(const fct_store_request *request, const char *market,
                                          const char *data_type)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    bool is_known = fct_exchange_find_of(request->exchange, market, &exchange, NULL) == FCT_OK &&
                    fct_exchange_table_find(exchange, market, data_type, &table, NULL) == FCT_OK;
    return is_known ? table : NULL;
}

/* Whether an exchange publishes the data type as a table that is neither trades nor klines. */
static bool is_plain(const fct_store_request *request, const char *market, const char *data_type)
{
    const fct_exchange_table *table = table_of(request, market, data_type);
    return table && table->is_plain;
}

/* Leaves the data types that bars can be made of. */
static fct_status leave_out_plain(const fct_store_request *request, const char *market,
                                  const char *where, fct_names *there, fct_error *err)
{
    size_t n_left = 0;
    for (size_t i = 0; i < there->n_names; i++)
        n_left += !is_plain(request, market, there->names[i]);
    if (there->n_names && !n_left) {
        fct_text list = {0};
        fct_status status = append_names(&list, there, err);
        if (status == FCT_OK)
            status =
                fct_error_set(err, FCT_ERROR_NOT_FOUND,
                              "the store %s has no trades or klines, but: %s", where, list.data);
        fct_text_free(&list);
        return status;
    }
    size_t n = 0;
    for (size_t i = 0; i < there->n_names; i++) {
        if (is_plain(request, market, there->names[i]))
            free(there->names[i]);
        else
            there->names[n++] = there->names[i];
    }
    there->n_names = n;
    return FCT_OK;
}

/* The longest klines of which bars of the length asked for can be made; NULL where there are none. */
static const char *choose_klines(const fct_store_request *request, const fct_names *there)
{
    const char *best = NULL;
    int64_t best_ms = 0;
    for (size_t i = 0; i < there->n_names; i++) {
        int64_t ms;
        if (!fct_store_klines_interval(there->names[i], request->data_type, &ms))
            continue;
        if (!request->bar_ms && best)
            return NULL; /* which of them, nobody said */
        if (ms > best_ms && (!request->bar_ms || fct_store_klines_fit(ms, request->bar_ms))) {
            best = there->names[i];
            best_ms = ms;
        }
    }
    return best;
}

static fct_status choose_data_type(const fct_store_request *request, fct_store_selection *out,
                                   fct_error *err)
{
    fct_names there = {0};
    fct_text wanted = {0};
    fct_text where = {0};
    fct_status status;
    if (request->data_type) {
        FCT_TRY_OUT(fct_text_append_format(&wanted, err, "%s%s%s", request->data_type,
                                           request->interval ? "_" : "",
                                           request->interval ? request->interval : ""));
        FCT_TRY_OUT(fct_name_check(wanted.data, "data type", err));
    }
    FCT_TRY_OUT(fct_text_append_format(&where, err, "%s/market=%s", request->root, out->market));
    FCT_TRY_OUT(fct_store_names_list(&out->store, out->market, NULL, &there, err));
    if (!request->data_type)
        FCT_TRY_OUT(leave_out_plain(request, out->market, where.data, &there, err));
    const fct_exchange_table *table =
        request->data_type ? table_of(request, out->market, request->data_type) : NULL;
    const char *klines = NULL;
    if (table && table->is_klines && !request->interval &&
        strcmp(table->data_type, request->data_type) == 0)
        klines = choose_klines(request, &there);
    FCT_TRY_OUT(choose(&there, klines ? klines : wanted.data, "data type", "--type", where.data,
                       &out->data_type, err));
out:
    fct_names_free(&there);
    fct_text_free(&wanted);
    fct_text_free(&where);
    return status;
}

/* ---- Symbols ---------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_name(const fct_names *names, const char *name)
{
    return bsearch(&name, names->names, names->n_names, sizeof *names->names, by_bytes) != NULL;
}

static const char *nearest(const fct_names *names, const char *name)
{
    const char *best = NULL;
    size_t best_distance = 4;
    for (size_t i = 0; i < names->n_names; i++) {
        size_t distance = fct_text_distance(names->names[i], name);
        if (distance < best_distance) {
            best_distance = distance;
            best = names->names[i];
        }
    }
    return best;
}

/* One piece that the store lacks: part of the error, or a warning of its own. */
static fct_status lacks(const fct_store_request *request, fct_job *job, fct_text *problems,
                        size_t *n_problems, const char *text, fct_error *err)
{
    if (request->missing == FCT_MISSING_SKIP) {
        fct_job_message(job, FCT_MESSAGE_WARNING, "left out: %s", text);
        return FCT_OK;
    }
    if (++*n_problems > MAX_LISTED) {
        fct_job_message(job, FCT_MESSAGE_ERROR, "%s", text);
        return FCT_OK;
    }
    return fct_text_append_format(problems, err, "%s%s", problems->length ? "; " : "", text);
}

/* How many days of a symbol are missing where it has none; 1 where the request has no bounds. */
static int64_t days_asked(const fct_store_request *request)
{
    return request->first_day != INT64_MIN && request->end_day != INT64_MAX
               ? request->end_day - request->first_day
               : 1;
}

/* Sorts the symbols wanted, drops repeats, and takes those that are there. */
static fct_status choose_symbols(const fct_store_request *request, fct_job *job,
                                 fct_store_selection *out, fct_text *problems, size_t *n_problems,
                                 fct_error *err)
{
    fct_names there = {0};
    fct_text text = {0};
    const char **wanted = NULL;
    fct_status status;
    FCT_TRY_OUT(fct_store_names_list(&out->store, out->market, out->data_type, &there, err));
    if (!request->symbols) {
        out->names = there;
        return FCT_OK;
    }
    wanted = calloc(request->n_symbols + 1, sizeof *wanted);
    out->names.names = calloc(request->n_symbols + 1, sizeof *out->names.names);
    if (!wanted || !out->names.names) {
        status = fct_error_memory(err, (request->n_symbols + 1) * sizeof *wanted);
        goto out;
    }
    for (size_t i = 0; i < request->n_symbols; i++) {
        FCT_TRY_OUT(fct_name_check(request->symbols[i], "symbol", err));
        wanted[i] = request->symbols[i];
    }
    qsort(wanted, request->n_symbols, sizeof *wanted, by_bytes);
    for (size_t i = 0; i < request->n_symbols; i++) {
        if (i && strcmp(wanted[i], wanted[i - 1]) == 0)
            continue;
        if (has_name(&there, wanted[i])) {
            char *copy = fct_text_copy(wanted[i]);
            if (!copy) {
                status = fct_error_memory(err, strlen(wanted[i]) + 1);
                goto out;
            }
            out->names.names[out->names.n_names++] = copy;
            continue;
        }
        text.length = 0;
        const char *near = nearest(&there, wanted[i]);
        FCT_TRY_OUT(fct_text_append_format(
            &text, err, "no %s %s of %s%s%s%s (the store has ", out->market, out->data_type,
            wanted[i], near ? ", did you mean " : "", near ? near : "", near ? "?" : ""));
        FCT_TRY_OUT(append_names(&text, &there, err));
        FCT_TRY_OUT(fct_text_append_format(&text, err, ")"));
        FCT_TRY_OUT(lacks(request, job, problems, n_problems, text.data, err));
        out->n_missing_days += days_asked(request);
    }
out:
    free(wanted);
    fct_text_free(&text);
    fct_names_free(&there);
    return status;
}

/* ---- Days ------------------------------------------------------------------------------------- */

/* How many days a row of the type covers: of klines as long as that only some days have one. */
static int64_t days_of_row(const char *data_type)
{
    static const struct {
        const char *ending;
        int64_t n_days;
    } long_ones[] = {{"lines_3d", 3}, {"lines_1w", 7}, {"lines_1mo", 31}};
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        const char *at = strstr(data_type, long_ones[i].ending);
        if (at && strcmp(at, long_ones[i].ending) == 0)
            return long_ones[i].n_days;
    }
    return 1;
}

/* A day whose own file came, and has no row. */
static bool is_empty_day(const fct_origins *origins, int64_t day)
{
    for (size_t i = 0; i < origins->n_sources; i++) {
        const fct_origin *origin = &origins->sources[i];
        if (origin->n_days == 1 && origin->first_day == day && !origin->n_source_days)
            return true;
    }
    return false;
}

/* A folder of a symbol all of whose days were removed; one of "all" is none of the store's. */
static fct_status check_has_days(const fct_store_request *request, fct_job *job,
                                 const fct_store_symbol *symbol, fct_store_selection *out,
                                 bool *has_days, fct_text *problems, size_t *n_problems,
                                 fct_error *err)
{
    const fct_store_key key = {out->market, out->data_type, symbol->symbol};
    fct_store_days all;
    *has_days = symbol->days.n_days > 0;
    if (*has_days)
        return FCT_OK;
    FCT_TRY(fct_store_days_list(&out->store, &key, INT64_MIN, INT64_MAX, &all, err));
    *has_days = all.n_days > 0;
    fct_store_days_free(&all);
    if (*has_days || !request->symbols)
        return FCT_OK;
    out->n_missing_days += days_asked(request);
    fct_text text = {0};
    fct_status status = fct_text_append_format(&text, err, "%s %s of %s has no days", out->market,
                                               out->data_type, symbol->symbol);
    if (status == FCT_OK)
        status = lacks(request, job, problems, n_problems, text.data, err);
    fct_text_free(&text);
    return status;
}

/* Notes which of the wanted days a symbol lacks. Where the request has one bound, gaps count up to the last day. */
static fct_status check_days(const fct_store_request *request, fct_job *job,
                             const fct_store_symbol *symbol, fct_store_selection *out,
                             fct_text *problems, size_t *n_problems, fct_error *err)
{
    const fct_store_days *days = &symbol->days;
    bool open_start = request->first_day == INT64_MIN;
    bool open_end = request->end_day == INT64_MAX;
    if (open_start && open_end && days->n_days)
        return FCT_OK;
    int64_t day = !open_start    ? request->first_day
                  : days->n_days ? days->days[0].day
                                 : request->end_day - 1;
    int64_t end = open_end ? (days->n_days ? days->days[days->n_days - 1].day + 1 : day + 1)
                           : request->end_day;
    fct_store_key key = {out->market, out->data_type, symbol->symbol};
    fct_text text = {0};
    fct_origins origins = {0};
    fct_store_days all = {0};
    fct_status status = FCT_OK;
    int64_t n_missing = 0;
    size_t n_ranges = 0;
    if ((int64_t)days->n_days < end - day && !fct_path_is_remote(request->root))
        FCT_TRY_OUT(fct_origins_load(request->root, &key, &origins, err));
    for (size_t i = 0; day < end;) {
        bool is_there = i < days->n_days && days->days[i].day == day;
        if (is_there || is_empty_day(&origins, day)) {
            i += is_there;
            day++;
            continue;
        }
        int64_t next = day + 1;
        int64_t next_there = i < days->n_days ? days->days[i].day : end;
        while (next < next_there && !is_empty_day(&origins, next))
            next++;
        if (next - day < days_of_row(out->data_type)) {
            day = next;
            continue;
        }
        n_missing += next - day;
        if (n_ranges++ < MAX_LISTED) {
            FCT_TRY_OUT(fct_text_append_format(&text, err, "%s", n_ranges > 1 ? ", " : ""));
            FCT_TRY_OUT(append_range(&text, day, next - 1, err));
        }
        day = next;
    }
    if (!n_missing)
        goto out;
    out->n_missing_days += n_missing;
    fct_text whole = {0};
    status = fct_store_days_list(&out->store, &key, INT64_MIN, INT64_MAX, &all, err);
    if (status == FCT_OK)
        status = fct_text_append_format(&whole, err, "no %s %s of %s on %s%s (it has ", out->market,
                                        out->data_type, symbol->symbol, fct_text_get(&text),
                                        n_ranges > MAX_LISTED ? " and more" : "");
    if (status == FCT_OK)
        status = append_present(&whole, &all, err);
    if (status == FCT_OK)
        status = fct_text_append(&whole, ")", 1, err);
    if (status == FCT_OK)
        status = lacks(request, job, problems, n_problems, whole.data, err);
    fct_text_free(&whole);
out:
    fct_origins_free(&origins);
    fct_store_days_free(&all);
    fct_text_free(&text);
    return status;
}

typedef struct listing {
    const fct_store_request *request;
    fct_store_selection *selection;
    fct_job *job;
} listing;

static fct_status list_days(size_t i, int thread, void *context, fct_error *err)
{
    (void)thread;
    const listing *l = context;
    fct_store_symbol *symbol = &l->selection->symbols[i];
    const fct_store_key key = {l->selection->market, l->selection->data_type, symbol->symbol};
    FCT_TRY(fct_job_check(l->job, err));
    return fct_store_days_list(&l->selection->store, &key, l->request->first_day,
                               l->request->end_day, &symbol->days, err);
}

static fct_status choose_days(const fct_store_request *request, fct_job *job,
                              fct_store_selection *out, fct_text *problems, size_t *n_problems,
                              fct_error *err)
{
    listing l = {request, out, job};
    out->symbols = calloc(out->names.n_names + 1, sizeof *out->symbols);
    if (!out->symbols)
        return fct_error_memory(err, (out->names.n_names + 1) * sizeof *out->symbols);
    for (; out->n_symbols < out->names.n_names; out->n_symbols++)
        out->symbols[out->n_symbols].symbol = out->names.names[out->n_symbols];
    FCT_TRY(fct_parallel_for(job->run.n_threads, out->n_symbols, list_days, &l, err));
    size_t n_left = 0;
    for (size_t i = 0; i < out->n_symbols; i++) {
        bool has_days;
        FCT_TRY(check_has_days(request, job, &out->symbols[i], out, &has_days, problems, n_problems,
                               err));
        if (!has_days)
            continue;
        FCT_TRY(check_days(request, job, &out->symbols[i], out, problems, n_problems, err));
        fct_store_symbol symbol = out->symbols[i];
        out->symbols[i].days = (fct_store_days){0};
        out->symbols[n_left++] = symbol;
    }
    out->n_symbols = n_left;
    return FCT_OK;
}

/* Whether what was listed of the store has every symbol. */
static fct_status has_all(const fct_store_request *request, const fct_store *store, bool *all,
                          fct_error *err)
{
    fct_names there;
    *all = true;
    FCT_TRY(fct_store_names_list(store, request->market, request->data_type, &there, err));
    for (size_t i = 0; i < request->n_symbols; i++)
        *all &= has_name(&there, request->symbols[i]);
    fct_names_free(&there);
    return FCT_OK;
}

/* Of a bucket no more is listed than is needed: all of it only where symbols lack, to say what there is instead. */
static fct_status open_store(const fct_store_request *request, fct_store *store, fct_error *err)
{
    const fct_store_key type = {request->market, request->data_type, NULL};
    bool all = false;
    bool is_said = request->market && request->data_type && !request->interval && request->symbols;
    if (!is_said || !fct_path_is_remote(request->root))
        return fct_store_open(store, request->root, err);
    FCT_TRY(fct_store_open_symbols(store, request->root, &type, request->symbols,
                                   request->n_symbols, err));
    FCT_TRY(has_all(request, store, &all, err));
    if (all)
        return FCT_OK;
    fct_store_close(store);
    return fct_store_open(store, request->root, err);
}

fct_status fct_store_select(const fct_store_request *request, fct_job *job,
                            fct_store_selection *out, fct_error *err)
{
    *out = (fct_store_selection){0};
    fct_text problems = {0};
    size_t n_problems = 0;
    fct_status status;
    FCT_TRY_OUT(open_store(request, &out->store, err));
    FCT_TRY_OUT(choose_market(request, out, err));
    FCT_TRY_OUT(choose_data_type(request, out, err));
    FCT_TRY_OUT(choose_symbols(request, job, out, &problems, &n_problems, err));
    FCT_TRY_OUT(choose_days(request, job, out, &problems, &n_problems, err));
    size_t n_days = 0;
    for (size_t i = 0; i < out->n_symbols; i++)
        n_days += out->symbols[i].days.n_days;
    if (n_problems > MAX_LISTED)
        FCT_TRY_OUT(fct_text_append_format(&problems, err, "; and %zu more, listed above",
                                           n_problems - MAX_LISTED));
    if (n_problems)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "%s; --missing skip leaves out what is not there", problems.data);
    else if (!n_days)
        status = fct_error_set(err, FCT_ERROR_NOT_FOUND,
                               "the store %s has nothing of what was asked for", request->root);
out:
    fct_text_free(&problems);
    if (status != FCT_OK)
        fct_store_selection_free(out);
    return status;
}

void fct_store_selection_free(fct_store_selection *selection)
{
    for (size_t i = 0; i < selection->n_symbols; i++)
        fct_store_days_free(&selection->symbols[i].days);
    free(selection->symbols);
    fct_names_free(&selection->names);
    fct_store_close(&selection->store);
    free(selection->market);
    free(selection->data_type);
    *selection = (fct_store_selection){0};
}
