/*
 * Two series over a window: covariance, correlation, least squares. Rows where either is missing do not count.
 *
 * As in lanes_moments.c, with the sum of products beside the sums of squares: Welford's recurrence about an anchor that is in
 * every window, joined by Chan's formula. The first series is y, the second is x.
 */
#ifndef FCT_OPS_PAIRS_H
#define FCT_OPS_PAIRS_H

#include <float.h>

#include "ops/windows.h"

/* Components. Without counting, a kind may keep the first few: no more is needed for a covariance, or for a slope. */
enum { FCT_MEAN_Y, FCT_MEAN_X, FCT_PRODUCTS, FCT_SQUARES_X, FCT_SQUARES_Y, FCT_N_PAIRS };
enum { FCT_ANCHOR_Y = FCT_ANCHOR, FCT_ANCHOR_X };

FCT_INLINE void fct_pairs_start(const fct_window *w, fct_lanes *part, const fct_lanes *y,
                                const fct_lanes *x)
{
    for (size_t i = 0; i <= FCT_N_PAIRS; i++)
        part[i] = FCT_ALL(0.0);
    part[FCT_ANCHOR_Y] = w->is_strict ? *y : FCT_ALL(0.0);
    part[FCT_ANCHOR_X] = w->is_strict ? *x : FCT_ALL(0.0);
}

FCT_INLINE void fct_pairs_add(const fct_window *w, fct_lanes *part, const fct_lanes *y_cell,
                              const fct_lanes *x_cell)
{
    fct_lanes share; /* of the new row in the means */
    fct_lanes y;
    fct_lanes x;
    if (w->is_strict) {
        share = FCT_ALL(w->share);
        y = *y_cell - part[FCT_ANCHOR_Y];
        x = *x_cell - part[FCT_ANCHOR_X];
    } else {
        fct_mask is_valid = (*y_cell == *y_cell) & (*x_cell == *x_cell);
        fct_mask is_first = is_valid & (part[FCT_N_PAIRS] == FCT_ALL(0.0));
        part[FCT_ANCHOR_Y] = FCT_SELECT(is_first, *y_cell, part[FCT_ANCHOR_Y]);
        part[FCT_ANCHOR_X] = FCT_SELECT(is_first, *x_cell, part[FCT_ANCHOR_X]);
        part[FCT_N_PAIRS] += FCT_ONE_IF(is_valid);
        fct_lanes n = part[FCT_N_PAIRS];
        share = FCT_ALL(1.0) / FCT_SELECT(n > FCT_ALL(0.0), n, FCT_ALL(1.0));
        y = FCT_SELECT(is_valid, *y_cell - part[FCT_ANCHOR_Y], part[FCT_MEAN_Y]);
        x = FCT_SELECT(is_valid, *x_cell - part[FCT_ANCHOR_X], part[FCT_MEAN_X]);
    }
    fct_lanes step_y = y - part[FCT_MEAN_Y];
    fct_lanes step_x = x - part[FCT_MEAN_X];
    part[FCT_MEAN_Y] += step_y * share;
    part[FCT_MEAN_X] += step_x * share;
    fct_lanes rest_x = x - part[FCT_MEAN_X];
    part[FCT_PRODUCTS] += step_y * rest_x;
    part[FCT_SQUARES_X] += step_x * rest_x;
    part[FCT_SQUARES_Y] += step_y * (y - part[FCT_MEAN_Y]);
}

typedef struct fct_pairs {
    fct_lanes anchor_y, anchor_x;
    fct_lanes mean_y, mean_x; /* less the anchors */
    fct_lanes products, squares_x, squares_y;
    fct_lanes n;
} fct_pairs;

