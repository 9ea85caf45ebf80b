/* The daily cache: the same bits cold, warm and half-warm; entries that are stale, broken, partial, empty. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bars/cache.h"
#include "base/file.h"
#include "base/time.h"
#include "support/bars.h"
#include "support/panel.h"
#include "support/root.h"

#define DAY INT64_C(19943) /* 2024-08-08 */
#define DAY_MS INT64_C(86400000)

enum { N_DAYS = 4, N_SYMBOLS = 3, N_PER_DAY = 3000 };

static const char *const all_symbols[N_SYMBOLS] = {"AAA", "BBB", "CCC"};

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* A day of trades, some of them on its first and last ms, with ties; day and seed make them. */
static void write_day(const char *symbol, int day, size_t n_trades, uint64_t seed)
{
    test_trade *trades = calloc(n_trades + 1, sizeof *trades);
    char date[11];
    for (size_t i = 0; i < n_trades; i++)
        trades[i] = (test_trade){
            .time =
                (DAY + day) * DAY_MS +
                (i + 1 == n_trades ? DAY_MS - 1 : (int64_t)(i * (DAY_MS - 1) / n_trades) / 5 * 5),
            .price = (double)(100000 + random_bits(&seed) % 9000) / 1000,
            .quantity = (double)(random_bits(&seed) % 100000) / 997,
            .is_buyer_maker = random_bits(&seed) & 1,
            .id = day * 100000 + (int64_t)i,
        };
    fct_date_format(DAY + day, date);
    const test_file file = {.symbol = symbol, .date = date};
    test_store_write(test_root, &file, trades, n_trades);
    free(trades);
}

static int make_store(void **state)
{
    if (test_root_make(state) != 0)
        return -1;
    for (int s = 0; s < N_SYMBOLS; s++)
        for (int day = 0; day < N_DAYS; day++)
            write_day(all_symbols[s], day, N_PER_DAY, (uint64_t)(s * 100 + day));
    return 0;
}

static fct_bars_request request_of(const char *bar)
{
    fct_bars_request request = {
        .store = test_root,
        .dataset = {.market = "futures_um", .data_type = "trades"},
        .with_notional = true,
        .with_num_trades = true,
    };
    assert_int_equal(fct_bar_spec_parse(bar, &request.bar, NULL), FCT_OK);
    return request;
}

/* What the calls of a test said. */
typedef struct heard {
    int n_warnings, n_found, n_made;
    char last_warning[2048];
} heard;

static void hear(fct_message_level level, const char *text, void *user)
{
    heard *h = user;
    if (level == FCT_MESSAGE_WARNING) {
        h->n_warnings++;
        snprintf(h->last_warning, sizeof h->last_warning, "%s", text);
    }
    int n_found;
    int n_made;
    if (sscanf(text, "the cache had the bars of %d symbol-days; those of %d", &n_found, &n_made) ==
        2) {
        h->n_found += n_found;
        h->n_made += n_made;
    }
}

/* The same bars as a panel, which may come from the files of the cache as they are. */
static void check_panel(fct_bars_request request, heard *h)
{
    const fct_run run = {.n_threads = 2, .on_message = hear, .user = h};
    fct_panel *with;
    fct_panel *without;
    assert_int_equal(fct_load_bars(&request, &run, &with, NULL), FCT_OK);
    request.no_cache = true;
    assert_int_equal(fct_load_bars(&request, NULL, &without, NULL), FCT_OK);
    test_panel_assert_same(with, without);
    fct_panel_free(with);
    fct_panel_free(without);
}

/* Makes the bars with the cache, and must get what there is without it. */
static heard check(fct_bars_request request)
{
    heard h = {0};
    const fct_run run = {.n_threads = 2, .on_message = hear, .user = &h};
    test_bars with = test_bars_make(&request, &run);
    request.no_cache = true;
    test_bars without = test_bars_make(&request, NULL);
    test_bars_assert_same(&with, &without);
    test_bars_free(&with);
    test_bars_free(&without);
    return h;
}

static fct_status entry_path(const char *symbol, int day, const char *interval, char *path,
                             size_t size)
{
    char date[11];
    char command[512];
    fct_date_format(DAY + day, date);
    snprintf(command, sizeof command,
             "ls %s/.cache/bars-3/market=futures_um/data_type=trades/symbol=%s/interval=%s-*/"
             "%s.parquet 2>/dev/null",
             test_root, symbol, interval, date);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    bool found = fgets(path, (int)size, pipe) != NULL;
    pclose(pipe);
    if (found)
        path[strcspn(path, "\n")] = '\0';
    return found ? FCT_OK : FCT_ERROR_NOT_FOUND;
}

/* ---- Tests ------------------------------------------------------------------------------------ */

