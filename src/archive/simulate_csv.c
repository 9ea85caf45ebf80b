#include "archive/simulate_csv.h"

#include <string.h>

enum { MAX_LINE_BYTES = 512, SPOT_DECIMALS = 8, BASE_DECIMALS = 8 };

/*
 * ---- Numbers as text, without the locale and far faster than printf -----------------------------
 */

static char *put_whole(char *p, int64_t value)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

/* `units` of 10^-decimals, padded with zeros to `width` decimals. */
static char *put_decimal(char *p, int64_t units, int decimals, int width)
{
    int64_t scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    p = put_whole(p, units / scale);
    if (width <= 0 && decimals == 0)
        return p;
    *p++ = '.';
    int64_t rest = units % scale;
    for (int i = 0; i < decimals; i++) {
        scale /= 10;
        *p++ = (char)('0' + rest / scale);
        rest %= scale;
    }
    for (int i = decimals; i < width; i++)
        *p++ = '0';
    return p;
}

/* Without zeros at the end, as futures' quote quantities are published. */
static char *put_trimmed(char *p, int64_t units, int decimals)
{
    char *end = put_decimal(p, units, decimals, 0);
    if (decimals == 0)
        return end;
    while (end[-1] == '0')
        end--;
    return end[-1] == '.' ? end - 1 : end;
}

static char *put_text(char *p, const char *text)
{
    return stpcpy(p, text);
}

/*
 * ---- Values -------------------------------------------------------------------------------------
 */

static char *put_price(const fct_simulated_csv *csv, char *p, int64_t price)
{
    return put_decimal(p, price, csv->symbol->price_decimals, csv->is_spot ? SPOT_DECIMALS : 0);
}

static char *put_quantity(const fct_simulated_csv *csv, char *p, int64_t quantity)
{
    return put_decimal(p, quantity, csv->symbol->quantity_decimals,
                       csv->is_spot ? SPOT_DECIMALS : 0);
}

/* Price times quantity; of coin-margined contracts what they are worth in the coin. */
static int64_t other_quantity(const fct_simulated_csv *csv, int64_t price, int64_t quantity)
{
    if (!csv->is_cm)
        return price * quantity;
    __int128 coin_units = 1;
    for (int i = 0; i < BASE_DECIMALS; i++)
        coin_units *= 10;
    __int128 value = (__int128)quantity * csv->symbol->contract_value;
    return (int64_t)((value * coin_units + price / 2) / price);
}

static char *put_other_quantity(const fct_simulated_csv *csv, char *p, int64_t value)
{
    int decimals = csv->symbol->price_decimals + csv->symbol->quantity_decimals;
    if (csv->is_cm)
        return put_decimal(p, value, BASE_DECIMALS, 0);
    if (csv->is_spot)
        return put_decimal(p, value, decimals, SPOT_DECIMALS);
    return put_trimmed(p, value, decimals);
}

static char *put_time(const fct_simulated_csv *csv, char *p, int64_t time_us)
{
    return put_whole(p,
                     csv->in_us ? csv->midnight_us + time_us : (csv->midnight_us + time_us) / 1000);
}

/*
 * ---- Lines --------------------------------------------------------------------------------------
 */

static char *put_header(const fct_simulated_csv *csv, char *p)
{
    for (size_t c = 0; c < csv->table->n_columns; c++) {
        p = put_text(p, csv->table->column_names[c]);
        *p++ = c + 1 < csv->table->n_columns ? ',' : '\n';
    }
    return p;
}

static char *put_trade(const fct_simulated_csv *csv, char *p, const fct_simulated_trade *trade)
{
    static const char *const words[2][2] = {{"false", "true"}, {"False", "True"}};
    const int64_t first_id = 1000000 + (int64_t)csv->symbol->number * 1000;
    bool is_aggregate = strcmp(csv->table->data_type, "aggTrades") == 0;
    p = put_whole(p, first_id + trade->number);
    *p++ = ',';
    p = put_price(csv, p, trade->price);
    *p++ = ',';
    p = put_quantity(csv, p, trade->quantity);
    *p++ = ',';
    if (is_aggregate) {
        /*
         * Up to two trades of the four numbers that each aggregate has to itself: ids have gaps in
         * published files too.
         */
        int64_t first = 4 * (first_id + trade->number);
        p = put_whole(p, first);
        *p++ = ',';
        p = put_whole(p, first + (trade->quantity & 1));
    } else {
        p = put_other_quantity(csv, p, other_quantity(csv, trade->price, trade->quantity));
    }
    *p++ = ',';
    p = put_time(csv, p, trade->time_us);
    *p++ = ',';
    p = put_text(p, words[csv->is_spot][trade->sold]);
    if (csv->is_spot)
        p = put_text(p, ",True");
    *p++ = '\n';
    return p;
}

