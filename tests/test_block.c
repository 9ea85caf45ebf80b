/* Blocks of memory that are kept for reuse: which are, how many, what they hold, and how they are given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/block.h"
#include "base/threads.h"
#include "factorium.h"

#define MIB ((size_t)1 << 20)

static int start_with_nothing(void **state)
{
    (void)state;
    fct_memory_release();
    fct_block_usage usage = fct_block_usage_now();
    return usage.used_bytes || usage.kept_bytes;
}

/* A block whose first and last bytes are written. */
static char *new_block(size_t n_bytes)
{
    char *block = fct_block_new(n_bytes);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    block[0] = block[n_bytes - 1] = 'x';
    return block;
}

static void a_freed_block_is_used_again(void **state)
{
    (void)state;
    char *block = new_block(5 * MIB);
    size_t used = fct_block_usage_now().used_bytes;
    assert_in_range(used, 5 * MIB, 8 * MIB);
    fct_block_free(block);
    assert_int_equal(fct_block_usage_now().used_bytes, 0);
    assert_int_equal(fct_block_usage_now().kept_bytes, used);
    assert_ptr_equal(new_block(5 * MIB), block);
    assert_int_equal(fct_block_usage_now().kept_bytes, 0);
    fct_block_free(block);

    /* Not for so much less that most of it would lie idle, and not for more than it has. */
    char *less = new_block(2 * MIB), *more = new_block(9 * MIB);
    assert_ptr_not_equal(less, block);
    assert_ptr_not_equal(more, block);
    fct_block_free(less);
    fct_block_free(more);
}

static void small_blocks_are_the_allocators(void **state)
{
    (void)state;
    for (size_t n = 1; n < FCT_BLOCK_KEPT_FROM - 64; n = 3 * n + 1)
        fct_block_free(new_block(n));
    fct_block_free(fct_block_new(0));
    fct_block_free(NULL);
    assert_int_equal(fct_block_usage_now().kept_bytes, 0);
}

static void what_is_kept_is_given_back(void **state)
{
    (void)state;
    fct_block_free(new_block(5 * MIB));
    size_t kept = fct_block_usage_now().kept_bytes;
    assert_int_equal(fct_memory_release(), kept);
    assert_int_equal(fct_memory_release(), 0);

    /* And a job that must keep a limit begins without it. */
    fct_block_free(new_block(5 * MIB));
    fct_job job;
    assert_int_equal(fct_job_start(&job, NULL, NULL), FCT_OK);
    fct_job_end(&job);
    assert_int_equal(fct_block_usage_now().kept_bytes, kept);
    const fct_run limited = {.memory_limit_bytes = 100 * MIB};
    assert_int_equal(fct_job_start(&job, &limited, NULL), FCT_OK);
    fct_job_end(&job);
    assert_int_equal(fct_block_usage_now().kept_bytes, 0);
}

/* No more is held than was in use at once, and no more is kept than is said. */
static void keeping_adds_nothing_to_the_peak(void **state)
{
    (void)state;
    enum { N = 200 };
    char *blocks[N] = {NULL};
    size_t most_used = 0;
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t at = (seed >> 33) % N, size = (seed >> 45) % 100;
        if (blocks[at]) {
            assert_int_equal(blocks[at][0], (char)at);
            fct_block_free(blocks[at]);
            blocks[at] = NULL;
        } else if (fct_block_usage_now().used_bytes < 700 * MIB) {
            /* Only the first page is written, so that this takes address space and not memory. */
            blocks[at] = fct_block_new((size + 1) * MIB);
            assert_non_null(blocks[at]);
            blocks[at][0] = (char)at;
        }
        fct_block_usage usage = fct_block_usage_now();
        most_used = usage.used_bytes > most_used ? usage.used_bytes : most_used;
        assert_true(usage.used_bytes + usage.kept_bytes <= most_used);
        assert_true(usage.kept_bytes <= FCT_BLOCK_MOST_KEPT);
    }
    assert_true(most_used > 600 * MIB);
    for (int i = 0; i < N; i++)
        fct_block_free(blocks[i]);
    assert_int_equal(fct_block_usage_now().used_bytes, 0);
    fct_block_free(fct_block_new(FCT_BLOCK_MOST_KEPT + MIB));
    assert_true(fct_block_usage_now().kept_bytes <= FCT_BLOCK_MOST_KEPT);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    fct_block_free(new_block(5 * MIB));
    assert_null(fct_block_new(SIZE_MAX));
    assert_null(fct_block_new(SIZE_MAX - 70));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_null(fct_block_new(SIZE_MAX / 4)); /* which sanitizers take for a defect */
    assert_int_equal(fct_block_usage_now().kept_bytes, 0);
#endif
    assert_int_equal(fct_block_usage_now().used_bytes, 0);
}

/* Each thread finds what it wrote, whoever had the block before. */
static fct_status write_and_read(size_t item, int thread, void *context, fct_error *err)
{
    (void)thread;
    (void)context;
    (void)err;
    size_t n = (2 + item % 3) * MIB;
    char *block = fct_block_new(n);
    if (!block)
        return FCT_ERROR_MEMORY;
    memset(block, (char)item, 4096);
    memset(block + n - 4096, (char)item, 4096);
    if (item % 50 == 0)
        fct_memory_release();
    for (size_t i = 0; i < 4096; i++)
        if (block[i] != (char)item || block[n - 1 - i] != (char)item)
            return FCT_ERROR_INTERNAL;
    fct_block_free(block);
    return FCT_OK;
}

static void threads_share_them(void **state)
{
    (void)state;
    assert_int_equal(fct_parallel_for(8, 2000, write_and_read, NULL, NULL), FCT_OK);
    assert_int_equal(fct_block_usage_now().used_bytes, 0);
}

static fct_status fork_amid_others(size_t item, int thread, void *context, fct_error *err)
{
    atomic_bool *is_done = context;
    (void)thread;
    (void)err;
    while (item > 0 && !*is_done)
        fct_block_free(fct_block_new(5 * MIB));
    int status = 0;
    for (int i = 0; item == 0 && i < 1000 && status == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(5); /* one that waits for ever is a failure, not a test that hangs */
            fct_block_free(fct_block_new(5 * MIB));
            _exit(0);
        }
        waitpid(child, &status, 0);
    }
    *is_done = true;
    return status ? FCT_ERROR_INTERNAL : FCT_OK;
}

/* While other threads take and free, one forks, and its children take and free, too. */
static void children_of_forks_go_on(void **state)
{
    (void)state;
    atomic_bool is_done = false;
    assert_int_equal(fct_parallel_for(4, 4, fork_amid_others, &is_done, NULL), FCT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_freed_block_is_used_again, start_with_nothing),
        cmocka_unit_test_setup(small_blocks_are_the_allocators, start_with_nothing),
        cmocka_unit_test_setup(what_is_kept_is_given_back, start_with_nothing),
        cmocka_unit_test_setup(keeping_adds_nothing_to_the_peak, start_with_nothing),
        cmocka_unit_test_setup(impossible_sizes_are_refused, start_with_nothing),
        cmocka_unit_test_setup(threads_share_them, start_with_nothing),
        cmocka_unit_test_setup(children_of_forks_go_on, start_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
