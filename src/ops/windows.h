/*
 * The one way a window rolls: two parts, and nothing is ever subtracted.
 *
 * The rows of a tile are cut into blocks of d, aligned to multiples of d. A window of d rows that ends within a block is the
 * tail of the block before it, and the head of its own: value = combine(older part, newer part). The newer part grows by a
 * row at a time; the older parts, one for each tail, are made once a block, from its end backwards. So a row costs the same
 * whatever d is, what has left a window leaves nothing behind, and the bits depend on the row alone.
 * (van Herk 1992, doi:10.1016/0167-8655(92)90069-C; Gil and Werman 1993, doi:10.1109/34.211471, for maxima.)
 *
 * NaN and min_periods: where all d rows must be valid ("strict"), a NaN spreads through the arithmetic by itself and the
 * counts are numbers known from the row. Else the kind counts the valid rows of each lane in its first component.
 */
#ifndef FCT_OPS_WINDOWS_H
#define FCT_OPS_WINDOWS_H

#include <math.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "base/arch.h"
#include "ops/kernels.h"

enum {
    FCT_PART_MAX = 8, /* vectors of a part */
    FCT_ANCHOR = 6    /* where its anchors begin */
};

/* What a kind may know of the window. The numbers of rows count those that are missing, too. */
typedef struct fct_window {
    const fct_op_call *call;
    bool is_strict;
    double d;
    double min_periods;
    double row;              /* of the cell that is being added, from the first of the symbol */
    double n;                /* rows of the part it is added to, itself among them */
    double n_older;          /* rows of the older part, when a value is made; of the newer, `n` */
    double share;            /* 1 / n, for kinds with anchors */
    double share_of_all;     /* 1 / d */
    double share_of_degrees; /* 1 / (d - 1) */
    double constant;
    size_t n_values;                    /* 1, but where several calls walk together */
    uint8_t which[FCT_OP_MAX_TOGETHER]; /* of the statistics of a kind the k-th value is */
} fct_window;

/* Vectors go by address: as arguments they would be passed in different ways by different clones. */
typedef struct fct_window_kind {
    size_t n_series;
    size_t n_components; /* of an older part; at least n_series */
    size_t n_anchors;    /* at FCT_ANCHOR: the same for all older parts of a block */

    /* A part without rows. `cell` is what will be added first. */
    void (*start)(const fct_window *w, fct_lanes *part, const fct_lanes *cell);
    /* Adds a cell that is newer, or older, than all of the part. */
    void (*append)(const fct_window *w, fct_lanes *part, const fct_lanes *cell);
    void (*prepend)(const fct_window *w, fct_lanes *part, const fct_lanes *cell);
    /* The value of a window, or its n_values. `older` is NULL where the newer part is all of it. */
    void (*value)(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                  const fct_lanes *cell, fct_lanes *out);
    size_t n_newer; /* components of the newer part, where it has more */
    /* What is the same for all windows; NULL: nothing. */
    double (*constant)(const fct_op_call *call);
    /* Which of its statistics an operator is, for a kind of several; else NULL. */
    uint8_t (*which)(const fct_op *op);
} fct_window_kind;

/* One without more for the newer part, without a constant, and of one value. */
#define FCT_WINDOW_KIND(n_series, n_components, n_anchors, start, append, prepend, value)          \
    {                                                                                              \
        n_series, n_components, n_anchors, start, append, prepend, value, 0, NULL, NULL            \
    }

/* The kinds strict_<name> and counting_<name>, which has a component more, of several statistics. */
#define FCT_WINDOW_KINDS_TOGETHER(name, n_series, n_strict, n_anchors, start, append, prepend)     \
    static const fct_window_kind strict_##name = {                                                 \
        n_series, n_strict,         n_anchors, start, append,                                      \
        prepend,  values_of_##name, 0,         NULL,  which_of_##name};                            \
    static const fct_window_kind counting_##name = {                                               \
        n_series, n_strict + 1,     n_anchors, start, append,                                      \
        prepend,  values_of_##name, 0,         NULL,  which_of_##name};

/* How these are written. Not each needs all it is given. */
#define FCT_PART_FUNCTION(name)                                                                    \
    FCT_INLINE void name(const fct_window *w __attribute__((unused)), fct_lanes *part,             \
                         const fct_lanes *cell __attribute__((unused)))
#define FCT_VALUE_FUNCTION(name)                                                                   \
    FCT_INLINE void name(const fct_window *w __attribute__((unused)), const fct_lanes *older,      \
                         const fct_lanes *newer, const fct_lanes *cell __attribute__((unused)),    \
                         fct_lanes *out)

/* A component of both parts together. */
#define FCT_JOINED(i) (older ? older[i] + newer[i] : newer[i])

