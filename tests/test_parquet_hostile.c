/* Parquet files that lie, one number each: an error that says so, and no memory for what is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "parquet/chunk.h"
#include "parquet/page.h"
#include "parquet/reader.h"

enum { N_ROWS = 4, DATA_PAGE = 0, DICTIONARY_PAGE = 2, DATA_PAGE_V2 = 3 };

/* A file of one column of INT64 in one page, as it would be written; a test changes one number. */
typedef struct file_words {
    int64_t schema_elements, n_children, physical;
    int64_t n_rows, n_groups, group_rows, n_columns;
    int64_t codec, chunk_bytes, data_offset, dictionary_offset;
    int64_t page_type, n_plain, n_packed, n_values, encoding, n_level_bytes, n_repetition_bytes;
    const uint8_t *body;
    size_t n_body;
    bool has_dictionary;
    int64_t n_dictionary; /* values its page says it has; it has 2 */
    int64_t footer_length;
} file_words;

static const int64_t plain_values[N_ROWS] = {10, 20, 30, 40};
static char path[64];

static file_words good_file(void)
{
    return (file_words){
        .schema_elements = 2,
        .n_children = 1,
        .physical = FCT_PHYSICAL_INT64,
        .n_rows = N_ROWS,
        .n_groups = 1,
        .group_rows = N_ROWS,
        .n_columns = 1,
        .chunk_bytes = -1,
        .data_offset = -1,
        .page_type = DATA_PAGE,
        .n_plain = sizeof plain_values,
        .n_packed = sizeof plain_values,
        .n_values = N_ROWS,
        .body = (const uint8_t *)plain_values,
        .n_body = sizeof plain_values,
        .n_dictionary = 2,
        .footer_length = -1,
    };
}

static void put_page(fct_text *out, const file_words *f, bool is_dictionary)
{
    fct_thrift_writer w = {0};
    int64_t type = is_dictionary ? DICTIONARY_PAGE : f->page_type;
    fct_thrift_element_struct(&w);
    fct_thrift_i32(&w, 1, type);
    fct_thrift_i32(&w, 2, is_dictionary ? 16 : f->n_plain);
    fct_thrift_i32(&w, 3, is_dictionary ? 16 : f->n_packed);
    fct_thrift_struct(&w, type == DATA_PAGE ? 5 : is_dictionary ? 7 : 8);
    fct_thrift_i32(&w, 1, is_dictionary ? f->n_dictionary : f->n_values);
    if (type == DATA_PAGE_V2) {
        fct_thrift_i32(&w, 2, 0);
        fct_thrift_i32(&w, 3, f->n_values);
        fct_thrift_i32(&w, 4, f->encoding);
        fct_thrift_i32(&w, 5, f->n_level_bytes);
        fct_thrift_i32(&w, 6, f->n_repetition_bytes);
    } else {
        fct_thrift_i32(&w, 2, is_dictionary ? 0 : f->encoding);
        fct_thrift_i32(&w, 3, FCT_ENCODING_RLE);
        fct_thrift_i32(&w, 4, FCT_ENCODING_RLE);
    }
    fct_thrift_struct_end(&w);
    fct_thrift_struct_end(&w);
    assert_int_equal(fct_text_append(out, w.out.data, w.out.length, NULL), FCT_OK);
    fct_text_free(&w.out);
    assert_int_equal(
        fct_text_append(out, is_dictionary ? (const char *)plain_values : (const char *)f->body,
                        is_dictionary ? 16 : f->n_body, NULL),
        FCT_OK);
}

