/*
 * Operators: one table row each, and kernels that see plain arrays.
 *
 * Cells of a panel ride in tiles of eight symbols, [row][8] doubles. NaN is the only missing value; a kernel never
 * leaves an Inf in `out`. Kernels allocate nothing, do no I/O, cannot fail, and give the same bits for every cut of the
 * rows into calls, every number of threads and every instruction set.
 */
#ifndef FCT_OPS_OPS_H
#define FCT_OPS_OPS_H

#include "base/status.h"

#define FCT_OP_LANES 8
#define FCT_OP_MAX_SERIES 8     /* series arguments of one operator */
#define FCT_OP_MAX_PARAMETERS 6 /* numbers and words, after the series */
#define FCT_OP_MAX_ROWS 512     /* of one call of a rolling kernel */
#define FCT_OP_MAX_WINDOW 1000000
#define FCT_OP_MAX_TOGETHER 8 /* statistics of one walk */
#define FCT_OP_NAME_BYTES 32  /* a name with its NUL */

typedef enum fct_op_class {
    FCT_OP_ELEMENT, /* a cell depends on the same cell of its arguments */
    FCT_OP_ROLLING, /* ... on this and earlier rows of its symbol */
    FCT_OP_CROSS    /* ... on all symbols at one time; groups too */
} fct_op_class;

typedef fct_operator_parameter fct_op_parameter;
typedef struct fct_op fct_op;

/* How many earlier rows of its symbol a value of a rolling operator depends on. */
typedef enum fct_op_look_back {
    FCT_LOOK_WINDOW,     /* d - 1 */
    FCT_LOOK_SHIFT,      /* d */
    FCT_LOOK_WINDOW_LAG, /* d - 1 + lag */
    FCT_LOOK_UNBOUNDED   /* all of them */
} fct_op_look_back;

/* One use of an operator with its parameters bound and checked. */
typedef struct fct_op_call {
    const fct_op *op;
    size_t n_series;
    double parameters[FCT_OP_MAX_PARAMETERS]; /* all of them, presets filled in */
} fct_op_call;

/* out[i] from series[k][i] for n_cells cells. `out` may be one of the series. */
typedef void (*fct_op_element)(const fct_op_call *call, const double *const *series, double *out,
                               size_t n_cells);

/*
 * Rows [row, row + n_rows) of one tile, at most FCT_OP_MAX_ROWS; series[k] points at the cell of `row`. The kernel keeps what
 * it needs of earlier rows in `state`, which carries over to the next call, at row + n_rows. A call at row 0 finds anything in
 * it and starts anew. `out` is none of the series.
 */
typedef void (*fct_op_rolling)(const fct_op_call *call, void *state, int64_t row,
                               const double *const *series, double *out, size_t n_rows);

/*
 * Statistics of one window in one walk: outs[i] is what calls[i] alone would give, to the bit. The calls have the same series, d
 * and min_periods (the first parameter and the last), and operators with this very function. The state is that of together_bytes of any of them.
 */
typedef void (*fct_op_together)(const fct_op_call *const *calls, size_t n_calls, void *state,
                                int64_t row, const double *const *series, double *const *outs,
                                size_t n_rows);

/* One cross-section of n cells, side by side; `scratch` has scratch_bytes(call, n) bytes, aligned to 64. */
typedef void (*fct_op_cross)(const fct_op_call *call, const double *const *series, double *out,
                             size_t n, void *scratch);

/*
 * Like fct_op_cross, but of FCT_OP_LANES cross-sections at once, of n[0], n[1], ... cells, each `stride` cells behind the one before, in the
 * series and in `out`, which is none of them. stride is a multiple of FCT_OP_LANES. The values are those that fct_op_cross
 * gives, to the bit; `scratch` is that of the longest.
 */
typedef void (*fct_op_cross_eight)(const fct_op_call *call, const double *const *series,
                                   double *out, const size_t *n, size_t stride, void *scratch);

struct fct_op {
    const char *name;    /* canonical, in lower case */
    const char *aliases; /* "ts_diff alpha101:delta qlib:Delta": names with or without a dialect */
    fct_op_class class;
    uint8_t min_series, max_series;
    const char
        *series_names; /* "x y", for named arguments; the last repeats when max_series is larger */
    fct_op_parameter parameters[FCT_OP_MAX_PARAMETERS];
    uint8_t n_parameters;
    fct_op_element element; /* the one of the class; the others are NULL */
    fct_op_rolling rolling;
    fct_op_cross cross;
    fct_op_cross_eight cross_eight;                 /* NULL where one at a time is as good */
    size_t (*state_bytes)(const fct_op_call *call); /* rolling; the state is aligned to 64 */
    fct_op_together together; /* rolling: NULL where nothing is shared; set with together_bytes */
    size_t (*together_bytes)(const fct_op_call *call);
    fct_op_look_back look_back;                                 /* rolling */
    size_t (*scratch_bytes)(const fct_op_call *call, size_t n); /* cross; NULL: none */
    fct_operator_section section;
    const char *doc; /* one line: what the value is */
};

/* All operators, in the order of the documentation. */
const fct_op *fct_op_at(size_t index); /* NULL past the end */

/* By name or alias, without regard to case; a dialect's own meaning of a word comes first. NULL: none. */
const fct_op *fct_op_find(const char *name, size_t n_bytes, fct_dialect dialect);

/* The known name nearest to a misspelt one, or NULL where none is near. */
const char *fct_op_nearest(const char *name, size_t n_bytes, fct_dialect dialect);

/* Earlier rows that a value depends on; SIZE_MAX: all of them. */
size_t fct_op_call_look_back(const fct_op_call *call);

/* The value of the parameter of that name; the operator must have it. */
double fct_op_parameter_value(const fct_op_call *call, const char *name);

/*
 * Checks a bound call's parameters against the table: ranges, whole numbers, and what one demands of another (lag < d);
 * floors windows, fills a NaN min_periods. FCT_ERROR_ARGUMENT names operator and parameter, whose number is in *wrong.
 */
fct_status fct_op_call_check(fct_op_call *call, size_t *wrong, fct_error *err);

#endif