static void test_random_requests_give_the_same_bits(void **state)
{
    (void)state;
    static const char *const bars[] = {"1m",  "1m",  "5m",  "7m",  "1h",  "1d",
                                       "45s", "10s", "90s", "11s", "36h", "1s"};
    uint64_t seed = 7;
    for (int i = 0; i < 150; i++) {
        fct_bars_request request = request_of(bars[random_bits(&seed) % 12]);
        const char *symbols[N_SYMBOLS];
        for (int s = 0; s < N_SYMBOLS; s++)
            if (random_bits(&seed) & 1)
                symbols[request.n_symbols++] = all_symbols[s];
        request.symbols = request.n_symbols ? symbols : NULL;
        int first = (int)(random_bits(&seed) % N_DAYS);
        int n = 1 + (int)(random_bits(&seed) % (uint64_t)(N_DAYS - first));
        request.from_ms = (DAY + first) * DAY_MS;
        request.to_ms = request.from_ms + n * DAY_MS;
        /* Ranges that cut days, bars and ms. */
        if (random_bits(&seed) % 3 == 0)
            request.from_ms += (int64_t)(random_bits(&seed) % DAY_MS);
        if (random_bits(&seed) % 3 == 0)
            request.to_ms -= (int64_t)(random_bits(&seed) % DAY_MS);
        if (request.from_ms >= request.to_ms)
            continue;
        request.fill_previous = random_bits(&seed) % 4 == 0 && request.bar.interval_ms > 60000;
        request.without_sides = random_bits(&seed) % 5 == 0;
        heard h = {0};
        if (i % 3 == 0)
            check_panel(request, &h);
        assert_int_equal(h.n_warnings, 0);
        h = check(request);
        assert_int_equal(h.n_warnings, 0);
        check_panel(request, &h);
        assert_int_equal(h.n_warnings, 0);
        if (i % 40 == 39) {
            fct_cache *cache;
            int64_t n_removed;
            assert_int_equal(fct_cache_open(test_root, NULL, &cache, NULL), FCT_OK);
            assert_int_equal(fct_cache_prune(cache, 400000, &n_removed, NULL), FCT_OK);
            fct_cache_close(cache);
        }
    }
}

static void test_second_load_reads_no_trades(void **state)
{
    (void)state;
    heard h = check(request_of("1m"));
    assert_int_equal(h.n_made, N_DAYS * N_SYMBOLS);
    assert_int_equal(h.n_found, 0);
    h = check(request_of("1h"));
    assert_int_equal(h.n_made, 0);
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);
    /* A subset hits, too. */
    fct_bars_request request = request_of("1m");
    request.symbols = &all_symbols[1];
    request.n_symbols = 1;
    h = check(request);
    assert_int_equal(h.n_found, N_DAYS);
}

static void test_part_of_a_day_is_not_cached(void **state)
{
    (void)state;
    char path[512];
    fct_bars_request request = request_of("1m");
    request.from_ms = DAY * DAY_MS + 3600000;
    request.to_ms = (DAY + 2) * DAY_MS;
    heard h = check(request);
    assert_int_equal(h.n_made, N_SYMBOLS);
    assert_int_equal(entry_path("AAA", 0, "1m", path, sizeof path), FCT_ERROR_NOT_FOUND);
    assert_int_equal(entry_path("AAA", 1, "1m", path, sizeof path), FCT_OK);
    /* But it is read from a whole one. */
    check(request_of("1m"));
    h = check(request);
    assert_int_equal(h.n_found, 2 * N_SYMBOLS);
}

static void test_changed_trades_make_the_day_again(void **state)
{
    (void)state;
    check(request_of("1m"));
    write_day("BBB", 2, N_PER_DAY, 999);
    heard h = check(request_of("1m"));
    assert_int_equal(h.n_made, 1);
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS - 1);

    /* Same size, and a time from before the entry was made: a clock that jumped, or cp -p. */
    char command[512];
    snprintf(command, sizeof command,
             "cd %s/market=futures_um/data_type=trades/symbol=BBB/year=2024/month=08/day=10 && "
             "touch -r data.parquet ../stamp",
             test_root);
    assert_int_equal(system(command), 0);
    write_day("BBB", 2, N_PER_DAY, 1000);
    snprintf(command, sizeof command,
             "cd %s/market=futures_um/data_type=trades/symbol=BBB/year=2024/month=08/day=10 && "
             "touch -r ../stamp data.parquet && rm ../stamp",
             test_root);
    assert_int_equal(system(command), 0);
    h = check(request_of("1m"));
    assert_int_equal(h.n_made, 1);

    /* A second file of the day. */
    const test_trade late = {.time = (DAY + 2) * DAY_MS + 5, .price = 7, .quantity = 3, .id = 1};
    const test_file file = {.symbol = "BBB", .date = "2024-08-10", .name = "data-more.parquet"};
    test_store_write(test_root, &file, &late, 1);
    h = check(request_of("1m"));
    assert_int_equal(h.n_made, 1);
}

/* Replaces a day as soon as its file is being read. */
static void replace_while_read(fct_message_level level, const char *text, void *user)
{
    (void)level;
    int *n_replaced = user;
    if (strstr(text, "symbol=BBB") && strstr(text, "day=10") && strstr(text, "engine"))
        write_day("BBB", 2, N_PER_DAY, 5000 + (uint64_t)(*n_replaced)++);
}

