/* Bar kernels against plain loops over all trades, on random trades cut into blocks at random places. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bars/bar.h"
#include "bars/join.h"
#include "bars/list.h"
#include "base/time.h"

enum { N_TRADES = 5000 };

typedef struct market {
    int64_t time_us[N_TRADES];
    int64_t id[N_TRADES];
    double price[N_TRADES];
    double quantity[N_TRADES];
    uint8_t is_buyer_maker[N_TRADES];
} market;

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* Ties in time, gaps of hours, zero quantities. */
static void make_market(market *m, uint64_t seed)
{
    int64_t time_us = INT64_C(1723075200000000) - 5000;
    for (int i = 0; i < N_TRADES; i++) {
        uint64_t r = random_bits(&seed);
        time_us += r % 10 < 4      ? 0
                   : r % 1000 == 7 ? (int64_t)(r % 7200000000)
                                   : (int64_t)(r % 900000);
        m->time_us[i] = time_us;
        m->id[i] = i;
        m->price[i] = (double)(50000 + random_bits(&seed) % 1000) / 10;
        m->quantity[i] = random_bits(&seed) % 20 ? (double)(random_bits(&seed) % 5000) / 1000 : 0;
        m->is_buyer_maker[i] = (uint8_t)(random_bits(&seed) & 1);
    }
}

static fct_trades block_of(const market *m, int64_t begin, int64_t end)
{
    return (fct_trades){
        .n_rows = end - begin,
        .time_us = m->time_us + begin,
        .price = m->price + begin,
        .quantity = m->quantity + begin,
        .is_buyer_maker = m->is_buyer_maker + begin,
        .id = m->id + begin,
    };
}

/*
 * How far a sum may lie from that in long double: our own half unit, or, where a tool (valgrind) calculates long doubles in
 * 53 bits, the error of the naive sum it is held against.
 */
static long double sum_tolerance(void)
{
    volatile long double one = 1.0L;
    return one + 0x1p-60L > one ? 1e-15L : 1e-12L;
}

/* What a bar of the trades [begin, end) must be, in long double. */
static void assert_bar_is(const fct_bar *bar, const market *m, int begin, int end)
{
    long double volume = 0;
    long double notional = 0;
    long double buyer_volume = 0;
    double high = 0;
    double low = INFINITY;
    int n_buyer = 0;
    for (int i = begin; i < end; i++) {
        volume += m->quantity[i];
        notional += m->price[i] * m->quantity[i];
        if (!m->is_buyer_maker[i]) {
            buyer_volume += m->quantity[i];
            n_buyer++;
        }
        high = fmax(high, m->price[i]);
        low = fmin(low, m->price[i]);
    }
    assert_true(bar->open == m->price[begin]);
    assert_true(bar->close == m->price[end - 1]);
    assert_true(bar->high == high);
    assert_true(bar->low == low);
    assert_int_equal(bar->n_trades, end - begin);
    assert_int_equal(bar->n_buyer, n_buyer);
    long double tolerance = sum_tolerance();
    assert_true(fabsl(fct_sum_value(bar->volume) - volume) <= tolerance * volume);
    assert_true(fabsl(fct_sum_value(bar->notional) - notional) <= tolerance * notional);
    assert_true(fabsl(fct_sum_value(bar->buyer_volume) - buyer_volume) <= tolerance * volume);
    assert_true(fabsl(fct_sum_value(bar->seller_volume) - (volume - buyer_volume)) <=
                tolerance * volume);
}

static size_t time_bars_in_blocks(fct_bar *bars, const market *m, int64_t interval_us,
                                  uint64_t seed)
{
    size_t n_bars = 0;
    for (int64_t begin = 0; begin < N_TRADES;) {
        int64_t end = begin + 1 + (int64_t)(random_bits(&seed) % 300);
        end = end < N_TRADES ? end : N_TRADES;
        fct_trades trades = block_of(m, begin, end);
        n_bars = fct_time_bars_add(bars, n_bars, interval_us, &trades, 0, trades.n_rows);
        begin = end;
    }
    return n_bars;
}

