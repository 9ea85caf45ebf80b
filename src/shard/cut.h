/* Cutting a row of weights into parts of about equal weight. */
#ifndef FCT_SHARD_CUT_H
#define FCT_SHARD_CUT_H

#include <stddef.h>

/*
 * Cuts n_items, each of a weight of at least 0, into at most n_parts parts side by side, none of which weighs nothing unless
 * all do. first[i] begins part i; `first` has room for n_parts + 1, and the end stands behind the last. Returns how many.
 */
size_t fct_shard_cut(const double *weights, size_t n_items, size_t n_parts, size_t *first);

/*
 * Shares n_parts among groups by their weights: parts[g] is at least 1 and at most most[g], and their sum at most n_parts
 * where there are no more groups than that.
 */
void fct_shard_share(const double *weights, const size_t *most, size_t n_groups, size_t n_parts,
                     size_t *parts);

#endif
