/* Ranks, medians, quantiles of short windows. */
#include "ops/lanes.h"
#include "ops/order_values.h"

/* Reads a row, 0 without its sign and what is not finite as NaN. */
FCT_INLINE void read_row(const double *series, size_t row, fct_lanes *x)
{
    *x = *fct_lanes_at(series, row) + FCT_ALL(0.0);
    *x = FCT_SELECT(FCT_IS_FINITE(*x), *x, FCT_MISSING);
}

/* ---- Rank ------------------------------------------------------------------------------------- */

FCT_INLINE void compare(const fct_order *o, int64_t row, const double *series, double *twice,
                        size_t n_rows, size_t lane)
{
    fct_lanes n_valid = *fct_lanes_at(o->n_valid_now + lane, 0);
    for (size_t i = 0, at = (size_t)row % o->d; i < n_rows; i++, at = at + 1 < o->d ? at + 1 : 0) {
        fct_lanes x, old = *fct_lanes_at(o->ring + lane, at);
        read_row(series + lane, i, &x);
        fct_lanes_put(o->ring + lane, at, &x);
        n_valid += FCT_ONE_IF(x == x) - FCT_ONE_IF(old == old);
        fct_mask below = {0}, up_to = {0};
        for (size_t k = 0; k < o->d; k++) {
            fct_lanes value = *fct_lanes_at(o->ring + lane, k);
            below += value < x;
            up_to += value <= x;
        }
        fct_lanes count = __builtin_convertvector(-(below + up_to), fct_lanes);
        count = FCT_SELECT((x == x) & (n_valid >= o->min_periods), count, FCT_MISSING);
        fct_lanes_put(twice + lane, i, &count);
        fct_lanes_put(o->n_valid + lane, i, &n_valid);
    }
    fct_lanes_put(o->n_valid_now + lane, 0, &n_valid);
}

FCT_ARCH_FUNCTION(fct_order_compare,
                  (const fct_order *o, int64_t row, const double *series, double *twice,
                   size_t n_rows),
                  (o, row, series, twice, n_rows))
{
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES)
        compare(o, row, series, twice, n_rows, lane);
}

FCT_ARCH_FUNCTION(fct_order_ranks, (const fct_order *o, double *twice, size_t n_cells),
                  (o, twice, n_cells))
{
    for (size_t i = 0; i < n_cells; i += FCT_ARCH_LANES) {
        fct_lanes x = *(const fct_lanes_unaligned *)(twice + i);
        x = (x + 1) / 2 / *(const fct_lanes_unaligned *)(o->n_valid + i);
        *(fct_lanes_unaligned *)(twice + i) = x;
    }
}

/* ---- Sorted columns --------------------------------------------------------------------------- */

/* Takes `old` out of the columns and puts `x` in. */
FCT_INLINE void sort_row(double *columns, size_t d, const fct_lanes *x, const fct_lanes *old)
{
    const fct_lanes none = FCT_ALL((double)INFINITY);
    const fct_lanes in = FCT_SELECT(*x == *x, *x, none), out = FCT_SELECT(*old == *old, *old, none);
    fct_lanes smaller = -none, here = *fct_lanes_at(columns, 0);
    for (size_t i = 0; i < d; i++) {
        fct_lanes next = *fct_lanes_at(columns, i + 1);
        fct_lanes kept = FCT_SELECT(here >= out, next, here); /* the column without `old` */
        fct_lanes value = FCT_SELECT(kept < in, kept, in);
        value = FCT_SELECT(value > smaller, value, smaller);
        fct_lanes_put(columns, i, &value);
        smaller = kept;
        here = next;
    }
}

/* The values of a row all of whose windows are full. */
typedef void (*row_value)(const fct_op_call *call, const double *columns, size_t d, fct_lanes *y);

/* How the values of a row come of its columns: lane by lane, or all at once where of_row is not NULL. */
typedef struct column_values {
    fct_sorted_value of_lane;
    row_value of_row;
} column_values;

FCT_INLINE void take_values(const fct_op_call *call, const fct_order *o, const double *columns,
                            const fct_lanes *n_valid, bool all_full, size_t lane,
                            column_values values, fct_lanes *y)
{
    *y = FCT_MISSING;
    if (all_full && values.of_row) {
        values.of_row(call, columns, o->d, y);
    } else {
        for (size_t k = 0; k < FCT_ARCH_LANES; k++) {
            fct_sorted_lane s = {o, columns + k, lane + k, (size_t)(*n_valid)[k]};
            if ((*n_valid)[k] >= o->min_periods)
                (*y)[k] = values.of_lane(call, &s);
        }
    }
    fct_lanes_purify(y);
}

