/* Counts allocations of LARGE bytes and more of the process that preloads it; made and asked by test_allocations.py. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LARGE = 1 << 18 };

static atomic_llong n_calls, n_bytes;

long long counted_calls(void)
{
    return atomic_load(&n_calls);
}

long long counted_bytes(void)
{
    return atomic_load(&n_bytes);
}

static void count(size_t bytes)
{
    if (bytes < LARGE)
        return;
    atomic_fetch_add(&n_calls, 1);
    atomic_fetch_add(&n_bytes, (long long)bytes);
}

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes)
{
    count(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    count(n * bytes);
    return __libc_calloc(n, bytes);
}

void *realloc(void *old, size_t bytes)
{
    count(bytes);
    return __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    count(bytes);
    *out = __libc_memalign(alignment, bytes);
    return *out ? 0 : 12;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_ANONYMOUS) && !(flags & MAP_STACK))
        count(bytes);
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
}
