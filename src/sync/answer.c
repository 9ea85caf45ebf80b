/* The answer of a sync: runs of days with the same outcome, symbol by symbol. */
#include <stdlib.h>
#include <string.h>

#include "arrow/builder.h"
#include "sync/sync.h"

enum {
    MARKET,
    TYPE,
    SYMBOL,
    OUTCOME,
    FIRST_DAY,
    LAST_DAY,
    FILES,
    ROWS,
    BYTES,
    REASON,
    URL,
    N_COLUMNS
};

static const fct_arrow_field fields[N_COLUMNS] = {
    [MARKET] = {"market", FCT_ARROW_STRING, false},
    [TYPE] = {"data_type", FCT_ARROW_STRING, false},
    [SYMBOL] = {"symbol", FCT_ARROW_STRING, false},
    [OUTCOME] = {"outcome", FCT_ARROW_STRING, false},
    [FIRST_DAY] = {"first_day", FCT_ARROW_DATE32, false},
    [LAST_DAY] = {"last_day", FCT_ARROW_DATE32, false},
    [FILES] = {"files", FCT_ARROW_INT64, false},
    [ROWS] = {"rows", FCT_ARROW_INT64, true},
    [BYTES] = {"bytes", FCT_ARROW_INT64, true},
    [REASON] = {"reason", FCT_ARROW_STRING, true},
    [URL] = {"url", FCT_ARROW_STRING, true},
};

static const char *const words[] = {
    [FCT_SYNC_OPEN] = "not tried",  [FCT_SYNC_THERE] = "there",
    [FCT_SYNC_FETCHED] = "fetched", [FCT_SYNC_UNCHANGED] = "unchanged",
    [FCT_SYNC_MISSING] = "missing", [FCT_SYNC_FAILED] = "failed",
    [FCT_SYNC_PLANNED] = "planned", [FCT_SYNC_REPLACED] = ""};

typedef struct answer_row {
    char *symbol, *reason, *url; /* the last two may be NULL */
    fct_sync_outcome outcome;
    int64_t first_day, last_day, n_files, n_rows, n_bytes;
} answer_row;

/* It outlives the sync. */
typedef struct answer {
    char market[65], data_type[65];
    answer_row *rows;
    size_t n_rows;
    bool given;
} answer;

static void answer_free(void *context)
{
    answer *a = context;
    for (size_t i = 0; a->rows && i < a->n_rows; i++) {
        free(a->rows[i].symbol);
        free(a->rows[i].reason);
        free(a->rows[i].url);
    }
    free(a->rows);
    free(a);
}

static void add_text(fct_arrow_builder *b, size_t column, const char *text)
{
    if (text)
        fct_arrow_builder_text(b, column, text);
    else
        fct_arrow_builder_null(b, column);
}

static void add_count(fct_arrow_builder *b, size_t column, bool is_known, int64_t value)
{
    if (is_known)
        fct_arrow_builder_int(b, column, value);
    else
        fct_arrow_builder_null(b, column);
}

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    answer *a = context;
    fct_arrow_builder b;
    *out = (struct ArrowArray){0};
    if (a->given || !a->n_rows)
        return FCT_OK;
    a->given = true;
    FCT_TRY(fct_arrow_builder_start(&b, fields, N_COLUMNS, a->n_rows, err));
    for (size_t i = 0; i < a->n_rows; i++) {
        const answer_row *row = &a->rows[i];
        bool is_fetched = row->outcome == FCT_SYNC_FETCHED;
        fct_arrow_builder_text(&b, MARKET, a->market);
        fct_arrow_builder_text(&b, TYPE, a->data_type);
        fct_arrow_builder_text(&b, SYMBOL, row->symbol);
        fct_arrow_builder_text(&b, OUTCOME, words[row->outcome]);
        fct_arrow_builder_int(&b, FIRST_DAY, row->first_day);
        fct_arrow_builder_int(&b, LAST_DAY, row->last_day);
        fct_arrow_builder_int(&b, FILES, row->n_files);
        add_count(&b, ROWS, is_fetched, row->n_rows);
        add_count(&b, BYTES, row->n_bytes > 0, row->n_bytes);
        add_text(&b, REASON, row->reason);
        add_text(&b, URL, row->url);
    }
    return fct_arrow_builder_end(&b, out, err);
}

