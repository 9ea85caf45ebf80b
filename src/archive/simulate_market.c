#include "archive/simulate_market.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
 */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. below - 1; the bias of the remainder is far below what a simulation shows. */
static int64_t random_below(uint64_t *state, int64_t below)
{
    return (int64_t)(next_random(state) % (uint64_t)below);
}

/* Streams for different purposes, symbols and days have nothing in common. */
static uint64_t random_stream(uint64_t seed, uint64_t symbol, uint64_t purpose)
{
    uint64_t state = seed;
    state = next_random(&state) ^ symbol;
    state = next_random(&state) ^ purpose;
    return next_random(&state);
}

void fct_simulated_symbol_make(fct_simulated_symbol *symbol, uint64_t number, const char *market)
{
    static const struct {
        const char *coin;
        int price_decimals, quantity_decimals;
        int64_t tick, first_price, usual_quantity, dollars_per_contract;
    } coins[] = {
        {"BTC", 2, 3, 10, 6180000, 40, 100}, {"ETH", 2, 3, 1, 268000, 500, 10},
        {"SOL", 3, 0, 10, 155240, 8, 10},    {"BNB", 2, 2, 1, 51150, 60, 10},
        {"XRP", 4, 1, 1, 6012, 2500, 10},    {"DOGE", 5, 0, 1, 10254, 900, 10},
        {"ADA", 4, 0, 1, 3421, 700, 10},     {"LINK", 3, 2, 1, 10452, 1500, 10},
        {"AVAX", 3, 0, 1, 22451, 12, 10},    {"LTC", 2, 3, 1, 6128, 2500, 10},
    };
    enum { N_COINS = sizeof coins / sizeof *coins };
    size_t like = (size_t)(number % N_COINS);
    bool is_cm = strcmp(market, "futures_cm") == 0;
    const char *suffix = is_cm ? "USD_PERP" : "USDT";
    *symbol = (fct_simulated_symbol){.number = number,
                                     .price_decimals = coins[like].price_decimals,
                                     .tick = coins[like].tick,
                                     .first_price = coins[like].first_price,
                                     .quantity_decimals = coins[like].quantity_decimals,
                                     .usual_quantity = coins[like].usual_quantity};
    if (number < N_COINS)
        snprintf(symbol->name, sizeof symbol->name, "%s%s", coins[number].coin, suffix);
    else
        snprintf(symbol->name, sizeof symbol->name, "SIM%03" PRIu64 "%s", number - N_COINS + 1,
                 suffix);
    if (strcmp(market, "spot") == 0 && symbol->price_decimals + symbol->quantity_decimals <= 6) {
        symbol->quantity_decimals += 2;
        symbol->usual_quantity *= 100;
    }
    if (is_cm) {
        symbol->quantity_decimals = 0;
        symbol->usual_quantity = 20;
        symbol->contract_value = coins[like].dollars_per_contract;
        for (int i = 0; i < symbol->price_decimals; i++)
            symbol->contract_value *= 10;
    }
}

/*
 * How many trades each minute has: more around 14:00, more in some minutes than in others, none in
 * about one of twelve and in a few longer pauses.
 */
static void spread_over_minutes(fct_simulated_day *day, uint64_t *random)
{
    enum { BUSIEST_MINUTE = 840, PAUSE_STARTS = 180 };
    int64_t weights[FCT_MINUTES_PER_DAY], total = 0;
    int pause = 0;
    for (int m = 0; m < FCT_MINUTES_PER_DAY; m++) {
        int away = m < BUSIEST_MINUTE ? BUSIEST_MINUTE - m : m - BUSIEST_MINUTE;
        int64_t weight = (1000 - away) * (1 + random_below(random, 8) * random_below(random, 8));
        if (pause == 0 && random_below(random, PAUSE_STARTS) == 0)
            pause = 3 + (int)random_below(random, 5);
        bool quiet = pause > 0 || random_below(random, 12) == 0;
        if (quiet && m != BUSIEST_MINUTE) /* no day is all quiet */
            weight = 0;
        pause -= pause > 0;
        weights[m] = weight;
        total += weight;
    }
    int64_t sum = 0;
    for (int m = 0; m < FCT_MINUTES_PER_DAY; m++) {
        sum += weights[m];
        day->made_with[m] = (int64_t)((__int128)day->n_trades * sum / total);
    }
}

static int64_t square_root(int64_t n)
{
    int64_t root = 1;
    while (root * root < n)
        root += 1 + root / 16;
    return root;
}

