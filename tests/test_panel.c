/* Panels: made of streams and files in any order, sliced, merged, handed on. */
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
#include "base/text.h"
#include "panel/rows.h"
#include "support/bars.h"
#include "support/panel.h"
#include "support/root.h"

#define START INT64_C(1723075200000)
#define MINUTE INT64_C(60000)

static fct_panel *read_csv(const char *text, fct_error *err)
{
    char path[128];
    fct_panel *panel;
    snprintf(path, sizeof path, "%s/panel.csv", test_root);
    assert_int_equal(fct_file_write_atomic(path, text, strlen(text), NULL), FCT_OK);
    fct_status status = fct_panel_read(path, NULL, &panel, err);
    assert_int_equal(status == FCT_OK, panel != NULL);
    return panel;
}

/* The panel as CSV must be `expected`. */
static void assert_csv(const fct_panel *panel, const char *expected)
{
    char path[128];
    char *text;
    size_t n_bytes;
    fct_error err;
    struct ArrowArrayStream stream;
    snprintf(path, sizeof path, "%s/out.csv", test_root);
    assert_int_equal(fct_panel_stream(panel, &stream, &err), FCT_OK);
    assert_int_equal(fct_write_file(&stream, path, FCT_FORMAT_CSV, NULL, NULL, &err), FCT_OK);
    assert_int_equal(fct_file_read(path, 1 << 20, &text, &n_bytes, NULL), FCT_OK);
    assert_string_equal(text, expected);
    free(text);
}

/* ---- Tests ------------------------------------------------------------------------------------ */

static void test_rows_in_any_order(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *panel = read_csv("end_time,close,symbol,start_time,n,up,sector\n"
                                "1723075320000,5,B,1723075260000,7,true,tech\n"
                                "1723075260000,1,A,1723075200000,1,false,bank\n"
                                "1723075260000,4.5,B,1723075200000,,true,\n"
                                "1723075320000,2,A,1723075260000,3,,tech\n",
                                &err);
    assert_csv(panel, "start_time,end_time,symbol,close,n,up,sector\n"
                      "1723075200000,1723075260000,A,1.0,1,false,bank\n"
                      "1723075200000,1723075260000,B,4.5,,true,\n"
                      "1723075260000,1723075320000,A,2.0,3,,tech\n"
                      "1723075260000,1723075320000,B,5.0,7,true,tech\n");
    assert_int_equal(fct_panel_n_symbols(panel), 2);
    assert_string_equal(fct_panel_symbol(panel, 1), "B");
    assert_null(fct_panel_symbol(panel, 2));
    assert_int_equal(fct_panel_n_columns(panel), 4);
    assert_string_equal(fct_panel_column_name(panel, 0), "close");
    assert_null(fct_panel_column_name(panel, 4));
    assert_int_equal(fct_panel_n_rows(panel), 4);
    const int64_t *times;
    assert_int_equal(fct_panel_times(panel, &times), 2);
    assert_int_equal(times[1], START + 2 * MINUTE);
    fct_panel_info info;
    assert_int_equal(fct_panel_symbol_info(panel, 1, &info, &err), FCT_OK);
    assert_int_equal(info.n_rows, 2);
    assert_int_equal(info.first_start_ms, START);
    assert_int_equal(info.last_end_ms, START + 2 * MINUTE);
    assert_int_equal(info.n_missing, 2);
    assert_int_equal(fct_panel_symbol_info(panel, 2, &info, &err), FCT_ERROR_NOT_FOUND);
    fct_panel_free(panel);
}

static void test_symbols_with_grids_of_their_own(void **state)
{
    (void)state;
    fct_error err;
    const char *text = "start_time,end_time,symbol,x\n"
                       "0,60000,B,1.0\n"
                       "0,60000,C,2.0\n"
                       "60000,60000,C,3.0\n"
                       "60000,120000,A,4.0\n"
                       "60000,120000,C,5.0\n"
                       "120000,180000,B,\n";
    fct_panel *panel = read_csv(text, &err);
    assert_csv(panel, text);
    assert_int_equal(fct_panel_n_rows(panel), 6);
    assert_int_equal(fct_panel_times(panel, NULL), 3);
    fct_panel_free(panel);
}

