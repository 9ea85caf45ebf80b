#include "query/views.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/run.h"
#include "exchange/exchange.h"
#include "store/entries.h"
#include "store/store.h"
#include "store/trade_query.h"

/* ---- Files ------------------------------------------------------------------------------------ */

/* The path of a file or a pattern as a literal; what is special in `root` is escaped, what follows it is not. */
static fct_status append_path(fct_text *out, const char *root, const char *separator,
                              const char *pattern, fct_error *err)
{
    fct_text path = {0};
    fct_status status;
    FCT_TRY_OUT(fct_sql_append_pattern(&path, root, err));
    FCT_TRY_OUT(fct_text_append(&path, separator, strlen(separator), err));
    FCT_TRY_OUT(fct_text_append(&path, pattern, strlen(pattern), err));
    status = fct_sql_append_literal(out, path.data, err);
out:
    fct_text_free(&path);
    return status;
}

static bool ends_in(const char *text, const char *suffix)
{
    size_t n = strlen(text);
    size_t n_suffix = strlen(suffix);
    return n >= n_suffix && strcasecmp(text + n - n_suffix, suffix) == 0;
}

static fct_status make_file_view(fct_sql *sql, const char *name, const char *path, bool is_parquet,
                                 fct_error *err)
{
    fct_text text = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&text, err, "CREATE VIEW "));
    FCT_TRY_OUT(fct_sql_append_identifier(&text, name, err));
    FCT_TRY_OUT(fct_text_append_format(
        &text, err, is_parquet ? " AS FROM read_parquet(" : " AS FROM read_csv("));
    FCT_TRY_OUT(append_path(&text, path, "", "", err));
    FCT_TRY_OUT(fct_text_append_format(
        &text, err, "%s)", is_parquet ? ", hive_partitioning = false" : ", header = true"));
    status = fct_sql_execute(sql, text.data, err);
out:
    fct_text_free(&text);
    return status;
}

fct_status fct_view_of_file(fct_sql *sql, const char *name, const char *path, fct_error *err)
{
    fct_file_info info;
    FCT_TRY(fct_file_stat(path, &info, err));
    if (!ends_in(path, ".parquet") && !ends_in(path, ".csv") && !ends_in(path, ".csv.gz"))
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is no panel: one is read from a file in .parquet or .csv", path);
    return make_file_view(sql, name, path, ends_in(path, ".parquet"), err);
}

fct_status fct_view_of_parquet(fct_sql *sql, const char *name, const char *path, fct_error *err)
{
    return make_file_view(sql, name, path, true, err);
}

/* ---- Data types of the store ------------------------------------------------------------------ */

/* As a list: where the store is a web server, there are no patterns. */
static fct_status append_remote_files(fct_text *out, const fct_store *store, const char *folder,
                                      fct_error *err)
{
    size_t n_folder = strlen(folder);
    const char *before = "[";
    for (size_t i = 0; i < store->files.n_names; i++) {
        if (strncmp(store->files.names[i], folder, n_folder) != 0)
            continue;
        FCT_TRY(fct_text_append_format(out, err, "%s", before));
        FCT_TRY(append_path(out, store->root, "/", store->files.names[i], err));
        before = ", ";
    }
    return fct_text_append_format(out, err, "]");
}

/* One market's files of one data type; `by_name`: with the types that hold what any of them has, which opens all of them. */
static fct_status append_files(fct_text *out, const fct_store *store, const fct_store_entry *entry,
                               bool by_name, fct_error *err)
{
    fct_text folder = {0};
    fct_text pattern = {0};
    fct_status status;
    FCT_TRY_OUT(fct_text_append_format(&folder, err, "market=%s/data_type=%s/", entry->market,
                                       entry->data_type));
    FCT_TRY_OUT(fct_text_append_format(&pattern, err, "%ssymbol=*/year=*/month=*/day=*/*.parquet",
                                       folder.data));
    FCT_TRY_OUT(fct_text_append_format(out, err, "read_parquet("));
    FCT_TRY_OUT(store->is_remote ? append_remote_files(out, store, folder.data, err)
                                 : append_path(out, store->root, "/", pattern.data, err));
    /* Symbols may look like numbers, and dates like octal ones. */
    status = fct_text_append_format(out, err,
                                    ", union_by_name = %s, hive_partitioning = true, hive_types = "
                                    "{'market': VARCHAR, 'data_type': VARCHAR, 'symbol': VARCHAR, "
                                    "'year': INTEGER, 'month': INTEGER, 'day': INTEGER})",
                                    by_name ? "true" : "false");
out:
    fct_text_free(&folder);
    fct_text_free(&pattern);
    return status;
}