void fct_simulated_day_start(fct_simulated_day *day, const fct_simulated_symbol *symbol,
                             uint64_t seed, int64_t day_number, int64_t n_trades)
{
    enum { DAILY_MOVES = 0, TRADES = 1 };
    *day = (fct_simulated_day){.symbol = symbol, .n_trades = n_trades};
    day->first_number = day_number * n_trades;
    /*
     * A day is made without the days before it; the prices at midnight come from a walk of their
     * own.
     */
    uint64_t moves = random_stream(seed, symbol->number, DAILY_MOVES);
    day->next_open = symbol->first_price;
    for (int64_t d = 0; d <= day_number; d++) {
        day->open = day->next_open;
        int64_t per_mille = random_below(&moves, 81) - 40;
        /* Pulled back from afar, so that no number of days takes the price to nothing. */
        if (day->open < symbol->first_price / 3)
            per_mille = 40;
        if (day->open > symbol->first_price * 3)
            per_mille = -40;
        day->next_open = day->open + day->open * per_mille / 1000;
    }
    day->random_state = random_stream(seed, symbol->number, TRADES + (uint64_t)day_number);
    day->middle = day->open;
    /* One trade in eight moves the price: together by about 1.5 % in a day. */
    day->step = day->open * 37 / 1000 / square_root(n_trades);
    if (day->step < 1)
        day->step = 1;
    spread_over_minutes(day, &day->random_state);
}

/*
 * About six times a day the price jumps by up to a per cent; otherwise it drifts towards the next
 * midnight's.
 */
static void move_price(fct_simulated_day *day, uint64_t bits)
{
    enum { JUMPS_PER_DAY = 6 };
    const fct_simulated_symbol *symbol = day->symbol;
    bool up = (bits >> 8 & 15) < 8;
    if ((int64_t)(bits >> 20 & 0xffffffff) % (day->n_trades / JUMPS_PER_DAY + 1) == 0) {
        int64_t jump = day->open * (2 + (int64_t)(bits >> 12 & 7)) / 1000;
        day->middle += up ? jump : -jump;
    } else if ((bits & 7) == 0) {
        int64_t target = day->open + (int64_t)((__int128)(day->next_open - day->open) *
                                               day->n_made / day->n_trades);
        up = (int64_t)(bits >> 8 & 15) < (day->middle < target ? 9 : 7);
        int64_t move = (int64_t)(bits >> 32) % (2 * day->step + 1);
        day->middle += up ? move : -move;
    }
    int64_t lowest = day->open / 2 > symbol->tick ? day->open / 2 : symbol->tick;
    if (day->middle < lowest)
        day->middle = lowest;
    if (day->middle > 2 * day->open)
        day->middle = 2 * day->open;
}

/* Many small ones, few large: each doubling of the size halves how often it comes. */
static int64_t make_quantity(const fct_simulated_symbol *symbol, uint64_t bits)
{
    int doublings = __builtin_ctzll(bits | 1 << 7);
    int64_t most = symbol->usual_quantity << doublings;
    return 1 + (int64_t)(bits >> 8 & 0xffffffff) % most;
}

bool fct_simulated_day_next(fct_simulated_day *day, fct_simulated_trade *trade)
{
    static const int64_t us_per_minute = 60000000;
    const fct_simulated_symbol *symbol = day->symbol;
    if (day->n_made == day->n_trades)
        return false;
    bool new_minute = day->n_made == 0;
    while (day->n_made >= day->made_with[day->minute]) {
        day->made_before = day->made_with[day->minute++];
        new_minute = true;
    }
    assert(day->minute < FCT_MINUTES_PER_DAY);
    uint64_t bits = next_random(&day->random_state);
    fct_simulated_trade *t = &day->last;
    bool of_same_order = !new_minute && (bits & 0x30) == 0;
    if (of_same_order) {
        /*
         * One taker's order that meets several makers: the same moment and side, prices no better.
         */
        if (bits & 0x40)
            t->price += t->sold ? -symbol->tick : symbol->tick;
        if (t->price < symbol->tick)
            t->price = symbol->tick;
    } else {
        int64_t n = day->made_with[day->minute] - day->made_before;
        int64_t i = day->n_made - day->made_before;
        int64_t from = us_per_minute * i / n, to = us_per_minute * (i + 1) / n;
        int64_t within = to > from ? (int64_t)(bits >> 24) % (to - from) : 0;
        move_price(day, next_random(&day->random_state));
        t->time_us = day->minute * us_per_minute + from + within;
        t->sold = (bits & 0x80) != 0;
        int64_t bid = day->middle / symbol->tick * symbol->tick;
        t->price = t->sold ? bid : bid + symbol->tick;
    }
    t->quantity = make_quantity(symbol, next_random(&day->random_state));
    t->number = day->first_number + day->n_made++;
    *trade = *t;
    return true;
}
