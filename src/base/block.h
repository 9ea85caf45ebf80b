/*
 * Blocks of memory for cells: aligned for vectors, in large pages where there are such, and kept for reuse.
 *
 * New pages are dear: the kernel clears each before it is written, which takes as long as a rolling mean over
 * it. So large blocks that are freed are kept, up to 512 MiB, and handed out again to who asks for about as much. What
 * is kept never adds to the most that was ever in use at once, for a block that needs new pages has kept ones freed
 * first; the system may take the pages of kept blocks when memory is short; and fct_memory_release gives all of them
 * back.
 */
#ifndef FCT_BASE_BLOCK_H
#define FCT_BASE_BLOCK_H

#include <stddef.h>

/* Blocks of less are the allocator's alone. */
#define FCT_BLOCK_KEPT_FROM ((size_t)1 << 21)

/* At most this much is kept. */
#define FCT_BLOCK_MOST_KEPT ((size_t)512 << 20)

/*
 * A block of n_bytes, aligned to 64, that holds anything: what is not written must not be read. NULL where memory is out. Any
 * thread; freed by fct_block_free.
 */
void *fct_block_new(size_t n_bytes);

/* By any thread. NULL is fine. */
void fct_block_free(void *block);

/* Bytes in blocks of FCT_BLOCK_KEPT_FROM or more that are in use, and that are kept. */
typedef struct fct_block_usage {
    size_t used_bytes, kept_bytes;
} fct_block_usage;

fct_block_usage fct_block_usage_now(void);

#endif