/* Rows that lack here and there, on a grid or, with `jitter`, beside it now and then; several symbols, some of few rows. */
static fct_panel *make_ragged(uint64_t seed, bool jitter)
{
    fct_job job;
    fct_panel *panel;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_panel_rows rows = {.job = &job};
    assert_int_equal(fct_panel_rows_add_column(&rows, "x", FCT_PANEL_DOUBLE, NULL), FCT_OK);
    for (int s = 0; s < 21; s++)
        for (int64_t t = s % 7 * 100; t < 3000; t++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            if (seed >> 60 < (s % 5 == 4 ? 15u : 6u))
                continue;
            char name[24];
            snprintf(name, sizeof name, "S%02d", s);
            assert_int_equal(fct_panel_rows_reserve(&rows, 1, NULL), FCT_OK);
            size_t row = rows.n_rows++;
            assert_int_equal(
                fct_text_set_add(&rows.symbols, name, strlen(name), &rows.symbol[row], NULL),
                FCT_OK);
            rows.end_ms[row] = START + t * MINUTE + (jitter && seed >> 33 & 1 ? 17 : 0);
            rows.start_ms[row] = rows.end_ms[row] - MINUTE;
            rows.columns[0].values[row] = (double)t;
        }
    assert_int_equal(fct_panel_from_rows(&rows, &panel, NULL), FCT_OK);
    fct_job_end(&job);
    return panel;
}

static char said[512];

static void keep_message(fct_message_level level, const char *message, void *context)
{
    (void)level, (void)context;
    snprintf(said, sizeof said, "%s", message);
}

/* Among thousands of good rows, one that is at fault is named, wherever it stands. */
static void test_the_bad_row_of_many(void **state)
{
    (void)state;
    static const struct {
        int n_rows, bad;
        const char *row, *says; /* NULL: it is a panel, and a warning says */
    } cases[] = {
        {3000, 2999, "179940000,180000000,A", "line 3001: it has 3 cells"},
        {3000, 10, "600000,660000,A,1,2", "line 12: it has 5 cells"},
        {50001, 50000, "3000000000,3000060000,A,1,2", "line 50002: it has 5 cells"},
        {3000, 1200, "1700000000000,1700000060000,A,NA", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        fct_text text = {0};
        fct_panel *panel;
        char path[128];
        const fct_run run = {.on_message = keep_message};
        said[0] = '\0';
        assert_int_equal(fct_text_append_format(&text, NULL, "start_time,end_time,symbol,x\n"),
                         FCT_OK);
        for (int row = 0; row < cases[i].n_rows; row++)
            assert_int_equal(row == cases[i].bad
                                 ? fct_text_append_format(&text, NULL, "%s\n", cases[i].row)
                                 : fct_text_append_format(&text, NULL, "%lld,%lld,A,%d.5\n",
                                                          (long long)(START + row * MINUTE),
                                                          (long long)(START + (row + 1) * MINUTE),
                                                          row),
                             FCT_OK);
        snprintf(path, sizeof path, "%s/many.csv", test_root);
        assert_int_equal(fct_file_write_atomic(path, text.data, text.length, NULL), FCT_OK);
        fct_text_free(&text);
        fct_status status = fct_panel_read(path, &run, &panel, &err);
        if (status != (cases[i].says ? FCT_ERROR_DATA : FCT_OK))
            fail_msg("%s: %s", cases[i].row, err.message);
        fct_panel_free(panel);
        const char *wanted =
            cases[i].says ? cases[i].says : "line 1202, column x: \"NA\" is no number";
        if (!strstr(cases[i].says ? err.message : said, wanted))
            fail_msg("\"%s\" does not say \"%s\"", cases[i].says ? err.message : said, wanted);
    }
}

/* The axis of a grid is made in another way than that of other rows; both have each row where it belongs. */
static void test_axis_of_ragged_rows(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 9; seed++) {
        fct_panel *panel = make_ragged(seed, seed % 2);
        test_panel_assert_same(panel, panel);
        fct_panel_free(panel);
    }
}

