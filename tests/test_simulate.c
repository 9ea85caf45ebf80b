/*
 * Simulated archives: they read like published ones, look like a market, and are the same for the
 * same options.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/checksum.h"
#include "base/file.h"
#include "support/archive.h"

#define DAY_MS INT64_C(86400000)
#define MIDNIGHT_MS (19943 * DAY_MS) /* 2024-08-08 */

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove();
    return 0;
}

static void simulate(const char *folder, const fct_simulate_options *options, int n_threads)
{
    fct_error err = {0};
    fct_run run = {.n_threads = n_threads};
    if (fct_simulate(folder, options, &run, &err) != FCT_OK)
        fail_msg("%s", err.message);
}

static test_archive *read_day(const char *folder, const fct_dataset *dataset, const char *symbol,
                              int64_t day)
{
    char relative[256], path[512];
    assert_int_equal(
        fct_exchange_archive_path(dataset, symbol, day, relative, sizeof relative, NULL), FCT_OK);
    snprintf(path, sizeof path, "%s/%s", folder, relative);
    test_archive *archive = test_archive_read(path, NULL);
    if (archive->status != FCT_OK)
        fail_msg("%s", archive->err.message);
    assert_int_equal(archive->n_messages, 0);
    return archive;
}

typedef struct digest {
    int n_files;
    fct_text text;
} digest;

static fct_status add_file(const char *path, const fct_file_info *info, void *context,
                           fct_error *err)
{
    (void)info;
    digest *d = context;
    fct_job job;
    char hex[FCT_CHECKSUM_HEX + 1];
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    assert_int_equal(fct_checksum_file(path, &job, hex, NULL), FCT_OK);
    fct_job_end(&job);
    d->n_files++;
    return fct_text_append_format(&d->text, err, "%s %s\n", fct_path_name(path), hex);
}

/* Names and SHA-256 of all files below `folder`. */
static digest digest_of(const char *folder)
{
    digest d = {0};
    assert_int_equal(fct_tree_walk(folder, add_file, &d, NULL), FCT_OK);
    return d;
}

static void the_same_options_give_the_same_bytes(void **state)
{
    (void)state;
    fct_simulate_options options = {.n_trades_per_day = 3000, .n_symbols = 4, .n_days = 3};
    simulate(test_path("one"), &options, 1);
    simulate(test_path("four"), &options, 4);
    digest one = digest_of(test_path("one")), four = digest_of(test_path("four"));
    assert_int_equal(one.n_files, 2 * 4 * 3);
    assert_string_equal(one.text.data, four.text.data);
    /* Over an archive that is there already. */
    simulate(test_path("four"), &options, 2);
    digest again = digest_of(test_path("four"));
    assert_string_equal(one.text.data, again.text.data);
    options.seed = 2;
    simulate(test_path("four"), &options, 2);
    digest other = digest_of(test_path("four"));
    assert_int_equal(other.n_files, one.n_files);
    assert_string_not_equal(one.text.data, other.text.data);
    fct_text_free(&one.text);
    fct_text_free(&four.text);
    fct_text_free(&again.text);
    fct_text_free(&other.text);
}

static void no_options_are_the_defaults(void **state)
{
    (void)state;
    const char *folder = test_path("defaults");
    fct_error err = {0};
    assert_int_equal(fct_simulate(folder, NULL, NULL, &err), FCT_OK);
    digest d = digest_of(folder);
    assert_int_equal(d.n_files, 2 * 6 * 2);
    fct_text_free(&d.text);
    static const char *const symbols[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT",
                                          "BNBUSDT", "XRPUSDT", "DOGEUSDT"};
    static const int64_t n_rows[] = {20000, 13333, 10000, 8000, 6666, 5714};
    fct_dataset dataset = {.market = "futures_um", .data_type = "aggTrades"};
    for (size_t i = 0; i < 6; i++) {
        for (int64_t day = 19943; day < 19945; day++) {
            test_archive *archive = read_day(folder, &dataset, symbols[i], day);
            assert_true(archive->n_rows == n_rows[i]);
            assert_true(archive->identity.first_day == day);
            test_archive_free(archive);
        }
    }
}

/*
 * Sorted, of their day, with numbers that follow on, prices near each other, and the oddities that
 * tests need.
 */
