/* How long to wait before another try. */
#ifndef FCT_ARCHIVE_RETRY_H
#define FCT_ARCHIVE_RETRY_H

#include <stdint.h>

/*
 * Before try number `n_tries` + 1, the first being 1: `first_ms` doubled with each try, at most 60 s, of which a random
 * half is taken off, so that many clients do not come back at once ("equal jitter"). A server that said when to come
 * is believed, up to an hour: `retry_after_ms`, -1 where it did not. `random` is any number.
 */
int64_t fct_retry_wait_ms(int n_tries, int64_t first_ms, int64_t retry_after_ms, uint64_t random);

#endif
