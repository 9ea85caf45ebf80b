#include "store/scan.h"

#include <inttypes.h>
#include <stdlib.h>

/* One file and how far it is read. */
typedef struct input {
    const char *path;
    int64_t day;
    fct_trade_file *file; /* NULL: not yet open, or at its end */
    fct_trades trades;    /* the present block ... */
    int64_t position;     /* ... and its next row */
} input;

/* Where trades of several files meet. */
typedef struct merged {
    int64_t time_us[FCT_SQL_CHUNK_ROWS];
    double price[FCT_SQL_CHUNK_ROWS];
    double quantity[FCT_SQL_CHUNK_ROWS];
    uint8_t is_buyer_maker[FCT_SQL_CHUNK_ROWS];
    int64_t id[FCT_SQL_CHUNK_ROWS];
} merged;

struct fct_scan {
    fct_trade_reading *reading;
    input *inputs; /* by day */
    size_t n_inputs;
    size_t begin, end; /* those that are open; before are read, behind are not yet open */
    merged *merged;    /* made when first needed */
    bool sort;         /* a file proved not to be in order */
    bool has_side, has_id;
    int64_t last_time_us; /* given to the caller */
};

static fct_status list_inputs(fct_scan *scan, const fct_store_day *days, size_t n_days,
                              fct_error *err)
{
    size_t n_files = 0;
    for (size_t i = 0; i < n_days; i++)
        n_files += days[i].n_files;
    scan->inputs = calloc(n_files + 1, sizeof *scan->inputs);
    if (!scan->inputs)
        return fct_error_memory(err, (n_files + 1) * sizeof *scan->inputs);
    for (size_t i = 0; i < n_days; i++)
        for (size_t j = 0; j < days[i].n_files; j++)
            scan->inputs[scan->n_inputs++] = (input){.path = days[i].files[j], .day = days[i].day};
    return FCT_OK;
}

static fct_status open_input(fct_scan *scan, input *in, fct_error *err)
{
    FCT_TRY(fct_trade_file_open(&in->file, scan->reading, in->path, scan->sort, err));
    bool has_side = fct_trade_file_has_side(in->file);
    if (in != scan->inputs && has_side != scan->has_side)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s names a side of its trades and %s does not: ask for bars without "
                             "sides, or write both files anew",
                             has_side ? in->path : scan->inputs[0].path,
                             has_side ? scan->inputs[0].path : in->path);
    scan->has_side = has_side;
    scan->has_id = (in == scan->inputs || scan->has_id) && fct_trade_file_has_id(in->file);
    return FCT_OK;
}

/* Opens what the merge may need next: all files up to the day after the earliest that is still open. */
static fct_status open_ahead(fct_scan *scan, fct_error *err)
{
    while (scan->begin < scan->end && !scan->inputs[scan->begin].file)
        scan->begin++;
    while (scan->end < scan->n_inputs &&
           scan->inputs[scan->end].day <= scan->inputs[scan->begin].day + 1) {
        FCT_TRY(open_input(scan, &scan->inputs[scan->end], err));
        scan->end++;
    }
    return FCT_OK;
}

static void rewind_scan(fct_scan *scan)
{
    for (size_t i = 0; i < scan->n_inputs; i++) {
        fct_trade_file_free(scan->inputs[i].file);
        scan->inputs[i].file = NULL;
        scan->inputs[i].trades = (fct_trades){0};
        scan->inputs[i].position = 0;
    }
    scan->begin = 0;
    scan->end = 0;
    scan->last_time_us = INT64_MIN;
}

fct_status fct_scan_open(fct_scan **out, fct_trade_reading *reading, const fct_store_day *days,
                         size_t n_days, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return fct_error_memory(err, sizeof *scan);
    *scan = (fct_scan){.reading = reading, .last_time_us = INT64_MIN};
    FCT_TRY_OUT(list_inputs(scan, days, n_days, err));
    FCT_TRY_OUT(open_ahead(scan, err));
    *out = scan;
    scan = NULL;
out:
    fct_scan_free(scan);
    return status;
}

bool fct_scan_has_side(const fct_scan *scan)
{
    return scan->has_side;
}

void fct_scan_free(fct_scan *scan)
{
    if (!scan)
        return;
    if (scan->inputs)
        rewind_scan(scan);
    free(scan->inputs);
    free(scan->merged);
    free(scan);
}

/* ---- Merging ---------------------------------------------------------------------------------- */

/* Makes sure that every open file has a row at hand; one at its end is closed. */
static fct_status fill(fct_scan *scan, const input **disordered, fct_error *err)
{
    FCT_TRY(open_ahead(scan, err));
    for (size_t i = scan->begin; i < scan->end; i++) {
        input *in = &scan->inputs[i];
        if (!in->file || in->position < in->trades.n_rows)
            continue;
        bool in_order;
        in->position = 0;
        FCT_TRY(fct_trade_file_next(in->file, &in->trades, &in_order, err));
        if (!in_order) {
            *disordered = in;
            return FCT_OK;
        }
        if (in->trades.n_rows)
            continue;
        fct_trade_file_free(in->file);
        in->file = NULL;
        /* The next days may move up now; they must have rows at hand, too. */
        return fill(scan, disordered, err);
    }
    return FCT_OK;
}

