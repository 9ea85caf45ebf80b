/* Exchange adapters: for each exchange its columns, paths and URLs; exchange.c holds the table of them. */
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
    size_t n_columns;
    fct_column_map map;  /* for klines only `time` (open_time) is set */
    bool is_klines;      /* rows are bars; stored as data type "klines_<interval>" */
} fct_exchange_table;

/* What an archive's path or file name says of it. Empty text: it does not say. */
typedef struct fct_archive_name {
    char market[65];
    char data_type[65];
    char symbol[65];
    char interval[24];
    int64_t first_day; /* INT64_MIN: not said */
    int64_t n_days;    /* 1 for a daily file, the month's length for a monthly one */
} fct_archive_name;

typedef struct fct_exchange {
    const char *name;
    const fct_exchange_table *tables;
    size_t n_tables;
    fct_status (*archive_path)(const fct_exchange_table *table, const fct_dataset *dataset,
                               const char *symbol, int64_t day, fct_text *path, fct_error *err);
    const char *base_url; /* NULL: nothing to download */
    /* Fills what the last folders and the name of `path` say; what they do not say stays empty. */
    void (*parse_path)(const char *path, fct_archive_name *name);
} fct_exchange;

/* FCT_ERROR_NOT_FOUND lists the known ones and the nearest. NULL or "" names "binance". */
fct_status fct_exchange_find(const char *name, const fct_exchange **exchange, fct_error *err);
fct_status fct_exchange_table_find(const fct_exchange *exchange, const char *market,
                                   const char *data_type, const fct_exchange_table **table,
                                   fct_error *err);

#endif
