/* The table of exchanges, and what the public header asks of it. */
#include "exchange/exchange.h"

#include <stdio.h>
#include <string.h>

/* In the order of their names. */
static const fct_exchange *const exchanges[] = {&fct_exchange_binance, &fct_exchange_bybit,
                                                &fct_exchange_generic, &fct_exchange_okx};

enum {
    N_EXCHANGES = sizeof(exchanges) / sizeof(exchanges[0]),
    MAX_LIST = 512,
    MAX_SUGGESTED_DISTANCE = 3
};

/* The names an error lists, with the one nearest to what was asked for. */
typedef struct known_names {
    char list[MAX_LIST];
    const char *nearest;
    size_t distance;
} known_names;

static void known_add(known_names *known, const char *name, const char *wanted)
{
    size_t used = strlen(known->list);
    snprintf(known->list + used, sizeof known->list - used, "%s%s", used ? ", " : "", name);
    size_t distance = fct_text_distance(name, wanted);
    if (!known->nearest || distance < known->distance) {
        known->nearest = name;
        known->distance = distance;
    }
}

static fct_status unknown_name(const known_names *known, const char *what, const char *wanted,
                               fct_error *err)
{
    char shown[80], hint[120] = "";
    if (!*wanted)
        return fct_error_set(err, FCT_ERROR_ARGUMENT, "say which %s: known are %s", what,
                             known->list);
    fct_text_quote(wanted, strlen(wanted), shown, sizeof shown);
    /* Further away than half its letters, a name is another word rather than a slip. */
    if (known->nearest && known->distance <= MAX_SUGGESTED_DISTANCE &&
        2 * known->distance <= strlen(known->nearest))
        snprintf(hint, sizeof hint, " (did you mean \"%s\"?)", known->nearest);
    fct_error_set(err, FCT_ERROR_NOT_FOUND, "unknown %s \"%s\"%s: known are %s", what, shown, hint,
                  known->list);
    return FCT_ERROR_NOT_FOUND;
}

const char *fct_exchange_name(size_t index)
{
    return index < N_EXCHANGES ? exchanges[index]->name : NULL;
}

fct_status fct_exchange_find(const char *name, const fct_exchange **exchange, fct_error *err)
{
    if (!name || !name[0]) {
        *exchange = &fct_exchange_binance;
        return FCT_OK;
    }
    known_names known = {0};
    for (size_t i = 0; i < N_EXCHANGES; i++) {
        if (strcmp(exchanges[i]->name, name) == 0) {
            *exchange = exchanges[i];
            return FCT_OK;
        }
        known_add(&known, exchanges[i]->name, name);
    }
    return unknown_name(&known, "exchange", name, err);
}

fct_status fct_exchange_find_of(const char *name, const char *market, const fct_exchange **exchange,
                                fct_error *err)
{
    bool is_named = name && name[0];
    for (size_t i = 0; market && !is_named && i < N_EXCHANGES; i++)
        for (size_t j = 0; j < exchanges[i]->n_tables; j++)
            if (strcmp(exchanges[i]->tables[j].market, market) == 0) {
                *exchange = exchanges[i];
                return FCT_OK;
            }
    return fct_exchange_find(name, exchange, err);
}

/* Whether `market` names the table's, with or without the exchange before it. */
static bool is_market(const fct_exchange *exchange, const fct_exchange_table *table,
                      const char *market)
{
    size_t n = strlen(exchange->name);
    bool has_prefix = strncmp(table->market, exchange->name, n) == 0 && table->market[n] == '_';
    return strcmp(table->market, market) == 0 ||
           (has_prefix && strcmp(table->market + n + 1, market) == 0);
}

static fct_status no_tables(const fct_exchange *exchange, fct_error *err)
{
    fct_error_set(err, FCT_ERROR_NOT_FOUND,
                  "the exchange \"%s\" has no markets of its own: its files are the user's, and "
                  "--map says which column is which",
                  exchange->name);
    return FCT_ERROR_NOT_FOUND;
}

fct_status fct_exchange_table_find(const fct_exchange *exchange, const char *market,
                                   const char *data_type, const fct_exchange_table **table,
                                   fct_error *err)
{
    if (!exchange->n_tables)
        return no_tables(exchange, err);
    market = market ? market : "";
    data_type = data_type ? data_type : "";
    known_names markets = {0}, types = {0};
    for (size_t i = 0; i < exchange->n_tables; i++) {
        const fct_exchange_table *t = &exchange->tables[i];
        if (i == 0 || strcmp(t->market, t[-1].market) != 0)
            known_add(&markets, t->market, market);
        if (!is_market(exchange, t, market))
            continue;
        size_t n = strlen(t->data_type);
        bool stored_klines =
            t->is_klines && strncmp(data_type, t->data_type, n) == 0 && data_type[n] == '_' &&
            fct_exchange_interval_check(exchange, data_type + n + 1, NULL) == FCT_OK;
        if (stored_klines || strcmp(t->data_type, data_type) == 0) {
            *table = t;
            return FCT_OK;
        }
        known_add(&types, t->data_type, data_type);
    }
    return types.nearest ? unknown_name(&types, "data type", data_type, err)
                         : unknown_name(&markets, "market", market, err);
}

