/* The least and the largest value of a column chunk, as its footer has them. */
#ifndef FCT_PARQUET_STATISTICS_H
#define FCT_PARQUET_STATISTICS_H

#include "parquet/chunk.h"

enum { FCT_STATISTIC_MAX_BYTES = 64 };

typedef struct fct_parquet_statistics {
    bool known;
    char low[FCT_STATISTIC_MAX_BYTES], high[FCT_STATISTIC_MAX_BYTES]; /* PLAIN, without a length */
    size_t n_low_bytes, n_high_bytes;
} fct_parquet_statistics;

fct_parquet_statistics fct_parquet_chunk_statistics(const fct_parquet_chunk *chunk);

#endif