static void test_trades_that_change_while_they_are_read(void **state)
{
    (void)state;
    int n_replaced = 0;
    fct_bars_request request = request_of("1m");
    const fct_run run = {.n_threads = 2, .on_message = replace_while_read, .user = &n_replaced};
    test_bars before = test_bars_make(&request, &run);
    test_bars_free(&before);
    assert_int_equal(n_replaced, 1);
    heard h = check(request_of("1m"));
    assert_int_equal(h.n_made, 1);
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS - 1);
    h = check(request_of("1m"));
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);
}

static void test_day_without_trades_is_cached_as_empty(void **state)
{
    (void)state;
    write_day("AAA", 1, 0, 0);
    heard h = check(request_of("1m"));
    assert_int_equal(h.n_made, N_DAYS * N_SYMBOLS);
    h = check(request_of("1m"));
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);
}

/* Trades of the days before and after, as stores by others have them, are of bars that two days share. */
static void test_files_with_trades_of_other_days(void **state)
{
    (void)state;
    static const char *const bars[] = {"1m", "10s", "7m", "1h", "1d", "36h"};
    enum { N = 400 };
    test_trade trades[N];
    for (int i = 0; i < 36; i++) {
        /* Of the days before and after, or of the day after alone. */
        int64_t first = i < 18 ? -90000 : 90000;
        for (int j = 0; i % 18 == 0 && j < N; j++)
            trades[j] =
                (test_trade){.time = (DAY + 2) * DAY_MS + first + j * (DAY_MS - first + 90000) / N,
                             .price = 100 + j % 7,
                             .quantity = 1.1 + j,
                             .is_buyer_maker = j % 3,
                             .id = 200000 + j};
        const test_file file = {.symbol = "BBB", .date = "2024-08-10"};
        if (i % 18 == 0)
            test_store_write(test_root, &file, trades, N);
        fct_bars_request request = request_of(bars[i % 6]);
        heard h = {0};
        if (i % 18 >= 6) {
            request.from_ms = (DAY + 1 + i % 2) * DAY_MS;
            request.to_ms = (DAY + 3) * DAY_MS;
        }
        check_panel(request, &h);
        check(request);
        check_panel(request, &h);
        assert_int_equal(h.n_warnings, 0);
    }
}

/* Days with sides and days without make no bars together, whether they come from the cache or not. */
static void test_days_with_and_without_sides(void **state)
{
    (void)state;
    static const fct_column_map no_side = {.time = "time", .price = "price", .quantity = "qty"};
    const test_trade trade = {.time = (DAY + 2) * DAY_MS + 5, .price = 7, .quantity = 3};
    const test_file file = {.symbol = "CCC", .date = "2024-08-10", .columns = &no_side};
    test_store_write(test_root, &file, &trade, 1);
    fct_bars_request request = request_of("1m");
    for (int i = 0; i < 3; i++) {
        fct_error err = {0};
        fct_panel *panel;
        struct ArrowArrayStream stream;
        assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_ERROR_DATA);
        assert_int_equal(fct_load_bars(&request, NULL, &panel, &err), FCT_ERROR_DATA);
        assert_non_null(strstr(err.message, "without sides"));
    }
    heard h = {0};
    request.without_sides = true;
    check(request);
    check_panel(request, &h);
}

/* Whatever a byte of an entry becomes, the bars are right, and nobody is told less than a warning. */
static void test_broken_entry_is_never_believed(void **state)
{
    (void)state;
    char path[512];
    char *bytes;
    size_t n_bytes;
    fct_bars_request request = request_of("1h");
    fct_bars_request minutes = request_of("1m");
    request.symbols = minutes.symbols = all_symbols;
    request.n_symbols = minutes.n_symbols = 1;
    request.from_ms = minutes.from_ms = DAY * DAY_MS;
    request.to_ms = minutes.to_ms = request.from_ms + DAY_MS;
    write_day("AAA", 0, 40, 5);
    check(request);
    assert_int_equal(entry_path("AAA", 0, "1m", path, sizeof path), FCT_OK);
    assert_int_equal(fct_file_read(path, 1 << 24, &bytes, &n_bytes, NULL), FCT_OK);
    uint64_t seed = 3;
    int n_noticed = 0;
    for (size_t i = 0; i < 400; i++) {
        size_t at = (size_t)(random_bits(&seed) % n_bytes);
        char *broken = malloc(n_bytes);
        memcpy(broken, bytes, n_bytes);
        broken[at] ^= (char)(1 << (random_bits(&seed) % 8));
        size_t n_broken = i % 10 ? n_bytes : at;
        assert_int_equal(fct_file_write_atomic(path, broken, n_broken, NULL), FCT_OK);
        free(broken);
        heard h = {0};
        if (i & 1)
            check_panel(minutes, &h);
        else
            h = check(request);
        n_noticed += h.n_warnings;
        assert_true(h.n_warnings || h.n_made || h.n_found);
    }
    assert_true(n_noticed > 200);
    free(bytes);
}

static void index_path(const char *entry, char *path, size_t size)
{
    snprintf(path, size, "%.*s/.index", (int)(strrchr(entry, '/') - entry), entry);
}

/* Turns a byte of a file. */
static void damage(const char *path, long from_end)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    fputc(byte ^ 0x55, file);
    fclose(file);
}