static void test_time_bars(void **state)
{
    (void)state;
    static const int64_t intervals_us[] = {1000,     7000,       1000000,        60000000,
                                           61000000, 3600000000, 7 * 3600000000, 86400000000};
    market *m = malloc(sizeof *m);
    fct_bar *bars = calloc(N_TRADES, sizeof *bars);
    for (size_t k = 0; k < sizeof intervals_us / sizeof *intervals_us; k++) {
        int64_t interval_us = intervals_us[k];
        make_market(m, k + 1);
        size_t n_bars = time_bars_in_blocks(bars, m, interval_us, k);
        size_t n_seen = 0;
        for (int begin = 0; begin < N_TRADES; n_seen++) {
            int64_t number = m->time_us[begin] / interval_us;
            int end = begin;
            while (end < N_TRADES && m->time_us[end] / interval_us == number)
                end++;
            assert_true(n_seen < n_bars);
            assert_int_equal(bars[n_seen].start_us, number * interval_us);
            assert_int_equal(bars[n_seen].end_us, (number + 1) * interval_us);
            assert_bar_is(&bars[n_seen], m, begin, end);
            begin = end;
        }
        assert_int_equal(n_seen, n_bars);
    }
    free(bars);
    free(m);
}

static void test_coarser_bars_from_finer_ones(void **state)
{
    (void)state;
    market *m = malloc(sizeof *m);
    fct_bar *fine = calloc(N_TRADES, sizeof *fine);
    fct_bar *coarse = calloc(N_TRADES, sizeof *coarse);
    make_market(m, 5);
    size_t n_fine = time_bars_in_blocks(fine, m, 60000000, 1);
    size_t n_coarse = time_bars_in_blocks(coarse, m, 300000000, 2);
    size_t n = fct_time_bars_coarsen(fine, n_fine, 300000000);
    assert_int_equal(n, n_coarse);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fine[i].start_us, coarse[i].start_us);
        assert_int_equal(fine[i].last_id, coarse[i].last_id);
        assert_true(fct_sum_value(fine[i].notional) == fct_sum_value(coarse[i].notional));
        assert_true(fine[i].high == coarse[i].high && fine[i].low == coarse[i].low);
        assert_int_equal(fine[i].n_buyer, coarse[i].n_buyer);
    }
    free(fine);
    free(coarse);
    free(m);
}

/* Where a threshold bar that begins at `begin` ends, counted in exact thousandths. */
static int reference_end(const market *m, const fct_bar_spec *spec, int begin, bool *closed)
{
    int64_t sum = 0;
    for (int i = begin; i < N_TRADES; i++) {
        int64_t thousandths = llround(m->quantity[i] * 1000);
        int64_t tenths = llround(m->price[i] * 10);
        sum += spec->kind == FCT_BAR_TICK     ? 1
               : spec->kind == FCT_BAR_VOLUME ? thousandths
                                              : thousandths * tenths;
        int64_t wanted = spec->kind == FCT_BAR_TICK     ? llround(spec->threshold)
                         : spec->kind == FCT_BAR_VOLUME ? llround(spec->threshold * 1000)
                                                        : llround(spec->threshold * 10000);
        if (sum >= wanted) {
            *closed = true;
            return i + 1;
        }
    }
    *closed = false;
    return N_TRADES;
}

static void check_threshold(const market *m, fct_bar_spec spec, uint64_t seed)
{
    fct_bar *bars = calloc(N_TRADES + 1, sizeof *bars);
    fct_bar current = {0};
    size_t n_bars = 0;
    for (int64_t begin = 0; begin < N_TRADES;) {
        int64_t end = begin + 1 + (int64_t)(random_bits(&seed) % 200);
        end = end < N_TRADES ? end : N_TRADES;
        fct_trades trades = block_of(m, begin, end);
        n_bars = fct_threshold_bars_add(bars, n_bars, &current, &spec, &trades, 0, trades.n_rows);
        begin = end;
    }
    size_t n_seen = 0;
    for (int begin = 0; begin < N_TRADES; n_seen++) {
        bool closed;
        int end = reference_end(m, &spec, begin, &closed);
        const fct_bar *bar = closed ? &bars[n_seen] : &current;
        assert_true(!closed || n_seen < n_bars);
        assert_bar_is(bar, m, begin, end);
        assert_int_equal(bar->start_us, m->time_us[begin]);
        assert_int_equal(bar->end_us, m->time_us[end - 1]);
        begin = end;
    }
    assert_int_equal(n_seen, n_bars + (current.n_trades > 0));
    free(bars);
}