FCT_INLINE void fct_pairs_join(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                               fct_pairs *out)
{
    *out = (fct_pairs){
        .anchor_y = newer[FCT_ANCHOR_Y],
        .anchor_x = newer[FCT_ANCHOR_X],
        .mean_y = newer[FCT_MEAN_Y],
        .mean_x = newer[FCT_MEAN_X],
        .products = newer[FCT_PRODUCTS],
        .squares_x = newer[FCT_SQUARES_X],
        .squares_y = newer[FCT_SQUARES_Y],
        .n = w->is_strict ? FCT_ALL(w->d) : FCT_JOINED(FCT_N_PAIRS),
    };
    if (!older)
        return;
    fct_lanes share; /* of the older rows */
    fct_lanes weight;
    if (w->is_strict) {
        share = FCT_ALL(w->n_older * w->share_of_all);
        weight = FCT_ALL(w->n_older * w->share_of_all * w->n);
    } else {
        share = older[FCT_N_PAIRS] / FCT_SELECT(out->n > FCT_ALL(0.0), out->n, FCT_ALL(1.0));
        weight = share * newer[FCT_N_PAIRS];
    }
    fct_lanes apart_y =
        (older[FCT_ANCHOR_Y] - newer[FCT_ANCHOR_Y]) + (older[FCT_MEAN_Y] - newer[FCT_MEAN_Y]);
    fct_lanes apart_x =
        (older[FCT_ANCHOR_X] - newer[FCT_ANCHOR_X]) + (older[FCT_MEAN_X] - newer[FCT_MEAN_X]);
    out->mean_y += apart_y * share;
    out->mean_x += apart_x * share;
    out->products += older[FCT_PRODUCTS] + apart_y * apart_x * weight;
    out->squares_x += older[FCT_SQUARES_X] + apart_x * apart_x * weight;
    out->squares_y += older[FCT_SQUARES_Y] + apart_y * apart_y * weight;
}

FCT_INLINE void fct_pairs_finish(const fct_window *w, const fct_pairs *p, fct_lanes *out)
{
    fct_lanes_purify(out);
    if (!w->is_strict)
        fct_window_enough(w, &p->n, out);
}

/*
 * Exactly 1 or -1 where it is so but for rounding, as it always is of two rows: cross-sectional ranks of such correlations
 * would be ranks of their last digits.
 */
FCT_INLINE void fct_pairs_correlation(const fct_pairs *p, fct_lanes *out)
{
    const double one = 1 - 4 * DBL_EPSILON;
    fct_lanes scale = p->squares_x * p->squares_y;
    fct_lanes_sqrt(&scale);
    *out = p->products / scale;
    *out = FCT_SELECT(*out > FCT_ALL(one), FCT_ALL(1.0), *out);
    *out = FCT_SELECT(*out < FCT_ALL(-one), FCT_ALL(-1.0), *out);
}

FCT_INLINE void fct_pairs_r_squared(const fct_pairs *p, fct_lanes *out)
{
    *out = (p->products / p->squares_x) * (p->products / p->squares_y);
    *out = FCT_SELECT(*out > FCT_ALL(1.0), FCT_ALL(1.0), *out);
}

/* y of the cell, less its value on the line. */
FCT_INLINE void fct_pairs_residual(const fct_pairs *p, const fct_lanes *y, const fct_lanes *x,
                                   fct_lanes *out)
{
    *out = ((*y - p->anchor_y) - p->mean_y) -
           p->products / p->squares_x * ((*x - p->anchor_x) - p->mean_x);
}

/* ---- Kinds of two series ------------------------------------------------------------------------ */

FCT_PART_FUNCTION(fct_pairs_start_cell)
{
    fct_pairs_start(w, part, &cell[0], &cell[1]);
}

FCT_PART_FUNCTION(fct_pairs_add_cell)
{
    fct_pairs_add(w, part, &cell[0], &cell[1]);
}

/* The kinds strict_<name>, which keeps the first n_kept components, and counting_<name>. */
#define FCT_PAIRS_KINDS(name, n_kept, value)                                                       \
    static const fct_window_kind strict_##name = FCT_WINDOW_KIND(                                  \
        2, n_kept, 2, fct_pairs_start_cell, fct_pairs_add_cell, fct_pairs_add_cell, value);        \
    static const fct_window_kind counting_##name =                                                 \
        FCT_WINDOW_KIND(2, FCT_N_PAIRS + 1, 2, fct_pairs_start_cell, fct_pairs_add_cell,           \
                        fct_pairs_add_cell, value);

#endif
