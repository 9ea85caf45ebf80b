#include "base/block.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "factorium.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#endif
#if defined(HAS_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, n_bytes) ((void)(address), (void)(n_bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, n_bytes) ((void)(address), (void)(n_bytes))
#endif

enum { HEAD_BYTES = 64, PAGE_BYTES = 1 << 21, MOST_BLOCKS = 128 };

/* Before what the caller sees. */
typedef struct head {
    size_t n_bytes; /* with the head */
} head;

static struct {
    pthread_mutex_t lock;
    size_t used_bytes, kept_bytes, most_used_bytes;
    size_t n_blocks;
    head *blocks[MOST_BLOCKS]; /* that are kept, the one freed first first */
} store = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A child of a fork has one thread, which must not wait for a lock that another thread of its parent held. */
static void lock_before_fork(void)
{
    pthread_mutex_lock(&store.lock);
}

static void unlock_after_fork(void)
{
    pthread_mutex_unlock(&store.lock);
}

__attribute__((constructor)) static void hold_over_forks(void)
{
    /* Fails only where memory has run out before the program has begun. */
    (void)pthread_atfork(lock_before_fork, unlock_after_fork, unlock_after_fork);
}

/* ---- Kept blocks: with the lock held ----------------------------------------------------------- */

static head *take(size_t index)
{
    head *block = store.blocks[index];
    store.n_blocks--;
    store.kept_bytes -= block->n_bytes;
    memmove(store.blocks + index, store.blocks + index + 1,
            (store.n_blocks - index) * sizeof(head *));
    return block;
}

/* The smallest that holds n_bytes and wastes little; of equal ones the last freed. NULL: there is none. */
static head *take_fitting(size_t n_bytes)
{
    size_t best = MOST_BLOCKS;
    for (size_t i = 0; i < store.n_blocks; i++) {
        size_t has = store.blocks[i]->n_bytes;
        if (has >= n_bytes && has - n_bytes <= n_bytes / 8 &&
            (best == MOST_BLOCKS || has <= store.blocks[best]->n_bytes))
            best = i;
    }
    return best == MOST_BLOCKS ? NULL : take(best);
}

/* Takes those freed first until no more than n_bytes are kept: into `taken`, returning how many. */
static size_t take_down_to(size_t n_bytes, head **taken)
{
    size_t n = 0;
    while (store.n_blocks && (store.kept_bytes > n_bytes || store.n_blocks == MOST_BLOCKS))
        taken[n++] = take(0);
    return n;
}

static void use(size_t n_bytes)
{
    store.used_bytes += n_bytes;
    if (store.used_bytes > store.most_used_bytes)
        store.most_used_bytes = store.used_bytes;
}

/* ---- The system ------------------------------------------------------------------------------- */

static void free_all(head *const *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ASAN_UNPOISON_MEMORY_REGION(blocks[i] + 1, blocks[i]->n_bytes - sizeof(head));
        free(blocks[i]);
    }
}

static head *new_pages(size_t n_bytes)
{
    head *block = aligned_alloc(PAGE_BYTES, n_bytes);
    /* A hint: where it is not taken, the cells are as good. */
    if (block)
        (void)madvise(block, n_bytes, MADV_HUGEPAGE);
    return block;
}

/* From a kept block, or from new pages, for which kept ones make room. */
static head *new_large(size_t n_bytes)
{
    head *freed[MOST_BLOCKS];
    size_t n_freed = 0;
    pthread_mutex_lock(&store.lock);
    head *block = take_fitting(n_bytes);
    use(block ? block->n_bytes : n_bytes);
    if (!block)
        n_freed = take_down_to(store.most_used_bytes - store.used_bytes, freed);
    pthread_mutex_unlock(&store.lock);
    free_all(freed, n_freed);
    if (block) {
        ASAN_UNPOISON_MEMORY_REGION(block + 1, block->n_bytes - sizeof(head));
        return block;
    }
    block = new_pages(n_bytes);
    if (!block && fct_memory_release() > 0)
        block = new_pages(n_bytes);
    if (block) {
        block->n_bytes = n_bytes;
        return block;
    }
    pthread_mutex_lock(&store.lock);
    store.used_bytes -= n_bytes;
    pthread_mutex_unlock(&store.lock);
    return NULL;
}

static void free_large(head *block)
{
    head *freed[MOST_BLOCKS + 1];
    size_t n_freed = 0;
    size_t n_bytes = block->n_bytes;
    bool is_kept = n_bytes <= FCT_BLOCK_MOST_KEPT;
    if (is_kept) {
#if defined(MADV_FREE)
        /* But for the head's page; the system takes the others when memory is short. */
        (void)madvise((char *)block + PAGE_BYTES, n_bytes - PAGE_BYTES, MADV_FREE);
#endif
        ASAN_POISON_MEMORY_REGION(block + 1, n_bytes - sizeof(head));
    }
    pthread_mutex_lock(&store.lock);
    store.used_bytes -= n_bytes;
    if (is_kept) {
        n_freed = take_down_to(FCT_BLOCK_MOST_KEPT - n_bytes, freed);
        store.blocks[store.n_blocks++] = block;
        store.kept_bytes += n_bytes;
    } else {
        freed[n_freed++] = block;
    }
    pthread_mutex_unlock(&store.lock);
    free_all(freed, n_freed);
}

/* ---- The face --------------------------------------------------------------------------------- */

void *fct_block_new(size_t n_bytes)
{
    head *block;
    if (__builtin_add_overflow(n_bytes, (size_t)HEAD_BYTES + PAGE_BYTES, &n_bytes))
        return NULL;
    n_bytes -= PAGE_BYTES;
    if (n_bytes < FCT_BLOCK_KEPT_FROM) {
        n_bytes = (n_bytes + HEAD_BYTES - 1) / HEAD_BYTES * HEAD_BYTES;
        block = aligned_alloc(HEAD_BYTES, n_bytes);
        if (block)
            block->n_bytes = 0;
    } else {
        block = new_large((n_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
    }
    return block ? (char *)block + HEAD_BYTES : NULL;
}

void fct_block_free(void *cells)
{
    if (!cells)
        return;
    head *block = (head *)(void *)((char *)cells - HEAD_BYTES);
    if (block->n_bytes)
        free_large(block);
    else
        free(block);
}

fct_block_usage fct_block_usage_now(void)
{
    pthread_mutex_lock(&store.lock);
    fct_block_usage usage = {store.used_bytes, store.kept_bytes};
    pthread_mutex_unlock(&store.lock);
    return usage;
}

size_t fct_memory_release(void)
{
    head *freed[MOST_BLOCKS];
    pthread_mutex_lock(&store.lock);
    size_t n_bytes = store.kept_bytes;
    size_t n_freed = take_down_to(0, freed);
    store.most_used_bytes = store.used_bytes;
    pthread_mutex_unlock(&store.lock);
    free_all(freed, n_freed);
    return n_bytes;
}
