/* Work over many items on several threads, in an order that never shows in the result. */
#ifndef FCT_BASE_THREADS_H
#define FCT_BASE_THREADS_H

#include "base/run.h"

/*
 * Calls work(i, thread, context, err) for every i in 0..n_items-1. Items are handed out in order to at most
 * `n_threads` threads (thread 0 is the caller; `thread` numbers them, for per-thread scratch). After a
 * failure no further item starts, and the failure with the lowest index among those that ran is returned.
 */
typedef fct_status (*fct_work)(size_t item, int thread, void *context, fct_error *err);
fct_status fct_parallel_for(int n_threads, size_t n_items, fct_work work, void *context,
                            fct_error *err);

#endif
