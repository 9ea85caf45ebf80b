/*
 * Kernels of one cross-section: order, ranks, correlations, quantiles. A rank here is twice the average rank, a whole number:
 * sums of ranks and, up to 3,000,000 rows, of their products are exact. Rank 0 is a row that does not count.
 */
#ifndef FCT_EVAL_RANK_H
#define FCT_EVAL_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Scratch for fct_rank_order of n rows; NULL where memory is out. Freed by free(). */
void *fct_rank_scratch_for(size_t n);

/* Writes the rows of `x` that are not NaN to `order`, ascending, ties in the order of rows. Returns how many. */
size_t fct_rank_order(const double *x, size_t n, void *scratch, uint32_t *order);

/*
 * Doubled average ranks of the rows in `order` for which also[row] is not 0 (NULL: all); 0 for every other of the n rows.
 * Returns how many were ranked.
 */
size_t fct_rank_doubled(const double *x, size_t n, const uint32_t *order, size_t n_order,
                        const uint32_t *also, uint32_t *ranks);

/* Spearman's correlation of two lists of doubled ranks over the same n_ranked rows; NaN below 3 rows or without variance. */
double fct_rank_correlation(const uint32_t *a, const uint32_t *b, size_t n, size_t n_ranked);

/* Pearson's correlation of rows that count in both (a doubled rank each); x and y are gathered into scratch of 2 n doubles. */
double fct_value_correlation(const double *x, const double *y, const uint32_t *a, const uint32_t *b,
                             size_t n, double *scratch);

/* Pearson's correlation of n pairs without NaN; NaN below 3 or where one side has one value only. */
double fct_pearson(const double *x, const double *y, size_t n);

/*
 * Pearson's correlation of doubled ranks, each among its own rows, over the rows ranked in both. Below 3 such rows NaN.
 */
double fct_rank_autocorrelation(const uint32_t *a, const uint32_t *b, size_t n);

/*
 * The quantile 1..n_quantiles of each ranked row, 0 for the others: with r the lowest rank of its ties (from 0) among n rows,
 * the smallest k >= 1 with k (n - 1) >= r n_quantiles. That is the right-closed bin between linear quantiles.
 */
void fct_rank_quantiles(const double *x, size_t n, const uint32_t *order, size_t n_order,
                        unsigned n_quantiles, uint8_t *labels);

#endif
