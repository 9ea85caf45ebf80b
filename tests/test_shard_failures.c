/* Shards that go wrong: gaps, doubles, damage, changes, haste; and what mends them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "shard/plan.h"
#include "support/bars.h"
#include "support/root.h"
#include "support/shard.h"

enum { N_SYMBOLS = 6, N_DAYS = 3, N_TRADES = 60 };

static char store[80], path[80];
static fct_error err;

static int make_store(void **state)
{
    if (test_root_make(state) != 0)
        return -1;
    snprintf(store, sizeof store, "%s/store", test_root);
    snprintf(path, sizeof path, "%s/plan.json", test_root);
    test_shard_store(store, N_SYMBOLS, N_DAYS, N_TRADES);
    return 0;
}

/* ---- Help -------------------------------------------------------------------------------------- */

static const char factors[] = "a = cs_rank(ts_delta(close, 2)); b = ts_mean(a, 2) + low";

/* A plan with a work folder of its own; bars where there are no expressions. Freed by fct_shard_plan_free. */
static fct_shard_plan *plan_of(const char *expressions, const char *name)
{
    char work[120];
    snprintf(work, sizeof work, "%s/%s", test_root, name);
    fct_bars_request bars = {.store = store, .bar.interval_ms = 3600000};
    const fct_shard_request request = {
        .bars = &bars, .expressions = expressions, .n_shards = 5, .work = work};
    return test_shard_run(&request, path);
}

/* A file of a shard; good until the next call but one. */
static const char *file_of(const fct_shard_plan *plan, size_t stage, const char *name)
{
    static char paths[2][200];
    static int turn;
    char *at = paths[turn++ % 2];
    snprintf(at, sizeof paths[0], "%s/%s/stage-%zu/%s", fct_shard_plan_work(plan),
             fct_shard_plan_key(plan), stage, name);
    return at;
}

static fct_status merge(const fct_shard_plan *plan)
{
    struct ArrowArrayStream stream = {0};
    fct_status status = fct_shard_merge(plan, NULL, &stream, &err);
    if (stream.release)
        stream.release(&stream);
    return status;
}

static void assert_says(fct_status status, fct_status wanted, const char *words)
{
    if (status != wanted || (words && !strstr(err.message, words)))
        fail_msg("status %d, \"%s\"; expected %d, \"%s\"", status, err.message, wanted,
                 words ? words : "");
}

__attribute__((noinline)) static char *read_text(const char *file, size_t *n)
{
    char *text;
    assert_int_equal(fct_file_read(file, 1 << 24, &text, n, NULL), FCT_OK);
    return text;
}

static void write_text(const char *file, const char *text, size_t n)
{
    assert_int_equal(fct_file_write_atomic(file, text, n, NULL), FCT_OK);
}

static void copy_file(const char *from, const char *to)
{
    size_t n;
    char *text = read_text(from, &n);
    write_text(to, text, n);
    free(text);
}

static void flip(const char *file, size_t at)
{
    size_t n;
    char *text = read_text(file, &n);
    text[at % n] ^= 0x10;
    write_text(file, text, n);
    free(text);
}

/* ---- Gaps, doubles, damage ---------------------------------------------------------------------- */

static void a_gap_is_named_and_filled(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(NULL, "gap");
    fct_shard_report report;
    assert_int_equal(merge(plan), FCT_OK);
    assert_int_equal(fct_file_remove(file_of(plan, 0, "00003.json"), NULL), FCT_OK);
    assert_false(fct_shard_is_done(plan, 0, 3));
    assert_says(merge(plan), FCT_ERROR_NOT_FOUND, "1 of 5 shards of stage 0 were not run: 3");
    assert_int_equal(fct_shard_run(plan, 0, 3, NULL, &report, &err), FCT_OK);
    assert_false(report.was_done);
    assert_int_equal(fct_shard_run(plan, 0, 3, NULL, &report, &err), FCT_OK);
    assert_true(report.was_done && report.n_rows > 0 && report.n_bytes > 0);
    assert_int_equal(merge(plan), FCT_OK);
    fct_shard_plan_free(plan);
}

