#include "support/ingest.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "archive/checksum.h"
#include "base/file.h"
#include "base/time.h"
#include "store/sql.h"

test_ingest *test_ingest_start(void)
{
    test_ingest *t = calloc(1, sizeof *t);
    assert_non_null(t);
    /* In memory where that is there: these tests make and remove thousands of small files. */
    strcpy(t->folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/factorium-ingest-XXXXXX"
                                                    : "/tmp/factorium-ingest-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    snprintf(t->archive, sizeof t->archive, "%s/archive", t->folder);
    snprintf(t->store, sizeof t->store, "%s/store", t->folder);
    return t;
}

void test_ingest_end(test_ingest *t)
{
    assert_int_equal(fct_tree_remove(t->folder, NULL), FCT_OK);
    fct_text_free(&t->messages);
    free(t);
}

static void on_message(fct_message_level level, const char *text, void *user)
{
    test_ingest *t = user;
    assert_int_equal(fct_text_append_format(&t->messages, NULL, "%d %s\n", (int)level, text),
                     FCT_OK);
}

bool test_has_message(const test_ingest *t, const char *part)
{
    return strstr(fct_text_get(&t->messages), part) != NULL;
}

fct_status test_ingest_run(test_ingest *t, const char *path)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s%s", t->archive, *path ? "/" : "", path);
    const char *const paths[] = {whole};
    fct_run run = {.n_threads = t->n_threads,
                   .memory_limit_bytes = t->memory_limit_bytes,
                   .on_message = on_message,
                   .user = t};
    t->error = (fct_error){0};
    fct_status status = fct_ingest(paths, 1, t->store, &t->options, &run, &t->report, &t->error);
    assert_int_equal(t->error.status, status);
    return status;
}

void test_ingest_must(test_ingest *t, const char *path)
{
    fct_status status = test_ingest_run(t, path);
    if (status != FCT_OK)
        fail_msg("%s", t->error.message);
}

/* ---- Archive files ---------------------------------------------------------------------------- */

int64_t test_midnight_ms(const char *date)
{
    int64_t day;
    assert_int_equal(fct_date_parse(date, &day, NULL), FCT_OK);
    return day * FCT_MS_PER_DAY;
}

void test_trade_line(fct_text *csv, int64_t id, double price, double quantity, int64_t time_ms)
{
    assert_int_equal(
        fct_text_append_format(csv, NULL, "%" PRId64 ",%.2f,%.3f,%.5f,%" PRId64 ",%s\n", id, price,
                               quantity, price * quantity, time_ms, id % 3 ? "true" : "false"),
        FCT_OK);
}

void test_trade_lines(fct_text *csv, int64_t first_id, int n, int64_t first_ms, int64_t step_ms)
{
    for (int i = 0; i < n; i++) {
        int64_t id = first_id + i;
        test_trade_line(csv, id, 100 + (double)(id * 7919 % 1000) / 100,
                        (double)(id * 104729 % 997 + 1) / 1000, first_ms + i * step_ms);
    }
}

static void zip_write(const char *path, const char *name, const char *csv, size_t n_bytes)
{
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    zip_source_t *source = zip_source_buffer(zip, csv, n_bytes, 0);
    assert_non_null(source);
    char member[300];
    snprintf(member, sizeof member, "%.*s.csv", (int)strlen(name) - 4, name);
    zip_int64_t index = zip_file_add(zip, member, source, ZIP_FL_OVERWRITE);
    assert_true(index >= 0);
    /* The same text makes the same file. */
    assert_int_equal(zip_file_set_mtime(zip, (zip_uint64_t)index, 1700000000, 0), 0);
    assert_int_equal(zip_close(zip), 0);
}

void test_archive_text(test_ingest *t, const char *name, const char *csv)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", t->archive, name);
    size_t n = strlen(path);
    char *folder = strndup(path, (size_t)(fct_path_name(path) - path));
    folder[strlen(folder) - 1] = '\0';
    assert_int_equal(fct_folder_make(folder, NULL), FCT_OK);
    free(folder);
    if (strcmp(path + n - 4, ".zip") == 0)
        zip_write(path, fct_path_name(path), csv, strlen(csv));
    else
        assert_int_equal(fct_file_write_atomic(path, csv, strlen(csv), NULL), FCT_OK);
}

