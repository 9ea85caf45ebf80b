/* Expressions: what a text means, how it is printed, and what is said of a wrong one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "factorium.h"

/* The plan's text; freed with free(). */
static char *print(const char *text, fct_dialect dialect)
{
    fct_plan *plan;
    char *printed;
    fct_error err = {0};
    const fct_plan_options options = {.dialect = dialect};
    if (fct_plan_compile(text, &options, &plan, &err) != FCT_OK)
        fail_msg("%s: %s", text, err.message);
    assert_int_equal(fct_plan_text(plan, &printed, &err), FCT_OK);
    fct_plan_free(plan);
    return printed;
}

static void assert_prints(const char *text, fct_dialect dialect, const char *expected)
{
    char *printed = print(text, dialect);
    assert_string_equal(printed, expected);
    /* The same again: what is printed means what was read. */
    char *again = print(printed, FCT_DIALECT_FACTORIUM);
    assert_string_equal(again, expected);
    free(printed);
    free(again);
}

static void precedence_and_folding(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a = x + y * z", "a = x + y * z\n"},
        {"a = (x + y) * z", "a = (x + y) * z\n"},
        {"a = x - (y - z)", "a = x - (y - z)\n"},
        {"a = x - y - z", "a = x - y - z\n"},
        {"a = x / (y * z)", "a = x / (y * z)\n"},
        {"a = -x ^ 2", "a = -x ^ 2\n"},
        {"a = (-x) ^ 2", "a = (-x) ^ 2\n"},
        {"a = x ^ y ^ z", "a = x ^ y ^ z\n"},
        {"a = (x ^ y) ^ z", "a = (x ^ y) ^ z\n"},
        {"a = x ^ -y", "a = x ^ -y\n"},
        {"a = x ** 2", "a = x ^ 2\n"},
        {"a = -2 ^ 2 + x * 0", "a = -4 + x * 0\n"},
        {"a = 2 ^ 3 ^ 2 * x", "a = 512 * x\n"},
        {"a = x ^ (1 - 3)", "a = x ^ -2\n"},
        {"a = 1 / 0", "a = nan\n"},
        {"a = !x < y", "a = !x < y\n"},
        {"a = not (x and y) or z", "a = !(x && y) || z\n"},
        {"a = x || y && z", "a = x || y && z\n"},
        {"a = (x || y) && z", "a = (x || y) && z\n"},
        {"a = x < y ? y : z ? x : y", "a = x < y ? y : z ? x : y\n"},
        {"a = (x ? y : z) ? x : y", "a = (x ? y : z) ? x : y\n"},
        {"a = x + (y < z)", "a = x + (y < z)\n"},
        {"a = +x", "a = x\n"},
        {"a = - -x", "a = --x\n"},
        {"a = TS_Mean(x, d = 4*5)", "a = ts_mean(x, 20)\n"},
        {"a = ts_mean(x, 20.9)", "a = ts_mean(x, 20)\n"},
        {"a = ts_mean(x, 20, min_periods=20)", "a = ts_mean(x, 20)\n"},
        {"a = ts_mean(d=20, x=y, min_periods=5)", "a = ts_mean(y, 20, 5)\n"},
        {"a = ts_quantile(x, 9, min_periods=3)", "a = ts_quantile(x, 9, min_periods=3)\n"},
        {"a = ts_quantile(x, 9, cauchy)", "a = ts_quantile(x, 9, \"cauchy\")\n"},
        {"a = ts_quantile(x, 9, driver='uniform')", "a = ts_quantile(x, 9, \"uniform\")\n"},
        {"a = cs_normalize(x, use_std=true)", "a = cs_normalize(x, 1)\n"},
        {"a = max(x, y, z, 1)", "a = max(x, y, z, 1)\n"},
        {"a = `a b` + `and`", "a = `a b` + `and`\n"},
        {"a = x + # more\n y", "a = x + y\n"},
        {"a = ts_mean(\n x,\n 20\n)", "a = ts_mean(x, 20)\n"},
        {"_h = x + 1; a = _h * 2; b = a - _h", "_1 = x + 1\n_2 = _1 * 2\na = _2\nb = _2 - _1\n"},
        {"a = .5e1 * x", "a = 5 * x\n"},
        {"a = x; a2 = x", "a = x\na2 = x\n"},
        {"a = delay(x, 2)", "a = ts_shift(x, 2)\n"},
        {"_h = x * y; _h", "`_h` = x * y\n"},
        {"`x`  +\n1", "`\xe2\x80\xb5x\xe2\x80\xb5 + 1` = x + 1\n"},
        {"a = 0.1 * x", "a = 0.1 * x\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_prints(cases[i][0], FCT_DIALECT_FACTORIUM, cases[i][1]);
}

static void dialects(void **state)
{
    (void)state;
    assert_prints("a = sum(x, 5)", FCT_DIALECT_ALPHA101, "a = ts_sum(x, 5)\n");
    assert_prints("a = ts_argmax(x, 5)", FCT_DIALECT_ALPHA101, "a = ts_argmax_pos(x, 5)\n");
    assert_prints("a = ts_argmax(x, 5)", FCT_DIALECT_FACTORIUM, "a = ts_argmax(x, 5)\n");
    assert_prints("a = returns", FCT_DIALECT_ALPHA101, "a = ts_returns(close, 1)\n");
    assert_prints("a = returns", FCT_DIALECT_FACTORIUM, "a = returns\n");
    assert_prints("a = adv20", FCT_DIALECT_ALPHA101, "a = ts_mean(vwap * volume, 20)\n");
    assert_prints("adv20 = volume; a = adv20", FCT_DIALECT_ALPHA101,
                  "adv20 = volume\na = volume\n");
    assert_prints("a = Rank($close, 5)", FCT_DIALECT_QLIB, "a = ts_rank(close, 5)\n");
    assert_prints("a = rank(close)", FCT_DIALECT_FACTORIUM, "a = rank(close)\n");
    assert_prints("a = Ref(Mean($close, 5), 1)", FCT_DIALECT_QLIB,
                  "a = ts_shift(ts_mean(close, 5), 1)\n");
}

static void factors_and_columns(void **state)
{
    (void)state;
    fct_plan *plan;
    assert_int_equal(fct_plan_compile("_d = ts_delta(close, 20)\n"
                                      "mom = _d / ts_shift(close, 20)\n"
                                      "cs_rank( mom )  ; slow = ts_ewm_mean(volume, 5)",
                                      NULL, &plan, NULL),
                     FCT_OK);
    assert_int_equal(fct_plan_n_factors(plan), 3);
    assert_string_equal(fct_plan_factor_name(plan, 0), "mom");
    assert_string_equal(fct_plan_factor_text(plan, 0), "_d / ts_shift(close, 20)");
    assert_string_equal(fct_plan_factor_name(plan, 1), "cs_rank( mom )");
    assert_null(fct_plan_factor_name(plan, 3));
    assert_null(fct_plan_factor_text(plan, 3));
    assert_int_equal(fct_plan_n_columns(plan), 2);
    assert_string_equal(fct_plan_column(plan, 0), "close");
    assert_string_equal(fct_plan_column(plan, 1), "volume");
    assert_null(fct_plan_column(plan, 2));
    assert_int_equal(fct_plan_look_back(plan, 0), 20);
    assert_int_equal(fct_plan_look_back(plan, 2), -1);
    assert_int_equal(fct_plan_look_back(plan, SIZE_MAX), -1);
    fct_plan_free(plan);

    assert_int_equal(
        fct_plan_compile("ts_mean(ts_delta(x, 3), 5) + ts_autocorr(x, 10, 4)", NULL, &plan, NULL),
        FCT_OK);
    assert_int_equal(fct_plan_look_back(plan, 0), 13);
    fct_plan_free(plan);
    fct_plan_free(NULL);
}

static void common_parts_are_one(void **state)
{
    (void)state;
    /* Sums do not care for the order of two; differences do. */
    assert_prints("a = ts_mean(x + y, 5); b = ts_mean(y + x, 5)", FCT_DIALECT_FACTORIUM,
                  "_1 = ts_mean(x + y, 5)\na = _1\nb = _1\n");
    assert_prints("a = ts_mean(x - y, 5); b = ts_mean(y - x, 5)", FCT_DIALECT_FACTORIUM,
                  "a = ts_mean(x - y, 5)\nb = ts_mean(y - x, 5)\n");
}

/* ---- Wrong texts ------------------------------------------------------------------------------ */

static void assert_wrong(const char *text, int64_t position, const char *words)
{
    fct_plan *plan;
    fct_error err = {0};
    fct_status status = fct_plan_compile(text, NULL, &plan, &err);
    if (status != FCT_ERROR_ARGUMENT || !strstr(err.message, words) || err.position != position)
        fail_msg("%.80s: status %d, position %lld, \"%s\"; wanted position %lld, \"%s\"", text,
                 status, (long long)err.position, err.message, (long long)position, words);
    assert_null(plan);
    assert_int_equal(fct_plan_compile(text, NULL, &plan, NULL), FCT_ERROR_ARGUMENT);
}

static void wrong_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t position;
        const char *words;
    } cases[] = {
        {"", 0, "there is no expression"},
        {" # nothing\n", 11, "there is no expression"},
        {"_a = x", 6, "every name begins with '_'"},
        {"ts_maen(x, 5)", 0, "did you mean ts_mean?"},
        {"x + zzzzzzzzqqq(1)", 4, "factorium ops lists"},
        {"ts_mean(x)", 0, "lacks d: it is ts_mean(x, d, min_periods=...)"},
        {"ts_mean()", 0, "takes more arguments"},
        {"ts_mean(x, 5, 5, 5)", 0, "takes fewer arguments"},
        {"ts_corr(x, 5)", 0, "lacks d"},
        {"ts_mean(x, 0)", 11, "d is 0 and must be from 1 to 1000000"},
        {"ts_mean(x, 1000001)", 11, "d is 1000001 and must be from 1 to 1000000"},
        {"ts_mean(x, 0.5)", 11, "d is 0.5 and must be from 1 to 1000000"},
        {"ts_mean(x, 3, min_periods=5)", 26, "min_periods is 5, more than d, 3"},
        {"a = `\u00e9\u20ac`; ts_mean(x, 0)", 24,
         "line 1, column 22: "}, /* characters, not bytes */
        {"ts_mean(x, 1e9)", 11, "must be from 1"},
        {"ts_mean(x, nan)", 11, "d is not a number"},
        {"ts_mean(x, y)", 11, "d must be a number, not a series"},
        {"ts_mean(x, 'y')", 11, "d must be a number, not a text"},
        {"ts_mean('x', 5)", 8, "must be a series or a number"},
        {"ts_mean(x, 5, min_periods=6)", 26, "more than d"},
        {"ts_mean(x, 5, min_periods=2.5)", 26, "whole number"},
        {"ts_mean(x, d=5, d=6)", 18, "d is given twice"},
        {"ts_mean(x, x=y, d=5)", 13, "has no argument x"},
        {"ts_mean(x, dd=5)", 14, "has no argument dd"},
        {"ts_mean(d=5, x)", 13, "without a name follows"},
        {"ts_quantile(x, 5, 'normal')", 18, "one of: gaussian uniform cauchy"},
        {"ts_shift(x, -1)", 12, "looks ahead"},
        {"ts_mean(x, 5", 12, "expected ',' or ')', found the end"},
        {"ts_mean(x, 5))", 13, "found ')'"},
        {"ts_mean(x,)", 10, "expected an argument"},
        {"x +", 3, "expected a number, a name or '(', found the end"},
        {"x y", 2, "expected an operator or the end of the line, found 'y'"},
        {"a < b < c", 6, "do not chain"},
        {"a = b = c", 6, "'==' compares"},
        {"x ? y", 5, "expected ':'"},
        {"x & y", 2, "write '&&'"},
        {"x @ y", 2, "'@' does not belong"},
        {"x + \"y", 4, "not closed"},
        {"x + ''", 4, "nothing in the quotes"},
        {"x + 1e999", 4, "too large"},
        {"x + 2y", 4, "runs into a letter"},
        {"x + \xc3\xa9", 4, "byte 0xc3"},
        {"a = x\na = y", 6, "line 2, column 1: a is defined twice"},
        {"_x; _x", 4, "line 1, column 5: _x is defined twice"},
        {"_d = x; _d; _d", 12, "line 1, column 13: _d is defined twice"},
        {"symbol = x", 0, "line 1, column 1: symbol is a column of the key"},
        {"a = x; `end_time` = y", 7, "line 1, column 8: end_time is a column of the key"},
        {"start_time", 0, "line 1, column 1: start_time is a column of the key"},
        {"cs_neutralize(a,b,c,d,e,f,g,h,i)", 0, "takes fewer arguments"},
        {"max(a)", 0, "takes more arguments"},
        {"max(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15)", 37, "more than 14"},
        {"x = ", 4, "found the end"},
        {"(x", 2, "expected ')'"},
        {"*x", 0, "found '*'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_wrong(cases[i].text, cases[i].position, cases[i].words);
}

/* A text of `n` copies of `part` between `head` and `tail`; freed with free(). */
static char *repeat(const char *head, const char *part, size_t n, const char *tail)
{
    size_t n_part = strlen(part);
    char *text = malloc(strlen(head) + n * n_part + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, part);
    strcpy(at, tail);
    return text;
}

static void deep_and_long_texts(void **state)
{
    (void)state;
    fct_plan *plan;
    fct_error err = {0};
    char *text = repeat("", "(", 10000, "x");
    assert_wrong(text, 256, "levels of nesting");
    free(text);
    text = repeat("", "-", 10000, "x");
    assert_wrong(text, 255, "levels of nesting");
    free(text);
    text = repeat("", "!", 10000, "x");
    assert_wrong(text, 255, "levels of nesting");
    free(text);
    text = repeat("x", "^x", 10000, "");
    assert_wrong(text, 511, "levels of nesting");
    free(text);
    text = repeat("", "x ? x : ", 10000, "x");
    assert_wrong(text, 2044, "levels of nesting");
    free(text);

    /* A name may be long: those of bare expressions are. */
    char long_name[640];
    text = repeat("", "a", 300, " = 1");
    snprintf(long_name, sizeof long_name, "%s\nb = %.300s", text, text);
    free(text);
    assert_int_equal(fct_plan_compile(long_name, NULL, &plan, &err), FCT_OK);
    assert_int_equal(fct_plan_n_columns(plan), 0);
    fct_plan_free(plan);

    /* Ten megabytes of one sum: flat, so only the number of parts limits it. */
    text = repeat("x", " + x * 2", 1250000, "");
    assert_int_equal(fct_plan_compile(text, NULL, &plan, &err), FCT_ERROR_LIMIT);
    assert_non_null(strstr(err.message, "100000"));
    free(text);
    text = repeat("x", " + 0 * 1", 1250000, "");
    text[0] = '1';
    assert_int_equal(fct_plan_compile(text, NULL, &plan, &err), FCT_OK);
    fct_plan_free(plan);
    free(text);
}

/* A tower of definitions, each using the one before twice: 2^60 nodes if it were a tree. */
static void shared_towers_stay_small(void **state)
{
    (void)state;
    char text[4096] = "_0 = x\n";
    char *at = text + strlen(text);
    for (int i = 1; i <= 60; i++)
        at += sprintf(at, "_%d = _%d * ts_mean(_%d, 2)\n", i, i - 1, i - 1);
    sprintf(at, "a = _60\n");
    char *printed = print(text, FCT_DIALECT_FACTORIUM);
    assert_true(strlen(printed) < sizeof text);
    char *again = print(printed, FCT_DIALECT_FACTORIUM);
    assert_string_equal(printed, again);
    free(printed);
    free(again);
}

/* A thousand levels through definitions: deeper than what may be written at once. */
static void deep_plans_print(void **state)
{
    (void)state;
    char *text = malloc(64 * 1001);
    char *at = text + sprintf(text, "_0 = x\n");
    for (int i = 1; i <= 1000; i++)
        at += sprintf(at, "_%d = log(_%d)\n", i, i - 1);
    sprintf(at, "a = _1000\n");
    char *printed = print(text, FCT_DIALECT_FACTORIUM);
    char *again = print(printed, FCT_DIALECT_FACTORIUM);
    assert_string_equal(printed, again);
    free(printed);
    free(again);
    free(text);
}

static void operators_are_listed(void **state)
{
    (void)state;
    fct_operator op;
    size_t n = 0;
    for (; fct_operator_at(n, &op); n++) {
        fct_operator found;
        assert_int_equal(fct_operator_find(op.name, FCT_DIALECT_FACTORIUM, &found, NULL), FCT_OK);
        assert_string_equal(found.name, op.name);
        assert_true(strlen(op.doc) > 0);
        assert_true(op.min_series <= op.max_series);
    }
    assert_true(n > 100);
    fct_error err;
    assert_int_equal(fct_operator_find("cs_rnk", FCT_DIALECT_FACTORIUM, &op, &err),
                     FCT_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "did you mean cs_rank?"));
    fct_dialect dialect;
    assert_int_equal(fct_dialect_parse("QLIB", &dialect, NULL), FCT_OK);
    assert_int_equal(dialect, FCT_DIALECT_QLIB);
    assert_int_equal(fct_dialect_parse("brain", &dialect, &err), FCT_ERROR_ARGUMENT);
}

