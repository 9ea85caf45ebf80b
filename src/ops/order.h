/*
 * Operators on the order of a window's values: rank, median, quantiles and what is made of them.
 *
 * A short window's ranks come from comparing the newest value with each of the window, and its order from sorted columns, which
 * one pass keeps sorted: both many lanes at a time, and faster up to some hundred rows than anything cleverer. A long window
 * has sorted tiers. All give the same bits.
 */
#ifndef FCT_OPS_ORDER_H
#define FCT_OPS_ORDER_H

#include "base/arch.h"
#include "ops/kernels.h"
#include "ops/sorted_tiers.h"

/* Rows of the longest windows that are compared and that are kept in sorted columns; by measurement with bench_ops. */
enum { FCT_ORDER_MAX_COMPARED = 320, FCT_ORDER_MAX_COLUMNS = 250 };

/* The state's parts, rows of eight doubles. */
typedef struct fct_order {
    size_t d;
    double min_periods;
    double *n_valid;     /* of the windows of the rows of this call */
    double *n_valid_now; /* one row */
    double *
        table; /* of a function of a count, NaN where not yet known: 2 d + 1 numbers; NULL for long windows */
    double *ring;    /* the last d rows; row r is at r % d */
    double *columns; /* row i: the i-th smallest of each lane, Inf from n_valid on; d + 1 rows */
    fct_sorted_tiers tiers;
} fct_order;

/* The parts of a state before `row`. */
fct_order fct_order_at(const fct_op_call *call, void *state, int64_t row);

/* For each cell twice the values of its window that are below x, and once the equal ones; NaN where there is no rank. */
void fct_order_compare(const fct_order *o, int64_t row, const double *series, double *twice,
                       size_t n_rows);

/* Ranks from such numbers, in place. */
void fct_order_ranks(const fct_order *o, double *twice, size_t n_cells);

/* The kernels of the name for windows in columns. */
#define FCT_COLUMNS_PARAMETERS                                                                     \
    (const fct_op_call *call, const fct_order *o, int64_t row, const double *series, double *out,  \
     size_t n_rows)
#define FCT_COLUMNS_ARGUMENTS (call, o, row, series, out, n_rows)
void fct_columns_median FCT_COLUMNS_PARAMETERS;
void fct_columns_percentile FCT_COLUMNS_PARAMETERS;
void fct_columns_mad FCT_COLUMNS_PARAMETERS;
void fct_columns_entropy FCT_COLUMNS_PARAMETERS;

/* Several of them in one walk. */
#define FCT_COLUMNS_TOGETHER_PARAMETERS                                                            \
    (const fct_op_call *const *calls, size_t n_calls, const fct_order *o, int64_t row,             \
     const double *series, double *const *outs, size_t n_rows)
void fct_columns_together FCT_COLUMNS_TOGETHER_PARAMETERS;

#endif