/* The index spares the entries' footers, and whatever it says, bars are those of the trades. */
static void test_index_is_only_a_shorter_way(void **state)
{
    (void)state;
    char entry[512];
    char index[600];
    heard h = {0};
    check(request_of("1m"));
    assert_int_equal(entry_path("BBB", 1, "1m", entry, sizeof entry), FCT_OK);
    index_path(entry, index, sizeof index);
    assert_false(fct_file_exists(index));
    check_panel(request_of("1m"), &h);
    assert_true(fct_file_exists(index));
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);

    /* A footer that nobody could read shows that nobody does. */
    damage(entry, 4);
    h = (heard){0};
    check_panel(request_of("1m"), &h);
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);
    assert_int_equal(h.n_warnings, 0);
    assert_int_equal(remove(index), 0);
    check_panel(request_of("1m"), &h);
    assert_int_equal(h.n_warnings, 1);
    assert_int_equal(h.n_made, 1);

    /* An entry that was removed, and one that was put in place of another. */
    check_panel(request_of("1m"), &h);
    assert_true(fct_file_exists(index));
    assert_int_equal(remove(entry), 0);
    h = (heard){0};
    check_panel(request_of("1m"), &h);
    assert_int_equal(h.n_made, 1);
    assert_int_equal(h.n_warnings, 0);
    check_panel(request_of("1m"), &h);
    assert_int_equal(entry_path("BBB", 2, "1m", entry, sizeof entry), FCT_OK);
    char *bytes;
    size_t n_bytes;
    assert_int_equal(fct_file_read(entry, 1 << 24, &bytes, &n_bytes, NULL), FCT_OK);
    assert_int_equal(entry_path("BBB", 3, "1m", entry, sizeof entry), FCT_OK);
    assert_int_equal(fct_file_write_atomic(entry, bytes, n_bytes, NULL), FCT_OK);
    free(bytes);
    check_panel(request_of("1m"), &h);
    check_panel(request_of("1m"), &h);

    /* Whatever a byte of the index becomes. */
    uint64_t seed = 11;
    assert_true(fct_file_exists(index));
    assert_int_equal(fct_file_read(index, 1 << 20, &bytes, &n_bytes, NULL), FCT_OK);
    for (int i = 0; i < 60; i++) {
        size_t at = (size_t)(random_bits(&seed) % n_bytes);
        bytes[at] ^= (char)(1 << i % 8);
        assert_int_equal(fct_file_write_atomic(index, bytes, i % 5 ? n_bytes : at, NULL), FCT_OK);
        bytes[at] ^= (char)(1 << i % 8);
        h = (heard){0};
        check_panel(request_of("1m"), &h);
        assert_int_equal(h.n_warnings + h.n_made, 0);
    }
    free(bytes);
}

/* Bars that somebody puts are the answer of every way there is to them. */
static void test_bars_that_are_put_are_loaded(void **state)
{
    (void)state;
    fct_cache *cache;
    struct ArrowArrayStream stream;
    fct_bars_request request = request_of("1h");
    request.symbols = all_symbols;
    request.n_symbols = 1;
    request.from_ms = DAY * DAY_MS;
    request.to_ms = request.from_ms + DAY_MS;
    const fct_cache_key minutes = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                   .symbol = "AAA",
                                   .interval_ms = 60000};
    heard h = {0};
    fct_bars_request one_minute = request;
    one_minute.bar.interval_ms = 60000;
    check(one_minute);
    check_panel(one_minute, &h);
    /* Of each hour the first minute: fewer bars than the day has. */
    request.bar.interval_ms = 3600000;
    assert_int_equal(fct_bars(&request, NULL, &stream, NULL), FCT_OK);
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, NULL), FCT_OK);
    assert_int_equal(fct_cache_put(cache, &minutes, DAY, &stream, NULL), FCT_OK);
    fct_cache_close(cache);
    for (int i = 0; i < 3; i++) {
        fct_panel *panel;
        assert_int_equal(fct_load_bars(&one_minute, NULL, &panel, NULL), FCT_OK);
        assert_int_equal(fct_panel_n_rows(panel), 24);
        fct_panel_free(panel);
        test_bars bars = test_bars_make(&one_minute, NULL);
        assert_int_equal(bars.n_bars, 24);
        test_bars_free(&bars);
    }
}

/* Who names an engine wants to see it read the store; bars as many as trades are not kept. */
static void test_what_is_not_cached(void **state)
{
    (void)state;
    char path[128];
    fct_bars_request requests[] = {request_of("1m"), request_of("1m"), request_of("999ms"),
                                   request_of("tick:100"), request_of("1m")};
    requests[0].engine = FCT_ENGINE_NATIVE;
    requests[1].engine = FCT_ENGINE_DUCKDB;
    requests[4].no_cache = true;
    snprintf(path, sizeof path, "%s/.cache", test_root);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        test_bars bars = test_bars_make(&requests[i], NULL);
        test_bars_free(&bars);
        assert_false(fct_file_exists(path));
    }
    check(request_of("1s"));
    assert_true(fct_file_exists(path));
}

