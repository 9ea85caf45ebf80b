/* Random cross-sections, and the checks that every cross-sectional operator goes through. */
#include "support/section.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arch.h"

uint64_t section_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

double section_uniform(uint64_t *state)
{
    return ((double)section_random(state) + 0.5) / 0x1p31;
}

static double random_normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += section_uniform(state);
    return sum;
}

static double random_cell(section_kind kind, size_t i, uint64_t *state)
{
    uint64_t bits = section_random(state);
    switch (kind) {
    case SECTION_RETURNS:
        return bits % 10 ? 0.02 * random_normal(state) : NAN;
    case SECTION_TIES:
        return bits % 7 == 6 ? NAN : bits % 7 == 5 ? -0.0 : (double)(bits % 5) - 2;
    case SECTION_EQUAL:
        return 0.1;
    case SECTION_SPIKES:
        return bits % 9 ? random_normal(state) : bits % 2 ? 1e12 : -1e12;
    case SECTION_LEVEL:
        return 1e9 + 0.01 * section_uniform(state);
    case SECTION_LEVEL_OUT:
        return i == 3 ? -5 : 1e9 + 0.01 * section_uniform(state);
    case SECTION_TINY:
        return 1e-250 * random_normal(state);
    case SECTION_HUGE:
        return 1e250 * random_normal(state);
    case SECTION_MISSING:
    case SECTION_KINDS:
        break;
    }
    return bits % 20 == 1 ? random_normal(state) : bits % 40 == 2 ? INFINITY : NAN;
}

void section_fill(double *x, size_t n, section_kind kind, uint64_t *state)
{
    for (size_t i = 0; i < n; i++)
        x[i] = random_cell(kind, i, state);
}

void section_fill_groups(double *g, size_t n, uint64_t *state)
{
    static const double untidy[] = {-0.0, 1e300, -17.25, INFINITY};
    size_t n_groups = 1 + section_random(state) % (n / 5 + 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = section_random(state);
        g[i] = bits % 11 == 0   ? NAN
               : bits % 13 == 0 ? untidy[bits / 13 % 4]
                                : (double)(bits / 143 % n_groups);
    }
}

fct_op_call section_call(const fct_op *op, size_t n_series)
{
    fct_op_call call = {.op = op, .n_series = n_series};
    for (size_t i = 0; i < op->n_parameters; i++)
        call.parameters[i] = op->parameters[i].optional ? op->parameters[i].preset : 3;
    return call;
}

void section_run(const fct_op_call *call, const double *const *series, double *out, size_t n)
{
    size_t n_bytes = call->op->scratch_bytes(call, n);
    /* Ends where the sanitizer sees a byte too far. */
    char *block = aligned_alloc(64, (n_bytes + 127) / 64 * 64);
    assert_non_null(block);
    memset(block, 0xa5, n_bytes);
    call->op->cross(call, series, out, n, block);
    free(block);
}

bool section_same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* ---- Checks ----------------------------------------------------------------------------------- */

static const size_t sizes[] = {0, 1, 2, 3, 5, 8, 9, 17, 64, 100, 1000, 2500};

enum { N_SIZES = sizeof sizes / sizeof *sizes, MAX_CELLS = 2500, MAX_COUNT = 3 };

typedef struct sections {
    double series[FCT_OP_MAX_SERIES][MAX_CELLS];
    double got[MAX_CELLS], want[MAX_CELLS], again[MAX_CELLS];
    size_t places[MAX_CELLS];
} sections;

static const fct_op *operator_of(const section_case *checked)
{
    const fct_op *op = fct_op_find(checked->name, strlen(checked->name), FCT_DIALECT_FACTORIUM);
    assert_non_null(op);
    assert_string_equal(op->name, checked->name);
    return op;
}

