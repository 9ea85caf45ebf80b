/* Streams of other producers: what is sound is read, what is not is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/arrow.h"
#include "format/cell.h"

/* A producer of one batch with one column, made of parts that a test may break. */
typedef struct producer {
    struct ArrowSchema schema, column_schema, *schema_children[1], dictionary_schema;
    struct ArrowArray batch, column, *children[1], dictionary;
    const void *batch_buffers[1], *buffers[3], *dictionary_buffers[3];
    int n_given;
    int code;
    const char *message;
    int n_released;
} producer;

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    producer *p = stream->private_data;
    *out = p->schema;
    return p->code;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    producer *p = stream->private_data;
    *out = (struct ArrowArray){0};
    if (!p->n_given++)
        *out = p->batch;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return ((producer *)stream->private_data)->message;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    ((producer *)stream->private_data)->n_released++;
    stream->release = NULL;
}

static void make_producer(producer *p, const char *format, const void *values, int64_t length)
{
    *p = (producer){0};
    p->column_schema =
        (struct ArrowSchema){.format = format, .name = "x", .release = release_schema};
    p->schema_children[0] = &p->column_schema;
    p->schema = (struct ArrowSchema){
        .format = "+s", .n_children = 1, .children = p->schema_children, .release = release_schema};
    p->buffers[1] = values;
    p->column = (struct ArrowArray){
        .length = length, .n_buffers = 2, .buffers = p->buffers, .release = release_array};
    p->children[0] = &p->column;
    p->batch = (struct ArrowArray){.length = length,
                                   .n_buffers = 1,
                                   .buffers = p->batch_buffers,
                                   .n_children = 1,
                                   .children = p->children,
                                   .release = release_array};
}

static struct ArrowArrayStream stream_of(producer *p)
{
    return (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, p};
}

/* Reads all of it; the first failure's status, its message in *err. `last` gets the text of row `row`. */
static fct_status read_all(producer *p, int64_t row, char *text, fct_error *err)
{
    struct ArrowArrayStream stream = stream_of(p);
    fct_arrow_reader *reader;
    fct_status status = fct_arrow_reader_open(&reader, &stream, err);
    while (status == FCT_OK) {
        fct_arrow_view view;
        int64_t n_rows;
        status = fct_arrow_reader_next(reader, &view, &n_rows, err);
        if (status != FCT_OK || n_rows < 0)
            break;
        assert_true(row < n_rows);
        if (fct_cell_is_null(&view, row)) {
            strcpy(text, "null");
        } else if (fct_cell_is_text(&view)) {
            size_t n;
            const char *bytes = fct_arrow_view_text(&view, row, &n);
            memcpy(text, bytes, n);
            text[n] = '\0';
        } else {
            fct_cell_format(&view, row, text);
        }
    }
    if (status == FCT_OK || p->n_given)
        fct_arrow_reader_free(reader);
    assert_int_equal(p->n_released, 1);
    return status;
}

