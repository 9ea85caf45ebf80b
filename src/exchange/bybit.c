/* Bybit: perpetuals and inverse contracts below trading/, spot pairs below spot/; gzip files without checksums. */
#include <string.h>

#include "base/file.h"
#include "exchange/exchange.h"
#include "exchange/file_date.h"

/* Published under these names, but for is_buyer_maker (side) and sequence, which is the row's place in order of time. */
#define PERPETUAL(X)                                                                               \
    X("timestamp", INT64, false)                                                                   \
    X("is_buyer_maker", BOOL, false)                                                               \
    X("size", DOUBLE, false)                                                                       \
    X("price", DOUBLE, false)                                                                      \
    X("grossValue", DOUBLE, false)                                                                 \
    X("homeNotional", DOUBLE, false)                                                               \
    X("foreignNotional", DOUBLE, false)                                                            \
    X("sequence", INT64, false)

#define SPOT(X)                                                                                    \
    X("id", INT64, false)                                                                          \
    X("timestamp", INT64, false)                                                                   \
    X("price", DOUBLE, false)                                                                      \
    X("volume", DOUBLE, false)                                                                     \
    X("is_buyer_maker", BOOL, false)

#define COLUMN(name, type, may_lack) {name, FCT_VALUE_##type, may_lack},
#define NAME(name, type, may_lack) name,

static const fct_exchange_column perpetual[] = {PERPETUAL(COLUMN)};
static const fct_exchange_column spot[] = {SPOT(COLUMN)};
static const char *const perpetual_names[] = {PERPETUAL(NAME)};
static const char *const spot_names[] = {SPOT(NAME)};

static const char perpetual_market[] = "bybit_perpetual";
static const char spot_market[] = "bybit_spot";

static const fct_exchange_table tables[] = {
    {
        .market = perpetual_market,
        .data_type = "trades",
        .columns = perpetual,
        .column_names = perpetual_names,
        .n_columns = sizeof perpetual / sizeof *perpetual,
        .map = {.time = "timestamp",
                .price = "price",
                .quantity = "size",
                .is_buyer_maker = "is_buyer_maker",
                .id = "sequence"},
        .side_name = "side",
        .sequence_name = "sequence",
        .has_decimal_times = true,
        .leaves_out = true,
        .only_daily = true,
    },
    {
        .market = spot_market,
        .data_type = "trades",
        .columns = spot,
        .column_names = spot_names,
        .n_columns = sizeof spot / sizeof *spot,
        .map = {.time = "timestamp",
                .price = "price",
                .quantity = "volume",
                .is_buyer_maker = "is_buyer_maker",
                .id = "id"},
        .side_name = "side",
        .leaves_out = true,
    },
};

static fct_status archive_path(const fct_exchange_table *table, const char *symbol,
                               const char *interval, int64_t day, fct_text *path, fct_error *err)
{
    (void)interval;
    char date[11];
    bool is_spot = table == &tables[1];
    fct_date_format(day, date);
    return fct_text_append_format(path, err, "%s/%s/%s%s%s.csv.gz", is_spot ? "spot" : "trading",
                                  symbol, symbol, is_spot ? "_" : "", date);
}

static fct_status month_path(const fct_exchange_table *table, const char *symbol,
                             const char *interval, int64_t day, fct_text *path, fct_error *err)
{
    enum { MONTH_LENGTH = 7 };
    (void)table;
    (void)interval;
    char date[11];
    fct_date_format(day, date);
    return fct_text_append_format(path, err, "spot/%s/%s-%.*s.csv.gz", symbol, symbol, MONTH_LENGTH,
                                  date);
}

/* "BTCUSDT2024-08-08.csv.gz" is a perpetual's; "BTCUSDT_2024-08-08.csv.gz" and "BTCUSDT-2022-10.csv.gz" are spot. */
static void parse_path(const char *path, fct_archive_name *name)
{
    const char *file = fct_path_name(path);
    size_t n = strlen(file);
    *name = (fct_archive_name){.first_day = INT64_MIN};
    int64_t first_day;
    int64_t n_days;
    if (!fct_file_suffix_cut(file, &n, ".csv.gz"))
        (void)fct_file_suffix_cut(file, &n, ".csv");
    if (!fct_file_date_cut(file, &n, &first_day, &n_days))
        return;
    bool is_spot = n > 0 && file[n - 1] == (n_days == 1 ? '_' : '-');
    if (n_days != 1 && !is_spot)
        return;
    n -= is_spot;
    if (n == 0 || n >= sizeof name->symbol)
        return;
    memcpy(name->symbol, file, n);
    strcpy(name->market, is_spot ? spot_market : perpetual_market);
    strcpy(name->data_type, "trades");
    name->first_day = first_day;
    name->n_days = n_days;
}

const fct_exchange fct_exchange_bybit = {
    .name = "bybit",
    .tables = tables,
    .n_tables = sizeof tables / sizeof *tables,
    .archive_path = archive_path,
    .base_url = "https://public.bybit.com",
    .month_path = month_path,
    .months_come_first = true,
    .parse_path = parse_path,
};
