#include "archive/rate.h"

/* What was not used of the last quarter of a second may be caught up with; of what was before, not. */
enum { MAX_SAVED_MS = 250 };

fct_rate fct_rate_start(int64_t bytes_per_second, int64_t now_ms)
{
    return (fct_rate){.bytes_per_second = bytes_per_second, .at_ms = now_ms};
}

int64_t fct_rate_wait_ms(fct_rate *rate, int64_t now_ms)
{
    if (rate->bytes_per_second <= 0)
        return 0;
    double per_ms = (double)rate->bytes_per_second / 1000;
    rate->n_free += (double)(now_ms - rate->at_ms) * per_ms;
    rate->n_free = rate->n_free > MAX_SAVED_MS * per_ms ? MAX_SAVED_MS * per_ms : rate->n_free;
    rate->at_ms = now_ms;
    return rate->n_free >= 0 ? 0 : (int64_t)(-rate->n_free / per_ms) + 1;
}

void fct_rate_take(fct_rate *rate, int64_t n_bytes)
{
    if (rate->bytes_per_second > 0)
        rate->n_free -= (double)n_bytes;
}
