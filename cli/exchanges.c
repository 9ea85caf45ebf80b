/* factorium exchanges: what the adapters know. */
#include <factorium.h>
#include <stdio.h>
#include <string.h>

#include "session.h"
#include "verbs.h"

enum { FORMAT };

/* Markets that are called without their exchange. */
enum { N_UNPREFIXED = 3 };

static const option options[] = {
    [FORMAT] = {"format", 'f', "F", "table or json [table]"},
    {NULL, 0, NULL, NULL},
};

static const char *const markets[] = {"spot",       "futures_um", "futures_cm", "bybit_perpetual",
                                      "bybit_spot", "okx_spot",   "okx_swap",   "okx_futures"};
static const char *const data_types[] = {"trades",           "aggTrades",       "klines",
                                         "indexPriceKlines", "markPriceKlines", "fundingRate",
                                         "metrics",          "bookTicker"};

static void print_columns(const char *const *names, size_t n_names, bool json)
{
    for (size_t i = 0; i < n_names; i++)
        printf(json ? "%s\"%s\"" : "%s%s", i ? "," : "", names[i]);
}

/* One line: an exchange, a market, a data type, its columns and where a day's file lies. */
static bool print_dataset(const fct_dataset *dataset, bool json, bool first)
{
    const char *const *names;
    size_t n_names;
    char url[512];
    int64_t day = 19943; /* 2024-08-08 */
    if (fct_exchange_archive_columns(dataset, &names, &n_names, NULL) != FCT_OK)
        return false;
    fct_dataset with_interval = *dataset;
    if (strstr(dataset->data_type, "lines"))
        with_interval.interval = "1m";
    bool has_url =
        fct_exchange_download_url(&with_interval, "SYMBOL", day, url, sizeof url, NULL) == FCT_OK;
    if (json)
        printf("%s\n{\"exchange\":\"%s\",\"market\":\"%s\",\"type\":\"%s\",\"url\":\"%s\","
               "\"columns\":[",
               first ? "" : ",", dataset->exchange, dataset->market, dataset->data_type,
               has_url ? url : "");
    else
        printf("%-10s %-16s %-17s ", dataset->exchange, dataset->market, dataset->data_type);
    print_columns(names, n_names, json);
    printf(json ? "]}" : "\n");
    return true;
}

static int run(const invocation *in)
{
    static const char *const formats[] = {"table", "json", NULL};
    int json = 0;
    bool first = true;
    if (!option_word(in, FORMAT, formats, &json))
        return EXIT_USAGE;
    printf(json ? "[" : "%-10s %-16s %-17s %s\n", "exchange", "market", "type", "columns");
    const char *exchange;
    for (size_t i = 0; (exchange = fct_exchange_name(i)) != NULL; i++)
        for (size_t m = 0; m < sizeof markets / sizeof *markets; m++)
            for (size_t t = 0; t < sizeof data_types / sizeof *data_types; t++) {
                fct_dataset dataset = {exchange, markets[m], data_types[t], NULL};
                size_t n = strlen(exchange);
                bool is_own = strncmp(markets[m], exchange, n) == 0 && markets[m][n] == '_';
                if (!is_own && m >= N_UNPREFIXED)
                    continue;
                if (!is_own && strcmp(exchange, "binance") != 0)
                    continue; /* "spot" is another's "bybit_spot" */
                if (print_dataset(&dataset, json, first))
                    first = false;
            }
    printf(json ? "\n]\n" : "%s",
           "generic    any              any               yours, named with --map\n");
    return EXIT_OK;
}

const cli_verb exchanges_verb = {
    .name = "exchanges",
    .summary = "list the exchanges, markets and data types that are known",
    .operands = "",
    .description =
        "Lists what the adapters know: for each kind of file its columns, and with --format json\n"
        "where the exchange publishes it.",
    .options = options,
    .examples = "  factorium exchanges\n  factorium exchanges --format json",
    .run = run,
};
