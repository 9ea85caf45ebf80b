/*
 * A simulated day as the exchange would publish it: its columns, its header or none, its spelling.
 */
#ifndef FCT_ARCHIVE_SIMULATE_CSV_H
#define FCT_ARCHIVE_SIMULATE_CSV_H

#include "archive/simulate_market.h"
#include "exchange/exchange.h"

/* A bar under way, in the units of the symbol. */
typedef struct fct_simulated_kline {
    int64_t open, high, low, close;
    int64_t volume, quote_volume, count, buyer_volume, buyer_quote_volume;
} fct_simulated_kline;

typedef struct fct_simulated_csv {
    const fct_exchange_table *table;
    const fct_simulated_symbol *symbol;
    fct_simulated_day day;
    int64_t midnight_us;
    bool is_spot, is_cm;
    bool in_us; /* times are µs, otherwise ms */
    bool header_is_due;
    int64_t kline_us; /* length of a kline */
    int64_t kline_number;
    fct_simulated_kline kline;
    fct_simulated_trade ahead; /* the first trade behind the klines written so far */
    bool has_ahead;
} fct_simulated_csv;

/* `interval_ms` is the length of klines. The symbol must outlive the object. */
void fct_simulated_csv_start(fct_simulated_csv *csv, const fct_exchange_table *table,
                             const fct_simulated_symbol *symbol, uint64_t seed, int64_t first_day,
                             int64_t day_number, int64_t n_trades, int64_t interval_ms);

/*
 * Writes whole lines into `text`; returns their length, 0 at the end of the day. `size` is at least
 * 4096.
 */
size_t fct_simulated_csv_write(fct_simulated_csv *csv, char *text, size_t size);

#endif
