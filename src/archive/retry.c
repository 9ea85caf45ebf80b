#include "archive/retry.h"

enum { MAX_DOUBLINGS = 30, LONGEST_MS = 60 * 1000, LONGEST_ASKED_MS = 3600 * 1000 };

int64_t fct_retry_wait_ms(int n_tries, int64_t first_ms, int64_t retry_after_ms, uint64_t random)
{
    int doublings = n_tries < 1 ? 0 : n_tries - 1;
    doublings = doublings > MAX_DOUBLINGS ? MAX_DOUBLINGS : doublings;
    int64_t wait_ms = first_ms > LONGEST_MS >> doublings ? LONGEST_MS : first_ms << doublings;
    wait_ms -= (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
    if (retry_after_ms > LONGEST_ASKED_MS)
        retry_after_ms = LONGEST_ASKED_MS;
    return wait_ms > retry_after_ms ? wait_ms : retry_after_ms;
}
