/* Parquet files written and read back: values, nulls, pages; and files broken in every byte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "parquet/decode.h"
#include "parquet/encode.h"
#include "parquet/reader.h"
#include "parquet/unpack.h"
#include "parquet/writer.h"
#include "support/root.h"

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 11 ^ *state << 41;
}

/* ---- Encodings: read back in blocks of any size ------------------------------------------------ */

/* Bytes with the padding that decoders may look at; freed by the caller. */
static uint8_t *padded(const uint8_t *bytes, size_t n_bytes)
{
    uint8_t *copy = calloc(1, n_bytes + FCT_DECODE_PADDING);
    memcpy(copy, bytes, n_bytes);
    return copy;
}

static bool decode_delta(const uint8_t *bytes, size_t n_bytes, bool is_int32, int64_t *out,
                         size_t n, uint64_t seed)
{
    fct_delta delta;
    if (!fct_delta_start(&delta, bytes, n_bytes, is_int32) || delta.n_left != n)
        return false;
    for (size_t i = 0; i < n;) {
        size_t n_block = 1 + (size_t)(random_bits(&seed) % 300);
        n_block = n - i < n_block ? n - i : n_block;
        if (!fct_delta_next(&delta, out + i, n_block))
            return false;
        i += n_block;
    }
    return true;
}

static bool decode_hybrid(const uint8_t *bytes, size_t n_bytes, unsigned width, uint32_t *out,
                          size_t n, uint64_t seed)
{
    fct_hybrid hybrid;
    if (!fct_hybrid_start(&hybrid, bytes, n_bytes, width))
        return false;
    for (size_t i = 0; i < n;) {
        size_t n_block = 1 + (size_t)(random_bits(&seed) % 50);
        n_block = n - i < n_block ? n - i : n_block;
        if (!fct_hybrid_next(&hybrid, out + i, n_block))
            return false;
        i += n_block;
    }
    return true;
}

static void check_delta(const int64_t *values, size_t n)
{
    uint8_t *bytes = calloc(1, fct_encode_delta_room(n) + FCT_DECODE_PADDING);
    int64_t *back = malloc((n + 1) * sizeof *back);
    size_t n_bytes = fct_encode_delta_int64(values, n, bytes);
    assert_true(n_bytes <= fct_encode_delta_room(n));
    for (uint64_t seed = 0; seed < 3; seed++) {
        memset(back, 0x55, n * sizeof *back);
        assert_true(decode_delta(bytes, n_bytes, false, back, n, seed));
        assert_memory_equal(back, values, n * sizeof *back);
    }
    /* Cut anywhere, it is refused or gives something, but reads nothing outside. */
    for (size_t cut = 0; cut < n_bytes; cut += 1 + n_bytes / 40) {
        uint8_t *less = padded(bytes, cut);
        (void)decode_delta(less, cut, false, back, n, 1);
        free(less);
    }
    fct_delta delta;
    assert_true(fct_delta_start(&delta, bytes, n_bytes, false));
    assert_false(fct_delta_next(&delta, back, n + 1));
    free(bytes);
    free(back);
}

static void test_delta(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 31, 32, 33, 128, 129, 130, 1000, 4096};
    int64_t *values = malloc(4096 * sizeof *values);
    uint64_t seed = 3;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        for (unsigned bits = 0; bits <= 64; bits++) {
            for (size_t i = 0; i < counts[k]; i++)
                values[i] = bits ? (int64_t)(random_bits(&seed) >> (64 - bits)) : 7;
            check_delta(values, counts[k]);
            /* The same as steps, which then are of that many bits. */
            for (size_t i = 1; i < counts[k]; i++)
                values[i] = (int64_t)((uint64_t)values[i] + (uint64_t)values[i - 1]);
            check_delta(values, counts[k]);
        }
    values[0] = INT64_MIN;
    values[1] = INT64_MAX;
    values[2] = INT64_MIN;
    check_delta(values, 3);
    free(values);
}

static void test_delta_of_32_bits_wraps(void **state)
{
    (void)state;
    static const int32_t values[] = {INT32_MIN, INT32_MAX, 0, -1, INT32_MIN, 5};
    uint8_t bytes[4096] = {0};
    int64_t back[6];
    size_t n_bytes = fct_encode_delta_int32(values, 6, bytes);
    assert_true(decode_delta(bytes, n_bytes, true, back, 6, 2));
    for (int i = 0; i < 6; i++)
        assert_int_equal(back[i], values[i]);
}

