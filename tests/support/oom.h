/*
 * Allocations that fail on request. Only for programs named test_oom_*, whose malloc, calloc, realloc, aligned_alloc and
 * strdup the linker sends here.
 */
#ifndef FCT_TESTS_SUPPORT_OOM_H
#define FCT_TESTS_SUPPORT_OOM_H

#include <stdbool.h>

/* The allocation behind the next `n` fails, once; from any thread. */
void test_fail_allocation(long n);

/* Ends that. Whether the failure happened. */
bool test_allocation_failed(void);

#endif
