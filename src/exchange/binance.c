/* Binance: columns of its published files, the layout of its archive, what a path says. */
#include <string.h>

#include "base/file.h"
#include "exchange/exchange.h"
#include "exchange/file_date.h"

/*
 * Each list is the widest form; only spot files have the match column, which is why it comes last.
 */
#define AGG_TRADES(X)                                                                              \
    X("agg_trade_id", INT64, false)                                                                \
    X("price", DOUBLE, false)                                                                      \
    X("quantity", DOUBLE, false)                                                                   \
    X("first_trade_id", INT64, false)                                                              \
    X("last_trade_id", INT64, false)                                                               \
    X("transact_time", INT64, false)                                                               \
    X("is_buyer_maker", BOOL, false)                                                               \
    X("is_best_match", BOOL, true)

#define TRADES(X)                                                                                  \
    X("id", INT64, false)                                                                          \
    X("price", DOUBLE, false)                                                                      \
    X("qty", DOUBLE, false)                                                                        \
    X("quote_qty", DOUBLE, false)                                                                  \
    X("time", INT64, false)                                                                        \
    X("is_buyer_maker", BOOL, false)                                                               \
    X("is_best_match", BOOL, true)

/* Coin-margined: qty counts contracts, and the fourth column is in the base coin. */
#define TRADES_CM(X)                                                                               \
    X("id", INT64, false)                                                                          \
    X("price", DOUBLE, false)                                                                      \
    X("qty", DOUBLE, false)                                                                        \
    X("base_qty", DOUBLE, false)                                                                   \
    X("time", INT64, false)                                                                        \
    X("is_buyer_maker", BOOL, false)

/* Coin-margined: volume counts contracts, and quote_volume is in the base coin. */
#define KLINES(X)                                                                                  \
    X("open_time", INT64, false)                                                                   \
    X("open", DOUBLE, false)                                                                       \
    X("high", DOUBLE, false)                                                                       \
    X("low", DOUBLE, false)                                                                        \
    X("close", DOUBLE, false)                                                                      \
    X("volume", DOUBLE, false)                                                                     \
    X("close_time", INT64, false)                                                                  \
    X("quote_volume", DOUBLE, false)                                                               \
    X("count", INT64, false)                                                                       \
    X("taker_buy_volume", DOUBLE, false)                                                           \
    X("taker_buy_quote_volume", DOUBLE, false)                                                     \
    X("ignore", DOUBLE, false)

#define FUNDING_RATE(X)                                                                            \
    X("calc_time", INT64, false)                                                                   \
    X("funding_interval_hours", INT64, false)                                                      \
    X("last_funding_rate", DOUBLE, false)

/* Published with a column symbol as well, which the store has in its folders. */
#define METRICS(X)                                                                                 \
    X("create_time", INT64, false)                                                                 \
    X("sum_open_interest", DOUBLE, false)                                                          \
    X("sum_open_interest_value", DOUBLE, false)                                                    \
    X("count_toptrader_long_short_ratio", DOUBLE, false)                                           \
    X("sum_toptrader_long_short_ratio", DOUBLE, false)                                             \
    X("count_long_short_ratio", DOUBLE, false)                                                     \
    X("sum_taker_long_short_vol_ratio", DOUBLE, false)

#define BOOK_TICKER(X)                                                                             \
    X("update_id", INT64, false)                                                                   \
    X("best_bid_price", DOUBLE, false)                                                             \
    X("best_bid_qty", DOUBLE, false)                                                               \
    X("best_ask_price", DOUBLE, false)                                                             \
    X("best_ask_qty", DOUBLE, false)                                                               \
    X("transaction_time", INT64, false)                                                            \
    X("event_time", INT64, false)

#define COLUMN(name, type, may_lack) {name, FCT_VALUE_##type, may_lack},
#define NAME(name, type, may_lack) name,

