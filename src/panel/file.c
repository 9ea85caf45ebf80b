/* Tables and panels from files. */
#include "panel/file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "panel/csv_faults.h"
#include "panel/panel.h"
#include "store/paths.h"
#include "store/sql.h"

/* All rows are looked at before a column of a CSV file gets its type, so that no late one contradicts. */
static const struct {
    const char *suffix, *table;
} file_kinds[] = {
    {".parquet", "read_parquet($1, hive_partitioning = false)"},
    {".csv", "read_csv($1, header = true, sample_size = -1)"},
    {".csv.gz", "read_csv($1, header = true, sample_size = -1)"},
};

static const char *table_of(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof file_kinds / sizeof *file_kinds; i++) {
        size_t n_suffix = strlen(file_kinds[i].suffix);
        if (n > n_suffix && strcasecmp(path + n - n_suffix, file_kinds[i].suffix) == 0)
            return file_kinds[i].table;
    }
    return NULL;
}

/* Names of columns are matched without regard to case, as those of a panel are. */
static fct_status append_columns(fct_text *query, const fct_table_part *part, fct_error *err)
{
    static const char start[] =
        "SELECT COLUMNS(c -> lower(c) IN ('symbol', 'start_time', 'end_time'";
    if (!part->columns)
        return fct_text_append_format(query, err, "SELECT *");
    FCT_TRY(fct_text_append(query, start, sizeof start - 1, err));
    for (size_t i = 0; i < part->n_columns; i++) {
        FCT_TRY(fct_text_append_format(query, err, ", lower("));
        FCT_TRY(fct_sql_append_literal(query, part->columns[i], err));
        FCT_TRY(fct_text_append(query, ")", 1, err));
    }
    return fct_text_append(query, "))", 2, err);
}

/* read_csv is told that symbols are texts, also where all of them are digits (and begin with 0). */
static fct_status append_table(fct_text *query, const char *table, const char *symbol_column,
                               fct_error *err)
{
    if (!symbol_column)
        return fct_text_append_format(query, err, " FROM %s", table);
    FCT_TRY(
        fct_text_append_format(query, err, " FROM %.*s, types = {", (int)strlen(table) - 1, table));
    FCT_TRY(fct_sql_append_literal(query, symbol_column, err));
    return fct_text_append_format(query, err, ": 'VARCHAR'})");
}

/* Groups of rows, counted, instead of rows: DuckDB holds no more than the groups. */
static fct_status append_counts(fct_text *query, const char *table, bool by_symbol, fct_error *err)
{
    return fct_text_append_format(
        query, err,
        "SELECT %s AS symbol, min(start_time) AS start_time, %s AS end_time, count(*) AS n_rows "
        "FROM %s GROUP BY %s",
        by_symbol ? "symbol" : "'all'", by_symbol ? "max(end_time)" : "end_time", table,
        by_symbol ? "symbol" : "end_time");
}

static fct_status append_query(fct_text *query, const char *table, const char *symbol_column,
                               const fct_table_part *part, fct_error *err)
{
    if (part->counted)
        return append_counts(query, table, part->counted == FCT_TABLE_BY_SYMBOL, err);
    FCT_TRY(append_columns(query, part, err));
    FCT_TRY(append_table(query, table, symbol_column, err));
    if (part->without_rows)
        return fct_text_append_format(query, err, " LIMIT 0");
    if (!part->first_symbol)
        return FCT_OK;
    FCT_TRY(fct_text_append_format(query, err, " WHERE symbol >= "));
    FCT_TRY(fct_sql_append_literal(query, part->first_symbol, err));
    FCT_TRY(fct_text_append_format(query, err, " AND symbol <= "));
    return fct_sql_append_literal(query, part->last_symbol, err);
}

static bool is_csv(const char *table)
{
    return strncmp(table, "read_csv", strlen("read_csv")) == 0;
}

/* The header of a CSV file: how it spells its column of symbols (NULL: it has none), freed with free(). DuckDB would call the
 * second of two columns of one name otherwise, so that is an error; what else is wrong is said where the rows are read. */
static fct_status read_header(fct_sql *sql, const char *path, const char *pattern,
                              char **symbol_column, fct_error *err)
{
    /* How often each name comes, and the name. */
    static const char query[] =
        "SELECT count(*) || ' ' || any_value(value) FROM (UNPIVOT (SELECT * FROM read_csv($1, "
        "header = false, all_varchar = true, sample_size = -1) LIMIT 1) ON COLUMNS(*)) "
        "GROUP BY lower(value) ORDER BY any_value(value)";
    fct_names names;
    char shown[64];
    fct_status status = FCT_OK;
    if (fct_sql_texts(sql, query, pattern, path, &names, NULL) != FCT_OK)
        return FCT_OK;
    for (size_t i = 0; i < names.n_names && status == FCT_OK; i++) {
        char *name;
        if (strtoull(names.names[i], &name, 10) > 1) {
            name++;
            status = fct_error_set(err, FCT_ERROR_DATA,
                                   "%s: two columns are called %s: rename one of them", path,
                                   fct_text_quote(name, strlen(name), shown, sizeof shown));
        } else if (strcasecmp(++name, "symbol") == 0 && !(*symbol_column = fct_text_copy(name))) {
            status = fct_error_memory(err, strlen(name) + 1);
        }
    }
    fct_names_free(&names);
    return status;
}

