/* Operators that remember a value or two of each lane, not a window. */
#include "ops/lanes.h"

/* What any of them keeps; what it means is each operator's own. fct_state_last counts the fields. */
typedef struct last_state {
    fct_lanes value, other;   /* NaN: none so far */
    fct_lanes row, other_row; /* of them; -Inf: never */
} last_state;

FCT_INLINE void start(last_state *s, int64_t row)
{
    if (row)
        return;
    s->value = s->other = FCT_MISSING;
    s->row = s->other_row = FCT_ALL(-(double)INFINITY);
}

FCT_LANES_FUNCTION(ts_backfill)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    double d = call->parameters[0];
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes x = *fct_lanes_at(series[0], i);
        fct_lanes now = FCT_ALL((double)row + (double)i);
        fct_mask valid = FCT_IS_FINITE(x);
        s.value = FCT_SELECT(valid, x, s.value);
        s.row = FCT_SELECT(valid, now, s.row);
        fct_lanes y = FCT_SELECT(now - s.row < d, s.value, FCT_MISSING);
        fct_lanes_put(out, i, &y);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(ts_backfill, fct_state_last(call))

FCT_LANES_FUNCTION(ts_step)
{
    double start_at = call->parameters[0];
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes y = FCT_ALL(start_at + ((double)row + (double)i));
        fct_lanes_put(out, i, &y);
    }
}

FCT_LANES_KERNEL(ts_step, 0)

/* The first value counts as a change; rows without a value do not end a run, and are missing. */
FCT_LANES_FUNCTION(days_from_last_change)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes x = *fct_lanes_at(series[0], i);
        fct_lanes now = FCT_ALL((double)row + (double)i);
        fct_mask valid = FCT_IS_FINITE(x);
        s.row = FCT_SELECT(valid & (x != s.value), now, s.row);
        s.value = FCT_SELECT(valid, x, s.value);
        fct_lanes y = FCT_SELECT(valid, now - s.row, FCT_MISSING);
        fct_lanes_put(out, i, &y);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(days_from_last_change, fct_state_last(call))

/*
 * `value` is the newest value and `row` its row; when another comes they become `other` and its row. Whatever came
 * between is equal to `value`, so `other` is the newest that differs from it.
 */
FCT_LANES_FUNCTION(last_diff_value)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    double d = call->parameters[0];
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes x = *fct_lanes_at(series[0], i);
        fct_lanes now = FCT_ALL((double)row + (double)i);
        fct_mask valid = FCT_IS_FINITE(x);
        fct_mask changed = valid & (x != s.value);
        s.other = FCT_SELECT(changed, s.value, s.other);
        s.other_row = FCT_SELECT(changed, s.row, s.other_row);
        s.value = FCT_SELECT(valid, x, s.value);
        s.row = FCT_SELECT(valid, now, s.row);
        fct_lanes y = FCT_SELECT(valid & (now - s.other_row < d), s.other, FCT_MISSING);
        fct_lanes_put(out, i, &y);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(last_diff_value, fct_state_last(call))

/* A missing x gives missing and does not touch the value before. */
FCT_LANES_FUNCTION(hump)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    double h = call->parameters[0];
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes x = *fct_lanes_at(series[0], i);
        fct_mask valid = FCT_IS_FINITE(x);
        fct_mask stays = FCT_ABSOLUTE(x - s.value) <= h; /* not where there is none yet */
        s.value = FCT_SELECT(valid & ~stays, x, s.value);
        fct_lanes y = FCT_SELECT(valid, s.value, FCT_MISSING);
        fct_lanes_put(out, i, &y);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(hump, fct_state_last(call))

FCT_LANES_FUNCTION(keep)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    double d = call->parameters[0];
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes x = *fct_lanes_at(series[0], i), c = *fct_lanes_at(series[1], i);
        fct_lanes now = FCT_ALL((double)row + (double)i);
        s.row = FCT_SELECT(FCT_IS_FINITE(c) & (c != 0), now, s.row);
        fct_lanes y = FCT_SELECT(FCT_IS_FINITE(x) & (now - s.row < d), x, FCT_MISSING);
        fct_lanes_put(out, i, &y);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(keep, fct_state_last(call))

/* A missing trigger or exit is not above 0; a missing x at a trigger is taken, as missing. */
FCT_LANES_FUNCTION(trade_when)
{
    last_state s = *(last_state *)state;
    start(&s, row);
    for (size_t i = 0; i < n_rows; i++) {
        fct_lanes trigger = *fct_lanes_at(series[0], i), x = *fct_lanes_at(series[1], i);
        fct_lanes leave = *fct_lanes_at(series[2], i);
        x = FCT_SELECT(FCT_IS_FINITE(x), x, FCT_MISSING);
        s.value = FCT_SELECT(FCT_IS_FINITE(trigger) & (trigger > 0), x, s.value);
        s.value = FCT_SELECT(FCT_IS_FINITE(leave) & (leave > 0), FCT_MISSING, s.value);
        fct_lanes_put(out, i, &s.value);
    }
    *(last_state *)state = s;
}

FCT_LANES_KERNEL(trade_when, fct_state_last(call))
