/* Tables and panels from files. */
#include "panel/file.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "store/sql.h"

/* All rows are looked at before a column of a CSV file gets its type, so that no late one contradicts. */
static const struct {
    const char *suffix, *query;
} file_kinds[] = {
    {".parquet", "SELECT * FROM read_parquet($1, hive_partitioning = false)"},
    {".csv", "SELECT * FROM read_csv($1, header = true, sample_size = -1)"},
    {".csv.gz", "SELECT * FROM read_csv($1, header = true, sample_size = -1)"},
};

static const char *query_of(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof file_kinds / sizeof *file_kinds; i++) {
        size_t n_suffix = strlen(file_kinds[i].suffix);
        if (n > n_suffix && strcasecmp(path + n - n_suffix, file_kinds[i].suffix) == 0)
            return file_kinds[i].query;
    }
    return NULL;
}

fct_status fct_table_open(const char *path, const fct_run *run, struct ArrowArrayStream *out,
                          fct_error *err)
{
    fct_file_info info;
    fct_text pattern = {0};
    fct_sql *sql;
    fct_status status;
    FCT_TRY(fct_file_stat(path, &info, err));
    const char *query = query_of(path);
    if (!query || info.is_folder)
        return fct_error_set(err, FCT_ERROR_ARGUMENT,
                             "%s is no table that is read: its name must end in .parquet or .csv",
                             path);
    FCT_TRY_OUT(fct_sql_append_pattern(&pattern, path, err));
    FCT_TRY_OUT(
        fct_sql_open(&sql, run ? run->memory_limit_bytes / 2 : 0, run ? run->temp_dir : NULL, err));
    const char *parameter = fct_text_get(&pattern);
    FCT_TRY_OUT(fct_sql_stream(sql, query, &parameter, 1, path, run, out, err));
out:
    fct_text_free(&pattern);
    return status;
}

fct_status fct_panel_read(const char *path, const fct_run *run, fct_panel **out, fct_error *err)
{
    struct ArrowArrayStream stream;
    *out = NULL;
    FCT_TRY(fct_table_open(path, run, &stream, err));
    fct_status status = fct_panel_from_stream(&stream, run, out, err);
    if (status == FCT_ERROR_DATA)
        fct_error_prefix(err, "%s", path);
    return status;
}
