#include "parquet/unpack.h"

#include "base/vector.h"

enum { GROUP = 8, MAX_LOAD_WIDTH = FCT_UNPACK_SUM_WIDTH };

typedef uint64_t u64x8 __attribute__((vector_size(64)));
typedef uint64_t u64x8_unaligned __attribute__((vector_size(64), aligned(8)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x8_unaligned __attribute__((vector_size(32), aligned(4)));

/* ---- Groups of eight numbers, which are `width` bytes ------------------------------------------- */

/* How a group is taken apart: four numbers of up to 15 bits lie in one load, wherever they begin. */
typedef struct plan {
    size_t second; /* the byte at which the last four begin ... */
    u64x8 shifts;  /* ... and what lies before each number in its load */
    u64x8 mask;
} plan;

static inline __attribute__((always_inline)) void plan_make(plan *p, unsigned width)
{
    uint64_t w = width;
    uint64_t rest = 4 * w % 8;
    p->second = 4 * (size_t)width / 8;
    p->shifts = (u64x8){0, w, 2 * w, 3 * w, rest, rest + w, rest + 2 * w, rest + 3 * w};
    p->mask = (u64x8){0} + ((UINT64_C(1) << width) - 1);
}

static inline __attribute__((always_inline)) void take_group(const plan *p, const uint8_t *bytes,
                                                             u64x8 *out)
{
    uint64_t low = fct_load_64(bytes);
    uint64_t high = fct_load_64(bytes + p->second);
    u64x8 both = {low, low, low, low, high, high, high, high};
    *out = both >> p->shifts & p->mask;
}

FCT_CLONES static void unpack_groups_32(const uint8_t *bytes, unsigned width, uint32_t *out,
                                        size_t n_groups)
{
    plan p;
    plan_make(&p, width);
    for (size_t i = 0; i < n_groups; i++) {
        u64x8 group;
        take_group(&p, bytes + i * width, &group);
        *(u32x8_unaligned *)(out + i * GROUP) = __builtin_convertvector(group, u32x8);
    }
}

FCT_CLONES uint64_t fct_unpack_sums(const uint8_t *bytes, unsigned width, uint64_t smallest,
                                    uint64_t value, uint64_t *out, size_t n)
{
    static const u64x8 zero = {0};
    plan p;
    plan_make(&p, width);
    u64x8 total = zero + value;
    for (size_t i = 0; i < n; i += GROUP) {
        u64x8 sums;
        take_group(&p, bytes + i / GROUP * width, &sums);
        sums += smallest;
        /* Each lane gets what lies one, then two, then four lanes before it. */
        sums += __builtin_shufflevector(zero, sums, 0, 8, 9, 10, 11, 12, 13, 14);
        sums += __builtin_shufflevector(zero, sums, 0, 1, 8, 9, 10, 11, 12, 13);
        sums += __builtin_shufflevector(zero, sums, 0, 1, 2, 3, 8, 9, 10, 11);
        *(u64x8_unaligned *)(out + i) = sums + total;
        total += __builtin_shufflevector(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
    }
    return total[0];
}

FCT_CLONES uint64_t fct_unpack_steps(uint64_t smallest, uint64_t value, uint64_t *out, size_t n)
{
    /* The loop without a multiplication: 64-bit ones are slow where the processor has no vectors of them. */
    for (size_t i = 0; i < n; i++)
        out[i] = value += smallest;
    return value;
}

/* ---- Any number, from anywhere ---------------------------------------------------------------- */

void fct_unpack_32(const uint8_t *bytes, size_t first, unsigned width, uint32_t *out, size_t n)
{
    size_t i = 0;
    for (; i < n && (first + i) % GROUP; i++)
        out[i] = (uint32_t)fct_unpack_one(bytes, first + i, width);
    if (width <= MAX_LOAD_WIDTH) {
        size_t n_groups = (n - i) / GROUP;
        if (n_groups)
            unpack_groups_32(bytes + (first + i) / GROUP * width, width, out + i, n_groups);
        i += n_groups * GROUP;
    }
    for (; i < n; i++)
        out[i] = (uint32_t)fct_unpack_one(bytes, first + i, width);
}

void fct_unpack_64(const uint8_t *bytes, size_t first, unsigned width, uint64_t *out, size_t n)
{
    if (width > 56)
        for (size_t i = 0; i < n; i++)
            out[i] = fct_unpack_wide(bytes, first + i, width);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = fct_unpack_one(bytes, first + i, width);
}

void fct_unpack_bits(const uint8_t *bytes, size_t first, uint8_t *out, size_t n)
{
    size_t i = 0;
    for (; i < n && (first + i) % GROUP; i++)
        out[i] = bytes[(first + i) / 8] >> ((first + i) % 8) & 1;
    for (; i + GROUP <= n; i += GROUP) {
        /* The byte eight times over; of each copy one bit is kept and moved to the copy's end. */
        uint64_t spread = bytes[(first + i) / 8] * UINT64_C(0x0101010101010101);
        uint64_t kept = spread & UINT64_C(0x8040201008040201);
        uint64_t flags = ((kept + UINT64_C(0x7F7F7F7F7F7F7F7F)) | kept) >> 7;
        flags &= UINT64_C(0x0101010101010101);
        memcpy(out + i, &flags, sizeof flags);
    }
    for (; i < n; i++)
        out[i] = bytes[(first + i) / 8] >> ((first + i) % 8) & 1;
}