static void test_threshold_bars(void **state)
{
    (void)state;
    static const fct_bar_spec specs[] = {
        {.kind = FCT_BAR_TICK, .threshold = 1},      {.kind = FCT_BAR_TICK, .threshold = 7},
        {.kind = FCT_BAR_TICK, .threshold = 100000}, {.kind = FCT_BAR_VOLUME, .threshold = 0.001},
        {.kind = FCT_BAR_VOLUME, .threshold = 10},   {.kind = FCT_BAR_VOLUME, .threshold = 33.3},
        {.kind = FCT_BAR_DOLLAR, .threshold = 1e5},  {.kind = FCT_BAR_DOLLAR, .threshold = 123.4},
        {.kind = FCT_BAR_DOLLAR, .threshold = 5e4},
    };
    market *m = malloc(sizeof *m);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        make_market(m, i + 100);
        check_threshold(m, specs[i], i);
    }
    free(m);
}

/* In decimals 0.7 + 0.1 + 0.2 is 1; in doubles it is a hair less. */
static void test_decimal_threshold_is_reached(void **state)
{
    (void)state;
    static const int64_t time_us[] = {1723075200000000, 1723075200000001, 1723075200000002};
    static const double price[] = {1, 1, 1};
    static const double quantity[] = {0.7, 0.1, 0.2};
    fct_trades trades = {.n_rows = 3, .time_us = time_us, .price = price, .quantity = quantity};
    fct_bar_spec spec = {.kind = FCT_BAR_VOLUME, .threshold = 1};
    fct_bar bars[4];
    fct_bar current = {0};
    assert_int_equal(fct_threshold_bars_add(bars, 0, &current, &spec, &trades, 0, 3), 1);
    assert_int_equal(current.n_trades, 0);
}

static void test_vwap_stays_between_low_and_high(void **state)
{
    (void)state;
    for (int n = 1; n < 200; n++) {
        fct_bar bar = {0};
        for (int i = 0; i < n; i++) {
            int64_t time_us = 1723075200000000 + i;
            double price = 0.1 + 1e-17 * i;
            double quantity = 1e-300 / (i + 1);
            fct_trades trades = {
                .n_rows = 1, .time_us = &time_us, .price = &price, .quantity = &quantity};
            fct_bar_add_trades(&bar, &trades, 0, 1);
        }
        fct_finished_bar finished = fct_bar_finish(&bar);
        assert_true(finished.vwap >= finished.low && finished.vwap <= finished.high);
    }
}

static void test_no_volume_has_no_vwap(void **state)
{
    (void)state;
    int64_t time_us = 1723075200000000;
    double price = 5;
    double quantity = 0;
    fct_trades trades = {.n_rows = 1, .time_us = &time_us, .price = &price, .quantity = &quantity};
    fct_bar bar = {0};
    fct_bar_add_trades(&bar, &trades, 0, 1);
    fct_finished_bar finished = fct_bar_finish(&bar);
    assert_true(isnan(finished.vwap));
    assert_true(finished.open == 5 && finished.close == 5 && finished.volume == 0);
}

/* Days whose files hold rows of the day before, and intervals that span midnight. */
static void test_days_join_like_one_series(void **state)
{
    (void)state;
    static const int64_t intervals_us[] = {60000000, 7 * INT64_C(3600000000),
                                           3 * INT64_C(86400000000)};
    market *m = malloc(sizeof *m);
    fct_bar *whole = calloc(N_TRADES, sizeof *whole);
    for (size_t k = 0; k < sizeof intervals_us / sizeof *intervals_us; k++) {
        make_market(m, 77 + k);
        size_t n_whole = time_bars_in_blocks(whole, m, intervals_us[k], 3);
        fct_job job;
        assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
        fct_bar_join join = {.final_us = INT64_MIN};
        fct_bar_list list = {0};
        for (int begin = 0; begin < N_TRADES;) {
            int64_t day = m->time_us[begin] / FCT_US_PER_DAY;
            int end = begin;
            /* A few rows of each day lie in the next day's file. */
            while (end < N_TRADES && m->time_us[end] < (day + 1) * FCT_US_PER_DAY - 50000000)
                end++;
            end = end == begin ? begin + 1 : end;
            day = m->time_us[end - 1] / FCT_US_PER_DAY;
            fct_trades trades = block_of(m, begin, end);
            fct_bar_array bars = {0};
            assert_int_equal(fct_bar_array_reserve(&bars, (size_t)trades.n_rows, NULL), FCT_OK);
            bars.n_bars =
                fct_time_bars_add(bars.bars, 0, intervals_us[k], &trades, 0, trades.n_rows);
            assert_int_equal(fct_bar_join_add(&join, &bars, day, &list, &job, NULL), FCT_OK);
            fct_bar_array_free(&bars);
            begin = end;
        }
        assert_int_equal(fct_bar_join_end(&join, &list, &job, NULL), FCT_OK);
        assert_int_equal(list.n_bars, n_whole);
        for (size_t i = 0; i < n_whole; i++) {
            fct_finished_bar expected = fct_bar_finish(&whole[i]);
            assert_memory_equal(fct_bar_list_peek(&list), &expected, sizeof expected);
            fct_bar_list_pop(&list);
        }
        fct_bar_list_free(&list);
        fct_bar_join_free(&join);
        fct_job_end(&job);
    }
    free(whole);
    free(m);
}

