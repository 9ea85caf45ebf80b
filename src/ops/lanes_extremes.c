/* The smallest and the largest of a window, and where they are. */
#include "ops/windows.h"

FCT_INLINE void finish(const fct_window *w, const fct_lanes *n, fct_lanes *out)
{
    fct_lanes_purify(out);
    if (!w->is_strict)
        fct_window_enough(w, n, out);
}

/* ---- The extremes themselves. The smallest is the largest of -x --------------------------------- */

enum { BEST, N }; /* of a part */

/* Of two, the larger, or NaN if the second is. A NaN in the first stays: nothing is larger. */
FCT_INLINE void keep_larger(bool is_strict, fct_lanes *best, const fct_lanes *x)
{
    fct_mask is_better = *x > *best;
    if (is_strict)
        is_better |= *x != *x;
    *best = FCT_SELECT(is_better, *x, *best);
}

FCT_PART_FUNCTION(start)
{
    part[BEST] = FCT_ALL(-(double)INFINITY);
    part[N] = FCT_ALL(0.0);
}

FCT_PART_FUNCTION(add)
{
    keep_larger(w->is_strict, &part[BEST], &cell[0]);
    part[N] += FCT_ONE_IF(cell[0] == cell[0]);
}

FCT_PART_FUNCTION(add_negative)
{
    fct_lanes x = -cell[0];
    keep_larger(w->is_strict, &part[BEST], &x);
    part[N] += FCT_ONE_IF(x == x);
}

FCT_INLINE void best_of(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                        fct_lanes *out)
{
    *out = newer[BEST];
    if (older) {
        *out = older[BEST];
        keep_larger(w->is_strict, out, &newer[BEST]);
    }
}

FCT_VALUE_FUNCTION(max_of)
{
    best_of(w, older, newer, out);
    fct_lanes n = FCT_JOINED(N);
    finish(w, &n, out);
}

FCT_VALUE_FUNCTION(min_of)
{
    max_of(w, older, newer, cell, out);
    *out = -*out;
}

FCT_VALUE_FUNCTION(below_max)
{
    max_of(w, older, newer, cell, out);
    *out = cell[0] - *out;
    fct_lanes_purify(out);
}

FCT_VALUE_FUNCTION(above_min)
{
    max_of(w, older, newer, cell, out);
    *out += cell[0];
    fct_lanes_purify(out);
}

#define EXTREME_KERNEL(name, add, value)                                                           \
    static const fct_window_kind strict_##name = FCT_WINDOW_KIND(1, 1, 0, start, add, add, value); \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(1, 2, 0, start, add, add, value);                                          \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

EXTREME_KERNEL(ts_max, add, max_of)
EXTREME_KERNEL(ts_min, add_negative, min_of)
EXTREME_KERNEL(ts_max_diff, add, below_max)
EXTREME_KERNEL(ts_min_diff, add_negative, above_min)

/* ---- Both ------------------------------------------------------------------------------------- */

enum { MOST, MINUS_LEAST, N_OF_RANGE };

FCT_PART_FUNCTION(start_range)
{
    part[MOST] = part[MINUS_LEAST] = FCT_ALL(-(double)INFINITY);
    part[N_OF_RANGE] = FCT_ALL(0.0);
}

FCT_PART_FUNCTION(add_to_range)
{
    fct_lanes minus = -cell[0];
    keep_larger(w->is_strict, &part[MOST], &cell[0]);
    keep_larger(w->is_strict, &part[MINUS_LEAST], &minus);
    part[N_OF_RANGE] += FCT_ONE_IF(cell[0] == cell[0]);
}

FCT_VALUE_FUNCTION(scale_of)
{
    fct_lanes most = newer[MOST];
    fct_lanes minus_least = newer[MINUS_LEAST];
    fct_lanes n = FCT_JOINED(N_OF_RANGE);
    if (older) {
        keep_larger(w->is_strict, &most, &older[MOST]);
        keep_larger(w->is_strict, &minus_least, &older[MINUS_LEAST]);
    }
    *out = (cell[0] + minus_least) / (most + minus_least) + FCT_ALL(w->call->parameters[1]);
    finish(w, &n, out);
}