static void test_cache_that_cannot_be_written_is_a_warning(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/a-file", test_root);
    assert_int_equal(fct_file_write_atomic(path, "x", 1, NULL), FCT_OK);
    fct_bars_request request = request_of("1m");
    request.cache_folder = path;
    heard h = check(request);
    assert_int_equal(h.n_warnings, 1);
    assert_non_null(strstr(h.last_warning, "--no-cache"));
    assert_int_equal(h.n_made, 0);
}

static void *load_often(void *context)
{
    (void)context;
    for (int i = 0; i < 20; i++) {
        fct_bars_request request = request_of(i % 2 ? "1m" : "5m");
        test_bars bars = test_bars_make(&request, NULL);
        test_bars_free(&bars);
        fct_cache *cache;
        if (fct_cache_open(test_root, NULL, &cache, NULL) == FCT_OK && i % 5 == 4)
            (void)!fct_cache_clear(cache, NULL, NULL);
        fct_cache_close(cache);
    }
    return NULL;
}

static void test_threads_share_a_cache(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_often, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    check(request_of("1m"));
}

/* A process of its own that loads panels, cold and warm, by its index and without; what it finds wrong is its exit code. */
static pid_t start_loading(void)
{
    pid_t child = fork();
    if (child)
        return child;
    for (int i = 0; i < 12; i++) {
        fct_bars_request request = request_of("1m");
        fct_panel *with = NULL;
        fct_panel *without = NULL;
        fct_cache *cache;
        heard h = {0};
        if (i % 4 == 3 && fct_cache_open(test_root, NULL, &cache, NULL) == FCT_OK) {
            if (fct_cache_clear(cache, NULL, NULL) != FCT_OK)
                _exit(4);
            fct_cache_close(cache);
        }
        if (fct_load_bars(&request, &(fct_run){.n_threads = 2, .on_message = hear, .user = &h},
                          &with, NULL) != FCT_OK)
            _exit(1);
        /* Entries whose folder others remove again and again are not kept. */
        if (h.n_warnings && !strstr(h.last_warning, "bars are not cached"))
            _exit(5);
        request.no_cache = true;
        if (fct_load_bars(&request, &(fct_run){.n_threads = 1}, &without, NULL) != FCT_OK)
            _exit(2);
        if (!test_panel_is_same(with, without))
            _exit(3);
        fct_panel_free(with);
        fct_panel_free(without);
    }
    _exit(0);
}