/* A factor may have a column's name: what was read of the column before is still the column. */
static void factors_that_hide_columns_print(void **state)
{
    (void)state;
    assert_prints("_h = close + 1; close = open; b = _h * 2", FCT_DIALECT_FACTORIUM,
                  "_1 = close\nclose = open\nb = (_1 + 1) * 2\n");
    assert_prints("a = close; close = open + 1; b = a", FCT_DIALECT_FACTORIUM,
                  "_1 = close\na = _1\nclose = open + 1\nb = _1\n");
    assert_prints("a = close; close = close * 2", FCT_DIALECT_FACTORIUM,
                  "a = close\nclose = close * 2\n");
}

static void published_formulas_compile(void **state)
{
    (void)state;
    static const char *const names[] = {"alpha101", "alpha158"};
    for (size_t i = 0; i < 2; i++) {
        fct_plan_options options = {0};
        fct_plan *plan;
        fct_error err = {0};
        const char *text = fct_formula_set(names[i], &options.dialect);
        assert_non_null(text);
        if (fct_plan_compile(text, &options, &plan, &err) != FCT_OK)
            fail_msg("%s: %s", names[i], err.message);
        char *printed;
        assert_int_equal(fct_plan_text(plan, &printed, NULL), FCT_OK);
        char *again = print(printed, FCT_DIALECT_FACTORIUM);
        assert_string_equal(printed, again);
        free(printed);
        free(again);
        fct_plan_free(plan);
    }
    assert_null(fct_formula_set("alpha102", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence_and_folding),
        cmocka_unit_test(dialects),
        cmocka_unit_test(factors_and_columns),
        cmocka_unit_test(common_parts_are_one),
        cmocka_unit_test(wrong_texts),
        cmocka_unit_test(deep_and_long_texts),
        cmocka_unit_test(shared_towers_stay_small),
        cmocka_unit_test(deep_plans_print),
        cmocka_unit_test(operators_are_listed),
        cmocka_unit_test(factors_that_hide_columns_print),
        cmocka_unit_test(published_formulas_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