/* The square root of each lane. */
FCT_INLINE void fct_lanes_sqrt(fct_lanes *x)
{
#if defined(__AVX512F__)
    *x = _mm512_sqrt_pd(*x);
#elif defined(__AVX__)
    *x = _mm256_sqrt_pd(*x);
#elif defined(__SSE2__)
    *x = _mm_sqrt_pd(*x);
#else
    for (int i = 0; i < FCT_ARCH_LANES; i++)
        (*x)[i] = sqrt((*x)[i]);
#endif
}

/* x where it is a number, NaN where it is infinite. */
FCT_INLINE void fct_lanes_purify(fct_lanes *x)
{
    *x += *x - *x;
}

/* NaN where fewer rows are valid than min_periods. */
FCT_INLINE void fct_window_enough(const fct_window *w, const fct_lanes *n_valid, fct_lanes *out)
{
    *out = FCT_SELECT(*n_valid >= FCT_ALL(w->min_periods), *out, FCT_ALL((double)NAN));
}

static inline bool fct_window_is_strict(const fct_op_call *call)
{
    return fct_op_min_periods(call) == fct_op_window(call);
}

/*
 * ---- State: a table of 1 / n, for a processor divides slowly; then for each fct_lanes of the tile a header, and d slots of
 * n_components ----
 */

typedef struct fct_window_state {
    fct_lanes newer[FCT_PART_MAX];
    fct_lanes anchors[FCT_PART_MAX - FCT_ANCHOR]; /* of the older parts */
    fct_lanes slots[];
} fct_window_state;

static inline size_t fct_window_shares_bytes(size_t d)
{
    return (d / 8 + 1) * 64;
}

static inline size_t fct_window_lanes_bytes(size_t d, size_t n_components)
{
    return sizeof(fct_window_state) + d * n_components * sizeof(fct_lanes);
}

/* All of it: the same for every width of fct_lanes. */
static inline size_t fct_window_state_bytes(const fct_op_call *call, size_t n_components)
{
    const size_t d = fct_op_window(call);
    return fct_window_shares_bytes(d) +
           fct_window_lanes_bytes(d, n_components) * (FCT_OP_LANES / FCT_ARCH_LANES);
}

/* ---- The driver: inlined with a constant kind ------------------------------------------------- */

FCT_INLINE void fct_part_copy(fct_lanes *to, const fct_lanes *from, size_t n)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

FCT_INLINE void fct_window_load(const fct_window_kind *kind, const double *const *series, size_t i,
                                fct_lanes *cell)
{
    for (size_t k = 0; k < kind->n_series; k++)
        cell[k] = *(const fct_lanes_unaligned *)(series[k] + i * FCT_OP_LANES);
}

/* Puts out the values of a window; missing ones where it `is_short`. */
FCT_INLINE void fct_window_put(const fct_window_kind *kind, const fct_window *w,
                               const fct_lanes *older, const fct_lanes *newer,
                               const fct_lanes *cell, bool is_short, double *const *outs, size_t i)
{
    fct_lanes values[FCT_OP_MAX_TOGETHER];
    kind->value(w, older, newer, cell, values);
    for (size_t k = 0; k < w->n_values; k++)
        *(fct_lanes_unaligned *)(outs[k] + i * FCT_OP_LANES) =
            is_short ? FCT_ALL((double)NAN) : values[k];
}

/* The block is whole: its slots become the older parts of the next one's windows. */
FCT_INLINE void fct_window_turn(const fct_window_kind *kind, fct_window *w, size_t d,
                                int64_t first_row, const double *shares, fct_window_state *state)
{
    const size_t n_components = kind->n_components;
    fct_lanes part[FCT_PART_MAX] = {0};
    kind->start(w, part, state->slots + (d - 1) * n_components);
    for (size_t j = d; j-- > 1;) {
        fct_lanes *slot = state->slots + j * n_components;
        fct_lanes cell[2];
        fct_part_copy(cell, slot, kind->n_series);
        w->row = (double)(first_row + (int64_t)j);
        w->n = (double)(d - j);
        if (kind->n_anchors)
            w->share = shares[d - j];
        kind->prepend(w, part, cell);
        fct_part_copy(slot, part, n_components);
    }
    fct_part_copy(state->anchors, part + FCT_ANCHOR, kind->n_anchors);
}

