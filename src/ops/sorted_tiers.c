/* Sorted values in rings of equal size. */
#include "ops/sorted_tiers.h"

#include <math.h>
#include <string.h>

enum { LANES = FCT_OP_LANES, SEARCHES = 2 * LANES };

/* ---- Memory ----------------------------------------------------------------------------------- */

/* By measurement: a change costs a part of a tier and a step for each tier. */
static unsigned bits_for(size_t d)
{
    return d <= 10000 ? 7 : d <= 65536 ? 8 : 9;
}

static size_t n_tiers_for(size_t d)
{
    return (d + ((size_t)1 << bits_for(d)) - 1) >> bits_for(d);
}

static size_t bytes_of_heads(size_t d)
{
    return (LANES * n_tiers_for(d) * sizeof(uint32_t) + 63) & ~(size_t)63;
}

size_t fct_sorted_tiers_bytes(size_t d)
{
    return bytes_of_heads(d) + LANES * (n_tiers_for(d) << bits_for(d)) * sizeof(double);
}

fct_sorted_tiers fct_sorted_tiers_at(void *memory, size_t d)
{
    return (fct_sorted_tiers){.n_tiers = n_tiers_for(d),
                              .bits = bits_for(d),
                              .heads = memory,
                              .values = (double *)((char *)memory + bytes_of_heads(d))};
}

void fct_sorted_tiers_clear(fct_sorted_tiers *tiers)
{
    memset(tiers->heads, 0, LANES * tiers->n_tiers * sizeof *tiers->heads);
    for (size_t i = 0; i < LANES * tiers->n_tiers << tiers->bits; i++)
        tiers->values[i] = INFINITY;
}

/* ---- Search ----------------------------------------------------------------------------------- */

/* All ones where the condition holds: a choice without a branch, which no processor could foresee. */
#define MASK_IF(condition) (-(size_t)(condition))

/* How many values are below x[k] in lane k % LANES; the searches wait for memory side by side. */
static void search(const fct_sorted_tiers *t, const double *x, size_t *below)
{
    const size_t size = (size_t)1 << t->bits, mask = size - 1;
    size_t tier[SEARCHES], place[SEARCHES] = {0};
    for (size_t k = 0; k < SEARCHES; k++)
        tier[k] = k % LANES * t->n_tiers;
    /* The last tier whose smallest is below x, or the first. */
    for (size_t n_left = t->n_tiers; n_left > 1; n_left -= n_left / 2)
        for (size_t k = 0; k < SEARCHES; k++) {
            size_t next = tier[k] + n_left / 2;
            double smallest = t->values[(next << t->bits) + t->heads[next]];
            tier[k] += n_left / 2 & MASK_IF(smallest < x[k]);
        }
    for (size_t half = size / 2; half > 0; half /= 2)
        for (size_t k = 0; k < SEARCHES; k++) {
            const double *values = t->values + (tier[k] << t->bits);
            double value = values[(t->heads[tier[k]] + place[k] + half - 1) & mask];
            place[k] += half & MASK_IF(value < x[k]);
        }
    for (size_t k = 0; k < SEARCHES; k++) {
        const double *values = t->values + (tier[k] << t->bits);
        place[k] += values[(t->heads[tier[k]] + place[k]) & mask] < x[k];
        below[k] = ((tier[k] - k % LANES * t->n_tiers) << t->bits) + place[k];
    }
}

static size_t count_before(const fct_sorted_tiers *t, size_t lane, double x, bool or_equal)
{
    size_t first = 0, n_left = t->n_tiers << t->bits;
    while (n_left > 0) {
        double value = fct_sorted_tiers_get(t, lane, first + n_left / 2);
        bool further = or_equal ? value <= x : value < x;
        first += (n_left / 2 + 1) & MASK_IF(further);
        n_left = further ? n_left - n_left / 2 - 1 : n_left / 2;
    }
    return first;
}

size_t fct_sorted_tiers_count_below(const fct_sorted_tiers *tiers, size_t lane, double x)
{
    return count_before(tiers, lane, x, false);
}

size_t fct_sorted_tiers_count_up_to(const fct_sorted_tiers *tiers, size_t lane, double x,
                                    size_t below)
{
    size_t n = tiers->n_tiers << tiers->bits;
    for (size_t i = below; i < n && i < below + 4; i++)
        if (fct_sorted_tiers_get(tiers, lane, i) > x)
            return i;
    return count_before(tiers, lane, x, true);
}

