/* From files of the cache, whose columns go into the tiles as they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/threads.h"
#include "base/vector.h"
#include "panel/axis.h"
#include "panel/from_bars.h"

/* Of all threads. Days of 1-second bars are long: then there are fewer threads. */
enum { MAX_SCRATCH_BYTES = 1 << 28 };

/*
 * Where the walk along the rows of one symbol stands: in one of its days, decoded. FCT_BAR_COLUMNS columns of 8-byte
 * cells lie one behind the other.
 */
typedef struct lane {
    double *room; /* for the largest day */
    const double *columns;
    size_t n_bars, position;
    size_t next_day, end_day; /* numbers of cached days */
} lane;

typedef struct scratch {
    double *cells;
    lane lanes[FCT_LANES];
    fct_digest *digest;
} scratch;

typedef struct filling {
    fct_bar_panel bars;
    const fct_cached_days *cached;
    size_t *kept;       /* the selection's number of each of the panel's symbols */
    int64_t *first_row; /* of each cached day, in its symbol */
    scratch *scratches; /* one a thread */
    size_t n_scratches;
    size_t n_dates, n_most_bars; /* of the symbol, of the day that has most */
    double *nothing;             /* a day of what no symbol has */
    size_t n_segments;           /* into which the rows of a tile are cut */
} filling;

/* ---- Reading ---------------------------------------------------------------------------------- */

/* Bars of the day alone, in time order: entries of files that hold other days' trades must be joined to those. */
static bool is_of_day(const int64_t *start_us, size_t n_bars, int64_t day, int64_t interval_us)
{
    bool is_ascending = true;
    for (size_t i = 1; i < n_bars; i++)
        is_ascending &= start_us[i] > start_us[i - 1];
    return is_ascending && start_us[0] >= day * FCT_US_PER_DAY &&
           start_us[n_bars - 1] + interval_us <= (day + 1) * FCT_US_PER_DAY;
}

static void to_reals(double *column, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t whole;
        memcpy(&whole, &column[i], sizeof whole);
        column[i] = (double)whole;
    }
}

/* What follows from the columns that are there, as fct_bar_finish does it; then each is as the panel has it. */
FCT_CLONES static void derive(double *columns, size_t n, int64_t interval_us)
{
    const double *volume = columns + FCT_ENTRY_VOLUME * n;
    const double *notional = columns + FCT_ENTRY_NOTIONAL * n;
    const double *low = columns + FCT_ENTRY_LOW * n;
    const double *high = columns + FCT_ENTRY_HIGH * n;
    double *vwap = columns + FCT_BAR_VWAP * n;
    for (size_t i = 0; i < n; i++) {
        double x = volume[i] > 0 ? notional[i] / volume[i] : NAN;
        x = x < low[i] ? low[i] : x;
        vwap[i] = x > high[i] ? high[i] : x;
    }
    const int64_t *num_trades = (int64_t *)(void *)(columns + FCT_ENTRY_NUM_TRADES * n);
    const int64_t *num_buyer = (int64_t *)(void *)(columns + FCT_ENTRY_NUM_BUYER * n);
    int64_t *num_seller = (int64_t *)(void *)(columns + FCT_BAR_NUM_SELLER * n);
    for (size_t i = 0; i < n; i++)
        num_seller[i] = num_trades[i] - num_buyer[i];
    to_reals(columns + FCT_ENTRY_NUM_TRADES * n, n);
    to_reals(columns + FCT_ENTRY_NUM_BUYER * n, n);
    to_reals(columns + FCT_BAR_NUM_SELLER * n, n);
    int64_t *start = (int64_t *)(void *)(columns + FCT_ENTRY_START_US * n);
    int64_t *end_ms = (int64_t *)(void *)(columns + FCT_BAR_END_MS * n);
    for (size_t i = 0; i < n; i++) {
        start[i] /= 1000;
        end_ms[i] = start[i] + interval_us / 1000;
    }
}

/* The next day that has bars; behind the last one, days of nothing. */
static fct_status next_day(const filling *f, lane *l, fct_digest *digest, fct_error *err)
{
    *l = (lane){.room = l->room, .next_day = l->next_day, .end_day = l->end_day};
    while (!l->n_bars && l->next_day < l->end_day)
        l->n_bars = fct_cache_outline_n_bars(f->cached->days[l->next_day++].outline);
    l->columns = l->n_bars ? l->room : f->nothing;
    if (!l->n_bars) {
        l->n_bars = f->n_most_bars;
        return FCT_OK;
    }
    const fct_cached_day *day = &f->cached->days[l->next_day - 1];
    FCT_TRY(fct_job_check(f->bars.job, err));
    FCT_TRY(fct_cache_outline_columns(day->outline, digest, l->room, err));
    const int64_t *start_us =
        (const int64_t *)(const void *)l->room + FCT_ENTRY_START_US * l->n_bars;
    if (!is_of_day(start_us, l->n_bars, day->day, f->cached->interval_us))
        return fct_error_set(err, FCT_ERROR_INTEGRITY, "a cached day holds bars of another one");
    derive(l->room, l->n_bars, f->cached->interval_us);
    return FCT_OK;
}