static const fct_window_kind strict_scale =
    FCT_WINDOW_KIND(1, 2, 0, start_range, add_to_range, add_to_range, scale_of);
static const fct_window_kind counting_scale =
    FCT_WINDOW_KIND(1, 3, 0, start_range, add_to_range, add_to_range, scale_of);
FCT_WINDOW_KERNEL(ts_scale, strict_scale, counting_scale)

/* The largest and the smallest themselves, and how far the cell is from them. */
enum { LARGEST, SMALLEST, BELOW_LARGEST, ABOVE_SMALLEST };

FCT_INLINE uint8_t which_of_extremes(const fct_op *op)
{
    return op->rolling == fct_kernel_ts_max        ? LARGEST
           : op->rolling == fct_kernel_ts_min      ? SMALLEST
           : op->rolling == fct_kernel_ts_max_diff ? BELOW_LARGEST
                                                   : ABOVE_SMALLEST;
}

FCT_VALUE_FUNCTION(values_of_extremes)
{
    fct_lanes best[2];
    fct_lanes n = FCT_JOINED(N_OF_RANGE);
    best_of(w, older, newer, &best[MOST]);
    best_of(w, older ? older + MINUS_LEAST : NULL, newer + MINUS_LEAST, &best[MINUS_LEAST]);
    finish(w, &n, &best[MOST]);
    finish(w, &n, &best[MINUS_LEAST]);
    for (size_t k = 0; k < w->n_values; k++) {
        switch (w->which[k]) {
        case LARGEST:
            out[k] = best[MOST];
            break;
        case SMALLEST:
            out[k] = -best[MINUS_LEAST];
            break;
        case BELOW_LARGEST:
            out[k] = cell[0] - best[MOST];
            fct_lanes_purify(&out[k]);
            break;
        default:
            out[k] = best[MINUS_LEAST] + cell[0];
            fct_lanes_purify(&out[k]);
        }
    }
}

FCT_WINDOW_KINDS_TOGETHER(extremes, 1, 2, 0, start_range, add_to_range, add_to_range)
FCT_WINDOW_TOGETHER(extremes, strict_extremes, counting_extremes)

/* ---- Where it is: of equals, the oldest ---------------------------------------------------------- */

enum { VALUE, ROW, N_OF_PLACE };

FCT_PART_FUNCTION(start_place)
{
    part[VALUE] = FCT_ALL(-(double)INFINITY);
    part[ROW] = part[N_OF_PLACE] = FCT_ALL(0.0);
}

FCT_INLINE void keep_place(const fct_window *w, fct_lanes *part, const fct_lanes *x, bool is_older)
{
    fct_mask is_better = is_older ? *x >= part[VALUE] : *x > part[VALUE];
    if (w->is_strict)
        is_better |= *x != *x;
    part[VALUE] = FCT_SELECT(is_better, *x, part[VALUE]);
    part[ROW] = FCT_SELECT(is_better, FCT_ALL(w->row), part[ROW]);
}

FCT_INLINE void add_place(const fct_window *w, fct_lanes *part, const fct_lanes *x, bool is_older)
{
    keep_place(w, part, x, is_older);
    part[N_OF_PLACE] += FCT_ONE_IF(*x == *x);
}

FCT_PART_FUNCTION(append_place)
{
    add_place(w, part, &cell[0], false);
}

FCT_PART_FUNCTION(prepend_place)
{
    add_place(w, part, &cell[0], true);
}

FCT_PART_FUNCTION(append_negative_place)
{
    fct_lanes x = -cell[0];
    add_place(w, part, &x, false);
}

FCT_PART_FUNCTION(prepend_negative_place)
{
    fct_lanes x = -cell[0];
    add_place(w, part, &x, true);
}

/* Rows since the best of both parts, and n_valid of them together. */
FCT_INLINE void since(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                      const fct_lanes *n_valid, fct_lanes *out)
{
    fct_lanes best = newer[VALUE];
    fct_lanes row = newer[ROW];
    if (older) {
        fct_mask is_better = newer[VALUE] > older[VALUE];
        if (w->is_strict)
            is_better |= newer[VALUE] != newer[VALUE];
        best = FCT_SELECT(is_better, newer[VALUE], older[VALUE]);
        row = FCT_SELECT(is_better, newer[ROW], older[ROW]);
    }
    *out = FCT_ALL(w->row) - row + (best - best);
    finish(w, n_valid, out);
}

