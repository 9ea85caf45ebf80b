/* What of the wanted days the store has, and the files that hold the others. */
#include <stdlib.h>
#include <string.h>

#include "sync/sync.h"

/* What is known of one symbol while its days are planned. */
typedef struct symbol_plan {
    fct_sync_run *sync;
    size_t symbol;
    fct_origins origins;
    bool *is_complete;   /* of each origin */
    fct_store_days days; /* that the store has, from whomever */
} symbol_plan;

/* One month's wanted days. */
typedef struct month {
    int64_t first_day, end_day; /* of the month */
    int64_t first_wanted, end_wanted;
} month;

fct_status fct_sync_url(const fct_sync_run *sync, const fct_sync_archive *archive,
                        const char *suffix, char **url, fct_error *err)
{
    fct_text text = {0};
    fct_status status = fct_path_join(&text, sync->base_url, archive->path, err);
    if (status == FCT_OK)
        status = fct_text_append_format(&text, err, "%s", suffix);
    if (status != FCT_OK)
        fct_text_free(&text);
    *url = text.data;
    return status;
}

/* ---- Archives and units ----------------------------------------------------------------------- */

static fct_status append_path(const symbol_plan *p, bool is_month, int64_t day, fct_text *path,
                              fct_error *err)
{
    const fct_sync_run *sync = p->sync;
    const char *symbol = sync->symbols[p->symbol].key.symbol;
    const char *interval = sync->request->dataset.interval;
    return (is_month ? sync->exchange->month_path
                     : sync->exchange->archive_path)(sync->table, symbol, interval, day, path, err);
}

/* The label under which the store knows a file: its name without ".zip". */
static fct_status append_label(fct_text *label, const char *path, fct_error *err)
{
    const char *name = fct_path_name(path);
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".zip") == 0)
        n -= 4;
    return fct_text_append(label, name, n, err);
}