/* Headers that no writer makes: sizes of blocks and miniblocks that are zero, huge, or do not divide. */
static void test_delta_headers_that_lie(void **state)
{
    (void)state;
    static const uint8_t headers[][12] = {
        {0, 4, 2, 2},                         /* a block of nothing */
        {0x80, 1, 0, 2, 2},                   /* no miniblocks */
        {0x80, 1, 3, 2, 2},                   /* 128 / 3 */
        {0x80, 1, 0x80, 2, 2, 2},             /* more miniblocks than values in a block */
        {0x80, 1, 64, 2, 2},                  /* miniblocks of 2 */
        {0x80, 0x80, 0x80, 0x80, 16, 1, 2},   /* one of 2^32 */
        {0x80, 1, 4, 2, 2, 0, 65, 0, 0, 0},   /* differences of 65 bits */
        {0x80, 1, 4, 2, 2, 0, 0xFF, 0, 0, 0}, /* of 255 */
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        uint8_t *bytes = padded(headers[i], sizeof headers[i]);
        int64_t out[2];
        assert_false(decode_delta(bytes, sizeof headers[i], false, out, 2, 0));
        free(bytes);
    }
}

static void test_packed_indices(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (unsigned width = 0; width <= 32; width++)
        for (size_t n = 1; n < 300; n += 37) {
            uint32_t *values = malloc(n * sizeof *values);
            uint32_t *back = malloc(n * sizeof *back);
            uint8_t *bytes = calloc(1, fct_encode_packed_room(n, width) + FCT_DECODE_PADDING);
            for (size_t i = 0; i < n; i++)
                values[i] = width ? (uint32_t)(random_bits(&seed) >> (64 - width)) : 0;
            size_t n_bytes = fct_encode_packed(values, n, width, bytes);
            for (uint64_t k = 0; k < 3; k++) {
                assert_true(decode_hybrid(bytes, n_bytes, width, back, n, k));
                assert_memory_equal(back, values, n * sizeof *back);
            }
            assert_true(!width || !decode_hybrid(bytes, n_bytes - 1, width, back, n, 1) || n % 8);
            free(values);
            free(back);
            free(bytes);
        }
    uint8_t repeated[16 + FCT_DECODE_PADDING] = {0};
    uint32_t back[1001];
    size_t n_bytes = fct_encode_repeated(1, 1000, repeated);
    assert_true(decode_hybrid(repeated, n_bytes, 1, back, 1000, 1));
    assert_int_equal(back[999], 1);
    assert_false(decode_hybrid(repeated, n_bytes, 1, back, 1001, 1));
    assert_false(decode_hybrid(repeated, n_bytes, 33, back, 1000, 1));
}

