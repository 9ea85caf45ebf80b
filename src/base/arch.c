/* Which copy of a kernel runs on this processor. */
#include "base/arch.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { UNKNOWN = -1 };

static atomic_int level = UNKNOWN;

static fct_arch best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return has_v4 ? FCT_ARCH_V4 : has_v3 ? FCT_ARCH_V3 : FCT_ARCH_BASE;
#else
    return FCT_ARCH_BASE;
#endif
}

fct_arch fct_arch_level(void)
{
    int known = atomic_load_explicit(&level, memory_order_relaxed);
    if (known == UNKNOWN) {
        known = (int)best();
        atomic_store_explicit(&level, known, memory_order_relaxed);
    }
    return (fct_arch)known;
}

void fct_arch_limit(fct_arch highest)
{
    fct_arch most = best();
    atomic_store(&level, (int)(highest < most ? highest : most));
}