static void it_looks_like_a_market(void **state)
{
    (void)state;
    const char *folder = test_path("market");
    fct_simulate_options options = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                    .n_symbols = 2,
                                    .n_days = 2,
                                    .n_trades_per_day = 50000};
    simulate(folder, &options, 2);
    int64_t last_id = 0;
    double last_price = 0;
    for (int64_t day = 0; day < 2; day++) {
        test_archive *archive = read_day(folder, &options.dataset, "BTCUSDT", 19943 + day);
        const int64_t *time = test_column(archive, "time"), *id = test_column(archive, "id");
        const double *price = test_column(archive, "price"), *qty = test_column(archive, "qty");
        const double *quote = test_column(archive, "quote_qty");
        const uint8_t *maker = test_column(archive, "is_buyer_maker");
        int64_t n_same_time = 0, n_jumps = 0, n_sold = 0, n_quiet = 0, per_minute[1440] = {0};
        double low = price[0], high = price[0];
        for (int64_t i = 0; i < archive->n_rows; i++) {
            int64_t within = time[i] - MIDNIGHT_MS - day * DAY_MS;
            assert_true(within >= 0 && within < DAY_MS);
            per_minute[within / 60000]++;
            assert_true(!last_id || id[i] == last_id + 1);
            last_id = id[i];
            double relative = last_price > 0 ? price[i] / last_price - 1 : 0;
            assert_true(relative > -0.05 && relative < 0.05);
            n_jumps += relative > 0.0015 || relative < -0.0015;
            last_price = price[i];
            assert_true(i == 0 || time[i] >= time[i - 1]);
            n_same_time += i > 0 && time[i] == time[i - 1];
            n_sold += maker[i];
            assert_true(qty[i] > 0);
            double product = price[i] * qty[i];
            assert_true(quote[i] > product * (1 - 1e-12) && quote[i] < product * (1 + 1e-12));
            low = price[i] < low ? price[i] : low;
            high = price[i] > high ? price[i] : high;
        }
        for (int m = 0; m < 1440; m++)
            n_quiet += per_minute[m] == 0;
        assert_int_equal(archive->n_rows, 50000);
        assert_true(n_same_time > 5000 && n_same_time < 25000);
        assert_true(n_jumps >= 1 && n_jumps < 100);
        assert_true(n_sold > 15000 && n_sold < 35000);
        assert_true(n_quiet > 50 && n_quiet < 400);
        assert_true(high / low > 1.005 && high / low < 1.5);
        test_archive_free(archive);
    }
}

static void every_market_and_type_reads_back(void **state)
{
    (void)state;
    static const char *const markets[] = {"spot", "futures_um", "futures_cm"};
    static const char *const types[] = {"aggTrades", "trades", "klines"};
    /* Before and after headers came, and spot went to µs. */
    static const int64_t days[] = {18000, 19943, 20300};
    for (size_t m = 0; m < 3; m++) {
        for (size_t t = 0; t < 3; t++) {
            for (size_t d = 0; d < 3; d++) {
                fct_simulate_options options = {.dataset = {.market = markets[m],
                                                            .data_type = types[t],
                                                            .interval = t == 2 ? "1h" : NULL},
                                                .n_symbols = 12,
                                                .n_days = 1,
                                                .first_day = days[d],
                                                .n_trades_per_day = 500};
                char folder[64];
                snprintf(folder, sizeof folder, "all%zu%zu%zu", m, t, d);
                const char *path = test_path(folder);
                simulate(path, &options, 2);
                static const char *const symbols[3][3] = {
                    {"BTCUSDT", "LTCUSDT", "SIM002USDT"},
                    {"BTCUSDT", "LTCUSDT", "SIM002USDT"},
                    {"BTCUSD_PERP", "LTCUSD_PERP", "SIM002USD_PERP"}};
                for (size_t s = 0; s < 3; s++) {
                    test_archive *a = read_day(path, &options.dataset, symbols[m][s], days[d]);
                    assert_true(a->n_rows == (t == 2   ? 24
                                              : s == 0 ? 500
                                              : s == 1 ? 1000 / 11
                                                       : 1000 / 13));
                    assert_int_equal(a->schema.n_columns,
                                     t == 2 ? 12 : (t == 0 ? 7 : 6) + (m == 0));
                    bool has_header = m != 0 && days[d] > 19215;
                    assert_int_equal(a->row_number[0], has_header ? 2 : 1);
                    const int64_t *time = a->columns[a->schema.time];
                    bool in_us = m == 0 && days[d] > 20089;
                    assert_true(time[0] == (in_us ? a->time_us[0] : a->time_us[0] / 1000));
                    assert_true(a->time_us[0] / (DAY_MS * 1000) == days[d]);
                    assert_true(a->time_us[a->n_rows - 1] / (DAY_MS * 1000) == days[d]);
                    test_archive_free(a);
                }
            }
        }
    }
}