/* What the exchange (NULL: the market's) says of the entry: *table is NULL where that is nothing. */
static fct_status find_table(const char *exchange_name, const fct_store_entry *entry,
                             const fct_exchange_table **table, fct_error *err)
{
    const fct_exchange *exchange;
    *table = NULL;
    FCT_TRY(fct_exchange_find_of(exchange_name, entry->market, &exchange, err));
    if (fct_exchange_table_find(exchange, entry->market, entry->data_type, table, NULL) != FCT_OK)
        *table = NULL;
    return FCT_OK;
}

/*
 * All files are read with the types of the first. Where those may be too narrow for the others, as those of prices that
 * were whole numbers on that day, the others would be rounded: *by_name.
 */
static fct_status look_at_types(fct_sql *sql, const fct_store *store, const fct_store_entry *entry,
                                bool *by_name, fct_error *err)
{
    const fct_exchange_table *table;
    fct_text query = {0};
    fct_text wholes = {0};
    fct_names narrow = {0};
    fct_status status;
    (void)find_table(NULL, entry, &table, NULL);
    FCT_TRY_OUT(fct_text_append_format(&wholes, err, "%s,%s", fct_canonical_map.time,
                                       fct_canonical_map.id));
    for (size_t i = 0; table && i < table->n_columns; i++)
        if (table->columns[i].type == FCT_VALUE_INT64)
            FCT_TRY_OUT(fct_text_append_format(&wholes, err, ",%s", table->columns[i].name));
    FCT_TRY_OUT(
        fct_text_append_format(&query, err, "SELECT column_name FROM (DESCRIBE SELECT * FROM "));
    FCT_TRY_OUT(append_files(&query, store, entry, false, err));
    FCT_TRY_OUT(fct_text_append_format(
        &query, err,
        ") WHERE column_type NOT IN ('DOUBLE', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP', 'TIMESTAMP WITH "
        "TIME ZONE', 'TIMESTAMP_NS') AND column_name NOT IN ('year', 'month', 'day') AND NOT "
        "(column_type = 'BIGINT' AND list_contains(string_split($1, ','), column_name))"));
    FCT_TRY_OUT(fct_sql_texts(sql, query.data, wholes.data, store->root, &narrow, err));
    *by_name = narrow.n_names > 0;
out:
    fct_text_free(&query);
    fct_text_free(&wholes);
    fct_names_free(&narrow);
    return status;
}

/* A file of the entry, to see its columns; NULL where it has none. */
static fct_status first_file(const fct_store *store, const fct_store_entry *entry, char **path,
                             fct_error *err)
{
    const fct_store_key key = fct_store_entry_key(entry);
    fct_store_days days;
    *path = NULL;
    FCT_TRY(fct_store_days_list(store, &key, INT64_MIN, INT64_MAX, &days, err));
    if (days.n_days && days.days[0].n_files)
        *path = fct_text_copy(days.days[0].files[0]);
    bool lacks_memory = days.n_days && days.days[0].n_files && !*path;
    fct_store_days_free(&days);
    return lacks_memory ? fct_error_memory(err, 64) : FCT_OK;
}

/* ---- Trades ----------------------------------------------------------------------------------- */

static const fct_sql_column *find_column(const fct_sql_columns *columns, const char *name)
{
    for (size_t i = 0; name && i < columns->n_columns; i++)
        if (strcasecmp(columns->columns[i].name, name) == 0)
            return &columns->columns[i];
    return NULL;
}

/* A time as a timestamp: of whole numbers by their size, of fractions as seconds. */
static fct_status append_time(fct_text *out, const fct_sql_column *column, fct_error *err)
{
    fct_text name = {0};
    fct_status status;
    FCT_TRY_OUT(fct_sql_append_identifier(&name, column->name, err));
    const char *n = name.data;
    if (column->kind == FCT_SQL_INTEGER)
        status = fct_text_append_format(
            out, err,
            "make_timestamp(CASE WHEN %s < 100000000000 THEN %s * 1000000 WHEN %s < "
            "100000000000000 THEN %s * 1000 WHEN %s < 100000000000000000 THEN %s ELSE %s // 1000 "
            "END)",
            n, n, n, n, n, n, n);
    else if (column->kind == FCT_SQL_NUMBER)
        status = fct_text_append_format(out, err, "make_timestamp(CAST(%s * 1e6 AS BIGINT))", n);
    else
        status = fct_text_append_format(out, err, "CAST(%s AS TIMESTAMP)", n);
out:
    fct_text_free(&name);
    return status;
}

