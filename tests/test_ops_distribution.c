/* Quantile functions against the distributions they invert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "ops/distribution.h"

static void gaussian_inverts_the_normal_distribution(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 1e-3; p *= 3.7) {
        double x = fct_quantile_function(FCT_DRIVER_GAUSSIAN, p);
        /* p moves by x * p for a step of 1 in x. */
        assert_true(fabs(erfc(-x / M_SQRT2) / 2 - p) <= 4e-15 * x * x * p);
    }
    for (int i = 1; i < 1000; i++) {
        double p = i / 1000.0, x = fct_quantile_function(FCT_DRIVER_GAUSSIAN, p);
        assert_true(fabs(erfc(-x / M_SQRT2) / 2 - p) <= 4e-16 * (1 + fabs(x)));
    }
    assert_true(fabs(fct_quantile_function(FCT_DRIVER_GAUSSIAN, 0.975) - 1.959963984540054) <
                1e-15);
    assert_true(fabs(fct_quantile_function(FCT_DRIVER_GAUSSIAN, 0.01) + 2.3263478740408408) <
                1e-15);
}

static void cauchy_inverts_the_cauchy_distribution(void **state)
{
    (void)state;
    for (int i = 1; i < 1000; i++) {
        double p = i / 1000.0, x = fct_quantile_function(FCT_DRIVER_CAUCHY, p);
        assert_true(fabs(0.5 + atan(x) / M_PI - p) <= 3e-16);
    }
    assert_true(fabs(fct_quantile_function(FCT_DRIVER_CAUCHY, 1e-200) * M_PI * 1e-200 + 1) < 1e-15);
    assert_true(fabs(fct_quantile_function(FCT_DRIVER_CAUCHY, 0.75) - 1) < 1e-15);
}

static void all_are_odd_about_one_half(void **state)
{
    (void)state;
    for (int i = 1; i < 128; i++) {
        double p = i / 256.0;
        for (int driver = FCT_DRIVER_GAUSSIAN; driver <= FCT_DRIVER_CAUCHY; driver++) {
            double middle = driver == FCT_DRIVER_UNIFORM ? 0.5 : 0;
            double low = fct_quantile_function(driver, p) - middle;
            assert_true(low < 0 && low == -(fct_quantile_function(driver, 1 - p) - middle));
        }
    }
    assert_true(fct_quantile_function(FCT_DRIVER_GAUSSIAN, 0.5) == 0);
    assert_true(fct_quantile_function(FCT_DRIVER_CAUCHY, 0.5) == 0);
    assert_true(fct_quantile_function(FCT_DRIVER_UNIFORM, 0.3) == 0.3);
}

static void outside_is_missing(void **state)
{
    (void)state;
    const double outside[] = {0, 1, -0.1, 1.1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        for (int driver = FCT_DRIVER_GAUSSIAN; driver <= FCT_DRIVER_CAUCHY; driver++)
            assert_true(isnan(fct_quantile_function(driver, outside[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_inverts_the_normal_distribution),
        cmocka_unit_test(cauchy_inverts_the_cauchy_distribution),
        cmocka_unit_test(all_are_odd_about_one_half),
        cmocka_unit_test(outside_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