static void put_footer(fct_text *out, const file_words *f, int64_t dictionary_offset,
                       int64_t data_offset)
{
    int64_t end = (int64_t)out->length;
    fct_thrift_writer w = {0};
    fct_thrift_element_struct(&w);
    fct_thrift_i32(&w, 1, 2);
    fct_thrift_list(&w, 2, FCT_THRIFT_STRUCT, (size_t)f->schema_elements);
    fct_thrift_element_struct(&w);
    fct_thrift_text(&w, 4, "schema");
    fct_thrift_i32(&w, 5, f->n_children);
    fct_thrift_struct_end(&w);
    fct_thrift_element_struct(&w);
    fct_thrift_i32(&w, 1, f->physical);
    fct_thrift_i32(&w, 3, 0);
    fct_thrift_text(&w, 4, "x");
    fct_thrift_struct_end(&w);
    fct_thrift_i64(&w, 3, f->n_rows);
    fct_thrift_list(&w, 4, FCT_THRIFT_STRUCT, (size_t)f->n_groups);
    fct_thrift_element_struct(&w);
    fct_thrift_list(&w, 1, FCT_THRIFT_STRUCT, (size_t)f->n_columns);
    fct_thrift_element_struct(&w);
    fct_thrift_struct(&w, 3);
    fct_thrift_i32(&w, 4, f->codec);
    fct_thrift_i64(&w, 5, f->n_rows);
    fct_thrift_i64(&w, 7, f->chunk_bytes >= 0 ? f->chunk_bytes : end - 4);
    fct_thrift_i64(&w, 9, f->data_offset >= 0 ? f->data_offset : data_offset);
    if (dictionary_offset)
        fct_thrift_i64(&w, 11, f->dictionary_offset ? f->dictionary_offset : dictionary_offset);
    fct_thrift_struct_end(&w);
    fct_thrift_struct_end(&w);
    fct_thrift_i64(&w, 3, f->group_rows);
    fct_thrift_struct_end(&w);
    fct_thrift_struct_end(&w);
    uint32_t length = (uint32_t)(f->footer_length >= 0 ? f->footer_length : (int64_t)w.out.length);
    assert_int_equal(fct_text_append(out, w.out.data, w.out.length, NULL), FCT_OK);
    assert_int_equal(fct_text_append(out, (const char *)&length, 4, NULL), FCT_OK);
    assert_int_equal(fct_text_append(out, "PAR1", 4, NULL), FCT_OK);
    fct_text_free(&w.out);
}

/* Writes the file, reads its column; how far it came is in *n_rows. */
static fct_status read_back(const file_words *f, int64_t *n_rows, fct_error *err)
{
    fct_text bytes = {0};
    int64_t dictionary_offset = 0;
    assert_int_equal(fct_text_append(&bytes, "PAR1", 4, NULL), FCT_OK);
    if (f->has_dictionary) {
        dictionary_offset = (int64_t)bytes.length;
        put_page(&bytes, f, true);
    }
    int64_t data_offset = (int64_t)bytes.length;
    put_page(&bytes, f, false);
    put_footer(&bytes, f, dictionary_offset, data_offset);
    FILE *out = fopen(path, "wb");
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, out), bytes.length);
    assert_int_equal(fclose(out), 0);
    fct_text_free(&bytes);

    fct_parquet_file *file;
    fct_parquet_cursor *cursor = NULL;
    *n_rows = 0;
    FCT_TRY(fct_parquet_file_open(&file, path, err));
    fct_status status = fct_parquet_cursor_open(&cursor, file, 0, FCT_READ_INT64, err);
    while (status == FCT_OK) {
        const void *values;
        const uint8_t *validity;
        int64_t n;
        status = fct_parquet_cursor_peek(cursor, &values, &validity, &n, err);
        if (status != FCT_OK || !n)
            break;
        for (int64_t i = 0; i < n && !f->has_dictionary; i++)
            assert_int_equal(((const int64_t *)values)[i], plain_values[*n_rows + i]);
        *n_rows += n;
        fct_parquet_cursor_skip(cursor, n);
    }
    fct_parquet_cursor_free(cursor);
    fct_parquet_file_close(file);
    return status;
}

static void expect(const file_words *f, fct_status status, const char *words)
{
    int64_t n_rows;
    fct_error err = {0};
    assert_int_equal(read_back(f, &n_rows, &err), status);
    if (status == FCT_OK)
        assert_int_equal(n_rows, N_ROWS);
    else if (!strstr(err.message, words) || !strstr(err.message, path))
        fail_msg("expected \"%s\": %s", words, err.message);
}

/* The good file with one number changed. */
#define EXPECT(field, value, status, words)                                                        \
    do {                                                                                           \
        file_words changed = *good;                                                                \
        changed.field = (value);                                                                   \
        expect(&changed, status, words);                                                           \
    } while (0)