static void must_read(producer *p, int64_t row, const char *expected)
{
    char text[FCT_CELL_SIZE];
    fct_error err = {0};
    if (read_all(p, row, text, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_string_equal(text, expected);
}

static void expect_refusal(producer *p, fct_status status, const char *word)
{
    char text[FCT_CELL_SIZE];
    fct_error err = {0};
    assert_int_equal(read_all(p, 0, text, &err), status);
    if (!strstr(err.message, word))
        fail_msg("no \"%s\" in: %s", word, err.message);
}

static void test_types(void **state)
{
    (void)state;
    static const int8_t int8[] = {1, -2};
    static const uint8_t uint8[] = {1, 254};
    static const int16_t int16[] = {1, -30000};
    static const uint16_t uint16[] = {1, 60000};
    static const int32_t int32[] = {1, -2000000000};
    static const uint32_t uint32[] = {1, 4000000000u};
    static const int64_t int64[] = {1, INT64_MIN};
    static const uint64_t uint64[] = {1, UINT64_MAX};
    static const float real[] = {1, 0.5f};
    static const double real64[] = {1, -0.1};
    static const uint8_t bits[] = {2};
    static const int32_t days[] = {0, 19943};
    static const int64_t seconds[] = {0, 1723075201};
    static const int64_t ms[] = {0, 1723075200001};
    static const int64_t us[] = {0, 1723075200000001};
    static const int64_t ns[] = {0, -1};
    static const struct {
        const char *format;
        const void *values;
        const char *text;
    } cases[] = {
        {"c", int8, "-2"},
        {"C", uint8, "254"},
        {"s", int16, "-30000"},
        {"S", uint16, "60000"},
        {"i", int32, "-2000000000"},
        {"I", uint32, "4000000000"},
        {"l", int64, "-9223372036854775808"},
        {"L", uint64, "18446744073709551615"},
        {"f", real, "0.5"},
        {"g", real64, "-0.1"},
        {"b", bits, "true"},
        {"tdD", days, "2024-08-08"},
        {"tss:", seconds, "2024-08-08 00:00:01"},
        {"tsm:UTC", ms, "2024-08-08 00:00:00.001"},
        {"tsu:", us, "2024-08-08 00:00:00.000001"},
        {"tsn:UTC", ns, "1969-12-31 23:59:59.999999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        producer p;
        make_producer(&p, cases[i].format, cases[i].values, 2);
        must_read(&p, 1, cases[i].text);
        /* The same row through offsets of the column and of the batch. */
        make_producer(&p, cases[i].format, cases[i].values, 1);
        p.column.offset = 1;
        must_read(&p, 0, cases[i].text);
        make_producer(&p, cases[i].format, cases[i].values, 2);
        p.batch.offset = 1;
        p.batch.length = 1;
        must_read(&p, 0, cases[i].text);
    }
}

static void test_texts_and_nulls(void **state)
{
    (void)state;
    static const int32_t offsets[] = {0, 3, 3, 5};
    static const int64_t large_offsets[] = {0, 3, 3, 5};
    static const uint8_t valid[] = {5};
    producer p;
    make_producer(&p, "u", offsets, 3);
    p.buffers[2] = "abcde";
    p.column.n_buffers = 3;
    must_read(&p, 2, "de");
    make_producer(&p, "U", large_offsets, 3);
    p.buffers[2] = "abcde";
    p.column.n_buffers = 3;
    p.buffers[0] = valid;
    p.column.null_count = -1;
    must_read(&p, 1, "null");
}

/* Short texts lie in the views, longer ones in a buffer. */
static void make_views(producer *p, void *views, const void **buffers, const void *data,
                       const int64_t *size)
{
    make_producer(p, "vu", NULL, 2);
    buffers[0] = NULL;
    buffers[1] = views;
    buffers[2] = data;
    buffers[3] = size;
    p->column.buffers = buffers;
    p->column.n_buffers = 4;
}

static void test_string_views(void **state)
{
    (void)state;
    static const char data[] = "..a text of more than twelve bytes";
    static const int64_t size = sizeof data - 1;
    int32_t views[8] = {5, 0, 0, 0, 32, 0, 0, 2};
    const void *buffers[4];
    producer p;
    memcpy(&views[1], "short", 5);
    make_views(&p, views, buffers, data, &size);
    must_read(&p, 0, "short");
    make_views(&p, views, buffers, data, &size);
    must_read(&p, 1, "a text of more than twelve bytes");
    static const int32_t wrong[][4] = {{33, 0, 0, 2},  {32, 0, 1, 2}, {32, 0, -1, 2},
                                       {32, 0, 0, -1}, {-1, 0, 0, 0}, {32, 0, 0, INT32_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(&views[4], wrong[i], sizeof wrong[i]);
        make_views(&p, views, buffers, data, &size);
        expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    }
    make_views(&p, views, buffers, data, &size);
    p.column.n_buffers = 2;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_views(&p, views, buffers, data, &size);
    buffers[3] = NULL;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
}

static void make_dictionary(producer *p, const char *index_format, const void *indices,
                            int64_t length)
{
    static const int32_t offsets[] = {0, 1, 3};
    make_producer(p, index_format, indices, length);
    p->dictionary_schema =
        (struct ArrowSchema){.format = "u", .name = "", .release = release_schema};
    p->column_schema.dictionary = &p->dictionary_schema;
    p->dictionary_buffers[1] = offsets;
    p->dictionary_buffers[2] = "abb";
    p->dictionary = (struct ArrowArray){
        .length = 2, .n_buffers = 3, .buffers = p->dictionary_buffers, .release = release_array};
    p->column.dictionary = &p->dictionary;
}

static void test_dictionaries(void **state)
{
    (void)state;
    static const int8_t good[] = {0, 1};
    static const int8_t negative[] = {0, -1};
    static const uint32_t beyond[] = {0, 2};
    producer p;
    make_dictionary(&p, "c", good, 2);
    must_read(&p, 1, "bb");
    make_dictionary(&p, "c", negative, 2);
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_dictionary(&p, "I", beyond, 2);
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_dictionary(&p, "c", good, 2);
    p.column.dictionary = NULL;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_dictionary(&p, "g", good, 2);
    expect_refusal(&p, FCT_ERROR_UNSUPPORTED, "\"x\"");
}

/* Nothing is in a column of the type "n", not even buffers. */
static void test_columns_without_a_type(void **state)
{
    (void)state;
    producer p;
    make_producer(&p, "n", NULL, 3);
    p.column.n_buffers = 0;
    p.column.buffers = NULL;
    must_read(&p, 2, "null");
    make_producer(&p, "n", NULL, 3);
    p.column.length = 2;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "n", NULL, 3);
    p.column.length = p.batch.length = INT64_MAX;
    expect_refusal(&p, FCT_ERROR_MEMORY, "");
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    static const int64_t values[] = {1, 2};
    static const int32_t falling[] = {0, 3, 1};
    producer p;
    make_producer(&p, "l", values, 2);
    p.column.length = 1;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "l", NULL, 2);
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "l", values, 2);
    p.column.offset = -1;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "l", values, 2);
    p.column.offset = INT64_MAX;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "l", values, 2);
    p.column.n_buffers = 1;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "l", values, 2);
    p.batch.n_children = 2;
    expect_refusal(&p, FCT_ERROR_DATA, "schema");
    make_producer(&p, "l", values, 2);
    p.batch.length = -1;
    expect_refusal(&p, FCT_ERROR_DATA, "schema");
    make_producer(&p, "u", falling, 2);
    p.buffers[2] = "abc";
    p.column.n_buffers = 3;
    expect_refusal(&p, FCT_ERROR_DATA, "\"x\"");
    make_producer(&p, "+l", values, 2);
    expect_refusal(&p, FCT_ERROR_UNSUPPORTED, "\"+l\"");
    make_producer(&p, "l", values, 2);
    p.schema.format = "l";
    expect_refusal(&p, FCT_ERROR_DATA, "no table");
    make_producer(&p, "l", values, 2);
    p.code = EIO;
    p.message = "the other side is gone";
    p.schema.release = NULL;
    expect_refusal(&p, FCT_ERROR_IO, "the other side is gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_texts_and_nulls),
        cmocka_unit_test(test_string_views),
        cmocka_unit_test(test_dictionaries),
        cmocka_unit_test(test_columns_without_a_type),
        cmocka_unit_test(test_what_does_not_fit),
    };
    return cmocka_run_group_tests_name("Arrow streams", tests, NULL, NULL);
}
