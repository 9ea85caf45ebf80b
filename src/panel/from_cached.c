/* From files of the cache, whose columns go into the tiles as they are. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "panel/axis.h"
#include "panel/from_bars.h"

/* One day of one symbol, decoded: FCT_BAR_COLUMNS columns of n_bars values, one behind the other. */
typedef struct scratch {
    void *columns;
    size_t capacity; /* bars */
} scratch;

typedef struct filling {
    fct_bar_panel bars;
    const fct_cached_days *cached;
    size_t *kept;       /* the selection's number of each of the panel's symbols */
    int64_t *first_row; /* of each cached day, in its symbol */
    scratch *scratches; /* one a thread */
    size_t n_scratches;
    size_t n_dates; /* of the symbol that has most */
} filling;

static size_t day_index(const filling *f, size_t symbol, size_t date)
{
    size_t first = f->cached->first[f->kept[symbol]];
    return first + date < f->cached->first[f->kept[symbol] + 1] ? first + date : SIZE_MAX;
}

static const int64_t *wholes(const scratch *s, size_t column, size_t n_bars)
{
    return (const int64_t *)s->columns + column * n_bars;
}

static double *reals(const scratch *s, size_t column, size_t n_bars)
{
    return (double *)s->columns + column * n_bars;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static fct_status reserve(scratch *s, size_t n_bars, fct_error *err)
{
    if (n_bars <= s->capacity)
        return FCT_OK;
    free(s->columns);
    s->capacity = 0;
    s->columns = malloc(n_bars * FCT_BAR_COLUMNS * sizeof(double));
    if (!s->columns)
        return fct_error_memory(err, n_bars * FCT_BAR_COLUMNS * sizeof(double));
    s->capacity = n_bars;
    return FCT_OK;
}

/* What follows from the columns that are there; as fct_bar_finish does it. */
static void derive(scratch *s, size_t n_bars)
{
    const double *volume = reals(s, FCT_ENTRY_VOLUME, n_bars);
    const double *notional = reals(s, FCT_ENTRY_NOTIONAL, n_bars);
    const double *low = reals(s, FCT_ENTRY_LOW, n_bars);
    const double *high = reals(s, FCT_ENTRY_HIGH, n_bars);
    const int64_t *num_trades = wholes(s, FCT_ENTRY_NUM_TRADES, n_bars);
    const int64_t *num_buyer = wholes(s, FCT_ENTRY_NUM_BUYER, n_bars);
    double *vwap = reals(s, FCT_BAR_VWAP, n_bars);
    int64_t *num_seller = (int64_t *)s->columns + FCT_BAR_NUM_SELLER * n_bars;
    for (size_t i = 0; i < n_bars; i++) {
        double x = volume[i] > 0 ? notional[i] / volume[i] : NAN;
        x = x < low[i] ? low[i] : x;
        vwap[i] = x > high[i] ? high[i] : x;
    }
    for (size_t i = 0; i < n_bars; i++)
        num_seller[i] = num_trades[i] - num_buyer[i];
}

/* Bars of the day alone, in time order: entries of files that hold other days' trades must be joined to those. */
static bool is_of_day(const scratch *s, size_t n_bars, int64_t day, int64_t interval_us)
{
    const int64_t *start = wholes(s, FCT_ENTRY_START_US, n_bars);
    bool is_ascending = true;
    for (size_t i = 1; i < n_bars; i++)
        is_ascending &= start[i] > start[i - 1];
    return is_ascending && start[0] >= day * FCT_US_PER_DAY &&
           start[n_bars - 1] + interval_us <= (day + 1) * FCT_US_PER_DAY;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static void put_reals(double *cells, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cells[i * FCT_LANES] = values[i];
}

static void put_wholes(double *cells, const int64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cells[i * FCT_LANES] = (double)values[i];
}

static fct_status put_day(filling *f, scratch *s, size_t symbol, size_t index, fct_error *err)
{
    struct fct_panel *panel = f->bars.panel;
    const fct_cached_day *day = &f->cached->days[index];
    size_t n = fct_cache_entry_n_bars(day->entry);
    if (!n)
        return FCT_OK;
    FCT_TRY(reserve(s, n, err));
    FCT_TRY(fct_cache_entry_columns(day->entry, s->columns, err));
    if (!is_of_day(s, n, day->day, f->cached->interval_us))
        return fct_error_set(err, FCT_ERROR_INTEGRITY, "a cached day holds bars of another one");
    derive(s, n);
    size_t cell = fct_panel_cell_index(panel, symbol, f->first_row[index]);
    for (size_t c = 0; c < panel->n_columns; c++) {
        const fct_bar_column *source = f->bars.sources[c];
        size_t column = (size_t)source->entry;
        if (source->type == FCT_PANEL_DOUBLE)
            put_reals(panel->columns[c].cells + cell, reals(s, column, n), n);
        else
            put_wholes(panel->columns[c].cells + cell, wholes(s, column, n), n);
    }
    const int64_t *start = wholes(s, FCT_ENTRY_START_US, n);
    int64_t interval_ms = f->cached->interval_us / 1000;
    for (size_t i = 0; i < n; i++) {
        panel->start_ms[cell + i * FCT_LANES] = start[i] / 1000;
        panel->end_ms[cell + i * FCT_LANES] = start[i] / 1000 + interval_ms;
    }
    return FCT_OK;
}

/* What no symbol has of a tile. */
static void clear_rest(struct fct_panel *panel, size_t tile)
{
    int64_t n_rows = fct_panel_tile_rows(panel, tile);
    for (size_t lane = 0; lane < FCT_LANES; lane++) {
        size_t symbol = tile * FCT_LANES + lane;
        int64_t row = symbol < panel->n_symbols ? panel->symbol_rows[symbol] : 0;
        for (; row < n_rows; row++) {
            size_t cell = panel->tile_first[tile] + (size_t)row * FCT_LANES + lane;
            for (size_t c = 0; c < panel->n_columns; c++)
                panel->columns[c].cells[cell] = NAN;
            panel->start_ms[cell] = panel->end_ms[cell] = 0;
        }
    }
}

/* One date of the eight symbols of a tile: their rows lie close together. */
static fct_status put_date(size_t item, int thread, void *context, fct_error *err)
{
    filling *f = context;
    size_t tile = item / f->n_dates;
    size_t date = item % f->n_dates;
    FCT_TRY(fct_job_check(f->bars.job, err));
    for (size_t lane = 0; lane < FCT_LANES; lane++) {
        size_t symbol = tile * FCT_LANES + lane;
        size_t index = symbol < f->bars.panel->n_symbols ? day_index(f, symbol, date) : SIZE_MAX;
        if (index != SIZE_MAX)
            FCT_TRY(put_day(f, &f->scratches[thread], symbol, index, err));
    }
    if (!date)
        clear_rest(f->bars.panel, tile);
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

static fct_status lay_out(filling *f, fct_error *err)
{
    const fct_cached_days *cached = f->cached;
    fct_status status;
    int64_t *n_rows = calloc(cached->n_symbols + 1, sizeof *n_rows);
    f->kept = calloc(cached->n_symbols + 1, sizeof *f->kept);
    f->first_row = calloc(cached->first[cached->n_symbols] + 1, sizeof *f->first_row);
    f->n_scratches = (size_t)f->bars.job->run.n_threads;
    f->scratches = calloc(f->n_scratches, sizeof *f->scratches);
    if (!n_rows || !f->kept || !f->first_row || !f->scratches) {
        status = fct_error_memory(err, cached->first[cached->n_symbols] * sizeof *f->first_row);
        goto out;
    }
    for (size_t s = 0; s < cached->n_symbols; s++)
        for (size_t i = cached->first[s]; i < cached->first[s + 1]; i++) {
            f->first_row[i] = n_rows[s];
            n_rows[s] += (int64_t)fct_cache_entry_n_bars(cached->days[i].entry);
        }
    FCT_TRY_OUT(fct_bar_panel_start(&f->bars, n_rows, f->kept, err));
    for (size_t s = 0; s < f->bars.panel->n_symbols; s++) {
        size_t n_dates = cached->first[f->kept[s] + 1] - cached->first[f->kept[s]];
        f->n_dates = n_dates > f->n_dates ? n_dates : f->n_dates;
    }
    FCT_TRY_OUT(fct_bar_panel_make_times(&f->bars, err));
    status = fct_bar_panel_make_columns(&f->bars, err);
out:
    free(n_rows);
    return status;
}

fct_status fct_panel_from_cached(fct_bars_output *output, const fct_cached_days *cached,
                                 fct_job *job, struct fct_panel **out, fct_error *err)
{
    filling f = {.bars = {.output = output, .job = job}, .cached = cached};
    fct_status status;
    FCT_TRY_OUT(lay_out(&f, err));
    struct fct_panel *panel = f.bars.panel;
    FCT_TRY_OUT(
        fct_parallel_for(job->run.n_threads, panel->n_tiles * f.n_dates, put_date, &f, err));
    FCT_TRY_OUT(fct_panel_share_grid(panel, err));
    if (!panel->shared_grid)
        FCT_TRY_OUT(fct_panel_make_axis(panel, job->run.n_threads, err));
    *out = panel;
    f.bars.panel = NULL;
out:
    fct_panel_free(f.bars.panel);
    for (size_t i = 0; f.scratches && i < f.n_scratches; i++)
        free(f.scratches[i].columns);
    free(f.scratches);
    free(f.first_row);
    free(f.kept);
    return status;
}
