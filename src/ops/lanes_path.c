/* What a window's path from row to row is like: length, turns, worst fall. Rows without a value are stepped over. */
#include "ops/lanes.h"

FCT_INLINE void keep_larger(fct_lanes *a, const fct_lanes *b)
{
    *a = FCT_SELECT(*b > *a, *b, *a);
}

FCT_INLINE void keep_smaller(fct_lanes *a, const fct_lanes *b)
{
    *a = FCT_SELECT(*b < *a, *b, *a);
}

/* A part of the first two begins with these. */
enum { N, FIRST, LAST };

/* ---- Length ----------------------------------------------------------------------------------- */

enum { LENGTH = LAST + 1, LOW, HIGH, N_LENGTH };

FCT_PART_FUNCTION(start_length)
{
    part[N] = part[FIRST] = part[LAST] = part[LENGTH] = FCT_ALL(0.0);
    part[LOW] = FCT_ALL((double)INFINITY);
    part[HIGH] = FCT_ALL(-(double)INFINITY);
}

/* Adds a row next to the one in the component `end`, FIRST or LAST. */
FCT_INLINE void lengthen(fct_lanes *part, const fct_lanes *cell, int end)
{
    const int other = FIRST + LAST - end;
    fct_lanes x = *cell;
    fct_mask valid = FCT_IS_FINITE(x), is_step = valid & (part[N] > 0);
    part[LENGTH] += FCT_SELECT(is_step, FCT_ABSOLUTE(x - part[end]), FCT_ALL(0.0));
    part[LOW] = FCT_SELECT(valid & (x < part[LOW]), x, part[LOW]);
    part[HIGH] = FCT_SELECT(valid & (x > part[HIGH]), x, part[HIGH]);
    part[other] = FCT_SELECT(valid & ~is_step, x, part[other]);
    part[end] = FCT_SELECT(valid, x, part[end]);
    part[N] += FCT_ONE_IF(valid);
}

FCT_PART_FUNCTION(append_length)
{
    lengthen(part, cell, LAST);
}

FCT_PART_FUNCTION(prepend_length)
{
    lengthen(part, cell, FIRST);
}

FCT_VALUE_FUNCTION(jumpiness)
{
    fct_lanes n = newer[N], length = newer[LENGTH], low = newer[LOW], high = newer[HIGH];
    if (older) {
        n += older[N];
        length +=
            older[LENGTH] + FCT_SELECT((older[N] > 0) & (newer[N] > 0),
                                       FCT_ABSOLUTE(newer[FIRST] - older[LAST]), FCT_ALL(0.0));
        keep_smaller(&low, &older[LOW]);
        keep_larger(&high, &older[HIGH]);
    }
    *out = length / (high - low);
    fct_lanes_purify(out);
    fct_window_enough(w, &n, out);
}

static const fct_window_kind jumpiness_kind =
    FCT_WINDOW_KIND(1, N_LENGTH, 0, start_length, append_length, prepend_length, jumpiness);

FCT_WINDOW_KERNEL(ts_jumpiness, jumpiness_kind, jumpiness_kind)

/* ---- Turns ------------------------------------------------------------------------------------ */

/* The signs of the first and of the last step are 0 while there is none. */
enum { TURNS = LAST + 1, FIRST_SIGN, LAST_SIGN, N_TURNS };

FCT_PART_FUNCTION(start_turns)
{
    for (int i = 0; i < N_TURNS; i++)
        part[i] = FCT_ALL(0.0);
}

FCT_INLINE void turn(fct_lanes *part, const fct_lanes *cell, int end)
{
    const int other = FIRST + LAST - end;
    const int end_sign = end - FIRST + FIRST_SIGN, other_sign = other - FIRST + FIRST_SIGN;
    fct_lanes x = *cell, step = end == LAST ? x - part[LAST] : part[FIRST] - x;
    fct_lanes sign = FCT_ONE_IF(step > 0) - FCT_ONE_IF(step < 0);
    fct_mask valid = FCT_IS_FINITE(x), is_step = valid & (part[N] > 0);
    part[TURNS] += FCT_ONE_IF(is_step & (sign * part[end_sign] < 0));
    part[other_sign] = FCT_SELECT(valid & (part[N] == 1), sign, part[other_sign]);
    part[end_sign] = FCT_SELECT(is_step, sign, part[end_sign]);
    part[other] = FCT_SELECT(valid & ~is_step, x, part[other]);
    part[end] = FCT_SELECT(valid, x, part[end]);
    part[N] += FCT_ONE_IF(valid);
}