FCT_INLINE void fct_window_roll(const fct_window_kind *kind, bool is_strict,
                                const fct_op_call *const *calls, size_t n_calls, double *shares,
                                void *memory, int64_t row, const double *const *series,
                                double *const *outs, size_t n_rows)
{
    const fct_op_call *call = calls[0];
    const size_t n_components = kind->n_components;
    const size_t n_newer = kind->n_newer ? kind->n_newer : n_components;
    const size_t d = fct_op_window(call);
    fct_window_state *state = memory;
    fct_window w = {.call = call,
                    .is_strict = is_strict,
                    .d = (double)d,
                    .share_of_all = 1 / (double)d,
                    .share_of_degrees = 1 / (double)(d - 1),
                    .min_periods = (double)fct_op_min_periods(call),
                    .constant = kind->constant ? kind->constant(call) : 0,
                    .n_values = n_calls};
    fct_lanes newer[FCT_PART_MAX] = {0};
    fct_lanes older[FCT_PART_MAX] = {0};
    fct_lanes cell[2];
    size_t offset = (size_t)row % d; /* within the block */
    for (size_t k = 0; kind->which && k < n_calls; k++)
        w.which[k] = kind->which(calls[k]->op);
    if (offset > 0) {
        fct_part_copy(newer, state->newer, n_newer);
        fct_part_copy(newer + FCT_ANCHOR, state->newer + FCT_ANCHOR, kind->n_anchors);
    }

    for (size_t i = 0; i < n_rows;) {
        if (offset == 0) {
            fct_window_load(kind, series, i, cell);
            kind->start(&w, newer, cell);
        }
        size_t end = n_rows - i < d - offset ? offset + (n_rows - i) : d;
        size_t end_of_joined = end < d ? end : d - 1;
        bool is_first = row + (int64_t)i < (int64_t)d;
        fct_part_copy(older + FCT_ANCHOR, state->anchors, kind->n_anchors);
        for (; offset < end_of_joined && !is_first; offset++, i++) {
            fct_lanes *slot = state->slots + offset * n_components;
            fct_window_load(kind, series, i, cell);
            w.row = (double)(row + (int64_t)i);
            w.n = (double)(offset + 1);
            w.n_older = (double)(d - 1 - offset);
            if (kind->n_anchors)
                w.share = shares[offset + 1];
            kind->append(&w, newer, cell);
            fct_part_copy(older, slot + n_components, n_components);
            fct_window_put(kind, &w, older, newer, cell, false, outs, i);
            fct_part_copy(slot, cell, kind->n_series);
        }
        for (; offset < end; offset++, i++) { /* the newer part alone */
            fct_window_load(kind, series, i, cell);
            w.row = (double)(row + (int64_t)i);
            w.n = (double)(offset + 1);
            w.n_older = 0;
            if (kind->n_anchors && is_first)
                shares[offset + 1] = 1 / w.n;
            if (kind->n_anchors)
                w.share = shares[offset + 1];
            kind->append(&w, newer, cell);
            fct_window_put(kind, &w, NULL, newer, cell, is_strict && offset + 1 < d, outs, i);
            fct_part_copy(state->slots + offset * n_components, cell, kind->n_series);
        }
        if (offset == d) {
            fct_window_turn(kind, &w, d, row + (int64_t)i - (int64_t)d, shares, state);
            offset = 0;
        }
    }
    if (offset > 0) {
        fct_part_copy(state->newer, newer, n_newer);
        fct_part_copy(state->newer + FCT_ANCHOR, newer + FCT_ANCHOR, kind->n_anchors);
    }
}

/* All lanes of a tile: the values of `calls`, which differ in their operators alone. */
FCT_INLINE void fct_window_run_all(const fct_window_kind *strict, const fct_window_kind *counting,
                                   const fct_op_call *const *calls, size_t n_calls, void *state,
                                   int64_t row, const double *const *series, double *const *outs,
                                   size_t n_rows)
{
    const bool is_strict = fct_window_is_strict(calls[0]);
    const size_t d = fct_op_window(calls[0]);
    double *shares = state;
    char *memory = (char *)state + fct_window_shares_bytes(d);
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES) {
        const double *const own[] = {series[0] + lane, series[strict->n_series > 1 ? 1 : 0] + lane};
        double *own_outs[FCT_OP_MAX_TOGETHER];
        for (size_t k = 0; k < n_calls; k++)
            own_outs[k] = outs[k] + lane;
        if (is_strict)
            fct_window_roll(strict, true, calls, n_calls, shares, memory, row, own, own_outs,
                            n_rows);
        else
            fct_window_roll(counting, false, calls, n_calls, shares, memory, row, own, own_outs,
                            n_rows);
        memory += fct_window_lanes_bytes(d, (is_strict ? strict : counting)->n_components);
    }
}

FCT_INLINE void fct_window_run(const fct_window_kind *strict, const fct_window_kind *counting,
                               const fct_op_call *call, void *state, int64_t row,
                               const double *const *series, double *out, size_t n_rows)
{
    fct_window_run_all(strict, counting, &call, 1, state, row, series, &out, n_rows);
}

/* Defines fct_kernel_<name> from two kinds. */
#define FCT_WINDOW_KERNEL(name, strict, counting)                                                  \
    FCT_ROLLING_KERNEL(name)                                                                       \
    {                                                                                              \
        fct_window_run(&strict, &counting, call, state, row, series, out, n_rows);                 \
    }

/* Defines fct_together_<name> from two kinds of several statistics. */
#define FCT_WINDOW_TOGETHER(name, strict, counting)                                                \
    FCT_TOGETHER_KERNEL(name)                                                                      \
    {                                                                                              \
        fct_window_run_all(&strict, &counting, calls, n_calls, state, row, series, outs, n_rows);  \
    }

#endif
