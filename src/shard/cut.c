#include "shard/cut.h"

#include <math.h>

size_t fct_shard_cut(const double *weights, size_t n_items, size_t n_parts, size_t *first)
{
    double total = 0;
    double before = 0;
    size_t n = 0;
    size_t last = 0;
    for (size_t i = 0; i < n_items; i++)
        total += weights[i];
    first[n++] = 0;
    /* An item belongs to the part in which its middle lies. */
    for (size_t i = 0; i < n_items && total > 0; i++) {
        if (weights[i] <= 0)
            continue;
        size_t part = (size_t)((before + weights[i] / 2) / total * (double)n_parts);
        part = part < n_parts ? part : n_parts - 1;
        if (before > 0 && part != last)
            first[n++] = i;
        last = part;
        before += weights[i];
    }
    first[n] = n_items;
    return n;
}

static size_t share_of(double weight, size_t most, double unit)
{
    double share = floor(weight / unit);
    return share < 1 ? 1 : share > (double)most ? most : (size_t)share;
}

void fct_shard_share(const double *weights, const size_t *most, size_t n_groups, size_t n_parts,
                     size_t *parts)
{
    enum { HALVINGS = 60 };
    double low = 0;
    double high = 0;
    for (size_t g = 0; g < n_groups; g++)
        high += weights[g];
    /* The smallest weight of a part at which there are not too many. */
    high = high > 0 ? high : 1;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        size_t n = 0;
        for (size_t g = 0; g < n_groups; g++)
            n += share_of(weights[g], most[g], middle > 0 ? middle : high);
        if (n > n_parts)
            low = middle;
        else
            high = middle;
    }
    for (size_t g = 0; g < n_groups; g++)
        parts[g] = share_of(weights[g], most[g], high);
}