static void a_double_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"00099.json", "00001 (copy).json", "1.json", "000001.json"};
    fct_shard_plan *plan = plan_of(NULL, "double");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        copy_file(file_of(plan, 0, "00001.json"), file_of(plan, 0, names[i]));
        assert_says(merge(plan), FCT_ERROR_INTEGRITY, names[i]);
        assert_int_equal(fct_file_remove(file_of(plan, 0, names[i]), NULL), FCT_OK);
    }
    copy_file(file_of(plan, 0, "00001.json"), file_of(plan, 0, "00002.json"));
    assert_says(merge(plan), FCT_ERROR_INTEGRITY, "must not have two");
    assert_int_equal(fct_shard_run(plan, 0, 2, NULL, NULL, &err), FCT_OK);
    assert_int_equal(merge(plan), FCT_OK);
    fct_shard_plan_free(plan);
}

static void damage_is_found_and_mended(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(NULL, "damage");
    fct_shard_report report;
    for (size_t at = 0; at < 5; at++) {
        flip(file_of(plan, 0, "00004.parquet"), at * 777);
        assert_says(merge(plan), FCT_ERROR_INTEGRITY, "00004.parquet is not what its row says");
        assert_int_equal(fct_shard_run(plan, 0, 4, NULL, &report, &err), FCT_OK);
        assert_false(report.was_done);
        assert_int_equal(merge(plan), FCT_OK);
    }
    write_text(file_of(plan, 0, "00004.json"), "{\"key\": ", 8);
    assert_says(merge(plan), FCT_ERROR_DATA, "00004.json is damaged");
    assert_int_equal(fct_shard_run(plan, 0, 4, NULL, &report, &err), FCT_OK);
    assert_int_equal(fct_file_remove(file_of(plan, 0, "00002.parquet"), NULL), FCT_OK);
    assert_says(merge(plan), FCT_ERROR_INTEGRITY, "00002.parquet");
    assert_int_equal(fct_shard_run(plan, 0, 2, NULL, &report, &err), FCT_OK);
    assert_int_equal(merge(plan), FCT_OK);
    fct_shard_plan_free(plan);
}

/* Files on their way between stages: every byte matters, and none that is wrong gets through. */
static void damage_between_stages(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(factors, "between");
    size_t n;
    char *whole = read_text(file_of(plan, 0, "00001.sent"), &n);
    for (size_t at = 0; at < n; at += 1 + n / 60) {
        bool refused = false;
        flip(file_of(plan, 0, "00001.sent"), at);
        for (size_t i = 0; i < fct_shard_plan_n_shards(plan, 1); i++) {
            char name[32];
            snprintf(name, sizeof name, "%05zu.json", i);
            assert_int_equal(fct_file_remove(file_of(plan, 1, name), NULL), FCT_OK);
            fct_status status = fct_shard_run(plan, 1, i, NULL, NULL, &err);
            assert_true(status == FCT_OK || status == FCT_ERROR_INTEGRITY);
            refused = refused || status == FCT_ERROR_INTEGRITY;
        }
        assert_true(refused);
        write_text(file_of(plan, 0, "00001.sent"), whole, n);
        for (size_t i = 0; i < fct_shard_plan_n_shards(plan, 1); i++)
            assert_int_equal(fct_shard_run(plan, 1, i, NULL, NULL, &err), FCT_OK);
    }
    for (size_t length = 0; length < n; length += 1 + n / 20) {
        write_text(file_of(plan, 0, "00001.sent"), whole, length);
        assert_int_equal(fct_file_remove(file_of(plan, 1, "00000.json"), NULL), FCT_OK);
        fct_status status = fct_shard_run(plan, 1, 0, NULL, NULL, &err);
        assert_true(status == FCT_OK || status == FCT_ERROR_INTEGRITY);
        write_text(file_of(plan, 0, "00001.sent"), whole, n);
        assert_int_equal(fct_shard_run(plan, 1, 0, NULL, NULL, &err), FCT_OK);
    }
    free(whole);
    assert_int_equal(merge(plan), FCT_OK);
    flip(file_of(plan, 0, "00001.kept"), 500);
    assert_says(merge(plan), FCT_ERROR_INTEGRITY, "00001.kept");
    fct_shard_plan_free(plan);
}