static void test_counts_that_lie(void **state)
{
    (void)state;
    file_words good[1] = {good_file()};
    expect(good, FCT_OK, "");
    static const int64_t huge[] = {5, 1 << 30, INT64_C(1) << 62, INT64_MAX, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        EXPECT(n_rows, huge[i], FCT_ERROR_DATA, "do not add up");
        EXPECT(group_rows, huge[i], FCT_ERROR_DATA,
               huge[i] < 0 || huge[i] > INT64_MAX / 2 ? "row group's number of rows"
                                                      : "do not add up");
        file_words lie = *good;
        lie.n_rows = lie.group_rows = huge[i];
        expect(&lie, FCT_ERROR_DATA,
               huge[i] < 0 || huge[i] > INT64_MAX / 2 ? "damaged" : "rows too few");
    }
    EXPECT(schema_elements, 1, FCT_ERROR_DATA, "damaged");
    EXPECT(schema_elements, 1 << 24, FCT_ERROR_DATA, "damaged");
    EXPECT(n_groups, 0, FCT_ERROR_DATA, "damaged");
    EXPECT(n_groups, 2, FCT_ERROR_DATA, "damaged");
    EXPECT(n_groups, 1 << 28, FCT_ERROR_DATA, "damaged");
    EXPECT(n_columns, 0, FCT_ERROR_DATA, "number of columns");
    EXPECT(n_columns, 2, FCT_ERROR_DATA, "number of columns");
    EXPECT(n_columns, 1 << 28, FCT_ERROR_DATA, "damaged");
    EXPECT(footer_length, 0, FCT_ERROR_DATA, "damaged");
    EXPECT(footer_length, 1 << 20, FCT_ERROR_DATA, "longer than the file");
    EXPECT(footer_length, UINT32_MAX, FCT_ERROR_DATA, "longer than the file");
}

static void test_offsets_outside_the_file(void **state)
{
    (void)state;
    file_words good[1] = {good_file()};
    static const int64_t outside[] = {1 << 20, INT64_C(1) << 40, INT64_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        EXPECT(data_offset, outside[i], FCT_ERROR_DATA, "outside the file");
        EXPECT(chunk_bytes, outside[i], FCT_ERROR_DATA, "outside the file");
    }
    EXPECT(chunk_bytes, 0, FCT_ERROR_DATA, "rows too few");
    EXPECT(chunk_bytes, 3, FCT_ERROR_DATA, "header is damaged");
    /* In the middle of the page: whatever stands there is no header, or none that fits. */
    for (int64_t offset = 5; offset < 40; offset++) {
        file_words lie = *good;
        lie.data_offset = offset;
        lie.chunk_bytes = 8;
        int64_t n_rows;
        fct_error err = {0};
        assert_int_not_equal(read_back(&lie, &n_rows, &err), FCT_OK);
        assert_true(err.message[0]);
    }
}

static void test_sizes_of_pages(void **state)
{
    (void)state;
    file_words good[1] = {good_file()};
    static const int64_t sizes[] = {-1, INT64_MIN, INT64_MAX, INT64_C(1) << 62};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        EXPECT(n_packed, sizes[i], FCT_ERROR_DATA, "header is damaged");
        EXPECT(n_values, sizes[i], FCT_ERROR_DATA, "header is damaged");
        EXPECT(n_plain, sizes[i], sizes[i] < 0 ? FCT_ERROR_DATA : FCT_ERROR_UNSUPPORTED,
               sizes[i] < 0 ? "header is damaged" : "MB");
        for (int codec = 1; codec <= 7; codec++) {
            file_words lie = *good;
            lie.codec = codec;
            lie.n_plain = sizes[i];
            int64_t n_rows;
            fct_error err = {0};
            fct_status status = read_back(&lie, &n_rows, &err);
            assert_true(status == FCT_ERROR_DATA || status == FCT_ERROR_UNSUPPORTED);
        }
    }
    EXPECT(n_values, 3, FCT_ERROR_DATA, "rows too few");
    EXPECT(n_values, 0, FCT_ERROR_DATA, "rows too few");
    EXPECT(n_plain, 31, FCT_ERROR_DATA, "cannot be decompressed");
    EXPECT(n_plain, 1 << 27, FCT_ERROR_DATA, "cannot be decompressed");
    EXPECT(page_type, 9, FCT_ERROR_DATA, "rows too few");
    EXPECT(encoding, 7, FCT_ERROR_UNSUPPORTED, "encoding 7");
    EXPECT(encoding, FCT_ENCODING_RLE_DICTIONARY, FCT_ERROR_DATA, "needs a dictionary");
    EXPECT(codec, 99, FCT_ERROR_UNSUPPORTED, "codec 99");
}