static void test_bad_panels(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "there is no symbol"},
        {"\n\n", "there is no symbol"}, /* of a file without cells none is at fault */
        {"end_time,symbol,x\n1,A,2\n", "start_time"},
        {"start_time,end_time,x\n1,2,3\n", "symbol"},
        {"start_time,symbol,x\n1,A,3\n", "end_time"},
        {"start_time,end_time,symbol\n0,1,A\n0,1,B\n0,1,A\n", "symbol A"},
        {"start_time,end_time,symbol\n1723075200000,1723075260000,A\n1723075260,1723075320,A\n",
         "row 2, column start_time"},
        {"start_time,end_time,symbol\n0.5,1,A\n", "start_time"},
        {"start_time,end_time,symbol\n0,,A\n1,2,A\n", "row 1, column end_time"},
        {"start_time,end_time,symbol\n0,1,\n0,1,A\n", "row 1, column symbol"},
        {"start_time,end_time,symbol,n\n0,1,A,9007199254740993\n", "53 bits"},
        {"start_time,end_time,symbol\n0,1,A\n2,1,A\n",
         "row 2, column end_time: the row ends before"},
        {"start_time,end_time,symbol\nx,1,A\n", "start_time must hold whole numbers"},
        {"start_time,end_time,symbol,close,x,close\n0,1,A,1,2,3\n", "called close"},
        {"start_time,end_time,symbol,Close,close\n0,1,A,1,2\n", "called Close"},
        {"start_time,end_time,symbol,x\n0,1,A,1\n1,2,A\n",
         "line 3: it has 3 cells, and the header has 4: there is none for the column x"},
        {"start_time;end_time;symbol;x\n0;1;A;1\n1;2;A;1;7\n",
         "line 3: it has 5 cells, and the header has 4: \"7\" is too many"},
        {"start_time,end_time,symbol,x\n0,1,\"A,\nB\",1\n1,2,A\n2,3,A,1\n",
         "line 4: it has 3 cells"},
        {"start_time,end_time,symbol\n0,1,A\noops,2,A\n2,3,A\n",
         "line 3, column start_time: \"oops\" is no whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_error err = {0};
        fct_panel *panel = read_csv(cases[i].text, &err);
        assert_null(panel);
        assert_int_equal(err.status, FCT_ERROR_DATA);
        if (!strstr(err.message, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
        assert_non_null(strstr(err.message, "panel.csv"));
    }
    fct_error err = {0};
    fct_panel *panel;
    assert_int_equal(fct_panel_read("/nowhere/x.csv", NULL, &panel, &err), FCT_ERROR_NOT_FOUND);
    assert_int_equal(fct_panel_read(test_root, NULL, &panel, &err), FCT_ERROR_ARGUMENT);
    char path[128];
    snprintf(path, sizeof path, "%s/x.parquet", test_root);
    assert_int_equal(fct_file_write_atomic(path, "PAR1", 4, NULL), FCT_OK);
    assert_int_equal(fct_panel_read(path, NULL, &panel, &err), FCT_ERROR_DATA);
}

static void test_empty_panel(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *panel = test_panel_make(NULL, 0, 0, NULL, 0);
    assert_int_equal(fct_panel_n_rows(panel), 0);
    assert_int_equal(fct_panel_n_symbols(panel), 0);
    fct_panel *slice;
    assert_int_equal(fct_panel_slice(panel, NULL, NULL, &slice, &err), FCT_OK);
    assert_csv(slice, "start_time,end_time,symbol\n");
    fct_panel_free(slice);
    fct_panel_free(panel);
    fct_panel_free(NULL);
}

static void test_times_of_every_kind(void **state)
{
    (void)state;
    static const char *const units[] = {
        "1723075200,1723075260", "1723075200000,1723075260000", "1723075200000000,1723075260000000",
        "1723075200000000000,1723075260000000000", "2024-08-08 00:00:00,2024-08-08 00:01:00"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char text[256];
        fct_error err;
        snprintf(text, sizeof text, "start_time,end_time,symbol,x\n%s,A,1\n", units[i]);
        fct_panel *panel = read_csv(text, &err);
        assert_csv(panel, "start_time,end_time,symbol,x\n1723075200000,1723075260000,A,1\n");
        fct_panel_free(panel);
    }
}

/* Times beside the key are ms, too, whatever their unit was. */
static void test_times_that_pass_through(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *panel = read_csv("start_time,end_time,symbol,listed,expires\n"
                                "0,60000,A,2024-08-08,2024-08-08 00:00:01.5\n"
                                "0,60000,B,,1969-12-31 23:59:59\n",
                                &err);
    assert_csv(panel, "start_time,end_time,symbol,listed,expires\n"
                      "0,60000,A,1723075200000,1723075201500\n"
                      "0,60000,B,,-1000\n");
    fct_panel_free(panel);
}

/* A panel without rows is one, also from a CSV file. */
static void test_no_rows_come_back(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *panel = read_csv("start_time,end_time,symbol,x\n", &err);
    assert_int_equal(fct_panel_n_rows(panel), 0);
    assert_int_equal(fct_panel_n_columns(panel), 1);
    assert_int_equal(panel->columns[0].type, FCT_PANEL_DOUBLE);
    assert_csv(panel, "start_time,end_time,symbol,x\n");
    fct_panel_free(panel);
}

static void test_slice(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *slice;
    static const char *const symbols[] = {"C", "A"};
    static const char *const columns[] = {"y"};
    static const char *const unknown[] = {"D"};
    fct_panel *panel = read_csv("start_time,end_time,symbol,x,y\n"
                                "1723075200000,1723075260000,A,1,10\n"
                                "1723075200000,1723075260000,B,2,20\n"
                                "1723075260000,1723075320000,B,3,30\n"
                                "1723075260000,1723075320000,C,4,40\n"
                                "1723075320000,1723075380000,A,5,50\n"
                                "1723075320000,1723075380000,C,6,60\n",
                                &err);
    fct_panel_selection selection = {
        .symbols = symbols, .n_symbols = 2, .columns = columns, .n_columns = 1};
    assert_int_equal(fct_time_parse("2024-08-08 00:01:00", &selection.from_ms, &err), FCT_OK);
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &slice, &err), FCT_OK);
    assert_csv(slice, "start_time,end_time,symbol,y\n"
                      "1723075260000,1723075320000,C,40\n"
                      "1723075320000,1723075380000,A,50\n"
                      "1723075320000,1723075380000,C,60\n");
    fct_panel_free(slice);
    selection = (fct_panel_selection){.from_ms = START, .to_ms = START + MINUTE};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &slice, &err), FCT_OK);
    assert_csv(slice, "start_time,end_time,symbol,x,y\n"
                      "1723075200000,1723075260000,A,1,10\n"
                      "1723075200000,1723075260000,B,2,20\n");
    fct_panel_free(slice);
    selection = (fct_panel_selection){.symbols = unknown, .n_symbols = 1};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &slice, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "A, B, C"));
    selection = (fct_panel_selection){.columns = unknown, .n_columns = 1};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &slice, &err), FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "x, y"));
    selection = (fct_panel_selection){.from_ms = START + MINUTE, .to_ms = START};
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &slice, &err), FCT_ERROR_ARGUMENT);
    fct_panel_free(panel);
}

