/* Output formats: texts in full, numbers to the last bit, streams that break, files that are refused. */
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "arrow/arrow.h"
#include "base/file.h"
#include "format/number.h"

/* ---- Numbers ---------------------------------------------------------------------------------- */

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 11 ^ *state << 41;
}

static void assert_reads_back(double value)
{
    char text[FCT_NUMBER_SIZE];
    size_t n = fct_format_double(value, text);
    double back = strtod(text, NULL);
    assert_int_equal(n, strlen(text));
    if (memcmp(&back, &value, sizeof value) != 0)
        fail_msg("%a is written %s, which reads %a", value, text, back);
}

static void test_doubles_read_back(void **state)
{
    (void)state;
    static const double special[] = {0.0,       -0.0,      1e22,    1e23,
                                     0.1 + 0.2, 5e-324,    DBL_MIN, DBL_MAX,
                                     -DBL_MAX,  1e15,      1e16,    123456789012345678.0,
                                     1e-5,      9.9999e-6, 1 / 3.0, 0.30000000000000004};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        assert_reads_back(special[i]);
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = random_bits(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_reads_back(value);
        assert_reads_back((double)(int64_t)(bits % 100000000000) / 1e8);
        assert_reads_back((double)(int64_t)(bits % 10000000) / 10);
    }
}

/* No shorter text, of at most 17 digits, reads back as the same number. */
static void test_decimals_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0.0"},           {-0.0, "-0.0"},
                 {5, "5.0"},           {61800.1, "61800.1"},
                 {0.001, "0.001"},     {0.00001, "0.00001"},
                 {-2.5, "-2.5"},       {1e22, "1e+22"},
                 {100000, "100000.0"}, {0.1, "0.1"},
                 {1e-7, "1e-07"},      {NAN, "nan"},
                 {INFINITY, "inf"},    {-INFINITY, "-inf"},
                 {1.5e-8, "1.5e-08"},  {123456.789, "123456.789"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[FCT_NUMBER_SIZE];
        fct_format_double(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[FCT_NUMBER_SIZE];
        char shorter[64];
        double value = (double)(random_bits(&seed) % 10000000000) / 1e6;
        fct_format_double(value, text);
        size_t n_digits = strlen(text) - 1 - (strncmp(text, "0.", 2) == 0);
        snprintf(shorter, sizeof shorter, "%.*g", (int)n_digits - 1, value);
        assert_true(strtod(shorter, NULL) != value || strstr(text, ".0"));
    }
    char text[FCT_NUMBER_SIZE];
    fct_format_int64(INT64_MIN, text);
    assert_string_equal(text, "-9223372036854775808");
    fct_format_int64(INT64_MAX, text);
    assert_string_equal(text, "9223372036854775807");
}

/* ---- Streams ---------------------------------------------------------------------------------- */

enum { N_FIELDS = 4 };

static const fct_arrow_field fields[N_FIELDS] = {
    {"symbol", FCT_ARROW_STRING, true},
    {"start_time", FCT_ARROW_INT64, false},
    {"price, \"last\"", FCT_ARROW_DOUBLE, true},
    {"open", FCT_ARROW_BOOL, false},
};

typedef struct source_state {
    int n_batches;
    int fails_at; /* -1: never */
    int n_freed;
} source_state;

static fct_status next_batch(void *context, struct ArrowArray *out, fct_error *err)
{
    source_state *s = context;
    *out = (struct ArrowArray){0};
    if (s->fails_at == 0)
        return fct_error_set(err, FCT_ERROR_IO, "the cable was pulled");
    s->fails_at--;
    if (!s->n_batches--)
        return FCT_OK;
    static const char texts[] = "AB\"C, \nü";
    static const int32_t offsets[] = {0, 1, 1, 7, 9};
    static const int64_t times[] = {0, 1723075200000, 1723075200001, -1};
    static const double prices[] = {1.5, NAN, 0.1, 61800.1};
    fct_arrow_column columns[N_FIELDS] = {
        {.values = malloc(sizeof texts),
         .offsets = malloc(sizeof offsets),
         .validity = malloc(1),
         .null_count = 1},
        {.values = malloc(sizeof times)},
        {.values = malloc(sizeof prices)},
        {.values = malloc(1)},
    };
    memcpy(columns[0].values, texts, sizeof texts);
    memcpy(columns[0].offsets, offsets, sizeof offsets);
    memcpy(columns[1].values, times, sizeof times);
    memcpy(columns[2].values, prices, sizeof prices);
    *(uint8_t *)columns[3].values = 0x5;
    columns[0].validity[0] = 0xD;
    return fct_arrow_batch_make(fields, columns, N_FIELDS, 4, out, err);
}