/* ---- Rows ------------------------------------------------------------------------------------- */

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether a unit goes on with the run that `row` is. Of a dry run each file is a row, for its URL and size. */
static bool goes_on(const answer_row *row, const fct_sync_unit *last, const fct_sync_unit *unit)
{
    return row && last && last->symbol == unit->symbol && row->outcome == unit->outcome &&
           unit->outcome != FCT_SYNC_PLANNED && is_same_text(last->reason, unit->reason) &&
           unit->first_day <= row->last_day + 1;
}

static fct_status start_row(const fct_sync_run *sync, const fct_sync_unit *unit, answer_row *row,
                            fct_error *err)
{
    row->outcome = unit->outcome;
    row->symbol = fct_text_copy(sync->symbols[unit->symbol].key.symbol);
    row->first_day = unit->first_day < sync->from_day ? sync->from_day : unit->first_day;
    row->last_day = row->first_day;
    if (unit->reason)
        row->reason = fct_text_copy(unit->reason);
    if (!row->symbol || (unit->reason && !row->reason))
        return fct_error_memory(err, 0);
    if (unit->n_archives && unit->outcome != FCT_SYNC_FETCHED) {
        FCT_TRY(fct_sync_url(sync, &sync->archives[unit->archives[0]], "", &row->url, err));
        fct_url_hide_secret(row->url);
    }
    return FCT_OK;
}

static void add_to_row(const fct_sync_run *sync, const fct_sync_unit *unit, answer_row *row)
{
    int64_t last = unit->first_day + unit->n_days - 1;
    last = last >= sync->to_day ? sync->to_day - 1 : last;
    row->last_day = last > row->last_day ? last : row->last_day;
    row->n_files += unit->n_archives ? 1 : unit->n_days;
    row->n_rows += unit->n_rows;
    row->n_bytes += unit->n_bytes;
}

static fct_status add_unlisted(const fct_sync_run *sync, answer *a, fct_error *err)
{
    for (size_t i = 0; i < sync->unlisted_names.n_texts; i++) {
        answer_row *row = &a->rows[a->n_rows++];
        row->outcome = FCT_SYNC_MISSING;
        row->symbol = fct_text_copy(sync->unlisted_names.texts[i]);
        row->reason = fct_text_copy("the archive lists no file of it");
        row->first_day = sync->from_day;
        row->last_day = sync->to_day - 1;
        if (!row->symbol || !row->reason)
            return fct_error_memory(err, 0);
    }
    return FCT_OK;
}

static fct_status make_rows(const fct_sync_run *sync, answer *a, fct_error *err)
{
    const fct_sync_unit *last = NULL;
    for (size_t i = 0; i < sync->n_units; i++) {
        const fct_sync_unit *unit = &sync->units[i];
        if (unit->is_dormant || unit->outcome == FCT_SYNC_REPLACED)
            continue;
        answer_row *row = a->n_rows ? &a->rows[a->n_rows - 1] : NULL;
        if (!goes_on(row, last, unit)) {
            row = &a->rows[a->n_rows++];
            FCT_TRY(start_row(sync, unit, row, err));
        }
        add_to_row(sync, unit, row);
        last = unit;
    }
    return add_unlisted(sync, a, err);
}

fct_status fct_sync_answer(fct_sync_run *sync, struct ArrowArrayStream *out, fct_error *err)
{
    fct_status status;
    answer *a = calloc(1, sizeof *a);
    if (!a)
        return fct_error_memory(err, sizeof *a);
    strcpy(a->market, sync->table->market);
    strcpy(a->data_type, sync->data_type);
    size_t most_rows = sync->n_units + sync->unlisted_names.n_texts + 1;
    a->rows = calloc(most_rows, sizeof *a->rows);
    if (!a->rows) {
        status = fct_error_memory(err, most_rows * sizeof *a->rows);
        goto out;
    }
    FCT_TRY_OUT(make_rows(sync, a, err));
    const fct_arrow_source source = {next_batch, answer_free, a};
    a = NULL;
    status = fct_arrow_stream_make(fields, N_COLUMNS, source, out, err);
out:
    if (a)
        answer_free(a);
    return status;
}
