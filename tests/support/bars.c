#include "support/bars.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "parquet/writer.h"

/* ---- Writing a store -------------------------------------------------------------------------- */

static void *column_of(const test_trade *trades, size_t n_trades, size_t offset, size_t size)
{
    char *column = malloc(n_trades * size + 1);
    assert_non_null(column);
    for (size_t i = 0; i < n_trades; i++)
        memcpy(column + i * size, (const char *)&trades[i] + offset, size);
    return column;
}

void test_store_write(const char *root, const test_file *file, const test_trade *trades,
                      size_t n_trades)
{
    static const fct_column_map default_map = {"time",           "price", "qty",
                                               "is_buyer_maker", NULL,    "id"};
    const fct_column_map *map = file->columns ? file->columns : &default_map;
    const struct {
        const char *name;
        fct_parquet_type type;
        size_t offset, size;
    } all[] = {
        {map->id, FCT_PARQUET_INT64, offsetof(test_trade, id), 8},
        {map->price, FCT_PARQUET_DOUBLE, offsetof(test_trade, price), 8},
        {map->quantity, FCT_PARQUET_DOUBLE, offsetof(test_trade, quantity), 8},
        {map->time, FCT_PARQUET_INT64, offsetof(test_trade, time), 8},
        {map->is_buyer_maker, FCT_PARQUET_BOOL, offsetof(test_trade, is_buyer_maker), 1},
    };
    fct_parquet_column columns[5];
    fct_parquet_values values[5];
    size_t n_columns = 0;
    for (size_t i = 0; i < 5; i++) {
        if (!all[i].name)
            continue;
        columns[n_columns] = (fct_parquet_column){.name = all[i].name, .type = all[i].type};
        values[n_columns++] =
            (fct_parquet_values){.values = column_of(trades, n_trades, all[i].offset, all[i].size)};
    }
    char path[512];
    snprintf(path, sizeof path,
             "%s/market=%s/data_type=%s/symbol=%s/year=%.4s/month=%.2s/day=%.2s/%s", root,
             file->market ? file->market : "futures_um",
             file->data_type ? file->data_type : "trades", file->symbol ? file->symbol : "BTCUSDT",
             file->date, file->date + 5, file->date + 8, file->name ? file->name : "data.parquet");
    fct_atomic_file out;
    fct_parquet_writer *writer;
    assert_int_equal(fct_atomic_file_open(&out, path, NULL), FCT_OK);
    assert_int_equal(fct_parquet_writer_open(&writer, out.fd, path, columns, n_columns, NULL, NULL),
                     FCT_OK);
    assert_int_equal(fct_parquet_writer_write(writer, values, (int64_t)n_trades, NULL), FCT_OK);
    assert_int_equal(fct_parquet_writer_close(writer, NULL, NULL), FCT_OK);
    fct_parquet_writer_free(writer);
    assert_int_equal(fct_atomic_file_commit(&out, NULL), FCT_OK);
    for (size_t i = 0; i < n_columns; i++)
        free((void *)values[i].values);
}

/* ---- Reading a stream ------------------------------------------------------------------------- */

static bool is_valid(const struct ArrowArray *column, int64_t row)
{
    const uint8_t *bits = column->buffers[0];
    row += column->offset;
    return !bits || (bits[row / 8] >> (row % 8) & 1);
}

static void read_value(test_bar *bar, const struct ArrowSchema *field,
                       const struct ArrowArray *column, int64_t row)
{
    const struct {
        const char *name;
        size_t offset;
    } columns[] = {
        {"start_time", offsetof(test_bar, start_ms)},
        {"end_time", offsetof(test_bar, end_ms)},
        {"open", offsetof(test_bar, open)},
        {"high", offsetof(test_bar, high)},
        {"low", offsetof(test_bar, low)},
        {"close", offsetof(test_bar, close)},
        {"volume", offsetof(test_bar, volume)},
        {"vwap", offsetof(test_bar, vwap)},
        {"num_buyer", offsetof(test_bar, num_buyer)},
        {"num_seller", offsetof(test_bar, num_seller)},
        {"num_buyer_volume", offsetof(test_bar, num_buyer_volume)},
        {"num_seller_volume", offsetof(test_bar, num_seller_volume)},
        {"notional", offsetof(test_bar, notional)},
        {"num_trades", offsetof(test_bar, num_trades)},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(columns[i].name, field->name) == 0 && is_valid(column, row)) {
            const char *values = column->buffers[1];
            memcpy((char *)bar + columns[i].offset, values + 8 * (row + column->offset), 8);
            return;
        }
}