FCT_PART_FUNCTION(append_turn)
{
    turn(part, cell, LAST);
}

FCT_PART_FUNCTION(prepend_turn)
{
    turn(part, cell, FIRST);
}

FCT_VALUE_FUNCTION(reversal_count)
{
    fct_lanes n = newer[N], turns = newer[TURNS];
    if (older) {
        fct_mask meet = (older[N] > 0) & (newer[N] > 0);
        fct_lanes step = newer[FIRST] - older[LAST];
        fct_lanes sign = FCT_ONE_IF(meet & (step > 0)) - FCT_ONE_IF(meet & (step < 0));
        turns += older[TURNS] + FCT_ONE_IF(older[LAST_SIGN] * sign < 0) +
                 FCT_ONE_IF(sign * newer[FIRST_SIGN] < 0);
        n += older[N];
    }
    *out = FCT_SELECT(n > 2, turns / (n - 2), FCT_MISSING);
    fct_window_enough(w, &n, out);
}

static const fct_window_kind reversal_count_kind =
    FCT_WINDOW_KIND(1, N_TURNS, 0, start_turns, append_turn, prepend_turn, reversal_count);

FCT_WINDOW_KERNEL(ts_reversal_count, reversal_count_kind, reversal_count_kind)

/* ---- Worst fall ------------------------------------------------------------------------------- */

/* WORST is the smallest value over an earlier one or itself, Inf while none is above 0. */
enum { PEAK = N + 1, TROUGH, WORST, N_FALL };

FCT_PART_FUNCTION(start_fall)
{
    part[N] = FCT_ALL(0.0);
    part[PEAK] = FCT_ALL(-(double)INFINITY);
    part[TROUGH] = part[WORST] = FCT_ALL((double)INFINITY);
}

/* Of values from 0 on, x over the largest so far is the smallest of x over each so far: falls from all peaks compare. */
FCT_INLINE void keep_fall(fct_lanes *worst, const fct_lanes *low, const fct_lanes *peak)
{
    fct_lanes fall = FCT_SELECT(*peak > 0, *low / *peak, FCT_ALL((double)INFINITY));
    keep_smaller(worst, &fall);
}

FCT_INLINE void fall(fct_lanes *part, const fct_lanes *cell, bool is_newest)
{
    fct_mask valid = FCT_IS_FINITE(*cell);
    fct_lanes low = FCT_SELECT(valid, *cell, FCT_ALL((double)INFINITY));
    fct_lanes high = FCT_SELECT(valid, *cell, FCT_ALL(-(double)INFINITY));
    keep_larger(&part[PEAK], &high);
    keep_smaller(&part[TROUGH], &low);
    if (is_newest)
        keep_fall(&part[WORST], &low, &part[PEAK]);
    else
        keep_fall(&part[WORST], &part[TROUGH], &high);
    part[N] += FCT_ONE_IF(valid);
}

FCT_PART_FUNCTION(append_fall)
{
    fall(part, cell, true);
}

FCT_PART_FUNCTION(prepend_fall)
{
    fall(part, cell, false);
}

FCT_VALUE_FUNCTION(max_drawdown)
{
    fct_lanes n = newer[N], worst = newer[WORST], trough = newer[TROUGH];
    if (older) {
        n += older[N];
        keep_smaller(&worst, &older[WORST]);
        keep_smaller(&trough, &older[TROUGH]);
        keep_fall(&worst, &newer[TROUGH], &older[PEAK]);
    }
    *out = FCT_SELECT(trough >= 0, worst - 1, FCT_MISSING);
    fct_lanes_purify(out);
    fct_window_enough(w, &n, out);
}

static const fct_window_kind max_drawdown_kind =
    FCT_WINDOW_KIND(1, N_FALL, 0, start_fall, append_fall, prepend_fall, max_drawdown);

FCT_WINDOW_KERNEL(ts_max_drawdown, max_drawdown_kind, max_drawdown_kind)