fct_status fct_exchange_interval_check(const fct_exchange *exchange, const char *interval,
                                       fct_error *err)
{
    if (!interval || !interval[0])
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "klines need their interval: say which, for example 1m");
    known_names known = {0};
    for (size_t i = 0; exchange->intervals && exchange->intervals[i]; i++) {
        if (strcmp(exchange->intervals[i], interval) == 0)
            return FCT_OK;
        known_add(&known, exchange->intervals[i], interval);
    }
    return unknown_name(&known, "interval of klines", interval, err);
}

bool fct_exchange_interval_is_monthly(const fct_exchange *exchange, const char *interval)
{
    for (size_t i = 0; exchange->monthly_intervals && exchange->monthly_intervals[i]; i++)
        if (strcmp(exchange->monthly_intervals[i], interval) == 0)
            return true;
    return false;
}

fct_status fct_exchange_column_map(const fct_dataset *dataset, fct_column_map *map, fct_error *err)
{
    static const fct_column_map canonical = {.time = "time",
                                             .price = "price",
                                             .quantity = "quantity",
                                             .is_buyer_maker = "is_buyer_maker",
                                             .id = "id"};
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    FCT_TRY(fct_exchange_find_of(dataset->exchange, dataset->market, &exchange, err));
    if (!exchange->n_tables) {
        *map = canonical;
        return FCT_OK;
    }
    FCT_TRY(fct_exchange_table_find(exchange, dataset->market, dataset->data_type, &table, err));
    *map = table->map;
    return FCT_OK;
}

fct_status fct_exchange_archive_columns(const fct_dataset *dataset, const char *const **names,
                                        size_t *n_names, fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    FCT_TRY(fct_exchange_find_of(dataset->exchange, dataset->market, &exchange, err));
    FCT_TRY(fct_exchange_table_find(exchange, dataset->market, dataset->data_type, &table, err));
    *names = table->column_names;
    *n_names = table->n_columns;
    return FCT_OK;
}

static fct_status append_path(const fct_dataset *dataset, const char *symbol, int64_t day,
                              bool with_url, fct_text *path, fct_error *err)
{
    const fct_exchange *exchange;
    const fct_exchange_table *table;
    FCT_TRY(fct_exchange_find_of(dataset->exchange, dataset->market, &exchange, err));
    FCT_TRY(fct_exchange_table_find(exchange, dataset->market, dataset->data_type, &table, err));
    FCT_TRY(fct_name_check(symbol, "symbol", err));
    if (table->is_klines)
        FCT_TRY(fct_exchange_interval_check(exchange, dataset->interval, err));
    if (with_url)
        FCT_TRY(fct_text_append_format(path, err, "%s/", exchange->base_url));
    return exchange->archive_path(table, symbol, dataset->interval, day, path, err);
}

static fct_status copy_out(const fct_text *text, const char *what, char *out, size_t size,
                           fct_error *err)
{
    if (text->length >= size)
        return fct_error_set(err, FCT_ERROR_LIMIT, "the %s needs %zu bytes and there are %zu", what,
                             text->length + 1, size);
    memcpy(out, text->data, text->length + 1);
    return FCT_OK;
}

fct_status fct_exchange_archive_path(const fct_dataset *dataset, const char *symbol, int64_t day,
                                     char *path, size_t size, fct_error *err)
{
    fct_text text = {0};
    fct_status status = append_path(dataset, symbol, day, false, &text, err);
    if (status == FCT_OK)
        status = copy_out(&text, "path", path, size, err);
    fct_text_free(&text);
    return status;
}

fct_status fct_exchange_download_url(const fct_dataset *dataset, const char *symbol, int64_t day,
                                     char *url, size_t size, fct_error *err)
{
    fct_text text = {0};
    fct_status status = append_path(dataset, symbol, day, true, &text, err);
    if (status == FCT_OK)
        status = copy_out(&text, "URL", url, size, err);
    fct_text_free(&text);
    return status;
}

fct_status fct_exchange_market(const char *exchange, const char *market_type,
                               const char *futures_type, const char **market, fct_error *err)
{
    static const struct {
        const char *market_type, *futures_type, *market;
    } words[] = {
        {"spot", NULL, "spot"},
        {"futures", "um", "futures_um"},
        {"futures", "cm", "futures_cm"},
        {"futures_um", NULL, "futures_um"},
        {"futures_cm", NULL, "futures_cm"},
    };
    const fct_exchange *found;
    FCT_TRY(fct_exchange_find(exchange, &found, err));
    market_type = market_type ? market_type : "";
    futures_type = futures_type ? futures_type : "";
    known_names types = {0}, futures = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        bool same_type = strcmp(words[i].market_type, market_type) == 0;
        if (same_type &&
            (!words[i].futures_type || strcmp(words[i].futures_type, futures_type) == 0)) {
            *market = words[i].market;
            return FCT_OK;
        }
        if (same_type)
            known_add(&futures, words[i].futures_type, futures_type);
        if (i == 0 || strcmp(words[i].market_type, words[i - 1].market_type) != 0)
            known_add(&types, words[i].market_type, market_type);
    }
    return futures.nearest ? unknown_name(&futures, "futures type", futures_type, err)
                           : unknown_name(&types, "market type", market_type, err);
}