static fct_status add_archive(const symbol_plan *p, bool is_month, int64_t day, bool is_dormant,
                              size_t *index, fct_error *err)
{
    fct_sync_run *sync = p->sync;
    fct_text path = {0};
    if (sync->n_archives == sync->archives_capacity) {
        size_t capacity = sync->archives_capacity ? 2 * sync->archives_capacity : 64;
        fct_sync_archive *grown = realloc(sync->archives, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        sync->archives = grown;
        sync->archives_capacity = capacity;
    }
    fct_status status = append_path(p, is_month, day, &path, err);
    if (status != FCT_OK) {
        fct_text_free(&path);
        return status;
    }
    *index = sync->n_archives++;
    sync->archives[*index] = (fct_sync_archive){
        .path = path.data,
        .symbol = p->symbol,
        .state = is_dormant ? FCT_ARCHIVE_DORMANT : FCT_ARCHIVE_WAITING,
        .part = {.fd = -1, .n_total = -1},
        .n_bytes = -1,
    };
    return FCT_OK;
}

static fct_status add_unit(const symbol_plan *p, int64_t first_day, int64_t n_days,
                           fct_sync_unit **unit, fct_error *err)
{
    fct_sync_run *sync = p->sync;
    if (sync->n_units == sync->units_capacity) {
        size_t capacity = sync->units_capacity ? 2 * sync->units_capacity : 64;
        fct_sync_unit *grown = realloc(sync->units, capacity * sizeof *grown);
        if (!grown)
            return fct_error_memory(err, capacity * sizeof *grown);
        sync->units = grown;
        sync->units_capacity = capacity;
    }
    *unit = &sync->units[sync->n_units++];
    **unit = (fct_sync_unit){.symbol = p->symbol, .first_day = first_day, .n_days = n_days};
    sync->symbols[p->symbol].n_units_left++;
    return FCT_OK;
}

/* Days that the store has. */
static fct_status add_there(const symbol_plan *p, int64_t first_day, int64_t n_days, fct_error *err)
{
    fct_sync_unit *unit;
    FCT_TRY(add_unit(p, first_day, n_days, &unit, err));
    unit->outcome = FCT_SYNC_THERE;
    p->sync->symbols[p->symbol].n_units_left--;
    return FCT_OK;
}

/* The archive that a unit of the day before has as its second. */
static size_t shared_archive(const symbol_plan *p, int64_t day)
{
    const fct_sync_run *sync = p->sync;
    if (!sync->n_units)
        return SIZE_MAX;
    const fct_sync_unit *last = &sync->units[sync->n_units - 1];
    bool follows = last->symbol == p->symbol && last->n_archives == 2 && last->first_day + 1 == day;
    return follows ? last->archives[1] : SIZE_MAX;
}

static fct_status add_day_archives(const symbol_plan *p, int64_t day, bool is_dormant,
                                   size_t archives[2], size_t *n_archives, fct_error *err)
{
    *n_archives = p->sync->exchange->hours_ahead ? 2 : 1;
    archives[0] = *n_archives == 2 ? shared_archive(p, day) : SIZE_MAX;
    for (size_t i = 0; i < *n_archives; i++) {
        if (archives[i] == SIZE_MAX || i > 0)
            FCT_TRY(add_archive(p, false, day + (int64_t)i, is_dormant, &archives[i], err));
    }
    return FCT_OK;
}

/* A unit's label; one of two files is a day of its own, and named so. */
static fct_status set_label(const fct_sync_run *sync, fct_sync_unit *unit, fct_error *err)
{
    fct_text label = {0};
    fct_status status = append_label(&label, sync->archives[unit->archives[0]].path, err);
    if (status == FCT_OK && unit->n_archives == 2)
        status = fct_text_append_format(&label, err, "-utc");
    if (status != FCT_OK)
        fct_text_free(&label);
    unit->label = label.data;
    return status;
}

/* The record of a unit's own file, where the store has all of it. */
static const fct_origin *find_there(const symbol_plan *p, const char *label)
{
    fct_origin *origin = fct_origins_find(&p->origins, label);
    return origin && p->is_complete[origin - p->origins.sources] ? origin : NULL;
}

static fct_status add_file(const symbol_plan *p, bool is_month, int64_t first_day, int64_t n_days,
                           bool is_dormant, fct_error *err)
{
    size_t archives[2];
    size_t n_archives = 1;
    fct_sync_unit *unit;
    if (is_month) {
        FCT_TRY(add_archive(p, true, first_day, is_dormant, &archives[0], err));
    } else {
        FCT_TRY(add_day_archives(p, first_day, is_dormant, archives, &n_archives, err));
    }
    FCT_TRY(add_unit(p, first_day, n_days, &unit, err));
    unit->is_dormant = is_dormant;
    unit->n_archives = n_archives;
    for (size_t i = 0; i < n_archives; i++) {
        fct_sync_archive *archive = &p->sync->archives[archives[i]];
        unit->archives[i] = archives[i];
        archive->units[archive->n_units++] = (size_t)(unit - p->sync->units);
        archive->n_units_left++;
    }
    if (is_dormant)
        p->sync->symbols[p->symbol].n_units_left--;
    FCT_TRY(set_label(p->sync, unit, err));
    const fct_origin *there = p->sync->request->refresh ? find_there(p, unit->label) : NULL;
    unit->is_stored = there != NULL;
    for (size_t i = 0; there && i < n_archives; i++) {
        fct_sync_archive *archive = &p->sync->archives[archives[i]];
        archive->is_conditional = true;
        if (n_archives == 1)
            memcpy(archive->sha256_there, there->sha256, sizeof archive->sha256_there);
    }
    return FCT_OK;
}

/* ---- Days ------------------------------------------------------------------------------------- */

/*
 * A day's own file may be without trades; a month's that has none of a day was made without the day, which may have been
 * published since.
 */
static bool has_day(const fct_sync_run *sync, const fct_origin *origin, int64_t day)
{
    return origin->n_days == 1 || !sync->needs_each_day || fct_origin_day_find(origin, day);
}

/* Whether the store has the day: a record of a file that holds it, or, without any, files of somebody else's. */
static bool is_there(const symbol_plan *p, int64_t day)
{
    bool is_recorded = false;
    for (size_t i = 0; i < p->origins.n_sources; i++) {
        const fct_origin *origin = &p->origins.sources[i];
        if (origin->n_days && fct_origin_claims(origin, day)) {
            if (p->is_complete[i] && has_day(p->sync, origin, day))
                return true;
            is_recorded |= !p->is_complete[i];
        }
        is_recorded |= fct_origin_day_find(origin, day) != NULL;
    }
    for (size_t i = 0; i < p->days.n_days && !is_recorded; i++)
        if (p->days.days[i].day == day && p->days.days[i].n_files)
            return true;
    return false;
}

/* The complete record of the month's own file. */
static bool is_month_there(const symbol_plan *p, const month *m, fct_error *err)
{
    fct_text path = {0};
    fct_text label = {0};
    bool is = append_path(p, true, m->first_day, &path, err) == FCT_OK &&
              append_label(&label, path.data, err) == FCT_OK && find_there(p, label.data);
    fct_text_free(&path);
    fct_text_free(&label);
    return is;
}

static fct_status add_days(const symbol_plan *p, const month *m, bool is_dormant, fct_error *err)
{
    for (int64_t day = m->first_wanted; day < m->end_wanted; day++) {
        bool is_asked = p->sync->request->refresh || p->sync->request->again;
        if (!is_asked && is_there(p, day))
            FCT_TRY(add_there(p, day, 1, err));
        else
            FCT_TRY(add_file(p, false, day, 1, is_dormant, err));
    }
    return FCT_OK;
}

/* Where a month's file lacks days, their own files are asked for. */
static void set_days(const symbol_plan *p, const month *m, size_t unit, size_t first)
{
    fct_sync_run *sync = p->sync;
    fct_sync_unit *of_month = &sync->units[unit];
    of_month->first_day_unit = first;
    of_month->n_day_units = (size_t)(m->end_wanted - m->first_wanted);
    for (int64_t day = m->first_wanted; day < m->end_wanted; day++)
        if (!sync->needs_each_day || is_there(p, day))
            of_month->days_there |= UINT32_C(1) << (day - m->first_day);
}

/* The month's file, and behind it, asleep, those of its days. */
static fct_status add_month_then_days(const symbol_plan *p, const month *m, fct_error *err)
{
    fct_sync_run *sync = p->sync;
    size_t index = sync->n_units;
    FCT_TRY(add_file(p, true, m->first_day, m->end_day - m->first_day, false, err));
    size_t first = sync->n_units;
    for (int64_t day = m->first_wanted; day < m->end_wanted; day++)
        FCT_TRY(add_file(p, false, day, 1, true, err));
    sync->units[index].first_other = first;
    sync->units[index].n_others = sync->n_units - first;
    set_days(p, m, index, first);
    return FCT_OK;
}

/* The files of the days, and behind them, asleep, the month's: where an exchange had none for days at first. */
static fct_status add_days_then_month(const symbol_plan *p, const month *m, fct_error *err)
{
    fct_sync_run *sync = p->sync;
    size_t first = sync->n_units;
    FCT_TRY(add_days(p, m, false, err));
    size_t end = sync->n_units;
    bool is_any_open = false;
    for (size_t i = first; i < end; i++)
        is_any_open |= sync->units[i].n_archives > 0;
    if (!is_any_open)
        return FCT_OK;
    FCT_TRY(add_file(p, true, m->first_day, m->end_day - m->first_day, true, err));
    set_days(p, m, end, first);
    for (size_t i = first; i < end; i++)
        if (sync->units[i].n_archives) {
            sync->units[i].first_other = end;
            sync->units[i].n_others = 1;
        }
    return FCT_OK;
}

static bool has_months(const fct_sync_run *sync)
{
    return sync->exchange->month_path && !sync->table->only_daily;
}

static void warn_of_part(fct_sync_run *sync, const month *m)
{
    char date[11];
    fct_date_format(m->first_day, date);
    if (!sync->warned_of_parts)
        fct_job_message(sync->job, FCT_MESSAGE_WARNING,
                        "only a part of %.7s is asked for: its daily files are taken, and those of "
                        "other such months",
                        date);
    sync->warned_of_parts = true;
}

/* How the month is to be had. */
static fct_status add_month(const symbol_plan *p, const month *m, fct_error *err)
{
    fct_sync_run *sync = p->sync;
    const fct_sync_request *request = sync->request;
    int64_t n_wanted = m->end_wanted - m->first_wanted;
    bool is_whole = n_wanted == m->end_day - m->first_day;
    int64_t n_there = 0;
    for (int64_t day = m->first_wanted; day < m->end_wanted; day++)
        n_there += is_there(p, day);
    bool is_asked = request->refresh || request->again;
    if (n_there == n_wanted && !is_asked)
        return add_there(p, m->first_wanted, n_wanted, err);
    if (sync->only_monthly)
        return add_file(p, true, m->first_day, m->end_day - m->first_day, false, err);
    if (!has_months(sync) || request->period == FCT_SYNC_DAILY)
        return add_days(p, m, false, err);
    bool has_month = is_month_there(p, m, err);
    bool is_monthly = request->period == FCT_SYNC_MONTHLY;
    bool takes_month = is_whole && n_wanted > 1 && (is_monthly || n_there == 0);
    if (has_month ? is_asked : takes_month)
        return add_month_then_days(p, m, err);
    if (is_monthly && !is_whole && !has_month)
        warn_of_part(sync, m);
    return sync->exchange->months_come_first && !has_month ? add_days_then_month(p, m, err)
                                                           : add_days(p, m, false, err);
}

static fct_status plan_symbol(fct_sync_run *sync, size_t symbol, fct_error *err)
{
    symbol_plan p = {.sync = sync, .symbol = symbol};
    const fct_store_key *key = &sync->symbols[symbol].key;
    const fct_store store = fct_store_folder(sync->request->store);
    const fct_symbol_store *symbol_store = &sync->ingest_symbols[symbol].store;
    fct_status status;
    FCT_TRY_OUT(fct_origins_load(store.root, key, &p.origins, err));
    FCT_TRY_OUT(fct_store_days_list(&store, key, sync->from_day, sync->to_day, &p.days, err));
    p.is_complete = calloc(p.origins.n_sources + 1, sizeof *p.is_complete);
    if (!p.is_complete) {
        status = fct_error_memory(err, p.origins.n_sources);
        goto out;
    }
    for (size_t i = 0; i < p.origins.n_sources; i++)
        FCT_TRY_OUT(
            fct_origin_is_complete(symbol_store, &p.origins.sources[i], &p.is_complete[i], err));
    for (int64_t day = sync->from_day; day < sync->to_day;) {
        int year;
        int month_of_year;
        int day_of_month;
        fct_day_to_civil(day, &year, &month_of_year, &day_of_month);
        month m = {.first_day = fct_day_from_civil(year, month_of_year, 1),
                   .end_day =
                       fct_day_from_civil(year + month_of_year / 12, month_of_year % 12 + 1, 1),
                   .first_wanted = day};
        m.end_wanted = m.end_day < sync->to_day ? m.end_day : sync->to_day;
        FCT_TRY_OUT(add_month(&p, &m, err));
        day = m.end_wanted;
    }
out:
    free(p.is_complete);
    fct_store_days_free(&p.days);
    fct_origins_free(&p.origins);
    return status;
}

static fct_status make_symbols(fct_sync_run *sync, fct_error *err)
{
    size_t n = sync->symbol_names.n_texts;
    sync->symbols = calloc(n + 1, sizeof *sync->symbols);
    sync->ingest_symbols = calloc(n + 1, sizeof *sync->ingest_symbols);
    if (!sync->symbols || !sync->ingest_symbols)
        return fct_error_memory(err, n * sizeof *sync->symbols);
    for (; sync->n_symbols < n; sync->n_symbols++) {
        fct_sync_symbol *symbol = &sync->symbols[sync->n_symbols];
        const char *name = sync->symbol_names.texts[sync->n_symbols];
        FCT_TRY(fct_name_check(name, "symbol", err));
        symbol->key = (fct_store_key){sync->table->market, sync->data_type, name};
        symbol->identity = (fct_archive_identity){.exchange = sync->exchange, .table = sync->table};
        strcpy(symbol->identity.market, sync->table->market);
        strcpy(symbol->identity.data_type, sync->data_type);
        strcpy(symbol->identity.symbol, name);
        fct_ingest_symbol *ingest = &sync->ingest_symbols[sync->n_symbols];
        pthread_mutex_init(&ingest->lock, NULL);
        ingest->store =
            (fct_symbol_store){.root = sync->request->store,
                               .key = symbol->key,
                               .is_klines = sync->table->is_klines || sync->table->is_plain,
                               .writer_bytes = fct_ingest_writer_bytes(&symbol->identity)};
    }
    return FCT_OK;
}

fct_status fct_sync_plan(fct_sync_run *sync, fct_error *err)
{
    FCT_TRY(make_symbols(sync, err));
    for (size_t i = 0; i < sync->n_symbols; i++) {
        FCT_TRY(fct_job_check(sync->job, err));
        FCT_TRY(plan_symbol(sync, i, err));
    }
    return FCT_OK;
}
