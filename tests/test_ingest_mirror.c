/* Every file of the recorded archive: the store has each of its rows in the right day, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zip.h>

#include "base/file.h"
#include "store/paths.h"
#include "store/sql.h"
#include "support/ingest.h"

static const char mirror[] = "../shared/data/mirror";

enum { MAX_DAYS = 64 };

/* What is known of one symbol's day: by counting lines of CSV here, and by a query there. */
typedef struct day_sum {
    char market[32], symbol[32];
    int64_t day, n_rows, id_sum, time_sum;
} day_sum;

typedef struct day_sums {
    day_sum sums[MAX_DAYS];
    size_t n_sums;
} day_sums;

static day_sum *sum_of(day_sums *all, const char *market, const char *symbol, int64_t day)
{
    for (size_t i = 0; i < all->n_sums; i++) {
        day_sum *s = &all->sums[i];
        if (s->day == day && strcmp(s->market, market) == 0 && strcmp(s->symbol, symbol) == 0)
            return s;
    }
    assert_true(all->n_sums < MAX_DAYS);
    day_sum *s = &all->sums[all->n_sums++];
    *s = (day_sum){.day = day};
    snprintf(s->market, sizeof s->market, "%s", market);
    snprintf(s->symbol, sizeof s->symbol, "%s", symbol);
    return s;
}

/* The whole of a ZIP's one member, with a NUL behind it. */
static char *unzip(const char *path)
{
    int code;
    zip_stat_t st;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    assert_non_null(zip);
    assert_int_equal(zip_stat_index(zip, 0, 0, &st), 0);
    char *text = calloc(st.size + 1, 1);
    zip_file_t *file = zip_fopen_index(zip, 0, 0);
    assert_non_null(file);
    assert_int_equal(zip_fread(file, text, st.size), (zip_int64_t)st.size);
    zip_fclose(file);
    zip_discard(zip);
    return text;
}

/* Ids are the first column; the time is the fifth, in ms. */
static fct_status count_lines(const char *path, const fct_file_info *info, void *context,
                              fct_error *err)
{
    (void)info;
    (void)err;
    day_sums *all = context;
    const char *name = fct_path_name(path);
    size_t n = strlen(name);
    if (n < 4 || strcmp(name + n - 4, ".zip") != 0)
        return FCT_OK;
    const char *market = strstr(path, "/spot/") ? "spot"
                         : strstr(path, "/um/") ? "futures_um"
                                                : "futures_cm";
    char symbol[32];
    snprintf(symbol, sizeof symbol, "%.*s", (int)strcspn(name, "-"), name);
    char *text = unzip(path);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line < '0' || *line > '9')
            continue;
        int64_t id = strtoll(line, NULL, 10);
        const char *field = line;
        for (int i = 0; i < 4; i++)
            field = strchr(field, ',') + 1;
        int64_t time = strtoll(field, NULL, 10);
        day_sum *s = sum_of(all, market, symbol, time / 86400000);
        s->n_rows++;
        s->id_sum += id;
        s->time_sum += time - time / 86400000 * 86400000;
    }
    free(text);
    return FCT_OK;
}

static void query_file(fct_sql *sql, fct_job *job, const char *path, day_sum *sum)
{
    fct_sql_cursor *cursor;
    fct_sql_chunk chunk;
    fct_error err = {0};
    if (fct_sql_cursor_open(&cursor, sql,
                            "SELECT count(*), sum(id)::BIGINT, sum(time % 86400000)::BIGINT FROM "
                            "read_parquet($1)",
                            path, job, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(fct_sql_cursor_next(cursor, &chunk, &err), FCT_OK);
    assert_int_equal(chunk.n_rows, 1);
    sum->n_rows += ((const int64_t *)chunk.values[0])[0];
    sum->id_sum += ((const int64_t *)chunk.values[1])[0];
    sum->time_sum += ((const int64_t *)chunk.values[2])[0];
    fct_sql_cursor_free(cursor);
}

static void test_every_row_is_in_its_day(void **state)
{
    (void)state;
    if (!fct_file_exists(mirror)) {
        print_message("skipped: %s is not there\n", mirror);
        skip();
    }
    static day_sums expected;
    assert_int_equal(fct_tree_walk(mirror, count_lines, &expected, NULL), FCT_OK);
    test_ingest *t = test_ingest_start();
    const char *const paths[] = {mirror};
    fct_error err = {0};
    if (fct_ingest(paths, 1, t->store, NULL, NULL, &t->report, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(t->report.n_duplicate_rows, 0);

    fct_job job;
    fct_sql *sql;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    assert_int_equal(fct_sql_open(&sql, 0, NULL, NULL), FCT_OK);
    int64_t n_rows = 0;
    for (size_t i = 0; i < expected.n_sums; i++) {
        const day_sum *e = &expected.sums[i];
        fct_store_key key = {e->market, "trades", e->symbol};
        fct_store_days days;
        assert_int_equal(fct_store_days_list(&(fct_store){.root = t->store}, &key, e->day,
                                             e->day + 1, &days, NULL),
                         FCT_OK);
        assert_int_equal(days.n_days, 1);
        day_sum actual = {0};
        for (size_t f = 0; f < days.days[0].n_files; f++)
            query_file(sql, &job, days.days[0].files[f], &actual);
        fct_store_days_free(&days);
        assert_int_equal(actual.n_rows, e->n_rows);
        assert_int_equal(actual.id_sum, e->id_sum);
        assert_int_equal(actual.time_sum, e->time_sum);
        n_rows += e->n_rows;
    }
    assert_int_equal(t->report.n_rows, n_rows);
    assert_int_equal(t->report.n_days, expected.n_sums);
    fct_sql_close(sql);
    fct_job_end(&job);
    test_ingest_end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_in_its_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
