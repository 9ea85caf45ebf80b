/*
 * What a file is: what its path says and what the options say, together and without contradiction.
 */
#include <stdio.h>
#include <string.h>

#include "archive/reader.h"

/* One thing that path and options may both say. */
typedef struct said {
    const char *what;   /* "market" */
    const char *option; /* "--market" */
    const char *by_path;
    const char *by_option; /* may be NULL */
} said;

static fct_status agree(const char *path, const said *s, char *out, size_t size, fct_error *err)
{
    char shown_path[80], shown_option[80];
    bool path_says = s->by_path[0] != '\0', option_says = s->by_option && s->by_option[0];
    if (path_says && option_says && strcmp(s->by_path, s->by_option) != 0)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "%s: its path says %s \"%s\" and %s says \"%s\": leave out the option, or rename the "
            "file",
            path, s->what,
            fct_text_quote(s->by_path, strlen(s->by_path), shown_path, sizeof shown_path),
            s->option,
            fct_text_quote(s->by_option, strlen(s->by_option), shown_option, sizeof shown_option));
    const char *chosen = path_says ? s->by_path : option_says ? s->by_option : NULL;
    if (!chosen)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "%s: its path does not say its %s: say it with %s, or keep the folders "
            "and names of the exchange's archive",
            path, s->what, s->option);
    fct_status status = fct_name_check(chosen, s->what, err);
    if (status == FCT_OK && strlen(chosen) >= size)
        status = fct_error_set(err, FCT_ERROR_ARGUMENT, "the %s is too long", s->what);
    if (status != FCT_OK) {
        fct_error_prefix(err, "%s", path);
        return status;
    }
    memcpy(out, chosen, strlen(chosen) + 1);
    return FCT_OK;
}

static fct_status check_map(const fct_column_map *map, fct_error *err)
{
    if (!map->time || !map->price || !map->quantity)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "--map lacks %s: time, price and quantity are needed",
                             !map->time    ? "time"
                             : !map->price ? "price"
                                           : "quantity");
    if (map->is_buyer_maker && map->side)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "--map names both is_buyer_maker and side: one of them is enough");
    return FCT_OK;
}

static fct_status identify_generic(const char *path, const fct_ingest_options *options,
                                   fct_archive_identity *identity, fct_error *err)
{
    const said market = {"market", "--market", "", options->dataset.market};
    const said symbol = {"symbol", "--symbol", "", options->symbol};
    const char *type = options->dataset.data_type;
    const said data_type = {"data type", "--type", "", type && type[0] ? type : "trades"};
    if (options->map)
        FCT_TRY(check_map(options->map, err));
    FCT_TRY(agree(path, &market, identity->market, sizeof identity->market, err));
    FCT_TRY(agree(path, &data_type, identity->data_type, sizeof identity->data_type, err));
    return agree(path, &symbol, identity->symbol, sizeof identity->symbol, err);
}

static fct_status identify_published(const char *path, const fct_ingest_options *options,
                                     fct_archive_identity *identity, fct_error *err)
{
    fct_archive_name name;
    identity->exchange->parse_path(path, &name);
    const said market = {"market", "--market", name.market, options->dataset.market};
    const said symbol = {"symbol", "--symbol", name.symbol, options->symbol};
    const said data_type = {"data type", "--type", name.data_type, options->dataset.data_type};
    if (options->map)
        return fct_error_set(
            err, FCT_ERROR_ARGUMENT,
            "--map is for files of your own: leave it out, or say --exchange generic");
    FCT_TRY(agree(path, &market, identity->market, sizeof identity->market, err));
    FCT_TRY(agree(path, &data_type, identity->data_type, sizeof identity->data_type, err));
    FCT_TRY(agree(path, &symbol, identity->symbol, sizeof identity->symbol, err));
    fct_status status = fct_exchange_table_find(identity->exchange, identity->market,
                                                identity->data_type, &identity->table, err);
    if (status != FCT_OK) {
        fct_error_prefix(err, "%s", path);
        return status;
    }
    strcpy(identity->market, identity->table->market);
    identity->first_day = name.first_day;
    identity->n_days = name.n_days;
    if (!identity->table->is_klines)
        return FCT_OK;
    char interval[sizeof name.interval];
    const said interval_said = {"interval", "--interval", name.interval, options->dataset.interval};
    FCT_TRY(agree(path, &interval_said, interval, sizeof interval, err));
    FCT_TRY(fct_exchange_interval_check(identity->exchange, interval, err));
    snprintf(identity->data_type, sizeof identity->data_type, "%s_%s", identity->table->data_type,
             interval);
    return FCT_OK;
}

fct_status fct_archive_identify(const char *path, const fct_ingest_options *options,
                                fct_archive_identity *identity, fct_error *err)
{
    static const fct_ingest_options no_options = {0};
    options = options ? options : &no_options;
    *identity = (fct_archive_identity){.first_day = INT64_MIN};
    const char *exchange = options->dataset.exchange;
    if ((!exchange || !exchange[0]) && options->map)
        exchange = fct_exchange_generic.name;
    FCT_TRY(fct_exchange_find(exchange, &identity->exchange, err));
    if (!identity->exchange->n_tables)
        return identify_generic(path, options, identity, err);
    return identify_published(path, options, identity, err);
}