static void test_version_2(void **state)
{
    (void)state;
    file_words good[1] = {good_file()};
    good->page_type = DATA_PAGE_V2;
    expect(good, FCT_OK, "");
    EXPECT(n_level_bytes, -1, FCT_ERROR_DATA, "damaged");
    EXPECT(n_level_bytes, 33, FCT_ERROR_DATA, "damaged");
    EXPECT(n_level_bytes, INT64_C(1) << 62, FCT_ERROR_DATA, "damaged");
    EXPECT(n_level_bytes, 8, FCT_ERROR_DATA, "damaged"); /* too few bytes are left for the values */
    EXPECT(n_repetition_bytes, 4, FCT_ERROR_UNSUPPORTED, "repeated");
    EXPECT(n_repetition_bytes, -4, FCT_ERROR_DATA, "damaged");
}

static void test_dictionaries(void **state)
{
    (void)state;
    static const uint8_t indices[] = {1, 3, 0x0A};    /* of 1 bit, 8 packed ones: 0, 1, 0, 1 */
    static const uint8_t outside[] = {2, 3, 0xE4, 0}; /* of 2 bits: 0, 1, 2, 3 */
    static const uint8_t wide[] = {33, 3, 0, 0, 0};
    file_words good[1] = {good_file()};
    good->has_dictionary = true;
    good->encoding = FCT_ENCODING_RLE_DICTIONARY;
    good->body = indices;
    good->n_body = sizeof indices;
    good->n_plain = good->n_packed = sizeof indices;
    expect(good, FCT_OK, "");
    EXPECT(n_dictionary, 1, FCT_ERROR_DATA, "damaged");
    EXPECT(n_dictionary, 0, FCT_ERROR_DATA, "damaged");
    EXPECT(n_dictionary, 3, FCT_ERROR_DATA, "damaged");
    EXPECT(n_dictionary, 1 << 24, FCT_ERROR_DATA, "damaged");
    EXPECT(n_dictionary, INT64_C(1) << 61, FCT_ERROR_UNSUPPORTED, "");
    EXPECT(n_dictionary, -1, FCT_ERROR_DATA, "damaged");
    /* The dictionary behind the data, or nowhere: the column then begins with its data, and is too long. */
    EXPECT(dictionary_offset, INT64_C(1) << 40, FCT_ERROR_DATA, "outside the file");
    file_words lie = *good;
    lie.body = outside;
    lie.n_body = sizeof outside;
    lie.n_plain = lie.n_packed = sizeof outside;
    expect(&lie, FCT_ERROR_DATA, "damaged");
    lie.body = wide;
    lie.n_body = sizeof wide;
    lie.n_plain = lie.n_packed = sizeof wide;
    expect(&lie, FCT_ERROR_DATA, "damaged");
    EXPECT(n_plain, 1, FCT_ERROR_DATA, "damaged");
}

/* Compressed bytes that say how long they become: that, too, is only believed within the page's own size. */
static void test_lengths_inside_codecs(void **state)
{
    (void)state;
    static const uint8_t snappy[] = {0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0};
    static const uint8_t zstd[] = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0,
                                   0,    0,    0,    0,    0x40, 1, 0, 0};
    const struct {
        int codec;
        const uint8_t *bytes;
        size_t n;
    } cases[] = {{1, snappy, sizeof snappy}, {6, zstd, sizeof zstd}};
    for (size_t i = 0; i < 2; i++) {
        file_words lie = good_file();
        lie.codec = cases[i].codec;
        lie.body = cases[i].bytes;
        lie.n_body = cases[i].n;
        lie.n_packed = (int64_t)cases[i].n;
        expect(&lie, FCT_ERROR_DATA, "cannot be decompressed");
    }
}

/* A map that says it has many truth values: each takes a byte, and there are none. */
static void test_maps_without_bytes(void **state)
{
    (void)state;
    const uint8_t few[] = {0x9B, 100, 0x11, 0};
    const uint8_t whole[] = {0x9B, 2, 0x11, 1, 2, 1, 2, 0};
    fct_page_header header;
    assert_int_equal(fct_page_header_parse(few, sizeof few, &header), 0);
    assert_int_equal(fct_page_header_parse(whole, sizeof whole, &header), sizeof whole);
}

static void test_memory_stays_small(void **state)
{
    (void)state;
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(usage.ru_maxrss < 256 << 10); /* KiB; one of the claims above would be more */
#endif
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/factorium-hostile-%d.parquet", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_that_lie),    cmocka_unit_test(test_offsets_outside_the_file),
        cmocka_unit_test(test_sizes_of_pages),     cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_dictionaries),       cmocka_unit_test(test_lengths_inside_codecs),
        cmocka_unit_test(test_maps_without_bytes), cmocka_unit_test(test_memory_stays_small),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return n_failed;
}