static void read_symbol(test_bar *bar, const struct ArrowArray *column, int64_t row)
{
    const int32_t *offsets = column->buffers[1];
    const char *bytes = column->buffers[2];
    row += column->offset;
    size_t n = (size_t)(offsets[row + 1] - offsets[row]);
    assert_true(n < sizeof bar->symbol);
    memcpy(bar->symbol, bytes + offsets[row], n);
    bar->symbol[n] = '\0';
}

static const test_bar empty_bar = {
    .vwap = NAN,
    .num_buyer_volume = NAN,
    .num_seller_volume = NAN,
    .notional = NAN,
    .num_buyer = -1,
    .num_seller = -1,
    .num_trades = -1,
};

test_bars test_bars_read(struct ArrowArrayStream *stream)
{
    test_bars out = {0};
    struct ArrowSchema schema;
    assert_int_equal(stream->get_schema(stream, &schema), 0);
    for (int64_t i = 0; i < schema.n_children; i++)
        out.has_sides = out.has_sides || strcmp(schema.children[i]->name, "num_buyer") == 0;
    for (;;) {
        struct ArrowArray batch;
        if (stream->get_next(stream, &batch) != 0)
            fail_msg("%s", stream->get_last_error(stream));
        if (!batch.release)
            break;
        out.bars = realloc(out.bars, (out.n_bars + (size_t)batch.length) * sizeof *out.bars);
        for (int64_t row = 0; row < batch.length; row++) {
            test_bar *bar = &out.bars[out.n_bars++];
            *bar = empty_bar;
            read_symbol(bar, batch.children[0], row);
            for (int64_t i = 1; i < schema.n_children; i++)
                read_value(bar, schema.children[i], batch.children[i], row);
        }
        batch.release(&batch);
    }
    schema.release(&schema);
    stream->release(stream);
    return out;
}

test_bars test_bars_make(const fct_bars_request *request, const fct_run *run)
{
    struct ArrowArrayStream stream;
    fct_error err = {0};
    fct_status status = fct_bars(request, run, &stream, &err);
    bool may_lack = request->missing == FCT_MISSING_SKIP && status == FCT_ERROR_PARTIAL;
    if (status != FCT_OK && !may_lack)
        fail_msg("%s", err.message);
    return test_bars_read(&stream);
}

void test_bars_free(test_bars *bars)
{
    free(bars->bars);
    *bars = (test_bars){0};
}

/* ---- Comparing -------------------------------------------------------------------------------- */

void test_bars_assert_same(const test_bars *a, const test_bars *b)
{
    assert_int_equal(a->n_bars, b->n_bars);
    assert_int_equal(a->has_sides, b->has_sides);
    for (size_t i = 0; i < a->n_bars; i++) {
        assert_string_equal(a->bars[i].symbol, b->bars[i].symbol);
        size_t begin = offsetof(test_bar, start_ms);
        if (memcmp((const char *)&a->bars[i] + begin, (const char *)&b->bars[i] + begin,
                   sizeof a->bars[i] - begin) != 0)
            fail_msg("bar %zu (%s, %lld) differs", i, a->bars[i].symbol,
                     (long long)a->bars[i].start_ms);
    }
}

static bool is_close(double actual, double expected)
{
    if (isnan(actual) || isnan(expected))
        return isnan(actual) && isnan(expected);
    return fabs(actual - expected) <= 1e-12 * fabs(expected);
}

