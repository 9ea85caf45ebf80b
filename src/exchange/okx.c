/* OKX: a file for each instrument and day of UTC+8, so that two make one UTC day. */
#include <string.h>

#include "base/file.h"
#include "exchange/exchange.h"
#include "exchange/file_date.h"

/* Published under these names, older ones with a translation behind a slash; is_buyer_maker as side. */
#define TRADES(X)                                                                                  \
    X("trade_id", INT64, false)                                                                    \
    X("is_buyer_maker", BOOL, false)                                                               \
    X("price", DOUBLE, false)                                                                      \
    X("size", DOUBLE, false)                                                                       \
    X("created_time", INT64, false)

#define COLUMN(name, type, may_lack) {name, FCT_VALUE_##type, may_lack},
#define NAME(name, type, may_lack) name,

static const fct_exchange_column trades[] = {TRADES(COLUMN)};
static const char *const trades_names[] = {TRADES(NAME)};

#define TABLE(the_market)                                                                          \
    {                                                                                              \
        .market = the_market, .data_type = "trades", .columns = trades,                            \
        .column_names = trades_names, .n_columns = sizeof trades / sizeof *trades,                 \
        .map = {.time = "created_time",                                                            \
                .price = "price",                                                                  \
                .quantity = "size",                                                                \
                .is_buyer_maker = "is_buyer_maker",                                                \
                .id = "trade_id"},                                                                 \
        .side_name = "side", .leaves_out = true, .has_translations = true, .only_daily = true      \
    }

/* In futures and swaps, size counts contracts. */
static const fct_exchange_table tables[] = {TABLE("okx_spot"), TABLE("okx_swap"),
                                            TABLE("okx_futures")};

static fct_status archive_path(const fct_exchange_table *table, const char *symbol,
                               const char *interval, int64_t day, fct_text *path, fct_error *err)
{
    (void)table;
    (void)interval;
    char date[11];
    fct_date_format(day, date);
    return fct_text_append_format(path, err, "trades/daily/%.4s%.2s%.2s/%s-trades-%s.zip", date,
                                  date + 5, date + 8, symbol, date);
}

/* "BTC-USDT" is spot, "BTC-USDT-SWAP" a swap, "BTC-USDT-240927" futures. */
static const char *market_of(const char *symbol, size_t n)
{
    size_t n_dashes = 0;
    for (size_t i = 0; i < n; i++)
        n_dashes += symbol[i] == '-';
    if (n_dashes == 1)
        return "okx_spot";
    if (n > 5 && memcmp(symbol + n - 5, "-SWAP", 5) == 0)
        return "okx_swap";
    return n_dashes == 2 ? "okx_futures" : "";
}

/* "BTC-USDT-trades-2024-08-08.zip" has eight hours of the day before as well. */
static void parse_path(const char *path, fct_archive_name *name)
{
    const char *file = fct_path_name(path);
    size_t n = strlen(file);
    int64_t day;
    int64_t n_days;
    *name = (fct_archive_name){.first_day = INT64_MIN};
    if (!fct_file_suffix_cut(file, &n, ".zip"))
        (void)fct_file_suffix_cut(file, &n, ".csv");
    if (!fct_file_date_cut(file, &n, &day, &n_days) || n_days != 1 ||
        !fct_file_suffix_cut(file, &n, "-trades-") || n == 0 || n >= sizeof name->symbol)
        return;
    memcpy(name->symbol, file, n);
    strcpy(name->market, market_of(file, n));
    strcpy(name->data_type, "trades");
    name->first_day = day - 1;
    name->n_days = 2;
}

const fct_exchange fct_exchange_okx = {
    .name = "okx",
    .tables = tables,
    .n_tables = sizeof tables / sizeof *tables,
    .archive_path = archive_path,
    .base_url = "https://static.okx.com/cdn/okex/traderecords",
    .hours_ahead = 8,
    .parse_path = parse_path,
};