/* Runs of both kinds, one behind the other, and what lies in one run is passed over. */
static void test_runs_that_change(void **state)
{
    (void)state;
    static const uint8_t runs[] = {5 << 1, 1, 1 << 1 | 1, 0xA5, 3 << 1, 0, 9 << 1, 1};
    static const uint32_t expected[] = {1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1,
                                        0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    enum { N = sizeof expected / sizeof *expected };
    uint8_t *bytes = padded(runs, sizeof runs);
    uint32_t back[N];
    for (uint64_t seed = 0; seed < 20; seed++) {
        assert_true(decode_hybrid(bytes, sizeof runs, 1, back, N, seed));
        assert_memory_equal(back, expected, sizeof expected);
    }
    fct_hybrid hybrid;
    assert_true(fct_hybrid_start(&hybrid, bytes, sizeof runs, 1));
    assert_false(fct_hybrid_pass(&hybrid, 0, 1));
    assert_false(fct_hybrid_pass(&hybrid, 1, 6));
    assert_true(fct_hybrid_pass(&hybrid, 1, 5));
    assert_false(fct_hybrid_pass(&hybrid, 1, 1));
    assert_true(fct_hybrid_next(&hybrid, back, 8));
    assert_memory_equal(back, expected + 5, 8 * sizeof *back);
    assert_true(fct_hybrid_pass(&hybrid, 0, 3));
    assert_true(fct_hybrid_pass(&hybrid, 1, 9));
    assert_false(fct_hybrid_pass(&hybrid, 1, 1));
    free(bytes);
    /* A run of nothing, and one of numbers that are wider than they may be. */
    static const uint8_t nothing[FCT_DECODE_PADDING + 2] = {0, 0};
    static const uint8_t too_wide[FCT_DECODE_PADDING + 2] = {4 << 1, 2};
    assert_false(decode_hybrid(nothing, 2, 1, back, 1, 0));
    assert_false(decode_hybrid(too_wide, 2, 1, back, 1, 0));
}

static void test_unpacking(void **state)
{
    (void)state;
    enum { N = 200 };
    uint64_t seed = 11;
    uint8_t bytes[N * 8 + FCT_DECODE_PADDING];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_bits(&seed);
    for (unsigned width = 1; width <= 64; width++)
        for (size_t first = 0; first < 20; first++) {
            uint64_t wide[N];
            uint32_t narrow[N];
            fct_unpack_64(bytes, first, width, wide, N - first);
            if (width <= 32)
                fct_unpack_32(bytes, first, width, narrow, N - first);
            for (size_t i = first; i < N; i++) {
                uint64_t expected = 0;
                for (size_t bit = 0; bit < width; bit++)
                    expected |=
                        (uint64_t)(bytes[(i * width + bit) / 8] >> (i * width + bit) % 8 & 1)
                        << bit;
                assert_int_equal(wide[i - first], expected);
                if (width <= 32)
                    assert_int_equal(narrow[i - first], expected);
            }
        }
    for (size_t first = 0; first < 20; first++) {
        uint8_t flags[N];
        fct_unpack_bits(bytes, first, flags, N - first);
        for (size_t i = first; i < N; i++)
            assert_int_equal(flags[i - first], bytes[i / 8] >> (i % 8) & 1);
    }
    for (unsigned width = 1; width <= FCT_UNPACK_SUM_WIDTH; width++) {
        uint64_t above[N], sums[N];
        uint64_t value = UINT64_MAX - 1000;
        fct_unpack_64(bytes, 0, width, above, N);
        uint64_t last = fct_unpack_sums(bytes, width, 3, value, sums, N);
        assert_int_equal(last, sums[N - 1]);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(sums[i], value += above[i] + 3);
    }
}

static void test_split(void **state)
{
    (void)state;
    enum { N = 100 };
    double values[N], back[N];
    uint8_t bytes[N * 8], joined[N * 16];
    uint64_t seed = 6;
    for (size_t i = 0; i < N; i++)
        values[i] = i % 7 ? (double)random_bits(&seed) / 1e10 : -0.0;
    values[1] = NAN;
    fct_encode_split(values, N, bytes);
    fct_decode_split(bytes, N, 8, 0, back, N);
    assert_memory_equal(back, values, sizeof values);
    fct_decode_split(bytes, N, 8, 17, back, 50);
    assert_memory_equal(back, values + 17, 50 * sizeof *values);
    /* Any width, by its definition. */
    for (size_t width = 1; width <= 8; width++)
        for (size_t first = 0; first < 40; first += 13) {
            fct_decode_split(bytes, N, width, first, joined, N - first);
            for (size_t i = first; i < N; i++)
                for (size_t byte = 0; byte < width; byte++)
                    assert_int_equal(joined[(i - first) * width + byte], bytes[byte * N + i]);
        }
}

static void test_dictionary_index_out_of_range(void **state)
{
    (void)state;
    static const uint64_t dictionary[] = {10, 20};
    static const uint32_t good[] = {1, 0};
    static const uint32_t bad[] = {1, 2};
    uint64_t out[2];
    assert_true(fct_decode_gather_64(dictionary, 2, good, out, 2));
    assert_int_equal(out[0], 20);
    assert_false(fct_decode_gather_64(dictionary, 2, bad, out, 2));
    assert_false(fct_decode_gather_64(dictionary, 0, good, out, 1));
}

/* ---- Files ------------------------------------------------------------------------------------ */

typedef struct rows {
    size_t n;
    int64_t *whole, *wide;
    double *few, *many;
    uint8_t *flags, *validity;
} rows;

enum { PLAIN_WHOLE, PLAIN_FEW, WHOLE, WIDE, FEW, MANY, FLAG, MAYBE, N_COLUMNS };

static const fct_parquet_column columns[N_COLUMNS] = {
    [PLAIN_WHOLE] = {"plain_whole", FCT_PARQUET_INT64, false},
    [PLAIN_FEW] = {"plain_few", FCT_PARQUET_DOUBLE, true},
    [WHOLE] = {"whole", FCT_PARQUET_INT64, false},
    [WIDE] = {"wide", FCT_PARQUET_TIMESTAMP_US, true},
    [FEW] = {"few", FCT_PARQUET_DOUBLE, false},
    [MANY] = {"many", FCT_PARQUET_DOUBLE, true},
    [FLAG] = {"flag", FCT_PARQUET_BOOL, false},
    [MAYBE] = {"maybe", FCT_PARQUET_BOOL, true},
};

static rows make_rows(size_t n, uint64_t seed)
{
    rows r = {.n = n,
              .whole = malloc((n + 1) * 8),
              .wide = malloc((n + 1) * 8),
              .few = malloc((n + 1) * 8),
              .many = malloc((n + 1) * 8),
              .flags = malloc(n + 1),
              .validity = calloc(1, n / 8 + 1)};
    for (size_t i = 0; i < n; i++) {
        r.whole[i] = (int64_t)(1723075200000 + i * 3 + random_bits(&seed) % 3);
        r.wide[i] = (int64_t)random_bits(&seed);
        r.few[i] = (double)(random_bits(&seed) % 300) / 10;
        r.many[i] = (double)random_bits(&seed) / 1e10;
        r.flags[i] = random_bits(&seed) & 1;
        if (random_bits(&seed) % 5)
            r.validity[i / 8] |= (uint8_t)(1u << (i % 8));
    }
    return r;
}

static void free_rows(rows *r)
{
    free(r->whole);
    free(r->wide);
    free(r->few);
    free(r->many);
    free(r->flags);
    free(r->validity);
}

static void write_rows(const char *path, const rows *r, const fct_parquet_options *options,
                       size_t batch)
{
    fct_atomic_file file;
    fct_parquet_writer *writer;
    assert_int_equal(fct_atomic_file_open(&file, path, NULL), FCT_OK);
    assert_int_equal(
        fct_parquet_writer_open(&writer, file.fd, path, columns, N_COLUMNS, options, NULL), FCT_OK);
    for (size_t i = 0; i < r->n; i += batch) {
        size_t n = r->n - i < batch ? r->n - i : batch;
        const fct_parquet_values values[N_COLUMNS] = {
            [PLAIN_WHOLE] = {.values = r->whole + i},
            [PLAIN_FEW] = {.values = r->few + i,
                           .validity = r->validity,
                           .validity_offset = (int64_t)i},
            [WHOLE] = {.values = r->whole + i},
            [WIDE] = {.values = r->wide + i,
                      .validity = r->validity,
                      .validity_offset = (int64_t)i},
            [FEW] = {.values = r->few + i},
            [MANY] = {.values = r->many + i,
                      .validity = r->validity,
                      .validity_offset = (int64_t)i},
            [FLAG] = {.values = r->flags + i},
            [MAYBE] = {.values = r->flags + i,
                       .validity = r->validity,
                       .validity_offset = (int64_t)i},
        };
        assert_int_equal(fct_parquet_writer_write(writer, values, (int64_t)n, NULL), FCT_OK);
    }
    assert_int_equal(fct_parquet_writer_close(writer, NULL, NULL), FCT_OK);
    fct_parquet_writer_free(writer);
    assert_int_equal(fct_atomic_file_commit(&file, NULL), FCT_OK);
}

/* A whole column; returns the status. `out` has 8 bytes a row, or 1 of booleans; `valid` a byte a row. */
static fct_status read_column(const fct_parquet_file *file, size_t column, fct_parquet_read_as as,
                              void *out, uint8_t *valid, size_t n, size_t *n_read, fct_error *err)
{
    fct_parquet_cursor *cursor;
    size_t value_bytes = as == FCT_READ_BOOL ? 1 : 8;
    uint64_t seed = column + 1;
    *n_read = 0;
    FCT_TRY(fct_parquet_cursor_open(&cursor, file, column, as, err));
    fct_status status;
    for (;;) {
        const void *values;
        const uint8_t *validity;
        int64_t n_at_hand;
        status = fct_parquet_cursor_peek(cursor, &values, &validity, &n_at_hand, err);
        if (status != FCT_OK || !n_at_hand)
            break;
        size_t n_take = 1 + (size_t)(random_bits(&seed) % (uint64_t)n_at_hand);
        if (*n_read + n_take > n)
            n_take = n - *n_read;
        if (!n_take)
            break;
        memcpy((char *)out + *n_read * value_bytes, values, n_take * value_bytes);
        for (size_t i = 0; i < n_take; i++)
            valid[*n_read + i] = validity ? validity[i] : 1;
        *n_read += n_take;
        fct_parquet_cursor_skip(cursor, (int64_t)n_take);
    }
    fct_parquet_cursor_free(cursor);
    return status;
}

static void check_column(const fct_parquet_file *file, size_t column, fct_parquet_read_as as,
                         const void *expected, const rows *r)
{
    size_t value_bytes = as == FCT_READ_BOOL ? 1 : 8;
    char *out = malloc(r->n * value_bytes + 1);
    uint8_t *valid = malloc(r->n + 1);
    size_t n_read;
    fct_error err = {0};
    if (read_column(file, column, as, out, valid, r->n, &n_read, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_int_equal(n_read, r->n);
    for (size_t i = 0; i < r->n; i++) {
        bool is_valid = !columns[column].optional || (r->validity[i / 8] >> (i % 8) & 1);
        assert_int_equal(valid[i], is_valid);
        if (is_valid)
            assert_memory_equal(out + i * value_bytes, (const char *)expected + i * value_bytes,
                                value_bytes);
    }
    free(out);
    free(valid);
}

static const char *below(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", test_root, name);
    return path[turn];
}

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 7, 1000, 32768, 32769, 200000};
    const char *path = below("x.parquet");
    for (int codec = FCT_PARQUET_UNCOMPRESSED; codec <= FCT_PARQUET_BROTLI; codec++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            rows r = make_rows(counts[k], k + 1);
            const char *const metadata[] = {"name", "value"};
            const size_t sorting[] = {WHOLE};
            fct_parquet_options options = {.codec = (fct_parquet_codec)codec,
                                           .row_group_rows = k == 3   ? 1
                                                             : k == 4 ? 1000
                                                                      : 0,
                                           .metadata = metadata,
                                           .n_metadata = 1,
                                           .sorting_columns = sorting,
                                           .n_plain_columns = WHOLE,
                                           .n_sorting_columns = 1};
            write_rows(path, &r, &options, 777);
            fct_parquet_file *file;
            fct_error err = {0};
            if (fct_parquet_file_open(&file, path, &err) != FCT_OK)
                fail_msg("%s", err.message);
            const fct_parquet_metadata *m = fct_parquet_file_metadata(file);
            assert_int_equal(m->n_rows, r.n);
            assert_int_equal(m->n_leaves, N_COLUMNS);
            assert_string_equal(fct_parquet_file_value(file, "name"), "value");
            assert_null(fct_parquet_file_value(file, "other"));
            assert_int_equal(fct_parquet_file_find(file, "few"), FEW);
            assert_int_equal(fct_parquet_file_find(file, "FEW"), FEW);
            assert_true(fct_parquet_file_find(file, "none") == SIZE_MAX);
            assert_int_equal(m->leaves[WIDE].meaning, FCT_MEANS_TIME_US);
            if (r.n)
                assert_true(m->chunks[WHOLE].has_range && m->chunks[WHOLE].low == r.whole[0]);
            check_column(file, WHOLE, FCT_READ_INT64, r.whole, &r);
            check_column(file, WIDE, FCT_READ_INT64, r.wide, &r);
            check_column(file, FEW, FCT_READ_DOUBLE, r.few, &r);
            check_column(file, MANY, FCT_READ_DOUBLE, r.many, &r);
            check_column(file, FLAG, FCT_READ_BOOL, r.flags, &r);
            check_column(file, MAYBE, FCT_READ_BOOL, r.flags, &r);
            check_column(file, PLAIN_WHOLE, FCT_READ_INT64, r.whole, &r);
            check_column(file, PLAIN_FEW, FCT_READ_DOUBLE, r.few, &r);
            /* Plain values of a row group are one page: they lie as in memory, behind a short header. */
            if (m->n_row_groups == 1 && codec == FCT_PARQUET_UNCOMPRESSED)
                assert_true(m->chunks[PLAIN_WHOLE].n_bytes - (int64_t)r.n * 8 < 64);
            assert_int_equal(fct_parquet_can_read(file, FEW, FCT_READ_INT64, &err),
                             FCT_ERROR_UNSUPPORTED);
            assert_non_null(strstr(err.message, "\"few\""));
            fct_parquet_file_close(file);
            free_rows(&r);
        }
}

static void test_batches_make_no_difference(void **state)
{
    (void)state;
    rows r = make_rows(5000, 9);
    fct_parquet_options options = {.codec = FCT_PARQUET_ZSTD, .row_group_rows = 1024};
    write_rows(below("one"), &r, &options, 5000);
    write_rows(below("many"), &r, &options, 13);
    char *one;
    char *many;
    size_t n_one;
    size_t n_many;
    assert_int_equal(fct_file_read(below("one"), 1 << 24, &one, &n_one, NULL), FCT_OK);
    assert_int_equal(fct_file_read(below("many"), 1 << 24, &many, &n_many, NULL), FCT_OK);
    assert_int_equal(n_one, n_many);
    assert_memory_equal(one, many, n_one);
    free(one);
    free(many);
    free_rows(&r);
}

/* Reads all columns; whatever happens, it must end, and an error must say something. */
static void read_anything(const char *path)
{
    fct_parquet_file *file;
    fct_error err = {0};
    int64_t values[4096];
    uint8_t valid[4096];
    fct_status status = fct_parquet_file_open(&file, path, &err);
    if (status != FCT_OK) {
        assert_true(err.message[0]);
        return;
    }
    for (size_t i = 0; i < fct_parquet_file_metadata(file)->n_leaves; i++)
        for (int as = FCT_READ_INT64; as <= FCT_READ_BOOL; as++) {
            size_t n_read;
            err.message[0] = '\0';
            status =
                read_column(file, i, (fct_parquet_read_as)as, values, valid, 4096, &n_read, &err);
            assert_true(status == FCT_OK || err.message[0]);
        }
    fct_parquet_file_close(file);
}

static void test_broken_in_every_byte(void **state)
{
    (void)state;
    static const unsigned char flips[] = {0x01, 0x80, 0xFF};
    rows r = make_rows(60, 4);
    const char *path = below("x.parquet");
    fct_parquet_options options = {.codec = FCT_PARQUET_SNAPPY, .row_group_rows = 40};
    write_rows(path, &r, &options, 100);
    char *bytes;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 1 << 20, &bytes, &n_bytes, NULL), FCT_OK);
    char *broken = malloc(n_bytes);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (size_t i = 0; i < n_bytes; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            memcpy(broken, bytes, n_bytes);
            broken[i] = (char)(broken[i] ^ flips[k]);
            rewind(file);
            assert_int_equal(fwrite(broken, 1, n_bytes, file), n_bytes);
            fflush(file);
            read_anything(path);
        }
    fclose(file);
    for (size_t n = 0; n < n_bytes; n += 7) {
        assert_int_equal(fct_file_write_atomic(path, bytes, n, NULL), FCT_OK);
        fct_parquet_file *cut;
        assert_int_equal(fct_parquet_file_open(&cut, path, NULL), FCT_ERROR_DATA);
    }
    free(broken);
    free(bytes);
    free_rows(&r);
}