static void test_find_is_a_lower_bound(void **state)
{
    (void)state;
    market *m = malloc(sizeof *m);
    make_market(m, 9);
    fct_trades trades = block_of(m, 0, N_TRADES);
    uint64_t seed = 4;
    for (int k = 0; k < 2000; k++) {
        int64_t begin = (int64_t)(random_bits(&seed) % N_TRADES);
        int64_t end = begin + (int64_t)(random_bits(&seed) % (uint64_t)(N_TRADES - begin + 1));
        int64_t wanted =
            m->time_us[random_bits(&seed) % N_TRADES] + (int64_t)(random_bits(&seed) % 3) - 1;
        int64_t expected = begin;
        while (expected < end && m->time_us[expected] < wanted)
            expected++;
        assert_int_equal(fct_trades_find(&trades, begin, end, wanted), expected);
    }
    free(m);
}

static void test_spec(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fct_status status;
        fct_bar_kind kind;
        double value;
    } cases[] = {
        {"1m", FCT_OK, FCT_BAR_TIME, 60000},
        {"time:4h", FCT_OK, FCT_BAR_TIME, 14400000},
        {"tick:1000", FCT_OK, FCT_BAR_TICK, 1000},
        {"volume:0.5", FCT_OK, FCT_BAR_VOLUME, 0.5},
        {"dollar:1e6", FCT_OK, FCT_BAR_DOLLAR, 1e6},
        {"0m", FCT_ERROR_ARGUMENT, FCT_BAR_TIME, 0},
        {"0", FCT_ERROR_ARGUMENT, FCT_BAR_TIME, 0},
        {"", FCT_ERROR_ARGUMENT, FCT_BAR_TIME, 0},
        {"367d", FCT_ERROR_ARGUMENT, FCT_BAR_TIME, 0},
        {"tick:1.5", FCT_ERROR_ARGUMENT, FCT_BAR_TICK, 0},
        {"tick:0", FCT_ERROR_ARGUMENT, FCT_BAR_TICK, 0},
        {"tick:-3", FCT_ERROR_ARGUMENT, FCT_BAR_TICK, 0},
        {"volume:nan", FCT_ERROR_ARGUMENT, FCT_BAR_VOLUME, 0},
        {"dollar:inf", FCT_ERROR_ARGUMENT, FCT_BAR_DOLLAR, 0},
        {"dollar:", FCT_ERROR_ARGUMENT, FCT_BAR_DOLLAR, 0},
        {"dollar:1e6x", FCT_ERROR_ARGUMENT, FCT_BAR_DOLLAR, 0},
        {"renko:5", FCT_ERROR_ARGUMENT, FCT_BAR_TIME, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_bar_spec spec;
        fct_error err = {0};
        fct_status status = fct_bar_spec_parse(cases[i].text, &spec, &err);
        if (status != cases[i].status)
            fail_msg("%s: %s (%s)", cases[i].text, fct_status_name(status), err.message);
        if (status != FCT_OK) {
            assert_true(err.message[0]);
            continue;
        }
        assert_int_equal(spec.kind, cases[i].kind);
        assert_true((spec.kind == FCT_BAR_TIME ? (double)spec.interval_ms : spec.threshold) ==
                    cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_bars),
        cmocka_unit_test(test_coarser_bars_from_finer_ones),
        cmocka_unit_test(test_threshold_bars),
        cmocka_unit_test(test_decimal_threshold_is_reached),
        cmocka_unit_test(test_vwap_stays_between_low_and_high),
        cmocka_unit_test(test_no_volume_has_no_vwap),
        cmocka_unit_test(test_days_join_like_one_series),
        cmocka_unit_test(test_find_is_a_lower_bound),
        cmocka_unit_test(test_spec),
    };
    return cmocka_run_group_tests_name("bar kernels", tests, NULL, NULL);
}