void test_bars_assert_close(const test_bars *actual, const test_bars *expected)
{
    assert_int_equal(actual->n_bars, expected->n_bars);
    for (size_t i = 0; i < actual->n_bars; i++) {
        const test_bar *a = &actual->bars[i];
        const test_bar *e = &expected->bars[i];
        assert_string_equal(a->symbol, e->symbol);
        if (a->start_ms != e->start_ms || a->end_ms != e->end_ms)
            fail_msg("bar %zu: [%lld, %lld), expected [%lld, %lld)", i, (long long)a->start_ms,
                     (long long)a->end_ms, (long long)e->start_ms, (long long)e->end_ms);
        if (a->open != e->open || a->high != e->high || a->low != e->low || a->close != e->close)
            fail_msg("bar %lld: prices %.17g %.17g %.17g %.17g, expected %.17g %.17g %.17g %.17g",
                     (long long)a->start_ms, a->open, a->high, a->low, a->close, e->open, e->high,
                     e->low, e->close);
        if (!is_close(a->volume, e->volume) || !is_close(a->vwap, e->vwap))
            fail_msg("bar %lld: volume %.17g vwap %.17g, expected %.17g %.17g",
                     (long long)a->start_ms, a->volume, a->vwap, e->volume, e->vwap);
        if (!actual->has_sides)
            continue;
        assert_int_equal(a->num_buyer, e->num_buyer);
        assert_int_equal(a->num_seller, e->num_seller);
        if (!is_close(a->num_buyer_volume, e->num_buyer_volume) ||
            !is_close(a->num_seller_volume, e->num_seller_volume))
            fail_msg("bar %lld: side volumes %.17g %.17g, expected %.17g %.17g",
                     (long long)a->start_ms, a->num_buyer_volume, a->num_seller_volume,
                     e->num_buyer_volume, e->num_seller_volume);
    }
}

/* ---- The reference ---------------------------------------------------------------------------- */

static int by_time_and_id(const void *x, const void *y)
{
    const test_trade *a = x;
    const test_trade *b = y;
    if (a->time != b->time)
        return (a->time > b->time) - (a->time < b->time);
    return (a->id > b->id) - (a->id < b->id);
}

static test_bar reference_bar(const test_trade *trades, size_t begin, size_t end,
                              int64_t interval_ms)
{
    test_bar bar = {
        .symbol = "BTCUSDT",
        .start_ms = trades[begin].time / interval_ms * interval_ms,
        .open = trades[begin].price,
        .high = trades[begin].price,
        .low = trades[begin].price,
        .close = trades[end - 1].price,
        .num_trades = (int64_t)(end - begin),
    };
    bar.end_ms = bar.start_ms + interval_ms;
    long double volume[2] = {0, 0};
    long double notional = 0;
    for (size_t i = begin; i < end; i++) {
        bar.high = fmax(bar.high, trades[i].price);
        bar.low = fmin(bar.low, trades[i].price);
        volume[trades[i].is_buyer_maker] += trades[i].quantity;
        notional += (long double)trades[i].price * trades[i].quantity;
        bar.num_buyer += !trades[i].is_buyer_maker;
        bar.num_seller += trades[i].is_buyer_maker;
    }
    long double total = volume[0] + volume[1];
    bar.volume = (double)total;
    bar.vwap = total > 0 ? fmin(fmax((double)(notional / total), bar.low), bar.high) : NAN;
    bar.num_buyer_volume = (double)volume[0];
    bar.num_seller_volume = (double)volume[1];
    bar.notional = (double)notional;
    return bar;
}

test_bars test_bars_reference(const test_trade *trades, size_t n_trades, int64_t interval_ms,
                              int64_t from_ms, int64_t to_ms)
{
    test_bars out = {.bars = calloc(n_trades + 1, sizeof *out.bars), .has_sides = true};
    test_trade *sorted = malloc((n_trades + 1) * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < n_trades; i++)
        if (trades[i].time >= from_ms && trades[i].time < to_ms)
            sorted[n++] = trades[i];
    qsort(sorted, n, sizeof *sorted, by_time_and_id);
    for (size_t begin = 0; begin < n;) {
        size_t end = begin;
        while (end < n && sorted[end].time / interval_ms == sorted[begin].time / interval_ms)
            end++;
        out.bars[out.n_bars++] = reference_bar(sorted, begin, end, interval_ms);
        begin = end;
    }
    free(sorted);
    return out;
}
