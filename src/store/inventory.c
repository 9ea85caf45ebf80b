/* fct_store_list: what a store holds, symbol by symbol. */
#include <stdlib.h>

#include "arrow/builder.h"
#include "base/threads.h"
#include "parquet/reader.h"
#include "store/entries.h"
#include "store/sql.h"
#include "store/store.h"

/* One row of the list. */
typedef struct inventory_row {
    int64_t first_day, last_day, n_days, n_missing_days, n_rows, n_bytes;
    bool rows_known; /* all footers could be read */
    fct_text gaps;   /* "2024-08-10, 2024-08-12 to 2024-08-14" */
} inventory_row;

typedef struct inventory {
    fct_store store;
    fct_job *job;
    fct_store_entries entries;
    inventory_row *rows; /* one an entry */
    fct_sql **sql;       /* one a thread, opened where the store is remote */
    size_t n_threads;
    bool given;
} inventory;

static void inventory_free(void *context)
{
    inventory *list = context;
    for (size_t i = 0; list->rows && i < list->entries.n_entries; i++)
        fct_text_free(&list->rows[i].gaps);
    for (size_t i = 0; list->sql && i < list->n_threads; i++)
        fct_sql_close(list->sql[i]);
    free(list->sql);
    free(list->rows);
    fct_store_entries_free(&list->entries);
    fct_store_close(&list->store);
    free(list);
}

/* ---- What each has ---------------------------------------------------------------------------- */

/* Rows as the footer says; a file that cannot be read leaves them unknown, and says so. */
/* The same of a file elsewhere, by DuckDB. */
static fct_status count_remote(const inventory *list, inventory_row *row, const char *path,
                               int thread, fct_error *err)
{
    fct_sql **sql = &list->sql[thread];
    fct_sql_cursor *cursor = NULL;
    fct_sql_chunk chunk = {0};
    fct_error why = {0};
    if (!*sql)
        FCT_TRY(fct_sql_open_for(sql, path, 0, NULL, err));
    fct_status status = fct_sql_cursor_open(
        &cursor, *sql,
        "SELECT num_rows, CAST(file_size_bytes AS BIGINT) FROM parquet_file_metadata($1)", path,
        list->job, &why);
    if (status == FCT_OK)
        status = fct_sql_cursor_next(cursor, &chunk, &why);
    if (status == FCT_OK && chunk.n_rows == 1) {
        row->n_rows += *(const int64_t *)chunk.values[0];
        row->n_bytes += *(const int64_t *)chunk.values[1];
    } else if (status == FCT_ERROR_MEMORY || status == FCT_ERROR_INTERRUPTED) {
        status = fct_error_set(err, status, "%s", why.message);
    } else {
        status = FCT_OK;
        row->rows_known = false;
        fct_job_message(list->job, FCT_MESSAGE_WARNING, "%s", why.message);
    }
    fct_sql_cursor_free(cursor);
    return status;
}

static fct_status count_file(const inventory *list, inventory_row *row, const char *path,
                             int thread, fct_error *err)
{
    fct_file_info info;
    fct_error why = {0};
    fct_parquet_file *file = NULL;
    if (list->store.is_remote)
        return count_remote(list, row, path, thread, err);
    FCT_TRY(fct_file_stat(path, &info, err));
    row->n_bytes += info.size_bytes;
    fct_status status = fct_parquet_file_open(&file, path, &why);
    if (status == FCT_ERROR_MEMORY)
        return fct_error_set(err, status, "%s", why.message);
    if (status == FCT_OK) {
        row->n_rows += fct_parquet_file_metadata(file)->n_rows;
    } else {
        row->rows_known = false;
        fct_job_message(list->job, FCT_MESSAGE_WARNING, "%s", why.message);
    }
    fct_parquet_file_close(file);
    return FCT_OK;
}

static fct_status add_gap(inventory_row *row, int64_t first, int64_t last, fct_error *err)
{
    char text[2][11];
    fct_date_format(first, text[0]);
    fct_date_format(last, text[1]);
    row->n_missing_days += last - first + 1;
    return fct_text_append_format(&row->gaps, err, "%s%s%s%s", row->gaps.length ? ", " : "",
                                  text[0], first == last ? "" : " to ",
                                  first == last ? "" : text[1]);
}

