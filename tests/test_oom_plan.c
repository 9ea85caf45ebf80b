/* Plans when memory runs out at any allocation: said so, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/oom.h"
#include "support/panel.h"

static const char text[] = "_d = ts_delta(close, 3)\n"
                           "a = cs_rank(_d / ts_shift(close, 3)) + ts_zscore(volume, 5)\n"
                           "b = ts_mean(volume, 5) * ts_std(volume, 5) - cs_zscore(_d)\n"
                           "max(a, b, 1)\n"
                           "c = a + sector\n";

/* The whole way from a text to factors and what is told of them. */
static fct_status use(const fct_panel *panel, fct_error *err)
{
    fct_plan *plan = NULL;
    fct_plan *fitted = NULL;
    fct_panel *factors = NULL;
    struct ArrowArrayStream stream = {0};
    char *printed = NULL;
    size_t n_bytes;
    const fct_run run = {.n_threads = 1};
    fct_status status = fct_plan_compile(text, NULL, &plan, err);
    if (status == FCT_OK)
        status = fct_plan_text(plan, &printed, err);
    free(printed);
    printed = NULL;
    if (status == FCT_OK)
        status = fct_plan_fit(plan, panel, &fitted, err);
    if (status == FCT_OK)
        status = fct_plan_explain(fitted, panel, &run, &printed, err);
    free(printed);
    if (status == FCT_OK)
        status = fct_plan_memory(fitted, panel, &run, &n_bytes, err);
    if (status == FCT_OK)
        status = fct_plan_run(fitted, panel, &run, &factors, err);
    if (status == FCT_OK)
        status = fct_panel_wide_stream(factors, "a", &stream, err);
    if (stream.release)
        stream.release(&stream);
    fct_panel_free(factors);
    fct_plan_free(fitted);
    fct_plan_free(plan);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const columns[] = {"close", "volume"};
    fct_panel *panel = test_panel_make(columns, 2, 9, NULL, 30);
    bool failed = true;
    long n = 0;
    for (; failed; n++) {
        fct_error err = {0};
        test_fail_allocation(n);
        fct_status status = use(panel, &err);
        failed = test_allocation_failed();
        if (failed && status != FCT_ERROR_MEMORY)
            fail_msg("allocation %ld: status %d, %s", n, status, err.message);
        if (!failed)
            assert_int_equal(status, FCT_OK);
    }
    assert_true(n > 50);
    fct_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
