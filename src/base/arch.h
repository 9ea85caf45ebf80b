/*
 * Copies of kernels for instruction sets. A file src/<layer>/lanes_<name>.c is compiled three times: for any processor of the
 * kind, for x86-64-v3 (AVX2) and for x86-64-v4 (AVX-512); in the last two FCT_ARCH_COPY is _v3 or _v4. fct_lanes is as wide
 * as the registers are. (target_clones would not do: GCC chooses the types of masks before it makes the clones, and compares
 * lane by lane.) All copies give the same bits: nothing is fused or reordered.
 */
#ifndef FCT_BASE_ARCH_H
#define FCT_BASE_ARCH_H

#include <stdint.h>

typedef enum fct_arch { FCT_ARCH_BASE, FCT_ARCH_V3, FCT_ARCH_V4 } fct_arch;

/* The best copy that this processor can run; at most the limit. */
fct_arch fct_arch_level(void);

/* Tests run the lesser copies, too. Not while kernels run. */
void fct_arch_limit(fct_arch highest);

#if defined(__AVX512F__)
#define FCT_ARCH_LANES 8
#elif defined(__AVX__)
#define FCT_ARCH_LANES 4
#else
#define FCT_ARCH_LANES 2
#endif

typedef double fct_lanes __attribute__((vector_size(FCT_ARCH_LANES * 8)));
typedef int64_t fct_mask __attribute__((vector_size(FCT_ARCH_LANES * 8)));

/* The same, at any address. */
typedef double fct_lanes_unaligned __attribute__((vector_size(FCT_ARCH_LANES * 8), aligned(8)));

#define FCT_INLINE static inline __attribute__((always_inline))

/* All lanes x. */
#define FCT_ALL(x) ((x) - (fct_lanes){}) /* which costs nothing; a sum with 0 would, for -0 */

/* x where the mask is set, else y. */
#define FCT_SELECT(mask, x, y) ((fct_lanes)(((mask) & (fct_mask)(x)) | (~(mask) & (fct_mask)(y))))

/* A mask as 1 and 0. */
#define FCT_ONE_IF(mask) ((fct_lanes)((mask) & (fct_mask)FCT_ALL(1.0)))

/*
 * Begins the definition of `void name(parameters)`; its body follows. The one of the base also defines the function that
 * calls the best copy with the arguments.
 */
#define FCT_ARCH_JOIN(a, b) a##b
#define FCT_ARCH_NAME(name, copy) FCT_ARCH_JOIN(name, copy)
#if defined(FCT_ARCH_COPY)
#define FCT_ARCH_FUNCTION(name, parameters, arguments)                                             \
    void FCT_ARCH_NAME(name, FCT_ARCH_COPY) parameters;                                            \
    void FCT_ARCH_NAME(name, FCT_ARCH_COPY) parameters
#elif defined(__x86_64__)
#define FCT_ARCH_FUNCTION(name, parameters, arguments)                                             \
    void name##_v3 parameters;                                                                     \
    void name##_v4 parameters;                                                                     \
    static void name##_base parameters;                                                            \
    void name parameters                                                                           \
    {                                                                                              \
        fct_arch level = fct_arch_level();                                                         \
        (level == FCT_ARCH_V4   ? name##_v4                                                        \
         : level == FCT_ARCH_V3 ? name##_v3                                                        \
                                : name##_base) arguments;                                          \
    }                                                                                              \
    static void name##_base parameters
#else
#define FCT_ARCH_FUNCTION(name, parameters, arguments) void name parameters
#endif

#endif