static fct_status count_symbol(size_t item, int thread, void *context, fct_error *err)
{
    inventory *list = context;
    inventory_row *row = &list->rows[item];
    const fct_store_key key = fct_store_entry_key(&list->entries.entries[item]);
    fct_store_days days;
    fct_names strange = {0};
    fct_status status =
        fct_store_days_inspect(&list->store, &key, INT64_MIN, INT64_MAX, &days, &strange, err);
    for (size_t i = 0; i < strange.n_names; i++)
        fct_job_message(list->job, FCT_MESSAGE_WARNING,
                        "%s: the folder's name is part of no date: nothing in it is read",
                        strange.names[i]);
    fct_names_free(&strange);
    FCT_TRY(status);
    row->rows_known = true;
    row->n_days = (int64_t)days.n_days;
    for (size_t i = 0; i < days.n_days; i++) {
        const fct_store_day *day = &days.days[i];
        FCT_TRY_OUT(fct_job_check(list->job, err));
        if (i && day->day == day[-1].day)
            fct_job_message(list->job, FCT_MESSAGE_WARNING,
                            "%s: the day lies there twice, in folders with and without a leading "
                            "zero",
                            day->files[0]);
        if (i && day->day > day[-1].day + 1)
            FCT_TRY_OUT(add_gap(row, day[-1].day + 1, day->day - 1, err));
        for (size_t j = 0; j < day->n_files; j++)
            FCT_TRY_OUT(count_file(list, row, day->files[j], thread, err));
    }
    if (days.n_days) {
        row->first_day = days.days[0].day;
        row->last_day = days.days[days.n_days - 1].day;
    }
    status = FCT_OK;
    fct_job_advance(list->job, 1, key.symbol);
out:
    fct_store_days_free(&days);
    return status;
}

/* ---- The answer ------------------------------------------------------------------------------- */

enum { MARKET, TYPE, SYMBOL, FIRST, LAST, DAYS, MISSING, GAPS, ROWS, BYTES, N_COLUMNS };

static const fct_arrow_field fields[N_COLUMNS] = {
    [MARKET] = {"market", FCT_ARROW_STRING, false},
    [TYPE] = {"data_type", FCT_ARROW_STRING, false},
    [SYMBOL] = {"symbol", FCT_ARROW_STRING, false},
    [FIRST] = {"first_day", FCT_ARROW_DATE32, true},
    [LAST] = {"last_day", FCT_ARROW_DATE32, true},
    [DAYS] = {"days", FCT_ARROW_INT64, false},
    [MISSING] = {"missing_days", FCT_ARROW_INT64, false},
    [GAPS] = {"gaps", FCT_ARROW_STRING, true},
    [ROWS] = {"rows", FCT_ARROW_INT64, true},
    [BYTES] = {"bytes", FCT_ARROW_INT64, false},
};

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    inventory *list = context;
    *out = (struct ArrowArray){0};
    if (list->given)
        return FCT_OK;
    list->given = true;
    fct_arrow_builder b;
    FCT_TRY(fct_arrow_builder_start(&b, fields, N_COLUMNS, list->entries.n_entries, err));
    for (size_t i = 0; i < list->entries.n_entries; i++) {
        const fct_store_entry *entry = &list->entries.entries[i];
        const inventory_row *row = &list->rows[i];
        fct_arrow_builder_text(&b, MARKET, entry->market);
        fct_arrow_builder_text(&b, TYPE, entry->data_type);
        fct_arrow_builder_text(&b, SYMBOL, entry->symbol);
        if (row->n_days) {
            fct_arrow_builder_int(&b, FIRST, row->first_day);
            fct_arrow_builder_int(&b, LAST, row->last_day);
        } else {
            fct_arrow_builder_null(&b, FIRST);
            fct_arrow_builder_null(&b, LAST);
        }
        fct_arrow_builder_int(&b, DAYS, row->n_days);
        fct_arrow_builder_int(&b, MISSING, row->n_missing_days);
        if (row->gaps.length)
            fct_arrow_builder_text(&b, GAPS, row->gaps.data);
        else
            fct_arrow_builder_null(&b, GAPS);
        if (row->rows_known)
            fct_arrow_builder_int(&b, ROWS, row->n_rows);
        else
            fct_arrow_builder_null(&b, ROWS);
        fct_arrow_builder_int(&b, BYTES, row->n_bytes);
    }
    return fct_arrow_builder_end(&b, out, err);
}

fct_status fct_store_list(const char *root, const fct_dataset *dataset, const char *const *symbols,
                          size_t n_symbols, const fct_run *run, struct ArrowArrayStream *out,
                          fct_error *err)
{
    fct_job job;
    fct_status status;
    *out = (struct ArrowArrayStream){0};
    FCT_TRY(fct_job_start(&job, run, err));
    inventory *list = calloc(1, sizeof *list);
    if (!list) {
        fct_job_end(&job);
        return fct_error_memory(err, sizeof *list);
    }
    list->job = &job;
    FCT_TRY_OUT(fct_store_open(&list->store, root, err));
    FCT_TRY_OUT(
        fct_store_entries_list(&list->store, dataset, symbols, n_symbols, &list->entries, err));
    size_t n = list->entries.n_entries;
    list->rows = calloc(n, sizeof *list->rows);
    list->n_threads = (size_t)job.run.n_threads;
    list->sql = calloc(list->n_threads, sizeof(fct_sql *));
    if (!list->rows || !list->sql) {
        status = fct_error_memory(err, n * sizeof *list->rows);
        goto out;
    }
    fct_job_stage(&job, "ls", "symbols", (int64_t)n);
    FCT_TRY_OUT(fct_parallel_for(job.run.n_threads, n, count_symbol, list, err));
    const fct_arrow_source source = {next_batch, inventory_free, list};
    list = NULL;
    status = fct_arrow_stream_make(fields, N_COLUMNS, source, out, err);
out:
    if (list)
        inventory_free(list);
    fct_job_end(&job);
    return status;
}
