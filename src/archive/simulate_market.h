/*
 * A market that never was: one symbol's trades of one day, from a seed. Whole numbers only, so that
 * every machine makes the same ones.
 */
#ifndef FCT_ARCHIVE_SIMULATE_MARKET_H
#define FCT_ARCHIVE_SIMULATE_MARKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a symbol is called and how its numbers are cut. Prices and quantities count units of their
 * last decimal.
 */
typedef struct fct_simulated_symbol {
    char name[32];
    uint64_t number; /* its place among the symbols */
    int price_decimals;
    int64_t tick; /* the smallest step of the price */
    int64_t first_price;
    int quantity_decimals;
    int64_t usual_quantity;
    int64_t contract_value; /* of a coin-margined contract, in units of the price; or 0 */
} fct_simulated_symbol;

/* `market` is "spot", "futures_um" or "futures_cm". */
void fct_simulated_symbol_make(fct_simulated_symbol *symbol, uint64_t number, const char *market);

typedef struct fct_simulated_trade {
    int64_t time_us; /* since midnight */
    int64_t price, quantity;
    int64_t number; /* since the first day's first */
    bool sold;      /* the taker sold: the buyer is the maker */
} fct_simulated_trade;

enum { FCT_MINUTES_PER_DAY = 1440 };

typedef struct fct_simulated_day {
    const fct_simulated_symbol *symbol;
    uint64_t random_state;
    int64_t n_trades, n_made;
    int64_t first_number;
    int64_t open, next_open; /* prices at this and the next midnight */
    int64_t middle;          /* between bid and ask, finer than a tick */
    int64_t step;
    fct_simulated_trade last;
    int minute;
    int64_t made_before;                    /* with the end of the minute before */
    int64_t made_with[FCT_MINUTES_PER_DAY]; /* trades up to the end of each minute */
} fct_simulated_day;

/* Starts day `day_number` (0 is the first) of a symbol that has `n_trades` of them on each day. */
void fct_simulated_day_start(fct_simulated_day *day, const fct_simulated_symbol *symbol,
                             uint64_t seed, int64_t day_number, int64_t n_trades);

/* The next trade in time order; false after the last. */
bool fct_simulated_day_next(fct_simulated_day *day, fct_simulated_trade *trade);

#endif
