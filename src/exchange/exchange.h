/*
 * Exchange adapters: for each exchange its columns, paths and URLs; exchange.c holds the table of
 * them.
 */
#ifndef FCT_EXCHANGE_EXCHANGE_H
#define FCT_EXCHANGE_EXCHANGE_H

#include "base/text.h"
#include "base/time.h"

typedef enum fct_value_type { FCT_VALUE_INT64, FCT_VALUE_DOUBLE, FCT_VALUE_BOOL } fct_value_type;

/* One column of a published file, under the exchange's own name, which the store keeps. */
typedef struct fct_exchange_column {
    const char *name;
    fct_value_type type;
    bool may_lack; /* trailing columns that some files do not have */
} fct_exchange_column;

/* One kind of data of one exchange. Static data. */
typedef struct fct_exchange_table {
    const char *market;    /* the store's: "futures_um" */
    const char *data_type; /* "trades" */
    const fct_exchange_column *columns;
    const char *const *column_names; /* the same, names alone */
    size_t n_columns;
    fct_column_map map; /* for klines only `time` (open_time) is set */
    bool is_klines;     /* rows are bars; stored as data type "klines_<interval>" */
    bool
        is_plain; /* neither trades nor klines of them: kept as published, for SQL; only `time` and `id` are mapped */
    const char *side_name;     /* what files call the column stored as is_buyer_maker; NULL: that */
    const char *sequence_name; /* a column that files lack: the row's place, oldest first */
    bool has_decimal_times;    /* seconds with a fraction */
    bool has_translations;     /* names of the header may go on behind a slash */
    bool leaves_out; /* files have further columns, of text, that the store does not keep */
    bool only_daily, only_monthly; /* where the exchange publishes but one of the two */
} fct_exchange_table;

/* What an archive's path or file name says of it, unchecked. Empty text: it does not say. */
typedef struct fct_archive_name {
    char market[65];
    char data_type[65]; /* the exchange's: "klines" */
    char symbol[65];
    char interval[24]; /* klines only */
    int64_t first_day; /* INT64_MIN: not said */
    int64_t n_days;    /* 1 for a daily file, the month's length for a monthly one */
} fct_archive_name;

typedef struct fct_exchange {
    const char *name;
    const fct_exchange_table *tables;
    size_t n_tables;
    const char *const *intervals;         /* of klines; NULL-terminated; NULL: no klines */
    const char *const *monthly_intervals; /* of them those that only monthly files have; or NULL */
    /* Appends the path of a day's file; names and interval are checked before. NULL: no layout. */
    fct_status (*archive_path)(const fct_exchange_table *table, const char *symbol,
                               const char *interval, int64_t day, fct_text *path, fct_error *err);
    const char *base_url; /* NULL: nothing to download */
    /* Likewise the path of a month's file, of which `day` is the first day. NULL: there are none. */
    fct_status (*month_path)(const fct_exchange_table *table, const char *symbol,
                             const char *interval, int64_t day, fct_text *path, fct_error *err);
    bool has_checksums; /* beside each file is one in .CHECKSUM */
    /* A daily file begins so many hours before its UTC day: it takes two files to make a day. */
    int hours_ahead;
    bool months_come_first; /* monthly files end where daily ones begin */
    const char *list_url;   /* a bucket that lists what there is; NULL: none */
    /* Appends the folder, below base_url, whose folders are the symbols. NULL where list_url is. */
    fct_status (*symbols_folder)(const fct_exchange_table *table, bool monthly, fct_text *path,
                                 fct_error *err);
    /* Sets all of *name to what the last folders and the name of `path` say. */
    void (*parse_path)(const char *path, fct_archive_name *name);
} fct_exchange;

/* FCT_ERROR_NOT_FOUND lists the known ones and the nearest. NULL or "" names "binance". */
fct_status fct_exchange_find(const char *name, const fct_exchange **exchange, fct_error *err);

/* The exchange that has the market where `name` is NULL or "", and else as fct_exchange_find. */
fct_status fct_exchange_find_of(const char *name, const char *market, const fct_exchange **exchange,
                                fct_error *err);

/* A market may be named without its exchange: "spot" of bybit is "bybit_spot". The store's name of klines, "klines_1m", finds the table of klines as well. */
fct_status fct_exchange_table_find(const fct_exchange *exchange, const char *market,
                                   const char *data_type, const fct_exchange_table **table,
                                   fct_error *err);

/*
 * FCT_ERROR_ARGUMENT or FCT_ERROR_NOT_FOUND unless `interval` is one of the exchange's lengths of
 * klines.
 */
fct_status fct_exchange_interval_check(const fct_exchange *exchange, const char *interval,
                                       fct_error *err);

/* Whether only monthly files have klines of the interval. */
bool fct_exchange_interval_is_monthly(const fct_exchange *exchange, const char *interval);

extern const fct_exchange fct_exchange_binance;
extern const fct_exchange fct_exchange_bybit;
extern const fct_exchange fct_exchange_generic;
extern const fct_exchange fct_exchange_okx;

#endif