/* Klines are the bars of the trades of the same options. */
static void klines_are_bars_of_the_trades(void **state)
{
    (void)state;
    fct_simulate_options options = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                    .n_symbols = 1,
                                    .n_days = 1,
                                    .n_trades_per_day = 4000};
    const char *folder = test_path("klines");
    simulate(folder, &options, 1);
    test_archive *trades = read_day(folder, &options.dataset, "BTCUSDT", 19943);
    options.dataset.data_type = "klines";
    options.dataset.interval = "5m";
    simulate(folder, &options, 1);
    test_archive *klines = read_day(folder, &options.dataset, "BTCUSDT", 19943);
    assert_int_equal(klines->n_rows, 288);
    const int64_t *time = test_column(trades, "time"), *count = test_column(klines, "count");
    const double *price = test_column(trades, "price"), *qty = test_column(trades, "qty");
    const double *open = test_column(klines, "open"), *high = test_column(klines, "high");
    const double *low = test_column(klines, "low"), *close = test_column(klines, "close");
    const double *volume = test_column(klines, "volume");
    const int64_t *open_time = test_column(klines, "open_time"),
                  *close_time = test_column(klines, "close_time");
    int64_t i = 0, n_empty = 0;
    for (int64_t k = 0; k < 288; k++) {
        assert_true(open_time[k] == MIDNIGHT_MS + k * 300000 &&
                    close_time[k] == open_time[k] + 299999);
        int64_t first = i;
        double most = 0, least = 1e300, sum = 0;
        for (; i < trades->n_rows && time[i] <= close_time[k]; i++) {
            most = price[i] > most ? price[i] : most;
            least = price[i] < least ? price[i] : least;
            sum += qty[i];
        }
        assert_true(count[k] == i - first);
        n_empty += i == first;
        if (i == first) {
            assert_true(volume[k] == 0 && open[k] == close[k] && high[k] == low[k]);
            continue;
        }
        assert_true(open[k] == price[first] && close[k] == price[i - 1]);
        assert_true(high[k] == most && low[k] == least);
        assert_true(volume[k] > sum - 1e-9 && volume[k] < sum + 1e-9);
    }
    assert_true(i == trades->n_rows);
    assert_true(n_empty > 0);
    test_archive_free(trades);
    test_archive_free(klines);
}

static void few_trades_and_many_days(void **state)
{
    (void)state;
    fct_simulate_options options = {
        .n_symbols = 1, .n_days = 400, .n_trades_per_day = 1, .first_day = 3652};
    const char *folder = test_path("days");
    simulate(folder, &options, 2);
    fct_dataset dataset = {.market = "futures_um", .data_type = "aggTrades"};
    for (int64_t day = 3652; day < 4052; day += 133) {
        test_archive *archive = read_day(folder, &dataset, "BTCUSDT", day);
        assert_int_equal(archive->n_rows, 1);
        test_archive_free(archive);
    }
}