static fct_status append_cast(fct_text *out, const fct_sql_column *column, const char *type,
                              const char *as, fct_error *err)
{
    FCT_TRY(fct_text_append_format(out, err, ", CAST("));
    FCT_TRY(column ? fct_sql_append_identifier(out, column->name, err)
                   : fct_text_append_format(out, err, "NULL"));
    return fct_text_append_format(out, err, " AS %s) AS %s", type, as);
}

/* Whether the buyer was the maker, or what the taker did in words, as for bars. */
static fct_status append_side(fct_text *out, const fct_sql_columns *columns,
                              const fct_column_map *map, fct_error *err)
{
    const fct_sql_column *maker = find_column(columns, map->is_buyer_maker);
    const fct_sql_column *side = find_column(columns, map->side);
    if (maker || !side)
        return append_cast(out, maker, "BOOLEAN", "is_buyer_maker", err);
    FCT_TRY(fct_text_append_format(out, err, ", CASE lower(CAST("));
    FCT_TRY(fct_sql_append_identifier(out, side->name, err));
    return fct_text_append_format(
        out, err,
        " AS VARCHAR)) WHEN 'buy' THEN false WHEN 'b' THEN false WHEN '1' THEN false WHEN 'sell' "
        "THEN true WHEN 's' THEN true WHEN '-1' THEN true END AS is_buyer_maker");
}

static bool has_trades(const fct_sql_columns *columns, const fct_column_map *map)
{
    return map && find_column(columns, map->time) && find_column(columns, map->price) &&
           find_column(columns, map->quantity);
}

/* One SELECT of the view. */
static fct_status append_trades(fct_text *out, const fct_store *store, const fct_store_entry *entry,
                                const fct_sql_columns *columns, const fct_column_map *map,
                                bool by_name, fct_error *err)
{
    const fct_sql_column *time = find_column(columns, map->time);
    const fct_sql_column *price = find_column(columns, map->price);
    const fct_sql_column *quantity = find_column(columns, map->quantity);
    FCT_TRY(fct_text_append_format(
        out, err, "%sSELECT market, data_type, symbol, make_date(year, month, day) AS date, ",
        out->length ? " UNION ALL " : ""));
    FCT_TRY(append_time(out, time, err));
    FCT_TRY(fct_text_append_format(out, err, " AS time"));
    FCT_TRY(append_cast(out, price, "DOUBLE", "price", err));
    FCT_TRY(append_cast(out, quantity, "DOUBLE", "quantity", err));
    FCT_TRY(append_side(out, columns, map, err));
    FCT_TRY(append_cast(out, find_column(columns, map->id), "BIGINT", "id", err));
    FCT_TRY(fct_text_append_format(out, err, " FROM "));
    return append_files(out, store, entry, by_name, err);
}

/* The trades of an entry, where it is one of trades; else *is_left_out says whether it might have been. */
static fct_status append_entry(fct_sql *sql, const fct_store *store, const fct_store_entry *entry,
                               const fct_trades_view *how, bool by_name, fct_text *trades,
                               bool *is_left_out, fct_error *err)
{
    const fct_exchange_table *table;
    fct_sql_columns columns = {0};
    char *path = NULL;
    fct_status status;
    FCT_TRY(find_table(how->exchange, entry, &table, err));
    FCT_TRY_OUT(first_file(store, entry, &path, err));
    if (!path)
        goto out;
    FCT_TRY_OUT(fct_sql_describe(sql, path, &columns, err));
    const fct_column_map *maps[] = {how->map, table ? &table->map : NULL, &fct_canonical_map};
    *is_left_out = !table || (!table->is_klines && !table->is_plain);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (has_trades(&columns, maps[i])) {
            *is_left_out = false;
            status = append_trades(trades, store, entry, &columns, maps[i], by_name, err);
            break;
        }
out:
    fct_sql_columns_free(&columns);
    free(path);
    return status;
}

/* ---- The views -------------------------------------------------------------------------------- */

/* Entries are in the order of market, then type: the first of each pair stands for it. */
static bool is_first(const fct_store_entries *entries, size_t i)
{
    const fct_store_entry *e = &entries->entries[i];
    return i == 0 || strcmp(e[-1].market, e->market) != 0 ||
           strcmp(e[-1].data_type, e->data_type) != 0;
}