static void test_merge(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *a = read_csv("start_time,end_time,symbol,x\n"
                            "0,60000,A,1\n60000,120000,A,2\n0,60000,B,3\n",
                            &err);
    fct_panel *b = read_csv("start_time,end_time,symbol,y,t\n"
                            "60000,120000,A,20,u\n120000,180000,A,30,v\n0,60000,C,40,u\n",
                            &err);
    fct_panel *both;
    assert_int_equal(fct_panel_merge(a, b, NULL, &both, &err), FCT_OK);
    assert_csv(both, "start_time,end_time,symbol,x,y,t\n"
                     "0,60000,A,1,,\n"
                     "0,60000,B,3,,\n"
                     "0,60000,C,,40,u\n"
                     "60000,120000,A,2,20,u\n"
                     "120000,180000,A,,30,v\n");
    fct_panel_free(both);
    assert_int_equal(fct_panel_merge(a, a, NULL, &both, &err), FCT_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "column x"));
    fct_panel_free(a);
    fct_panel_free(b);
}

/* Rows that end together may have begun apart. */
static void test_merge_goes_by_the_whole_key(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *a = read_csv("start_time,end_time,symbol,x\n0,60000,A,1\n30000,60000,A,2\n", &err);
    fct_panel *b =
        read_csv("start_time,end_time,symbol,y\n10000,60000,A,3\n30000,60000,A,4\n", &err);
    fct_panel *both;
    assert_int_equal(fct_panel_merge(a, b, NULL, &both, &err), FCT_OK);
    assert_csv(both, "start_time,end_time,symbol,x,y\n"
                     "0,60000,A,1,\n10000,60000,A,,3\n30000,60000,A,2,4\n");
    fct_panel_free(both);
    fct_panel_free(a);
    fct_panel_free(b);
}

