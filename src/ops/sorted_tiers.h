/*
 * The sorted values of a long window, for each lane of a tile: a tiered vector after M. T. Goodrich and J. G. Kloss, "Tiered
 * vectors: efficient dynamic arrays for rank-based sequences", WADS 1999. Tiers are rings of one size. When a value comes into
 * one tier and another leaves a second one, the tiers in between pass one value on, which only turns their rings by a place.
 *
 * Tiers are always full: Inf stands for what is missing. So the i-th smallest is found at once, the rank of a value by
 * bisection, in all lanes together; a change moves at most a tier and touches each tier once.
 */
#ifndef FCT_OPS_SORTED_TIERS_H
#define FCT_OPS_SORTED_TIERS_H

#include "ops/ops.h"

typedef struct fct_sorted_tiers {
    size_t n_tiers;
    unsigned bits;   /* a tier has 2^bits places */
    uint32_t *heads; /* [8][n_tiers]: where the smallest of the tier is */
    double *values;  /* [8][n_tiers][2^bits] */
} fct_sorted_tiers;

/* Bytes of the memory, aligned to 64, for d values of each lane; a multiple of 64. */
size_t fct_sorted_tiers_bytes(size_t d);

/* Tiers in such memory, which fct_sorted_tiers_clear fills with Inf. */
fct_sorted_tiers fct_sorted_tiers_at(void *memory, size_t d);
void fct_sorted_tiers_clear(fct_sorted_tiers *tiers);

/* In each lane takes old out, which must be there, and puts new in; below: how many are smaller than new then. NaN is Inf. */
void fct_sorted_tiers_replace(fct_sorted_tiers *tiers, const double *old, const double *new,
                              size_t *below);

/* How many are below x, a number. */
size_t fct_sorted_tiers_count_below(const fct_sorted_tiers *tiers, size_t lane, double x);

/* How many are x or below, where `below` are known to be below it. */
size_t fct_sorted_tiers_count_up_to(const fct_sorted_tiers *tiers, size_t lane, double x,
                                    size_t below);

/* The i-th smallest, from 0. */
static inline double fct_sorted_tiers_get(const fct_sorted_tiers *tiers, size_t lane, size_t i)
{
    size_t mask = ((size_t)1 << tiers->bits) - 1, tier = lane * tiers->n_tiers + (i >> tiers->bits);
    return tiers->values[(tier << tiers->bits) + ((i + tiers->heads[tier]) & mask)];
}

#endif
