/* Vectors of 8 doubles by GCC's vector extension, compiled for each instruction set that pays. */
#ifndef FCT_BASE_VECTOR_H
#define FCT_BASE_VECTOR_H

#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef double fct_f64x8 __attribute__((vector_size(64)));
typedef int64_t fct_i64x8 __attribute__((vector_size(64)));

/* The same, at any address. */
typedef double fct_f64x8_unaligned __attribute__((vector_size(64), aligned(8)));

/*
 * A function with this is compiled several times and the best one for the processor is chosen when the library is
 * loaded. Sanitizers see their functions too late for that choice. Every clone gives the same bits: nothing is fused
 * or reordered.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(FCT_NO_CLONES)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FCT_CLONES
#endif
#endif
#ifndef FCT_CLONES
#define FCT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#else
#define FCT_CLONES
#endif

/*
 * Keeps in each lane of `a` the larger, or the smaller, of the two. By address: a vector as an argument would be passed in
 * different ways by different clones.
 */
static inline __attribute__((always_inline)) void fct_f64x8_keep_larger(fct_f64x8 *a,
                                                                        const fct_f64x8 *b)
{
    fct_i64x8 mask = *b > *a;
    *a = (fct_f64x8)(((fct_i64x8)*b & mask) | ((fct_i64x8)*a & ~mask));
}

static inline __attribute__((always_inline)) void fct_f64x8_keep_smaller(fct_f64x8 *a,
                                                                         const fct_f64x8 *b)
{
    fct_i64x8 mask = *b < *a;
    *a = (fct_f64x8)(((fct_i64x8)*b & mask) | ((fct_i64x8)*a & ~mask));
}

/*
 * Writes a and b to `to`, which is aligned to 16 bytes, past the cache where the processor can: for much memory that is not
 * read soon. fct_stream_end comes before another thread reads it.
 */
static inline __attribute__((always_inline)) void fct_stream_pair(double *to, double a, double b)
{
#if defined(__SSE2__)
    _mm_stream_pd(to, _mm_set_pd(b, a));
#else
    to[0] = a;
    to[1] = b;
#endif
}

static inline __attribute__((always_inline)) void fct_stream_end(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

#endif