/* The window's oldest row is the symbol's first where the symbol has fewer than d. */
FCT_INLINE void count_from_oldest(const fct_window *w, fct_lanes *since_place)
{
    *since_place = FCT_ALL(w->row + 1 < w->d ? w->row + 1 : w->d) - *since_place;
}

FCT_VALUE_FUNCTION(rows_since)
{
    fct_lanes n = FCT_JOINED(N_OF_PLACE);
    since(w, older, newer, &n, out);
}

FCT_VALUE_FUNCTION(place_of)
{
    rows_since(w, older, newer, cell, out);
    count_from_oldest(w, out);
}

#define PLACE_KERNEL(name, append, prepend, value)                                                 \
    static const fct_window_kind strict_##name =                                                   \
        FCT_WINDOW_KIND(1, 2, 0, start_place, append, prepend, value);                             \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(1, 3, 0, start_place, append, prepend, value);                             \
    FCT_WINDOW_KERNEL(name, strict_##name, counting_##name)

PLACE_KERNEL(ts_argmax, append_place, prepend_place, rows_since)
PLACE_KERNEL(ts_argmin, append_negative_place, prepend_negative_place, rows_since)
PLACE_KERNEL(ts_argmax_pos, append_place, prepend_place, place_of)
PLACE_KERNEL(ts_argmin_pos, append_negative_place, prepend_negative_place, place_of)

/* ---- Where both are --------------------------------------------------------------------------- */

/* What is kept of the largest, then of the smallest; at the end how many are valid. */
enum { OF_SMALLEST = 2, N_OF_PLACES = 4 };

FCT_PART_FUNCTION(start_places)
{
    part[VALUE] = part[OF_SMALLEST + VALUE] = FCT_ALL(-(double)INFINITY);
    part[ROW] = part[OF_SMALLEST + ROW] = part[N_OF_PLACES] = FCT_ALL(0.0);
}

FCT_INLINE void add_places(const fct_window *w, fct_lanes *part, const fct_lanes *x, bool is_older)
{
    fct_lanes minus = -*x;
    keep_place(w, part, x, is_older);
    keep_place(w, part + OF_SMALLEST, &minus, is_older);
    part[N_OF_PLACES] += FCT_ONE_IF(*x == *x);
}

FCT_PART_FUNCTION(append_places)
{
    add_places(w, part, &cell[0], false);
}

FCT_PART_FUNCTION(prepend_places)
{
    add_places(w, part, &cell[0], true);
}

enum { SINCE_LARGEST, SINCE_SMALLEST, PLACE_OF_LARGEST, PLACE_OF_SMALLEST };

FCT_INLINE uint8_t which_of_places(const fct_op *op)
{
    return op->rolling == fct_kernel_ts_argmax       ? SINCE_LARGEST
           : op->rolling == fct_kernel_ts_argmin     ? SINCE_SMALLEST
           : op->rolling == fct_kernel_ts_argmax_pos ? PLACE_OF_LARGEST
                                                     : PLACE_OF_SMALLEST;
}

FCT_VALUE_FUNCTION(values_of_places)
{
    fct_lanes n = FCT_JOINED(N_OF_PLACES);
    fct_lanes largest;
    fct_lanes smallest;
    since(w, older, newer, &n, &largest);
    since(w, older ? older + OF_SMALLEST : NULL, newer + OF_SMALLEST, &n, &smallest);
    for (size_t k = 0; k < w->n_values; k++) {
        bool is_of_largest = w->which[k] == SINCE_LARGEST || w->which[k] == PLACE_OF_LARGEST;
        out[k] = is_of_largest ? largest : smallest;
        if (w->which[k] >= PLACE_OF_LARGEST)
            count_from_oldest(w, &out[k]);
    }
}

FCT_WINDOW_KINDS_TOGETHER(places, 1, 4, 0, start_places, append_places, prepend_places)
FCT_WINDOW_TOGETHER(places, strict_places, counting_places)
