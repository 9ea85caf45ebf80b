/* What tests of shards share: stores of random trades, plans that are run from end to end. */
#ifndef FCT_TESTS_SUPPORT_SHARD_H
#define FCT_TESTS_SUPPORT_SHARD_H

#include "factorium.h"

#define TEST_SHARD_DAY INT64_C(19943) /* 2024-08-08: the first of a store's days */

/* A store of the symbols S00, S01, ... in which the first ones trade most; the last has no trades on the second day. */
void test_shard_store(const char *root, int n_symbols, int n_days, int n_trades_per_day);

/*
 * Plans, writes the plan, and runs all its shards, the last ones first, each by a plan that was read from the file. Fails the
 * running test where something goes wrong. The plan is freed by fct_shard_plan_free.
 */
fct_shard_plan *test_shard_run(const fct_shard_request *request, const char *path);

/* Like test_shard_run, then fct_shard_merge. *n_shards (may be NULL): of the first stage. */
void test_shard_merge(const fct_shard_request *request, const char *path, size_t *n_shards,
                      struct ArrowArrayStream *out);

#endif