static void a_stage_waits_for_those_before(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(factors, "wait");
    assert_int_equal(fct_shard_plan_n_stages(plan), 4);
    assert_int_equal(fct_file_remove(file_of(plan, 0, "00002.json"), NULL), FCT_OK);
    assert_int_equal(fct_file_remove(file_of(plan, 0, "00003.json"), NULL), FCT_OK);
    assert_int_equal(fct_file_remove(file_of(plan, 2, "00001.json"), NULL), FCT_OK);
    assert_says(fct_shard_run(plan, 2, 1, NULL, NULL, &err), FCT_ERROR_NOT_FOUND,
                "stage 2 waits for stage 0, of which 2 of 5 shards were not run, the first of "
                "them shard 2");
    assert_says(fct_shard_run(plan, 4, 0, NULL, NULL, &err), FCT_ERROR_NOT_FOUND, "no stage 4");
    assert_says(fct_shard_run(plan, 1, 5, NULL, NULL, &err), FCT_ERROR_NOT_FOUND, "no shard 5");
    fct_shard_plan_free(plan);
}

/* ---- Changes ----------------------------------------------------------------------------------- */

static void a_plan_that_was_changed_is_refused(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(NULL, "changed");
    fct_shard_plan *again;
    size_t n;
    char *text = read_text(path, &n);
    char *interval = strstr(text, "3600000");
    assert_non_null(interval);
    interval[0] = '7';
    write_text(path, text, n);
    assert_says(fct_shard_plan_read(path, &again, &err), FCT_ERROR_INTEGRITY,
                "was changed after it was made");
    interval[0] = '3';
    write_text(path, text, n);
    assert_int_equal(fct_shard_plan_read(path, &again, &err), FCT_OK);
    fct_shard_plan_free(again);
    /* A row that some other plan left here. */
    char *row = read_text(file_of(plan, 0, "00000.json"), &n);
    char *key = strstr(row, fct_shard_plan_key(plan));
    key[0] = key[0] == 'a' ? 'b' : 'a';
    write_text(file_of(plan, 0, "00000.json"), row, n);
    assert_says(merge(plan), FCT_ERROR_INTEGRITY, "a row of another plan");
    free(row);
    free(text);
    fct_shard_plan_free(plan);
}

static void a_store_that_was_changed_is_refused(void **state)
{
    (void)state;
    fct_shard_plan *plan = plan_of(NULL, "store");
    const test_trade trade = {TEST_SHARD_DAY * 86400000 + 5, 100, 1, false, 1};
    const test_file file = {.symbol = "S02", .date = "2024-08-08", .name = "more.parquet"};
    test_store_write(store, &file, &trade, 1);
    size_t n_refused = 0;
    for (size_t i = 0; i < fct_shard_plan_n_shards(plan, 0); i++) {
        char name[32];
        snprintf(name, sizeof name, "%05zu.json", i);
        assert_int_equal(fct_file_remove(file_of(plan, 0, name), NULL), FCT_OK);
        fct_status status = fct_shard_run(plan, 0, i, NULL, NULL, &err);
        if (status != FCT_OK)
            assert_says(status, FCT_ERROR_INTEGRITY, "S02");
        n_refused += status != FCT_OK;
    }
    assert_true(n_refused > 0 && n_refused < fct_shard_plan_n_shards(plan, 0));
    fct_shard_plan_free(plan);
}

/* ---- Haste ------------------------------------------------------------------------------------- */

static void *run_all(void *context)
{
    const fct_shard_plan *plan = context;
    const fct_run run = {.n_threads = 1};
    for (size_t i = 0; i < fct_shard_plan_n_shards(plan, 0); i++)
        if (fct_shard_run(plan, 0, i, &run, NULL, NULL) != FCT_OK)
            return "failed";
    return NULL;
}