static const fct_exchange_column agg_trades[] = {AGG_TRADES(COLUMN)};
static const fct_exchange_column trades[] = {TRADES(COLUMN)};
static const fct_exchange_column trades_cm[] = {TRADES_CM(COLUMN)};
static const fct_exchange_column klines[] = {KLINES(COLUMN)};
static const fct_exchange_column funding_rate[] = {FUNDING_RATE(COLUMN)};
static const fct_exchange_column metrics[] = {METRICS(COLUMN)};
static const fct_exchange_column book_ticker[] = {BOOK_TICKER(COLUMN)};
static const char *const agg_trades_names[] = {AGG_TRADES(NAME)};
static const char *const trades_names[] = {TRADES(NAME)};
static const char *const trades_cm_names[] = {TRADES_CM(NAME)};
static const char *const klines_names[] = {KLINES(NAME)};
static const char *const funding_rate_names[] = {FUNDING_RATE(NAME)};
static const char *const metrics_names[] = {METRICS(NAME)};
static const char *const book_ticker_names[] = {BOOK_TICKER(NAME)};

enum {
    N_AGG_TRADES = 8,
    N_TRADES = 7,
    N_TRADES_CM = 6,
    N_KLINES = 12,
    N_FUNDING_RATE = 3,
    N_METRICS = 7,
    N_BOOK_TICKER = 7
};
_Static_assert(sizeof agg_trades == N_AGG_TRADES * sizeof *agg_trades, "columns of aggTrades");
_Static_assert(sizeof trades == N_TRADES * sizeof *trades, "columns of trades");
_Static_assert(sizeof trades_cm == N_TRADES_CM * sizeof *trades_cm, "columns of trades, cm");
_Static_assert(sizeof klines == N_KLINES * sizeof *klines, "columns of klines");
_Static_assert(sizeof funding_rate == N_FUNDING_RATE * sizeof *funding_rate, "of fundingRate");
_Static_assert(sizeof metrics == N_METRICS * sizeof *metrics, "columns of metrics");
_Static_assert(sizeof book_ticker == N_BOOK_TICKER * sizeof *book_ticker, "of bookTicker");

#define AGG_TRADES_MAP                                                                             \
    {                                                                                              \
        .time = "transact_time", .price = "price", .quantity = "quantity",                         \
        .is_buyer_maker = "is_buyer_maker", .id = "agg_trade_id"                                   \
    }
#define TRADES_MAP                                                                                 \
    {                                                                                              \
        .time = "time", .price = "price", .quantity = "qty", .is_buyer_maker = "is_buyer_maker",   \
        .id = "id"                                                                                 \
    }
#define BOOK_TICKER_MAP                                                                            \
    {                                                                                              \
        .time = "transaction_time", .id = "update_id"                                              \
    }
#define KLINES_MAP                                                                                 \
    {                                                                                              \
        .time = "open_time"                                                                        \
    }

/* A row of the table; what follows the map are flags. */
#define TABLE(the_market, type, the_columns, n, the_map, ...)                                      \
    {                                                                                              \
        .market = the_market, .data_type = type, .columns = the_columns,                           \
        .column_names = the_columns##_names, .n_columns = n, .map = the_map, __VA_ARGS__           \
    }

/* What both kinds of futures have beside trades. */
#define FUTURES_TABLES(market)                                                                     \
    TABLE(market, "klines", klines, N_KLINES, KLINES_MAP, .is_klines = true),                      \
        TABLE(market, "indexPriceKlines", klines, N_KLINES, KLINES_MAP, .is_klines = true),        \
        TABLE(market, "markPriceKlines", klines, N_KLINES, KLINES_MAP, .is_klines = true),         \
        TABLE(market, "fundingRate", funding_rate, N_FUNDING_RATE, {.time = "calc_time"},          \
              .is_plain = true, .only_monthly = true),                                             \
        TABLE(market, "metrics", metrics, N_METRICS, {.time = "create_time"}, .is_plain = true,    \
              .leaves_out = true, .only_daily = true),                                             \
        TABLE(market, "bookTicker", book_ticker, N_BOOK_TICKER, BOOK_TICKER_MAP, .is_plain = true)