/* What is no finite number is missing. */
static void test_infinities_are_missing(void **state)
{
    (void)state;
    fct_error err;
    fct_panel_info info;
    fct_panel *panel = read_csv("start_time,end_time,symbol,x\n"
                                "0,60000,A,1.5\n60000,120000,A,inf\n120000,180000,A,-inf\n"
                                "180000,240000,A,nan\n",
                                &err);
    assert_int_equal(fct_panel_symbol_info(panel, 0, &info, &err), FCT_OK);
    assert_int_equal(info.n_missing, 3);
    assert_csv(panel, "start_time,end_time,symbol,x\n"
                      "0,60000,A,1.5\n60000,120000,A,\n120000,180000,A,\n180000,240000,A,\n");
    fct_panel_free(panel);
}

/* Many symbols and rows: through Parquet and back, and a stream that outlives its panel. */
static void test_round_trip(void **state)
{
    (void)state;
    enum { N_SYMBOLS = 19, N_TIMES = 5000 };
    static const char *const names[] = {"close", "volume"};
    char path[128];
    fct_error err;
    for (int ragged = 0; ragged < 2; ragged++) {
        fct_panel *panel = test_panel_make(names, 2, N_SYMBOLS, NULL, N_TIMES);
        if (ragged) {
            /* Without a symbol's first day, the grid is not shared any more. */
            fct_panel *rest;
            const fct_panel_selection late = {.from_ms = START + 700 * MINUTE};
            fct_panel_selection early = {.symbols = (const char *const[]){"S003", "S011"},
                                         .n_symbols = 2,
                                         .to_ms = START + 900 * MINUTE,
                                         .from_ms = START + 100 * MINUTE};
            fct_panel *part;
            assert_int_equal(fct_panel_slice(panel, &late, NULL, &rest, &err), FCT_OK);
            assert_int_equal(fct_panel_slice(panel, &early, NULL, &part, &err), FCT_OK);
            assert_int_equal(fct_panel_n_rows(part), 1600);
            fct_panel_free(panel);
            fct_panel_free(rest);
            panel = part;
        }
        struct ArrowArrayStream stream;
        fct_panel *again;
        int64_t n_rows;
        snprintf(path, sizeof path, "%s/panel.parquet", test_root);
        assert_int_equal(fct_panel_stream(panel, &stream, &err), FCT_OK);
        assert_int_equal(fct_write_file(&stream, path, FCT_FORMAT_AUTO, NULL, &n_rows, &err),
                         FCT_OK);
        assert_int_equal(n_rows, fct_panel_n_rows(panel));
        assert_int_equal(fct_panel_read(path, NULL, &again, &err), FCT_OK);
        test_panel_assert_same(panel, again);
        assert_int_equal(fct_panel_stream(panel, &stream, &err), FCT_OK);
        fct_panel_free(panel);
        fct_panel_free(again);
        assert_int_equal(fct_panel_from_stream(&stream, NULL, &again, &err), FCT_OK);
        assert_int_equal(fct_panel_n_rows(again), n_rows);
        fct_panel_free(again);
    }
}