/* Fills the series of a call, of kind `kind`, the others of kinds that go with it; returns the call. */
static fct_op_call make_sections(sections *s, const section_case *checked, section_kind kind,
                                 size_t n, uint64_t *state)
{
    const fct_op *op = operator_of(checked);
    size_t n_series =
        op->min_series + section_random(state) % (size_t)(op->max_series - op->min_series + 1);
    for (size_t k = 0; k < n_series; k++)
        section_fill(s->series[k], n, k == 0 ? kind : SECTION_RETURNS, state);
    if (op->section == FCT_SECTION_GROUP)
        section_fill_groups(s->series[n_series - 1], n, state);
    else if (n_series > 2) /* a series at a level, one that says nothing, and one twice */
    {
        section_fill(s->series[1], n, SECTION_LEVEL, state);
        section_fill(s->series[2], n, SECTION_EQUAL, state);
        for (size_t i = 0; i < n && n_series > 4; i++)
            s->series[4][i] = 2 * s->series[3][i] + 1;
    }
    return section_call(op, n_series);
}

/* Parameters other than the presets, in their ranges. */
static void vary_parameters(fct_op_call *call, uint64_t *state)
{
    for (size_t i = 0; i < call->op->n_parameters; i++) {
        const fct_op_parameter *parameter = &call->op->parameters[i];
        double high = fmin(parameter->maximum, 5);
        double value =
            parameter->minimum < 0
                ? 2 * section_uniform(state)
                : parameter->minimum + section_uniform(state) * (high - parameter->minimum);
        call->parameters[i] = parameter->kind == FCT_PARAMETER_NUMBER ? value : round(value);
    }
}

static void series_of(sections *s, const double **series)
{
    for (size_t k = 0; k < FCT_OP_MAX_SERIES; k++)
        series[k] = s->series[k];
}

static void for_each_section(const section_case *checked, uint64_t seed,
                             void (*check)(const section_case *, const fct_op_call *, sections *,
                                           size_t, section_kind, uint64_t *))
{
    sections *s = malloc(sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < N_SIZES; i++)
        for (section_kind kind = 0; kind < SECTION_KINDS; kind++)
            for (int count = 0; count < (sizes[i] < 1000 ? MAX_COUNT : 1); count++) {
                fct_op_call call = make_sections(s, checked, kind, sizes[i], &seed);
                if (count)
                    vary_parameters(&call, &seed);
                check(checked, &call, s, sizes[i], kind, &seed);
            }
    free(s);
}

/* Values that look alike when some of their bits are left out, or like what stands for a missing one. */
static const double awkward[] = {0.0,           -0.0,        0x1p-1074,  -0x1p-1074,
                                 3 * 0x1p-1074, NAN,         DBL_MAX,    -DBL_MAX,
                                 INFINITY,      -INFINITY,   1,          DBL_MAX *(1 - 0x1p-50),
                                 1 + 0x1p-52,   1 - 0x1p-53, 1 + 0x1p-40};

/* Eight sections at once: the section turned round, and one with awkward values, each as by itself. */
static void check_eight(const section_case *checked, const fct_op_call *call, sections *s, size_t n,
                        section_kind kind, uint64_t *state)
{
    if (!call->op->cross_eight || !n)
        return;
    size_t stride = (n + 2 * FCT_OP_LANES - 1) / FCT_OP_LANES * FCT_OP_LANES;
    size_t n_bytes = call->op->scratch_bytes(call, n);
    double *x = malloc(FCT_OP_LANES * stride * sizeof *x);
    double *out = malloc(FCT_OP_LANES * stride * sizeof *out);
    char *scratch = aligned_alloc(64, (n_bytes + 127) / 64 * 64);
    assert_true(x && out && scratch);
    size_t each[FCT_OP_LANES];
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
        each[lane] = lane % 3 == 1 ? section_random(state) % (n + 1) : n;
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++)
        for (size_t i = 0; i < stride; i++)
            x[lane * stride + i] =
                lane == 5 && i % 3
                    ? awkward[section_random(state) % (sizeof awkward / sizeof *awkward)]
                    : s->series[0][(i + lane * 37) % n];
    for (int level = FCT_ARCH_BASE; level <= FCT_ARCH_V4; level++) {
        fct_arch_limit((fct_arch)level);
        memset(scratch, 0xa5, n_bytes);
        call->op->cross_eight(call, (const double *const[]){x}, out, each, stride, scratch);
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
            const double *own = x + lane * stride;
            section_run(call, &own, s->again, each[lane]);
            for (size_t i = 0; i < each[lane]; i++)
                if (!section_same(s->again[i], out[lane * stride + i]))
                    fail_msg("%s, kind %d, %zu cells: %.17g beside seven others in copy %d, else "
                             "%.17g",
                             checked->name, (int)kind, n, out[lane * stride + i], level,
                             s->again[i]);
        }
    }
    free(scratch);
    free(out);
    free(x);
}