static void test_processes_share_a_cache(void **state)
{
    (void)state;
    pid_t children[] = {start_loading(), start_loading()};
    for (size_t i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* A process of its own that makes the cache's folder, clears the cache and lists it, again and again. */
static pid_t start_clearing(void)
{
    pid_t child = fork();
    if (child)
        return child;
    char path[300];
    fct_cache *cache;
    fct_error err = {0};
    if (fct_cache_open(test_root, NULL, &cache, NULL) != FCT_OK)
        _exit(1);
    snprintf(path, sizeof path, "%s/.cache/%s", test_root, FCT_CACHE_VERSION);
    for (int i = 0; i < 2000; i++) {
        struct ArrowArrayStream stream = {0};
        int64_t n = 0;
        if (fct_folder_make(path, &err) == FCT_OK && fct_cache_clear(cache, NULL, &err) == FCT_OK &&
            fct_cache_list(cache, &stream, &err) == FCT_OK &&
            fct_cache_verify(cache, NULL, &n, NULL, NULL, &err) == FCT_OK) {
            stream.release(&stream);
            continue;
        }
        fprintf(stderr, "%s\n", err.message);
        _exit(2);
    }
    _exit(0);
}

/* The folder may vanish between any two looks at it. */
static void test_many_clear_a_cache_at_once(void **state)
{
    (void)state;
    pid_t children[] = {start_clearing(), start_clearing(), start_clearing()};
    for (size_t i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* Whoever looks at a cache, cuts it down or clears it while others fill and read it sees nothing wrong. */
static void test_a_cache_is_looked_after_while_it_is_used(void **state)
{
    (void)state;
    pid_t children[] = {start_loading(), start_loading()};
    size_t n_running = 2;
    fct_cache *cache;
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, NULL), FCT_OK);
    for (int i = 0; n_running; i++) {
        fct_error err = {0};
        int64_t n = 0;
        struct ArrowArrayStream stream = {0};
        fct_status status = i % 4 == 0   ? fct_cache_clear(cache, &n, &err)
                            : i % 4 == 1 ? fct_cache_list(cache, &stream, &err)
                            : i % 4 == 2 ? fct_cache_verify(cache, NULL, &n, NULL, NULL, &err)
                                         : fct_cache_prune(cache, 300000, &n, &err);
        if (status != FCT_OK)
            fail_msg("%d: %s", i % 4, err.message);
        if (stream.release)
            stream.release(&stream);
        int code;
        pid_t ended = waitpid(-1, &code, WNOHANG);
        if (ended > 0) {
            assert_true(ended == children[0] || ended == children[1]);
            assert_true(WIFEXITED(code));
            assert_int_equal(WEXITSTATUS(code), 0);
            n_running--;
        }
    }
    fct_cache_close(cache);
}

/* Killed wherever it is, a process that writes entries and indices leaves nothing that is believed and wrong. */
static void test_killed_writers_leave_nothing_wrong(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 100; i++) {
        pid_t child = start_loading();
        usleep((useconds_t)(random_bits(&seed) % 20000));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        if (i % 5 == 4) {
            heard h = {0};
            check_panel(request_of("1m"), &h);
            assert_int_equal(h.n_warnings, 0);
        }
    }
}

/* Times that lie in the future, of entries and of trades, as a clock that jumped leaves them. */
static void test_clock_that_jumps(void **state)
{
    (void)state;
    char entry[512];
    char command[700];
    heard h = check(request_of("1m"));
    snprintf(command, sizeof command, "find %s -name '*.parquet' -exec touch -d 2100-01-01 {} +",
             test_root);
    assert_int_equal(system(command), 0);
    h = check(request_of("1m"));
    assert_int_equal(h.n_made, N_DAYS * N_SYMBOLS);
    assert_int_equal(entry_path("AAA", 0, "1m", entry, sizeof entry), FCT_OK);
    snprintf(command, sizeof command, "touch -d 1971-01-01 %s", entry);
    assert_int_equal(system(command), 0);
    h = check(request_of("1m"));
    assert_int_equal(h.n_found, N_DAYS * N_SYMBOLS);
    check_panel(request_of("1m"), &h);
    write_day("AAA", 0, 17, 3);
    h = (heard){0};
    check_panel(request_of("1m"), &h);
    assert_int_equal(h.n_made, 1);
    assert_int_equal(h.n_warnings, 0);
}

/* ---- The cache by itself ---------------------------------------------------------------------- */

static void test_get_put_and_clear(void **state)
{
    (void)state;
    fct_cache *cache;
    fct_error err;
    struct ArrowArrayStream stream;
    const fct_cache_key hours = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                 .symbol = "AAA",
                                 .interval_ms = 3600000};
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, &err), FCT_OK);
    assert_int_equal(fct_cache_get(cache, &hours, DAY, &stream, &err), FCT_ERROR_NOT_FOUND);
    fct_bars_request request = request_of("1m");
    request.symbols = all_symbols;
    request.n_symbols = 1;
    check(request);
    /* Hours come from the minutes that were kept. */
    request = request_of("1h");
    request.symbols = all_symbols;
    request.n_symbols = 1;
    request.no_cache = true;
    test_bars expected = test_bars_make(&request, NULL);
    assert_int_equal(fct_cache_get_range(cache, &hours, DAY, DAY + N_DAYS, &stream, &err), FCT_OK);
    test_bars got = test_bars_read(&stream);
    test_bars_assert_same(&got, &expected);
    test_bars_free(&got);
    /* All days or nothing. */
    assert_int_equal(fct_cache_get_range(cache, &hours, DAY, DAY + N_DAYS + 1, &stream, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "2024-08-12"));

    /* What is put comes back. */
    int64_t n_removed;
    char old[256], other[256];
    snprintf(old, sizeof old, "%s/.cache/bars-2", test_root);
    snprintf(other, sizeof other, "%s/.cache/bars-2x", test_root);
    assert_int_equal(mkdir(old, 0777), 0);
    assert_int_equal(mkdir(other, 0777), 0);
    assert_int_equal(fct_cache_clear(cache, &n_removed, &err), FCT_OK);
    assert_int_equal(n_removed, N_DAYS);
    assert_false(fct_file_exists(old)); /* which an older version left */
    assert_true(fct_file_exists(other));
    assert_int_equal(fct_cache_clear(cache, &n_removed, &err), FCT_OK);
    assert_int_equal(n_removed, 0);
    request.from_ms = DAY * DAY_MS;
    request.to_ms = request.from_ms + DAY_MS;
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_OK);
    assert_int_equal(fct_cache_put(cache, &hours, DAY, &stream, &err), FCT_OK);
    assert_int_equal(fct_cache_get(cache, &hours, DAY, &stream, &err), FCT_OK);
    got = test_bars_read(&stream);
    assert_int_equal(got.n_bars, 24);
    for (size_t i = 0; i < got.n_bars; i++) {
        assert_true(got.bars[i].open == expected.bars[i].open);
        assert_true(got.bars[i].volume == expected.bars[i].volume);
        assert_int_equal(got.bars[i].num_buyer, expected.bars[i].num_buyer);
    }
    test_bars_free(&got);
    /* ... and is refused where it is of another day. */
    request.from_ms += DAY_MS;
    request.to_ms += DAY_MS;
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_OK);
    assert_int_equal(fct_cache_put(cache, &hours, DAY, &stream, &err), FCT_ERROR_ARGUMENT);
    assert_null(stream.release);
    test_bars_free(&expected);
    fct_cache_close(cache);
}

