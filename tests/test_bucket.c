/* Objects of S3: against a server that checks every signature, and lists three keys a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/bucket.h"
#include "base/file.h"
#include "support/archive.h"
#include "support/web.h"

typedef struct fixture {
    pid_t server;
    fct_job job;
    fct_bucket *bucket;
    fct_error err;
    char folder[512];
} fixture;

static void start(fixture *f, const char *name, int n_busy)
{
    *f = (fixture){0};
    snprintf(f->folder, sizeof f->folder, "%s", test_path(name));
    assert_int_equal(fct_folder_make(f->folder, NULL), FCT_OK);
    f->server = test_web_start(f->folder, n_busy);
    if (!f->server)
        skip();
    assert_int_equal(fct_job_start(&f->job, NULL, NULL), FCT_OK);
    assert_int_equal(fct_bucket_open(&f->job, &f->bucket, &f->err), FCT_OK);
}

static void reopen(fixture *f)
{
    fct_bucket_close(f->bucket);
    assert_int_equal(fct_bucket_open(&f->job, &f->bucket, &f->err), FCT_OK);
}

static void stop(fixture *f)
{
    fct_bucket_close(f->bucket);
    fct_job_end(&f->job);
    test_web_stop(f->server);
    test_folder_remove();
}

static const char *on_server(const fixture *f, const char *key)
{
    static char path[1200];
    snprintf(path, sizeof path, "%s/%s", f->folder, key);
    return path;
}

static void assert_same_files(const char *a, const char *b)
{
    char *bytes[2];
    size_t n_bytes[2];
    assert_int_equal(fct_file_read(a, 1 << 24, &bytes[0], &n_bytes[0], NULL), FCT_OK);
    assert_int_equal(fct_file_read(b, 1 << 24, &bytes[1], &n_bytes[1], NULL), FCT_OK);
    assert_int_equal(n_bytes[0], n_bytes[1]);
    assert_memory_equal(bytes[0], bytes[1], n_bytes[0]);
    free(bytes[0]);
    free(bytes[1]);
}

/* Names with every sign that a URL gives a meaning to, and bytes beyond ASCII. */
static void test_there_and_back(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "market=futures_um/data_type=aggTrades/x.parquet",
        "a b+c~d&e=f;g,h:i@j!k*l'm(n)o$p/%41?q#r",
        "\xc3\xa9t\xc3\xa9",
    };
    fixture f;
    start(&f, "bucket", 0);
    static char bytes[3 << 20];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i >> 7);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char url[200];
        snprintf(url, sizeof url, "s3://bucket/%s", keys[i]);
        const char *sent = test_path("sent");
        const char *got = test_path("got");
        size_t n_bytes = i == 0 ? sizeof bytes : i == 1 ? 5 : 0;
        test_write(sent, n_bytes ? bytes : "", n_bytes);
        assert_int_equal(fct_bucket_put(f.bucket, sent, url, &f.err), FCT_OK);
        assert_same_files(sent, on_server(&f, keys[i]));
        assert_int_equal(fct_bucket_get(f.bucket, url, got, &f.err), FCT_OK);
        assert_same_files(sent, got);
        assert_int_equal(fct_bucket_remove(f.bucket, url, &f.err), FCT_OK);
        assert_false(fct_file_exists(on_server(&f, keys[i])));
        assert_int_equal(fct_bucket_remove(f.bucket, url, &f.err), FCT_OK);
    }
    stop(&f);
}

static void test_lists_have_pages(void **state)
{
    (void)state;
    fixture f;
    fct_text_set keys;
    start(&f, "bucket", 0);
    for (int i = 0; i < 10; i++) {
        char key[40];
        snprintf(key, sizeof key, "work/a=%d/&+ %d", i / 4, i);
        test_write_text(on_server(&f, key), "x");
    }
    test_write_text(on_server(&f, "workshop"), "x");
    assert_int_equal(fct_bucket_list(f.bucket, "s3://bucket/work/", &keys, &f.err), FCT_OK);
    assert_int_equal(keys.n_texts, 10);
    assert_string_equal(keys.texts[0], "a=0/&+ 0");
    assert_string_equal(keys.texts[9], "a=2/&+ 9");
    fct_text_set_free(&keys);
    assert_int_equal(fct_bucket_list(f.bucket, "s3://bucket/nothing/", &keys, &f.err), FCT_OK);
    assert_int_equal(keys.n_texts, 0);
    fct_text_set_free(&keys);
    stop(&f);
}

static void test_texts(void **state)
{
    (void)state;
    fixture f;
    fct_text text;
    start(&f, "bucket", 0);
    test_write_text(on_server(&f, "plan.json"), "{\"a\": 1}");
    assert_int_equal(fct_bucket_get_text(f.bucket, "s3://bucket/plan.json", 100, &text, &f.err),
                     FCT_OK);
    assert_string_equal(fct_text_get(&text), "{\"a\": 1}");
    fct_text_free(&text);
    assert_int_equal(fct_bucket_get_text(f.bucket, "s3://bucket/plan.json", 5, &text, &f.err),
                     FCT_ERROR_IO);
    test_assert_has(f.err.message, "s3://bucket/plan.json");
    assert_null(text.data);
    stop(&f);
}