static const fct_exchange_table tables[] = {
    TABLE("spot", "aggTrades", agg_trades, N_AGG_TRADES, AGG_TRADES_MAP, .is_klines = false),
    TABLE("spot", "trades", trades, N_TRADES, TRADES_MAP, .is_klines = false),
    TABLE("spot", "klines", klines, N_KLINES, KLINES_MAP, .is_klines = true),
    TABLE("futures_um", "aggTrades", agg_trades, N_AGG_TRADES - 1, AGG_TRADES_MAP,
          .is_klines = false),
    TABLE("futures_um", "trades", trades, N_TRADES - 1, TRADES_MAP, .is_klines = false),
    FUTURES_TABLES("futures_um"),
    TABLE("futures_cm", "aggTrades", agg_trades, N_AGG_TRADES - 1, AGG_TRADES_MAP,
          .is_klines = false),
    TABLE("futures_cm", "trades", trades_cm, N_TRADES_CM, TRADES_MAP, .is_klines = false),
    FUTURES_TABLES("futures_cm"),
};

static const char *const intervals[] = {"1s", "1m", "3m",  "5m", "15m", "30m", "1h",  "2h", "4h",
                                        "6h", "8h", "12h", "1d", "3d",  "1w",  "1mo", NULL};
static const char *const monthly_intervals[] = {"3d", "1w", "1mo", NULL};

/* A market's folders in the archive. */
static const struct {
    const char *market, *folder;
} market_folders[] = {{"spot", "spot"}, {"futures_um", "futures/um"}, {"futures_cm", "futures/cm"}};

enum { N_MARKETS = sizeof market_folders / sizeof *market_folders };

static fct_status symbols_folder(const fct_exchange_table *table, bool monthly, fct_text *path,
                                 fct_error *err)
{
    const char *folder = "";
    for (size_t i = 0; i < N_MARKETS; i++)
        if (strcmp(market_folders[i].market, table->market) == 0)
            folder = market_folders[i].folder;
    return fct_text_append_format(path, err, "%s/%s/%s/", folder, monthly ? "monthly" : "daily",
                                  table->data_type);
}

static fct_status append_name(const fct_exchange_table *table, const char *symbol,
                              const char *interval, const char *date, fct_text *path,
                              fct_error *err)
{
    if (table->is_klines)
        return fct_text_append_format(path, err, "%s/%s/%s-%s-%s.zip", symbol, interval, symbol,
                                      interval, date);
    return fct_text_append_format(path, err, "%s/%s-%s-%s.zip", symbol, symbol, table->data_type,
                                  date);
}

static fct_status archive_path(const fct_exchange_table *table, const char *symbol,
                               const char *interval, int64_t day, fct_text *path, fct_error *err)
{
    char date[11];
    fct_date_format(day, date);
    FCT_TRY(symbols_folder(table, false, path, err));
    return append_name(table, symbol, interval, date, path, err);
}

static fct_status month_path(const fct_exchange_table *table, const char *symbol,
                             const char *interval, int64_t day, fct_text *path, fct_error *err)
{
    enum { MONTH_LENGTH = 7 };
    char date[11];
    fct_date_format(day, date);
    date[MONTH_LENGTH] = '\0';
    FCT_TRY(symbols_folder(table, true, path, err));
    return append_name(table, symbol, interval, date, path, err);
}

/* A piece of a path: one folder's name, or part of the file's. */
typedef struct piece {
    const char *start;
    size_t length;
} piece;

static bool piece_is(piece p, const char *text)
{
    return p.length == strlen(text) && memcmp(p.start, text, p.length) == 0;
}

/* A piece too long for a name is left out: cut short it would be another name. */
static void piece_copy(piece p, char *out, size_t size)
{
    out[0] = '\0';
    if (p.length >= size)
        return;
    memcpy(out, p.start, p.length);
    out[p.length] = '\0';
}

static bool is_interval(piece p)
{
    for (size_t i = 0; intervals[i]; i++)
        if (piece_is(p, intervals[i]))
            return true;
    return false;
}

/*
 * "BTCUSDT-trades-2024-08-08.zip", "BTCUSDT-1m-2024-08.csv.gz": symbols may hold dashes themselves.
 */
