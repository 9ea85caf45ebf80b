#include "backtest/weights.h"

#include <math.h>
#include <string.h>

/* A row's group: 0 for all where there are none, SIZE_MAX for a row that is in none. */
static size_t group_of(const fct_weight_rule *rule, const uint32_t *groups, size_t i)
{
    return !rule->n_groups ? 0 : groups[i] ? groups[i] - 1 : SIZE_MAX;
}

static size_t group_count(const fct_weight_rule *rule)
{
    return rule->n_groups ? rule->n_groups : 1;
}

/*
 * What lies above or below the mean of the group. Values are taken from the group's first one on, so that a group of one
 * value comes to exactly nothing.
 */
static void distances(const fct_weight_rule *rule, const double *x, const uint32_t *groups,
                      size_t n, double *scratch, double *weights)
{
    size_t n_groups = group_count(rule);
    double *firsts = scratch;
    double *sums = firsts + n_groups;
    double *counts = sums + n_groups;
    memset(scratch, 0, 3 * n_groups * sizeof *scratch);
    for (size_t i = 0; i < n; i++) {
        size_t g = group_of(rule, groups, i);
        if (isnan(x[i]) || g == SIZE_MAX)
            continue;
        firsts[g] = counts[g] > 0 ? firsts[g] : x[i];
        sums[g] += x[i] - firsts[g];
        counts[g]++;
    }
    for (size_t i = 0; i < n; i++) {
        size_t g = group_of(rule, groups, i);
        weights[i] = isnan(x[i]) || g == SIZE_MAX ? 0 : x[i] - firsts[g] - sums[g] / counts[g];
    }
}

/* The top quantile up, the bottom one down; of each group, where there are groups. */
static void ends(const fct_weight_rule *rule, const double *x, const uint32_t *groups, size_t n,
                 fct_rank_scratch *s, double *weights)
{
    memset(weights, 0, n * sizeof *weights);
    for (size_t g = 0; g < group_count(rule); g++) {
        for (size_t i = 0; i < n; i++)
            s->other_values[i] = group_of(rule, groups, i) == g ? x[i] : NAN;
        size_t n_valid = fct_rank_order(s->other_values, n, s->keys, s->order);
        if (n_valid < rule->n_quantiles)
            continue;
        fct_rank_quantiles(s->other_values, n, s->order, n_valid, rule->n_quantiles, s->labels);
        size_t n_top = 0;
        size_t n_bottom = 0;
        for (size_t i = 0; i < n; i++) {
            n_top += s->labels[i] == rule->n_quantiles;
            n_bottom += s->labels[i] == 1;
        }
        /* Each end weighs as much as the group has rows, so that groups count by their size. */
        for (size_t i = 0; n_top && n_bottom && i < n; i++) {
            if (s->labels[i] == rule->n_quantiles)
                weights[i] = (double)n_valid / (double)n_top;
            else if (s->labels[i] == 1)
                weights[i] = -(double)n_valid / (double)n_bottom;
        }
    }
}

/* What the values say themselves. */
static void given(const double *x, size_t n, double *weights)
{
    for (size_t i = 0; i < n; i++)
        weights[i] = isnan(x[i]) ? 0 : x[i];
}

static void scale(double *weights, size_t n, double gross)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(weights[i]);
    for (size_t i = 0; sum > 0 && i < n; i++)
        weights[i] *= gross / sum;
}

/* Of a group that the limit made lopsided, the heavier side is scaled down to the lighter. */
static void rebalance(const fct_weight_rule *rule, const uint32_t *groups, size_t n, double *sums,
                      double *weights)
{
    size_t n_groups = group_count(rule);
    double *shorts = sums + n_groups;
    memset(sums, 0, 2 * n_groups * sizeof *sums);
    for (size_t i = 0; i < n; i++) {
        size_t g = group_of(rule, groups, i);
        if (g != SIZE_MAX)
            *(weights[i] > 0 ? &sums[g] : &shorts[g]) += fabs(weights[i]);
    }
    for (size_t i = 0; i < n; i++) {
        size_t g = group_of(rule, groups, i);
        if (g == SIZE_MAX)
            continue;
        double light = sums[g] < shorts[g] ? sums[g] : shorts[g];
        double mine = weights[i] > 0 ? sums[g] : shorts[g];
        if (mine > light)
            weights[i] *= light / mine;
    }
}

void fct_weights_make(const fct_weight_rule *rule, const double *x, const uint32_t *groups,
                      size_t n, fct_rank_scratch *scratch, double *sums, double *weights)
{
    if (rule->weighting == FCT_WEIGHTS_QUANTILES)
        ends(rule, x, groups, n, scratch, weights);
    else if (rule->weighting == FCT_WEIGHTS_GIVEN)
        given(x, n, weights);
    else
        distances(rule, x, groups, n, sums, weights);
    if (rule->weighting == FCT_WEIGHTS_LONG_ONLY)
        for (size_t i = 0; i < n; i++)
            weights[i] = weights[i] > 0 ? weights[i] : 0;
    scale(weights, n, rule->gross);
    bool limited = false;
    for (size_t i = 0; i < n; i++)
        if (fabs(weights[i]) > rule->max_position) {
            weights[i] = copysign(rule->max_position, weights[i]);
            limited = true;
        }
    if (limited &&
        (rule->weighting == FCT_WEIGHTS_NEUTRAL || rule->weighting == FCT_WEIGHTS_QUANTILES))
        rebalance(rule, groups, n, sums, weights);
}