/* Of a file only what is asked for is read, and all of it where it lacks some of that. */
static void test_columns_of_a_file(void **state)
{
    (void)state;
    static const char *const names[] = {"open", "Close", "volume"};
    fct_error err = {0};
    struct ArrowArrayStream stream;
    fct_panel *panel = test_panel_make(names, 3, 3, NULL, 20);
    fct_panel *some;
    char path[128];
    snprintf(path, sizeof path, "%s/columns.parquet", test_root);
    assert_int_equal(fct_panel_stream(panel, &stream, &err), FCT_OK);
    assert_int_equal(fct_write_file(&stream, path, FCT_FORMAT_PARQUET, NULL, NULL, &err), FCT_OK);
    const char *wanted[] = {"volume", "close", "volume"};
    assert_int_equal(fct_panel_read_columns(path, wanted, 3, NULL, &some, &err), FCT_OK);
    assert_int_equal(fct_panel_n_columns(some), 2);
    const char *columns[] = {"Close", "volume"}; /* in the order of the file */
    const fct_panel_selection selection = {.columns = columns, .n_columns = 2};
    fct_panel *expected;
    assert_int_equal(fct_panel_slice(panel, &selection, NULL, &expected, &err), FCT_OK);
    test_panel_assert_same(expected, some);
    fct_panel_free(expected);
    fct_panel_free(some);
    assert_int_equal(fct_panel_read_columns(path, wanted, 0, NULL, &some, &err), FCT_OK);
    assert_int_equal(fct_panel_n_columns(some), 0);
    assert_int_equal(fct_panel_n_rows(some), 60);
    fct_panel_free(some);
    wanted[0] = "nothing";
    assert_int_equal(fct_panel_read_columns(path, wanted, 2, NULL, &some, &err), FCT_OK);
    test_panel_assert_same(panel, some);
    fct_panel_free(some);
    fct_panel_free(panel);
}

static void test_memory_limit(void **state)
{
    (void)state;
    static const char *const names[] = {"x"};
    fct_error err;
    struct ArrowArrayStream stream;
    fct_panel *panel = test_panel_make(names, 1, 10, NULL, 20000);
    fct_panel *copy;
    const fct_run run = {.memory_limit_bytes = 1 << 20};
    assert_int_equal(fct_panel_stream(panel, &stream, &err), FCT_OK);
    assert_int_equal(fct_panel_from_stream(&stream, &run, &copy, &err), FCT_ERROR_LIMIT);
    assert_null(stream.release);
    /* How much it would take so far, beside how much it may. */
    assert_non_null(strstr(
        err.message, "the rows of the panel need 2 MiB or more, and the memory limit is 1 MiB"));
    fct_panel_free(panel);
}

/* ---- Bars ------------------------------------------------------------------------------------- */

static void write_trades(const char *symbol, const char *date, int64_t time)
{
    const test_trade trades[] = {
        {.time = time, .price = 10, .quantity = 1, .id = 1},
        {.time = time + 90000, .price = 12, .quantity = 2, .is_buyer_maker = true, .id = 2},
    };
    const test_file file = {.symbol = symbol, .date = date};
    test_store_write(test_root, &file, trades, 2);
}

