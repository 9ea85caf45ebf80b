/* A series some rows ago. */
#ifndef FCT_OPS_LAG_H
#define FCT_OPS_LAG_H

#include <math.h>
#include <string.h>

#include "ops/kernels.h"

/* Bytes of the ring: the last `lag` rows. */
static inline size_t fct_lag_bytes(size_t lag)
{
    return lag * FCT_OP_LANES * sizeof(double);
}

/* The part of ring rows [at, at + n) up to its end. */
static inline size_t fct_lag_run(size_t lag, size_t at, size_t n)
{
    return n < lag - at ? n : lag - at;
}

/* The rows [row - lag, row - lag + n_rows); NaN in front of the first. Keeps the newest in the ring. */
static inline void fct_lag(double *ring, size_t lag, int64_t row, const double *series, double *out,
                           size_t n_rows)
{
    const size_t n_bytes = FCT_OP_LANES * sizeof(double); /* of a row */
    size_t n_of_ring = n_rows < lag ? n_rows : lag;
    for (size_t i = 0; i < n_of_ring;) {
        if (row + (int64_t)i < (int64_t)lag) {
            for (size_t k = 0; k < FCT_OP_LANES; k++)
                out[i * FCT_OP_LANES + k] = NAN;
            i++;
            continue;
        }
        size_t at = (size_t)(row + (int64_t)i) % lag;
        size_t n = fct_lag_run(lag, at, n_of_ring - i);
        memcpy(out + i * FCT_OP_LANES, ring + at * FCT_OP_LANES, n * n_bytes);
        i += n;
    }
    memcpy(out + n_of_ring * FCT_OP_LANES, series, (n_rows - n_of_ring) * n_bytes);
    for (size_t i = n_rows - n_of_ring; i < n_rows;) {
        size_t at = (size_t)(row + (int64_t)i) % lag;
        size_t n = fct_lag_run(lag, at, n_rows - i);
        memcpy(ring + at * FCT_OP_LANES, series + i * FCT_OP_LANES, n * n_bytes);
        i += n;
    }
}

#endif
