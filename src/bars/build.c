#include "bars/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bars/unit.h"
#include "base/threads.h"

/* DuckDB needs about this much to read one file with one thread. */
#define MIN_SQL_BYTES ((size_t)64 << 20)

/* A symbol's units, of which those before `n_joined` are in its list. */
typedef struct series {
    pthread_mutex_t lock;
    size_t first_unit, n_units, n_joined;
    fct_bar_join join;
} series;

typedef struct build {
    const fct_bars_plan *plan;
    fct_job *job;
    fct_bar_list *lists;
    fct_bar_unit *units;
    size_t n_units;
    series *series;
    size_t n_series;
    fct_trade_reading *readings; /* one a thread */
    int n_threads;
    size_t sql_memory_bytes;
    char temp_dir[4096];
} build;

/* ---- One unit --------------------------------------------------------------------------------- */

static int64_t total_bytes(const fct_store_day *days, size_t n_days)
{
    int64_t n_bytes = 0;
    for (size_t i = 0; i < n_days; i++)
        for (size_t j = 0; j < days[i].n_files; j++) {
            fct_file_info info;
            if (fct_file_stat(days[i].files[j], &info, NULL) == FCT_OK)
                n_bytes += info.size_bytes;
        }
    return n_bytes;
}

/* Puts the units of a symbol that are done, up to the first that is not, into its list. */
static fct_status join_units(build *b, size_t symbol, fct_error *err)
{
    series *s = &b->series[symbol];
    fct_bar_list *list = &b->lists[symbol];
    for (; s->n_joined < s->n_units; s->n_joined++) {
        fct_bar_unit *u = &b->units[s->first_unit + s->n_joined];
        if (!u->done)
            return FCT_OK;
        FCT_TRY(fct_bar_join_add(&s->join, &u->bars, u->days[0].day, list, b->job, err));
        fct_bar_array_free(&u->bars);
    }
    return fct_bar_join_end(&s->join, list, b->job, err);
}

static fct_status run_unit(size_t item, int thread, void *context, fct_error *err)
{
    build *b = context;
    fct_bar_unit *u = &b->units[item];
    const char *symbol = b->plan->selection->symbols[u->symbol].symbol;
    FCT_TRY(fct_bar_unit_read(u, b->plan, &b->readings[thread], &b->lists[u->symbol], err));
    pthread_mutex_t *lock = &b->series[u->symbol].lock;
    pthread_mutex_lock(lock);
    u->done = true;
    fct_status status = join_units(b, u->symbol, err);
    pthread_mutex_unlock(lock);
    if (status != FCT_OK)
        fct_error_prefix(err, "%s", symbol);
    else
        fct_job_advance(b->job, u->n_bytes, symbol);
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------- */

/* Time bars: a unit a day. The others carry their state on: a unit a symbol. */
static fct_status list_units(build *b, fct_error *err)
{
    const fct_store_selection *selection = b->plan->selection;
    bool is_time = b->plan->bar.kind == FCT_BAR_TIME;
    size_t n = 0;
    for (size_t i = 0; i < selection->n_symbols; i++)
        n += selection->symbols[i].days.n_days;
    b->units = calloc(n + 1, sizeof *b->units);
    b->series = calloc(selection->n_symbols + 1, sizeof *b->series);
    if (!b->units || !b->series)
        return fct_error_memory(err, (n + 1) * sizeof *b->units);
    for (size_t i = 0; i < selection->n_symbols; i++) {
        const fct_store_days *days = &selection->symbols[i].days;
        b->series[i].first_unit = b->n_units;
        b->series[i].join.final_us = INT64_MIN;
        pthread_mutex_init(&b->series[i].lock, NULL);
        b->n_series++;
        for (size_t day = 0; day < days->n_days; day += is_time ? 1 : days->n_days)
            b->units[b->n_units++] = (fct_bar_unit){.symbol = i,
                                                    .days = &days->days[day],
                                                    .n_days = is_time ? 1 : days->n_days,
                                                    .bars = {.job = b->job}};
        b->series[i].n_units = b->n_units - b->series[i].first_unit;
    }
    return FCT_OK;
}

/* Half of the limit is for reading, in shares of at least MIN_SQL_BYTES; half for bars. */
static fct_status share_memory(build *b, fct_error *err)
{
    size_t limit = b->job->run.memory_limit_bytes;
    b->n_threads = b->job->run.n_threads;
    if ((size_t)b->n_threads > b->n_units)
        b->n_threads = b->n_units ? (int)b->n_units : 1;
    if (!limit)
        return FCT_OK;
    if (limit / 2 < MIN_SQL_BYTES)
        return fct_error_set(err, FCT_ERROR_LIMIT,
                             "the memory limit of %zu MiB is too small: bars need %zu MiB to read "
                             "the store",
                             limit >> 20, 2 * MIN_SQL_BYTES >> 20);
    if (limit / 2 / (size_t)b->n_threads < MIN_SQL_BYTES)
        b->n_threads = (int)(limit / 2 / MIN_SQL_BYTES);
    b->sql_memory_bytes = limit / 2 / (size_t)b->n_threads;
    return fct_job_memory_take(b->job, limit / 2, "reading the store", err);
}

static fct_status name_temp_dir(build *b, fct_error *err)
{
    const char *folder = b->job->run.temp_dir;
    if (!folder)
        folder = getenv("TMPDIR");
    if (!folder || !*folder)
        folder = "/tmp";
    int n = snprintf(b->temp_dir, sizeof b->temp_dir, "%s/factorium-%ld-%" PRIxPTR, folder,
                     (long)getpid(), (uintptr_t)b);
    if (n < 0 || (size_t)n >= sizeof b->temp_dir)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "the temporary folder's path is too long");
    return FCT_OK;
}

