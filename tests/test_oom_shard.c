/* Plans of shards when memory runs out at any allocation: said so, nothing leaked, and no shard done that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "support/oom.h"
#include "support/panel.h"
#include "support/root.h"

static char bars[80], work[80], path[80];

/* A file of bars, so that no thread of DuckDB's is in the way more often than for reading it. */
static int make_bars(void **state)
{
    static const char *const columns[] = {"close"};
    struct ArrowArrayStream stream;
    if (test_root_make(state) != 0)
        return -1;
    snprintf(bars, sizeof bars, "%s/bars.parquet", test_root);
    snprintf(work, sizeof work, "%s/work", test_root);
    snprintf(path, sizeof path, "%s/plan.json", test_root);
    fct_panel *panel = test_panel_make(columns, 1, 3, NULL, 5);
    fct_status status = fct_panel_stream(panel, &stream, NULL);
    if (status == FCT_OK)
        status = fct_write_file(&stream, bars, FCT_FORMAT_PARQUET, NULL, NULL, NULL);
    fct_panel_free(panel);
    return status == FCT_OK ? 0 : -1;
}

static const fct_run run = {.n_threads = 1};

static fct_status make(fct_shard_plan **plan, fct_error *err)
{
    const fct_shard_request request = {.panel = bars,
                                       .expressions = "a = cs_rank(ts_delta(close, 1)) * close",
                                       .n_shards = 1,
                                       .work = work};
    return fct_shard_plan_make(&request, &run, plan, err);
}

static fct_status make_and_read(fct_error *err)
{
    fct_shard_plan *plan = NULL;
    fct_shard_plan *again = NULL;
    fct_status status = make(&plan, err);
    if (status == FCT_OK)
        status = fct_shard_plan_write(plan, path, err);
    if (status == FCT_OK)
        status = fct_shard_plan_read(path, &again, err);
    fct_shard_plan_free(plan);
    fct_shard_plan_free(again);
    return status;
}

static fct_status run_and_merge(const fct_shard_plan *plan, fct_error *err)
{
    struct ArrowArrayStream stream = {0};
    fct_status status = FCT_OK;
    for (size_t stage = 0; stage < 2 && status == FCT_OK; stage++)
        for (size_t i = 0; i < fct_shard_plan_n_shards(plan, stage) && status == FCT_OK; i++)
            status = fct_shard_run(plan, stage, i, &run, NULL, err);
    if (status == FCT_OK)
        status = fct_shard_merge(plan, &run, &stream, err);
    if (stream.release)
        stream.release(&stream);
    return status;
}

static void check(long n, bool failed, fct_status status, const fct_error *err)
{
    if (failed && status != FCT_ERROR_MEMORY)
        fail_msg("allocation %ld: status %d, %s", n, status, err->message);
    if (!failed && status != FCT_OK)
        fail_msg("status %d, %s", status, err->message);
}

static void every_allocation_of_a_plan_may_fail(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = make_and_read(&err);
        failed = test_allocation_failed();
        check(n, failed, status, &err);
    }
}

static void every_allocation_of_a_run_may_fail(void **state)
{
    (void)state;
    fct_shard_plan *plan;
    bool failed = true;
    assert_int_equal(make(&plan, NULL), FCT_OK);
    for (long n = 0; failed; n++) {
        fct_error err = {0};
        assert_int_equal(fct_tree_remove(work, NULL), FCT_OK);
        test_fail_allocation(n);
        fct_status status = run_and_merge(plan, &err);
        failed = test_allocation_failed();
        check(n, failed, status, &err);
    }
    fct_shard_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_plan_may_fail),
        cmocka_unit_test(every_allocation_of_a_run_may_fail),
    };
    return cmocka_run_group_tests(tests, make_bars, test_root_remove);
}