static void free_source(void *context)
{
    ((source_state *)context)->n_freed++;
}

static void make_stream(source_state *state, struct ArrowArrayStream *stream)
{
    assert_int_equal(fct_arrow_stream_make(fields, N_FIELDS,
                                           (fct_arrow_source){next_batch, free_source, state},
                                           stream, NULL),
                     FCT_OK);
}

/* What fct_write_fd writes of `n_batches` batches. Freed by free. */
static char *written_as(fct_format format, int n_batches)
{
    char path[] = "/tmp/factorium-test-XXXXXX";
    int fd = mkstemp(path);
    source_state state = {.n_batches = n_batches, .fails_at = -1};
    struct ArrowArrayStream stream;
    int64_t n_rows = -1;
    fct_error err = {0};
    make_stream(&state, &stream);
    if (fct_write_fd(&stream, fd, format, NULL, &n_rows, &err) != FCT_OK)
        fail_msg("%s", err.message);
    assert_null(stream.release);
    assert_int_equal(state.n_freed, 1);
    assert_int_equal(n_rows, 4 * n_batches);
    close(fd);
    char *text;
    size_t n_bytes;
    assert_int_equal(fct_file_read(path, 1 << 20, &text, &n_bytes, NULL), FCT_OK);
    unlink(path);
    return text;
}

static void test_csv(void **state)
{
    (void)state;
    char *text = written_as(FCT_FORMAT_CSV, 1);
    assert_string_equal(text, "symbol,start_time,\"price, \"\"last\"\"\",open\n"
                              "A,0,1.5,true\n"
                              ",1723075200000,,false\n"
                              "\"B\"\"C, \n\",1723075200001,0.1,true\n"
                              "ü,-1,61800.1,false\n");
    free(text);
    text = written_as(FCT_FORMAT_AUTO, 0);
    assert_string_equal(text, "symbol,start_time,\"price, \"\"last\"\"\",open\n");
    free(text);
}

static void test_json(void **state)
{
    (void)state;
    char *text = written_as(FCT_FORMAT_JSON, 1);
    assert_string_equal(
        text,
        "[\n"
        "{\"symbol\":\"A\",\"start_time\":0,\"price, \\\"last\\\"\":1.5,\"open\":true},\n"
        "{\"symbol\":null,\"start_time\":1723075200000,\"price, "
        "\\\"last\\\"\":null,\"open\":false},\n"
        "{\"symbol\":\"B\\\"C, \\u000a\",\"start_time\":1723075200001,\"price, "
        "\\\"last\\\"\":0.1,\"open\":true},\n"
        "{\"symbol\":\"ü\",\"start_time\":-1,\"price, \\\"last\\\"\":61800.1,\"open\":false}\n"
        "]\n");
    free(text);
    text = written_as(FCT_FORMAT_JSON, 0);
    assert_string_equal(text, "[\n]\n");
    free(text);
}

static void test_table(void **state)
{
    (void)state;
    char *text = written_as(FCT_FORMAT_TABLE, 1);
    assert_string_equal(text, "symbol  start_time               price, \"last\"  open \n"
                              "A       1970-01-01 00:00:00                1.5  true \n"
                              "-       2024-08-08 00:00:00                  -  false\n"
                              "B?C, ?  2024-08-08 00:00:00.001            0.1  true \n"
                              "ü       1969-12-31 23:59:59.999        61800.1  false\n"
                              "4 rows × 4 columns\n");
    free(text);
    text = written_as(FCT_FORMAT_TABLE, 10);
    assert_null(strstr(text, "…"));
    free(text);
    text = written_as(FCT_FORMAT_TABLE, 11);
    assert_non_null(strstr(text, "…"));
    assert_non_null(strstr(text, "44 rows × 4 columns"));
    int n_lines = 0;
    for (const char *c = text; *c; c++)
        n_lines += *c == '\n';
    assert_int_equal(n_lines, 1 + 10 + 1 + 10 + 1);
    free(text);
    text = written_as(FCT_FORMAT_TABLE, 3000);
    assert_non_null(strstr(text, "12,000 rows × 4 columns"));
    free(text);
}

