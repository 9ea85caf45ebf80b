/* Objects of S3 when memory runs out at any allocation: said so, nothing leaked, and no file is half there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "archive/bucket.h"
#include "base/file.h"
#include "support/archive.h"
#include "support/oom.h"
#include "support/web.h"

static fct_status all_of_it(const char *sent, const char *got, fct_error *err)
{
    fct_job job;
    fct_bucket *bucket = NULL;
    fct_text text = {0};
    fct_text_set keys = {0};
    fct_status status;
    FCT_TRY(fct_job_start(&job, NULL, err));
    FCT_TRY_OUT(fct_bucket_open(&job, &bucket, err));
    FCT_TRY_OUT(fct_bucket_put(bucket, sent, "s3://bucket/a/x y", err));
    FCT_TRY_OUT(fct_bucket_get(bucket, "s3://bucket/a/x y", got, err));
    FCT_TRY_OUT(fct_bucket_get_text(bucket, "s3://bucket/a/x y", 100, &text, err));
    FCT_TRY_OUT(fct_bucket_list(bucket, "s3://bucket/a/", &keys, err));
    status = fct_bucket_remove(bucket, "s3://bucket/a/x y", err);
out:
    fct_text_set_free(&keys);
    fct_text_free(&text);
    fct_bucket_close(bucket);
    fct_job_end(&job);
    return status;
}

static void test_bucket(void **state)
{
    (void)state;
    char folder[512];
    char sent[512];
    char got[512];
    snprintf(folder, sizeof folder, "%s", test_path("bucket"));
    snprintf(sent, sizeof sent, "%s", test_path("sent"));
    snprintf(got, sizeof got, "%s", test_path("got"));
    assert_int_equal(fct_folder_make(folder, NULL), FCT_OK);
    test_write_text(sent, "what is sent");
    pid_t server = test_web_start(folder, 0);
    if (!server)
        skip();
    for (long n = 0;; n++) {
        fct_error err = {0};
        assert_int_equal(fct_file_remove(got, NULL), FCT_OK);
        test_fail_allocation(n);
        fct_status status = all_of_it(sent, got, &err);
        if (!test_allocation_failed()) {
            assert_int_equal(status, FCT_OK);
            assert_true(n > 20);
            break;
        }
        if (status != FCT_ERROR_MEMORY)
            fail_msg("allocation %ld: %d: %s", n, (int)status, err.message);
    }
    test_web_stop(server);
    test_folder_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bucket)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