/* ---- Change ----------------------------------------------------------------------------------- */

/* One lane's tiers. */
typedef struct lane_tiers {
    uint32_t *heads;
    double *values;
    unsigned bits;
    size_t mask;
} lane_tiers;

/* Moves places [first, last) of a tier up by one, over the value at `last`. */
static void move_up(double *values, size_t mask, size_t head, size_t first, size_t last)
{
    size_t from = (head + first) & mask, to = (head + last) & mask;
    if (first == last)
        return;
    if (from < to) {
        memmove(values + from + 1, values + from, (last - first) * sizeof *values);
        return;
    }
    memmove(values + 1, values, to * sizeof *values);
    values[0] = values[mask];
    memmove(values + from + 1, values + from, (mask - from) * sizeof *values);
}

/* Moves places (first, last] of a tier down by one, over the value at `first`. */
static void move_down(double *values, size_t mask, size_t head, size_t first, size_t last)
{
    size_t to = (head + first) & mask, from = (head + last) & mask;
    if (first == last)
        return;
    if (to < from) {
        memmove(values + to, values + to + 1, (last - first) * sizeof *values);
        return;
    }
    memmove(values + to, values + to + 1, (mask - to) * sizeof *values);
    values[mask] = values[0];
    memmove(values, values + 1, from * sizeof *values);
}

/* The values at [low, high) move up by one, over the one at `high`. */
static void shift_up(const lane_tiers *t, size_t low, size_t high)
{
    size_t tier = high >> t->bits, first = low >> t->bits, last = high & t->mask;
    double *values = t->values + (tier << t->bits);
    for (; tier > first; tier--, last = t->mask) {
        if (last == t->mask)
            t->heads[tier] = (t->heads[tier] - 1) & (uint32_t)t->mask;
        else
            move_up(values, t->mask, t->heads[tier], 0, last);
        /* The largest of the tier below comes in as the smallest of this. */
        double *below = values - t->mask - 1;
        values[t->heads[tier]] = below[(t->heads[tier - 1] + t->mask) & t->mask];
        values = below;
    }
    move_up(values, t->mask, t->heads[tier], low & t->mask, last);
}

/* The values at (low, high] move down by one, over the one at `low`. */
static void shift_down(const lane_tiers *t, size_t low, size_t high)
{
    size_t tier = low >> t->bits, last = high >> t->bits, first = low & t->mask;
    double *values = t->values + (tier << t->bits);
    for (; tier < last; tier++, first = 0) {
        if (first == 0)
            t->heads[tier] = (t->heads[tier] + 1) & (uint32_t)t->mask;
        else
            move_down(values, t->mask, t->heads[tier], first, t->mask);
        /* The smallest of the tier above comes in as the largest of this. */
        double *above = values + t->mask + 1;
        values[(t->heads[tier] + t->mask) & t->mask] = above[t->heads[tier + 1]];
        values = above;
    }
    move_down(values, t->mask, t->heads[tier], first, high & t->mask);
}

void fct_sorted_tiers_replace(fct_sorted_tiers *tiers, const double *old, const double *new,
                              size_t *below)
{
    double x[SEARCHES];
    size_t found[SEARCHES];
    for (size_t lane = 0; lane < LANES; lane++) {
        x[lane] = isnan(new[lane]) ? INFINITY : new[lane];
        x[LANES + lane] = isnan(old[lane]) ? INFINITY : old[lane];
    }
    search(tiers, x, found);
    for (size_t lane = 0; lane < LANES; lane++) {
        lane_tiers t = {tiers->heads + lane * tiers->n_tiers,
                        tiers->values + (lane * tiers->n_tiers << tiers->bits), tiers->bits,
                        ((size_t)1 << tiers->bits) - 1};
        size_t to = found[lane], hole = found[LANES + lane];
        if (to <= hole)
            shift_up(&t, to, hole);
        else
            shift_down(&t, hole, --to);
        size_t tier = to >> t.bits;
        t.values[(tier << t.bits) + ((to + t.heads[tier]) & t.mask)] = x[lane];
        below[lane] = to;
    }
}