/* What a terminal of 50 columns shows. */
static void test_table_on_a_narrow_terminal(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) {
        print_message("skipped: there is no terminal to be had: %s\n", strerror(errno));
        skip();
    }
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 50}), 0);
    int fd = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    source_state source = {.n_batches = 1, .fails_at = -1};
    struct ArrowArrayStream stream;
    make_stream(&source, &stream);
    assert_int_equal(fct_write_fd(&stream, fd, FCT_FORMAT_TABLE, NULL, NULL, NULL), FCT_OK);
    char text[1024] = "";
    for (size_t n = 0; n < sizeof text - 1 && !strstr(text, "rows");) {
        ssize_t got = read(terminal, text + n, sizeof text - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    close(fd);
    close(terminal);
    assert_non_null(strstr(text, "symbol  start_time               …  open \r\n"
                                 "A       1970-01-01 00:00:00      …  true \r\n"));
}

static void test_a_stream_that_breaks(void **state)
{
    (void)state;
    static const fct_format formats[] = {FCT_FORMAT_CSV, FCT_FORMAT_JSON, FCT_FORMAT_PARQUET,
                                         FCT_FORMAT_ARROW, FCT_FORMAT_TABLE};
    char folder[] = "/tmp/factorium-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/out", folder);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        source_state source = {.n_batches = 5, .fails_at = 2};
        struct ArrowArrayStream stream;
        fct_error err = {0};
        make_stream(&source, &stream);
        assert_int_not_equal(fct_write_file(&stream, path, formats[i], NULL, NULL, &err), FCT_OK);
        assert_string_equal(err.message, "the cable was pulled");
        assert_null(stream.release);
        assert_int_equal(source.n_freed, 1);
        assert_false(fct_file_exists(path));
    }
    /* Nothing was left in the folder, or it could not be removed. */
    assert_int_equal(rmdir(folder), 0);
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *word;
        fct_status status;
    } cases[] = {
        {"/tmp/factorium.xlsx", ".csv", FCT_ERROR_ARGUMENT},
        {"/nowhere/at/all.csv", "/nowhere/at/", FCT_ERROR_NOT_FOUND},
        {"/tmp/factorium-no-suffix", "names no format", FCT_ERROR_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        source_state source = {.n_batches = 1, .fails_at = -1};
        struct ArrowArrayStream stream;
        fct_error err = {0};
        make_stream(&source, &stream);
        assert_int_equal(fct_write_file(&stream, cases[i].path, FCT_FORMAT_AUTO, NULL, NULL, &err),
                         cases[i].status);
        assert_non_null(strstr(err.message, cases[i].word));
        assert_int_equal(source.n_freed, 1);
    }
}

static void test_full_device_and_closed_pipe(void **state)
{
    (void)state;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    int full = open("/dev/full", O_WRONLY);
    const int fds[] = {ends[1], full};
    for (size_t i = 0; i < 2; i++) {
        source_state source = {.n_batches = 1, .fails_at = -1};
        struct ArrowArrayStream stream;
        fct_error err = {0};
        make_stream(&source, &stream);
        assert_int_equal(fct_write_fd(&stream, fds[i], FCT_FORMAT_CSV, NULL, NULL, &err),
                         FCT_ERROR_IO);
        assert_int_equal(source.n_freed, 1);
        close(fds[i]);
    }
}

static void test_names_of_formats(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fct_format format;
    } cases[] = {{"csv", FCT_FORMAT_CSV},          {"CSV", FCT_FORMAT_CSV},
                 {"a/b.c.json", FCT_FORMAT_JSON},  {"x.pq", FCT_FORMAT_PARQUET},
                 {"x.feather", FCT_FORMAT_ARROW},  {"table", FCT_FORMAT_TABLE},
                 {"x.Parquet", FCT_FORMAT_PARQUET}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_format format;
        assert_int_equal(fct_format_parse(cases[i].text, &format, NULL), FCT_OK);
        assert_int_equal(format, cases[i].format);
    }
    fct_format format;
    assert_int_equal(fct_format_parse(".csv", &format, NULL), FCT_ERROR_ARGUMENT);
    assert_int_equal(fct_format_parse("", &format, NULL), FCT_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_read_back),
        cmocka_unit_test(test_decimals_are_short),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_on_a_narrow_terminal),
        cmocka_unit_test(test_a_stream_that_breaks),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_full_device_and_closed_pipe),
        cmocka_unit_test(test_names_of_formats),
    };
    return cmocka_run_group_tests_name("output formats", tests, NULL, NULL);
}