/* The day in which a row of the panel lies. */
static fct_status start_lane(const filling *f, size_t symbol, int64_t row, lane *l,
                             fct_digest *digest, fct_error *err)
{
    *l = (lane){.room = l->room};
    if (symbol < f->bars.panel->n_symbols) {
        l->next_day = f->cached->first[f->kept[symbol]];
        l->end_day = f->cached->first[f->kept[symbol] + 1];
    }
    while (l->next_day + 1 < l->end_day && f->first_row[l->next_day + 1] <= row)
        l->next_day++;
    int64_t first = l->next_day < l->end_day ? f->first_row[l->next_day] : row;
    FCT_TRY(next_day(f, l, digest, err));
    if (l->columns != f->nothing)
        l->position = (size_t)(row - first);
    return FCT_OK;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

/* Eight symbols side by side: memory sees each line once, and the processor's cache none. */
static void put_column(const lane *lanes, size_t column, size_t n_rows, double *to)
{
    const double *from[FCT_LANES];
    for (size_t i = 0; i < FCT_LANES; i++)
        from[i] = lanes[i].columns + column * lanes[i].n_bars + lanes[i].position;
    for (size_t row = 0; row < n_rows; row++, to += FCT_LANES)
        for (size_t i = 0; i < FCT_LANES; i += 2)
            fct_stream_pair(to + i, from[i][row], from[i + 1][row]);
}

static void put_rows(filling *f, const lane *lanes, size_t cell, size_t n_rows)
{
    struct fct_panel *panel = f->bars.panel;
    for (size_t c = 0; c < panel->n_columns; c++)
        put_column(lanes, (size_t)f->bars.sources[c]->entry, n_rows,
                   panel->columns[c].cells + cell);
    put_column(lanes, FCT_ENTRY_START_US, n_rows, (double *)(void *)(panel->start_ms + cell));
    put_column(lanes, FCT_BAR_END_MS, n_rows, (double *)(void *)(panel->end_ms + cell));
}

/* Some rows of a tile. */
static fct_status put_segment(size_t item, int thread, void *context, fct_error *err)
{
    filling *f = context;
    struct fct_panel *panel = f->bars.panel;
    scratch *s = &f->scratches[thread];
    size_t tile = item / f->n_segments;
    size_t segment = item % f->n_segments;
    size_t n_rows = (size_t)fct_panel_tile_rows(panel, tile);
    size_t row = n_rows * segment / f->n_segments;
    size_t end = n_rows * (segment + 1) / f->n_segments;
    for (size_t i = 0; i < FCT_LANES && row < end; i++)
        FCT_TRY(start_lane(f, tile * FCT_LANES + i, (int64_t)row, &s->lanes[i], s->digest, err));
    while (row < end) {
        size_t n = end - row;
        for (size_t i = 0; i < FCT_LANES; i++) {
            lane *l = &s->lanes[i];
            if (l->position == l->n_bars)
                FCT_TRY(next_day(f, l, s->digest, err));
            n = l->n_bars - l->position < n ? l->n_bars - l->position : n;
        }
        put_rows(f, s->lanes, panel->tile_first[tile] + row * FCT_LANES, n);
        for (size_t i = 0; i < FCT_LANES; i++)
            s->lanes[i].position += n;
        row += n;
    }
    fct_stream_end();
    return FCT_OK;
}

/* ---- The whole -------------------------------------------------------------------------------- */

/* What a symbol has behind its last row. */
static void fill_nothing(filling *f)
{
    size_t n = f->n_most_bars;
    for (size_t i = 0; i < FCT_BAR_COLUMNS * n; i++)
        f->nothing[i] = NAN;
    memset(f->nothing + FCT_ENTRY_START_US * n, 0, n * sizeof *f->nothing);
    memset(f->nothing + FCT_BAR_END_MS * n, 0, n * sizeof *f->nothing);
}

static fct_status make_scratches(filling *f, fct_error *err)
{
    size_t n_day = FCT_BAR_COLUMNS * (f->n_most_bars + 1);
    size_t n_affordable = MAX_SCRATCH_BYTES / (FCT_LANES * n_day * sizeof(double)) + 1;
    f->n_scratches = (size_t)f->bars.job->run.n_threads;
    f->n_scratches = f->n_scratches < n_affordable ? f->n_scratches : n_affordable;
    f->scratches = calloc(f->n_scratches, sizeof *f->scratches);
    if (!f->scratches)
        return fct_error_memory(err, f->n_scratches * sizeof *f->scratches);
    /* A day a lane, and one beside them for the bytes of a file. */
    FCT_TRY(fct_job_memory_hold(f->bars.job,
                                (1 + f->n_scratches * (FCT_LANES + 1)) * n_day * sizeof(double),
                                "cached bars", err));
    f->nothing = fct_panel_cells_new(n_day);
    if (!f->nothing)
        return fct_error_memory(err, n_day * sizeof(double));
    fill_nothing(f);
    for (size_t i = 0; i < f->n_scratches; i++) {
        f->scratches[i].cells = fct_panel_cells_new(FCT_LANES * n_day);
        f->scratches[i].digest = fct_digest_new();
        if (!f->scratches[i].cells || !f->scratches[i].digest)
            return fct_error_memory(err, FCT_LANES * n_day * sizeof(double));
        for (size_t j = 0; j < FCT_LANES; j++)
            f->scratches[i].lanes[j].room = f->scratches[i].cells + j * n_day;
    }
    return FCT_OK;
}

/* Enough pieces that no thread waits long for the others, of days enough that few are read twice. */
static void choose_segments(filling *f)
{
    enum { PIECES_A_THREAD = 8, DAYS_A_PIECE = 4 };
    size_t n_tiles = f->bars.panel->n_tiles + !f->bars.panel->n_tiles;
    size_t n_wanted = (f->n_scratches * PIECES_A_THREAD + n_tiles - 1) / n_tiles;
    size_t n_most = f->n_dates / DAYS_A_PIECE + 1;
    f->n_segments = n_wanted < n_most ? n_wanted : n_most;
}

static fct_status lay_out(filling *f, fct_error *err)
{
    const fct_cached_days *cached = f->cached;
    fct_status status;
    int64_t *n_rows = calloc(cached->n_symbols + 1, sizeof *n_rows);
    f->kept = calloc(cached->n_symbols + 1, sizeof *f->kept);
    f->first_row = calloc(cached->first[cached->n_symbols] + 1, sizeof *f->first_row);
    if (!n_rows || !f->kept || !f->first_row) {
        status = fct_error_memory(err, cached->first[cached->n_symbols] * sizeof *f->first_row);
        goto out;
    }
    for (size_t s = 0; s < cached->n_symbols; s++)
        for (size_t i = cached->first[s]; i < cached->first[s + 1]; i++) {
            size_t n_bars = fct_cache_outline_n_bars(cached->days[i].outline);
            f->first_row[i] = n_rows[s];
            n_rows[s] += (int64_t)n_bars;
            f->n_most_bars = n_bars > f->n_most_bars ? n_bars : f->n_most_bars;
        }
    FCT_TRY_OUT(fct_bar_panel_start(&f->bars, n_rows, f->kept, err));
    for (size_t s = 0; s < f->bars.panel->n_symbols; s++) {
        size_t n_dates = cached->first[f->kept[s] + 1] - cached->first[f->kept[s]];
        f->n_dates = n_dates > f->n_dates ? n_dates : f->n_dates;
    }
    FCT_TRY_OUT(fct_bar_panel_make_times(&f->bars, err));
    FCT_TRY_OUT(fct_bar_panel_make_columns(&f->bars, err));
    FCT_TRY_OUT(make_scratches(f, err));
    choose_segments(f);
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
        fct_parallel_for((int)f.n_scratches, panel->n_tiles * f.n_segments, put_segment, &f, err));
    FCT_TRY_OUT(fct_panel_share_grid(panel, err));
    if (!panel->shared_grid)
        FCT_TRY_OUT(fct_panel_make_axis(panel, job->run.n_threads, err));
    *out = panel;
    f.bars.panel = NULL;
out:
    fct_panel_free(f.bars.panel);
    for (size_t i = 0; f.scratches && i < f.n_scratches; i++) {
        fct_block_free(f.scratches[i].cells);
        fct_digest_free(f.scratches[i].digest);
    }
    free(f.scratches);
    fct_block_free(f.nothing);
    free(f.first_row);
    free(f.kept);
    return status;
}
