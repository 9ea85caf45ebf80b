#include "support/ops.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t test_random(uint64_t *seed, uint64_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (*seed >> 33) % n;
}

static double uniform(uint64_t *seed)
{
    return ((double)test_random(seed, 1 << 30) + 0.5) / (1 << 30);
}

static double normal(uint64_t *seed)
{
    double radius = sqrt(-2 * log(uniform(seed)));
    return radius * cos(6.283185307179586 * uniform(seed));
}

double *test_series(uint64_t seed, size_t n_rows)
{
    double *cells = aligned_alloc(64, n_rows * FCT_OP_LANES * sizeof *cells);
    assert_non_null(cells);
    size_t gap = 0;
    size_t flat = 0;
    double level = 0.1;
    double price = 100;
    for (size_t row = 0; row < n_rows; row++) {
        double *cell = cells + row * FCT_OP_LANES;
        if (gap > 0)
            gap--;
        else if (test_random(&seed, 100) == 0)
            gap = test_random(&seed, 30);
        if (flat-- == 0) {
            flat = test_random(&seed, 60);
            level = 0.1 * (double)(1 + test_random(&seed, 3));
        }
        price *= exp(0.01 * normal(&seed));
        bool is_infinite = test_random(&seed, 50) == 0;
        bool is_spike = test_random(&seed, 50) == 0;
        double sign = test_random(&seed, 2) ? 1 : -1;
        cell[TEST_LANE_NORMAL] = normal(&seed);
        cell[TEST_LANE_GAPS] = gap || test_random(&seed, 10) == 0 ? NAN : 3 + normal(&seed);
        cell[TEST_LANE_TIES] = test_random(&seed, 40) == 0 ? NAN : (double)test_random(&seed, 4);
        cell[TEST_LANE_FLAT] = level;
        cell[TEST_LANE_SPIKES] = is_spike ? sign * 1e12 : normal(&seed);
        cell[TEST_LANE_LEVEL] = 1e9 + 0.01 * normal(&seed);
        cell[TEST_LANE_INF] = is_infinite                   ? sign * (double)INFINITY
                              : test_random(&seed, 20) == 0 ? NAN
                                                            : normal(&seed);
        cell[TEST_LANE_WALK] = price;
    }
    return cells;
}

fct_op_call test_op_call(const char *name, const double *parameters, size_t n_parameters)
{
    fct_error err = {0};
    size_t wrong;
    const fct_op *op = fct_op_find(name, strlen(name), FCT_DIALECT_FACTORIUM);
    assert_non_null(op);
    fct_op_call call = {.op = op, .n_series = op->min_series};
    for (size_t i = 0; i < op->n_parameters; i++)
        call.parameters[i] = i < n_parameters ? parameters[i] : op->parameters[i].preset;
    if (fct_op_call_check(&call, &wrong, &err) != FCT_OK)
        fail_msg("%s", err.message);
    return call;
}

void test_op_roll(const fct_op_call *call, const double *const *series, size_t n_rows,
                  uint64_t seed, double *out)
{
    size_t n_bytes = (call->op->state_bytes(call) + 63) / 64 * 64;
    void *state = aligned_alloc(64, n_bytes + 64);
    assert_non_null(state);
    memset(state, 0xAB, n_bytes + 64);
    for (size_t row = 0; row < n_rows;) {
        size_t n = seed ? 1 + test_random(&seed, 40) : FCT_OP_MAX_ROWS;
        const double *at[FCT_OP_MAX_SERIES];
        if (n > n_rows - row)
            n = n_rows - row;
        for (size_t k = 0; k < call->n_series; k++)
            at[k] = series[k] + row * FCT_OP_LANES;
        call->op->rolling(call, state, (int64_t)row, at, out + row * FCT_OP_LANES, n);
        row += n;
    }
    for (size_t i = 0; i < 64; i++)
        if (((unsigned char *)state)[n_bytes + i] != 0xAB)
            fail_msg("%s wrote behind its state", call->op->name);
    free(state);
}

void test_op_assert_same(const fct_op_call *call, const double *a, const double *b, size_t n_cells)
{
    for (size_t i = 0; i < n_cells; i++)
        if (!(isnan(a[i]) && isnan(b[i])) && memcmp(&a[i], &b[i], sizeof a[i]) != 0)
            fail_msg("%s(%g, %g, %g, %g): row %zu lane %zu is %.17g and %.17g", call->op->name,
                     call->parameters[0], call->parameters[1], call->parameters[2],
                     call->parameters[3], i / FCT_OP_LANES, i % FCT_OP_LANES, a[i], b[i]);
}
