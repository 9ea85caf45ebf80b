/* What tests of operators share: hostile series, calls, kernels run in any cut, and what makes two results the same. */
#ifndef FCT_TESTS_SUPPORT_OPS_H
#define FCT_TESTS_SUPPORT_OPS_H

#include "ops/ops.h"

/* What the eight lanes of a tile of test_series hold. */
enum {
    TEST_LANE_NORMAL, /* around 0 */
    TEST_LANE_GAPS,   /* one in 10 missing, and runs of it */
    TEST_LANE_TIES,   /* whole numbers from 0 to 3; one in 40 missing */
    TEST_LANE_FLAT,   /* runs of 0.1, 0.2, 0.3 of up to 60 rows */
    TEST_LANE_SPIKES, /* one in 50 is 1e12 or -1e12 */
    TEST_LANE_LEVEL,  /* 1e9 and a spread of 0.01 */
    TEST_LANE_INF,    /* one in 50 infinite; one in 20 missing */
    TEST_LANE_WALK    /* a price, log-normal steps of a percent */
};

/* [n_rows][8] cells, aligned to 64; freed by free. Another seed, other numbers. */
double *test_series(uint64_t seed, size_t n_rows);

/* A random number below n; from a seed that it moves on. */
uint64_t test_random(uint64_t *seed, uint64_t n);

/*
 * A use of an operator with the parameters given first and presets for the others; fails the running test if they are not
 * allowed.
 */
fct_op_call test_op_call(const char *name, const double *parameters, size_t n_parameters);

/*
 * Runs a rolling kernel over a tile of n_rows rows; in calls of random numbers of rows from `seed`, or with seed 0 of as many as
 * are allowed. The state starts as garbage.
 */
void test_op_roll(const fct_op_call *call, const double *const *series, size_t n_rows,
                  uint64_t seed, double *out);

/* The same bits in every cell, all NaN being one; fails the running test otherwise. */
void test_op_assert_same(const fct_op_call *call, const double *a, const double *b, size_t n_cells);

#endif