/* Puts what a CSV file holds as hours of AAA's first day. */
static fct_status put_csv(const char *header, const char *rows, fct_error *err)
{
    const fct_cache_key hours = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                 .symbol = "AAA",
                                 .interval_ms = 3600000};
    char path[128];
    char text[1024];
    fct_panel *panel;
    struct ArrowArrayStream stream;
    fct_cache *cache;
    snprintf(path, sizeof path, "%s/put.csv", test_root);
    snprintf(text, sizeof text, "symbol,end_time,start_time,%s\n%s", header, rows);
    assert_int_equal(fct_file_write_atomic(path, text, strlen(text), NULL), FCT_OK);
    if (fct_panel_read(path, NULL, &panel, err) != FCT_OK)
        fail_msg("%s", err->message);
    assert_int_equal(fct_panel_stream(panel, &stream, err), FCT_OK);
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, err), FCT_OK);
    fct_status status = fct_cache_put(cache, &hours, DAY, &stream, err);
    assert_null(stream.release);
    fct_cache_close(cache);
    fct_panel_free(panel);
    return status;
}

static void test_bars_that_are_none_are_not_put(void **state)
{
    (void)state;
#define HOUR "A,1723075200000,1723075200000,"
#define NEXT "A,1723078800000,1723078800000,"
    static const struct {
        const char *header, *rows, *says;
    } cases[] = {
        {"open,high,low,close,volume,vwap", HOUR "1,2,1,,5,1\n" NEXT "1,2,1,2,5,1\n",
         "row 1, column close"},
        {"open,high,low,close,volume,vwap", HOUR "1,2,1,2,5,1\n" NEXT "1,2,1,2,-5,1\n",
         "row 2, column volume: no bar has -5"},
        {"open,high,low,close,volume,vwap,num_trades", HOUR "1,2,1,2,5,1,-1\n", "num_trades"},
        {"open,high,low,close,volume,vwap,num_buyer", HOUR "1,2,1,2,5,1,1e300\n", "num_buyer"},
        {"open,high,low,close,volume,vwap,num_buyer_volume", HOUR "1,2,1,2,5,1,-0.5\n",
         "num_buyer_volume"},
        {"open,high,low,close,volume", HOUR "1,2,1,2,5\n", "notional"},
        {"open,high,low,close,vwap", HOUR "1,2,1,2,5\n", "volume"},
        {"open,high,low,close,volume,vwap", "A,1723075200001,1723075200001,1,2,1,2,5,1\n",
         "row 1: bars of a day start within it, on the interval"},
        {"open,high,low,close,volume,vwap", "A,99,0,1,2,1,2,5,1\n", "row 1: bars of a day"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        assert_int_equal(put_csv(cases[i].header, cases[i].rows, &err), FCT_ERROR_ARGUMENT);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
    }

    /* What may be missing is 0. */
    fct_cache *cache;
    struct ArrowArrayStream stream;
    const fct_cache_key hours = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                 .symbol = "AAA",
                                 .interval_ms = 3600000};
    fct_error err = {0};
    assert_int_equal(put_csv("open,high,low,close,volume,vwap,num_buyer,num_trades",
                             HOUR "1,2,1,2,0,,,\n" NEXT "1,2,1,2,4,1.5,3,5\n", &err),
                     FCT_OK);
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, &err), FCT_OK);
    assert_int_equal(fct_cache_get(cache, &hours, DAY, &stream, &err), FCT_OK);
    test_bars got = test_bars_read(&stream);
    assert_int_equal(got.n_bars, 2);
    assert_true(isnan(got.bars[0].vwap) && got.bars[0].notional == 0);
    assert_true(got.bars[1].vwap == 1.5 && got.bars[1].notional == 6);
    assert_int_equal(got.bars[1].num_trades, 5);
    test_bars_free(&got);
    fct_cache_close(cache);
}

static void test_days_that_are_none(void **state)
{
    (void)state;
    static const int64_t ranges[][2] = {{-1, 5},
                                        {5, 5},
                                        {6, 5},
                                        {INT64_MIN, INT64_MAX},
                                        {5, INT64_MAX},
                                        {INT64_MAX, INT64_MIN},
                                        {INT64_MAX - 1, INT64_MAX}};
    const fct_cache_key hours = {.dataset = {.market = "futures_um", .data_type = "trades"},
                                 .symbol = "AAA",
                                 .interval_ms = 3600000};
    fct_cache *cache;
    fct_error err;
    struct ArrowArrayStream stream;
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, &err), FCT_OK);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        assert_int_equal(
            fct_cache_get_range(cache, &hours, ranges[i][0], ranges[i][1], &stream, &err),
            FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_cache_get(cache, &hours, INT64_MAX, &stream, &err), FCT_ERROR_ARGUMENT);
    fct_bars_request request = request_of("1h");
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_OK);
    assert_int_equal(fct_cache_put(cache, &hours, INT64_MAX, &stream, &err), FCT_ERROR_ARGUMENT);
    assert_null(stream.release);
    fct_cache_close(cache);
}

static void test_keys_that_make_no_sense(void **state)
{
    (void)state;
    fct_cache *cache;
    fct_error err;
    struct ArrowArrayStream stream;
    const fct_dataset trades = {.market = "futures_um", .data_type = "trades"};
    const fct_cache_key keys[] = {
        {.dataset = trades, .symbol = "../../etc", .interval_ms = 60000},
        {.dataset = trades, .symbol = "AAA", .interval_ms = 7 * 60000},
        {.dataset = trades, .symbol = "AAA", .interval_ms = 500},
        {.dataset = trades, .interval_ms = 60000},
        {.symbol = "AAA", .interval_ms = 60000},
    };
    assert_int_equal(fct_cache_open("", NULL, &cache, &err), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, &err), FCT_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(fct_cache_get(cache, &keys[i], DAY, &stream, &err), FCT_ERROR_ARGUMENT);
    fct_cache_close(cache);
}

