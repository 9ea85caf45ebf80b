/* How a file of blocks lies: all numbers are 8 bytes of the machine's own order, all parts begin at multiples of 8. */
#ifndef FCT_SHARD_BLOCKS_FORMAT_H
#define FCT_SHARD_BLOCKS_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FCT_BLOCKS_MAGIC UINT64_C(0x31304b4c42544346) /* "FCTBLK01" */

/* Then the segments' places, then the columns: each a fct_blocks_column and its name, filled up with NULs. */
typedef struct fct_blocks_header {
    uint64_t magic;
    uint64_t n_bytes; /* of all of this */
    uint64_t digest;  /* of what follows */
    char key[16];     /* of the plan */
    uint64_t n_segments, n_columns;
} fct_blocks_header;

typedef struct fct_blocks_place {
    uint64_t offset, n_bytes, n_rows;
    uint64_t digest; /* of the segment */
} fct_blocks_place;

typedef struct fct_blocks_column {
    uint64_t type; /* fct_panel_type */
    uint64_t n_name;
} fct_blocks_column;

/*
 * A segment: start times, end times, then each column's doubles, then the rows' symbols (uint32_t, places in the plan), then
 * for each column of texts their number, their bytes with the NULs, and the texts, each ended by a NUL.
 */
static inline size_t fct_blocks_round(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

#endif
