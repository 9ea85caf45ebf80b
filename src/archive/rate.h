/* A limit of bytes a second, kept by all who take from the same bucket of tokens. */
#ifndef FCT_ARCHIVE_RATE_H
#define FCT_ARCHIVE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Times are of any clock that does not go backwards. */
typedef struct fct_rate {
    int64_t bytes_per_second; /* 0: no limit */
    double n_free;            /* bytes that may be taken now; below zero where more were taken */
    int64_t at_ms;            /* when that was so */
} fct_rate;

fct_rate fct_rate_start(int64_t bytes_per_second, int64_t now_ms);

/* How long until something may be taken; 0: now. */
int64_t fct_rate_wait_ms(fct_rate *rate, int64_t now_ms);

/* What came, however much it is: who takes next waits for it. */
void fct_rate_take(fct_rate *rate, int64_t n_bytes);

#endif
