/* Operators on a window's order: their state, the long windows, and the choice between the ways. */
#include "ops/distribution.h"
#include "ops/order_values.h"

enum { ROW = FCT_OP_LANES, MAX_TABLE = 4096 };

/* ---- State ------------------------------------------------------------------------------------ */

static size_t table_size(size_t d)
{
    return d <= MAX_TABLE ? (2 * d + 1 + 7) / 8 * 8 : 0;
}

static size_t columns_size(size_t d)
{
    return d <= FCT_ORDER_MAX_COLUMNS ? (d + 1) * ROW : 0;
}

size_t fct_state_order(const fct_op_call *call)
{
    size_t d = fct_op_window(call);
    size_t n = FCT_OP_MAX_ROWS * ROW + ROW + table_size(d) + d * ROW + columns_size(d);
    bool has_tiers = d > FCT_ORDER_MAX_COLUMNS;
    return n * sizeof(double) + (has_tiers ? fct_sorted_tiers_bytes(d) : 0);
}

static void fill(double *at, size_t n, double value)
{
    for (size_t i = 0; i < n; i++)
        at[i] = value;
}

fct_order fct_order_at(const fct_op_call *call, void *state, int64_t row)
{
    fct_order o = {.d = fct_op_window(call), .min_periods = (double)fct_op_min_periods(call)};
    o.n_valid = state;
    o.n_valid_now = o.n_valid + FCT_OP_MAX_ROWS * ROW;
    o.table = table_size(o.d) ? o.n_valid_now + ROW : NULL;
    o.ring = o.n_valid_now + ROW + table_size(o.d);
    o.columns = o.ring + o.d * ROW;
    if (o.d > FCT_ORDER_MAX_COLUMNS)
        o.tiers = fct_sorted_tiers_at(o.columns, o.d);
    if (row)
        return o;
    fill(o.n_valid_now, ROW, 0);
    fill(o.n_valid_now + ROW, table_size(o.d), NAN);
    fill(o.ring, o.d * ROW, NAN);
    fill(o.columns, columns_size(o.d), INFINITY);
    if (o.d > FCT_ORDER_MAX_COLUMNS)
        fct_sorted_tiers_clear(&o.tiers);
    return o;
}

/* Puts a row into ring and tiers; 0 loses its sign, and what is not finite is NaN. */
static void take_row(fct_order *o, size_t at, const double *row, double *x, size_t *below)
{
    double old[FCT_OP_LANES];
    double *place = o->ring + at * ROW;
    for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
        x[lane] = isfinite(row[lane]) ? row[lane] + 0.0 : NAN;
        old[lane] = place[lane];
        place[lane] = x[lane];
        o->n_valid_now[lane] += !isnan(x[lane]) - !isnan(old[lane]);
    }
    fct_sorted_tiers_replace(&o->tiers, old, x, below);
}

/* ---- Rank ------------------------------------------------------------------------------------- */

/* Like fct_order_compare, from the tiers. */
static void search(fct_order *o, int64_t row, const double *series, double *twice, size_t n_rows)
{
    for (size_t i = 0, at = (size_t)row % o->d; i < n_rows; i++, at = at + 1 < o->d ? at + 1 : 0) {
        double x[FCT_OP_LANES];
        size_t below[FCT_OP_LANES];
        take_row(o, at, series + i * ROW, x, below);
        for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
            size_t cell = i * ROW + lane;
            o->n_valid[cell] = o->n_valid_now[lane];
            twice[cell] = NAN;
            if (isnan(x[lane]) || o->n_valid_now[lane] < o->min_periods)
                continue;
            size_t up_to = fct_sorted_tiers_count_up_to(&o->tiers, lane, x[lane], below[lane]);
            twice[cell] = (double)(below[lane] + up_to);
        }
    }
}

static fct_order count(const fct_op_call *call, void *state, int64_t row, const double *series,
                       double *twice, size_t n_rows)
{
    fct_order o = fct_order_at(call, state, row);
    if (o.d <= FCT_ORDER_MAX_COMPARED)
        fct_order_compare(&o, row, series, twice, n_rows);
    else
        search(&o, row, series, twice, n_rows);
    return o;
}