/* Puts a row into ring and columns; whether all windows are full. */
FCT_INLINE bool take_cells(const fct_order *o, size_t at, const double *series, size_t i,
                           size_t lane, fct_lanes *n_valid)
{
    fct_lanes x, old = *fct_lanes_at(o->ring + lane, at);
    read_row(series + lane, i, &x);
    fct_lanes_put(o->ring + lane, at, &x);
    *n_valid += FCT_ONE_IF(x == x) - FCT_ONE_IF(old == old);
    sort_row(o->columns + lane, o->d, &x, &old);
    bool all_full = true;
    for (size_t k = 0; k < FCT_ARCH_LANES; k++)
        all_full &= (*n_valid)[k] == (double)o->d;
    return all_full;
}

FCT_INLINE void roll_columns(const fct_op_call *call, const fct_order *o, int64_t row,
                             const double *series, double *out, size_t n_rows, size_t lane,
                             column_values values)
{
    fct_lanes n_valid = *fct_lanes_at(o->n_valid_now + lane, 0);
    for (size_t i = 0, at = (size_t)row % o->d; i < n_rows; i++, at = at + 1 < o->d ? at + 1 : 0) {
        fct_lanes y;
        bool all_full = take_cells(o, at, series, i, lane, &n_valid);
        take_values(call, o, o->columns + lane, &n_valid, all_full, lane, values, &y);
        fct_lanes_put(out + lane, i, &y);
    }
    fct_lanes_put(o->n_valid_now + lane, 0, &n_valid);
}

FCT_INLINE void median_of_row(const fct_op_call *call, const double *columns, size_t d,
                              fct_lanes *y)
{
    (void)call;
    *y = (*fct_lanes_at(columns, (d - 1) / 2) + *fct_lanes_at(columns, d / 2)) / 2;
}

FCT_INLINE void percentile_of_row(const fct_op_call *call, const double *columns, size_t d,
                                  fct_lanes *y)
{
    size_t i, j;
    double fraction;
    fct_quantile_place(call, d, &i, &j, &fraction);
    *y = *fct_lanes_at(columns, j) - *fct_lanes_at(columns, i);
    *y = *fct_lanes_at(columns, i) + *y * fraction;
}

#define MEDIAN ((column_values){fct_sorted_median, median_of_row})
#define PERCENTILE ((column_values){fct_sorted_percentile, percentile_of_row})
#define MAD ((column_values){fct_sorted_mad, NULL})
#define ENTROPY ((column_values){fct_sorted_entropy, NULL})

#define COLUMNS_KERNEL(name, values)                                                               \
    FCT_ARCH_FUNCTION(fct_columns_##name, FCT_COLUMNS_PARAMETERS, FCT_COLUMNS_ARGUMENTS)           \
    {                                                                                              \
        for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES)                         \
            roll_columns(call, o, row, series, out, n_rows, lane, values);                         \
    }

COLUMNS_KERNEL(median, MEDIAN)
COLUMNS_KERNEL(percentile, PERCENTILE)
COLUMNS_KERNEL(mad, MAD)
COLUMNS_KERNEL(entropy, ENTROPY)

FCT_INLINE void roll_columns_together(const fct_op_call *const *calls, size_t n_calls,
                                      const fct_order *o, int64_t row, const double *series,
                                      double *const *outs, size_t n_rows, size_t lane)
{
    fct_lanes n_valid = *fct_lanes_at(o->n_valid_now + lane, 0);
    const double *columns = o->columns + lane;
    for (size_t i = 0, at = (size_t)row % o->d; i < n_rows; i++, at = at + 1 < o->d ? at + 1 : 0) {
        bool all_full = take_cells(o, at, series, i, lane, &n_valid);
        for (size_t k = 0; k < n_calls; k++) {
            fct_op_rolling kernel = calls[k]->op->rolling;
            fct_lanes y;
            if (kernel == fct_kernel_ts_median)
                take_values(calls[k], o, columns, &n_valid, all_full, lane, MEDIAN, &y);
            else if (kernel == fct_kernel_ts_percentile)
                take_values(calls[k], o, columns, &n_valid, all_full, lane, PERCENTILE, &y);
            else if (kernel == fct_kernel_ts_mad)
                take_values(calls[k], o, columns, &n_valid, all_full, lane, MAD, &y);
            else
                take_values(calls[k], o, columns, &n_valid, all_full, lane, ENTROPY, &y);
            fct_lanes_put(outs[k] + lane, i, &y);
        }
    }
    fct_lanes_put(o->n_valid_now + lane, 0, &n_valid);
}

FCT_ARCH_FUNCTION(fct_columns_together, FCT_COLUMNS_TOGETHER_PARAMETERS,
                  (calls, n_calls, o, row, series, outs, n_rows))
{
    for (size_t lane = 0; lane < FCT_OP_LANES; lane += FCT_ARCH_LANES)
        roll_columns_together(calls, n_calls, o, row, series, outs, n_rows, lane);
}