static void test_what_passes_is_tried_again(void **state)
{
    (void)state;
    fixture f;
    fct_text text;
    start(&f, "bucket", 2);
    test_write_text(on_server(&f, "x"), "y");
    assert_int_equal(fct_bucket_get_text(f.bucket, "s3://bucket/x", 100, &text, &f.err), FCT_OK);
    assert_string_equal(fct_text_get(&text), "y");
    fct_text_free(&text);
    stop(&f);
}

/* Each is refused by the server, by another reason; no message holds the secret. */
static void test_wrong_signatures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *secret, *region, *words;
    } cases[] = {
        {"key", "wr0ng/secret", "eu-west-1", "the secret"},
        {"somebody", "secret", "eu-west-1", "the key"},
        {"key", "secret", "us-east-1", "the region"},
        {NULL, NULL, "eu-west-1", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"},
    };
    fixture f;
    start(&f, "bucket", 0);
    const char *got = test_path("got");
    const char *sent = test_path("sent");
    test_write_text(on_server(&f, "x"), "there before");
    test_write_text(sent, "y");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fct_text_set keys;
        unsetenv("AWS_ACCESS_KEY_ID");
        unsetenv("AWS_SECRET_ACCESS_KEY");
        if (cases[i].key) {
            setenv("AWS_ACCESS_KEY_ID", cases[i].key, 1);
            setenv("AWS_SECRET_ACCESS_KEY", cases[i].secret, 1);
        }
        setenv("AWS_REGION", cases[i].region, 1);
        reopen(&f);
        assert_int_equal(fct_bucket_get(f.bucket, "s3://bucket/x", got, &f.err), FCT_ERROR_IO);
        test_assert_has(f.err.message, cases[i].words);
        test_assert_has(f.err.message, "s3://bucket/x");
        assert_null(strstr(f.err.message, "wr0ng"));
        assert_false(fct_file_exists(got));
        assert_int_equal(fct_bucket_put(f.bucket, sent, "s3://bucket/x", &f.err), FCT_ERROR_IO);
        assert_int_equal(fct_bucket_remove(f.bucket, "s3://bucket/x", &f.err), FCT_ERROR_IO);
        assert_int_equal(fct_bucket_list(f.bucket, "s3://bucket/", &keys, &f.err), FCT_ERROR_IO);
    }
    char *text;
    size_t n_bytes;
    assert_int_equal(fct_file_read(on_server(&f, "x"), 100, &text, &n_bytes, NULL), FCT_OK);
    assert_string_equal(text, "there before");
    free(text);
    stop(&f);
}

static void test_session_tokens_are_signed(void **state)
{
    (void)state;
    fixture f;
    fct_text text;
    char token[3000];
    start(&f, "bucket", 0);
    memset(token, 't', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    setenv("AWS_SESSION_TOKEN", token, 1);
    reopen(&f);
    test_write_text(on_server(&f, "x"), "y");
    assert_int_equal(fct_bucket_get_text(f.bucket, "s3://bucket/x", 100, &text, &f.err), FCT_OK);
    fct_text_free(&text);
    unsetenv("AWS_SESSION_TOKEN");
    stop(&f);
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    fixture f;
    start(&f, "bucket", 0);
    const char *got = test_path("got");
    assert_int_equal(fct_bucket_get(f.bucket, "s3://bucket/none", got, &f.err),
                     FCT_ERROR_NOT_FOUND);
    test_assert_has(f.err.message, "s3://bucket/none is not there");
    assert_false(fct_file_exists(got));
    assert_int_equal(fct_bucket_put(f.bucket, test_path("none"), "s3://bucket/x", &f.err),
                     FCT_ERROR_NOT_FOUND);
    static const char *const urls[] = {"s3://", "s3://bucket", "s3://bucket/", "http://bucket/x",
                                       "s3://B\xc3\xbc/x"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(fct_bucket_get(f.bucket, urls[i], got, &f.err), FCT_ERROR_ARGUMENT);

    fct_bucket *other;
    unsetenv("AWS_SECRET_ACCESS_KEY");
    assert_int_equal(fct_bucket_open(&f.job, &other, &f.err), FCT_ERROR_ARGUMENT);
    test_assert_has(f.err.message, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu/west", 1);
    assert_int_equal(fct_bucket_open(&f.job, &other, &f.err), FCT_ERROR_ARGUMENT);
    setenv("AWS_REGION", "eu-west-1", 1);
    setenv("AWS_ENDPOINT_URL", "ftp://x", 1);
    assert_int_equal(fct_bucket_open(&f.job, &other, &f.err), FCT_ERROR_ARGUMENT);
    assert_null(other);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_lists_have_pages),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_what_passes_is_tried_again),
        cmocka_unit_test(test_wrong_signatures_are_refused),
        cmocka_unit_test(test_session_tokens_are_signed),
        cmocka_unit_test(test_what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