static fct_status make_readings(build *b, fct_error *err)
{
    b->readings = calloc((size_t)b->n_threads, sizeof *b->readings);
    if (!b->readings)
        return fct_error_memory(err, (size_t)b->n_threads * sizeof *b->readings);
    for (int i = 0; i < b->n_threads; i++)
        b->readings[i] = (fct_trade_reading){
            .engine = b->plan->engine,
            .map = b->plan->map,
            .job = b->job,
            .sql_memory_bytes = b->sql_memory_bytes,
            .temp_dir = b->temp_dir,
        };
    return FCT_OK;
}

static fct_status check_sides(const build *b, bool *has_side, fct_error *err)
{
    *has_side = b->n_units && b->units[0].has_side;
    for (size_t i = 1; i < b->n_units; i++)
        if (b->units[i].has_side != *has_side) {
            const char *with = b->units[*has_side ? 0 : i].days[0].files[0];
            const char *without = b->units[*has_side ? i : 0].days[0].files[0];
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s names a side of its trades and %s does not: ask for bars "
                                 "without sides, or for the two apart",
                                 with, without);
        }
    return FCT_OK;
}

static void build_free(build *b)
{
    for (size_t i = 0; i < b->n_units; i++)
        fct_bar_array_free(&b->units[i].bars);
    for (size_t i = 0; i < b->n_series; i++) {
        fct_bar_join_free(&b->series[i].join);
        pthread_mutex_destroy(&b->series[i].lock);
    }
    for (int i = 0; b->readings && i < b->n_threads; i++)
        fct_sql_close(b->readings[i].sql);
    free(b->readings);
    free(b->units);
    free(b->series);
    /* DuckDB makes it when a sort spills, and leaves it empty. */
    if (b->temp_dir[0])
        rmdir(b->temp_dir);
}

fct_status fct_bars_build(const fct_bars_plan *plan, fct_job *job, fct_bar_list *lists,
                          bool *has_side, fct_error *err)
{
    build b = {.plan = plan, .job = job, .lists = lists};
    fct_status status;
    FCT_TRY_OUT(list_units(&b, err));
    FCT_TRY_OUT(share_memory(&b, err));
    FCT_TRY_OUT(name_temp_dir(&b, err));
    FCT_TRY_OUT(make_readings(&b, err));
    int64_t n_bytes = 0;
    for (size_t i = 0; i < b.n_units; i++)
        n_bytes += b.units[i].n_bytes = total_bytes(b.units[i].days, b.units[i].n_days);
    fct_job_stage(job, "bars", "bytes", n_bytes);
    FCT_TRY_OUT(fct_parallel_for(b.n_threads, b.n_units, run_unit, &b, err));
    FCT_TRY_OUT(check_sides(&b, has_side, err));
out:
    build_free(&b);
    return status;
}