static void many_run_the_same_shards_at_once(void **state)
{
    (void)state;
    enum { N_RUNNERS = 4, N_ROUNDS = 3 };
    fct_shard_plan *plan = plan_of(NULL, "haste");
    for (int round = 0; round < N_ROUNDS; round++) {
        pthread_t runners[N_RUNNERS];
        assert_int_equal(fct_tree_remove(fct_shard_plan_work(plan), NULL), FCT_OK);
        for (int i = 0; i < N_RUNNERS; i++)
            assert_int_equal(pthread_create(&runners[i], NULL, run_all, plan), 0);
        for (int i = 0; i < N_RUNNERS; i++) {
            void *failed;
            pthread_join(runners[i], &failed);
            assert_null(failed);
        }
        assert_int_equal(merge(plan), FCT_OK);
    }
    fct_shard_plan_free(plan);
}

/* ---- Plans that are no plans -------------------------------------------------------------------- */

/* Seals a text that was changed by hand, so that what is read is not refused for its key. */
static fct_status read_changed(const fct_shard_plan *plan, const char *from, const char *to)
{
    char *text = cJSON_PrintUnformatted(((const struct fct_shard_plan *)plan)->json);
    char changed[65536];
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    cJSON *json = cJSON_Parse(changed);
    assert_non_null(json);
    cJSON_DeleteItemFromObject(json, "key");
    assert_int_equal(fct_shard_plan_seal(json, NULL), FCT_OK);
    struct fct_shard_plan *read;
    fct_status status = fct_shard_plan_from_json(json, "it", &read, &err);
    fct_shard_plan_free(read);
    cJSON_free(text);
    return status;
}

static void fields_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *field;
    } changes[] = {
        {"\"first_symbol\":0", "\"first_symbol\":1", "shards"},
        {"\"first_symbol\":0", "\"first_symbol\":-1", "first_symbol"},
        {"\"first_symbol\":0", "\"first_symbol\":1e300", "first_symbol"},
        {"\"first_symbol\":0", "\"first_symbol\":\"0\"", "first_symbol"},
        {"\"bytes\":", "\"bytes\":-", "bytes"},
        {"\"axis\":\"symbols\"", "\"axis\":\"times\"", "axis"},
        {"\"S01\"", "\"S00\"", "symbols"},
        {"\"S01\"", "7", "symbols"},
        {"\"format\":1", "\"format\":2", "format"},
        {"\"work\":\"", "\"work\":\"\",\"was\":\"", "work"},
        {"\"stages\":[", "\"stages\":[],\"were\":[", "stages"},
        {"\"shards\":[", "\"shards\":[],\"were\":[", "shards"},
        {"\"kind\":0", "\"kind\":4", "kind"},
        {"\"sends\":[", "\"sends\":[3,", "sends"},
        {"\"source\":", "\"sauce\":", "shards"},
        {"\"factors\":[", "\"factors\":[],\"were\":[", "factors"},
    };
    fct_shard_plan *plan = plan_of(factors, "fields");
    assert_int_equal(read_changed(plan, "\"S01\"", "\"S01\""), FCT_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fct_status status = read_changed(plan, changes[i].from, changes[i].to);
        char words[64];
        snprintf(words, sizeof words, "its field %s is", changes[i].field);
        assert_says(status, FCT_ERROR_DATA, words);
    }
    fct_shard_plan_free(plan);
    write_text(path, "[1, 2]", 6);
    assert_says(fct_shard_plan_read(path, &plan, &err), FCT_ERROR_DATA, "no JSON object");
    write_text(path, "{}", 2);
    assert_says(fct_shard_plan_read(path, &plan, &err), FCT_ERROR_DATA,
                "does not begin with a key");
    assert_int_equal(fct_file_remove(path, NULL), FCT_OK);
    assert_says(fct_shard_plan_read(path, &plan, &err), FCT_ERROR_NOT_FOUND, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_named_and_filled),
        cmocka_unit_test(a_double_is_refused),
        cmocka_unit_test(damage_is_found_and_mended),
        cmocka_unit_test(damage_between_stages),
        cmocka_unit_test(a_stage_waits_for_those_before),
        cmocka_unit_test(a_plan_that_was_changed_is_refused),
        cmocka_unit_test(many_run_the_same_shards_at_once),
        cmocka_unit_test(fields_that_are_wrong_are_named),
        cmocka_unit_test(a_store_that_was_changed_is_refused),
    };
    return cmocka_run_group_tests(tests, make_store, test_root_remove);
}