static void bad_options(void **state)
{
    (void)state;
    static const struct {
        fct_simulate_options options;
        fct_status status;
        const char *words;
    } cases[] = {
        {{.n_symbols = -1}, FCT_ERROR_ARGUMENT, "-1 symbols: from 1 to 10000"},
        {{.n_symbols = 10001}, FCT_ERROR_ARGUMENT, "symbols"},
        {{.n_days = -1}, FCT_ERROR_ARGUMENT, "days"},
        {{.n_days = 1000000}, FCT_ERROR_ARGUMENT, "days"},
        {{.n_trades_per_day = -1}, FCT_ERROR_ARGUMENT, "trades a day"},
        {{.n_trades_per_day = INT64_MAX}, FCT_ERROR_ARGUMENT, "trades a day"},
        {{.first_day = -1}, FCT_ERROR_ARGUMENT, "first day"},
        {{.first_day = INT64_MAX}, FCT_ERROR_ARGUMENT, "first day"},
        {{.dataset.market = "moon"}, FCT_ERROR_NOT_FOUND, "spot, futures_um, futures_cm"},
        {{.dataset.data_type = "depth"}, FCT_ERROR_NOT_FOUND, "aggTrades, trades, klines"},
        {{.dataset.exchange = "generic"}, FCT_ERROR_NOT_FOUND, "generic"},
        {{.dataset = {.data_type = "klines", .interval = "1w"}}, FCT_ERROR_ARGUMENT, "at most 1d"},
        {{.dataset = {.data_type = "klines", .interval = "7m"}}, FCT_ERROR_NOT_FOUND, "1s, 1m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        assert_int_equal(fct_simulate(test_path("bad"), &cases[i].options, NULL, &err),
                         cases[i].status);
        test_assert_has(err.message, cases[i].words);
    }
    fct_error err = {0};
    assert_int_equal(fct_simulate("", NULL, NULL, &err), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_simulate(NULL, NULL, NULL, &err), FCT_ERROR_ARGUMENT);
    test_write_text(test_path("file"), "x");
    assert_int_equal(fct_simulate(test_path("file"), NULL, NULL, &err), FCT_ERROR_IO);
    test_assert_has(err.message, "is a file where a folder is needed");
    fct_run small = {.memory_limit_bytes = 1000};
    assert_int_equal(fct_simulate(test_path("bad"), NULL, &small, &err), FCT_ERROR_LIMIT);
    assert_false(fct_file_exists(test_path("bad")));
}

static bool stop_after_some(void *user)
{
    int *n_left = user;
    return (*n_left)-- <= 0;
}

/* Whichever moment it is stopped at, every ZIP there is is whole. */
static void stopping_leaves_whole_files(void **state)
{
    (void)state;
    fct_simulate_options options = {.n_symbols = 2, .n_days = 2, .n_trades_per_day = 20000};
    for (int n = 0; n < 60; n += 3) {
        int n_left = n;
        fct_run run = {.n_threads = 1, .should_stop = stop_after_some, .user = &n_left};
        fct_error err = {0};
        const char *folder = test_path("stopped");
        fct_status status = fct_simulate(folder, &options, &run, &err);
        if (status == FCT_OK)
            break;
        assert_int_equal(status, FCT_ERROR_INTERRUPTED);
        digest d = {0};
        if (fct_file_exists(folder))
            d = digest_of(folder);
        if (d.text.data) {
            for (char *line = strtok(d.text.data, "\n"); line; line = strtok(NULL, "\n"))
                assert_true(strstr(line, ".zip ") || strstr(line, ".CHECKSUM "));
        }
        fct_text_free(&d.text);
        assert_int_equal(fct_tree_remove(folder, NULL), FCT_OK);
    }
}

static void count_progress(const fct_progress *progress, void *user)
{
    int64_t *last = user;
    assert_string_equal(progress->stage, "simulate");
    assert_true(progress->done >= *last && progress->done <= progress->total);
    *last = progress->done;
}

static void progress_is_told(void **state)
{
    (void)state;
    int64_t last = 0;
    fct_simulate_options options = {.n_symbols = 2, .n_days = 2, .n_trades_per_day = 100};
    fct_run run = {.on_progress = count_progress, .user = &last};
    assert_int_equal(fct_simulate(test_path("progress"), &options, &run, NULL), FCT_OK);
    assert_int_equal(last, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_options_give_the_same_bytes),
        cmocka_unit_test(no_options_are_the_defaults),
        cmocka_unit_test(it_looks_like_a_market),
        cmocka_unit_test(every_market_and_type_reads_back),
        cmocka_unit_test(klines_are_bars_of_the_trades),
        cmocka_unit_test(few_trades_and_many_days),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(stopping_leaves_whole_files),
        cmocka_unit_test(progress_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