static void test_load_bars(void **state)
{
    (void)state;
    fct_error err;
    fct_panel *panel;
    static const char *const symbols[] = {"AAA", "BBB", "NONE"};
    write_trades("AAA", "2024-08-08", START);
    write_trades("BBB", "2024-08-08", START);
    fct_bars_request request = {.store = test_root, .symbols = symbols, .n_symbols = 2};
    assert_int_equal(fct_load_bars(&request, NULL, &panel, &err), FCT_OK);
    assert_csv(panel,
               "start_time,end_time,symbol,open,high,low,close,volume,vwap,num_buyer,num_seller,"
               "num_buyer_volume,num_seller_volume\n"
               "1723075200000,1723075260000,AAA,10.0,10.0,10.0,10.0,1.0,10.0,1,0,1.0,0.0\n"
               "1723075200000,1723075260000,BBB,10.0,10.0,10.0,10.0,1.0,10.0,1,0,1.0,0.0\n"
               "1723075260000,1723075320000,AAA,12.0,12.0,12.0,12.0,2.0,12.0,0,1,0.0,2.0\n"
               "1723075260000,1723075320000,BBB,12.0,12.0,12.0,12.0,2.0,12.0,0,1,0.0,2.0\n");
    fct_panel_free(panel);
    request.n_symbols = 3;
    assert_int_equal(fct_load_bars(&request, NULL, &panel, &err), FCT_ERROR_NOT_FOUND);
    assert_null(panel);
    request.missing = FCT_MISSING_SKIP;
    assert_int_equal(fct_load_bars(&request, NULL, &panel, &err), FCT_ERROR_PARTIAL);
    assert_int_equal(fct_panel_n_rows(panel), 4);
    fct_panel_free(panel);
}

/* Klines load as the bars that they are. */
static void test_klines_load_as_bars(void **state)
{
    (void)state;
    char archive[128];
    char store[128];
    fct_error err = {0};
    struct ArrowArrayStream stream;
    fct_panel *panel;
    fct_panel *streamed;
    const char *paths[] = {archive};
    const fct_simulate_options options = {.dataset = {.data_type = "klines", .interval = "5m"},
                                          .n_symbols = 3,
                                          .n_days = 2,
                                          .n_trades_per_day = 4000};
    snprintf(archive, sizeof archive, "%s/archive", test_root);
    snprintf(store, sizeof store, "%s/store", test_root);
    if (fct_simulate(archive, &options, NULL, &err) != FCT_OK ||
        fct_ingest(paths, 1, store, NULL, NULL, NULL, &err) != FCT_OK)
        fail_msg("%s", err.message);
    const fct_bars_request request = {.store = store};
    assert_int_equal(fct_load_bars(&request, NULL, &panel, &err), FCT_OK);
    assert_int_equal(fct_panel_n_symbols(panel), 3);
    assert_true(fct_panel_n_rows(panel) > 1000);
    assert_int_equal(fct_bars(&request, NULL, &stream, &err), FCT_OK);
    assert_int_equal(fct_panel_from_stream(&stream, NULL, &streamed, &err), FCT_OK);
    test_panel_assert_same(panel, streamed);
    fct_panel_info info;
    assert_int_equal(fct_panel_symbol_info(panel, 0, &info, &err), FCT_OK);
    assert_true(info.n_missing >= 2 * info.n_rows); /* counts of buyers and sellers */
    fct_panel_free(panel);
    fct_panel_free(streamed);
}

int main(void)
{
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, test_root_make, test_root_remove)
    const struct CMUnitTest tests[] = {
        WITH_ROOT(test_rows_in_any_order),
        WITH_ROOT(test_symbols_with_grids_of_their_own),
        WITH_ROOT(test_axis_of_ragged_rows),
        WITH_ROOT(test_bad_panels),
        WITH_ROOT(test_the_bad_row_of_many),
        WITH_ROOT(test_empty_panel),
        WITH_ROOT(test_times_of_every_kind),
        WITH_ROOT(test_times_that_pass_through),
        WITH_ROOT(test_no_rows_come_back),
        WITH_ROOT(test_slice),
        WITH_ROOT(test_merge),
        WITH_ROOT(test_merge_goes_by_the_whole_key),
        WITH_ROOT(test_infinities_are_missing),
        WITH_ROOT(test_round_trip),
        WITH_ROOT(test_columns_of_a_file),
        WITH_ROOT(test_memory_limit),
        WITH_ROOT(test_klines_load_as_bars),
        WITH_ROOT(test_load_bars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