static bool comes_before(const input *a, const input *b)
{
    int64_t time_a = a->trades.time_us[a->position];
    int64_t time_b = b->trades.time_us[b->position];
    if (time_a != time_b)
        return time_a < time_b;
    return a->trades.id && b->trades.id && a->trades.id[a->position] < b->trades.id[b->position];
}

/* The file whose row comes next (NULL: none is left), and the time at which another file's row may follow. */
static input *first_input(const fct_scan *scan, int64_t *others_time_us)
{
    input *first = NULL;
    *others_time_us = INT64_MAX;
    for (size_t i = scan->begin; i < scan->end; i++) {
        input *in = &scan->inputs[i];
        if (!in->file)
            continue;
        const input *later = in;
        if (!first || comes_before(in, first)) {
            later = first;
            first = in;
        }
        if (later && later->trades.time_us[later->position] < *others_time_us)
            *others_time_us = later->trades.time_us[later->position];
    }
    return first;
}

/* The rest of the block as it lies, without a copy. */
static void take_block(const fct_scan *scan, input *in, fct_trades *trades)
{
    const fct_trades *t = &in->trades;
    int64_t i = in->position;
    *trades = (fct_trades){
        .n_rows = t->n_rows - i,
        .time_us = t->time_us + i,
        .price = t->price + i,
        .quantity = t->quantity + i,
        .is_buyer_maker = scan->has_side ? t->is_buyer_maker + i : NULL,
        .id = t->id ? t->id + i : NULL,
    };
    in->position = t->n_rows;
}

static void take_row(merged *m, int64_t row, input *in)
{
    const fct_trades *t = &in->trades;
    int64_t i = in->position++;
    m->time_us[row] = t->time_us[i];
    m->price[row] = t->price[i];
    m->quantity[row] = t->quantity[i];
    m->is_buyer_maker[row] = t->is_buyer_maker ? t->is_buyer_maker[i] : 0;
    m->id[row] = t->id ? t->id[i] : 0;
}

/* Rows of several files, one by one, while they interleave. */
static fct_status take_merged(fct_scan *scan, fct_trades *trades, const input **disordered,
                              fct_error *err)
{
    if (!scan->merged && !(scan->merged = malloc(sizeof *scan->merged)))
        return fct_error_memory(err, sizeof *scan->merged);
    int64_t n_rows = 0;
    while (n_rows < FCT_SQL_CHUNK_ROWS) {
        FCT_TRY(fill(scan, disordered, err));
        int64_t others_time_us;
        input *first = *disordered ? NULL : first_input(scan, &others_time_us);
        if (!first)
            break;
        take_row(scan->merged, n_rows++, first);
    }
    *trades = (fct_trades){
        .n_rows = n_rows,
        .time_us = scan->merged->time_us,
        .price = scan->merged->price,
        .quantity = scan->merged->quantity,
        .is_buyer_maker = scan->has_side ? scan->merged->is_buyer_maker : NULL,
        .id = scan->has_id ? scan->merged->id : NULL,
    };
    return FCT_OK;
}

static fct_status next(fct_scan *scan, fct_trades *trades, const input **disordered, fct_error *err)
{
    *disordered = NULL;
    *trades = (fct_trades){0};
    FCT_TRY(fill(scan, disordered, err));
    int64_t others_time_us;
    input *first = *disordered ? NULL : first_input(scan, &others_time_us);
    if (!first)
        return FCT_OK;
    if (first->trades.time_us[first->position] < scan->last_time_us)
        return fct_error_set(err, FCT_ERROR_DATA,
                             "%s holds trades from before the day before its folder's: ingest "
                             "its source again, which puts every trade into its own day",
                             first->path);
    if (first->trades.time_us[first->trades.n_rows - 1] < others_time_us)
        take_block(scan, first, trades);
    else
        FCT_TRY(take_merged(scan, trades, disordered, err));
    if (trades->n_rows)
        scan->last_time_us = trades->time_us[trades->n_rows - 1];
    return FCT_OK;
}

fct_status fct_scan_next(fct_scan *scan, fct_trades *trades, bool *restarted, fct_error *err)
{
    const input *disordered;
    *restarted = false;
    FCT_TRY(next(scan, trades, &disordered, err));
    if (!disordered)
        return FCT_OK;
    /* A source that gave one file out of order gives most of them so: all are sorted from now on. */
    fct_job_message(scan->reading->job, FCT_MESSAGE_DETAIL,
                    "%s is not in (time, id) order: sorted while reading", disordered->path);
    rewind_scan(scan);
    scan->sort = true;
    *restarted = true;
    return next(scan, trades, &disordered, err);
}