void fct_kernel_ts_rank(const fct_op_call *call, void *state, int64_t row,
                        const double *const *series, double *out, size_t n_rows)
{
    fct_order o = count(call, state, row, series[0], out, n_rows);
    fct_order_ranks(&o, out, n_rows * ROW);
}

void fct_kernel_ts_quantile(const fct_op_call *call, void *state, int64_t row,
                            const double *const *series, double *out, size_t n_rows)
{
    fct_order o = count(call, state, row, series[0], out, n_rows);
    int driver = (int)call->parameters[1];
    for (size_t i = 0; i < n_rows * ROW; i++) {
        if (isnan(out[i]))
            continue;
        double *known = o.n_valid[i] == (double)o.d && o.table ? &o.table[(size_t)out[i]] : NULL;
        double share = out[i] / 2 / o.n_valid[i];
        if (!known)
            out[i] = fct_quantile_function(driver, share);
        else if (isnan(*known))
            out[i] = *known = fct_quantile_function(driver, share);
        else
            out[i] = *known;
    }
}

/* ---- Order statistics ------------------------------------------------------------------------- */

/* The values of `calls`; values[k] makes those of calls[k] of what is sorted. */
FCT_INLINE void roll_tiers(const fct_op_call *const *calls, size_t n_calls, fct_order *o,
                           int64_t row, const double *series, double *const *outs, size_t n_rows,
                           const fct_sorted_value *values)
{
    for (size_t i = 0, at = (size_t)row % o->d; i < n_rows; i++, at = at + 1 < o->d ? at + 1 : 0) {
        double x[FCT_OP_LANES];
        size_t below[FCT_OP_LANES];
        take_row(o, at, series + i * ROW, x, below);
        for (size_t k = 0; k < n_calls; k++)
            for (size_t lane = 0; lane < FCT_OP_LANES; lane++) {
                fct_sorted_lane s = {o, NULL, lane, (size_t)o->n_valid_now[lane]};
                double y = o->n_valid_now[lane] >= o->min_periods ? values[k](calls[k], &s) : NAN;
                outs[k][i * ROW + lane] = isfinite(y) ? y : NAN;
            }
    }
}

#define ORDER_KERNEL(name)                                                                         \
    void fct_kernel_ts_##name(const fct_op_call *call, void *state, int64_t row,                   \
                              const double *const *series, double *out, size_t n_rows)             \
    {                                                                                              \
        fct_order o = fct_order_at(call, state, row);                                              \
        const fct_sorted_value value = fct_sorted_##name;                                          \
        if (o.d <= FCT_ORDER_MAX_COLUMNS)                                                          \
            fct_columns_##name(call, &o, row, series[0], out, n_rows);                             \
        else                                                                                       \
            roll_tiers(&call, 1, &o, row, series[0], &out, n_rows, &value);                        \
    }

ORDER_KERNEL(median)
ORDER_KERNEL(percentile)
ORDER_KERNEL(mad)
ORDER_KERNEL(entropy)

void fct_together_order(const fct_op_call *const *calls, size_t n_calls, void *state, int64_t row,
                        const double *const *series, double *const *outs, size_t n_rows)
{
    fct_order o = fct_order_at(calls[0], state, row);
    fct_sorted_value values[FCT_OP_MAX_TOGETHER];
    if (o.d <= FCT_ORDER_MAX_COLUMNS) {
        fct_columns_together(calls, n_calls, &o, row, series[0], outs, n_rows);
        return;
    }
    for (size_t k = 0; k < n_calls; k++) {
        fct_op_rolling kernel = calls[k]->op->rolling;
        values[k] = kernel == fct_kernel_ts_median       ? fct_sorted_median
                    : kernel == fct_kernel_ts_percentile ? fct_sorted_percentile
                    : kernel == fct_kernel_ts_mad        ? fct_sorted_mad
                                                         : fct_sorted_entropy;
    }
    roll_tiers(calls, n_calls, &o, row, series[0], outs, n_rows, values);
}

size_t fct_together_bytes_order(const fct_op_call *call)
{
    return fct_state_order(call);
}
