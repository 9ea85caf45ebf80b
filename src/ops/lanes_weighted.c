/* Means over a window with weights by age. */
#include "ops/windows.h"

/*
 * Of an older part, WEIGHTED is what it adds to a window in which it is the older part as far as its own rows tell; PLAIN or
 * POWER is what the newer part needs beside that. WEIGHTS are the same sums of 1 instead of x, over the rows that are valid.
 */
enum { WEIGHTED, PLAIN, POWER = PLAIN, WEIGHTS, N };

FCT_INLINE void take(const fct_window *w, const fct_lanes *cell, fct_lanes *x, fct_lanes *one)
{
    *x = *cell;
    *one = FCT_ALL(1.0);
    if (w->is_strict)
        return;
    fct_mask is_valid = *x == *x;
    *one = FCT_ONE_IF(is_valid);
    *x = FCT_SELECT(is_valid, *x, FCT_ALL(0.0));
}

FCT_INLINE void finish(const fct_window *w, const fct_lanes *older, const fct_lanes *newer,
                       fct_lanes *out)
{
    fct_lanes_purify(out);
    if (w->is_strict)
        return;
    fct_lanes n = FCT_JOINED(N);
    fct_window_enough(w, &n, out);
}

/* ---- 1 ... d: rows count from the part's oldest ------------------------------------------------- */

FCT_PART_FUNCTION(start_linear)
{
    part[WEIGHTED] = part[PLAIN] = part[WEIGHTS] = part[N] = FCT_ALL(0.0);
}

FCT_PART_FUNCTION(append_linear)
{
    fct_lanes x;
    fct_lanes one;
    take(w, cell, &x, &one);
    part[PLAIN] += x;
    part[N] += one;
    part[WEIGHTED] += x * FCT_ALL(w->n);
    part[WEIGHTS] += one * FCT_ALL(w->n);
}

/* What came before moves up by one. */
FCT_PART_FUNCTION(prepend_linear)
{
    fct_lanes x;
    fct_lanes one;
    take(w, cell, &x, &one);
    part[PLAIN] += x;
    part[N] += one;
    part[WEIGHTED] += part[PLAIN];
    part[WEIGHTS] += part[N];
}

FCT_VALUE_FUNCTION(linear_of)
{
    fct_lanes before =
        FCT_ALL(w->d - w->n); /* rows of the window, also where the symbol has none */
    *out = newer[WEIGHTED] + before * newer[PLAIN];
    fct_lanes weights = newer[WEIGHTS] + before * newer[N];
    if (older) {
        *out += older[WEIGHTED];
        weights += older[WEIGHTS];
    }
    *out /= w->is_strict ? FCT_ALL(w->d * (w->d + 1) / 2) : weights;
    finish(w, older, newer, out);
}

static const fct_window_kind strict_linear = {
    .n_series = 1,
    .n_components = 1,
    .n_newer = 2,
    .start = start_linear,
    .append = append_linear,
    .prepend = prepend_linear,
    .value = linear_of,
};
static const fct_window_kind counting_linear = {
    .n_series = 1,
    .n_components = 4,
    .start = start_linear,
    .append = append_linear,
    .prepend = prepend_linear,
    .value = linear_of,
};
FCT_WINDOW_KERNEL(ts_decay_linear, strict_linear, counting_linear)

/* ---- f ^ age: age counts from the part's newest --------------------------------------------------- */

enum { FACTOR = 1 }; /* of the parameters */

/* The sum of f ^ age for all d ages: over 2n rows, that over n times 1 + f ^ n. */
static double all_weights(const fct_op_call *call)
{
    const double f = call->parameters[FACTOR];
    const size_t d = fct_op_window(call);
    double weights = 0;
    double power = 1;
    for (size_t bit = (size_t)1 << 20; bit; bit /= 2) {
        weights *= 1 + power;
        power *= power;
        if (d & bit) {
            weights = weights * f + 1;
            power *= f;
        }
    }
    return weights;
}

FCT_PART_FUNCTION(start_exp)
{
    part[WEIGHTED] = part[WEIGHTS] = part[N] = FCT_ALL(0.0);
    part[POWER] = FCT_ALL(1.0);
}

FCT_PART_FUNCTION(append_exp)
{
    const fct_lanes f = FCT_ALL(w->call->parameters[FACTOR]);
    fct_lanes x;
    fct_lanes one;
    take(w, cell, &x, &one);
    part[WEIGHTED] = part[WEIGHTED] * f + x;
    part[WEIGHTS] = part[WEIGHTS] * f + one;
    part[POWER] *= f;
    part[N] += one;
}

FCT_PART_FUNCTION(prepend_exp)
{
    fct_lanes x;
    fct_lanes one;
    take(w, cell, &x, &one);
    part[WEIGHTED] += part[POWER] * x;
    part[WEIGHTS] += part[POWER] * one;
    part[POWER] *= FCT_ALL(w->call->parameters[FACTOR]);
    part[N] += one;
}

FCT_VALUE_FUNCTION(exp_of)
{
    *out = newer[WEIGHTED];
    fct_lanes weights = newer[WEIGHTS];
    if (older) {
        *out += newer[POWER] * older[WEIGHTED];
        weights += newer[POWER] * older[WEIGHTS];
    }
    *out /= w->is_strict ? FCT_ALL(w->constant) : weights;
    finish(w, older, newer, out);
}

static const fct_window_kind strict_exp = {
    .n_series = 1,
    .n_components = 1,
    .n_newer = 2,
    .start = start_exp,
    .append = append_exp,
    .prepend = prepend_exp,
    .value = exp_of,
    .constant = all_weights,
};
static const fct_window_kind counting_exp = {
    .n_series = 1,
    .n_components = 4,
    .start = start_exp,
    .append = append_exp,
    .prepend = prepend_exp,
    .value = exp_of,
};
FCT_WINDOW_KERNEL(ts_decay_exp, strict_exp, counting_exp)