static void test_nulls_need_an_optional_column(void **state)
{
    (void)state;
    static const fct_parquet_column one = {.name = "x", .type = FCT_PARQUET_DOUBLE};
    static const double values[] = {1, 2};
    static const uint8_t validity[] = {1};
    const fct_parquet_values with_null = {.values = values, .validity = validity};
    fct_parquet_writer *writer;
    fct_error err;
    FILE *file = tmpfile();
    assert_int_equal(fct_parquet_writer_open(&writer, fileno(file), "x", &one, 1, NULL, NULL),
                     FCT_OK);
    assert_int_equal(fct_parquet_writer_write(writer, &with_null, 2, &err), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "\"x\""));
    fct_parquet_writer_free(writer);
    assert_int_equal(fct_parquet_writer_open(&writer, fileno(file), "x", &one, 0, NULL, NULL),
                     FCT_ERROR_ARGUMENT);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta),
        cmocka_unit_test(test_delta_of_32_bits_wraps),
        cmocka_unit_test(test_delta_headers_that_lie),
        cmocka_unit_test(test_runs_that_change),
        cmocka_unit_test(test_unpacking),
        cmocka_unit_test(test_packed_indices),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_dictionary_index_out_of_range),
        cmocka_unit_test_setup_teardown(test_round_trip, test_root_make, test_root_remove),
        cmocka_unit_test_setup_teardown(test_batches_make_no_difference, test_root_make,
                                        test_root_remove),
        cmocka_unit_test_setup_teardown(test_broken_in_every_byte, test_root_make,
                                        test_root_remove),
        cmocka_unit_test(test_nulls_need_an_optional_column),
    };
    return cmocka_run_group_tests_name("Parquet", tests, NULL, NULL);
}