static char *put_kline(const fct_simulated_csv *csv, char *p)
{
    const fct_simulated_kline *k = &csv->kline;
    int64_t start_us = csv->kline_number * csv->kline_us;
    const int64_t prices[] = {k->open, k->high, k->low, k->close};
    p = put_time(csv, p, start_us);
    for (int i = 0; i < 4; i++) {
        *p++ = ',';
        p = put_price(csv, p, prices[i]);
    }
    *p++ = ',';
    p = put_quantity(csv, p, k->volume);
    *p++ = ',';
    p = put_time(csv, p, start_us + csv->kline_us - (csv->in_us ? 1 : 1000));
    *p++ = ',';
    p = put_other_quantity(csv, p, k->quote_volume);
    *p++ = ',';
    p = put_whole(p, k->count);
    *p++ = ',';
    p = put_quantity(csv, p, k->buyer_volume);
    *p++ = ',';
    p = put_other_quantity(csv, p, k->buyer_quote_volume);
    return put_text(p, ",0\n");
}

static void add_to_kline(const fct_simulated_csv *csv, fct_simulated_kline *k,
                         const fct_simulated_trade *trade)
{
    int64_t other = other_quantity(csv, trade->price, trade->quantity);
    if (k->count++ == 0)
        k->open = k->high = k->low = trade->price;
    k->high = trade->price > k->high ? trade->price : k->high;
    k->low = trade->price < k->low ? trade->price : k->low;
    k->close = trade->price;
    k->volume += trade->quantity;
    k->quote_volume += other;
    if (!trade->sold) {
        k->buyer_volume += trade->quantity;
        k->buyer_quote_volume += other;
    }
}

/* The next kline, one without trades repeating the last price; false behind the day's last. */
static bool next_kline(fct_simulated_csv *csv)
{
    int64_t n_klines = FCT_US_PER_DAY / csv->kline_us;
    if (++csv->kline_number >= n_klines)
        return false;
    int64_t end_us = (csv->kline_number + 1) * csv->kline_us;
    int64_t before = csv->kline.close;
    csv->kline =
        (fct_simulated_kline){.open = before, .high = before, .low = before, .close = before};
    while (csv->has_ahead && csv->ahead.time_us < end_us) {
        add_to_kline(csv, &csv->kline, &csv->ahead);
        csv->has_ahead = fct_simulated_day_next(&csv->day, &csv->ahead);
    }
    return true;
}

void fct_simulated_csv_start(fct_simulated_csv *csv, const fct_exchange_table *table,
                             const fct_simulated_symbol *symbol, uint64_t seed, int64_t first_day,
                             int64_t day_number, int64_t n_trades, int64_t interval_ms)
{
    enum {
        FIRST_DAY_IN_US = 20089 /* 2025-01-01 */,
        FIRST_DAY_WITH_HEADER = 19215 /* 2022-08-11 */
    };
    int64_t day = first_day + day_number;
    bool is_spot = strcmp(table->market, "spot") == 0;
    *csv = (fct_simulated_csv){
        .table = table,
        .symbol = symbol,
        .midnight_us = day * FCT_US_PER_DAY,
        .is_spot = is_spot,
        .is_cm = strcmp(table->market, "futures_cm") == 0,
        .in_us = is_spot && day >= FIRST_DAY_IN_US,
        .header_is_due = !is_spot && day >= FIRST_DAY_WITH_HEADER,
        .kline_us = interval_ms * 1000,
        .kline_number = -1,
    };
    fct_simulated_day_start(&csv->day, symbol, seed, day_number, n_trades);
    if (table->is_klines) {
        csv->kline.close = csv->day.open / symbol->tick * symbol->tick;
        csv->has_ahead = fct_simulated_day_next(&csv->day, &csv->ahead);
    }
}

size_t fct_simulated_csv_write(fct_simulated_csv *csv, char *text, size_t size)
{
    char *p = text;
    if (csv->header_is_due)
        p = put_header(csv, p);
    csv->header_is_due = false;
    while (size - (size_t)(p - text) >= MAX_LINE_BYTES) {
        fct_simulated_trade trade;
        if (csv->table->is_klines && next_kline(csv))
            p = put_kline(csv, p);
        else if (!csv->table->is_klines && fct_simulated_day_next(&csv->day, &trade))
            p = put_trade(csv, p, &trade);
        else
            break;
    }
    return (size_t)(p - text);
}
