/* A cross-section of a signal becomes weights: shares of the equity, above 0 held, below 0 sold short. */
#ifndef FCT_BACKTEST_WEIGHTS_H
#define FCT_BACKTEST_WEIGHTS_H

#include "eval/market.h"

typedef struct fct_weight_rule {
    fct_weighting weighting;
    unsigned n_quantiles;
    double gross;        /* sum of all weights without their signs */
    double max_position; /* of one weight; infinite: none */
    size_t n_groups;     /* 0: none */
} fct_weight_rule;

/*
 * Weights of n rows; 0 where `x` is NaN. `groups` holds the number of each row's group + 1 (0: none, which gets no weight), where
 * there are groups: each is neutral then. `sums` has room for 3 (n_groups + 1) doubles.
 */
void fct_weights_make(const fct_weight_rule *rule, const double *x, const uint32_t *groups,
                      size_t n, fct_rank_scratch *scratch, double *sums, double *weights);

#endif