static fct_status make_type_view(fct_sql *sql, const fct_store *store,
                                 const fct_store_entries *entries, const bool *by_name,
                                 size_t first, fct_error *err)
{
    fct_text view = {0};
    fct_status status;
    const char *data_type = entries->entries[first].data_type;
    for (size_t i = 0; i < first; i++)
        if (strcmp(entries->entries[i].data_type, data_type) == 0)
            return FCT_OK;
    FCT_TRY_OUT(fct_text_append_format(&view, err, "CREATE OR REPLACE VIEW "));
    FCT_TRY_OUT(fct_sql_append_identifier(&view, data_type, err));
    FCT_TRY_OUT(fct_text_append_format(&view, err, " AS "));
    bool has_one = false;
    for (size_t i = first; i < entries->n_entries; i++) {
        if (!is_first(entries, i) || strcmp(entries->entries[i].data_type, data_type) != 0)
            continue;
        FCT_TRY_OUT(fct_text_append_format(&view, err, "%sSELECT * FROM ",
                                           has_one ? " UNION ALL BY NAME " : ""));
        FCT_TRY_OUT(append_files(&view, store, &entries->entries[i], by_name[i], err));
        has_one = true;
    }
    status = fct_sql_execute(sql, view.data, err);
out:
    fct_text_free(&view);
    return status;
}

/* A view without rows where the query does not read it, so that others of its names do not come into its place. */
static fct_status make_trades_view(fct_sql *sql, const fct_text *trades, fct_error *err)
{
    static const char no_trades[] =
        "SELECT '' AS market, '' AS data_type, '' AS symbol, DATE '1970-01-01' AS date, TIMESTAMP "
        "'1970-01-01' AS time, 0::DOUBLE AS price, 0::DOUBLE AS quantity, false AS is_buyer_maker, "
        "0::BIGINT AS id WHERE false";
    fct_text view = {0};
    fct_status status = fct_text_append_format(&view, err, "CREATE OR REPLACE VIEW trades AS %s",
                                               trades->length ? trades->data : no_trades);
    if (status == FCT_OK)
        status = fct_sql_execute(sql, view.data, err);
    fct_text_free(&view);
    return status;
}

/* Says which data types the view has not. */
static fct_status report_left_out(const char *root, const fct_text *trades, const fct_text *others,
                                  const fct_run *run, fct_error *err)
{
    fct_job job;
    if (!trades->length)
        return fct_error_set(err, FCT_ERROR_NOT_FOUND,
                             "the query reads trades, and the store %s has none under the names "
                             "that are looked for: its data types are %s. Say which columns they "
                             "have with --map time=NAME,price=NAME,quantity=NAME, or query a data "
                             "type itself",
                             root, others->data);
    FCT_TRY(fct_job_start(&job, run, err));
    fct_job_message(&job, FCT_MESSAGE_WARNING,
                    "not among the trades, for want of their columns (--map names them): %s",
                    others->data);
    fct_job_end(&job);
    return FCT_OK;
}

fct_status fct_views_of_store(fct_sql *sql, const char *root, const fct_trades_view *how,
                              const fct_run *run, fct_error *err)
{
    fct_store store = {0};
    fct_store_entries entries = {0};
    bool *by_name = NULL;
    fct_text trades = {0};
    fct_text others = {0};   /* data types without trades */
    fct_text left_out = {0}; /* those of them that are not known to have none */
    fct_status status;
    FCT_TRY_OUT(fct_store_open(&store, root, err));
    FCT_TRY_OUT(fct_store_entries_list(&store, NULL, NULL, 0, &entries, err));
    by_name = calloc(entries.n_entries + 1, sizeof *by_name);
    if (!by_name) {
        status = fct_error_memory(err, entries.n_entries + 1);
        goto out;
    }
    for (size_t i = 0; i < entries.n_entries; i++)
        if (is_first(&entries, i))
            FCT_TRY_OUT(look_at_types(sql, &store, &entries.entries[i], &by_name[i], err));
    for (size_t i = 0; i < entries.n_entries; i++) {
        if (!is_first(&entries, i))
            continue;
        size_t n_before = trades.length;
        bool is_left_out = false;
        const char *name = entries.entries[i].data_type;
        FCT_TRY_OUT(append_entry(sql, &store, &entries.entries[i], how, by_name[i], &trades,
                                 &is_left_out, err));
        if (trades.length == n_before)
            FCT_TRY_OUT(
                fct_text_append_format(&others, err, "%s%s", others.length ? ", " : "", name));
        if (is_left_out)
            FCT_TRY_OUT(
                fct_text_append_format(&left_out, err, "%s%s", left_out.length ? ", " : "", name));
        FCT_TRY_OUT(make_type_view(sql, &store, &entries, by_name, i, err));
    }
    if (how->is_read && (!trades.length || left_out.length))
        FCT_TRY_OUT(report_left_out(root, &trades, trades.length ? &left_out : &others, run, err));
    /* After those of the types: one of them is mostly called trades, too. */
    status = make_trades_view(sql, &trades, err);
out:
    free(by_name);
    fct_store_entries_free(&entries);
    fct_store_close(&store);
    fct_text_free(&trades);
    fct_text_free(&others);
    fct_text_free(&left_out);
    return status;
}
