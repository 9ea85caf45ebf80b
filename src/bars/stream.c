#include "bars/stream.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/arrow.h"

enum { BATCH_ROWS = 65536, MAX_FIELDS = 16, VALUE_BYTES = 8 };

/* The columns in their order; `when` says whether the request wants one. */
typedef enum wanted { ALWAYS, WITH_SIDES, WITH_NOTIONAL, WITH_NUM_TRADES } wanted;

static const struct {
    fct_arrow_field field;
    size_t offset; /* in fct_finished_bar */
    wanted when;
} bar_fields[] = {
    {{"start_time", FCT_ARROW_INT64, false}, offsetof(fct_finished_bar, start_ms), ALWAYS},
    {{"end_time", FCT_ARROW_INT64, false}, offsetof(fct_finished_bar, end_ms), ALWAYS},
    {{"open", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, open), ALWAYS},
    {{"high", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, high), ALWAYS},
    {{"low", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, low), ALWAYS},
    {{"close", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, close), ALWAYS},
    {{"volume", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, volume), ALWAYS},
    {{"vwap", FCT_ARROW_DOUBLE, true}, offsetof(fct_finished_bar, vwap), ALWAYS},
    {{"num_buyer", FCT_ARROW_INT64, false}, offsetof(fct_finished_bar, num_buyer), WITH_SIDES},
    {{"num_seller", FCT_ARROW_INT64, false}, offsetof(fct_finished_bar, num_seller), WITH_SIDES},
    {{"num_buyer_volume", FCT_ARROW_DOUBLE, false},
     offsetof(fct_finished_bar, num_buyer_volume),
     WITH_SIDES},
    {{"num_seller_volume", FCT_ARROW_DOUBLE, false},
     offsetof(fct_finished_bar, num_seller_volume),
     WITH_SIDES},
    {{"notional", FCT_ARROW_DOUBLE, false}, offsetof(fct_finished_bar, notional), WITH_NOTIONAL},
    {{"num_trades", FCT_ARROW_INT64, false},
     offsetof(fct_finished_bar, num_trades),
     WITH_NUM_TRADES},
};

enum { N_BAR_FIELDS = sizeof bar_fields / sizeof *bar_fields };

/* A symbol's next row: a bar of its list, or one that fills the gap before it. */
typedef struct head {
    bool has_row, is_fill;
    fct_finished_bar bar;
} head;

typedef struct bars_stream {
    fct_bars_output output;
    head *heads;
    size_t *heap; /* symbols with rows left, the next one first */
    size_t n_heap;
    fct_arrow_field fields[MAX_FIELDS];
    size_t offsets[MAX_FIELDS]; /* of fields[1...] */
    size_t n_fields;
} bars_stream;

/* ---- Which row comes next --------------------------------------------------------------------- */

/* An interval without trades, after `previous`. */
static fct_finished_bar filling(const fct_finished_bar *previous, int64_t interval_ms)
{
    double close = previous->close;
    return (fct_finished_bar){
        .start_ms = previous->end_ms,
        .end_ms = previous->end_ms + interval_ms,
        .open = close,
        .high = close,
        .low = close,
        .close = close,
        .vwap = NAN,
    };
}

/* Moves symbol `i` to its next row. */
static void advance(bars_stream *s, size_t i)
{
    const fct_bars_output *output = &s->output;
    head *h = &s->heads[i];
    bool had_row = h->has_row;
    if (had_row && !h->is_fill)
        fct_bar_list_pop(&output->lists[i]);
    const fct_finished_bar *next = fct_bar_list_peek(&output->lists[i]);
    h->is_fill = output->fill_previous && had_row &&
                 (next ? next->start_ms > h->bar.end_ms : h->bar.end_ms < output->fill_to_ms);
    h->has_row = next || h->is_fill;
    if (h->is_fill)
        h->bar = filling(&h->bar, output->interval_ms);
    else if (next)
        h->bar = *next;
}

static bool goes_before(const bars_stream *s, size_t a, size_t b)
{
    int64_t time_a = s->heads[a].bar.start_ms;
    int64_t time_b = s->heads[b].bar.start_ms;
    return s->output.by_time && time_a != time_b ? time_a < time_b : a < b;
}

static void sift_down(bars_stream *s, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->n_heap)
            return;
        if (child + 1 < s->n_heap && goes_before(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!goes_before(s, s->heap[child], s->heap[at]))
            return;
        size_t symbol = s->heap[at];
        s->heap[at] = s->heap[child];
        s->heap[child] = symbol;
        at = child;
    }
}

static void heap_start(bars_stream *s)
{
    for (size_t i = 0; i < s->output.n_symbols; i++) {
        advance(s, i);
        if (s->heads[i].has_row)
            s->heap[s->n_heap++] = i;
    }
    for (size_t i = s->n_heap / 2; i-- > 0;)
        sift_down(s, i);
}

/* Leaves the row that was at the front. */
static void heap_next(bars_stream *s)
{
    size_t symbol = s->heap[0];
    advance(s, symbol);
    if (!s->heads[symbol].has_row)
        s->heap[0] = s->heap[--s->n_heap];
    sift_down(s, 0);
}

/* ---- Batches ---------------------------------------------------------------------------------- */

/* All rows are null. */
static fct_status make_all_null(fct_arrow_column *column, int64_t n_rows, fct_error *err)
{
    size_t n_bytes = (size_t)(n_rows + 7) / 8;
    column->null_count = n_rows;
    column->validity = calloc(1, n_bytes + 1);
    return column->validity ? FCT_OK : fct_error_memory(err, n_bytes);
}

