#include "store/scan.h"

#include <stdlib.h>

/* One file of the day and how far it is read. */
typedef struct input {
    fct_trade_file *file;
    bool sort;         /* it proved not to be in order */
    fct_trades trades; /* the present block ... */
    int64_t position;  /* ... and its next row */
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
    fct_sql *sql;
    char *const *paths;
    const fct_column_map *map;
    fct_job *job;
    input *inputs;
    size_t n_inputs;
    merged *merged; /* where there is more than one file */
    bool has_side;
};

/* Opens all files at their beginning. */
static fct_status open_inputs(fct_scan *scan, fct_error *err)
{
    for (size_t i = 0; i < scan->n_inputs; i++) {
        input *in = &scan->inputs[i];
        fct_trade_file_free(in->file);
        in->file = NULL;
        in->trades = (fct_trades){0};
        in->position = 0;
        FCT_TRY(fct_trade_file_open(&in->file, scan->sql, scan->paths[i], scan->map, in->sort,
                                    scan->job, err));
        bool has_side = fct_trade_file_has_side(in->file);
        if (i && has_side != scan->has_side)
            return fct_error_set(err, FCT_ERROR_DATA,
                                 "%s names a side of its trades and %s does not: ask for bars "
                                 "without sides, or write both files anew",
                                 scan->paths[has_side ? i : 0], scan->paths[has_side ? 0 : i]);
        scan->has_side = has_side;
    }
    return FCT_OK;
}

fct_status fct_scan_open(fct_scan **out, fct_sql *sql, char *const *files, size_t n_files,
                         const fct_column_map *map, fct_job *job, fct_error *err)
{
    *out = NULL;
    fct_status status;
    fct_scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return fct_error_memory(err, sizeof *scan);
    *scan = (fct_scan){.sql = sql, .paths = files, .map = map, .job = job, .n_inputs = n_files};
    scan->inputs = calloc(n_files, sizeof *scan->inputs);
    scan->merged = n_files > 1 ? malloc(sizeof *scan->merged) : NULL;
    if (!scan->inputs || (n_files > 1 && !scan->merged)) {
        status = fct_error_memory(err, sizeof *scan->merged);
        goto out;
    }
    FCT_TRY_OUT(open_inputs(scan, err));
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
    for (size_t i = 0; scan->inputs && i < scan->n_inputs; i++)
        fct_trade_file_free(scan->inputs[i].file);
    free(scan->inputs);
    free(scan->merged);
    free(scan);
}

/*
 * Makes sure that `in` has a row, or n_rows 0 at its end. *in_order false: the file must be read again.
 */
static fct_status fill(input *in, bool *in_order, fct_error *err)
{
    *in_order = true;
    if (in->position < in->trades.n_rows)
        return FCT_OK;
    in->position = 0;
    return fct_trade_file_next(in->file, &in->trades, in_order, err);
}

static bool comes_before(const input *a, const input *b)
{
    int64_t time_a = a->trades.time_us[a->position];
    int64_t time_b = b->trades.time_us[b->position];
    if (time_a != time_b)
        return time_a < time_b;
    return a->trades.id && b->trades.id && a->trades.id[a->position] < b->trades.id[b->position];
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

/* Sets *disordered to the input that is not in order, or leaves it. */
static fct_status merge(fct_scan *scan, fct_trades *trades, size_t *disordered, fct_error *err)
{
    int64_t n_rows = 0;
    bool has_id = true;
    while (n_rows < FCT_SQL_CHUNK_ROWS) {
        input *first = NULL;
        for (size_t i = 0; i < scan->n_inputs; i++) {
            input *in = &scan->inputs[i];
            bool in_order;
            FCT_TRY(fill(in, &in_order, err));
            if (!in_order) {
                *disordered = i;
                return FCT_OK;
            }
            has_id = has_id && fct_trade_file_has_id(in->file);
            if (in->trades.n_rows && (!first || comes_before(in, first)))
                first = in;
        }
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
        .id = has_id ? scan->merged->id : NULL,
    };
    return FCT_OK;
}

static fct_status next(fct_scan *scan, fct_trades *trades, size_t *disordered, fct_error *err)
{
    if (scan->n_inputs > 1)
        return merge(scan, trades, disordered, err);
    bool in_order;
    FCT_TRY(fct_trade_file_next(scan->inputs[0].file, trades, &in_order, err));
    if (!in_order)
        *disordered = 0;
    return FCT_OK;
}

fct_status fct_scan_next(fct_scan *scan, fct_trades *trades, bool *restarted, fct_error *err)
{
    *restarted = false;
    for (;;) {
        size_t disordered = SIZE_MAX;
        FCT_TRY(next(scan, trades, &disordered, err));
        if (disordered == SIZE_MAX)
            return FCT_OK;
        fct_job_message(scan->job, FCT_MESSAGE_DETAIL,
                        "%s is not in (time, id) order: sorted while reading",
                        scan->paths[disordered]);
        scan->inputs[disordered].sort = true;
        *restarted = true;
        FCT_TRY(open_inputs(scan, err));
    }
}
