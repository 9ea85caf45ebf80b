/* What tests of rolling operators share: hostile series beside plain references, and vectors as text. */
#ifndef FCT_TESTS_SUPPORT_ROLLING_H
#define FCT_TESTS_SUPPORT_ROLLING_H

#include "support/ops.h"

/* The value at `row` of one symbol's series[k][0..row], which hold NaN where a value is missing or infinite. */
typedef double (*test_reference)(const fct_op_call *call, const double *const *series, size_t row);

/*
 * Checks a call on hostile series of n_rows against the reference, to `tolerance` of max(1, |value|), 0 meaning equal; and that
 * calls of random numbers of rows give the same bits, on all instruction sets that this processor has.
 */
void test_rolling(const fct_op_call *call, test_reference reference, size_t n_rows,
                  double tolerance);

/* Checks text vectors: values separated by spaces, "-" being NaN, in the first lane. */
void test_rolling_vector(const char *name, const double *parameters, size_t n_parameters,
                         const char *const *series, const char *expected);

/* The values of the d rows up to `row` that are not missing, oldest first; returns how many. */
size_t test_window(const fct_op_call *call, const double *series, size_t row, double *values);

#endif