/* Marks NaN as null. */
static fct_status make_validity(fct_arrow_column *column, int64_t n_rows, fct_error *err)
{
    const double *values = column->values;
    assert(values);
    size_t n_bytes = (size_t)(n_rows + 7) / 8;
    for (int64_t i = 0; i < n_rows; i++)
        column->null_count += isnan(values[i]);
    if (!column->null_count)
        return FCT_OK;
    column->validity = calloc(1, n_bytes);
    if (!column->validity)
        return fct_error_memory(err, n_bytes);
    for (int64_t i = 0; i < n_rows; i++)
        if (!isnan(values[i]))
            column->validity[i / 8] |= (uint8_t)(1u << (i % 8));
    return FCT_OK;
}

static fct_status allocate(const bars_stream *s, fct_arrow_column *columns, fct_error *err)
{
    size_t longest = 1;
    for (size_t i = 0; i < s->output.n_symbols; i++) {
        size_t n = strlen(s->output.symbols[i]);
        longest = n > longest ? n : longest;
    }
    columns[0].values = malloc(BATCH_ROWS * longest);
    columns[0].offsets = malloc((BATCH_ROWS + 1) * sizeof(int32_t));
    bool complete = columns[0].values && columns[0].offsets;
    for (size_t i = 1; i < s->n_fields; i++) {
        columns[i].values = malloc((size_t)BATCH_ROWS * VALUE_BYTES);
        complete = complete && columns[i].values;
    }
    return complete ? FCT_OK : fct_error_memory(err, (size_t)BATCH_ROWS * VALUE_BYTES);
}

static int64_t fill_batch(bars_stream *s, fct_arrow_column *columns)
{
    char *names = columns[0].values;
    assert(names && columns[0].offsets);
    int32_t n_name_bytes = 0;
    int64_t n_rows = 0;
    columns[0].offsets[0] = 0;
    for (; n_rows < BATCH_ROWS && s->n_heap; n_rows++) {
        size_t symbol = s->heap[0];
        const char *bar = (const char *)&s->heads[symbol].bar;
        size_t n = strlen(s->output.symbols[symbol]);
        memcpy(names + n_name_bytes, s->output.symbols[symbol], n);
        n_name_bytes += (int32_t)n;
        columns[0].offsets[n_rows + 1] = n_name_bytes;
        for (size_t i = 1; i < s->n_fields; i++) {
            char *values = columns[i].values;
            assert(values);
            memcpy(values + n_rows * VALUE_BYTES, bar + s->offsets[i], VALUE_BYTES);
        }
        heap_next(s);
    }
    return n_rows;
}

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    bars_stream *s = context;
    fct_arrow_column columns[MAX_FIELDS] = {0};
    fct_status status;
    *out = (struct ArrowArray){0};
    if (!s->n_heap)
        return FCT_OK;
    FCT_TRY_OUT(allocate(s, columns, err));
    int64_t n_rows = fill_batch(s, columns);
    for (size_t i = 1; i < s->n_fields; i++)
        if (s->fields[i].nullable)
            FCT_TRY_OUT(s->fields[i].type == FCT_ARROW_INT64
                            ? make_all_null(&columns[i], n_rows, err)
                            : make_validity(&columns[i], n_rows, err));
    /* Takes the buffers, also where it fails. */
    FCT_TRY_OUT(fct_arrow_batch_make(s->fields, columns, s->n_fields, n_rows, out, err));
out:
    for (size_t i = 0; i < MAX_FIELDS; i++) {
        free(columns[i].values);
        free(columns[i].offsets);
        free(columns[i].validity);
    }
    return status;
}

void fct_bars_output_free(fct_bars_output *output)
{
    for (size_t i = 0; i < output->n_symbols; i++) {
        if (output->symbols)
            free(output->symbols[i]);
        if (output->lists)
            fct_bar_list_free(&output->lists[i]);
    }
    free(output->symbols);
    free(output->lists);
    *output = (fct_bars_output){0};
}

static void stream_free(void *context)
{
    bars_stream *s = context;
    fct_bars_output_free(&s->output);
    free(s->heads);
    free(s->heap);
    free(s);
}

static void choose_fields(bars_stream *s)
{
    const bool is_wanted[] = {
        [ALWAYS] = true,
        [WITH_SIDES] = s->output.with_sides,
        [WITH_NOTIONAL] = s->output.with_notional,
        [WITH_NUM_TRADES] = s->output.with_num_trades,
    };
    s->fields[s->n_fields++] = (fct_arrow_field){"symbol", FCT_ARROW_STRING, false};
    for (size_t i = 0; i < N_BAR_FIELDS; i++)
        if (is_wanted[bar_fields[i].when]) {
            bool is_count_of_side =
                bar_fields[i].when == WITH_SIDES && bar_fields[i].field.type == FCT_ARROW_INT64;
            s->offsets[s->n_fields] = bar_fields[i].offset;
            s->fields[s->n_fields] = bar_fields[i].field;
            s->fields[s->n_fields++].nullable |= is_count_of_side && s->output.without_counts;
        }
}

fct_status fct_bars_stream(const fct_bars_output *output, struct ArrowArrayStream *out,
                           fct_error *err)
{
    fct_bars_output owned = *output;
    bars_stream *s = calloc(1, sizeof *s);
    if (!s) {
        fct_bars_output_free(&owned);
        return fct_error_memory(err, sizeof *s);
    }
    s->output = owned;
    s->heads = calloc(owned.n_symbols + 1, sizeof *s->heads);
    s->heap = calloc(owned.n_symbols + 1, sizeof *s->heap);
    if (!s->heads || !s->heap) {
        stream_free(s);
        return fct_error_memory(err, (owned.n_symbols + 1) * sizeof *s->heads);
    }
    choose_fields(s);
    heap_start(s);
    return fct_arrow_stream_make(s->fields, s->n_fields,
                                 (fct_arrow_source){next_batch, stream_free, s}, out, err);
}