static void parse_name(const char *file_name, fct_archive_name *name)
{
    piece p = {file_name, strlen(file_name)};
    int64_t first_day;
    int64_t n_days;
    if (!fct_file_suffix_cut(p.start, &p.length, ".zip") &&
        !fct_file_suffix_cut(p.start, &p.length, ".csv.gz"))
        (void)fct_file_suffix_cut(p.start, &p.length, ".csv");
    if (!fct_file_date_cut(p.start, &p.length, &first_day, &n_days) ||
        !fct_file_suffix_cut(p.start, &p.length, "-"))
        return;
    name->first_day = first_day;
    name->n_days = n_days;
    size_t dash = p.length;
    while (dash > 0 && p.start[dash - 1] != '-')
        dash--;
    if (dash < 2)
        return;
    piece type = {p.start + dash, p.length - dash};
    if (is_interval(type)) {
        piece_copy((piece){"klines", 6}, name->data_type, sizeof name->data_type);
        piece_copy(type, name->interval, sizeof name->interval);
    } else {
        piece_copy(type, name->data_type, sizeof name->data_type);
    }
    piece_copy((piece){p.start, dash - 1}, name->symbol, sizeof name->symbol);
}

/* The piece that ends at *end, without slashes; moves *end before it. */
static piece last_piece(const char *path, size_t *end)
{
    size_t stop = *end;
    while (stop > 0 && path[stop - 1] == '/')
        stop--;
    size_t start = stop;
    while (start > 0 && path[start - 1] != '/')
        start--;
    *end = start;
    return (piece){path + start, stop - start};
}

/*
 * ".../futures/um/daily/TYPE/SYMBOL/[INTERVAL/]file". The type that the folder names counts over
 * the file's where the file names only an interval: klines of mark prices are in files that are
 * named like klines of trades.
 */
static void parse_folders(const char *path, fct_archive_name *name)
{
    enum { SYMBOL, TYPE, PERIOD, MARKET, FUTURES, N_FOLDERS };
    size_t end = (size_t)(fct_path_name(path) - path);
    piece folder[N_FOLDERS];
    folder[SYMBOL] = last_piece(path, &end);
    piece interval = {"", 0};
    if (is_interval(folder[SYMBOL])) {
        interval = folder[SYMBOL];
        folder[SYMBOL] = last_piece(path, &end);
    }
    for (int i = TYPE; i < N_FOLDERS; i++)
        folder[i] = last_piece(path, &end);
    if (!piece_is(folder[PERIOD], "daily") && !piece_is(folder[PERIOD], "monthly"))
        return;
    if (piece_is(folder[MARKET], "spot"))
        strcpy(name->market, "spot");
    else if (piece_is(folder[FUTURES], "futures") && piece_is(folder[MARKET], "um"))
        strcpy(name->market, "futures_um");
    else if (piece_is(folder[FUTURES], "futures") && piece_is(folder[MARKET], "cm"))
        strcpy(name->market, "futures_cm");
    else
        return;
    if (!name->symbol[0])
        piece_copy(folder[SYMBOL], name->symbol, sizeof name->symbol);
    if (!name->data_type[0] || name->interval[0])
        piece_copy(folder[TYPE], name->data_type, sizeof name->data_type);
    if (!name->interval[0])
        piece_copy(interval, name->interval, sizeof name->interval);
}

static void parse_path(const char *path, fct_archive_name *name)
{
    *name = (fct_archive_name){.first_day = INT64_MIN};
    parse_name(fct_path_name(path), name);
    parse_folders(path, name);
}

const fct_exchange fct_exchange_binance = {
    .name = "binance",
    .tables = tables,
    .n_tables = sizeof tables / sizeof *tables,
    .intervals = intervals,
    .monthly_intervals = monthly_intervals,
    .archive_path = archive_path,
    .base_url = "https://data.binance.vision/data",
    .month_path = month_path,
    .has_checksums = true,
    .list_url = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision",
    .symbols_folder = symbols_folder,
    .parse_path = parse_path,
};