static void test_verify_and_list(void **state)
{
    (void)state;
    fct_cache *cache;
    fct_error err;
    int64_t n_entries;
    int64_t n_damaged;
    int64_t n_stale;
    char path[512];
    assert_int_equal(fct_cache_open(test_root, NULL, &cache, &err), FCT_OK);
    assert_int_equal(fct_cache_verify(cache, NULL, &n_entries, &n_damaged, &n_stale, &err), FCT_OK);
    assert_int_equal(n_entries, 0);
    check(request_of("1m"));
    check(request_of("10s"));
    write_day("CCC", 3, 17, 1);
    assert_int_equal(entry_path("AAA", 1, "10s", path, sizeof path), FCT_OK);
    assert_int_equal(truncate(path, 1000), 0);
    assert_int_equal(fct_cache_verify(cache, NULL, &n_entries, &n_damaged, &n_stale, &err),
                     FCT_ERROR_INTEGRITY);
    assert_int_equal(n_entries, 2 * N_DAYS * N_SYMBOLS);
    assert_int_equal(n_damaged, 1);
    assert_int_equal(n_stale, 2);

    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    assert_int_equal(fct_cache_list(cache, &stream, &err), FCT_OK);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 2 * N_SYMBOLS);
    assert_int_equal(((const int64_t *)batch.children[5]->buffers[1])[0], N_DAYS);
    batch.release(&batch);
    stream.release(&stream);

    /* What was written first goes first, and no more than must. */
    int64_t n_removed;
    fct_file_info info;
    char command[600];
    snprintf(command, sizeof command,
             "cd %s/.cache && find . -name '*.parquet' -exec touch -d 2024-01-02 {} +", test_root);
    assert_int_equal(system(command), 0);
    assert_int_equal(entry_path("BBB", 2, "1m", path, sizeof path), FCT_OK);
    snprintf(command, sizeof command, "touch -d 2024-01-01 %s", path);
    assert_int_equal(system(command), 0);
    int64_t n_bytes = 0;
    for (int symbol = 0; symbol < N_SYMBOLS; symbol++)
        for (int day = 0; day < 2 * N_DAYS; day++) {
            char entry[512];
            assert_int_equal(entry_path(all_symbols[symbol], day / 2, day % 2 ? "1m" : "10s", entry,
                                        sizeof entry),
                             FCT_OK);
            assert_int_equal(fct_file_stat(entry, &info, &err), FCT_OK);
            n_bytes += info.size_bytes;
        }
    assert_int_equal(fct_cache_prune(cache, (uint64_t)n_bytes, &n_removed, &err), FCT_OK);
    assert_int_equal(n_removed, 0);
    assert_true(fct_file_exists(path));
    assert_int_equal(fct_cache_prune(cache, (uint64_t)n_bytes - 1, &n_removed, &err), FCT_OK);
    assert_int_equal(n_removed, 1);
    assert_false(fct_file_exists(path));

    /* Pruning to nothing leaves nothing. */
    assert_int_equal(fct_cache_prune(cache, 0, &n_removed, &err), FCT_OK);
    assert_int_equal(n_removed, 2 * N_DAYS * N_SYMBOLS - 1);
    fct_cache_close(cache);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, test_root_remove)
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_random_requests_give_the_same_bits),
        WITH_STORE(test_second_load_reads_no_trades),
        WITH_STORE(test_part_of_a_day_is_not_cached),
        WITH_STORE(test_changed_trades_make_the_day_again),
        WITH_STORE(test_trades_that_change_while_they_are_read),
        WITH_STORE(test_day_without_trades_is_cached_as_empty),
        WITH_STORE(test_files_with_trades_of_other_days),
        WITH_STORE(test_days_with_and_without_sides),
        WITH_STORE(test_what_is_not_cached),
        WITH_STORE(test_broken_entry_is_never_believed),
        WITH_STORE(test_index_is_only_a_shorter_way),
        WITH_STORE(test_bars_that_are_put_are_loaded),
        WITH_STORE(test_cache_that_cannot_be_written_is_a_warning),
        WITH_STORE(test_threads_share_a_cache),
        WITH_STORE(test_processes_share_a_cache),
        WITH_STORE(test_many_clear_a_cache_at_once),
        WITH_STORE(test_a_cache_is_looked_after_while_it_is_used),
        WITH_STORE(test_killed_writers_leave_nothing_wrong),
        WITH_STORE(test_clock_that_jumps),
        WITH_STORE(test_get_put_and_clear),
        WITH_STORE(test_bars_that_are_none_are_not_put),
        WITH_STORE(test_days_that_are_none),
        WITH_STORE(test_keys_that_make_no_sense),
        WITH_STORE(test_verify_and_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