static void check_reference(const section_case *checked, const fct_op_call *call, sections *s,
                            size_t n, section_kind kind, uint64_t *state)
{
    const double *series[FCT_OP_MAX_SERIES];
    series_of(s, series);
    check_eight(checked, call, s, n, kind, state);
    section_run(call, series, s->got, n);
    for (int level = FCT_ARCH_BASE; level <= FCT_ARCH_V4; level++) {
        fct_arch_limit((fct_arch)level);
        section_run(call, series, s->again, n);
        for (size_t i = 0; i < n; i++)
            if (!section_same(s->again[i], s->got[i]))
                fail_msg("%s, kind %d, %zu cells: %.17g of copy %d, else %.17g", checked->name,
                         (int)kind, n, s->again[i], level, s->got[i]);
    }
    checked->reference(call, series, s->want, n);
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(s->want[i]))
            largest = fmax(largest, fabs(s->want[i]));
        if (checked->of_input && isfinite(series[0][i]))
            largest = fmax(largest, fabs(series[0][i]));
    }
    for (size_t i = 0; i < n; i++) {
        if (isnan(s->got[i]) && !isfinite(s->want[i]))
            continue;
        if (!(fabs(s->got[i] - s->want[i]) <= checked->tolerance * largest))
            fail_msg("%s, kind %d, %zu cells, %zu series, parameters %g %g: cell %zu is %.17g and "
                     "should be %.17g (largest %g)",
                     checked->name, (int)kind, n, call->n_series, call->parameters[0],
                     call->parameters[1], i, s->got[i], s->want[i], largest);
    }
}

void section_check_reference(const section_case *checked, uint64_t seed)
{
    for_each_section(checked, seed, check_reference);
}

static void check_permutation(const section_case *checked, const fct_op_call *call, sections *s,
                              size_t n, section_kind kind, uint64_t *state)
{
    const double *series[FCT_OP_MAX_SERIES];
    series_of(s, series);
    section_run(call, series, s->got, n);
    for (size_t i = 0; i < n; i++)
        s->places[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t j = i + section_random(state) % (n - i), place = s->places[i];
        s->places[i] = s->places[j];
        s->places[j] = place;
    }
    for (size_t k = 0; k < call->n_series; k++) {
        memcpy(s->want, s->series[k], n * sizeof(double));
        for (size_t i = 0; i < n; i++)
            s->series[k][i] = s->want[s->places[i]];
    }
    section_run(call, series, s->again, n);
    for (size_t i = 0; i < n; i++)
        if (!section_same(s->again[i], s->got[s->places[i]]))
            fail_msg("%s, kind %d, %zu cells: %.17g in one order of symbols, %.17g in another",
                     checked->name, (int)kind, n, s->got[s->places[i]], s->again[i]);
}

void section_check_permutation(const section_case *checked, uint64_t seed)
{
    for_each_section(checked, seed, check_permutation);
}

static void check_in_place(const section_case *checked, const fct_op_call *call, sections *s,
                           size_t n, section_kind kind, uint64_t *state)
{
    size_t k = section_random(state) % call->n_series;
    const double *series[FCT_OP_MAX_SERIES];
    series_of(s, series);
    section_run(call, series, s->got, n);
    section_run(call, series, s->series[k], n);
    for (size_t i = 0; i < n; i++)
        if (!section_same(s->series[k][i], s->got[i]))
            fail_msg("%s, kind %d, %zu cells: %.17g where out is series %zu, else %.17g",
                     checked->name, (int)kind, n, s->series[k][i], k, s->got[i]);
}

void section_check_in_place(const section_case *checked, uint64_t seed)
{
    for_each_section(checked, seed, check_in_place);
}
