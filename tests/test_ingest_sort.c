/* Sorting of rows: against qsort, in memory and through runs, stable, with nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sort.h"

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = *state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static int by_key_and_row(const void *a, const void *b)
{
    const fct_sort_key *x = a;
    const fct_sort_key *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void test_keys_sort_like_qsort_and_stably(void **state)
{
    (void)state;
    uint64_t seed = 7;
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 31, 33, 100, 1000, 4097};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        for (uint64_t spread = 1; spread < 10000; spread *= 10) {
            fct_sort_key *keys = malloc((n + 1) * sizeof *keys);
            fct_sort_key *scratch = malloc((n + 1) * sizeof *scratch);
            fct_sort_key *expected = malloc((n + 1) * sizeof *expected);
            for (size_t i = 0; i < n; i++) {
                memset(&keys[i], 0, sizeof keys[i]);
                keys[i].time_us = (int64_t)(random_next(&seed) % spread) - 5;
                keys[i].id = (int64_t)(random_next(&seed) % spread);
                keys[i].row = (uint32_t)i;
            }
            memcpy(expected, keys, n * sizeof *keys);
            qsort(expected, n, sizeof *expected, by_key_and_row);
            const fct_sort_key *sorted = fct_sort_keys(keys, scratch, n);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(sorted[i].row, expected[i].row);
            free(keys);
            free(scratch);
            free(expected);
        }
    }
}

typedef struct fixture {
    fct_archive_schema schema;
    size_t n_rows;
    int64_t *time_us, *id;
    double *price;
    uint8_t *side;
    char folder[64];
} fixture;

static void fixture_make(fixture *f, size_t n_rows, uint64_t time_spread, size_t n_extra_columns)
{
    f->schema = (fct_archive_schema){.n_columns = 4 + n_extra_columns,
                                     .time = 0,
                                     .price = 1,
                                     .quantity = 1,
                                     .id = 3,
                                     .columns = {{"time", FCT_VALUE_INT64, false},
                                                 {"price", FCT_VALUE_DOUBLE, false},
                                                 {"side", FCT_VALUE_BOOL, false},
                                                 {"id", FCT_VALUE_INT64, false}}};
    for (size_t c = 4; c < f->schema.n_columns; c++)
        f->schema.columns[c] = (fct_exchange_column){"extra", FCT_VALUE_DOUBLE, false};
    f->n_rows = n_rows;
    f->time_us = malloc((n_rows + 1) * sizeof *f->time_us);
    f->id = malloc((n_rows + 1) * sizeof *f->id);
    f->price = malloc((n_rows + 1) * sizeof *f->price);
    f->side = malloc(n_rows + 1);
    uint64_t seed = 3;
    for (size_t i = 0; i < n_rows; i++) {
        f->time_us[i] = (int64_t)(random_next(&seed) % time_spread);
        f->id[i] = (int64_t)(random_next(&seed) % 4);
        f->price[i] = (double)i; /* names the row */
        f->side[i] = (uint8_t)(i % 3 == 0);
    }
    strcpy(f->folder, "/tmp/factorium-sort-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
}

static void fixture_free(fixture *f)
{
    free(f->time_us);
    free(f->id);
    free(f->price);
    free(f->side);
    assert_int_equal(rmdir(f->folder), 0); /* fails where a file was left */
}

static void check_sorted(const fixture *f, size_t memory_bytes)
{
    fct_error err = {0};
    fct_sorter *sorter;
    assert_int_equal(fct_sorter_open(&sorter, &f->schema, memory_bytes, f->folder, &err), FCT_OK);
    for (size_t i = 0; i < f->n_rows;) {
        size_t n = f->n_rows - i < 5000 ? f->n_rows - i : 5000;
        fct_archive_block block = {
            .n_rows = (int64_t)n,
            .time_us = f->time_us + i,
            .columns = {f->time_us + i, f->price + i, f->side + i, f->id + i}};
        for (size_t c = 4; c < f->schema.n_columns; c++)
            block.columns[c] = f->price + i;
        assert_int_equal(fct_sorter_add(sorter, &block, &err), FCT_OK);
        i += n;
    }
    size_t n_seen = 0;
    int64_t last_time = INT64_MIN;
    int64_t last_id = INT64_MIN;
    size_t last_row = 0;
    for (;;) {
        fct_archive_block block;
        assert_int_equal(fct_sorter_next(sorter, &block, &err), FCT_OK);
        if (!block.n_rows)
            break;
        for (int64_t i = 0; i < block.n_rows; i++, n_seen++) {
            int64_t time = block.time_us[i];
            size_t row = (size_t)((const double *)block.columns[1])[i];
            int64_t id = ((const int64_t *)block.columns[3])[i];
            assert_true(row < f->n_rows);
            assert_true(f->time_us[row] == time && f->id[row] == id);
            assert_true(((const int64_t *)block.columns[0])[i] == time);
            assert_true(((const uint8_t *)block.columns[2])[i] == f->side[row]);
            if (f->schema.n_columns > 4)
                assert_true(((const double *)block.columns[4])[i] == f->price[row]);
            assert_true(time > last_time || (time == last_time && id > last_id) ||
                        (time == last_time && id == last_id && row > last_row));
            last_time = time;
            last_id = id;
            last_row = row;
        }
    }
    assert_int_equal(n_seen, f->n_rows);
    fct_sorter_free(sorter);
}

static void test_rows_in_memory(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 3000; n = n ? n * 3 : 1) {
        fixture f;
        fixture_make(&f, n, n / 4 + 1, 0);
        check_sorted(&f, 0);
        fixture_free(&f);
    }
}

static void test_rows_through_runs(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 300000, 50000, 0);
    check_sorted(&f, 0);
    fixture_free(&f);
}

static void test_more_runs_than_one_merge_takes(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 320000, 20000, 28);
    check_sorted(&f, 0);
    fixture_free(&f);
}

static void test_no_folder_to_spill_to(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 200000, 50000, 0);
    fct_error err = {0};
    fct_sorter *sorter;
    assert_int_equal(fct_sorter_open(&sorter, &f.schema, 0, "/dev/null/folder", &err), FCT_OK);
    fct_archive_block block = {
        .n_rows = 200000, .time_us = f.time_us, .columns = {f.time_us, f.price, f.side, f.id}};
    assert_int_equal(fct_sorter_add(sorter, &block, &err), FCT_ERROR_IO);
    assert_non_null(strstr(err.message, "/dev/null"));
    fct_sorter_free(sorter);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_sort_like_qsort_and_stably),
        cmocka_unit_test(test_rows_in_memory),
        cmocka_unit_test(test_rows_through_runs),
        cmocka_unit_test(test_more_runs_than_one_merge_takes),
        cmocka_unit_test(test_no_folder_to_spill_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