void test_archive_file(test_ingest *t, const char *name, fct_text *csv)
{
    test_archive_text(t, name, fct_text_get(csv));
    fct_text_free(csv);
}

const char *test_archive_name(const char *date)
{
    static char name[128];
    snprintf(name, sizeof name, "futures/um/%s/trades/BTCUSDT/BTCUSDT-trades-%s.zip",
             strlen(date) == 7 ? "monthly" : "daily", date);
    return name;
}

/* ---- The store -------------------------------------------------------------------------------- */

int64_t test_stored_rows(test_ingest *t, const char *date, const char *file, test_stored **rows)
{
    char path[512];
    snprintf(
        path, sizeof path,
        "%s/market=futures_um/data_type=trades/symbol=BTCUSDT/year=%.4s/month=%.2s/day=%.2s/%s",
        t->store, date, date + 5, date + 8, file);
    if (rows)
        *rows = NULL;
    if (!fct_file_exists(path))
        return -1;
    fct_job job;
    fct_sql *sql;
    fct_sql_cursor *cursor;
    fct_error err = {0};
    assert_int_equal(fct_job_start(&job, NULL, &err), FCT_OK);
    assert_int_equal(fct_sql_open(&sql, 0, NULL, &err), FCT_OK);
    if (fct_sql_cursor_open(&cursor, sql, "SELECT id, time, price, qty FROM read_parquet($1)", path,
                            &job, &err) != FCT_OK)
        fail_msg("%s", err.message);
    int64_t n_rows = 0;
    for (;;) {
        fct_sql_chunk chunk;
        assert_int_equal(fct_sql_cursor_next(cursor, &chunk, &err), FCT_OK);
        if (!chunk.n_rows)
            break;
        test_stored *grown =
            rows ? realloc(*rows, (size_t)(n_rows + chunk.n_rows) * sizeof **rows) : NULL;
        for (int64_t i = 0; grown && i < chunk.n_rows; i++)
            grown[n_rows + i] = (test_stored){.id = ((const int64_t *)chunk.values[0])[i],
                                              .time = ((const int64_t *)chunk.values[1])[i],
                                              .price = ((const double *)chunk.values[2])[i],
                                              .quantity = ((const double *)chunk.values[3])[i]};
        if (rows)
            *rows = grown;
        n_rows += chunk.n_rows;
    }
    fct_sql_cursor_free(cursor);
    fct_sql_close(sql);
    fct_job_end(&job);
    return n_rows;
}

int64_t test_stored_count(test_ingest *t, const char *date, const char *file)
{
    return test_stored_rows(t, date, file, NULL);
}

typedef struct listing {
    fct_text text;
    size_t n_root;
    bool only_days;
} listing;

static fct_status list_file(const char *path, const fct_file_info *info, void *context,
                            fct_error *err)
{
    (void)info;
    listing *l = context;
    const char *name = path + l->n_root + 1;
    if (strcmp(name, ".factorium/lock") == 0 || (l->only_days && *name == '.'))
        return FCT_OK;
    fct_job job;
    char sha256[FCT_CHECKSUM_HEX + 1];
    FCT_TRY(fct_job_start(&job, NULL, err));
    FCT_TRY(fct_checksum_file(path, &job, sha256, err));
    fct_job_end(&job);
    return fct_text_append_format(&l->text, err, "%.12s %s\n", sha256, name);
}

char *test_store_listing(const char *store, bool only_days)
{
    listing l = {.n_root = strlen(store), .only_days = only_days};
    assert_int_equal(fct_text_append(&l.text, "", 0, NULL), FCT_OK);
    fct_error err = {0};
    if (fct_file_exists(store) && fct_tree_walk(store, list_file, &l, &err) != FCT_OK)
        fail_msg("%s", err.message);
    return l.text.data;
}

/* Each of its files is what its record says. */
static void assert_verified(const char *store)
{
    fct_error err = {0};
    struct ArrowArrayStream findings;
    fct_verify_report report;
    fct_status status =
        fct_store_verify(store, NULL, NULL, 0, 0, 0, NULL, &report, &findings, &err);
    if (status != FCT_OK)
        fail_msg("%s", err.message);
    findings.release(&findings);
}

void test_store_assert_same(const char *store, const char *other_store)
{
    assert_verified(store);
    char *a = test_store_listing(store, false);
    char *b = test_store_listing(other_store, false);
    assert_string_equal(a, b);
    free(a);
    free(b);
}