static fct_status open_part(const char *path, const fct_table_part *part, const fct_run *run,
                            struct ArrowArrayStream *out, fct_error *err)
{
    fct_file_info info;
    fct_text pattern = {0};
    fct_text query = {0};
    fct_sql *sql = NULL;
    char *symbol_column = NULL;
    fct_status status;
    FCT_TRY(fct_file_stat(path, &info, err));
    const char *table = table_of(path);
    if (!table || info.is_folder)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is no table that is read: its name must end in .parquet or .csv",
                             path);
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, path, err));
    FCT_TRY_OUT(
        fct_sql_open(&sql, run ? run->memory_limit_bytes / 2 : 0, run ? run->temp_dir : NULL, err));
    const char *parameter = fct_text_get(&pattern);
    if (is_csv(table))
        FCT_TRY_OUT(read_header(sql, path, parameter, &symbol_column, err));
    FCT_TRY_OUT(append_query(&query, table, symbol_column, part, err));
    status = fct_sql_stream(sql, query.data, &parameter, 1, path, run, out, err);
    sql = NULL;
out:
    if (status == FCT_ERROR_DATA && is_csv(table) && err)
        fct_csv_explain(path, err);
    fct_sql_close(sql);
    free(symbol_column);
    fct_text_free(&pattern);
    fct_text_free(&query);
    return status;
}

fct_status fct_table_open(const char *path, const fct_run *run, struct ArrowArrayStream *out,
                          fct_error *err)
{
    static const fct_table_part all;
    return open_part(path, &all, run, out, err);
}

fct_status fct_panel_read_part(const char *path, const fct_table_part *part, const fct_run *run,
                               fct_panel **out, fct_error *err)
{
    struct ArrowArrayStream stream;
    *out = NULL;
    FCT_TRY(open_part(path, part, run, &stream, err));
    bool of_csv = is_csv(table_of(path));
    fct_status status = fct_panel_from_stream(&stream, run, out, err);
    if (status == FCT_OK && of_csv)
        fct_csv_warn_of_texts(path, *out, run);
    if (status != FCT_ERROR_DATA || !err)
        return status;
    char said[sizeof err->message];
    memcpy(said, err->message, sizeof said);
    if (of_csv)
        fct_csv_explain(path, err);
    if (strcmp(said, err->message) == 0)
        fct_error_prefix(err, "%s", path);
    return status;
}

fct_status fct_panel_count_rows(const char *path, const fct_run *run, fct_panel **by_symbol,
                                fct_panel **by_time, fct_error *err)
{
    const fct_table_part symbols = {.counted = FCT_TABLE_BY_SYMBOL};
    const fct_table_part times = {.counted = FCT_TABLE_BY_TIME};
    const char *table = table_of(path);
    *by_symbol = *by_time = NULL;
    /* A CSV file would be parsed twice. */
    if (!table || is_csv(table))
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED, "%s is no Parquet file", path);
    FCT_TRY(fct_panel_read_part(path, &symbols, run, by_symbol, err));
    fct_status status = fct_panel_read_part(path, &times, run, by_time, err);
    if (status == FCT_OK)
        return FCT_OK;
    fct_panel_free(*by_symbol);
    *by_symbol = NULL;
    return status;
}

fct_status fct_panel_read(const char *path, const fct_run *run, fct_panel **out, fct_error *err)
{
    static const fct_table_part all;
    return fct_panel_read_part(path, &all, run, out, err);
}

/* Whether the file has all of some columns. */
static fct_status find_columns(const char *path, const fct_table_part *part, const fct_run *run,
                               bool *has_all, fct_error *err)
{
    fct_table_part names = *part;
    struct fct_panel *panel;
    names.without_rows = true;
    FCT_TRY(fct_panel_read_part(path, &names, run, &panel, err));
    *has_all = true;
    for (size_t i = 0; i < part->n_columns; i++)
        *has_all &= fct_panel_find_column(panel, part->columns[i]) != NULL;
    fct_panel_free(panel);
    return FCT_OK;
}

fct_status fct_panel_read_columns(const char *path, const char *const *columns, size_t n_columns,
                                  const fct_run *run, fct_panel **out, fct_error *err)
{
    fct_table_part part = {.columns = columns, .n_columns = n_columns};
    const char *table = table_of(path);
    bool has_all = false;
    *out = NULL;
    if (columns && table && !is_csv(table))
        FCT_TRY(find_columns(path, &part, run, &has_all, err));
    if (!has_all)
        part = (fct_table_part){0};
    return fct_panel_read_part(path, &part, run, out, err);
}
